"""Who is asking, where a request reaches the store without passing a Chainlit session (feedback, for one)."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_caller: ContextVar[str | None] = ContextVar("research_chat_caller", default=None)


def caller() -> str | None:
    """Identifier of the signed-in user whose request this is; None outside of a request."""
    return _caller.get()


@contextmanager
def calling_as(identifier: str | None) -> Generator[None]:
    """Everything awaited in this block is done for this user. Set it per request, before Chainlit's routes."""
    token = _caller.set(identifier)
    try:
        yield
    finally:
        _caller.reset(token)
