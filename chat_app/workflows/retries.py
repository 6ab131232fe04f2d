"""The one place where a failed model request is tried again: the step of the workflow.

The SDKs' own retries are off. A wait that the provider asks for is honoured, told to the person, and ends at once
when the research is stopped.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from dbos import DBOS

from chat_app.agents import stopping
from chat_app.agents.failures import failure_of, is_retryable
from chat_app.errors import TurnStoppedError

MAX_ATTEMPTS = 4
MAX_WAIT_SECONDS = 120.0
_FIRST_WAIT_SECONDS = 1.0
_BACKOFF = 2.0

Report = Callable[[str, float], Awaitable[None]]
"""Tells (reason, seconds) of a wait."""

on_wait: ContextVar[Report | None] = ContextVar("on_wait", default=None)
"""Set by the code that makes requests, so that the wait is shown where it belongs."""

_failed: ContextVar[tuple[object, int]] = ContextVar("failed_attempts", default=(None, 0))
"""The step that is tried, and how often it has failed: the engine asks after the last attempt, too."""


async def should_retry(error: BaseException) -> bool:
    """Whether the engine should try the step again; returns when it is time to."""
    if isinstance(error, TurnStoppedError) or stopping.is_stopped() or not is_retryable(error):
        return False
    failed = _count_failure()
    if failed >= MAX_ATTEMPTS:
        return True  # nothing comes after it: the engine gives up, and says after how many attempts
    seconds = min(float(getattr(error, "retry_after", None) or 0.0), MAX_WAIT_SECONDS)
    report = on_wait.get()
    if report:
        await report(failure_of(error).message, seconds + _FIRST_WAIT_SECONDS * _BACKOFF ** (failed - 1))
    try:
        await stopping.pause(seconds)
    except TurnStoppedError:
        return False
    return not stopping.is_stopped()


def _count_failure() -> int:
    """How often the step that runs has failed by now."""
    step = (DBOS.workflow_id, DBOS.step_id)
    known, failures = _failed.get()
    count = failures + 1 if known == step else 1
    _failed.set((step, count))
    return count


MODEL_STEP: dict[str, Any] = {
    "retries_allowed": True,
    "max_attempts": MAX_ATTEMPTS,
    "interval_seconds": _FIRST_WAIT_SECONDS,
    "backoff_rate": _BACKOFF,
    "should_retry": should_retry,
    "preemptible": True,
}
"""pydantic-ai names only four of these keys, but hands the whole to DBOS's step options, which know them all."""
