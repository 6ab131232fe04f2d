"""The reports of a thread, as its follow-up questions need them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chat_app.research.report import Report
from chat_app.storage.engine import Database, Row
from chat_app.storage.stored_forms import from_json


class ThreadReport(BaseModel):
    """A question of a thread and the report that answered it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    turn_id: str
    question: str
    report: Report
    kind: str
    """Kind of the event that ended the turn: `report_ready`, `answer_ready`, or `turn_stopped` for an unfinished report."""
    created_at: datetime


class Reports:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_thread(self, thread_id: str) -> list[ThreadReport]:
        """In the order in which they were asked for."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT r.turn_id, t.question, r.kind, r.text, r.sources, r.notes, r.created_at "
                "FROM reports r JOIN turns t ON t.turn_id = r.turn_id "
                "WHERE r.thread_id = :thread_id ORDER BY t.asked_at, t.revision",
                thread_id=thread_id,
            )
        return [_thread_report(row) for row in rows]


def _thread_report(row: Row) -> ThreadReport:
    stored = {"text": row["text"], "sources": from_json(row["sources"]), "notes": from_json(row["notes"]) or ()}
    report = Report.model_validate(stored)
    return ThreadReport(
        turn_id=row["turn_id"], question=row["question"], report=report, kind=row["kind"], created_at=row["created_at"]
    )
