"""The one place where a failed model request is tried again: the step of the workflow.

The SDKs' own retries are off. A wait that the provider asks for is honoured, told to the person, and ends at once
when the research is stopped.
"""

from contextvars import ContextVar
from typing import Any

from dbos import DBOS

from chat_app.agents import stopping
from chat_app.agents.failures import LONGEST_WAIT_SECONDS, is_retryable, is_silence, reason_of, retry_after_seconds
from chat_app.agents.waiting import Report, on_wait, patience

__all__ = ["MAX_ATTEMPTS", "MODEL_STEP", "Report", "on_wait", "should_retry"]

MAX_ATTEMPTS = 4
_MAX_SILENT_ATTEMPTS = 2
"""Each of them takes as long as patience lasts."""
_BACKOFF = 2.0

_failed: ContextVar[tuple[object, int]] = ContextVar("failed_attempts", default=(None, 0))
"""The step that is tried, and how often it has failed: the engine asks after the last attempt, too."""


async def should_retry(error: BaseException) -> bool:
    """Whether the engine should try the step again; returns when it is time to. Raises TurnStoppedError after a stop:
    what failed before it is of no importance any more."""
    stopping.require_going_on()
    if not is_retryable(error):
        return False
    failed = _count_failure()
    asked_for = retry_after_seconds(error)
    if asked_for > LONGEST_WAIT_SECONDS or (is_silence(error) and failed >= _MAX_SILENT_ATTEMPTS):
        return False
    if failed >= MAX_ATTEMPTS:
        return True  # nothing comes after it: the engine gives up, and says after how many attempts
    seconds = asked_for + patience.get().first_retry_seconds * _BACKOFF ** (failed - 1)
    report = on_wait.get()
    if report:
        await report(reason_of(error), seconds, 0)
    await stopping.pause(seconds)
    return True


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
    # The whole wait is made in `should_retry`, where a stop ends it: the engine's own is blind and deaf to it.
    "interval_seconds": 0,
    "should_retry": should_retry,
    "preemptible": True,
}
"""pydantic-ai names only four of these keys, but hands the whole to DBOS's step options, which know them all."""
