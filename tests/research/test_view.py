"""The trail folded into a view. Every kind of event, and orders that should never come."""

import pytest

from chat_app.research.progress import (
    AnswerReady,
    ClarificationAsked,
    CostUpdated,
    End,
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
    SourceFound,
    TurnFailed,
    TurnStarted,
    TurnStopped,
    Waiting,
)
from chat_app.research.view import TurnView, apply, apply_delta, fold, tried_again
from tests.research.trails import PLAN, TURN, at, report, source, trail, view_of

STARTED = TurnStarted(question=TURN.question)
PLANNING = PhaseStarted(phase="planning")
PLANNED = PlanReady(plan=PLAN)
SEARCHING = PhaseStarted(phase="searching")
ANALYZING = PhaseStarted(phase="analyzing")
READY = ReportReady(report=report("So [1].", 1))
FAILURE = Failure(kind="settings", message="No key.", retryable=False)
ENDS: tuple[End, ...] = (
    READY,
    AnswerReady(report=report("So [1].", 1)),
    ClarificationAsked(questions=("Which one?",)),
    NoEvidence(text="Nothing."),
    TurnFailed(error=FAILURE),
    TurnStopped(report=None),
)


def begun(search: int) -> SearchStarted:
    return SearchStarted(search=search, query=PLAN.searches[search].query)


def finished(search: int, *numbers: int) -> SearchFinished:
    return SearchFinished(search=search, query=PLAN.searches[search].query, sources=tuple(map(source, numbers)))


def delta(text: str, offset: int = 0, attempt: int = 1) -> ReportDelta:
    return ReportDelta(attempt=attempt, offset=offset, text=text)


def test_a_turn_that_is_tried_again_shows_what_it_keeps_and_that_it_goes_on() -> None:
    failed = SearchFailedEvent(search=1, query="eyes", error="No.")
    events = (STARTED, PLANNING, PLANNED, SEARCHING, begun(0), begun(1), finished(0, 1), failed, ANALYZING)
    view = tried_again(view_of(*events, delta("Half"), TurnFailed(error=FAILURE)), "next", at(60))
    assert (view.turn_id, view.seq, view.state, view.end, view.failure, view.text) == (
        "next",
        -1,
        "running",
        None,
        None,
        "",
    )
    assert [(phase.phase, phase.state) for phase in view.phases] == [
        ("planning", "done"),
        ("searching", "done"),
        ("analyzing", "running"),
    ]
    assert [search.state for search in view.searches] == ["done", "failed"]  # what failed is not searched for again
    assert [each.number for each in view.sources] == [1]


def test_searches_that_all_failed_are_all_to_do_when_the_turn_is_tried_again() -> None:
    failed = tuple(SearchFailedEvent(search=i, query=s.query, error="No.") for i, s in enumerate(PLAN.searches))
    view = view_of(STARTED, PLANNING, PLANNED, SEARCHING, begun(0), begun(1), *failed, TurnFailed(error=FAILURE))
    again = tried_again(view, "next", at(60))
    assert [(search.state, search.error) for search in again.searches] == [("queued", None)] * 2
    assert again.phases[-1].state == "running"


def test_an_empty_trail_is_a_turn_that_has_not_begun() -> None:
    view = fold(TURN.id, [])
    assert view == TurnView(turn_id=TURN.id)
    assert (view.seq, view.state, view.end) == (-1, "running", None)


def test_a_whole_turn() -> None:
    cost = CostUpdated(usd=0.1, input_tokens=5, output_tokens=1, searches=2)
    view = view_of(
        STARTED, PLANNING, PLANNED, SEARCHING, begun(0), begun(1), finished(0, 1, 2), finished(1, 2, 3),
        cost, ANALYZING, ReportStarted(attempt=1), delta("So "), delta("[1].", 3), READY,
    )  # fmt: skip
    assert (view.question, view.state, view.end, view.seq) == (TURN.question, "done", "report_ready", 13)
    assert (view.started_at, view.ended_at) == (at(0), at(13))
    assert [(p.phase, p.state, p.started_at, p.ended_at) for p in view.phases] == [
        ("planning", "done", at(1), at(3)),
        ("searching", "done", at(3), at(9)),
        ("analyzing", "done", at(9), at(13)),
    ]
    assert [(s.query, s.purpose, s.state, s.started_at, s.ended_at) for s in view.searches] == [
        ("scattering", "the physics", "done", at(4), at(6)),
        ("eyes", "the biology", "done", at(5), at(7)),
    ]
    assert [known.number for known in view.sources] == [1, 2, 3]
    assert view.report == READY.report
    assert view.text == "So [1]."
    assert view.cost == cost


