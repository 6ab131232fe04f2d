"""Start, stop and settle turns."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from dbos import DBOS, PropagateOtelContext, SetWorkflowID

from chat_app.agents import stopping
from chat_app.errors import CannotRetry, NotFound
from chat_app.research.progress import Failure, Recorded, TurnFailed, TurnStopped
from chat_app.research.report import Report, settle_citations
from chat_app.research.turn import Turn, title_of
from chat_app.research.view import TurnView
from chat_app.storage.hub import Feed
from chat_app.storage.transcript import Transcript
from chat_app.telemetry import turn_span
from chat_app.transcript.projection import passing_ids
from chat_app.workflows.admission import beginning, places_taken
from chat_app.workflows.engine import QUEUE
from chat_app.workflows.journal import Journal
from chat_app.workflows.research_turn import research_turn
from chat_app.workflows.tries import try_again

logger = logging.getLogger(__name__)

TURNS_AT_ONCE = 56
"""How many turns of this process begin without waiting in the queue."""
_UNDER_WAY = {"PENDING", "ENQUEUED", "DELAYED"}


class Turns:
    """What the screens and the terminal may do with turns. Checking whose thread it is, is up to them."""

    def __init__(self, journal: Journal, transcript: Transcript) -> None:
        self._journal = journal
        self._transcript = transcript

    async def prepare(self, turn: Turn) -> tuple[Turn, bool]:
        """Store thread and question; from here on the turn will be worked on, whatever happens to this process.

        Returns the turn as it is stored, and whether it is new: the same message again is the same turn. Raises
        NotFound when the thread is somebody else's, or the message's id is taken.
        """
        await self._transcript.require_own_id(turn.message_id, turn.thread_id)
        await self._transcript.save_thread(turn.thread_id, turn.owner, title_of(turn.question), turn.asked_at)
        if await self._journal.trail.open_turn(turn):
            return turn, True
        return await self._journal.trail.turn(turn.id) or turn, False

    async def start(self, turn: Turn) -> Feed:
        """Hand a prepared turn to the engine. Starting it again only gives its feed."""
        # In a context of its own: the turn outlives the request that asks for it, and must not inherit anything from it.
        await asyncio.create_task(self._begin(turn), context=contextvars.Context())
        return self.feed(turn.id)

    async def retry(self, turn_id: str, on_begun: Callable[[Turn], Awaitable[None]] | None = None) -> Turn:
        """Try a failed turn again, from the step that failed. Returns the new try; asking again returns the same.

        `on_begun` is awaited once, when the new try cannot be lost any more, before any of its work is done.
        Raises NotFound for an unknown turn, and CannotRetry for one that has not failed.
        """
        failed = await self._journal.trail.turn(turn_id)
        if failed is None:
            raise NotFound(f"There is no turn {turn_id!r}.")
        feed = self.feed(turn_id)
        await feed.refresh()
        if feed.view.end != "turn_failed":
            raise CannotRetry("Only research that failed can be tried again; this one did not fail.")
        turn = failed.of_revision(failed.revision + 1)
        if await self._journal.trail.open_turn(turn):
            if on_begun:
                await on_begun(turn)
            await self._begin_again(turn)
        return turn

    async def events(self, turn_id: str) -> AsyncIterator[Recorded]:
        """The trail of the turn from its first event, as it is committed, to its end."""
        seq = -1
        async for view in self.feed(turn_id).views():
            if view.seq > seq:
                for recorded in await self._journal.trail.read(turn_id, after=seq):
                    yield recorded
                    seq = recorded.seq

    def feed(self, turn_id: str) -> Feed:
        """The turn as it goes on; see `Feed.views`."""
        return self._journal.hub.feed(turn_id)

    async def stop(self, turn_id: str) -> TurnView:
        """End the turn at once and keep what it has found. A turn that has ended already stays as it is."""
        stopping.stop(turn_id)  # before anything is waited for: what has not begun by now never will
        turn = await self._journal.trail.turn(turn_id)
        if turn is None:
            raise NotFound(f"There is no turn {turn_id!r}.")
        feed = self.feed(turn_id)
        await feed.refresh()
        # The end is written first: from here on nothing that still runs can add to the trail.
        await self._journal.record(turn, "end", TurnStopped(report=_written(feed.view)))
        await DBOS.cancel_workflow_async(turn_id, cancel_children=True)
        return feed.view

    async def forget_thread(self, thread_id: str) -> None:
        """Before a thread is deleted: stop its turns and delete what the engine keeps of them."""
        for row in await self._journal.trail.tries_of(thread_id):
            if row.end_kind is None:
                await self.stop(row.turn.id)
            await DBOS.delete_workflow_async(row.turn.id, delete_children=True)

    async def settle(self) -> None:
        """After a start: give every turn that the engine does not know, or has given up, what it lacks.

        A process can die between storing a question and handing it to the engine, and between a workflow's end and
        the trail's.
        """
        for turn in await self._journal.trail.unfinished():
            status = await DBOS.get_workflow_status_async(turn.id)
            if status is None:
                await (self._begin_again(turn) if turn.revision else self._begin(turn))
            elif status.status == "CANCELLED":
                await self._journal.record(turn, "end", TurnStopped(report=None))
            elif status.status not in _UNDER_WAY:
                await self._give_up(turn, status.status)

    async def _give_up(self, turn: Turn, status: str) -> None:
        logger.warning("Turn %s had ended as %s without saying so", turn.id, status)
        message = "The research broke off and could not be resumed; ask again."
        await self._journal.record(turn, "end", TurnFailed(error=Failure(kind="lost", message=message, retryable=True)))

    async def _begin_again(self, turn: Turn) -> None:
        failed = turn.of_revision(turn.revision - 1)
        feed = self.feed(failed.id)
        await feed.refresh()
        # The rows of the new try have the same ids, but it may never write some of them, such as half a report.
        await self._transcript.delete_rows(turn.thread_id, passing_ids(failed, feed.view))
        # It goes on in the trace of the failed try, of which the copy has the context.
        if not await try_again(turn, feed.view.failure.kind if feed.view.failure else None):
            await self._begin(turn)

    async def _begin(self, turn: Turn) -> None:
        """Durable when this returns. With room the turn runs at once: the queue would be looked at only some time later."""
        with turn_span(turn.id, turn.thread_id), SetWorkflowID(turn.id), PropagateOtelContext(), beginning():
            if places_taken() > TURNS_AT_ONCE:
                await DBOS.enqueue_workflow_async(QUEUE, research_turn, turn)
            else:
                await DBOS.start_workflow_async(research_turn, turn)


def _written(view: TurnView) -> Report | None:
    """The report as far as it was written when the turn was stopped."""
    return settle_citations(view.text, view.sources) if view.text.strip() else None
