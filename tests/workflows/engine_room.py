"""The program without its server, in the process of the test: its engine, its store, and turns that it works on."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from chat_app import bootstrap
from chat_app.agents.waiting import Patience
from chat_app.data_directory import DataDirectory
from chat_app.research.progress import END_KINDS
from chat_app.research.turn import Depth, RoleModels, Turn
from chat_app.research.view import TurnView, apply
from chat_app.settings import Settings
from chat_app.workflows.inquiries import Inquiries

Event = dict[str, Any]
OWNER = "local"
SHORT_PATIENCE = Patience(
    first_event_seconds=3, gap_seconds=3, answer_seconds=3, notice_seconds=1, first_retry_seconds=0.02
)
"""What these tests wait for providers at most: as long as a busy machine needs."""


class EngineRoom:
    def __init__(self, services: bootstrap.Services) -> None:
        self.services = services
        self._inquiries = Inquiries(services.turns, services.trail, services.menu)

    async def ask(self, question: str, thread: str | None = None, depth: Depth = "quick") -> Turn:
        return await self._inquiries.ask(OWNER, question, thread, depth, RoleModels())

    async def stop(self, turn: Turn) -> None:
        await self.services.turns.stop(turn.id)

    async def finished(self, turn: Turn) -> list[Event]:
        """The whole trail; waits for its end, and checks what is true of every trail."""
        async with asyncio.timeout(60):
            await self.services.turns.feed(turn.id).ended()
        trail = await self.trail(turn)
        assert [event["seq"] for event in trail] == list(range(len(trail)))
        assert [event["kind"] for event in trail if event["kind"] in END_KINDS] == [trail[-1]["kind"]]
        return trail

    async def trail(self, turn: Turn) -> list[Event]:
        """The trail as far as it goes."""
        return [recorded.to_dict() for recorded in await self.services.trail.read(turn.id)]

    async def until(self, turn: Turn, is_so: Callable[[TurnView], bool]) -> TurnView:
        """The first view of which this is true, to a page in another process: it sees what is committed."""
        view = TurnView(turn_id=turn.id)
        async with asyncio.timeout(30):
            async for recorded in self.services.turns.events(turn.id):
                view = apply(view, recorded)
                if is_so(view):
                    return view
        raise AssertionError(f"It was never so; the turn ended with {view.end!r}.")

    async def comes_to(self, turn: Turn, kind: str) -> Event:
        """Wait for an event of this kind."""
        async with asyncio.timeout(30):
            async for recorded in self.services.turns.events(turn.id):
                if recorded.event.kind == kind:
                    return recorded.to_dict()
        raise AssertionError(f"The turn ended without {kind!r}.")


@asynccontextmanager
async def engine_room(
    data_dir: Path, environment: Mapping[str, str], patience: Patience = SHORT_PATIENCE
) -> AsyncIterator[EngineRoom]:
    """Everything started with these settings, and ended afterwards."""
    with patch.dict(os.environ, {**environment, "CHAT_APP_DATA_DIR": str(data_dir)}):
        directory = DataDirectory.hold(data_dir, None)
        try:
            async with bootstrap.running(Settings.from_environment(), directory, patience) as services:
                yield EngineRoom(services)
        finally:
            directory.release()


def kinds(trail: list[Event]) -> Counter[str]:
    return Counter(event["kind"] for event in trail)


def events(trail: list[Event], kind: str) -> list[Event]:
    return [event for event in trail if event["kind"] == kind]
