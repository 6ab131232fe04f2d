"""The one place where a failed model request is tried again: the step of the workflow.

The SDKs' own retries are off. A wait that the provider asks for is honoured, told to the person, and ends at once
when the research is stopped.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from chat_app.agents import stopping
from chat_app.agents.failures import failure_of, is_retryable
from chat_app.errors import TurnStoppedError

MAX_ATTEMPTS = 4
MAX_WAIT_SECONDS = 120.0
_FIRST_WAIT_SECONDS = 1.0

Report = Callable[[str, float], Awaitable[None]]
"""Tells (reason, seconds) of a wait."""

on_wait: ContextVar[Report | None] = ContextVar("on_wait", default=None)
"""Set by the code that makes requests, so that the wait is shown where it belongs."""


async def should_retry(error: BaseException) -> bool:
    """Whether the engine should try the step again; returns when it is time to."""
    if isinstance(error, TurnStoppedError) or stopping.is_stopped() or not is_retryable(error):
        return False
    seconds = min(float(getattr(error, "retry_after", None) or 0.0), MAX_WAIT_SECONDS)
    report = on_wait.get()
    if report:
        await report(failure_of(error).message, seconds + _FIRST_WAIT_SECONDS)
    try:
        await stopping.pause(seconds)
    except TurnStoppedError:
        return False
    return not stopping.is_stopped()


MODEL_STEP: dict[str, Any] = {
    "retries_allowed": True,
    "max_attempts": MAX_ATTEMPTS,
    "interval_seconds": _FIRST_WAIT_SECONDS,
    "backoff_rate": 2.0,
    "should_retry": should_retry,
    "preemptible": True,
}
"""pydantic-ai names only four of these keys, but hands the whole to DBOS's step options, which know them all."""
