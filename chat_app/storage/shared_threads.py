"""A thread as those see it who have its link: the views of its turns, and when they change."""

import asyncio
from collections.abc import AsyncIterator

from chat_app.research.evidence import Source, merge_sources
from chat_app.research.view import TurnView
from chat_app.storage.hub import FALLBACK_POLL_SECONDS, Hub
from chat_app.storage.shares import Shares
from chat_app.storage.trail import Trail


class SharedThreads:
    def __init__(self, shares: Shares, trail: Trail, hub: Hub) -> None:
        self._shares = shares
        self._trail = trail
        self._hub = hub

    async def thread_of(self, token: str) -> str | None:
        """The thread that the link shows; None for an unknown link and a revoked one alike."""
        return await self._shares.thread_of(token)

    async def turns(self, thread_id: str) -> list[TurnView]:
        """The turns of the thread as they are now, oldest first."""
        views: list[TurnView] = []
        for row in await self._trail.turns_of(thread_id):
            feed = self._hub.feed(row.turn.id)
            await feed.refresh()
            views.append(feed.view.model_copy(update={"question": row.turn.question}))
        return views

    async def source(self, thread_id: str, number: int) -> Source | None:
        """A source of the thread with all passages that were found in it."""
        views = await self.turns(thread_id)
        sources = merge_sources(*(view.sources for view in views))
        return next((source for source in sources if source.number == number), None)

    async def changes(self, thread_id: str) -> AsyncIterator[None]:
        """One item at first and after each change of the thread; several may be one."""
        known: tuple[tuple[str, bool], ...] | None = None
        while True:
            rows = await self._trail.turns_of(thread_id)
            now = tuple((row.turn.id, row.end_kind is None) for row in rows)
            if now != known:
                yield
            known = now
            running = next((turn_id for turn_id, is_running in now if is_running), None)
            if running is None:
                await asyncio.sleep(FALLBACK_POLL_SECONDS)
            elif await self._hub.feed(running).changed(FALLBACK_POLL_SECONDS):
                yield
