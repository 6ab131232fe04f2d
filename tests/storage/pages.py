"""A signed-in user's open page, as Chainlit's socket handlers see it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from chainlit.context import ChainlitContext, context_var
from chainlit.session import WebsocketSession, ws_sessions_id, ws_sessions_sid
from chainlit.user import PersistedUser


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
