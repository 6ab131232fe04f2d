"""A signed-in user's open page, as Chainlit's socket handlers see it, and what Chainlit writes from there."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from chainlit.context import ChainlitContext, context_var
from chainlit.session import WebsocketSession, ws_sessions_id, ws_sessions_sid
from chainlit.step import StepDict
from chainlit.user import PersistedUser, User

from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database, Row


@contextmanager
def page_of(user: PersistedUser, thread_id: str, *, has_asked: bool = True) -> Iterator[WebsocketSession]:
    """Inside, code runs as Chainlit's socket handlers do for this user's page; `has_asked` after its first message."""

    async def emit(*_: object) -> None: ...

    session = WebsocketSession(
        id=str(uuid.uuid4()),
        socket_id=str(uuid.uuid4()),
        emit=emit,  # pyright: ignore[reportArgumentType] Chainlit awaits what it says returns None
        emit_call=emit,
        user_env={},
        client_type="webapp",
        thread_id=thread_id,
        user=user,
    )
    session.has_first_interaction = has_asked
    token = context_var.set(ChainlitContext(session))
    try:
        yield session
    finally:
        context_var.reset(token)
        ws_sessions_id.pop(session.id, None)
        ws_sessions_sid.pop(session.socket_id, None)


async def user(store: ChatStore, identifier: str) -> PersistedUser:
    made = await store.create_user(User(identifier=identifier))
    assert made is not None
    return made


def dictionary(step_id: str, thread_id: str = "thread", **fields: object) -> StepDict:
    """A step as Chainlit's own classes hand it over, where most is left out or null."""
    known = {
        "id": step_id,
        "threadId": thread_id,
        "type": "tool",
        "name": "Tool",
        "input": "",
        "output": "",
        "tags": None,
    }
    return StepDict(**{**known, "createdAt": "2026-03-01T12:00:01Z", **fields})  # pyright: ignore[reportArgumentType]


async def rows(db: Database, table: str) -> list[Row]:
    async with db.read() as tx:
        return await tx.rows(f"SELECT * FROM {table}")
