"""The report: written by the analyst from what the searches found, checked, and given the remarks it must carry."""

from dbos import DBOS, PropagateOtelContext
from pydantic_ai import AgentRunResult
from pydantic_ai.usage import RunUsage

from chat_app.agents.analyst import AnalystDeps, ReportText, analyst_prompt, is_cut, outcome_text
from chat_app.agents.brief import AnalystBrief
from chat_app.agents.context_windows import tokens_of
from chat_app.agents.failures import failure_of
from chat_app.agents.models import spoken_name
from chat_app.agents.reviewer import reviewer_prompt
from chat_app.errors import TurnStoppedError
from chat_app.research.evidence import Finding, Outcome
from chat_app.research.follow_ups import Parted, Parting, part
from chat_app.research.plan import Plan, Search
from chat_app.research.progress import End, Failure, NoEvidence, ReportReady, TurnFailed
from chat_app.research.report import Report, settle_citations, unknown_numbers
from chat_app.research.uncited import uncited_ends
from chat_app.workflows.condensing import condense_task, findings_room, recent, too_long
from chat_app.workflows.resources import agents
from chat_app.workflows.searches import CHILD_POLL_SECONDS
from chat_app.workflows.workbench import Workbench

_CONTEXT_EXCEEDED = "model_context_window_exceeded_error"


