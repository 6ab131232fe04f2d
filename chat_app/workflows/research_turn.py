"""One turn as a durable workflow: plan, searches side by side, report, end.

A workflow only orders things. What is read from outside is a step, whose result is kept; what is written to the
trail is idempotent, so that a replay after a crash writes nothing twice.
"""

import asyncio
import contextvars
from uuid import uuid4

from dbos import DBOS, WorkflowHandleAsync

from chat_app.agents.analyst import AnalystDeps, analyst_prompt, cut_notes
from chat_app.agents.brief import AnalystBrief, PastTurn, PlannerBrief
from chat_app.agents.excerpts import no_answer_text
from chat_app.agents.failures import failure_of
from chat_app.agents.models import spoken_name
from chat_app.agents.planner import planner_prompt
from chat_app.errors import NotFound, TurnStoppedError
from chat_app.research.budget import Usage
from chat_app.research.evidence import Finding, Outcome, SearchFailed, Source
from chat_app.research.plan import Clarification, Decision, DirectAnswer, Plan, Search
from chat_app.research.progress import (
    AnswerReady,
    ClarificationAsked,
    CostUpdated,
    End,
    Failure,
    NoEvidence,
    Phase,
    PhaseStarted,
    PlanReady,
    ReportReady,
    TurnFailed,
    TurnStarted,
    Waiting,
)
from chat_app.research.report import settle_citations
from chat_app.research.turn import SEARCHES_BY_DEPTH, Turn
from chat_app.workflows.journal import ReportText
from chat_app.workflows.resources import agents, bound
from chat_app.workflows.retries import on_wait
from chat_app.workflows.search_task import search_task, usage_of
from chat_app.workflows.turn_scope import enter

_CHILD_POLL_SECONDS = 0.2
"""How often a child that runs in another task is looked for after a restart."""
_MAX_EXTRA_SEARCHES = 3


@DBOS.workflow(name="research_turn", max_recovery_attempts=50)
async def research_turn(turn: Turn) -> None:
    """Answer the turn's question. Whatever happens, the trail gets exactly one end."""
    run = _Run(turn)
    try:
        await enter(turn)
        end = await run.research()
    except TurnStoppedError:
        return  # whoever stopped the turn has written its end
    except Exception as error:  # noqa: BLE001 -- the workflow's edge: a turn that breaks says so instead of hanging
        await run.resources.journal.park_if_closed()
        DBOS.logger.warning("Turn %s failed", turn.id, exc_info=error)
        end = TurnFailed(error=failure_of(error, run.who))
    await finish(turn, end)


