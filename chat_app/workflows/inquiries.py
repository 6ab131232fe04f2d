"""Questions that come from the terminal or another program rather than from a page."""

from collections.abc import AsyncIterator
from typing import Protocol
from uuid import uuid4

from chat_app.agents.menu import Menu
from chat_app.errors import NotFound
from chat_app.research.progress import Recorded
from chat_app.research.turn import Depth, RoleModels, Turn, clean_question, now
from chat_app.storage.trail import Trail
from chat_app.workflows.turns import Turns


class Onlookers(Protocol):
    """Pages that have a thread open while somebody asks in it from elsewhere."""

    async def show_begun(self, turn: Turn) -> None:
        """Show a turn that was prepared, and follow it."""
        ...

    async def retry(self, turn_id: str, owner: str) -> Turn:
        """Try one's own failed turn again, in view of all. Raises NotFound, CannotRetry."""
        ...


class Inquiries:
    """Turns of one's own; NotFound is raised for anybody else's."""

    def __init__(self, turns: Turns, trail: Trail, menu: Menu, onlookers: Onlookers | None = None) -> None:
        self._onlookers = onlookers
        self._turns = turns
        self._trail = trail
        self._menu = menu

    async def ask(self, owner: str, text: str, thread_id: str | None, depth: Depth, models: RoleModels) -> Turn:
        """Begin a turn, in a new thread if none is given. Raises InvalidQuestion, or NotFound for a thread of nobody or somebody else."""
        self._menu.require(models)
        if thread_id:
            await self._require_thread(owner, thread_id)
        turn = Turn(
            thread_id=thread_id or str(uuid4()),
            message_id=str(uuid4()),
            question=clean_question(text),
            owner=owner,
            asked_at=now(),
            depth=depth,
            models=models,
        )
        turn, _ = await self._turns.prepare(turn)
        if self._onlookers:
            await self._onlookers.show_begun(turn)
        await self._turns.start(turn)
        return turn

    async def trail(self, owner: str, turn_id: str) -> AsyncIterator[Recorded]:
        """All events of the turn, as they come, to its end."""
        await self._require(owner, turn_id)
        return self._turns.events(turn_id)

    async def retry(self, owner: str, turn_id: str) -> Turn:
        """Try a failed turn again; asked for twice, it is the same new try. Raises CannotRetry for one that has not failed."""
        if self._onlookers:
            return await self._onlookers.retry(turn_id, owner)
        await self._require(owner, turn_id)
        return await self._turns.retry(turn_id)

    async def stop(self, owner: str, turn_id: str) -> None:
        await self._require(owner, turn_id)
        await self._turns.stop(turn_id)

    async def _require_thread(self, owner: str, thread_id: str) -> None:
        if not any(row.turn.owner == owner for row in await self._trail.turns_of(thread_id)):
            raise NotFound(f"There is no conversation {thread_id!r} of yours; leave its id out to begin a new one.")

    async def _require(self, owner: str, turn_id: str) -> None:
        turn = await self._trail.turn(turn_id)
        if turn is None or turn.owner != owner:
            raise NotFound(f"There is no research {turn_id!r} of yours.")
