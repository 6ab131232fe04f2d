import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from uuid import uuid4

import pytest

from chat_app.agents.stopping import current_turn_id, is_stopped, pause, stop, stoppable
from chat_app.errors import TurnStoppedError


def in_turn(turn_id: str | None, work: Callable[[], Awaitable[object]]) -> asyncio.Task[object]:
    """Run `work` as part of a turn, and of nothing else."""

    async def run() -> object:
        current_turn_id.set(turn_id)
        return await work()

    return asyncio.create_task(run(), context=Context())


async def outcome(task: asyncio.Task[object]) -> str:
    (result,) = await asyncio.wait_for(asyncio.gather(task, return_exceptions=True), 5)
    return type(result).__name__ if isinstance(result, BaseException) else str(result)


async def request() -> str:
    with stoppable():
        await asyncio.sleep(30)
    return "answered"


async def test_a_stop_cuts_all_requests_of_its_turn_at_once_and_no_others() -> None:
    turn, other = uuid4().hex, uuid4().hex
    mine = [in_turn(turn, request) for _ in range(3)]
    theirs = [in_turn(other, request), in_turn(None, request)]
    await asyncio.sleep(0.01)
    begun = time.monotonic()
    stop(turn)
    assert [await outcome(task) for task in mine] == ["TurnStoppedError"] * 3
    assert time.monotonic() - begun < 1
    assert not any(task.done() for task in theirs)
    for task in theirs:
        task.cancel()
    assert [await outcome(task) for task in theirs] == ["CancelledError"] * 2


async def test_after_a_stop_no_request_begins() -> None:
    turn, began = uuid4().hex, []
    stop(turn)

    async def begin() -> None:
        with stoppable():
            began.append(True)

    assert await outcome(in_turn(turn, begin)) == "TurnStoppedError"
    assert began == []


async def test_a_turn_knows_that_it_was_stopped() -> None:
    turn = uuid4().hex

    async def ask() -> bool:
        return is_stopped()

    assert await in_turn(turn, ask) is False
    stop(turn)
    assert await in_turn(turn, ask) is True
    assert await in_turn(uuid4().hex, ask) is False
    assert await in_turn(None, ask) is False


async def test_a_wait_ends_with_the_stop() -> None:
    turn = uuid4().hex
    task = in_turn(turn, lambda: pause(30))
    await asyncio.sleep(0.01)
    stop(turn)
    assert await outcome(task) == "TurnStoppedError"


async def test_a_wait_that_nobody_stops_lasts() -> None:
    begun = time.monotonic()
    await in_turn(uuid4().hex, lambda: pause(0.05))
    assert time.monotonic() - begun >= 0.05


async def test_whoever_cancels_a_request_for_another_reason_gets_a_cancellation() -> None:
    turn = uuid4().hex
    task = in_turn(turn, request)
    await asyncio.sleep(0.01)
    task.cancel()
    assert await outcome(task) == "CancelledError"


async def test_a_request_within_a_request_is_cut_once() -> None:
    turn, caught = uuid4().hex, []

    async def nested() -> str:
        try:
            with stoppable():
                return await request()
        except TurnStoppedError:
            caught.append(True)
        await asyncio.sleep(0)  # a cancellation left over would strike here
        return "went on"

    task = in_turn(turn, nested)
    await asyncio.sleep(0.01)
    stop(turn)
    assert await outcome(task) == "went on"
    assert caught == [True]


async def test_errors_of_the_request_itself_pass_through() -> None:
    async def broken() -> None:
        with stoppable():
            raise ConnectionError("refused")

    with pytest.raises(ConnectionError, match="refused"):
        await in_turn(uuid4().hex, broken)


async def test_a_turn_that_is_over_is_not_cut_any_more() -> None:
    turn = uuid4().hex

    async def two_steps() -> str:
        with stoppable():
            await asyncio.sleep(0)
        await asyncio.sleep(0.03)
        return "finished"

    task = in_turn(turn, two_steps)
    await asyncio.sleep(0.01)
    stop(turn)
    assert await outcome(task) == "finished"
