"""What a person may do in a conversation, as far as no research has to run for it."""

from typing import Any
from uuid import uuid4

import pytest

from chat_app.agents.menu import Menu
from chat_app.chat.audience import Audience
from chat_app.chat.conversation import Conversation
from chat_app.errors import InvalidQuestion, NotFound
from chat_app.research.progress import Entry, PhaseStarted, ReportReady, TurnStarted
from chat_app.storage.engine import Database
from chat_app.storage.hub import Hub
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from chat_app.transcript.projection import row_id
from chat_app.workflows.journal import Journal
from chat_app.workflows.turns import Turns
from tests.chat.test_audience import RecordingPage
from tests.research.trails import report
from tests.storage.places import open_turn, thread

MENU = Menu(planner=("excerpts:local",), searcher=(), analyst=("excerpts:local",))
READY = Entry(key="end", event=ReportReady(report=report("So [1].", 1)))


def conversation(database: Database) -> Conversation:
    trail, transcript = Trail(database), Transcript(database)
    turns = Turns(Journal(trail, transcript, Hub(trail)), transcript)
    return Conversation(turns, trail, transcript, Audience(), lambda _: (), MENU)


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


async def test_a_running_turn_is_shown_as_far_as_it_has_come(database: Database) -> None:
    trail, turn = await open_turn(database)
    began = Entry(key="b", event=PhaseStarted(phase="planning"))
    await trail.append(turn.id, Entry(key="a", event=TurnStarted(question="Why?")), began)
    stale = {"id": row_id(turn, "progress"), "metadata": {"end": "report_ready"}, "createdAt": "2026-03-01"}
    shown: dict[str, Any] = {"id": "thread", "steps": [stale], "elements": []}
    await conversation(database).bring_up_to_date(shown)
    assert [step["name"] for step in shown["steps"]] == ["alice", "Research Chat", "Planning"]
    assert shown["steps"][1]["metadata"]["state"] == "running"
