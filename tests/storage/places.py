"""Where the tests of the store begin: a thread, a turn in it, a message. Loads no Chainlit: other processes use it too."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chat_app.research.progress import Entry, ReportDelta
from chat_app.research.turn import Turn
from chat_app.storage.engine import Database
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import StepRow, Transcript

BEGINNING = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)


async def thread(db: Database, thread_id: str = "thread", owner: str = "alice", name: str = "A question") -> str:
    await Transcript(db).save_thread(thread_id, owner, name, BEGINNING)
    return thread_id


def turn_in(thread_id: str = "thread", owner: str = "alice", message_id: str = "message", seconds: float = 0) -> Turn:
    return Turn(thread_id=thread_id, message_id=message_id, question="Why?", owner=owner, asked_at=at(seconds))


async def open_turn(db: Database, thread_id: str = "thread", owner: str = "alice") -> tuple[Trail, Turn]:
    await thread(db, thread_id, owner)
    trail, turn = Trail(db), turn_in(thread_id, owner)
    await trail.open_turn(turn)
    return trail, turn


def delta(key: str, text: str = "word ") -> Entry:
    return Entry(key=key, event=ReportDelta(attempt=1, offset=0, text=text))


def message(step_id: str, thread_id: str = "thread", seconds: float = 0, **fields: Any) -> StepRow:
    known: dict[str, Any] = {"type": "user_message", "name": "alice", "output": "Why?", "created_at": at(seconds)}
    return StepRow.model_validate({"id": step_id, "thread_id": thread_id, **known, **fields})
