"""A turn's rows: the same ids, wherever and however often they are made, and an order that no clock can change."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from chat_app.research.plan import Plan, Search
from chat_app.research.progress import (
    AnswerReady,
    ClarificationAsked,
    Event,
    Failure,
    NoEvidence,
    PhaseStarted,
    PlanReady,
    ReportDelta,
    ReportReady,
    ReportStarted,
    SearchFailedEvent,
    SearchFinished,
    SearchStarted,
    TurnFailed,
    TurnStarted,
    TurnStopped,
)
from chat_app.research.view import fold
from chat_app.storage.transcript import StepRow
from chat_app.transcript.projection import TurnRows, answer_text, passing_ids, project, row_id
from tests.research.trails import BEGINNING, PLAN, TURN, at, report, source, trail, view_of

WHOLE: tuple[Event, ...] = (
    TurnStarted(question=TURN.question),
    PhaseStarted(phase="planning"),
    PlanReady(plan=PLAN),
    PhaseStarted(phase="searching"),
    SearchStarted(search=0, query="scattering"),
    SearchStarted(search=1, query="eyes"),
    SearchFinished(search=0, query="scattering", sources=(source(1), source(2))),
    SearchFailedEvent(search=1, query="eyes", error="It broke."),
    PhaseStarted(phase="analyzing"),
    ReportStarted(attempt=1),
    ReportDelta(attempt=1, offset=0, text="So [1]. And [2"),
    ReportReady(report=report("So [1]. And [2].", 1, 2)),
)


def rows_of(*events: Event) -> TurnRows:
    return project(TURN, view_of(*events))


def brief(step: StepRow) -> tuple[Any, ...]:
    return (step.type, step.name, step.metadata.get("phase"), step.metadata.get("state"), step.output)


def message_of(rows: TurnRows) -> StepRow | None:
    return next((step for step in rows.steps if step.id == row_id(TURN, "report")), None)


def test_the_ids_are_what_is_stored_everywhere() -> None:
    """Written out: other ids would show every stored turn twice."""
    assert row_id(TURN, "progress") == "34c6e14f-dbcd-58d7-ae7d-2a12f94367fd"
    assert row_id(TURN, "report") == "160495b2-9e39-51f5-98b3-90fe0f464af7"
    assert row_id(TURN, "search.0") == "539a34d9-f3d6-5920-ab99-110ead862e92"


def test_the_rows_of_a_whole_turn() -> None:
    rows = rows_of(*WHOLE)
    text = "So [\\[1\\]](https://page1.example/). And [\\[2\\]](https://page2.example/)."
    assert [brief(step) for step in rows.steps] == [
        ("user_message", "alice", None, None, "Why is the sky blue?"),
        ("assistant_message", "Research Chat", None, "done", ""),
        ("tool", "Planning", "planning", "done", "Two sides of it.\n\n1. scattering\n2. eyes"),
        ("tool", "Searching", "searching", "done", ""),
        ("tool", "scattering", "search", "done", "- Page 1\n- Page 2"),
        ("tool", "eyes", "search", "failed", "It broke."),
        ("tool", "Analyzing", "analyzing", "done", ""),
        ("assistant_message", "Research Chat", None, "done", text),
    ]
    assert [(step.started_at, step.ended_at) for step in rows.steps[2:7]] == [
        (at(1), at(3)),
        (at(3), at(8)),
        (at(4), at(6)),
        (at(5), at(7)),
        (at(8), at(11)),
    ]
    assert [step.is_error for step in rows.steps] == [False] * 5 + [True, False, False]
    searching = row_id(TURN, "searching")
    assert [step.parent_id for step in rows.steps] == [None, None, None, None, searching, searching, None, None]
    assert all(step.metadata["turn"] == TURN.id and step.thread_id == TURN.thread_id for step in rows.steps)


def test_a_question_is_the_message_that_the_person_sent() -> None:
    question = rows_of().steps[0]
    assert (question.id, question.created_at, question.output) == (TURN.message_id, TURN.asked_at, TURN.question)


def test_rows_count_up_from_the_question_by_their_place_alone() -> None:
    created = [step.created_at for step in rows_of(*WHOLE).steps]
    assert created[0] == BEGINNING
    assert all(earlier < later for earlier, later in pairwise(created))
    assert created[-1] - BEGINNING < timedelta(milliseconds=2)


def test_a_row_never_moves_while_the_turn_goes_on() -> None:
    place: dict[str, Any] = {}
    events = trail(*WHOLE)
    for length in range(len(events) + 1):
        for step in project(TURN, fold(TURN.id, events[:length])).steps:
            known = place.setdefault(step.id, (step.created_at, step.type, step.parent_id))
            assert (step.created_at, step.type, step.parent_id) == known
    assert len(place) == 8


def test_many_extra_searches_stay_before_the_analysis() -> None:
    searches = [SearchStarted(search=n, query=f"query {n}") for n in range(40)]
    steps = rows_of(PhaseStarted(phase="searching"), *searches, PhaseStarted(phase="analyzing")).steps
    assert [step.name for step in sorted(steps, key=lambda step: step.created_at)][-1] == "Analyzing"
    assert len({step.created_at for step in steps}) == len(steps)


def test_projecting_again_gives_the_same_rows() -> None:
    assert rows_of(*WHOLE) == rows_of(*WHOLE)


def test_a_retry_takes_the_rows_of_the_try_that_failed() -> None:
    view = view_of(*WHOLE)
    here = [step.id for step in project(TURN, view).steps]
    assert [step.id for step in project(TURN.of_revision(1), view).steps] == here


@pytest.mark.parametrize(
    ("events", "states"),
    [
        ((), []),
        (WHOLE[:2], [("planning", "running")]),
        (WHOLE[:3], [("planning", "running")]),
        (WHOLE[:4], [("planning", "done"), ("searching", "running"), ("search", "queued"), ("search", "queued")]),
        (WHOLE[:6], [("planning", "done"), ("searching", "running"), ("search", "running"), ("search", "running")]),
    ],
    ids=["nothing", "planning", "planned", "searching", "both searches"],
)
def test_the_steps_so_far(events: tuple[Event, ...], states: list[tuple[str, str]]) -> None:
    steps = rows_of(*events).steps
    assert [(s.metadata["phase"], s.metadata["state"]) for s in steps if "phase" in s.metadata] == states
    assert message_of(rows_of(*events)) is None


def test_a_growing_report_is_shown_without_what_is_half_written() -> None:
    message = message_of(rows_of(*WHOLE[:11]))
    assert message is not None
    assert message.output == "So [\\[1\\]](https://page1.example/). And "
    assert message.metadata["state"] == "running"


def test_a_failed_turn_says_why_at_the_phase_that_failed() -> None:
    failure = Failure(kind="settings", message="There is no key.", retryable=False)
    rows = rows_of(*WHOLE[:6], TurnFailed(error=failure))
    assert [brief(step)[1:] for step in rows.steps[1:]] == [
        ("Research Chat", None, "failed", ""),
        ("Planning", "planning", "done", "Two sides of it.\n\n1. scattering\n2. eyes"),
        ("Searching", "searching", "failed", "There is no key."),
        ("scattering", "search", "failed", ""),
        ("eyes", "search", "failed", ""),
    ]
    assert [step.is_error for step in rows.steps] == [False, False, False, True, True, True]
    assert [element.name for element in rows.elements] == ["ResearchProgress"]


def test_a_failed_try_leaves_question_and_card_to_the_next_one() -> None:
    failure = Failure(kind="settings", message="There is no key.", retryable=False)
    view = view_of(*WHOLE[:11], TurnFailed(error=failure))
    rows = project(TURN, view)
    passing = passing_ids(TURN, view)
    kept = [row.id for row in (*rows.steps, *rows.elements) if row.id not in passing]
    assert kept == [TURN.message_id, row_id(TURN, "progress"), row_id(TURN, "progress_card")]
    assert {row_id(TURN, "report"), row_id(TURN, "sources")} <= set(passing)


def test_a_failure_while_planning_takes_the_place_of_the_plan() -> None:
    failure = Failure(kind="settings", message="There is no key.", retryable=False)
    planning = rows_of(*WHOLE[:2], TurnFailed(error=failure)).steps[2]
    assert (planning.output, planning.is_error) == ("There is no key.", True)


def test_a_stopped_turn_keeps_its_text_and_sources() -> None:
    rows = rows_of(*WHOLE[:11], TurnStopped(report=report("So [1]. And", 1)))
    message = message_of(rows)
    assert message is not None
    assert (message.output, message.metadata["state"]) == ("So [\\[1\\]](https://page1.example/). And", "stopped")
    assert [element.name for element in rows.elements] == ["ResearchProgress", "Sources"]


@pytest.mark.parametrize(
    ("end", "text", "elements"),
    [
        (
            ReportReady(report=report("So [1].", 1)),
            "So [\\[1\\]](https://page1.example/).",
            ["ResearchProgress", "Sources"],
        ),
        (
            AnswerReady(report=report("So [1].", 1)),
            "So [\\[1\\]](https://page1.example/).",
            ["ResearchProgress", "Sources"],
        ),
        (
            ClarificationAsked(questions=("This?", "That?")),
            "- This?\n- That?",
            ["ResearchProgress"],
        ),
        (NoEvidence(text="Nothing was found."), "Nothing was found.", ["ResearchProgress"]),
        (TurnStopped(report=None), None, ["ResearchProgress"]),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_each_end_has_its_message(end: Event, text: str | None, elements: list[str]) -> None:
    rows = rows_of(*WHOLE[:8], end)
    message = message_of(rows)
    assert (message.output if message else None) == text
    assert [element.name for element in rows.elements] == elements
    assert rows.steps[1].metadata["end"] == end.kind


def test_elements_hang_on_the_rows_that_show_them() -> None:
    card, sources = rows_of(*WHOLE).elements
    assert (card.for_id, sources.for_id) == (row_id(TURN, "progress"), row_id(TURN, "report"))
    assert card.props is not None
    assert sources.props is not None
    assert (card.props["turn"], sources.props["message"]) == (TURN.id, row_id(TURN, "report"))
    numbers: list[Any] = [entry["number"] for entry in sources.props["sources"]]  # type: ignore[index, union-attr]
    assert numbers == [1, 2]


def test_an_answer_from_the_thread_links_sources_of_earlier_turns() -> None:
    message = message_of(rows_of(*WHOLE[:2], AnswerReady(report=report("So [41].", 41))))
    assert message is not None
    assert message.output == "So [\\[41\\]](https://page41.example/)."


def shown_report(text: str, **fields: object) -> str:
    ready = ReportReady(report=report(text).model_copy(update=fields))
    return answer_text(
        TURN, view_of(*WHOLE[:-1], ready) if WHOLE[-1].kind == "report_ready" else view_of(*WHOLE, ready)
    )


def test_a_paragraph_without_a_source_is_marked_at_its_end() -> None:
    assert shown_report("It is so.\n\nAnd | so.", uncited=(9,)) == "It is so. *(no source)*\n\nAnd | so."


def test_notes_stand_in_a_quote_below_the_text_and_are_no_markdown_of_their_own() -> None:
    shown = shown_report("It is so.", notes=("One search\nfailed: [x](javascript:y).", "The limit is reached."))
    assert shown == "It is so.\n\n> One search failed: x.\n\n> The limit is reached."


def test_notes_are_no_part_of_code_that_is_not_ended() -> None:
    assert shown_report("```py\na = 1", notes=("A note.",)) == "```py\na = 1\n```\n\n> A note."


def test_no_row_shows_a_link_of_a_model_to_our_own_routes() -> None:
    link = "[see](/rc/share/1) ![p](https://evil.example/p)"
    plan = Plan(summary=link, searches=(Search(query=link, purpose=""),))
    found = SearchFinished(search=0, query=link, sources=(source(1, title=link),))
    failed = SearchFailedEvent(search=1, query="eyes", error=link)
    asked = ClarificationAsked(questions=(link,))
    for end in (asked, NoEvidence(text=link), TurnFailed(error=Failure(kind="x", message=link, retryable=True))):
        view = view_of(
            WHOLE[0],
            PhaseStarted(phase="planning"),
            PlanReady(plan=plan),
            PhaseStarted(phase="searching"),
            found,
            failed,
            end,
        )
        for step in project(TURN, view).steps:
            assert "](/rc" not in step.output
            assert "![" not in step.output
