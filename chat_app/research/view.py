"""The trail folded into what is shown of a turn. Pure: the same events give the same view, in any process."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chat_app.research import progress as p
from chat_app.research.evidence import Source, Suggestion, merge_sources
from chat_app.research.plan import Plan
from chat_app.research.report import Report

State = Literal["queued", "running", "waiting", "done", "failed", "stopped"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class WaitView(_View):
    on: str
    reason: str
    until: datetime | None
    """When the next try is made; None when unknown."""
    since: datetime


class SearchView(_View):
    search: int
    query: str
    purpose: str = ""
    state: State = "queued"
    sources: tuple[Source, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    error: str | None = None
    waiting: WaitView | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class PhaseView(_View):
    phase: p.Phase
    state: State = "queued"
    started_at: datetime | None = None
    ended_at: datetime | None = None


class TurnView(_View):
    turn_id: str
    seq: int = -1
    """Of the last event that is part of this view."""
    question: str = ""
    state: State = "running"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    phases: tuple[PhaseView, ...] = ()
    """The phases begun so far, in order."""
    plan: Plan | None = None
    searches: tuple[SearchView, ...] = ()
    waiting: WaitView | None = None
    """Who the planner or the analyst waits for, else the search that began to wait last."""
    attempt: int = 0
    is_correction: bool = False
    """Whether the report is written again for citations that had no source."""
    text: str = ""
    """The report as far as it is written."""
    report: Report | None = None
    end: str | None = None
    """Kind of the event that ended the turn."""
    failure: p.Failure | None = None
    questions: tuple[str, ...] = ()
    cost: p.CostUpdated | None = None
    replacements: tuple[str, ...] = ()
    """Who took over for whom, and why, one sentence each."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources found in this turn, cited or not."""
        return merge_sources(*(search.sources for search in self.searches))

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Each further search once, in the order of the searches."""
        return tuple(dict.fromkeys(each for search in self.searches for each in search.suggestions))

    def phase(self, phase: p.Phase) -> PhaseView | None:
        return next((known for known in self.phases if known.phase == phase), None)


def fold(turn_id: str, trail: "list[p.Recorded]") -> TurnView:
    """The view of a whole trail."""
    view = TurnView(turn_id=turn_id)
    for recorded in trail:
        view = apply(view, recorded)
    return view


def apply(view: TurnView, recorded: p.Recorded) -> TurnView:
    """The view after one more event. Events must come in order of `seq`."""
    at, event = recorded.at, recorded.event
    changes = {"seq": recorded.seq, "waiting": None, **_changes(view, event, at)}
    view = view.model_copy(update=changes)
    if recorded.is_end:
        return view.model_copy(update=_ended(view, event.kind, at))
    return view if view.waiting else view.model_copy(update={"waiting": _latest_wait(view.searches)})


def apply_delta(view: TurnView, delta: p.ReportDelta) -> TurnView:
    """The view with a piece of text that may not be committed yet. A piece known already, or beyond a gap, changes nothing."""
    changes = _text(view, delta)
    return view.model_copy(update={**changes, "waiting": None}) if changes else view


def tried_again(failed: TurnView, turn_id: str, at: datetime) -> TurnView:
    """What a failed view becomes when its turn is tried again, until the new try says more: what was found stays."""
    phases = tuple(
        known.model_copy(update={"state": "running", "started_at": at, "ended_at": None})
        if known.state == "failed"
        else known
        for known in failed.phases
    )
    is_writing = any(known.phase == "analyzing" for known in failed.phases)
    searches = tuple(
        search
        if search.state == "done" or (search.error and is_writing)
        else SearchView(search=search.search, query=search.query, purpose=search.purpose)
        for search in failed.searches
    )
    kept = TurnView(turn_id=turn_id, question=failed.question, started_at=at, plan=failed.plan, cost=failed.cost)
    return kept.model_copy(update={"phases": phases, "searches": searches})


def _changes(view: TurnView, event: p.Event, at: datetime) -> dict[str, object]:
    match event:
        case p.TurnStarted():
            return {"question": event.question, "started_at": at}
        case p.PhaseStarted():
            return {"phases": _begin_phase(view.phases, event.phase, at)}
        case p.PlanReady():
            searches = tuple(
                SearchView(search=i, query=s.query, purpose=s.purpose) for i, s in enumerate(event.plan.searches)
            )
            return {"plan": event.plan, "searches": searches}
        case p.SearchStarted() | p.SourceFound() | p.SearchFinished() | p.SearchFailedEvent():
            return {"searches": _search_changed(view.searches, event, at)}
        case p.Waiting():
            return _waiting(view, event, at)
        case p.ReportStarted():
            if event.attempt <= view.attempt:
                return {}
            return {"attempt": event.attempt, "text": "", "is_correction": event.is_correction}
        case p.ReportDelta():
            return _text(view, event)
        case p.CostUpdated():
            return {"cost": event, "waiting": view.waiting}
        case p.ReportReady() | p.AnswerReady():
            return {"report": event.report, "text": event.report.text}
        case p.TurnStopped():
            return {"report": event.report, "text": event.report.text if event.report else ""}
        case p.NoEvidence():
            return {"text": event.text}
        case p.ClarificationAsked():
            return {"questions": event.questions}
        case p.TurnFailed():
            return {"failure": event.error}


def _begin_phase(phases: tuple[PhaseView, ...], phase: p.Phase, at: datetime) -> tuple[PhaseView, ...]:
    done = tuple(
        known if known.ended_at else known.model_copy(update={"state": "done", "ended_at": at}) for known in phases
    )
    if any(known.phase == phase for known in phases):
        return phases
    return (*done, PhaseView(phase=phase, state="running", started_at=at))


def _search_changed(
    searches: tuple[SearchView, ...],
    event: p.SearchStarted | p.SourceFound | p.SearchFinished | p.SearchFailedEvent,
    at: datetime,
) -> tuple[SearchView, ...]:
    by_index = {known.search: known for known in searches}
    search = by_index.get(event.search, SearchView(search=event.search, query=event.query))
    changes: dict[str, object] = {"waiting": None}
    match event:
        case p.SearchStarted():
            purpose = search.purpose or event.purpose
            changes |= {"state": "running", "started_at": search.started_at or at, "purpose": purpose}
        case p.SourceFound():
            state = "running" if search.state == "waiting" else search.state
            changes |= {"state": state, "sources": merge_sources(search.sources, (event.source,))}
        case p.SearchFinished():
            found = {"sources": event.sources, "suggestions": event.suggestions}
            changes |= {"state": "done", "ended_at": at, **found}
        case p.SearchFailedEvent():
            changes |= {"state": "failed", "error": event.error, "ended_at": at}
    by_index[event.search] = search.model_copy(update=changes)
    return tuple(by_index[i] for i in sorted(by_index))


def _waiting(view: TurnView, event: p.Waiting, at: datetime) -> dict[str, object]:
    if event.replaced_by is not None:
        return _replaced(view, event)
    until = at + timedelta(seconds=event.seconds) if event.seconds else None
    since = at - timedelta(seconds=event.waited_seconds)
    wait = WaitView(on=event.on, reason=event.reason, until=until, since=since)
    if event.search is None:
        return {"waiting": wait}
    searches = tuple(
        s.model_copy(update={"waiting": wait, "state": "waiting"}) if s.search == event.search else s
        for s in view.searches
    )
    return {"searches": searches}


def _latest_wait(searches: tuple[SearchView, ...]) -> WaitView | None:
    waits = [search.waiting for search in searches if search.waiting]
    return max(waits, key=lambda wait: wait.since, default=None)


def _replaced(view: TurnView, event: p.Waiting) -> dict[str, object]:
    sentence = f"{event.reason.rstrip('.')}; {event.replaced_by} takes over."
    searches = tuple(
        s.model_copy(update={"waiting": None, "state": "running"}) if s.search == event.search else s
        for s in view.searches
    )
    return {"searches": searches, "replacements": tuple(dict.fromkeys((*view.replacements, sentence)))}


def _text(view: TurnView, delta: p.ReportDelta) -> dict[str, object]:
    known = view.text if delta.attempt == view.attempt else ""
    if delta.attempt < view.attempt or delta.offset > len(known) or view.end:
        return {}
    new = delta.text[len(known) - delta.offset :]
    return {"attempt": delta.attempt, "text": known + new} if new or delta.attempt > view.attempt else {}


_END_STATE: dict[str, State] = {"turn_failed": "failed", "turn_stopped": "stopped"}


def _ended(view: TurnView, kind: str, at: datetime) -> dict[str, object]:
    """Nothing stays running in a turn that has ended."""
    state: State = _END_STATE.get(kind, "done")
    cut: State = "stopped" if state == "done" else state
    phases = tuple(
        known if known.ended_at else known.model_copy(update={"state": state, "ended_at": at}) for known in view.phases
    )
    searches = tuple(
        s if s.ended_at else s.model_copy(update={"state": cut, "ended_at": at, "waiting": None}) for s in view.searches
    )
    return {"state": state, "end": kind, "ended_at": at, "phases": phases, "searches": searches, "waiting": None}
