"""Trying a failed turn again: only what failed is done again, and the new try's trail is complete."""

import json
from pathlib import Path

import pytest
from dbos import DBOS

from chat_app.errors import CannotRetry, NotFound
from chat_app.research.turn import Turn
from tests.fakes import FakeProviders, Fault, PlannedSearch, Scenario
from tests.workflows.program import Event, Program, costs, events, kinds, notes, program, prompt, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about lichen?"
THREE = tuple(PlannedSearch(query=f"lichen: part {n}") for n in range(1, 4))
MORE = ("lichen: more",)
WELL = Scenario(plan=THREE, extra_searches=MORE)


def rejected(role: str, **more: object) -> Fault:
    return Fault.model_validate({"kind": "status", "status": 400, "role": role, "times": None, **more})


async def failing(running: Program, providers: FakeProviders, *faults: Fault, depth: str = "standard") -> Turn:
    """A turn that has failed, with everything well again afterwards and a clean log."""
    providers.scenario(WELL.model_copy(update={"faults": faults}))
    turn = await running.ask(QUESTION, depth=depth)  # type: ignore[arg-type]
    assert (await running.finished(turn))[-1]["kind"] == "turn_failed"
    providers.scenario(WELL)
    providers.clear_log()
    return turn


async def retried(running: Program, turn: Turn) -> tuple[Turn, list[Event]]:
    again = await running.turns.retry(turn.id)
    assert (again.revision, again.first_id) == (turn.revision + 1, turn.first_id)
    return again, await running.finished(again)


def assert_complete(trail: list[Event]) -> None:
    """As the trail of a turn that went well at once."""
    assert trail[0]["kind"] == "turn_started"
    assert [event["phase"] for event in events(trail, "phase_started")] == ["planning", "searching", "analyzing"]
    assert kinds(trail)["plan_ready"] == 1
    for kind in ("search_started", "search_finished"):
        assert sorted(event["search"] for event in events(trail, kind)) == [0, 1, 2, 3], kind
    assert trail[-1]["kind"] == "report_ready"
    found = {event["source"]["number"] for event in events(trail, "source_found")}
    cited = {source["number"] for source in trail[-1]["report"]["sources"]}
    assert cited
    assert cited <= found
    total = costs(trail)
    assert total["searches"] == 4
    assert all(total["agents"][agent]["output_tokens"] > 0 for agent in ("planner", "searcher", "analyst"))


async def test_a_plan_that_failed_is_made_again(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("planner"))
        _, trail = await retried(running, turn)
    assert_complete(trail)
    assert roles(providers.log()) == ["planner", *["search"] * 3, "analyst", "search", "analyst"]


async def test_a_plan_that_could_not_be_used_is_made_afresh(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, Fault(kind="invalid", role="planner", times=None))
        _, trail = await retried(running, turn)
    assert_complete(trail)
    planned = providers.log("planner")
    assert len(planned) == 1
    assert "summary" not in json.dumps(planned[0].body["messages"])


async def test_a_report_that_failed_after_its_searches_is_all_that_is_asked_for_again(
    providers: FakeProviders, tmp_path: Path
) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2))
        first = await running.trail(turn)
        _, trail = await retried(running, turn)
    assert roles(providers.log()) == ["analyst"]
    assert_complete(trail)
    assert "lichen: more" in prompt(providers.log()[0])
    for kind in ("search_started", "search_finished"):
        by_search = [{event["search"]: event["query"] for event in events(each, kind)} for each in (first, trail)]
        assert by_search[0] == by_search[1]
    assert notes(trail) == []
    assert costs(trail)["usd"] > costs(first)["usd"]
    assert costs(trail)["agents"]["searcher"] == costs(first)["agents"]["searcher"]


async def test_an_empty_report_is_asked_for_again(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, Fault(kind="empty", role="analyst", times=None))
        providers.scenario(Scenario(plan=THREE))
        _, trail = await retried(running, turn)
    assert roles(providers.log()) == ["analyst"]
    assert trail[-1]["kind"] == "report_ready"


