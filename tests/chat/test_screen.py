"""What one page is sent while a turn goes on: each change once, and nothing that it has already."""

from typing import Any

from chat_app.chat.screen import Screen, pause_seconds
from chat_app.research.progress import (
    Event,
    Failure,
    PhaseStarted,
    PlanReady,
    ReportDelta,
    ReportReady,
    ReportStarted,
    SearchFinished,
    SearchStarted,
    TurnFailed,
    TurnStarted,
    Waiting,
)
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView, fold
from chat_app.transcript.projection import project, row_id
from tests.research.trails import PLAN, TURN, report, source, trail, view_of

STARTED = TurnStarted(question=TURN.question)
PLANNING = PhaseStarted(phase="planning")
ANALYZING = PhaseStarted(phase="analyzing")
FOUND = SearchFinished(search=0, query="scattering", sources=(source(1),))
ANSWER = row_id(TURN, "report")


def delta(text: str, offset: int = 0, attempt: int = 1) -> ReportDelta:
    return ReportDelta(attempt=attempt, offset=offset, text=text)


class RecordingPage:
    """A page that keeps what it is sent."""

    def __init__(self, turn: Turn = TURN) -> None:
        self.sent: list[tuple[str, Any]] = []
        self._screen = Screen(self._emit, turn)

    async def show(self, *events: Event) -> list[tuple[str, str]]:
        """Show the view of a trail; returns what that sent, in brief."""
        return await self.show_view(view_of(*events))

    async def show_view(self, view: TurnView) -> list[tuple[str, str]]:
        before = len(self.sent)
        await self._screen.show(view)
        return [(event, _brief(data)) for event, data in self.sent[before:]]

    async def _emit(self, event: str, data: Any) -> None:
        self.sent.append((event, data))

    def text(self) -> str:
        """The answer as the page has it now, by Chainlit's rules."""
        text = ""
        for event, data in self.sent:
            if data.get("id") != ANSWER:
                continue
            if event == "stream_token":
                text = data["token"] if data["isSequence"] else text + data["token"]
            elif event in {"stream_start", "new_message", "update_message"}:
                text = data["output"]
        return text


def _brief(data: dict[str, Any]) -> str:
    if "token" in data:
        return ("= " if data["isSequence"] else "+ ") + data["token"]
    return data.get("name") or data.get("type") or data["id"]


async def test_a_turn_that_begins_shows_its_question_its_card_and_its_phase() -> None:
    assert await RecordingPage().show(STARTED, PLANNING) == [
        ("new_message", "alice"),
        ("new_message", "Research Chat"),
        ("new_message", "Planning"),
        ("element", "ResearchProgress"),
        ("window_message", "rc:progress"),
    ]


async def test_showing_the_same_view_again_sends_nothing() -> None:
    page = RecordingPage()
    for events in ([STARTED, PLANNING], [STARTED, ANALYZING, ReportStarted(attempt=1), delta("So it is")]):
        await page.show(*events)
        assert await page.show(*events) == []


async def test_showing_an_end_again_sends_nothing() -> None:
    page = RecordingPage()
    ended = (STARTED, FOUND, ANALYZING, ReportReady(report=report("So [1].", 1)))
    assert ("new_message", "Research Chat") in await page.show(*ended)
    assert await page.show(*ended) == []


async def test_a_step_is_new_once_and_updated_when_its_state_changes() -> None:
    page = RecordingPage()
    await page.show(STARTED, PLANNING)
    assert await page.show(STARTED, PLANNING, PlanReady(plan=PLAN), PhaseStarted(phase="searching")) == [
        ("update_message", "Planning"),
        ("new_message", "Searching"),
        ("new_message", "scattering"),
        ("new_message", "eyes"),
        ("element", "ResearchProgress"),
        ("window_message", "rc:progress"),
    ]


async def test_what_ticks_between_two_phases_travels_beside_the_card() -> None:
    page = RecordingPage()
    searching = (STARTED, PLANNING, PlanReady(plan=PLAN), PhaseStarted(phase="searching"))
    await page.show(*searching)
    begun = SearchStarted(search=0, query="scattering")
    assert await page.show(*searching, begun) == [("update_message", "scattering"), ("window_message", "rc:progress")]
    waiting = Waiting(on="Gemini", reason="busy", seconds=3, search=1)
    assert ("element", "ResearchProgress") not in await page.show(*searching, begun, waiting)
    event, data = page.sent[-1]
    assert (event, data["turn"], data["view"]["waiting"]["on"]) == ("window_message", TURN.id, "Gemini")


async def test_a_report_begins_as_a_stream_and_goes_on_in_pieces() -> None:
    page = RecordingPage()
    writing = (STARTED, FOUND, ANALYZING, ReportStarted(attempt=1))
    await page.show(*writing)
    assert ("stream_start", "Research Chat") in await page.show(*writing, delta("So it"))
    start = next(data for event, data in page.sent if event == "stream_start")
    assert (start["id"], start["output"], start["streaming"]) == (ANSWER, "So it", True)
    sent = await page.show(*writing, delta("So it is [1]. And"))
    assert sent[0] == ("stream_token", "+  is [\\[1\\]](https://page1.example/). And")


