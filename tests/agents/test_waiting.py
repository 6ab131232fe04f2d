"""A request is watched: whoever asks is told of silence, and does not wait for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic_ai.exceptions import ModelRequestTimeout

from chat_app.agents.waiting import Patience, Watch, on_wait, patience

SHORT = Patience(notice_seconds=0.05, first_event_seconds=0.3, gap_seconds=0.3, answer_seconds=0.3, request_seconds=1.5)


class Told:
    """What was told, in order, among what the test notes itself."""

    def __init__(self, takes_seconds: float = 0) -> None:
        self.all: list[str] = []
        self.takes_seconds = takes_seconds
        patience.set(SHORT)
        on_wait.set(self._tell)

    async def _tell(self, reason: str, seconds: float, waited_seconds: float) -> None:
        assert seconds == 0
        assert waited_seconds >= round(SHORT.notice_seconds, 1)
        await asyncio.sleep(self.takes_seconds)
        self.all.append(reason)


def watch(*, is_streamed: bool = True) -> Watch:
    return Watch("model", is_streamed=is_streamed)


async def spoken(*pauses_seconds: float) -> AsyncIterator[int]:
    """An event after each pause, and one more pause before the end."""
    for number, pause in enumerate(pauses_seconds):
        await asyncio.sleep(pause)
        yield number


async def read(stream: AsyncIterator[int], into: list[int]) -> None:
    async with watch() as watching:
        async for event in watching.events(stream):
            into.append(event)


async def test_an_answer_that_comes_soon_is_told_to_nobody() -> None:
    told = Told()
    async with watch(is_streamed=False) as watching:
        assert await watching.answer(asyncio.sleep(0.01, "answer")) == "answer"
    async with watch() as watching:
        assert [event async for event in watching.events(spoken(0, 0.01, 0.01))] == [0, 1, 2]
    assert told.all == []


async def test_a_silence_is_told_once() -> None:
    told = Told()
    async with watch(is_streamed=False) as watching:
        assert await watching.answer(asyncio.sleep(0.25, "answer")) == "answer"
    assert told.all == ["no answer yet"]


async def test_each_silence_of_a_stream_is_told_before_what_ends_it() -> None:
    told = Told(takes_seconds=0.02)
    async with watch() as watching:
        async for number in watching.events(spoken(0.1, 0, 0.15, 0, 0.06)):
            told.all.append(str(number))
    assert told.all == [
        "no answer yet", "0", "1", "its answer has paused", "2", "3", "its answer has paused", "4",
    ]  # fmt: skip


async def test_a_reader_who_takes_time_is_no_silence_of_the_provider() -> None:
    told = Told()
    async with watch() as watching:
        async for _ in watching.events(spoken(0, 0, 0)):
            await asyncio.sleep(0.15)
    assert told.all == []


@pytest.mark.parametrize("pauses", [(9,), (0, 9), (0, 0.1, 9)], ids=str)
async def test_a_stream_that_stays_silent_ends_with_an_error(pauses: tuple[float, ...]) -> None:
    told = Told()
    events: list[int] = []
    with pytest.raises(ModelRequestTimeout) as raised:
        await read(spoken(*pauses), events)
    assert events == list(range(len(pauses) - 1))
    assert raised.value.timeout == SHORT.gap_seconds
    assert told.all[-1] == ("its answer has paused" if events else "no answer yet")
    await asyncio.sleep(0)  # a cancellation left over would strike here


async def test_an_answer_that_never_comes_ends_with_an_error() -> None:
    Told()
    with pytest.raises(ModelRequestTimeout):
        async with watch(is_streamed=False) as watching:
            await watching.answer(asyncio.sleep(9))
    await asyncio.sleep(0)


async def test_a_stream_that_never_ends_is_ended() -> None:
    Told()
    with pytest.raises(ModelRequestTimeout) as raised:
        await read(spoken(*[0.04] * 100), [])
    assert raised.value.timeout == SHORT.request_seconds


async def test_the_stream_is_closed_when_it_is_given_up() -> None:
    Told()
    closed = asyncio.Event()

    async def silent() -> AsyncIterator[int]:
        try:
            await asyncio.sleep(9)
            yield 0
        finally:
            closed.set()

    with pytest.raises(ModelRequestTimeout):
        await read(silent(), [])
    assert closed.is_set()


async def test_whoever_cancels_gets_a_cancellation() -> None:
    told = Told()

    async def ask() -> None:
        async with watch(is_streamed=False) as watching:
            await watching.answer(asyncio.sleep(9))

    task = asyncio.create_task(ask())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.1)
    assert told.all == []


async def test_errors_of_the_request_pass_through() -> None:
    Told()
    broken = asyncio.get_running_loop().create_future()
    broken.set_exception(ConnectionError("refused"))
    with pytest.raises(ConnectionError, match="refused"):
        async with watch(is_streamed=False) as watching:
            await watching.answer(broken)


async def test_a_slow_provider_gets_more_time_and_is_told_of_as_soon() -> None:
    told = Told()
    async with Watch("model", is_streamed=True, slowness=3) as watching:
        assert [event async for event in watching.events(spoken(0.6, 0.6))] == [0, 1]
    assert told.all == ["no answer yet", "its answer has paused"]
