"""How long a provider is waited for, and who is told while it is. Knows no provider and no workflow.

A request has one timer, set again each time it fires: an event of a stream costs an assignment, and a request that is
answered at once costs nothing more.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic_ai.exceptions import ModelRequestTimeout

_T = TypeVar("_T")


class Patience(BaseModel):
    """How long a request may be silent, and what follows. Kept here and not by the SDKs: what they count as a sign of
    life, such as Anthropic's pings, can go on for ever without an answer."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    notice_seconds: float = 5
    """Silence after which a person is told."""
    first_event_seconds: float = 60
    """Until a stream says its first word."""
    gap_seconds: float = 60
    """From one word of a stream to the next."""
    answer_seconds: float = 120
    """Until an answer that comes in one piece: some providers search several times before it."""
    request_seconds: float = 600
    """A whole request, however talkative."""
    first_retry_seconds: float = 1
    """Before a request that failed is made again; each further wait is twice as long."""

    def times(self, factor: float) -> Self:
        """This patience with a provider that is so much slower. A person is told of silence as soon as with any."""
        limits = ("first_event_seconds", "gap_seconds", "answer_seconds", "request_seconds")
        return self.model_copy(update={limit: getattr(self, limit) * factor for limit in limits})


DEFAULT_PATIENCE = Patience()

Report = Callable[[str, float, float], Awaitable[None]]
"""Tells (reason, seconds until the next try or 0, seconds waited so far) of a wait."""

patience: ContextVar[Patience] = ContextVar("patience", default=DEFAULT_PATIENCE)
"""Set by each workflow at its beginning, for everything that runs beneath it."""
on_wait: ContextVar[Report | None] = ContextVar("on_wait", default=None)
"""Set by the code that makes requests, so that a wait is shown where it belongs."""


class Watch:
    """Watches one request: tells of each silence once, and ends the request when it lasts too long."""

    def __init__(self, model_name: str, *, is_streamed: bool, slowness: float = 1) -> None:
        """`slowness`: how many times as long as usual the provider may take."""
        self._model_name = model_name
        self._patience = patience.get().times(slowness)
        self._limit = self._patience.first_event_seconds if is_streamed else self._patience.answer_seconds
        self._report = on_wait.get()
        self._has_begun = False
        self._since: float | None = None
        self._told_since: float | None = None
        self._telling: asyncio.Task[None] | None = None
        self._expired: ModelRequestTimeout | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._since = self._loop.time()
        self._deadline = self._since + self._patience.request_seconds
        self._timer = self._loop.call_at(self._next_look(), self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._told()

    async def answer(self, request: Awaitable[_T]) -> _T:
        """The result of `request`, while it is listened for. Raises ModelRequestTimeout."""
        self._task = asyncio.current_task()
        try:
            return await request
        except asyncio.CancelledError:
            self._raise_if_expired()
            raise

    async def events(self, stream: AsyncIterator[_T]) -> AsyncGenerator[_T]:
        """The events of the stream. What their reader does in between is no silence. Raises ModelRequestTimeout."""
        while True:
            if self._since is None:
                self._since = self._loop.time()
            try:
                event = await self.answer(anext(stream))
            except StopAsyncIteration:
                return
            self._since = None
            self._has_begun = True
            self._limit = self._patience.gap_seconds
            # The trail must not say that the silence lasts after it has ended.
            await self._told()
            yield event

    def _next_look(self) -> float:
        if self._since is None:
            return self._loop.time() + self._patience.notice_seconds
        untold = self._since + self._patience.notice_seconds
        soon = untold if self._told_since != self._since else self._loop.time() + self._patience.notice_seconds
        return min(soon, self._since + self._limit, self._deadline)

    def _look(self) -> None:
        now, since = self._loop.time(), self._since
        if since is not None:
            silent = now - since
            if silent >= self._limit or now >= self._deadline:
                return self._expire(self._limit if silent >= self._limit else self._patience.request_seconds)
            if silent >= self._patience.notice_seconds and self._told_since != since:
                self._told_since = since
                self._tell(silent)
        self._timer = self._loop.call_at(self._next_look(), self._look)

    def _tell(self, silent_seconds: float) -> None:
        if self._report is None:
            return
        reason = "its answer has paused" if self._has_begun else "no answer yet"
        self._telling = asyncio.ensure_future(self._report(reason, 0, round(silent_seconds, 1)))

    async def _told(self) -> None:
        telling, self._telling = self._telling, None
        if telling is not None:
            await telling

    def _expire(self, seconds: float) -> None:
        self._expired = ModelRequestTimeout(
            self._model_name, seconds, setting="request_timeout" if self._has_begun else "first_event_timeout"
        )
        if self._task is not None:
            self._task.cancel()

    def _raise_if_expired(self) -> None:
        if self._expired is None:
            return
        if self._task is not None:
            self._task.uncancel()
        raise self._expired from None
