"""Stop, inside the process: cuts requests in flight at once and lets none begin afterwards.

The engine notices a cancelled workflow only by polling, and never during a retry's wait; a person who presses Stop
must not pay for what comes after.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from chat_app.errors import TurnStoppedError

current_turn_id: ContextVar[str | None] = ContextVar("current_turn_id", default=None)
"""Set by each workflow at its beginning, for everything that runs beneath it."""

_stopped: set[str] = set()
_in_flight: dict[str, set[asyncio.Task[object]]] = {}


def stop(turn_id: str) -> None:
    """Cut all requests of the turn that run in this process. Call it on the event loop that runs them."""
    _stopped.add(turn_id)
    for task in _in_flight.get(turn_id, set()):
        task.cancel()


def is_stopped() -> bool:
    """Whether the turn that the caller works for was stopped."""
    return current_turn_id.get() in _stopped


def require_going_on() -> None:
    """Raises TurnStoppedError when the turn that the caller works for was stopped."""
    if is_stopped():
        raise TurnStoppedError("The research was stopped.")


def is_about_stopped(text: str) -> bool:
    """Whether the text names a turn that was stopped, or a part of one."""
    return any(turn_id in text for turn_id in _stopped)


@contextmanager
def stoppable() -> Generator[None]:
    """Surround a request to the outside. Raises TurnStoppedError when the turn is or gets stopped."""
    turn_id = current_turn_id.get()
    task = asyncio.current_task()
    if turn_id is None or task is None:
        yield
        return
    require_going_on()
    tasks = _in_flight.setdefault(turn_id, set())
    is_outermost = task not in tasks
    tasks.add(task)
    try:
        yield
    except asyncio.CancelledError:
        if turn_id not in _stopped:
            raise
        task.uncancel()
        raise TurnStoppedError("The research was stopped.") from None
    finally:
        if is_outermost:
            tasks.discard(task)
            if not tasks:
                _in_flight.pop(turn_id, None)


async def pause(seconds: float) -> None:
    """Wait, but not beyond a stop. Raises TurnStoppedError then."""
    with stoppable():
        await asyncio.sleep(seconds)
