"""A whole thread as Chainlit's page expects it: its steps with their ratings, and its elements, in order."""

from typing import Any

from chat_app.storage.engine import Connection, Row
from chat_app.storage.stored_forms import from_json
from chat_app.storage.transcript import ElementRow, StepRow

_STEPS = (
    "SELECT s.*, f.id AS feedback_id, f.value AS feedback_value, f.comment AS feedback_comment "
    "FROM steps s LEFT JOIN feedbacks f ON f.step_id = s.id"
)


async def read_thread(tx: Connection, thread_id: str) -> dict[str, Any] | None:
    """Chainlit's ThreadDict; None for an unknown thread."""
    row = await tx.row(
        "SELECT t.*, u.identifier FROM threads t JOIN users u ON u.id = t.user_id WHERE t.id = :id", id=thread_id
    )
    if row is None:
        return None
    steps = await tx.rows(f"{_STEPS} WHERE s.thread_id = :id ORDER BY s.created_at, s.id", id=thread_id)
    elements = await tx.rows("SELECT * FROM elements WHERE thread_id = :id ORDER BY created_at, id", id=thread_id)
    return {
        "id": thread_id,
        "createdAt": row["created_at"],
        "name": row["name"],
        "userId": row["user_id"],
        "userIdentifier": row["identifier"],
        "tags": from_json(row["tags"]),
        "metadata": from_json(row["metadata"]),
        "steps": [_step(step) for step in steps],
        "elements": [ElementRow.from_columns(element).to_dict() for element in elements],
    }


async def favorite_steps(tx: Connection, user_id: str) -> list[dict[str, Any]]:
    """The steps that a user marked as favourites, newest first, as Chainlit's StepDicts."""
    rows = await tx.rows(
        f"{_STEPS} JOIN threads t ON t.id = s.thread_id "
        "WHERE t.user_id = :user_id AND s.metadata LIKE :favorite ORDER BY s.created_at DESC",
        user_id=user_id,
        favorite='%"favorite": true%',
    )
    # The pattern may also stand inside some other value of the metadata.
    return [step for step in map(_step, rows) if step["metadata"].get("favorite") is True]


def _step(row: Row) -> dict[str, Any]:
    feedback = {
        "id": row["feedback_id"],
        "forId": row["id"],
        "value": row["feedback_value"],
        "comment": row["feedback_comment"],
    }
    return StepRow.from_columns(row).to_dict() | {"feedback": feedback if row["feedback_id"] else None}
