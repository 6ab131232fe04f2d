"""What a person may do in a conversation, as far as no research has to run for it."""

import io
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chat_app.agents.menu import Menu
from chat_app.chat.audience import Audience
from chat_app.chat.conversation import Conversation
from chat_app.errors import CannotRetry, InvalidQuestion, NotFound
from chat_app.research.progress import (
    Entry,
    Failure,
    PhaseStarted,
    ReportDelta,
    ReportReady,
    TurnFailed,
    TurnStarted,
)
from chat_app.research.turn import Turn
from chat_app.search.attachments import Attachments
from chat_app.storage.engine import Database
from chat_app.storage.hub import Hub
from chat_app.storage.thread_reading import read_thread
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from chat_app.transcript.projection import row_id
from chat_app.workflows.journal import Journal
from chat_app.workflows.turns import Turns
from tests.chat.test_audience import RecordingPage
from tests.research.trails import report
from tests.storage.places import open_turn, thread, turn_in

MENU = Menu(planner=("excerpts:local",), searcher=(), analyst=("excerpts:local",))
UNUSED = Attachments(Path("nowhere"))
READY = Entry(key="end", event=ReportReady(report=report("So [1].", 1)))


def conversation(database: Database, *pages: RecordingPage, attachments: Attachments = UNUSED) -> Conversation:
    trail, transcript = Trail(database), Transcript(database)
    turns = Turns(Journal(trail, transcript, Hub(trail)), transcript)
    read = partial(_stored, database)
    return Conversation(turns, trail, transcript, Audience(), lambda _: pages, MENU, read, attachments)


async def _stored(database: Database, thread_id: str) -> dict[str, Any] | None:
    async with database.read() as tx:
        return await read_thread(tx, thread_id)


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "output": text, **fields}


@pytest.mark.parametrize("text", ["", "  \n", "\x00", "x" * 20_001])
async def test_a_question_that_cannot_be_asked_leaves_no_trace(database: Database, text: str) -> None:
    with pytest.raises(InvalidQuestion):
        await conversation(database).ask(RecordingPage(), "alice", message(text))
    assert await Trail(database).turns_of("thread") == []


@pytest.mark.parametrize("message_id", [None, "", "1", "../../etc", 7, "x" * 1_000])
async def test_a_message_needs_an_id_of_its_own_kind(database: Database, message_id: object) -> None:
    with pytest.raises(InvalidQuestion, match="no UUID; reload"):
        await conversation(database).ask(RecordingPage(), "alice", message("Why?", id=message_id))


async def test_nobody_asks_in_the_conversation_of_somebody_else(database: Database) -> None:
    await thread(database, owner="bob")
    with pytest.raises(NotFound):
        await conversation(database).ask(RecordingPage(), "alice", message("Why?"))
    assert await Trail(database).turns_of("thread") == []


async def test_nobody_attaches_a_file_to_the_conversation_of_somebody_else(database: Database, tmp_path: Path) -> None:
    await thread(database, "thread", "bob")
    attachments = Attachments(tmp_path)
    upload = await attachments.take("alice", "a.md", io.BytesIO(b"Words."))
    with pytest.raises(NotFound):
        await conversation(database, attachments=attachments).ask(
            RecordingPage(), "alice", message("Why?"), uploads=[upload]
        )
    assert attachments.path_of("thread", "a.md") is None


async def test_nobody_asks_under_the_id_of_a_message_elsewhere(database: Database) -> None:
    trail, turn = await open_turn(database, owner="bob")
    message_id = str(uuid4())
    other = turn.model_copy(update={"message_id": message_id})
    await trail.open_turn(other)
    await Journal(trail, Transcript(database), Hub(trail)).record(other, "started", TurnStarted(question="Why?"))
    page = RecordingPage()
    page.thread_id = "of alice"
    with pytest.raises(NotFound):
        await conversation(database).ask(page, "alice", message("Why?", id=message_id))


@pytest.mark.parametrize("turn_id", ["nowhere:message:0", "thread:message:0"])
async def test_only_ones_own_turns_can_be_stopped(database: Database, turn_id: str) -> None:
    await open_turn(database, owner="bob")
    with pytest.raises(NotFound):
        await conversation(database).stop_turn(turn_id, "alice")
    assert not await Trail(database).is_ended("thread:message:0")


async def test_stopping_in_somebody_elses_conversation_stops_nothing(database: Database) -> None:
    await open_turn(database, owner="bob")
    await conversation(database).stop("thread", "alice")
    assert not await Trail(database).is_ended("thread:message:0")


