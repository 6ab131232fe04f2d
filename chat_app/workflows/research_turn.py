"""One turn as a durable workflow: plan, searches side by side, report, end.

A workflow only orders things. What is read from outside is a step, whose result is kept; what is written to the
trail is idempotent, so that a replay after a crash writes nothing twice.
"""

from dbos import DBOS

from chat_app.agents import stopping
from chat_app.agents.brief import PastTurn, PlannerBrief
from chat_app.agents.excerpts import no_answer_text
from chat_app.agents.failures import cause_of, failure_of
from chat_app.agents.models import require
from chat_app.agents.planner import planner_prompt
from chat_app.errors import NotFound, TurnStoppedError
from chat_app.research.evidence import Source
from chat_app.research.plan import Clarification, Decision, DirectAnswer, Plan, Search
from chat_app.research.progress import (
    AnswerReady,
    ClarificationAsked,
    End,
    Event,
    Failure,
    NoEvidence,
    Phase,
    PhaseStarted,
    PlanReady,
    TurnFailed,
    TurnStarted,
)
from chat_app.research.report import settle_citations
from chat_app.research.turn import SEARCHES_BY_DEPTH, Turn
from chat_app.research.uncited import uncited_ends
from chat_app.workflows.admission import take_place
from chat_app.workflows.analysis import Analysis
from chat_app.workflows.condensing import recent
from chat_app.workflows.resources import agents, bound
from chat_app.workflows.tries import revision_of
from chat_app.workflows.turn_scope import enter
from chat_app.workflows.workbench import Workbench, workbench


@DBOS.workflow(name="research_turn", max_recovery_attempts=50)
async def research_turn(turn: Turn) -> None:
    """Answer the turn's question. Whatever happens, the trail gets exactly one end."""
    take_place()
    turn = turn.of_revision(revision_of(DBOS.workflow_id))
    bench = workbench(turn)
    try:
        await enter(turn)
        end = await _research(bench)
    except TurnStoppedError:
        return  # whoever stopped the turn has written its end
    except Exception as error:  # noqa: BLE001 -- the workflow's edge: a turn that breaks says so instead of hanging
        await bench.journal.park_if_closed()
        if stopping.is_stopped():
            return  # what a stop breaks off is no failure
        failure = failure_of(error, bench.lineup.who)
        is_ours = failure.kind == "internal"
        words = f"{failure.message} {cause_of(error)}"
        DBOS.logger.warning("Turn %s failed: %s", turn.id, words, exc_info=error if is_ours else None)
        end = TurnFailed(error=failure)
    await finish(turn, end)


async def _research(bench: Workbench) -> End:
    await _record(bench, "started", TurnStarted(question=bench.turn.question))
    await _enter(bench, "planning")
    await require(bench.roles)
    bench.past = await load_past(bench.turn)
    decision = await _plan(bench)
    match decision:
        case DirectAnswer():
            report = settle_citations(decision.text, bench.earlier_sources)
            ends = () if bench.roles.is_excerpts else uncited_ends(report.text)
            return AnswerReady(report=report.model_copy(update={"uncited": ends}))
        case Clarification():
            return ClarificationAsked(questions=decision.questions)
        case Plan():
            return await _follow(bench, decision)


async def _plan(bench: Workbench) -> Decision:
    brief = PlannerBrief(
        question=bench.turn.question,
        past=recent(bench.past, bench.roles.planner),
        max_searches=SEARCHES_BY_DEPTH[bench.turn.depth],
        has_web=_searches_web(bench),
        has_library=True,
        attachments=bench.turn.attachments,
    )
    result = await bench.ask(
        "planning",
        "planner",
        bench.roles.planner,
        lambda model, usage: agents.planner.run(planner_prompt(brief), deps=brief, model=model, usage=usage),
    )
    return result.output


async def _follow(bench: Workbench, plan: Plan) -> End:
    plan = plan.model_copy(update={"searches": plan.searches[: SEARCHES_BY_DEPTH[bench.turn.depth]]})
    await _record(bench, "plan", PlanReady(plan=plan))
    await _enter(bench, "searching")
    await bench.searches.run(plan.searches)
    if not bench.searches.sources:
        return await _without_evidence(bench, plan)
    analysis = Analysis(bench, plan)
    if await _wants_review(bench):
        await bench.searches.run(await analysis.gaps())
    await _enter(bench, "analyzing")
    return await analysis.write()


async def _wants_review(bench: Workbench) -> bool:
    if bench.turn.depth != "deep" or bench.roles.is_excerpts or bench.ledger.is_exhausted:
        return False
    # A deep turn begun before there was this check goes on without it.
    return await DBOS.patch_async("gap_check")


def _searches_web(bench: Workbench) -> bool:
    """Whether there is anything to search the web with."""
    return bench.roles.searcher is not None or bool(bound().keyless)


async def _without_evidence(bench: Workbench, plan: Plan) -> End:
    searches = bench.searches
    if len(searches.failed) < len(searches.outcomes):
        nearest = await _nearest(plan)
        has_web = _searches_web(bench)
        text = no_answer_text(bench.turn.question, searches.queries, len(searches.failed), nearest, has_web=has_web)
        return NoEvidence(text=text)
    if searches.are_all_skipped:
        kind = "cost_limit"
        message = (
            f"The cost limit of ${bench.ledger.limit_usd:g} a question was reached before anything was searched; "
            "raise CHAT_APP_MAX_COST_USD, then try again."
        )
    else:
        kind, error = "all_searches_failed", searches.failed[0].error
        message = f"Every search failed, so there is nothing to write from. The first said: {error}"
    return TurnFailed(error=Failure(kind=kind, message=message, retryable=True))


async def _nearest(plan: Plan) -> tuple[Source, ...]:
    in_library = [search for search in plan.searches if search.where != "web"]
    # A turn begun before there was this step goes on without it.
    if not in_library or not await DBOS.patch_async("nearest_places"):
        return ()
    return await find_nearest(in_library[0])


async def _enter(bench: Workbench, phase: Phase) -> None:
    await DBOS.set_event_async("status", phase)
    await _record(bench, phase, PhaseStarted(phase=phase))


async def _record(bench: Workbench, key: str, event: Event) -> None:
    await bench.journal.record(bench.turn, key, event)


def _is_not_deleted(error: BaseException) -> bool:
    return not isinstance(error, NotFound)


@DBOS.step(name="find_nearest")
async def find_nearest(search: Search) -> tuple[Source, ...]:
    with stopping.stoppable():
        return await bound().nearest_in_library(search)


@DBOS.step(name="load_past")
async def load_past(turn: Turn) -> tuple[PastTurn, ...]:
    """The thread's earlier questions and reports: a step, because the thread grows."""
    return await bound().evidence.past(turn)


@DBOS.step(name="finish", retries_allowed=True, max_attempts=10, should_retry=_is_not_deleted)
async def finish(turn: Turn, end: End) -> None:
    """Write the end and the transcript. A turn that was stopped meanwhile keeps the end that it has."""
    await bound().journal.record(turn, "end", end)
