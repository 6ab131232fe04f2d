"""The program without its server, in this process: the real engine, stores and SDKs, asked directly."""

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from chat_app.bootstrap import Services, running
from chat_app.data_directory import DataDirectory
from chat_app.research.progress import END_KINDS
from chat_app.research.turn import Depth, Turn, now
from chat_app.settings import Settings
from tests.fakes import FakeProviders, LoggedRequest

Event = dict[str, Any]


class Program:
    """Asks, and looks at what comes of it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.turns = services.turns

    async def ask(self, question: str, depth: Depth = "standard", thread: str | None = None) -> Turn:
        turn = self.turn(question, depth, thread)
        await self.turns.prepare(turn)
        await self.turns.start(turn)
        return turn

    def turn(self, question: str, depth: Depth = "standard", thread: str | None = None) -> Turn:
        """A question that is not asked yet."""
        return Turn(
            thread_id=thread or str(uuid4()),
            message_id=str(uuid4()),
            question=question,
            owner="local",
            asked_at=now(),
            depth=depth,
        )

    async def finished(self, turn: Turn) -> list[Event]:
        """The whole trail; waits for its end and checks what is true of every trail."""
        await self.turns.feed(turn.id).ended()
        trail = await self.trail(turn)
        assert [event["seq"] for event in trail] == list(range(len(trail)))
        assert [event["kind"] for event in trail if event["kind"] in END_KINDS] == [trail[-1]["kind"]]
        return trail

    async def trail(self, turn: Turn) -> list[Event]:
        """As far as it goes."""
        return [recorded.to_dict() for recorded in await self.services.trail.read(turn.id)]

    async def answered(self, question: str, depth: Depth = "standard", thread: str | None = None) -> list[Event]:
        return await self.finished(await self.ask(question, depth, thread))

    async def until(self, turn: Turn, kind: str) -> None:
        """Wait for an event of this kind."""
        async for recorded in self.turns.events(turn.id):
            if recorded.event.kind == kind:
                return


@asynccontextmanager
async def program(data: Path, providers: FakeProviders, **settings: str) -> AsyncGenerator[Program]:
    """Runs on the data directory until it is left: then what is under way is cut off, as by the end of a process."""
    directory = DataDirectory.hold(data, None)
    environment = {"CHAT_APP_DATA_DIR": str(data), **providers.environment("anthropic", "google"), **settings}
    try:
        async with running(Settings.from_environment(environment), directory) as services:
            yield Program(services)
    finally:
        directory.release()


def kinds(trail: list[Event]) -> Counter[str]:
    return Counter(event["kind"] for event in trail)


def events(trail: list[Event], kind: str) -> list[Event]:
    return [event for event in trail if event["kind"] == kind]


def notes(trail: list[Event]) -> list[str]:
    assert trail[-1]["kind"] == "report_ready", trail[-1]
    return trail[-1]["report"]["notes"]


def costs(trail: list[Event]) -> Event:
    return events(trail, "cost_updated")[-1]


def roles(requests: list[LoggedRequest]) -> list[str]:
    return [request.role for request in requests]


def prompt(request: LoggedRequest) -> str:
    """Everything that was sent."""
    return json.dumps(request.body, ensure_ascii=False)