def test_planned_searches_wait_until_they_begin() -> None:
    view = view_of(STARTED, PLANNING, PLANNED)
    assert [(s.search, s.query, s.state, s.started_at) for s in view.searches] == [
        (0, "scattering", "queued", None),
        (1, "eyes", "queued", None),
    ]


def test_searches_are_in_the_order_of_their_numbers_whatever_ends_first() -> None:
    extra = SearchStarted(search=2, query="extra")
    view = view_of(PLANNED, SEARCHING, begun(1), begun(0), finished(1, 4), extra)
    assert [(s.search, s.state) for s in view.searches] == [(0, "running"), (1, "done"), (2, "running")]
    assert view.searches[2].query == "extra"


def test_a_source_shows_before_its_search_is_over_and_only_once() -> None:
    found = SourceFound(search=0, query="scattering", source=source(1))
    view = view_of(PLANNED, SEARCHING, begun(0), found, found)
    assert view.searches[0].state == "running"
    assert view.searches[0].sources == (source(1),)
    assert view_of(PLANNED, SEARCHING, begun(0), found, finished(0, 1, 2)).sources == (source(1), source(2))


def test_a_failed_search_says_why_and_leaves_the_others_alone() -> None:
    failed = SearchFailedEvent(search=0, query="scattering", error="It broke.")
    view = view_of(PLANNED, SEARCHING, begun(0), begun(1), failed)
    assert [(s.state, s.error) for s in view.searches] == [("failed", "It broke."), ("running", None)]
    assert view.searches[0].ended_at == at(4)
    assert view.state == "running"


def test_a_wait_shows_until_the_next_event() -> None:
    waiting = Waiting(on="Claude", reason="too many requests", seconds=7.5)
    view = view_of(STARTED, PLANNING, waiting)
    assert view.waiting is not None
    assert (view.waiting.on, view.waiting.since, view.waiting.until) == ("Claude", at(2), at(9.5))
    assert view_of(STARTED, PLANNING, waiting, PLANNED).waiting is None


def test_a_wait_of_unknown_length_has_no_end() -> None:
    view = view_of(Waiting(on="Claude", reason="busy", seconds=0))
    assert view.waiting is not None
    assert view.waiting.until is None


def test_a_wait_for_the_answer_itself_counts_from_when_it_began() -> None:
    view = view_of(STARTED, PLANNING, Waiting(on="Claude", reason="no answer yet", seconds=0, waited_seconds=5))
    assert view.waiting is not None
    assert (view.waiting.since, view.waiting.until) == (at(-3), None)


def test_text_that_flows_again_ends_a_wait_also_before_it_is_committed() -> None:
    paused = Waiting(on="Claude", reason="its answer has paused", seconds=0, waited_seconds=5)
    view = view_of(STARTED, PLANNED, ReportStarted(attempt=1), paused)
    known = ReportDelta(attempt=1, offset=0, text="So")
    assert apply_delta(view, known).waiting is None
    assert apply_delta(view, ReportDelta(attempt=1, offset=7, text="beyond a gap")).waiting is not None
    assert view_of(STARTED, PLANNED, ReportStarted(attempt=1), paused, known).waiting is None


def test_two_searches_that_wait_are_both_shown_until_each_goes_on() -> None:
    first = Waiting(on="Gemini", reason="no answer yet", seconds=0, search=0)
    second = Waiting(on="Gemini", reason="too many requests", seconds=3, search=1)
    view = view_of(PLANNED, SEARCHING, begun(0), begun(1), first, second)
    assert [search.waiting.reason for search in view.searches if search.waiting] == [first.reason, second.reason]
    assert view.waiting == view.searches[1].waiting
    view = view_of(PLANNED, SEARCHING, begun(0), begun(1), first, second, finished(1, 1))
    assert view.searches[0].state == "waiting"
    assert view.waiting == view.searches[0].waiting
    view = view_of(PLANNED, SEARCHING, begun(0), begun(1), first, second, finished(0, 1), finished(1, 2))
    assert view.waiting is None


