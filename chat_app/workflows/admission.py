"""How many turns run in this process, so that a new one begins at once while there is room, and else waits in the queue."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

_running = set[asyncio.Task[object]]()
_beginning = 0


def take_place() -> None:
    """The task that calls runs a turn from now on until it ends."""
    task = asyncio.current_task()
    if task is not None:
        _running.add(task)
        task.add_done_callback(_running.discard)


def places_taken() -> int:
    return len(_running) + _beginning


@contextmanager
def beginning() -> Generator[None]:
    """Surround the hand-over of a turn to the engine, so that turns asked for in the same moment count."""
    global _beginning
    _beginning += 1
    try:
        yield
    finally:
        _beginning -= 1