async def test_a_piece_that_shows_nothing_new_sends_no_token() -> None:
    page = RecordingPage()
    writing = (STARTED, FOUND, ANALYZING, ReportStarted(attempt=1))
    await page.show(*writing, delta("So it is "))
    assert not any(event == "stream_token" for event, _ in await page.show(*writing, delta("So it is [1")))


async def test_a_report_that_begins_again_replaces_what_the_page_shows() -> None:
    page = RecordingPage()
    first = (STARTED, ANALYZING, ReportStarted(attempt=1), delta("The first try"))
    await page.show(*first)
    again = (*first, ReportStarted(attempt=2))
    assert ("stream_token", "= ") in await page.show(*again)
    assert page.text() == ""
    assert await page.show(*again) == []
    assert ("stream_token", "+ The second") in await page.show(*again, delta("The second", attempt=2))
    assert page.text() == "The second"


async def test_a_new_attempt_that_has_text_already_replaces_the_old_one_at_once() -> None:
    page = RecordingPage()
    first = (STARTED, ANALYZING, ReportStarted(attempt=1), delta("The first try"))
    await page.show(*first)
    sent = await page.show(*first, ReportStarted(attempt=2), delta("Another", attempt=2))
    assert ("stream_token", "= Another") in sent
    assert page.text() == "Another"


async def test_the_end_shows_the_settled_report_and_its_sources() -> None:
    page = RecordingPage()
    writing = (STARTED, FOUND, ANALYZING, ReportStarted(attempt=1), delta("So [1] and [9]"))
    await page.show(*writing)
    sent = await page.show(*writing, ReportReady(report=report("So [1] and.", 1)))
    assert [event for event, name in sent if name == "Research Chat"] == ["update_message", "new_message"]
    assert ("element", "Sources") in sent
    assert page.text() == "So [\\[1\\]](https://page1.example/) and."


async def test_a_failure_keeps_the_text_and_ends_the_stream() -> None:
    page = RecordingPage()
    writing = (STARTED, ANALYZING, ReportStarted(attempt=1), delta("So far"))
    await page.show(*writing)
    failure = Failure(kind="k", message="Claude is away.", retryable=True)
    sent = await page.show(*writing, TurnFailed(error=failure))
    assert ("new_message", "Research Chat") in sent
    assert page.text() == "So far"
    final = next(data for event, data in reversed(page.sent) if event == "new_message" and data["id"] == ANSWER)
    assert (final["streaming"], final["metadata"]["state"]) == (False, "failed")


async def test_a_new_try_takes_what_the_failed_one_wrote_off_the_page_and_keeps_its_place() -> None:
    page = RecordingPage(TURN.of_revision(1))
    sent = await page.show(STARTED, PLANNING)
    assert sent[:2] == [("update_message", ANSWER), ("remove_element", row_id(TURN, "sources"))]
    assert page.text() == ""
    sent = await page.show(STARTED, ANALYZING, ReportStarted(attempt=1), delta("So it"))
    assert ("stream_start", "Research Chat") in sent
    assert page.text() == "So it"


async def test_a_new_try_that_ends_without_an_answer_leaves_no_empty_one() -> None:
    page = RecordingPage(TURN.of_revision(1))
    await page.show(STARTED, PLANNING)
    failure = Failure(kind="k", message="Claude is away.", retryable=True)
    assert ("delete_message", ANSWER) in await page.show(STARTED, PLANNING, TurnFailed(error=failure))


async def test_a_page_that_comes_late_gets_what_the_others_have() -> None:
    events = trail(
        STARTED, PLANNING, PlanReady(plan=PLAN), FOUND, ANALYZING, ReportStarted(attempt=1), delta("So "),
        delta("[1].", 3), ReportReady(report=report("So [1].", 1)),
    )  # fmt: skip
    early, late = RecordingPage(), RecordingPage()
    for length in range(1, len(events) + 1):
        await early.show_view(fold(TURN.id, events[:length]))
    await late.show_view(fold(TURN.id, events))
    assert shown_on(early) == shown_on(late) == stored(fold(TURN.id, events))
    assert early.text() == late.text()


def shown_on(page: RecordingPage) -> dict[str, dict[str, Any]]:
    """The rows of a page as the last event about each left them."""
    return {d["id"]: d for event, d in page.sent if event in {"new_message", "update_message", "element"}}


def stored(view: TurnView) -> dict[str, dict[str, Any]]:
    rows = project(TURN, view)
    return {row.id: row.to_dict() for row in (*rows.steps, *rows.elements)}


def test_the_pause_between_pieces_grows_with_the_text_and_stays_bearable() -> None:
    pauses = [pause_seconds(characters) for characters in (0, 2_999, 3_000, 19_999, 20_000, 60_000, 10_000_000)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.1
    assert pauses[3] <= 0.1  # ten a second
    assert 0.25 <= pauses[4] <= pauses[-1] <= 0.5  # two to four a second
