"""A stop, at any moment of a turn: nothing is asked any more, nothing stays open, and the turn has one end."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from dbos import DBOS

from chat_app.agents.waiting import Patience
from chat_app.research.evidence import Source
from chat_app.research.plan import Search
from chat_app.research.progress import Entry, TurnStopped
from chat_app.research.turn import Turn, now
from chat_app.workflows import resources
from tests.coming_true import comes_true
from tests.fakes import FakeProviders, Fault, LoggedRequest, PlannedSearch, Scenario
from tests.fakes.scenario import Role
from tests.workflows.engine_room import OWNER, EngineRoom, Event, engine_room, kinds

pytestmark = [pytest.mark.provider_wire, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

CLOSED_WITHIN_SECONDS = 1.0
QUIET_SECONDS = 1.5
"""How long after the last stop a request would be one too many; longer than any wait that is cut short here, but for its cause."""


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineRoom]:
    data_dir: Path = tmp_path_factory.mktemp("stops") / "data"
    # Long enough that no stop can be mistaken for a wait that was over; but for the backoff, which ends while it is quiet.
    patience = Patience(first_retry_seconds=QUIET_SECONDS / 2)
    async with engine_room(data_dir, providers.environment("anthropic", "google"), patience) as room:
        yield room


@dataclass(frozen=True)
class Stopped:
    """A turn that was stopped."""

    turn: Turn
    at: float
    """Unix time of the stop."""
    trail: list[Event]

    def requests(self, log: list[LoggedRequest], word: str) -> list[LoggedRequest]:
        return [request for request in log if word in request.question]


async def stop(room: EngineRoom, turn: Turn) -> Stopped:
    at = time.time()
    await room.stop(turn)
    trail = await room.finished(turn)
    assert kinds(trail)["turn_stopped"] == 1
    return Stopped(turn, at, trail)


async def settles(turn: Turn) -> None:
    """The engine soon has nothing more to do for the turn, nor would have after a restart."""

    async def is_settled() -> bool:
        workflows = await DBOS.list_workflows_async(workflow_id_prefix=turn.id, load_input=False, load_output=False)
        return not any(workflow.status in {"PENDING", "ENQUEUED", "DELAYED"} for workflow in workflows)

    await comes_true(is_settled, f"nothing is left to do for {turn.question!r}", within_seconds=3)


def assert_quiet(stopped: Stopped, requests: list[LoggedRequest]) -> None:
    late = [r for r in requests if r.at > stopped.at + 0.05]
    assert late == []
    for request in requests:
        assert request.outcome != "running"
        assert request.ended_at is not None
        assert request.ended_at - stopped.at < CLOSED_WITHIN_SECONDS


def new_turn(question: str) -> Turn:
    return Turn(thread_id=str(uuid4()), message_id=str(uuid4()), question=question, owner=OWNER, asked_at=now())


def while_asked(role: Role) -> "Moment":
    async def moment(room: EngineRoom, providers: FakeProviders, word: str, turn: Turn) -> None:
        await asyncio.to_thread(providers.wait_for_request, role, word)

    return moment


def after(kind: str) -> "Moment":
    async def moment(room: EngineRoom, providers: FakeProviders, word: str, turn: Turn) -> None:
        await room.comes_to(turn, kind)

    return moment


async def at_once(room: EngineRoom, providers: FakeProviders, word: str, turn: Turn) -> None:
    pass


Moment = Callable[[EngineRoom, FakeProviders, str, Turn], Awaitable[None]]


def never(role: Role) -> Fault:
    return Fault(kind="never", role=role, times=None)


def later(role: Role) -> Fault:
    return Fault(kind="status", status=429, retry_after="30", role=role, times=None)


def broken(role: Role) -> Fault:
    return Fault(kind="status", status=500, role=role, times=None)


MOMENTS: dict[str, tuple[Fault | None, Moment]] = {
    "agate": (None, at_once),
    "bronze": (never("planner"), while_asked("planner")),
    "cobalt": (never("search"), while_asked("search")),
    "dolomite": (never("analyst"), while_asked("analyst")),
    "emerald": (Fault(kind="stall", role="analyst", times=None), after("report_started")),
    "feldspar": (later("planner"), after("waiting")),
    "garnet": (later("search"), after("waiting")),
    "hematite": (later("analyst"), after("waiting")),
    "iridium": (broken("planner"), after("waiting")),
    "jasper": (broken("search"), after("waiting")),
    "kyanite": (broken("analyst"), after("waiting")),
    "lapis": (None, after("turn_started")),
    "malachite": (None, after("plan_ready")),
    "nephrite": (None, after("search_started")),
    "obsidian": (None, after("search_finished")),
    "pyrite": (Fault(kind="stall", role="analyst", times=None, after=0), while_asked("analyst")),
}


async def test_a_stop_ends_everything_whatever_the_turn_is_doing(
    room: EngineRoom, providers: FakeProviders, caplog: pytest.LogCaptureFixture
) -> None:
    faults = tuple(fault.model_copy(update={"containing": word}) for word, (fault, _) in MOMENTS.items() if fault)
    providers.scenario(Scenario(searches=2, latency=0.05, faults=faults))
    providers.clear_log()
    caplog.set_level(logging.WARNING)

    async def stopped(word: str, moment: Moment) -> Stopped:
        turn = await room.ask(f"What is known about {word}?")
        await moment(room, providers, word, turn)
        return await stop(room, turn)

    all_stopped = dict(
        zip(MOMENTS, await asyncio.gather(*(stopped(w, m) for w, (_, m) in MOMENTS.items())), strict=True)
    )
    await asyncio.sleep(QUIET_SECONDS)
    log = await asyncio.to_thread(providers.log)
    for word, each in all_stopped.items():
        assert_quiet(each, each.requests(log, word))
        assert await room.trail(each.turn) == each.trail
        await settles(each.turn)
    assert [
        record.getMessage() for record in caplog.records if record.exc_info and "retried" not in record.message
    ] == []


async def test_a_turn_that_was_stopped_before_it_began_does_not_begin(
    room: EngineRoom, providers: FakeProviders
) -> None:
    providers.scenario(Scenario())
    providers.clear_log()
    turn, _ = await room.services.turns.prepare(new_turn("What is known about quartz?"))
    stopped = await stop(room, turn)
    await room.services.turns.start(turn)
    await asyncio.sleep(QUIET_SECONDS)
    assert await asyncio.to_thread(providers.log) == []
    assert await room.trail(turn) == stopped.trail
    await settles(turn)


async def test_a_turn_that_has_its_end_is_not_taken_up_again(room: EngineRoom, providers: FakeProviders) -> None:
    """As after a crash between the writing of the end and the engine's hearing of it."""
    providers.scenario(Scenario())
    providers.clear_log()
    turn, _ = await room.services.turns.prepare(new_turn("What is known about ruby?"))
    await room.services.journal.trail.append(turn.id, Entry(key="end", event=TurnStopped(report=None)))
    await room.services.turns.start(turn)
    async with asyncio.timeout(10):
        await (await DBOS.retrieve_workflow_async(turn.id)).get_result(polling_interval_sec=0.1)
    assert await asyncio.to_thread(providers.log) == []
    assert kinds(await room.trail(turn)) == {"turn_stopped": 1}