async def test_a_report_whose_provider_stayed_down_is_asked_for_again(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, Fault(kind="status", status=503, role="analyst", nth=2, times=None))
        _, trail = await retried(running, turn)
    assert roles(providers.log()) == ["analyst"]
    assert_complete(trail)


async def test_where_all_searches_failed_the_plan_is_kept(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("search"))
        _, trail = await retried(running, turn)
    assert roles(providers.log()) == [*["search"] * 3, "analyst", "search", "analyst"]
    assert_complete(trail)


async def test_a_check_that_was_made_is_not_made_again(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2), depth="deep")
        _, trail = await retried(running, turn)
    assert roles(providers.log()) == ["analyst"]
    assert_complete(trail)


async def test_a_try_that_fails_too_can_be_tried_again(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2))
        providers.scenario(WELL.model_copy(update={"faults": (rejected("analyst"),)}))
        second, trail = await retried(running, turn)
        assert trail[-1]["kind"] == "turn_failed"
        providers.scenario(WELL)
        providers.clear_log()
        third, trail = await retried(running, second)
        assert third.revision == 2
        assert roles(providers.log()) == ["analyst"]
        assert_complete(trail)
        # Of the tries before, each keeps its own trail.
        assert [(await running.finished(each))[-1]["kind"] for each in (turn, second)] == ["turn_failed"] * 2


async def test_asking_twice_is_one_try(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2))
        again = await running.turns.retry(turn.id)
        assert await running.turns.retry(turn.id) == again
        await running.finished(again)
        assert await running.turns.retry(turn.id) == again
        assert roles(providers.log()) == ["analyst"]
        with pytest.raises(CannotRetry):
            await running.turns.retry(again.id)


async def test_only_what_failed_can_be_tried_again(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=THREE))
    async with program(tmp_path / "data", providers) as running:
        turn = await running.ask(QUESTION)
        with pytest.raises(CannotRetry):
            await running.turns.retry(turn.id)
        await running.finished(turn)
        with pytest.raises(CannotRetry):
            await running.turns.retry(turn.id)
        with pytest.raises(NotFound):
            await running.turns.retry("nothing:like:0")
        stopped = await running.ask(QUESTION)
        await running.turns.stop(stopped.id)
        with pytest.raises(CannotRetry):
            await running.turns.retry(stopped.id)


@pytest.mark.parametrize("fault", [rejected("planner"), rejected("analyst", nth=2)], ids=["plan", "report"])
async def test_a_try_that_was_only_written_down_goes_on_at_the_next_start(
    providers: FakeProviders, tmp_path: Path, fault: Fault
) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, fault)
        again = turn.of_revision(1)
        assert await running.services.trail.open_turn(again)
        # Here the process ends.
    async with program(tmp_path / "data", providers) as running:
        trail = await running.finished(again)
        assert_complete(trail)
        assert await running.turns.retry(turn.id) == again
    expected = ["analyst"] if fault.role == "analyst" else ["planner", *["search"] * 3, "analyst", "search", "analyst"]
    assert roles(providers.log()) == expected


async def test_a_follow_up_sees_the_turn_once_with_its_report(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2))
        _, trail = await retried(running, turn)
        providers.clear_log()
        await running.answered("And in winter?", thread=turn.thread_id)
    planned = prompt(providers.log("planner")[0])
    assert planned.count("<earlier_turn") == 1
    assert planned.count(QUESTION) == 1
    assert "It got no report" not in planned
    assert all(source["url"] in planned for source in trail[-1]["report"]["sources"])


async def test_forgetting_the_thread_leaves_nothing_of_any_try(providers: FakeProviders, tmp_path: Path) -> None:
    async with program(tmp_path / "data", providers) as running:
        turn = await failing(running, providers, rejected("analyst", nth=2))
        again, _ = await retried(running, turn)
        known = [turn.id, again.id]
        assert all([await DBOS.get_workflow_status_async(each) for each in known])
        await running.turns.forget_thread(turn.thread_id)
        left = await DBOS.list_workflows_async()
    assert left == []
