"""Waiting for what a thread, a process or a server does, and tells nobody."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def comes_true(holds: Callable[[], bool | Awaitable[bool]], what: str, *, within_seconds: float = 20) -> None:
    """Return as soon as it holds.

    Raises:
        AssertionError: It does not hold after `within_seconds`, generous unless the time is what is tested.

    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + within_seconds
    while True:
        held = holds()
        if await held if inspect.isawaitable(held) else held:
            return
        assert loop.time() < ends_at, f"not within {within_seconds} s: {what}"
        await asyncio.sleep(0.01)
