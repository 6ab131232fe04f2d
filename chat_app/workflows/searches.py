"""The searches of one turn: started side by side as far as the cost limit allows, and what came of them."""

import asyncio
import contextvars
from collections.abc import Sequence

from dbos import DBOS, WorkflowHandleAsync

from chat_app.agents.notes import Notes
from chat_app.research.evidence import Finding, Outcome, SearchFailed, Source
from chat_app.research.plan import Search
from chat_app.research.turn import EXTRA_SEARCHES_BY_DEPTH, Turn
from chat_app.workflows.journal import Journal
from chat_app.workflows.ledger import Ledger
from chat_app.workflows.search_task import outcome_entries, search_task, started_entry

CHILD_POLL_SECONDS = 0.2
"""How often a child that runs in another task is looked for after a restart."""


class Searches:
    """Rebuilt by a replay, in the same order with the same numbers."""

    def __init__(self, turn: Turn, journal: Journal, ledger: Ledger, *, are_free: bool) -> None:
        """`are_free`: only the library is searched."""
        self._turn = turn
        self._journal = journal
        self._ledger = ledger
        self._are_free = are_free
        self._next_index = 0
        self._extra_left = EXTRA_SEARCHES_BY_DEPTH[turn.depth]
        self._skipped: list[str] = []
        self.outcomes: list[Outcome] = []

    async def run(self, searches: Sequence[Search]) -> None:
        """Run them all, in as many batches as the cost limit asks for; those beyond the limit are not begun."""
        waiting = list(searches)
        while waiting:
            count = self._ledger.searches_at_once(len(waiting), are_free=self._are_free)
            if not count:
                break
            batch, waiting = waiting[:count], waiting[count:]
            # A plain loop: starting or awaiting side by side would number the steps by timing, and a replay would then
            # hand one search the result of another.
            handles = [await self._start(search) for search in batch]
            for handle in handles:
                await self._take(await handle.get_result(polling_interval_sec=CHILD_POLL_SECONDS))
        for search in waiting:
            await self._skip(search)

    async def extra(self, query: str, purpose: str) -> Outcome:
        """One more search, asked for while the report is written. Several may be under way at the same time."""
        if not self.may_go_on:
            return SearchFailed(search=-1, query=query, error="No further searches are possible; write the report now.")
        self._extra_left -= 1
        handle = await self._start(Search(query=query, purpose=purpose, where="both"))
        # In an empty context, because awaiting a result draws a step number when it ends, and tools run side by side.
        waiter = asyncio.create_task(
            handle.get_result(polling_interval_sec=CHILD_POLL_SECONDS), context=contextvars.Context()
        )
        outcome = await waiter
        await self._take(outcome)
        return outcome

    @property
    def may_go_on(self) -> bool:
        """Whether a further search may be asked for while the report is written."""
        return self._extra_left > 0 and not self._ledger.is_exhausted

    @property
    def count(self) -> int:
        """How many were begun or passed over."""
        return self._next_index

    @property
    def queries(self) -> tuple[str, ...]:
        return tuple(outcome.query for outcome in self.outcomes)

    @property
    def failed(self) -> list[SearchFailed]:
        return [outcome for outcome in self.outcomes if isinstance(outcome, SearchFailed)]

    @property
    def sources(self) -> tuple[Source, ...]:
        findings = (outcome for outcome in self.outcomes if isinstance(outcome, Finding))
        return tuple(source for finding in findings for source in finding.sources)

    @property
    def are_all_skipped(self) -> bool:
        return len(self._skipped) == len(self.outcomes)

    def remarks(self, notes: Notes) -> list[str]:
        """Which parts are missing from a report, and why."""
        broken = [notes.missing(each.query, each.error) for each in self.failed if each.query not in self._skipped]
        limit = self._ledger.limit_usd
        return [*broken, notes.cost_limit(limit, self._skipped)] if limit and self._skipped else broken

    async def _start(self, search: Search) -> WorkflowHandleAsync[Outcome]:
        index = self._take_index()
        if self._turn.revision:
            # Searches that an earlier try has run are not run again, so they don't write into this try's trail.
            await self._journal.record_all(self._turn, [started_entry(index, search)])
        return await DBOS.start_workflow_async(search_task, self._turn, index, search, self._ledger.left_usd)

    async def _take(self, outcome: Outcome) -> None:
        if self._turn.revision:
            await self._journal.record_all(self._turn, outcome_entries(outcome))
        self.outcomes.append(outcome)
        await self._ledger.add(f"search.{outcome.search}", "searcher", outcome.usage)

    async def _skip(self, search: Search) -> None:
        error = f"Not searched: the cost limit of ${self._ledger.limit_usd:g} a question is reached."
        outcome = SearchFailed(search=self._take_index(), query=search.query, error=error)
        self._skipped.append(search.query)
        self.outcomes.append(outcome)
        await self._journal.record_all(self._turn, outcome_entries(outcome))

    def _take_index(self) -> int:
        index, self._next_index = self._next_index, self._next_index + 1
        return index
