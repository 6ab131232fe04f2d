"""What a turn costs, and what happens when it may cost no more. A plan costs the fakes' users $0.004, a search $0.014."""

import json
from pathlib import Path

import pytest

from tests.fakes import FakeProviders, Fault, LoggedRequest, PlannedSearch, Scenario, SearchAnswer, Sentence
from tests.workflows.program import Event, costs, events, kinds, notes, program, prompt, roles

pytestmark = [pytest.mark.provider_wire]

QUESTION = "What is known about moss?"
FOUR = tuple(PlannedSearch(query=f"moss: part {n}") for n in range(1, 5))
UNPRICED = "openai-chat:unheard-of"


def tokens(requests: list[LoggedRequest]) -> tuple[int, int]:
    """As the providers have counted them: (input, output)."""
    return sum(len(json.dumps(request.body)) // 4 for request in requests), sum(r.tokens_sent for r in requests)


def counted(trail: list[Event], agent: str) -> tuple[int, int]:
    usage = costs(trail)["agents"][agent]
    return usage["input_tokens"], usage["output_tokens"]


async def test_each_agents_sum_is_what_its_requests_used(providers: FakeProviders, tmp_path: Path) -> None:
    faults = (
        Fault(kind="invalid", role="planner"),
        Fault(kind="status", status=503, role="search", containing="part 2"),
    )
    providers.scenario(Scenario(plan=FOUR, extra_searches=("moss: more",), faults=faults))
    async with program(tmp_path / "data", providers) as running:
        trail = await running.answered(QUESTION)
    log = [request for request in providers.settled_log() if request.status == 200]
    assert roles(log).count("planner") == 2
    for agent, role in (("planner", "planner"), ("searcher", "search"), ("analyst", "analyst")):
        assert counted(trail, agent) == tokens([request for request in log if request.role == role]), agent
    total = costs(trail)
    assert (total["input_tokens"], total["output_tokens"], total["searches"]) == (*tokens(log), 5)
    agents = total["agents"].values()
    assert total["usd"] == pytest.approx(sum(usage["usd"] for usage in agents))
    assert all(usage["usd"] == usage["known_usd"] > 0 for usage in agents)
    grew = [event["usd"] for event in events(trail, "cost_updated")]
    assert grew == sorted(grew)


class TestLimit:
    async def test_reached_before_anything_is_searched_the_turn_fails_and_says_so(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=FOUR))
        data = tmp_path / "data"
        async with program(data, providers, CHAT_APP_MAX_COST_USD="0.001") as running:
            turn = await running.ask(QUESTION)
            trail = await running.finished(turn)
        error = trail[-1]["error"]
        assert (error["kind"], error["retryable"]) == ("cost_limit", True)
        assert "The cost limit of $0.001 a question was reached before anything was searched" in error["message"]
        assert len(events(trail, "search_failed")) == 4
        assert not kinds(trail)["search_started"]
        assert roles(providers.log()) == ["planner"]

        async with program(data, providers, CHAT_APP_MAX_COST_USD="1") as running:
            trail = await running.finished(await running.turns.retry(turn.id))
        assert trail[-1]["kind"] == "report_ready"
        assert notes(trail) == []
        assert roles(providers.log()) == ["planner", *["search"] * 4, "analyst"]
        assert counted(trail, "planner")[0] > 0

    async def test_reached_between_searches_the_rest_is_named_and_nothing_more_is_asked(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        faults = (Fault(kind="invalid", role="analyst"),)
        providers.scenario(Scenario(plan=FOUR, extra_searches=("moss: more",), gaps=FOUR, faults=faults))
        async with program(tmp_path / "data", providers, CHAT_APP_MAX_COST_USD="0.03") as running:
            trail = await running.answered("Was weiß man über Moos?", depth="deep")
        assert [event["query"] for event in events(trail, "search_started")] == ["moss: part 1", "moss: part 2"]
        skipped = events(trail, "search_failed")
        assert [event["query"] for event in skipped] == ["moss: part 3", "moss: part 4"]
        assert all("cost limit of $0.03" in event["error"] for event in skipped)
        assert notes(trail) == [
            "Die Kostengrenze von 0.03 $ je Frage war erreicht; nicht mehr gesucht: moss: part 3; moss: part 4",
            "Aus diesem Bericht entfernt, weil keine Quelle diese Nummern hat: 97. Prüfen Sie Sätze ohne Nummer.",
        ]
        # No check for gaps, no further search, and no second report, although this one cites what does not exist.
        assert roles(providers.log()) == ["planner", "search", "search", "analyst"]
        assert "extra_search" not in str(providers.log("analyst")[0].body.get("tools"))
        assert "97" not in trail[-1]["report"]["text"]
        assert costs(trail)["searches"] == 2

    async def test_searches_run_side_by_side_as_far_as_it_allows(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=FOUR, search_latency=0.4))
        async with program(tmp_path / "data", providers, CHAT_APP_MAX_COST_USD="0.1") as running:
            trail = await running.answered(QUESTION)
        begun = sorted(request.at for request in providers.log("search"))
        # Two fit the estimate; once it is known what one costs, the other two do.
        assert begun[1] - begun[0] < 0.3
        assert begun[2] - begun[1] > 0.3
        assert begun[3] - begun[2] < 0.3
        assert notes(trail) == []

    async def test_reached_by_a_search_without_sources_it_is_not_asked_again(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        nothing = SearchAnswer(sentences=(Sentence(text="I just know it."),))
        providers.scenario(Scenario(plan=FOUR[:1], answers=(nothing,)))
        async with program(tmp_path / "data", providers, CHAT_APP_MAX_COST_USD="0.01") as running:
            trail = await running.answered(QUESTION)
        assert roles(providers.log()) == ["planner", "search"]
        (failed,) = events(trail, "search_failed")
        assert failed["error"] == "Gemini answered without naming a source; not counted as evidence."
        assert trail[-1]["error"]["kind"] == "all_searches_failed"

    async def test_a_model_without_a_known_price_is_no_reason_to_stop_and_costs_an_unknown_sum(
        self, providers: FakeProviders, tmp_path: Path
    ) -> None:
        providers.scenario(Scenario(plan=FOUR))
        settings = {
            **providers.environment("openai"),
            "CHAT_APP_PLANNER_MODEL": UNPRICED,
            "CHAT_APP_ANALYST_MODEL": UNPRICED,
            "CHAT_APP_MAX_COST_USD": "0.06",
        }
        async with program(tmp_path / "data", providers, **settings) as running:
            trail = await running.answered(QUESTION)
        total = costs(trail)
        assert total["usd"] is None
        assert (total["agents"]["planner"]["usd"], total["agents"]["planner"]["known_usd"]) == (None, 0)
        assert total["agents"]["searcher"]["usd"] > 0
        assert total["agents"]["analyst"]["input_tokens"] > 0
        assert total["searches"] == 4
        assert notes(trail) == []

    async def test_without_one_nothing_is_held_back(self, providers: FakeProviders, tmp_path: Path) -> None:
        providers.scenario(Scenario(plan=FOUR, search_latency=0.4))
        async with program(tmp_path / "data", providers) as running:
            await running.answered(QUESTION)
        begun = sorted(request.at for request in providers.log("search"))
        assert begun[-1] - begun[0] < 0.4
        assert "extra_search" in prompt(providers.log("analyst")[0])
