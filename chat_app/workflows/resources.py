"""What workflows work with. They are functions found by name, so what they need is bound for the process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic_ai import Agent
from pydantic_ai.durable_exec.dbos import DBOSDurability

from chat_app.agents.analyst import AnalystDeps, make_analyst, stream_text
from chat_app.agents.brief import PastTurn, PlannerBrief
from chat_app.agents.condenser import make_condenser
from chat_app.agents.planner import make_planner
from chat_app.agents.reviewer import make_reviewer
from chat_app.agents.roles import Roles
from chat_app.agents.searcher import make_searcher
from chat_app.agents.tracing import run_spans
from chat_app.agents.waiting import DEFAULT_PATIENCE, Patience
from chat_app.research.budget import Budget
from chat_app.research.evidence import Source
from chat_app.research.plan import Decision, Gaps, Search
from chat_app.research.turn import Turn
from chat_app.search.keyless import KeylessServices
from chat_app.search.redirects import Redirects
from chat_app.workflows.journal import Journal
from chat_app.workflows.retries import MODEL_STEP


class LibrarySearch(Protocol):
    """Searching the documents of this installation."""

    async def __call__(self, search: Search) -> tuple[Source, ...]:
        """The passages found, by file, best first; empty when the documents don't say."""
        ...


class AttachmentSearch(Protocol):
    """Searching the files that were attached to a thread."""

    async def search(self, thread_id: str, query: str, attached_now: Sequence[str] = ()) -> tuple[Source, ...]:
        """The passages found, by file, best first; of files attached to this very question, always something."""
        ...


class Evidence(Protocol):
    """What a thread knows: its sources and what was answered before."""

    async def number(self, thread_id: str, sources: tuple[Source, ...]) -> tuple[Source, ...]: ...

    async def past(self, turn: Turn) -> tuple[PastTurn, ...]: ...


@dataclass(frozen=True)
class Agents:
    """The agents, whose model requests are steps of the workflow that runs them."""

    planner: Agent[PlannerBrief, Decision]
    searcher: Agent[None, str]
    reviewer: Agent[None, Gaps]
    condenser: Agent[None, str]
    analyst: Agent[AnalystDeps, str]


@dataclass(frozen=True)
class Resources:
    journal: Journal
    roles: Roles
    fallback: str | None
    budget: Budget
    search_library: LibrarySearch
    nearest_in_library: LibrarySearch
    """What comes nearest where the documents don't say: nothing to write from."""
    attachments: AttachmentSearch
    keyless: KeylessServices
    """Asked where no model searches the web; empty when that is switched off."""
    evidence: Evidence
    redirects: Redirects
    patience: Patience = DEFAULT_PATIENCE


def _make_agents() -> Agents:
    durability = DBOSDurability[None](model_step_config=MODEL_STEP)  # pyright: ignore[reportArgumentType]: see MODEL_STEP
    streaming = DBOSDurability[AnalystDeps](event_stream_handler=stream_text, model_step_config=MODEL_STEP)  # pyright: ignore[reportArgumentType]: see MODEL_STEP
    planning = DBOSDurability[PlannerBrief](model_step_config=MODEL_STEP)  # pyright: ignore[reportArgumentType]: see MODEL_STEP
    spans = run_spans()
    return Agents(
        planner=make_planner(spans, planning),
        searcher=make_searcher(spans, durability),
        reviewer=make_reviewer(spans, durability),
        condenser=make_condenser(spans, durability),
        analyst=make_analyst(spans, streaming),
    )


agents = _make_agents()
"""Made at import, before the engine is launched: that is when it learns the names of their steps."""

_bound: Resources | None = None


def bind(resources: Resources | None) -> None:
    """Set what the workflows of this process work with; None when it is taken away at shutdown."""
    global _bound
    _bound = resources


def bound() -> Resources:
    if _bound is None:
        raise RuntimeError("Workflows run before `bind` or after shutdown.")
    return _bound
