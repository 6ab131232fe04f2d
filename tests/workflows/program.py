"""Turns against scripted providers in the test's own process, from the question to its end."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from chat_app.research.turn import Depth, Turn
from chat_app.workflows.turns import Turns
from tests.fakes import FakeProviders, LoggedRequest
from tests.workflows.engine_room import EngineRoom, Event, engine_room, events, kinds

__all__ = ["Event", "Program", "costs", "events", "kinds", "notes", "program", "prompt", "roles"]


class Program(EngineRoom):
    """An engine room whose turns are of standard depth."""

    @property
    def turns(self) -> Turns:
        return self.services.turns

    async def ask(self, question: str, thread: str | None = None, depth: Depth = "standard") -> Turn:
        return await super().ask(question, thread, depth)

    async def answered(self, question: str, thread: str | None = None, depth: Depth = "standard") -> list[Event]:
        """The whole trail."""
        return await self.finished(await self.ask(question, thread, depth))


@asynccontextmanager
async def program(data_dir: Path, providers: FakeProviders, **settings: str) -> AsyncGenerator[Program]:
    """With keys of Anthropic and Google, and these settings besides. Leave it when nothing is under way."""
    async with engine_room(data_dir, {**providers.environment("anthropic", "google"), **settings}) as room:
        yield Program(room.services)


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
