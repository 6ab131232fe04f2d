"""Quick and deep research: how much is searched, and the check for what is missing."""

from pathlib import Path

import pytest

from tests.fakes import FakeProviders, Fault, PlannedSearch, Scenario
from tests.workflows.program import costs, events, kinds, notes, program, prompt, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about ferns?"
TWO = (PlannedSearch(query="ferns: one"), PlannedSearch(query="ferns: two"))
SIX = tuple(PlannedSearch(query=f"ferns: part {n}") for n in range(6))
CHECKS = "You check research before a report is written from it"


async def test_a_quick_question_gets_two_searches_and_a_short_answer(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=SIX, extra_searches=("ferns: more",), gaps=TWO))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION, depth="quick")
    assert [event["query"] for event in events(trail, "search_started")] == ["ferns: part 0", "ferns: part 1"]
    assert len(events(trail, "plan_ready")[0]["plan"]["searches"]) == 2
    planned, *_, written = providers.log()
    assert "Plan at most 2 searches" in prompt(planned)
    assert roles(providers.log()) == ["planner", "search", "search", "analyst"]
    assert "Answer in at most 150 words" in prompt(written)
    assert "extra_search" not in str(written.body.get("tools"))


async def test_a_standard_question_is_not_checked_and_may_be_searched_further(
    providers: FakeProviders, tmp_path: Path
) -> None:
    providers.scenario(Scenario(plan=SIX, extra_searches=("ferns: more",), gaps=TWO))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    assert kinds(trail)["search_finished"] == 5 + 1
    assert roles(providers.log()) == ["planner", *["search"] * 5, "analyst", "search", "analyst"]
    assert not any(CHECKS in prompt(request) for request in providers.log())
    assert not any("at most 150 words" in prompt(request) for request in providers.log())


async def test_a_deep_question_is_checked_once_and_what_is_missing_is_searched(
    providers: FakeProviders, tmp_path: Path
) -> None:
    gaps = (
        PlannedSearch(query="Ferns:  ONE"),  # was run
        PlannedSearch(query="ferns: three"),
        PlannedSearch(query="ferns: Three"),  # twice
        PlannedSearch(query="ferns: four"),
        PlannedSearch(query="ferns: five"),
        PlannedSearch(query="ferns: six"),  # beyond three
    )
    providers.scenario(Scenario(plan=TWO, gaps=gaps))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION, depth="deep")
    started = {event["search"]: event["query"] for event in events(trail, "search_started")}
    assert started == dict(enumerate(["ferns: one", "ferns: two", "ferns: three", "ferns: four", "ferns: five"]))
    log = providers.log()
    assert roles(log) == ["planner", "search", "search", "planner", "search", "search", "search", "analyst"]
    (check,) = [request for request in log if CHECKS in prompt(request)]
    assert "ferns: two" in prompt(check)
    assert "Write at length" in prompt(log[-1])
    assert all(query in prompt(log[-1]) for query in started.values())
    assert [event["phase"] for event in events(trail, "phase_started")] == ["planning", "searching", "analyzing"]
    assert notes(trail) == []
    assert costs(trail)["searches"] == 5
    assert costs(trail)["agents"]["planner"]["output_tokens"] == sum(r.tokens_sent for r in log if r.role == "planner")


async def test_a_check_that_finds_nothing_missing_costs_one_request(providers: FakeProviders, tmp_path: Path) -> None:
    providers.scenario(Scenario(plan=TWO))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION, depth="deep")
    assert roles(providers.log()) == ["planner", "search", "search", "planner", "analyst"]
    assert notes(trail) == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (QUESTION, "Whether something is missing could not be checked: Claude ("),
        ("Was weiß man über Farne?", "Ob etwas fehlt, konnte nicht geprüft werden: Claude ("),
    ],
)
async def test_a_check_that_fails_costs_the_report_nothing_but_a_note(
    providers: FakeProviders, tmp_path: Path, question: str, said: str
) -> None:
    fault = Fault(kind="status", status=400, role="planner", nth=2, times=None)
    providers.scenario(Scenario(plan=TWO, gaps=SIX, faults=(fault,)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(question, depth="deep")
    (note,) = notes(trail)
    assert note.startswith(said)
    assert roles(providers.log()) == ["planner", "search", "search", "planner", "analyst"]


async def test_what_searches_of_the_check_fail_to_find_is_named(providers: FakeProviders, tmp_path: Path) -> None:
    fault = Fault(kind="status", status=400, role="search", containing="ferns: three", times=None)
    providers.scenario(Scenario(plan=TWO, gaps=(PlannedSearch(query="ferns: three"),), faults=(fault,)))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION, depth="deep")
    (note,) = notes(trail)
    assert note.startswith("Missing, because this search failed: “ferns: three” (Gemini (")


async def test_without_a_key_nothing_is_checked(providers: FakeProviders, tmp_path: Path) -> None:
    (tmp_path / "data" / "library").mkdir(parents=True)
    (tmp_path / "data" / "library" / "Ferns.md").write_text(
        "# Ferns\n\nFerns are plants that have neither seeds nor flowers.\n"
    )
    keyless = {"ANTHROPIC_API_KEY": "", "GOOGLE_API_KEY": ""}
    async with program(tmp_path / "data", providers, **keyless) as running:
        trail = await running.answered("What are ferns?", depth="deep")
    assert trail[-1]["kind"] == "report_ready"
    assert providers.log() == []
