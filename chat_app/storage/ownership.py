"""Whose thread something belongs to: the owner's identifier, or None for what does not exist."""

from chat_app.storage.engine import Connection

_OWNER = "SELECT u.identifier FROM users u JOIN threads t ON t.user_id = u.id"


async def owner_of_thread(tx: Connection, thread_id: str) -> str | None:
    return await _owner(tx, f"{_OWNER} WHERE t.id = :id", thread_id)


async def lock_thread(tx: Connection, thread_id: str) -> str | None:
    """As owner_of_thread, and no other transaction writes to the thread until this one ends.

    Whoever locks more than one row does it in the order turns, thread, steps; another order would be a deadlock.
    """
    lock = f"{tx.for_update} OF t" if tx.for_update else ""
    return await _owner(tx, f"{_OWNER} WHERE t.id = :id{lock}", thread_id)


async def owner_of_step(tx: Connection, step_id: str) -> str | None:
    return await _owner(tx, f"{_OWNER} JOIN steps s ON s.thread_id = t.id WHERE s.id = :id", step_id)


async def owner_of_element(tx: Connection, element_id: str) -> str | None:
    return await _owner(tx, f"{_OWNER} JOIN elements e ON e.thread_id = t.id WHERE e.id = :id", element_id)


async def owner_of_feedback(tx: Connection, feedback_id: str) -> str | None:
    return await _owner(
        tx,
        f"{_OWNER} JOIN steps s ON s.thread_id = t.id JOIN feedbacks f ON f.step_id = s.id WHERE f.id = :id",
        feedback_id,
    )


async def _owner(tx: Connection, sql: str, identifier: str) -> str | None:
    row = await tx.row(sql, id=identifier)
    return None if row is None else str(row["identifier"])
