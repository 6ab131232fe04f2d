"""Keeps open pages of a shared conversation up to date: one reader a link, language and process, any number of viewers.

A viewer gets the newest state of each turn that changed, never a backlog, so a slow one costs nothing.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence

from starlette.concurrency import run_in_threadpool

from chat_app.languages.choice import Language, current_language
from chat_app.web.conversation_html import Fragment, turn_fragments
from chat_app.web.shared_conversation import SharedConversation

logger = logging.getLogger(__name__)

MAX_VIEWERS_PER_LINK = 50
MAX_VIEWERS = 300
_SECONDS_BETWEEN_UPDATES = 0.5
_SECONDS_BETWEEN_LONG_UPDATES = 1.5
_LONG_CHARACTERS = 40_000
_SECONDS_BETWEEN_CHECKS = 5.0
"""How long a withdrawn link may go on showing a conversation in which nothing happens."""
_HEARTBEAT_SECONDS = 15.0


class LivePages:
    """All shared pages that are being watched in this process."""

    def __init__(self, conversations: SharedConversation) -> None:
        self._conversations = conversations
        self._watched: dict[tuple[str, Language], _Watched] = {}

    def close(self) -> None:
        """End all streams, for a server that stops: browsers come back by themselves."""
        for watched in self._watched.values():
            watched.end("")

    def has_room(self, token: str) -> bool:
        here = sum(watched.viewers for (link, _), watched in self._watched.items() if link == token)
        return here < MAX_VIEWERS_PER_LINK and sum(w.viewers for w in self._watched.values()) < MAX_VIEWERS

    @contextlib.contextmanager
    def viewer(self, token: str) -> Generator["_Watched"]:
        """Take a place at the link's page; ask `has_room` before."""
        key = (token, current_language())
        watched = self._watched.get(key)
        if watched is None or watched.is_ended:
            watched = self._watched[key] = _Watched(self._conversations, token)
        watched.viewers += 1
        try:
            yield watched
        finally:
            watched.viewers -= 1
            if not watched.viewers:
                watched.stop()
                if self._watched.get(key) is watched:
                    del self._watched[key]


class _Watched:
    """The page of one link in one language, read by one task while anybody looks at it."""

    def __init__(self, conversations: SharedConversation, token: str) -> None:
        self._conversations = conversations
        self._token = token
        self._fragments: Sequence[Fragment] = ()
        self._changed = asyncio.Event()
        self._last_word: str | None = None
        self.viewers = 0
        self._task = asyncio.create_task(self._read())

    @property
    def is_ended(self) -> bool:
        return self._last_word is not None

    def stop(self) -> None:
        self._task.cancel()

    def end(self, last_word: str) -> None:
        """Let all viewers go, with an event of that name if there is one. The first call counts."""
        if self._last_word is None:
            self._last_word = last_word
        self._task.cancel()
        self._wake()

    async def events(self, seen: Sequence[str]) -> AsyncGenerator[str]:
        """Server-sent events for a page that shows turns of these versions."""
        sent = list(seen)
        yield "retry: 5000\n\n"
        while True:
            changed, fragments = self._changed, self._fragments
            if fragments and len(fragments) < len(sent):
                yield _event("reload", {})  # a turn is gone
                return
            for position, fragment in enumerate(fragments):
                if sent[position : position + 1] != [fragment.version]:
                    sent[position : position + 1] = [fragment.version]
                    yield _event("turn", {"id": fragment.id, "html": fragment.html})
            if self._last_word is not None:
                if self._last_word:
                    yield _event(self._last_word, {})
                return
            try:
                await asyncio.wait_for(changed.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _read(self) -> None:
        try:
            thread_id = await self._conversations.thread_of(self._token)
            if thread_id is not None:
                await self._follow(thread_id)
            self.end("reload")
        except Exception:  # the edge of a task of its own: viewers are let go, and come back
            logger.exception("A shared page could not be kept up to date.")
            self.end("")

    async def _follow(self, thread_id: str) -> None:
        """Show the thread as it changes, until the link no longer leads to it."""
        changes = _Changes(self._conversations.changes(thread_id))
        try:
            while await self._conversations.thread_of(self._token) == thread_id:
                if changes.take():
                    turns = await self._conversations.turns(thread_id)
                    self._fragments = await run_in_threadpool(turn_fragments, turns)
                    self._wake()
                    is_long = sum(len(turn.text) for turn in turns[-1:]) > _LONG_CHARACTERS
                    await asyncio.sleep(_SECONDS_BETWEEN_LONG_UPDATES if is_long else _SECONDS_BETWEEN_UPDATES)
                await changes.wait(_SECONDS_BETWEEN_CHECKS)
        finally:
            await changes.close()


class _Changes:
    """Listens from the start, so that nothing is missed between reading the turns and waiting for the next change."""

    def __init__(self, changes: AsyncIterator[None]) -> None:
        self._news = asyncio.Event()
        self._news.set()
        self._task = asyncio.create_task(self._listen(changes))

    def take(self) -> bool:
        """Whether anything has changed since the last call; true the first time."""
        has_news = self._news.is_set()
        self._news.clear()
        return has_news

    async def wait(self, seconds: float) -> None:
        """Until something changes, or for so long. Raises what broke the listening."""
        if self._task.done():
            self._task.result()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self, changes: AsyncIterator[None]) -> None:
        async for _ in changes:
            self._news.set()


def _event(name: str, data: dict[str, str]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
