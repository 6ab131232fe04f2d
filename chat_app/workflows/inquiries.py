"""Questions that come from the terminal or another program rather than from a page."""

from collections.abc import AsyncIterator
from uuid import uuid4

from chat_app.agents.menu import Menu
from chat_app.errors import NotFound
from chat_app.research.progress import Recorded
from chat_app.research.turn import Depth, RoleModels, Turn, clean_question, now
from chat_app.storage.trail import Trail
from chat_app.workflows.turns import Turns


class Inquiries:
    """Turns of one's own; NotFound is raised for anybody else's."""

    def __init__(self, turns: Turns, trail: Trail, menu: Menu) -> None:
        self._turns = turns
        self._trail = trail
        self._menu = menu

    async def ask(self, owner: str, text: str, thread_id: str | None, depth: Depth, models: RoleModels) -> Turn:
        """Begin a turn, in a new thread if none is given. Raises InvalidQuestion."""
        self._menu.require(models)
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
        await self._turns.start(turn)
        return turn

    async def trail(self, owner: str, turn_id: str) -> AsyncIterator[Recorded]:
        """All events of the turn, as they come, to its end."""
        await self._require(owner, turn_id)
        return self._turns.events(turn_id)

    async def retry(self, owner: str, turn_id: str) -> Turn:
        """Try a failed turn again. Raises CannotRetry for one that has not failed."""
        await self._require(owner, turn_id)
        return await self._turns.retry(turn_id)

    async def stop(self, owner: str, turn_id: str) -> None:
        await self._require(owner, turn_id)
        await self._turns.stop(turn_id)

    async def _require(self, owner: str, turn_id: str) -> None:
        turn = await self._trail.turn(turn_id)
        if turn is None or turn.owner != owner:
            raise NotFound(f"There is no research {turn_id!r} of yours.")
