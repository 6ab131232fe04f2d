"""What the parts of one turn's workflow share."""

from dataclasses import dataclass
from typing import TypeVar

from chat_app.agents.brief import PastTurn
from chat_app.agents.notes import Notes
from chat_app.agents.roles import Roles
from chat_app.research.budget import Agent
from chat_app.research.evidence import Source
from chat_app.research.turn import Turn
from chat_app.workflows.journal import Journal
from chat_app.workflows.ledger import Ledger
from chat_app.workflows.lineup import Lineup, Request, chosen
from chat_app.workflows.resources import bound
from chat_app.workflows.retries import on_wait
from chat_app.workflows.searches import Searches
from chat_app.workflows.waits import Waits

Answer = TypeVar("Answer")


@dataclass
class Workbench:
    """Belongs to one run of the workflow's body and is rebuilt by a replay, so it needs no storage."""

    turn: Turn
    journal: Journal
    roles: Roles
    lineup: Lineup
    ledger: Ledger
    searches: Searches
    notes: Notes
    past: tuple[PastTurn, ...] = ()
    """The thread so far, oldest first."""

    @property
    def earlier_sources(self) -> tuple[Source, ...]:
        return tuple(source for past in self.past if past.report for source in past.report.sources)

    @property
    def known_sources(self) -> tuple[Source, ...]:
        """What a report may cite: sources found in this turn, then those of earlier reports."""
        return (*self.searches.sources, *self.earlier_sources)

    async def ask(self, part: str, agent: Agent, model: str, request: Request[Answer]) -> Answer:
        """Ask a model, or the fallback, and count what that used, also when it fails. `part` is unique in the turn."""
        try:
            return await self.lineup.ask(model, request)
        finally:
            await self.ledger.add(part, agent, self.lineup.take_usage())


def workbench(turn: Turn) -> Workbench:
    """A new one; from here on, waits beneath are shown at the turn."""
    resources = bound()
    roles = chosen(resources.roles, turn.models)
    waits = Waits(turn, resources.journal)
    lineup = Lineup(resources.fallback, waits.replaced)
    on_wait.set(lambda reason, seconds, waited: waits.waiting(lineup.who, reason, seconds, waited))
    ledger = Ledger(turn, resources.journal, resources.budget)
    return Workbench(
        turn=turn,
        journal=resources.journal,
        roles=roles,
        lineup=lineup,
        ledger=ledger,
        searches=Searches(turn, resources.journal, ledger, are_free=roles.searcher is None),
        notes=Notes(turn.question),
    )
