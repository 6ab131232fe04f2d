"""Who is watching what: the pages of this process and the turns that each of them shows."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Protocol

from chat_app.chat.screen import Emit, Screen, pause_seconds
from chat_app.research.progress import PhaseStarted, Recorded, TurnStarted
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView, fold
from chat_app.storage.hub import Feed

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 3.0
"""How long a page goes on showing what was announced while the turn has not come so far."""


class Page(Protocol):
    """A Chainlit session, as far as it matters here."""

    id: str
    thread_id: str
    chat_settings: dict[str, Any]
    """What its person has chosen in the settings panel."""
    environ: dict[str, Any]
    """Of the request that opened its socket, with the names of WSGI."""

    async def emit(self, event: str, data: Any) -> None: ...


class Audience:
    """Attaches pages to turns. One follower for each page and turn; attaching again replaces it."""

    def __init__(self) -> None:
        self._followers: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def announce(self, pages: Iterable[Page], turn: Turn) -> None:
        """Show at once that the turn begins, before the engine has taken it up."""
        begun = (TurnStarted(question=turn.question), PhaseStarted(phase="planning"))
        trail = [Recorded(turn_id=turn.id, seq=i, at=turn.asked_at, event=event) for i, event in enumerate(begun)]
        await self.show(pages, turn, fold(turn.id, trail).model_copy(update={"seq": -1}))

    async def show(self, pages: Iterable[Page], turn: Turn, view: TurnView) -> None:
        """Show what will be true of the turn in a moment; `follow` it then."""
        for page in pages:
            await page.emit("task_start", {})
            await Screen(_current_emit(page), turn).show(view)

    def follow(self, page: Page, turn: Turn, feed: Feed, announced: TurnView | None = None) -> None:
        """Show the turn on the page from now until it ends; views that are behind what was `announced` are passed over."""
        key = (page.id, turn.id)
        if (known := self._followers.get(key)) is not None:
            known.cancel()
        task = asyncio.create_task(self._follow(page, turn, feed, len(announced.phases) if announced else 1))
        self._followers[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def is_following(self, page_id: str) -> bool:
        return any(key[0] == page_id for key in self._followers)

    def leave(self, page_id: str) -> None:
        """The page is gone for good."""
        for key, task in list(self._followers.items()):
            if key[0] == page_id:
                task.cancel()

    async def close(self) -> None:
        tasks = list(self._followers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, page: Page, turn: Turn, feed: Feed, announced_phases: int) -> None:
        await page.emit("task_start", {})
        screen = Screen(_current_emit(page), turn)
        patient_until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        async for view in feed.views():
            is_behind = len(view.phases) < announced_phases and view.end is None
            if is_behind and (not view.phases or asyncio.get_running_loop().time() < patient_until):
                continue
            await screen.show(view)
            if view.end is None:
                await feed.end_or_pause(pause_seconds(len(view.text)))
        if not any(key[0] == page.id and key[1] != turn.id for key in self._followers):
            await page.emit("task_end", {})

    def _forget(self, key: tuple[str, str], task: "asyncio.Task[None]") -> None:
        if self._followers.get(key) is task:
            del self._followers[key]
        if not task.cancelled() and (error := task.exception()):
            logger.error("A page could not be brought up to date", exc_info=error)


def _current_emit(page: Page) -> Emit:
    """Chainlit exchanges a session's `emit` when its page reconnects, so it is looked up each time."""

    async def emit(event: str, data: Any) -> None:
        await page.emit(event, data)

    return emit
