"""One reader a turn and process: the trail of a running turn in memory, for any number of followers.

Writers of the same process feed it directly; what other processes wrote is read from the database when they notify,
or after a while at the latest. Pieces of the report are passed on before they are committed: showing one early or
twice is harmless, because each says where it belongs.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence

from chat_app.research.progress import Recorded, ReportDelta
from chat_app.research.view import TurnView, apply, apply_delta
from chat_app.storage.trail import Trail

FALLBACK_POLL_SECONDS = 1.0
"""How long an event of another process stays unseen at most when no notification comes."""
KEPT_FEEDS = 256


class Feed:
    """The view of one turn, growing. Belongs to one event loop."""

    def __init__(self, turn_id: str, trail: Trail) -> None:
        self._trail = trail
        self._ahead: dict[int, Recorded] = {}
        self._changed = asyncio.Event()
        self._has_ended = asyncio.Event()
        self._reading = asyncio.Lock()
        self.view = TurnView(turn_id=turn_id)

    @property
    def is_ended(self) -> bool:
        return self.view.end is not None

    def add(self, recorded: Sequence[Recorded]) -> None:
        """Take committed events, in any order; those beyond a gap wait for the ones before them."""
        self._ahead.update({r.seq: r for r in recorded if r.seq > self.view.seq})
        while (following := self._ahead.pop(self.view.seq + 1, None)) is not None:
            self.view = apply(self.view, following)
        self._wake()

    def add_delta(self, delta: ReportDelta) -> None:
        """Take a piece of the report that is not committed yet."""
        self.view = apply_delta(self.view, delta)
        self._wake()

    async def refresh(self) -> None:
        """Read what the database has beyond this view."""
        async with self._reading:
            self.add(await self._trail.read(self.view.turn_id, after=self.view.seq))

    async def views(self) -> AsyncIterator[TurnView]:
        """The view now, and again after each change, until the turn has ended. Changes in between are skipped."""
        await self.refresh()
        shown: TurnView | None = None
        while True:
            changed = self._changed
            if self.view is not shown:
                shown = self.view
                yield shown
                if shown.end is not None:
                    return
                continue
            if not await _is_set(changed, FALLBACK_POLL_SECONDS):
                await self.refresh()

    async def changed(self, timeout_seconds: float) -> bool:
        """Wait for the next change; False when there was none in that time."""
        return await _is_set(self._changed, timeout_seconds)

    async def end_or_pause(self, seconds: float) -> None:
        """Wait for the end of the turn, but no longer than that: changes gather meanwhile."""
        await _is_set(self._has_ended, seconds)

    async def ended(self) -> TurnView:
        """Wait for the end of the turn."""
        async for _ in self.views():
            pass
        return self.view

    def _wake(self) -> None:
        # A fresh event for the next round: every follower waits on the one that it saw.
        self._changed.set()
        self._changed = asyncio.Event()
        if self.is_ended:
            self._has_ended.set()


class Hub:
    """The feeds of this process, by turn."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._feeds: OrderedDict[str, Feed] = OrderedDict()

    def feed(self, turn_id: str) -> Feed:
        """The feed of a turn, made when first asked for. It is empty until it is fed or refreshed."""
        feed = self._feeds.get(turn_id)
        if feed is None:
            feed = self._feeds[turn_id] = Feed(turn_id, self._trail)
            self._drop_ended()
        self._feeds.move_to_end(turn_id)
        return feed

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """Events of one turn were committed by this process."""
        if recorded:
            self.feed(recorded[0].turn_id).add(recorded)

    def written(self, turn_id: str, delta: ReportDelta) -> None:
        """A piece of a report was written by this process."""
        self.feed(turn_id).add_delta(delta)

    async def notified(self, turn_id: str | None) -> None:
        """Another process committed events of a turn; None when that may be true of any."""
        known = list(self._feeds) if turn_id is None else [turn_id] * (turn_id in self._feeds)
        for each in known:
            await self._feeds[each].refresh()

    def _drop_ended(self) -> None:
        for turn_id in [t for t, feed in self._feeds.items() if feed.is_ended][: max(0, len(self._feeds) - KEPT_FEEDS)]:
            del self._feeds[turn_id]


async def _is_set(event: asyncio.Event, timeout_seconds: float) -> bool:
    # Not `wait_for`, which makes a task of its own each time: dozens of times a second while a report is written.
    try:
        async with asyncio.timeout(timeout_seconds):
            return await event.wait()
    except TimeoutError:
        return False