async def test_a_stop_reaches_a_further_search_and_its_siblings(room: EngineRoom, providers: FakeProviders) -> None:
    extra = ("missing rhodium: costs", "missing rhodium: dates")
    fault = Fault(kind="never", role="search", containing="missing rhodium", times=None)
    providers.scenario(Scenario(searches=1, extra_searches=extra, faults=(fault,)))
    providers.clear_log()
    turn = await room.ask("What is known about rhodium?", depth="standard")
    for query in extra:
        await asyncio.to_thread(providers.wait_for_request, "search", query)
    stopped = await stop(room, turn)
    await asyncio.sleep(QUIET_SECONDS)
    assert_quiet(stopped, await asyncio.to_thread(providers.log))
    await settles(turn)


async def test_a_stop_reaches_links_that_are_followed(room: EngineRoom, providers: FakeProviders) -> None:
    providers.scenario(Scenario(searches=1, redirects=True, redirect_latency=4))
    providers.clear_log()
    turn = await room.ask("What is known about silver?")
    await asyncio.to_thread(providers.wait_for_request, "search", "silver")
    await asyncio.to_thread(providers.settled_log)
    await asyncio.sleep(0.2)
    stopped = await stop(room, turn)
    await settles(turn)  # in less than the links would have taken
    assert_quiet(stopped, await asyncio.to_thread(providers.log))


async def test_a_stop_reaches_a_search_in_the_library(room: EngineRoom, providers: FakeProviders) -> None:
    searching = asyncio.Event()

    async def slow(search: Search) -> tuple[Source, ...]:
        searching.set()
        await asyncio.sleep(30)
        return ()

    providers.scenario(Scenario(plan=(PlannedSearch(query="topaz", where="library"),)))
    before = resources.bound()
    resources.bind(replace(before, search_library=slow))
    try:
        turn = await room.ask("What is known about topaz?")
        await asyncio.wait_for(searching.wait(), 10)
        await stop(room, turn)
        await settles(turn)
    finally:
        resources.bind(before)


@pytest.mark.parametrize("seed", range(3))
async def test_a_stop_at_any_moment_ends_everything(room: EngineRoom, providers: FakeProviders, seed: int) -> None:
    chance = random.Random(seed)
    faults = (
        Fault(kind="status", status=503, role="planner", containing="with trouble", times=4),
        Fault(kind="drop_midway", role="analyst", containing="with trouble", times=None),
    )
    providers.scenario(
        Scenario(searches=2, latency=0.1, search_spread=0.4, tokens_per_second=400, redirects=True, faults=faults)
    )
    providers.clear_log()
    words = [f"tin{seed}{number:02}" for number in range(12)]

    async def stopped(word: str) -> Stopped:
        kind = chance.choice(["", " with trouble"])
        turn = await room.ask(f"What is known about {word}{kind}?")
        await asyncio.sleep(chance.random() ** 2 * 3)
        at = time.time()
        await room.stop(turn)
        return Stopped(turn, at, await room.finished(turn))

    all_stopped = await asyncio.gather(*map(stopped, words))
    await asyncio.sleep(QUIET_SECONDS)
    log = await asyncio.to_thread(providers.log)
    for word, each in zip(words, all_stopped, strict=True):
        assert_quiet(each, each.requests(log, word))
        assert await room.trail(each.turn) == each.trail
        await settles(each.turn)
