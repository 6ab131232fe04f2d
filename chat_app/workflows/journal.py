"""Writes a turn's trail, and with it the transcript that is the thread's history."""

import asyncio
from collections.abc import Sequence

from chat_app.research.progress import Entry, Event, Recorded, ReportDelta, ReportStarted
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView
from chat_app.storage.hub import Hub
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import ElementRow, StepRow, Transcript
from chat_app.transcript.projection import project

_SHOWN_AT_ONCE = frozenset({"source_found", "waiting", "report_started", "report_delta", "cost_updated"})
"""Events that change no row of the transcript that anybody needs before the next other event."""


class Journal:
    """Everything written here is idempotent: a workflow that is replayed writes the same again and changes nothing."""

    def __init__(self, trail: Trail, transcript: Transcript, hub: Hub) -> None:
        self.trail = trail
        self.hub = hub
        self._transcript = transcript
        self._saved: dict[str, dict[str, StepRow | ElementRow]] = {}
        """The rows of running turns as this process stored them last, by turn: most of them stay as they are."""
        self._is_closed = False

    async def record(self, turn: Turn, key: str, event: Event) -> list[Recorded]:
        """Append one event, then bring the transcript up to date. Returns what is new: nothing on a replay."""
        return await self.record_all(turn, [Entry(key=key, event=event)])

    async def record_all(self, turn: Turn, entries: Sequence[Entry]) -> list[Recorded]:
        """Append several events in one transaction; see `record`."""
        await self.park_if_closed()
        recorded = await self.trail.append(turn.id, *entries)
        if not all(entry.event.kind in _SHOWN_AT_ONCE for entry in entries):
            await self.save_transcript(turn)
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
        rows = project(turn, feed.view)
        saved = self._saved.setdefault(turn.id, {})
        steps = [step for step in rows.steps if saved.get(step.id) != step]
        elements = [element for element in rows.elements if saved.get(element.id) != element]
        await self._transcript.save_steps(steps, elements)
        saved |= {row.id: row for row in (*steps, *elements)}
        if feed.is_ended:
            self._saved.pop(turn.id, None)
        return feed.view

    async def begin_report(self, turn: Turn) -> "ReportText":
        """Begin the report, or begin it again: then the text so far is void."""
        attempt = await self.trail.next_attempt(turn.id)
        await self.record(turn, f"report.{attempt}", ReportStarted(attempt=attempt))
        return ReportText(self, turn, attempt)


class ReportText:
    """The text of one attempt: shown at once, committed in batches (never a row per token)."""

    COMMIT_AFTER_CHARACTERS = 800
    """About two rows a second at the pace of a fast model; what a crash may take from the screen until it is rewritten."""

    def __init__(self, journal: Journal, turn: Turn, attempt: int) -> None:
        self._journal = journal
        self._turn = turn
        self._attempt = attempt
        self._committed = 0
        self._pending = ""

    async def write(self, text: str) -> None:
        offset = self._committed + len(self._pending)
        self._pending += text
        delta = ReportDelta(attempt=self._attempt, offset=offset, text=text)
        self._journal.hub.written(self._turn.id, delta)
        if len(self._pending) >= self.COMMIT_AFTER_CHARACTERS:
            await self.close()

    async def close(self) -> None:
        """Commit what is not committed yet."""
        if not self._pending:
            return
        delta = ReportDelta(attempt=self._attempt, offset=self._committed, text=self._pending)
        self._committed += len(self._pending)
        self._pending = ""
        await self._journal.record(self._turn, f"report.{self._attempt}.{delta.offset}", delta)