def test_what_something_costs_does_not_end_a_wait() -> None:
    cost = CostUpdated(usd=None, input_tokens=1, output_tokens=1, searches=0)
    assert view_of(Waiting(on="Claude", reason="busy", seconds=3), cost).waiting is not None


def test_a_search_that_waits_shows_it_and_goes_on() -> None:
    waiting = Waiting(on="Gemini", reason="busy", seconds=3, search=1)
    view = view_of(PLANNED, SEARCHING, begun(0), begun(1), waiting)
    assert [(s.state, s.waiting is not None) for s in view.searches] == [("running", False), ("waiting", True)]
    going_on = view_of(PLANNED, begun(1), waiting, SourceFound(search=1, query="eyes", source=source(1)))
    assert [(s.state, s.waiting) for s in going_on.searches] == [("queued", None), ("running", None)]
    assert view_of(PLANNED, begun(1), waiting, finished(1)).searches[1].waiting is None


def test_another_search_does_not_end_the_wait_of_this_one() -> None:
    waiting = Waiting(on="Gemini", reason="busy", seconds=3, search=1)
    view = view_of(PLANNED, begun(0), begun(1), waiting, finished(0, 1))
    assert view.searches[1].state == "waiting"
    assert view.searches[1].waiting is not None


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.kind)
def test_nothing_stays_running_or_waiting_after_an_end(end: End) -> None:
    waiting = Waiting(on="Gemini", reason="busy", seconds=3, search=1)
    view = view_of(STARTED, PLANNING, PLANNED, SEARCHING, begun(0), begun(1), waiting, end)
    assert view.end == end.kind
    assert view.ended_at == at(7)
    assert view.waiting is None
    over = {"done", "failed", "stopped"}
    assert {view.state, *(p.state for p in view.phases), *(s.state for s in view.searches)} <= over
    assert all(part.ended_at for part in (*view.phases, *view.searches))
    assert not any(search.waiting for search in view.searches)


@pytest.mark.parametrize(
    ("end", "turn", "phase", "search"),
    [
        (READY, "done", "done", "stopped"),
        (TurnFailed(error=FAILURE), "failed", "failed", "failed"),
        (TurnStopped(report=None), "stopped", "stopped", "stopped"),
    ],
    ids=["ready", "failed", "stopped"],
)
def test_what_an_end_cut_off_is_named_after_it(end: End, turn: str, phase: str, search: str) -> None:
    view = view_of(STARTED, PLANNING, PLANNED, SEARCHING, begun(0), begun(1), finished(0, 1), end)
    assert view.state == turn
    assert [p.state for p in view.phases] == ["done", phase]
    assert [s.state for s in view.searches] == ["done", search]


def test_ends_say_what_they_have_to_say() -> None:
    assert view_of(ClarificationAsked(questions=("Which one?",))).questions == ("Which one?",)
    assert view_of(NoEvidence(text="Nothing.")).text == "Nothing."
    assert view_of(TurnFailed(error=FAILURE)).failure == FAILURE
    assert view_of(AnswerReady(report=report("So [1].", 1))).text == "So [1]."


def test_a_stop_keeps_what_was_written_and_only_that() -> None:
    written = (ReportStarted(attempt=1), delta("So [1][9]. And"))
    kept = view_of(*written, TurnStopped(report=report("So [1]. And", 1)))
    assert (kept.text, kept.state) == ("So [1]. And", "stopped")
    assert view_of(*written, TurnStopped(report=None)).text == ""


def test_a_failure_keeps_the_text_so_far() -> None:
    assert view_of(ReportStarted(attempt=1), delta("So"), TurnFailed(error=FAILURE)).text == "So"


def test_a_new_attempt_clears_the_text() -> None:
    view = view_of(ReportStarted(attempt=1), delta("Once"), ReportStarted(attempt=2))
    assert (view.attempt, view.text) == (2, "")
    assert view_of(ReportStarted(attempt=1), delta("Once"), ReportStarted(attempt=2), delta("A", attempt=2)).text == "A"