class _Run:
    """One run of the workflow's body. Its attributes are rebuilt by a replay, so they need no storage."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.resources = bound()
        self.usage = Usage()
        self.outcomes: list[Outcome] = []
        self.past: tuple[PastTurn, ...] = ()
        self._next_search = 0
        self._extra_left = _MAX_EXTRA_SEARCHES
        self.who = spoken_name(self.resources.roles.planner)
        """The provider that is asked at the moment."""
        on_wait.set(self._show_wait)

    async def research(self) -> End:
        await self._record("started", TurnStarted(question=self.turn.question))
        await self._enter("planning")
        self.past = await load_past(self.turn)
        decision = await self._plan()
        match decision:
            case DirectAnswer():
                return AnswerReady(report=settle_citations(decision.text, self._known_sources()))
            case Clarification():
                return ClarificationAsked(questions=decision.questions)
            case Plan():
                return await self._follow(decision)

    async def _follow(self, plan: Plan) -> End:
        plan = plan.model_copy(update={"searches": plan.searches[: SEARCHES_BY_DEPTH[self.turn.depth]]})
        await self._record("plan", PlanReady(plan=plan))
        await self._enter("searching")
        await self._search(plan)
        if not any(isinstance(outcome, Finding) and outcome.sources for outcome in self.outcomes):
            return self._without_evidence()
        await self._enter("analyzing")
        return await self._analyze(plan)

    async def _plan(self) -> Decision:
        roles = self.resources.roles
        brief = PlannerBrief(
            question=self.turn.question,
            past=self.past,
            max_searches=SEARCHES_BY_DEPTH[self.turn.depth],
            has_web=roles.searcher is not None,
            has_library=True,
        )
        result = await agents.planner.run(planner_prompt(brief), model=roles.planner)
        await self._add_usage("planning", usage_of(result.usage))
        return result.output

    async def _search(self, plan: Plan) -> None:
        # A plain loop: starting or awaiting side by side would number the steps by timing, and a replay would then
        # hand one search the result of another.
        handles = [await self._start(search) for search in plan.searches]
        for handle in handles:
            outcome = await handle.get_result(polling_interval_sec=_CHILD_POLL_SECONDS)
            await self._add_outcome(outcome)

    async def _start(self, search: Search) -> "WorkflowHandleAsync[Outcome]":
        index, self._next_search = self._next_search, self._next_search + 1
        return await DBOS.start_workflow_async(search_task, self.turn, index, search)

    async def _analyze(self, plan: Plan) -> End:
        brief = AnalystBrief(question=self.turn.question, plan=plan, outcomes=tuple(self.outcomes), past=self.past)
        self.who = spoken_name(self.resources.roles.analyst)
        deps = AnalystDeps(extra_search=self._extra_search, begin_text=self._begin_text)
        result = await agents.analyst.run(analyst_prompt(brief), deps=deps, model=self.resources.roles.analyst)
        await self._add_usage("analyzing", usage_of(result.usage))
        report = settle_citations(result.output, self._known_sources())
        if not report.text:
            failure = Failure(
                kind="empty_answer", message=f"{self.who} wrote an empty report; try again.", retryable=True
            )
            return TurnFailed(error=failure)
        if not report.sources and self.resources.roles.is_excerpts:
            return NoEvidence(text=report.text)  # passages were found, but none that answers
        return ReportReady(report=report.model_copy(update={"notes": cut_notes(result.response)}))

    async def _extra_search(self, query: str, purpose: str) -> Outcome:
        self._extra_left -= 1
        if self._extra_left < 0:
            return SearchFailed(search=-1, query=query, error="No further searches are possible; write the report now.")
        handle = await self._start(Search(query=query, purpose=purpose, where="both"))
        # In an empty context, because awaiting a result draws a step number when it ends, and tools run side by side.
        waiter = asyncio.create_task(
            handle.get_result(polling_interval_sec=_CHILD_POLL_SECONDS), context=contextvars.Context()
        )
        outcome = await waiter
        await self._add_outcome(outcome)
        return outcome

    async def _begin_text(self) -> ReportText:
        return await self.resources.journal.begin_report(self.turn)

    def _without_evidence(self) -> End:
        failed = [outcome for outcome in self.outcomes if isinstance(outcome, SearchFailed)]
        if len(failed) == len(self.outcomes):
            message = f"Every search failed, so there is nothing to write from. The first said: {failed[0].error}"
            return TurnFailed(error=Failure(kind="all_searches_failed", message=message, retryable=True))
        queries = tuple(outcome.query for outcome in self.outcomes)
        return NoEvidence(text=no_answer_text(self.turn.question, queries, failed=len(failed)))

    def _known_sources(self) -> tuple[Source, ...]:
        """What the text may cite: sources found in this turn, then those of earlier reports."""
        found = [source for outcome in self.outcomes if isinstance(outcome, Finding) for source in outcome.sources]
        earlier = [source for past in self.past if past.report for source in past.report.sources]
        return (*found, *earlier)

    async def _enter(self, phase: Phase) -> None:
        await DBOS.set_event_async("status", phase)
        await self._record(phase, PhaseStarted(phase=phase))

    async def _add_outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        await self._add_usage(f"search.{outcome.search}", outcome.usage)

    async def _add_usage(self, part: str, usage: Usage) -> None:
        self.usage = self.usage + usage
        await self._record(f"cost.{part}", CostUpdated.of(self.usage))

    async def _show_wait(self, reason: str, seconds: float, waited_seconds: float) -> None:
        waiting = Waiting(on=self.who, reason=reason, seconds=seconds, waited_seconds=waited_seconds)
        # Nobody waits in a replay, so this key need not be found again; a crash must not make two waits one.
        await self._record(f"waiting.{uuid4()}", waiting)

    async def _record(self, key: str, event: "TurnStarted | PhaseStarted | PlanReady | CostUpdated | Waiting") -> None:
        await self.resources.journal.record(self.turn, key, event)


def _is_not_deleted(error: BaseException) -> bool:
    return not isinstance(error, NotFound)


@DBOS.step(name="load_past")
async def load_past(turn: Turn) -> tuple[PastTurn, ...]:
    """The thread's earlier questions and reports: a step, because the thread grows."""
    return await bound().evidence.past(turn)


@DBOS.step(name="finish", retries_allowed=True, max_attempts=10, should_retry=_is_not_deleted)
async def finish(turn: Turn, end: End) -> None:
    """Write the end and the transcript. A turn that was stopped meanwhile keeps the end that it has."""
    await bound().journal.record(turn, "end", end)
