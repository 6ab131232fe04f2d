"""A turn's view as rows with fixed ids: projecting it again, anywhere, changes only what has changed."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from chat_app.research.evidence import Source
from chat_app.research.report import Report
from chat_app.research.turn import Turn
from chat_app.research.uncited import marked
from chat_app.research.view import PhaseView, SearchView, State, TurnView
from chat_app.storage.transcript import ASSISTANT_MESSAGE, USER_MESSAGE, ElementRow, StepRow
from chat_app.transcript.addresses import attachment_address
from chat_app.transcript.blocks import open_fence
from chat_app.transcript.card import PHASE_LABELS, progress_props, source_props, suggestion_props
from chat_app.transcript.citations import linked

_NAMESPACE = UUID("8f1d2c6e-5b43-4b0e-9a55-6b1f0c2a7d11")
_AUTHOR = "Research Chat"

Slot = Literal["progress", "report", "planning", "searching", "analyzing", "progress_card", "sources"]


class TurnRows(BaseModel):
    """All rows of one turn, in the order in which they are shown."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[StepRow, ...]
    elements: tuple[ElementRow, ...]


def row_id(turn: Turn, slot: str) -> str:
    """The id of a row on screen and in the store. A retry writes over the rows of the try that failed."""
    return _id(f"{turn.first_id}/{slot}")


@lru_cache(maxsize=2048)
def _id(name: str) -> str:
    # Dozens of rows are projected dozens of times a turn.
    return str(uuid5(_NAMESPACE, name))


def project(turn: Turn, view: TurnView) -> TurnRows:
    """The rows that the view stands for now."""
    return _Projection(turn, view).rows()


def passing_ids(turn: Turn, view: TurnView) -> list[str]:
    """Ids of the rows of a failed try that the next one may leave without successor. Question and card always get one."""
    steps = {step.id for step in project(turn, view).steps} - {turn.message_id, row_id(turn, "progress")}
    return sorted(steps | {row_id(turn, "report"), row_id(turn, "sources")})


def empty_answer(turn: Turn) -> StepRow:
    """The place of an answer that is not begun: a page shows rows that it does not know at its end, below later turns."""
    return _Projection(turn, TurnView(turn_id=turn.id)).answer("")