async def test_an_ended_turn_without_rows_is_completed_when_its_conversation_is_opened(database: Database) -> None:
    trail, turn = await open_turn(database)
    await trail.append(turn.id, Entry(key="a", event=TurnStarted(question="Why?")), READY)
    shown: dict[str, Any] = {"id": "thread", "steps": [], "elements": []}

    await conversation(database).bring_up_to_date(shown)

    assert [step["type"] for step in shown["steps"]] == ["user_message", "assistant_message", "assistant_message"]
    assert shown["steps"][-1]["output"] == "So [\\[1\\]](https://page1.example/)."
    assert [element["name"] for element in shown["elements"]] == ["ResearchProgress", "Sources"]
    again = {"id": "thread", "steps": list(shown["steps"]), "elements": list(shown["elements"])}
    await conversation(database).bring_up_to_date(again)
    assert again == shown


async def tried_again(database: Database, later_question: bool = False) -> tuple[Trail, Turn, dict[str, Any]]:
    """A turn that failed in the middle of its report and is tried again, and the thread as it is stored."""
    trail, failed = await open_turn(database)
    hub = Hub(trail)
    trail.on_commit = hub.committed
    journal = Journal(trail, Transcript(database), hub)
    await journal.record(failed, "a", TurnStarted(question="Why?"))
    await journal.record(failed, "b", PhaseStarted(phase="analyzing"))
    await journal.record(failed, "c", ReportDelta(attempt=1, offset=0, text="Half a report"))
    await journal.record(failed, "end", TurnFailed(error=Failure(kind="k", message="Claude is away.", retryable=True)))
    turn = failed.of_revision(1)
    await trail.open_turn(turn)
    if later_question:
        await trail.open_turn(turn_in(message_id="later", seconds=60))
    async with database.read() as tx:
        stored = await read_thread(tx, "thread")
    assert stored is not None
    assert "Half a report" in [step["output"] for step in stored["steps"]]
    return trail, turn, stored


async def test_of_a_turn_that_is_tried_again_nothing_of_the_failed_try_is_shown(database: Database) -> None:
    _, turn, shown = await tried_again(database)
    await conversation(database).bring_up_to_date(shown)
    assert [step["name"] for step in shown["steps"]] == ["alice", "Research Chat"]
    (card,) = shown["elements"]
    assert (card["props"]["turn"], card["props"]["view"]["state"]) == (turn.id, "running")
    assert card["props"]["view"]["error"] is None


async def test_the_answer_of_a_new_try_has_its_place_before_later_questions(database: Database) -> None:
    _, turn, shown = await tried_again(database, later_question=True)
    await conversation(database).bring_up_to_date(shown)
    rows = [(step["id"], step["output"]) for step in shown["steps"]]
    assert rows[2] == (row_id(turn, "report"), "")
    assert [step["metadata"]["turn"] for step in shown["steps"][3:]] == ["thread:later:0"] * 2


async def test_a_new_try_that_failed_as_well_is_completed_though_a_failure_is_stored_already(
    database: Database,
) -> None:
    trail, turn, shown = await tried_again(database)
    again = TurnFailed(error=Failure(kind="k", message="Claude is still away.", retryable=True))
    await trail.append(turn.id, Entry(key="a", event=TurnStarted(question="Why?")), Entry(key="end", event=again))
    await conversation(database).bring_up_to_date(shown)
    (card,) = shown["elements"]
    assert card["props"]["view"]["error"]["message"] == "Claude is still away."


@pytest.mark.parametrize("turn_id", ["nowhere:message:0", "thread:message:0"])
async def test_only_ones_own_turns_can_be_tried_again(database: Database, turn_id: str) -> None:
    await open_turn(database, owner="bob")
    with pytest.raises(NotFound):
        await conversation(database).retry(turn_id, "alice")


async def test_a_turn_that_has_not_failed_is_not_tried_again_and_no_page_is_told(database: Database) -> None:
    await open_turn(database)
    page = RecordingPage()
    with pytest.raises(CannotRetry):
        await conversation(database, page).retry("thread:message:0", "alice")
    assert page.sent == []


async def test_a_running_turn_is_shown_as_far_as_it_has_come(database: Database) -> None:
    trail, turn = await open_turn(database)
    began = Entry(key="b", event=PhaseStarted(phase="planning"))
    await trail.append(turn.id, Entry(key="a", event=TurnStarted(question="Why?")), began)
    stale = {"id": row_id(turn, "progress"), "metadata": {"end": "report_ready"}, "createdAt": "2026-03-01"}
    shown: dict[str, Any] = {"id": "thread", "steps": [stale], "elements": []}
    await conversation(database).bring_up_to_date(shown)
    assert [step["name"] for step in shown["steps"]] == ["alice", "Research Chat", "Planning"]
    assert shown["steps"][1]["metadata"]["state"] == "running"
