from chat_app.research.budget import Costs, Usage
from chat_app.research.evidence import Passage, Source
from chat_app.research.progress import (
    CostUpdated,
    Failure,
    PhaseStarted,
    PlanReady,
    ReportReady,
    SearchFailedEvent,
    SearchFinished,
    SearchStarted,
    TurnFailed,
    TurnStarted,
    Waiting,
)
from chat_app.research.view import TurnView
from chat_app.transcript.card import host_of, progress_props, source_props
from tests.research.trails import BEGINNING, PLAN, TURN, report, source, view_of

START_MS = int(BEGINNING.timestamp() * 1000)


def ms(seconds: float) -> int:
    return START_MS + int(seconds * 1000)


def test_the_card_of_a_turn_that_searches() -> None:
    view = view_of(
        TurnStarted(question="Why?"),
        PhaseStarted(phase="planning"),
        PlanReady(plan=PLAN),
        PhaseStarted(phase="searching"),
        SearchStarted(search=0, query="scattering"),
        SearchStarted(search=1, query="eyes"),
        SearchFinished(search=0, query="scattering", sources=(source(1),)),
        CostUpdated(usd=0.25, input_tokens=100, output_tokens=20, searches=1),
        Waiting(on="Gemini", reason="busy", seconds=4, search=1),
    )
    wait = {"on": "Gemini", "reason": "busy", "until": ms(12), "since": ms(8)}
    found = [{"number": 1, "title": "Page 1", "url": "https://page1.example/", "host": "page1.example"}]
    assert progress_props(view) == {
        "seq": 8,
        "state": "running",
        "end": None,
        "label": "Searching",
        "startedAt": ms(0),
        "endedAt": None,
        "cost": {"usd": 0.25, "knownUsd": 0.25, "inputTokens": 100, "outputTokens": 20, "searches": 1, "agents": []},
        "phases": [
            {"id": "planning", "label": "Planning", "state": "done", "startedAt": ms(1), "endedAt": ms(3), "note": PLAN.summary},
            {"id": "searching", "label": "Searching", "state": "running", "startedAt": ms(3), "endedAt": None, "note": None},
            {"id": "analyzing", "label": "Analyzing", "state": "queued", "startedAt": None, "endedAt": None, "note": None},
        ],
        "searches": [
            {
                "query": "scattering", "purpose": "the physics", "state": "done", "startedAt": ms(4), "endedAt": ms(6),
                "error": None, "waiting": None, "sources": found,
            },
            {
                "query": "eyes", "purpose": "the biology", "state": "waiting", "startedAt": ms(5), "endedAt": None,
                "error": None, "waiting": wait, "sources": [],
            },
        ],
        "waiting": wait,
        "error": None,
        "replacements": [],
        "rewriting": None,
        "sourceCount": 1,
        "searchesDone": 1,
        "searchesFailed": 0,
    }  # fmt: skip


def test_the_card_of_a_turn_that_failed() -> None:
    failure = Failure(kind="all_searches_failed", message="Every search failed.", retryable=True)
    props = progress_props(
        view_of(
            TurnStarted(),
            PhaseStarted(phase="searching"),
            SearchStarted(search=0, query="scattering"),
            SearchFailedEvent(search=0, query="scattering", error="It broke."),
            TurnFailed(error=failure),
        )
    )
    assert (props["state"], props["end"], props["endedAt"]) == ("failed", "turn_failed", ms(4))
    assert props["error"] == {"kind": "all_searches_failed", "message": "Every search failed.", "retryable": True}
    assert (props["searchesDone"], props["searchesFailed"]) == (0, 1)
    assert props["searches"][0]["error"] == "It broke."


def test_a_turn_that_has_not_begun_has_a_card_too() -> None:
    props = progress_props(TurnView(turn_id=TURN.id))
    assert (props["label"], props["state"], props["startedAt"]) == ("Starting", "running", None)
    assert [phase["state"] for phase in props["phases"]] == ["queued"] * 3


def test_a_turn_without_model_requests_shows_no_cost() -> None:
    assert progress_props(view_of(CostUpdated(usd=0, input_tokens=0, output_tokens=0, searches=3)))["cost"] is None


def test_an_unknown_price_is_not_shown_as_nothing() -> None:
    cost = progress_props(view_of(CostUpdated(usd=None, input_tokens=9, output_tokens=1, searches=3)))["cost"]
    assert cost == {"usd": None, "knownUsd": 0, "inputTokens": 9, "outputTokens": 1, "searches": 3, "agents": []}


def test_what_is_known_of_a_price_is_told_beside_the_part_that_is_not() -> None:
    costs = Costs(planner=Usage(usd=0.5, known_usd=0.5, input_tokens=1)).plus(
        "analyst", Usage(usd=None, input_tokens=1)
    )
    cost = progress_props(view_of(CostUpdated.of(costs)))["cost"]
    assert (cost["usd"], cost["knownUsd"]) == (None, 0.5)
    assert [(agent["name"], agent["usd"], agent["knownUsd"]) for agent in cost["agents"]] == [
        ("planner", 0.5, 0.5),
        ("analyst", None, 0),
    ]


def test_the_cost_is_split_by_agent() -> None:
    costs = Costs(analyst=Usage(usd=0.5, known_usd=0.5, input_tokens=100, output_tokens=20))
    cost = progress_props(view_of(CostUpdated.of(costs.plus("searcher", Usage(searches=2)))))["cost"]
    searcher = {"name": "searcher", "usd": 0, "knownUsd": 0, "inputTokens": 0, "outputTokens": 0, "searches": 2}
    analyst = {"name": "analyst", "usd": 0.5, "knownUsd": 0.5, "inputTokens": 100, "outputTokens": 20, "searches": 0}
    sums = {"usd": 0.5, "knownUsd": 0.5, "inputTokens": 100, "outputTokens": 20, "searches": 2}
    assert cost == {**sums, "agents": [searcher, analyst]}


def test_sources_are_listed_by_number_and_say_whether_they_are_cited() -> None:
    quoted = source(2, passages=(Passage(quote="Words.", location="p. 4"), Passage(quote="Said.", is_verbatim=False)))
    view = view_of(
        SearchFinished(search=0, query="q", sources=(source(10), quoted)),
        ReportReady(report=report("So [2][1].", 1).model_copy(update={"sources": (source(1), quoted)})),
    )
    props = source_props(view, "thread")
    assert [(s["number"], s["cited"]) for s in props] == [(1, True), (2, True), (10, False)]
    assert props[1] == {
        "number": 2,
        "title": "Page 2",
        "url": "https://page2.example/",
        "host": "page2.example",
        "page": None,
        "quote": "Words 2.",
        "location": None,
        "passages": [
            {"quote": "Words.", "location": "p. 4", "verbatim": True, "key": "44dcebcdcc56"},
            {"quote": "Said.", "location": None, "verbatim": False, "key": "5adc7fd7cbce"},
        ],
        "retrievedAt": None,
        "cited": True,
    }


def test_a_source_is_from_its_host_or_its_file() -> None:
    assert host_of(source(1, "https://www.a.example:8080/b")) == "a.example:8080"
    assert host_of(Source(title="Guide", url="library:manual/a guide.md")) == "manual/a guide.md"