class _Projection:
    def __init__(self, turn: Turn, view: TurnView) -> None:
        self.turn = turn
        self.view = view

    def rows(self) -> TurnRows:
        message = self._message()
        steps = [self._question(), self._progress(), *self._phases()]
        return TurnRows(
            steps=tuple([*steps, message] if message else steps),
            elements=tuple(self._elements(has_message=message is not None)),
        )

    def _question(self) -> StepRow:
        turn = self.turn
        return StepRow(
            id=turn.message_id,
            thread_id=turn.thread_id,
            name=turn.owner,
            type=USER_MESSAGE,
            output=turn.question,
            created_at=turn.asked_at,
            started_at=turn.asked_at,
            ended_at=turn.asked_at,
            metadata={"turn": turn.id},
        )

    def _progress(self) -> StepRow:
        """An empty message: the place in the conversation where the progress card stands."""
        return self._row(
            "progress", ASSISTANT_MESSAGE, _AUTHOR, order=1, state=self.view.state, metadata={"end": self.view.end}
        )

    def _phases(self) -> list[StepRow]:
        rows: list[StepRow] = []
        for phase in self.view.phases:
            rows.append(self._phase(phase))
            if phase.phase == "searching":
                rows.extend(self._search(search) for search in self.view.searches)
        return rows

    def _phase(self, phase: PhaseView) -> StepRow:
        order = {"planning": 2, "searching": 3, "analyzing": 100}[phase.phase]
        failure = self.view.failure if phase.state == "failed" else None
        output = linked(failure.message) if failure else self._plan_text() if phase.phase == "planning" else ""
        return self._row(
            phase.phase,
            "tool",
            PHASE_LABELS[phase.phase],
            order=order,
            state=phase.state,
            output=output,
            is_error=failure is not None,
            started_at=phase.started_at,
            ended_at=phase.ended_at,
            metadata={"phase": phase.phase},
        )

    def _search(self, search: SearchView) -> StepRow:
        found = "\n".join(f"- {linked(source.title)}" for source in search.sources)
        return self._row(
            f"search.{search.search}",
            "tool",
            search.query,
            order=4 + search.search,
            state=search.state,
            parent_id=row_id(self.turn, "searching"),
            output=linked(search.error) if search.error else found,
            is_error=search.state == "failed",
            started_at=search.started_at,
            ended_at=search.ended_at,
            metadata={"phase": "search", "search": search.search},
        )

    def _plan_text(self) -> str:
        plan = self.view.plan
        if plan is None:
            return ""
        searches = [f"{i}. {linked(search.query)}" for i, search in enumerate(plan.searches, 1)]
        return "\n".join([linked(plan.summary), "", *searches])

    def _message(self) -> StepRow | None:
        text = answer_text(self.turn, self.view)
        if not text:
            return None
        return self.answer(text)

    def answer(self, text: str) -> StepRow:
        # Whoever shows a report while it grows takes the text in pieces; what is stored is complete.
        return self._row("report", ASSISTANT_MESSAGE, _AUTHOR, order=101, state=self.view.state, output=text)

    def _elements(self, *, has_message: bool) -> list[ElementRow]:
        card = self._element(
            "ResearchProgress", "progress_card", "progress", {"turn": self.turn.id, "view": progress_props(self.view)}
        )
        sources = source_props(self.view, self.turn.thread_id)
        attached = [self._attachment(name) for name in self.turn.attachments]
        if not has_message or not sources or not _is_about_evidence(self.view):
            return [card, *attached]
        message = row_id(self.turn, "report")
        props = {
            "turn": self.turn.id,
            "message": message,
            "sources": sources,
            "suggestions": suggestion_props(self.view),
            "followUps": list(self.view.report.follow_ups) if self.view.report else [],
        }
        return [card, *attached, self._element("Sources", "sources", "report", props)]

    def _attachment(self, name: str) -> ElementRow:
        return ElementRow(
            id=row_id(self.turn, f"attachment.{name}"),
            thread_id=self.turn.thread_id,
            created_at=self.turn.asked_at,
            for_id=self.turn.message_id,
            type="file",
            name=name,
            props={"turn": self.turn.id},
            url=attachment_address(self.turn.thread_id, name),
            mime="application/octet-stream",
        )

    def _element(self, name: str, slot: Slot, of: Slot, props: dict[str, Any]) -> ElementRow:
        return ElementRow(
            id=row_id(self.turn, slot),
            thread_id=self.turn.thread_id,
            created_at=self.turn.asked_at,
            for_id=row_id(self.turn, of),
            name=name,
            props=props,
        )

    def _row(
        self,
        slot: str,
        kind: str,
        name: str,
        *,
        order: int,
        state: State,
        output: str = "",
        parent_id: str | None = None,
        is_error: bool = False,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> StepRow:
        # A thread is shown in order of these times, so they count up from the question by position, not by the clock.
        created_at = self.turn.asked_at + timedelta(microseconds=10 * order)
        return StepRow(
            id=row_id(self.turn, slot),
            thread_id=self.turn.thread_id,
            parent_id=parent_id,
            name=name,
            type=kind,
            output=output,
            is_error=is_error,
            created_at=created_at,
            started_at=started_at or created_at,
            ended_at=ended_at,
            metadata={"turn": self.turn.id, "state": state, **(metadata or {})},
        )


def answer_text(turn: Turn, view: TurnView) -> str:
    """The message that answers the question, as far as it is written; empty when there is none."""
    if view.questions:
        # Nothing of our own around them: they are in the language of the question, which is not known here.
        mark = "- " if len(view.questions) > 1 else ""
        return "\n".join(f"{mark}{linked(question)}" for question in view.questions)
    if view.report and view.end != "turn_stopped":
        return _whole(view.report, turn.thread_id)
    sources: tuple[Source, ...] = view.report.sources if view.report else view.sources
    return linked(view.text, sources, turn.thread_id, is_growing=view.end is None)


def _whole(report: Report, thread_id: str) -> str:
    """A finished report with the marks and notes that its reader must see."""
    text = linked(marked(report.text, report.uncited), report.sources, thread_id)
    if report.notes and (fence := open_fence(text)):
        text = f"{text}\n{fence}"  # or the notes would be part of its code
    return "\n\n".join([text, *(f"> {linked(' '.join(note.split()))}" for note in report.notes)])


def _is_about_evidence(view: TurnView) -> bool:
    return view.end not in {"no_evidence", "clarification_asked", "turn_failed"}
