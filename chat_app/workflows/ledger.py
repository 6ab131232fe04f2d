"""What a turn has cost so far, told to its trail, and what it may still cost."""

from chat_app.research.budget import Agent, Budget, Costs, Usage
from chat_app.research.progress import CostUpdated
from chat_app.research.turn import Turn
from chat_app.workflows.journal import Journal


class Ledger:
    """Built from recorded results alone, so a replay counts what was paid once, and the same."""

    def __init__(self, turn: Turn, journal: Journal, budget: Budget) -> None:
        self._turn = turn
        self._journal = journal
        self._budget = budget
        self._dearest_search_usd: float | None = None
        self.costs = Costs()

    @property
    def limit_usd(self) -> float | None:
        return self._budget.limit_usd

    @property
    def left_usd(self) -> float | None:
        return self._budget.left(self.costs.total)

    @property
    def is_exhausted(self) -> bool:
        return self.left_usd == 0

    def searches_at_once(self, wanted: int, *, are_free: bool) -> int:
        """How many of the wanted searches the limit lets begin side by side."""
        dearest = 0.0 if are_free else self._dearest_search_usd
        return self._budget.searches_at_once(self.costs.total, dearest, wanted)

    async def add(self, part: str, agent: Agent, usage: Usage) -> None:
        """Count what a part of the turn has used. `part` names it uniquely within the turn."""
        if agent == "searcher":
            self._dearest_search_usd = max(usage.known_usd, self._dearest_search_usd or 0.0)
        self.costs = self.costs.plus(agent, usage)
        await self._tell(part, self.costs)

    async def show(self, part: str, agent: Agent, usage: Usage) -> None:
        """Tell of a part that is not over: what it has used until now, to be counted when it ends."""
        await self._tell(part, self.costs.plus(agent, usage))

    async def _tell(self, part: str, costs: Costs) -> None:
        await self._journal.record(self._turn, f"cost.{part}", CostUpdated.of(costs))
