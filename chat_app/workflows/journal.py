"""Writes a turn's trail, and with it the transcript that is the thread's history."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from chat_app.errors import NotFound
from chat_app.research.progress import END_KINDS, Entry, Event, Recorded, ReportDelta, ReportStarted
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView
from chat_app.storage.engine import DATABASE_ERRORS
from chat_app.storage.hub import Hub
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import ElementRow, StepRow, Transcript
from chat_app.transcript.projection import project

logger = logging.getLogger(__name__)

SAVE_AFTER_SECONDS = 1.0
"""How far the transcript of a running turn may lag behind its trail. Who opens the thread gets it brought up to date."""
_SAVED_AT_ONCE = END_KINDS | {"turn_started"}
_WAITS_FOR_COMPANY = frozenset({"cost_updated"})
_NOT_SAVED = frozenset({"source_found", "waiting", "report_started", "report_delta", "cost_updated"})
"""Events that change no row of the transcript that anybody needs before the next other event."""


@dataclass
class _Saved:
    """What this process has stored of a turn's transcript."""

    rows: dict[str, StepRow | ElementRow] = field(default_factory=dict[str, StepRow | ElementRow])
    """As they were stored last: most of them stay as they are."""
    in_order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from projecting to storing, so that no older rows come after newer ones."""


class Journal:
    """Everything written here is idempotent: a workflow that is replayed writes the same again and changes nothing."""

    def __init__(
        self, trail: Trail, transcript: Transcript, hub: Hub, save_after_seconds: float = SAVE_AFTER_SECONDS
    ) -> None:
        self.trail = trail
        self.hub = hub
        self._transcript = transcript
        self._save_after_seconds = save_after_seconds
        self._saving: dict[str, asyncio.Task[None]] = {}
        """Tasks that wait to save the transcripts of running turns, by turn."""
        self._saved: dict[str, _Saved] = {}
        """Of running turns, by turn."""
        self._waiting: dict[str, list[Entry]] = {}
        """Entries to be appended together with the turn's next, by turn. A replay makes them again."""
        self._is_closed = False

    async def record(self, turn: Turn, key: str, event: Event) -> list[Recorded]:
        """Append one event. Returns what is new: nothing on a replay. The transcript follows: at once at both ends of a turn."""
        return await self.record_all(turn, [Entry(key=key, event=event)])

    async def record_all(self, turn: Turn, entries: Sequence[Entry]) -> list[Recorded]:
        """Append several events in one transaction; see `record`. What the turn has cost goes in with whatever comes next."""
        await self.park_if_closed()
        waiting = self._waiting.pop(turn.id, [])
        if all(entry.event.kind in _WAITS_FOR_COMPANY for entry in entries):
            if not self.hub.feed(turn.id).is_ended:
                self._waiting[turn.id] = [*waiting, *entries]
            return []
        recorded = await self.trail.append(turn.id, *waiting, *entries)
        kinds = {entry.event.kind for entry in entries}
        if kinds & _SAVED_AT_ONCE:
            await self.save_transcript(turn)
        elif kinds - _NOT_SAVED:
            self._save_soon(turn)
        return recorded

    def close(self) -> None:
        """The process ends: from now on nothing is written, so that no shutdown looks like a failed search or turn."""
        self._is_closed = True

    async def park_if_closed(self) -> None:
        """After `close`, wait until the loop ends; the next start goes on from the last completed step."""
        if self._is_closed:
            await asyncio.Future[None]()

    async def save_transcript(self, turn: Turn) -> TurnView:
        """Project the trail onto the thread's rows, as far as it goes."""
        feed = self.hub.feed(turn.id)
        if feed.view.seq < 0:
            await feed.refresh()
        saved = self._saved.setdefault(turn.id, _Saved())
        async with saved.in_order:
            rows = project(turn, feed.view)
            steps = [step for step in rows.steps if saved.rows.get(step.id) != step]
            elements = [element for element in rows.elements if saved.rows.get(element.id) != element]
            await self._transcript.save_steps(steps, elements)
            saved.rows |= {row.id: row for row in (*steps, *elements)}
        if feed.is_ended:
            self._saved.pop(turn.id, None)
        return feed.view

    def _save_soon(self, turn: Turn) -> None:
        """Save the transcript after a while, with all that is recorded until then."""
        if turn.id not in self._saving:
            # Workflows must not be told apart by who happened to begin the waiting: a context of its own.
            task = asyncio.create_task(self._save_later(turn), context=contextvars.Context())
            self._saving[turn.id] = task
            task.add_done_callback(lambda _: self._saving.pop(turn.id, None))

    async def _save_later(self, turn: Turn) -> None:
        await asyncio.sleep(self._save_after_seconds)
        if self._is_closed or self.hub.feed(turn.id).is_ended:
            return
        try:
            await self.save_transcript(turn)
        except NotFound:
            pass  # the conversation was deleted meanwhile
        except DATABASE_ERRORS as error:
            logger.warning("The history of turn %s lags behind: %s", turn.id, error)

    async def begin_report(self, turn: Turn, *, is_correction: bool = False) -> "ReportText":
        """Begin the report, or begin it again: then the text so far is void."""
        attempt = await self.trail.next_attempt(turn.id)
        await self.record(turn, f"report.{attempt}", ReportStarted(attempt=attempt, is_correction=is_correction))
        return ReportText(self, turn, attempt)


class ReportText:
    """The text of one attempt: shown at once, committed in batches (never a row per token)."""

    COMMIT_AFTER_CHARACTERS = 800
    """About two rows a second at the pace of a fast model; what a crash may take from the screen until it is rewritten."""
    COMMIT_AFTER_SECONDS = 2.0
    """For slow models, and after a silence: followers in other processes see only what is committed."""

    def __init__(self, journal: Journal, turn: Turn, attempt: int) -> None:
        self._journal = journal
        self._turn = turn
        self._attempt = attempt
        self._committed = 0
        self._pending = ""
        self._committed_at = time.monotonic()

    async def write(self, text: str) -> None:
        offset = self._committed + len(self._pending)
        self._pending += text
        delta = ReportDelta(attempt=self._attempt, offset=offset, text=text)
        self._journal.hub.written(self._turn.id, delta)
        waited_seconds = time.monotonic() - self._committed_at
        if len(self._pending) >= self.COMMIT_AFTER_CHARACTERS or waited_seconds >= self.COMMIT_AFTER_SECONDS:
            await self.close()

    async def close(self) -> None:
        """Commit what is not committed yet."""
        if not self._pending:
            return
        delta = ReportDelta(attempt=self._attempt, offset=self._committed, text=self._pending)
        self._committed += len(self._pending)
        self._pending = ""
        self._committed_at = time.monotonic()
        await self._journal.record(self._turn, f"report.{self._attempt}.{delta.offset}", delta)
