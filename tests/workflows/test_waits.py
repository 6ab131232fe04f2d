"""Whoever reads along sees who is waited for, and no longer than that."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes import FakeProviders, Fault, Scenario
from tests.workflows.engine_room import EngineRoom, engine_room, events, kinds

pytestmark = [pytest.mark.provider_wire, pytest.mark.asyncio(loop_scope="module")]

NOTICE_SECONDS = 1.0


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineRoom]:
    data_dir: Path = tmp_path_factory.mktemp("waits") / "data"
    async with engine_room(data_dir, providers.environment("anthropic", "google")) as room:
        yield room


async def test_nothing_is_said_of_a_turn_that_goes_on(room: EngineRoom, providers: FakeProviders) -> None:
    providers.scenario(Scenario(searches=2, latency=0.1, tokens_per_second=2000))
    trail = await room.finished(await room.ask("What is known about amber?"))
    # A machine that is busy enough may make any answer late.
    assert [wait for wait in events(trail, "waiting") if wait["waited_seconds"] < NOTICE_SECONDS] == []


async def test_a_planner_that_takes_its_time_is_waited_for(room: EngineRoom, providers: FakeProviders) -> None:
    providers.scenario(Scenario(searches=1, faults=(Fault(kind="never", role="planner"),)))
    turn = await room.ask("What is known about basalt?")
    said = await room.comes_to(turn, "waiting")
    assert (said["on"], said["reason"], said["seconds"], said["search"]) == ("Claude", "no answer yet", 0, None)
    assert NOTICE_SECONDS <= said["waited_seconds"] < 4
    waits = events(await room.finished(turn), "waiting")
    assert [wait["reason"] for wait in waits] == ["no answer yet", "no answer in time"]


async def test_each_search_without_an_answer_shows_it_waits(room: EngineRoom, providers: FakeProviders) -> None:
    providers.scenario(Scenario(searches=2, search_latency=NOTICE_SECONDS + 1))
    turn = await room.ask("What is known about copper?")
    await room.until(turn, lambda view: [search.state for search in view.searches] == ["waiting", "waiting"])
    trail = await room.finished(turn)
    assert sorted(wait["search"] for wait in events(trail, "waiting")) == [0, 1]
    assert {wait["on"] for wait in events(trail, "waiting")} == {"Gemini"}
    view = await room.until(turn, lambda view: view.end is not None)
    assert [(search.state, search.waiting) for search in view.searches] == [("done", None)] * 2


async def test_a_report_that_pauses_says_so_until_it_goes_on(room: EngineRoom, providers: FakeProviders) -> None:
    pause = Fault(kind="stall", role="analyst", seconds=NOTICE_SECONDS + 1.5, after=0.4)
    providers.scenario(
        Scenario(searches=1, tokens_per_second=40, report_tokens=240, plan_tokens=1, search_tokens=1, faults=(pause,))
    )
    turn = await room.ask("What is known about diamond?")
    said = await room.comes_to(turn, "waiting")
    assert (said["on"], said["reason"], said["search"]) == ("Claude", "its answer has paused", None)
    feed = room.services.turns.feed(turn.id)
    assert feed.view.waiting is not None
    said_so_far = feed.view.text
    while feed.view.text == said_so_far:
        assert await feed.changed(3)
    assert feed.view.waiting is None
    # A page of another process sees what is committed, which follows soon.
    paused = await room.until(turn, lambda view: view.waiting is not None)
    going_on = await room.until(turn, lambda view: view.seq > paused.seq and view.waiting is None)
    assert going_on.end is None
    trail = await room.finished(turn)
    assert kinds(trail)["waiting"] == 1
    assert kinds(trail)["report_started"] == 1


async def test_two_waits_of_one_turn_have_nothing_in_common(room: EngineRoom, providers: FakeProviders) -> None:
    busy = Fault(kind="status", status=503, times=3)
    providers.scenario(Scenario(searches=1, faults=(busy.model_copy(update={"role": "planner"}),)))
    trail = await room.finished(await room.ask("What is known about ebony?"))
    waits = [wait for wait in events(trail, "waiting") if wait["reason"] != "no answer yet"]
    assert [wait["reason"] for wait in waits] == ["not available at the moment (503)"] * 3
    assert [wait["seconds"] for wait in waits] == sorted(wait["seconds"] for wait in waits)