def test_an_old_attempt_can_no_longer_write_or_begin() -> None:
    view = view_of(ReportStarted(attempt=2), delta("New", attempt=2), delta("Old"), ReportStarted(attempt=1))
    assert (view.attempt, view.text) == (2, "New")
    assert view_of(ReportStarted(attempt=2), delta("New", attempt=2), ReportStarted(attempt=2)).text == "New"


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([delta("ab"), delta("cd", 2)], "abcd"),
        ([delta("ab"), delta("ab")], "ab"),
        ([delta("abcd"), delta("bc", 1)], "abcd"),
        ([delta("ab"), delta("bcd", 1)], "abcd"),
        ([delta("ab"), delta("de", 3)], "ab"),
        ([delta("ab"), delta("de", 3), delta("cde", 2)], "abcde"),
        ([delta("😀"), delta("!", 1)], "😀!"),
        ([delta("ab"), delta("", 2)], "ab"),
    ],
    ids=["in order", "twice", "within", "overlapping", "beyond a gap", "gap filled", "code points", "empty"],
)
def test_pieces_of_text_go_where_they_belong(pieces: list[ReportDelta], text: str) -> None:
    view = view_of(ReportStarted(attempt=1))
    for piece in pieces:
        view = apply_delta(view, piece)
    assert view.text == text
    assert view.seq == 0
    assert view_of(ReportStarted(attempt=1), *pieces).text == text


def test_a_piece_shown_before_it_is_committed_shows_once() -> None:
    events = trail(ReportStarted(attempt=1), delta("So it "), delta("is.", 6))
    early = apply_delta(apply(TurnView(turn_id=TURN.id), events[0]), delta("So it is."))
    for recorded in events[1:]:
        early = apply(early, recorded)
    assert early == fold(TURN.id, events)


def test_a_piece_of_an_attempt_nobody_announced_begins_it() -> None:
    view = apply_delta(view_of(ReportStarted(attempt=1), delta("Old")), delta("New", attempt=2))
    assert (view.attempt, view.text) == (2, "New")
    assert apply_delta(view, delta("later", offset=4, attempt=3)).text == "New"


def test_after_the_end_no_piece_changes_the_text() -> None:
    view = view_of(ReportStarted(attempt=1), delta("So"), READY)
    assert apply_delta(view, delta("So [1]. And more")) == view


@pytest.mark.parametrize(
    "events",
    [
        (finished(0, 1), begun(0)),
        (SearchFailedEvent(search=4, query="unplanned", error="It broke."), PLANNED),
        (SEARCHING, PLANNING, SEARCHING),
        (delta("text without a beginning"), READY),
        (Waiting(on="Gemini", reason="busy", seconds=1, search=9), PLANNED),
        (READY, PLANNED, SEARCHING, TurnFailed(error=FAILURE)),
        (SourceFound(search=3, query="unplanned", source=source(1)),),
    ],
)
def test_orders_that_should_never_come_break_nothing(events: tuple[Event, ...]) -> None:
    view = view_of(*events)
    assert view.seq == len(events) - 1
    assert len({phase.phase for phase in view.phases}) == len(view.phases)


def test_a_phase_is_begun_once() -> None:
    view = view_of(PLANNING, SEARCHING, PLANNING)
    assert [(p.phase, p.state, p.started_at) for p in view.phases] == [
        ("planning", "done", at(0)),
        ("searching", "running", at(1)),
    ]
    phase = view.phase("searching")
    assert phase is not None
    assert phase.state == "running"
    assert view.phase("analyzing") is None


def test_a_search_that_is_begun_again_keeps_the_time_at_which_it_began() -> None:
    view = view_of(PLANNED, begun(0), begun(0))
    assert view.searches[0].started_at == at(1)


def test_folding_at_once_and_bit_by_bit_is_the_same() -> None:
    events = trail(STARTED, PLANNING, PLANNED, SEARCHING, begun(0), finished(0, 1), ANALYZING, READY)
    view = fold(TURN.id, events[:4])
    for recorded in events[4:]:
        view = apply(view, recorded)
    assert view == fold(TURN.id, events)


def test_a_report_that_begins_again_says_whether_it_is_a_correction() -> None:
    first, second = ReportStarted(attempt=1), ReportStarted(attempt=2, is_correction=True)
    assert not view_of(first).is_correction
    assert view_of(first, second).is_correction
    assert not view_of(first, second, ReportStarted(attempt=3)).is_correction