class Analysis:
    """Of what one turn has found."""

    def __init__(self, bench: Workbench, plan: Plan) -> None:
        self._bench = bench
        self._plan = plan
        self._model = bench.roles.analyst
        self._remarks: list[str] = []
        self._is_sent_back = False

    async def gaps(self) -> tuple[Search, ...]:
        """Searches for what is missing yet. A check that fails costs the report nothing but a remark."""
        bench = self._bench
        prompt = reviewer_prompt(self._brief(bench.roles.planner, tuple(bench.searches.outcomes)))
        try:
            result = await bench.ask(
                "review",
                "planner",
                bench.roles.planner,
                lambda model, usage: agents.reviewer.run(prompt, model=model, usage=usage),
            )
        except TurnStoppedError:
            raise
        except Exception as error:  # noqa: BLE001 -- the report can be written without it, and says so
            await bench.journal.park_if_closed()
            self._remarks.append(bench.notes.unchecked(failure_of(error, bench.lineup.who).message))
            return ()
        return result.output.beyond(bench.searches.queries)

    async def write(self) -> End:
        """The end of the turn."""
        text, follow_ups = self._parted(await self._text())
        report = settle_citations(text, self._bench.known_sources)
        if removed := unknown_numbers(text, self._bench.known_sources):
            self._remarks.append(self._bench.notes.removed(removed))
        if not report.text:
            message = f"{self._bench.lineup.who} wrote an empty report; try again."
            return TurnFailed(error=Failure(kind="empty_answer", message=message, retryable=True))
        if not report.sources and self._bench.roles.is_excerpts:
            return NoEvidence(text=report.text)  # passages were found, but none that answers
        added = {**self._remarks_on(report), "follow_ups": follow_ups if report.sources else ()}
        return ReportReady(report=report.model_copy(update=added))

    def _parted(self, text: str) -> Parted:
        # Excerpts are other people's words, which stay as they are.
        return Parted(text, ()) if self._bench.roles.is_excerpts else part(text)

    def _remarks_on(self, report: Report) -> dict[str, object]:
        if self._bench.roles.is_excerpts:
            return {}  # says in its text what failed, and states nothing of its own
        return {"notes": self._notes(), "uncited": uncited_ends(report.text)}

    def _notes(self) -> tuple[str, ...]:
        bench = self._bench
        missing = bench.searches.remarks(bench.notes)
        if bench.lineup.asked != self._model:
            missing.append(bench.notes.replaced(bench.lineup.who, spoken_name(self._model)))
        return (*missing, *self._remarks)

    async def _text(self) -> str:
        outcomes = await self._fitting(tuple(self._bench.searches.outcomes), findings_room(self._model), "ahead")
        try:
            return await self._ask("analyzing", outcomes)
        except TurnStoppedError:
            raise
        except Exception as error:  # each provider says in its own way that a prompt was too long; all else goes on
            if failure_of(error).kind != _CONTEXT_EXCEEDED:
                raise
        # The model takes less than is known of it.
        size = sum(tokens_of(outcome_text(outcome)) for outcome in outcomes)
        return await self._ask("analyzing_again", await self._fitting(outcomes, size // 2, "again"))

    async def _ask(self, part: str, outcomes: tuple[Outcome, ...]) -> str:
        searches = self._bench.searches
        begun = len(searches.outcomes)
        deps = AnalystDeps(
            extra_search=self._extra_search,
            begin_text=self._begin_text,
            unknown_numbers=lambda text: unknown_numbers(self._parted(text).text, self._bench.known_sources),
            may_search=lambda: searches.may_go_on,
            may_repair=lambda: not self._bench.ledger.is_exhausted,
            send_back=self._send_back,
        )

        async def request(model: str, usage: RunUsage) -> AgentRunResult[str]:
            # A model that takes over is told as well what was searched for the one before it.
            brief = self._brief(model, (*outcomes, *searches.outcomes[begun:]))
            return await agents.analyst.run(analyst_prompt(brief), deps=deps, model=model, usage=usage)

        result = await self._bench.ask(part, "analyst", self._model, request)
        if is_cut(result.response):
            self._remarks.append(self._bench.notes.cut())
        return result.output

    def _brief(self, model: str, outcomes: tuple[Outcome, ...]) -> AnalystBrief:
        return AnalystBrief(
            question=self._bench.turn.question,
            plan=self._plan,
            outcomes=outcomes,
            past=recent(self._bench.past, model),
            depth=self._bench.turn.depth,
        )

    async def _extra_search(self, query: str, purpose: str) -> Outcome:
        bench = self._bench
        part = f"analyzing.{bench.searches.count}"
        await bench.ledger.show(part, "analyst", bench.lineup.usage)
        return await bench.searches.extra(query, purpose)

    def _send_back(self) -> None:
        self._is_sent_back = True

    async def _begin_text(self) -> ReportText:
        text = await self._bench.journal.begin_report(self._bench.turn, is_correction=self._is_sent_back)
        return text if self._bench.roles.is_excerpts else _PartedText(text)

    async def _fitting(self, outcomes: tuple[Outcome, ...], room_tokens: int, stage: str) -> tuple[Outcome, ...]:
        """The outcomes, with those condensed that would not let all fit into the room."""
        chosen = too_long(outcomes, room_tokens)
        if not chosen or self._bench.roles.is_excerpts:
            return outcomes
        share = room_tokens // len(outcomes)
        findings = [(i, outcome) for i in chosen if isinstance(outcome := outcomes[i], Finding)]
        # In a plain loop, as with the searches.
        with PropagateOtelContext():
            handles = [
                await DBOS.start_workflow_async(condense_task, self._bench.turn, finding, self._model, share)
                for _, finding in findings
            ]
        fitting = list(outcomes)
        for (i, _), handle in zip(findings, handles, strict=True):
            condensed = await handle.get_result(polling_interval_sec=CHILD_POLL_SECONDS)
            await self._bench.ledger.add(f"condensing.{stage}.{i}", "analyst", condensed.usage)
            fitting[i] = condensed
        self._remarks.append(self._bench.notes.condensed())
        return tuple(fitting)


class _PartedText:
    """The text of a report as it is written, without the questions that follow it."""

    def __init__(self, text: ReportText) -> None:
        self._text = text
        self._parting = Parting()

    async def write(self, text: str) -> None:
        if report := self._parting.feed(text):
            await self._text.write(report)

    async def close(self) -> None:
        if rest := self._parting.close():
            await self._text.write(rest)
        await self._text.close()
