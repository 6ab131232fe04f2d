"""The trail of a turn: events, past tense, in the order in which they were committed.

The JSON form (`Recorded.to_json`) is a public contract: `research-chat ask --json` and the HTTP interface print it.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from chat_app.research.budget import Costs
from chat_app.research.evidence import Source, Suggestion
from chat_app.research.plan import Plan
from chat_app.research.report import Report

Phase = Literal["planning", "searching", "analyzing"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class TurnStarted(_Event):
    kind: Literal["turn_started"] = "turn_started"
    question: str = ""


class PhaseStarted(_Event):
    kind: Literal["phase_started"] = "phase_started"
    phase: Phase


class PlanReady(_Event):
    kind: Literal["plan_ready"] = "plan_ready"
    plan: Plan


class SearchStarted(_Event):
    kind: Literal["search_started"] = "search_started"
    search: int
    query: str
    purpose: str = ""


class SourceFound(_Event):
    kind: Literal["source_found"] = "source_found"
    search: int
    query: str
    source: Source


class SearchFinished(_Event):
    kind: Literal["search_finished"] = "search_finished"
    search: int
    query: str
    sources: tuple[Source, ...]
    suggestions: tuple[Suggestion, ...] = ()


class SearchFailedEvent(_Event):
    kind: Literal["search_failed"] = "search_failed"
    search: int
    query: str
    error: str


class Waiting(_Event):
    """The turn waits for something outside; the next event of the same part ends the waiting."""

    kind: Literal["waiting"] = "waiting"
    on: str
    """Who is waited for, as a person names it: `Claude`, `Gemini`, `the library`."""
    reason: str
    seconds: float
    """How long until the next try; 0 when unknown."""
    waited_seconds: float = 0
    """How long it had lasted when this was said."""
    search: int | None = None
    """The search that waits, if it is one."""
    replaced_by: str | None = None
    """Who is asked instead from here on, as a person names it; then nothing waits any more."""


class ReportStarted(_Event):
    """A report begins, or begins again: text of earlier attempts is void."""

    kind: Literal["report_started"] = "report_started"
    attempt: int
    is_correction: bool = False
    """Whether the text before was sent back, for it cited numbers that no source has."""


class ReportDelta(_Event):
    kind: Literal["report_delta"] = "report_delta"
    attempt: int
    offset: int
    """Characters (code points) of this attempt's text before this piece."""
    text: str


class CostUpdated(_Event):
    """Sums for the turn so far, and by agent; usd is None when a price is unknown."""

    kind: Literal["cost_updated"] = "cost_updated"
    usd: float | None
    input_tokens: int
    output_tokens: int
    searches: int
    agents: Costs = Costs()

    @classmethod
    def of(cls, costs: Costs) -> "CostUpdated":
        return cls(**costs.total.model_dump(exclude={"known_usd"}), agents=costs)


class ReportReady(_Event):
    kind: Literal["report_ready"] = "report_ready"
    report: Report


class AnswerReady(_Event):
    """Answered from the thread's own evidence, without a search."""

    kind: Literal["answer_ready"] = "answer_ready"
    report: Report


class ClarificationAsked(_Event):
    kind: Literal["clarification_asked"] = "clarification_asked"
    questions: tuple[str, ...]


class NoEvidence(_Event):
    kind: Literal["no_evidence"] = "no_evidence"
    text: str


class Failure(BaseModel):
    """Why a turn failed, fit to be shown."""

    model_config = ConfigDict(frozen=True)

    kind: str
    message: str
    retryable: bool


class TurnFailed(_Event):
    kind: Literal["turn_failed"] = "turn_failed"
    error: Failure


class TurnStopped(_Event):
    """Stopped by the person; `report` is what had been written until then, if anything."""

    kind: Literal["turn_stopped"] = "turn_stopped"
    report: Report | None


End = ReportReady | AnswerReady | ClarificationAsked | NoEvidence | TurnFailed | TurnStopped
Event = (
    TurnStarted
    | PhaseStarted
    | PlanReady
    | SearchStarted
    | SourceFound
    | SearchFinished
    | SearchFailedEvent
    | Waiting
    | ReportStarted
    | ReportDelta
    | CostUpdated
    | End
)
END_KINDS = frozenset(
    {"report_ready", "answer_ready", "clarification_asked", "no_evidence", "turn_failed", "turn_stopped"}
)

# Python's `splitlines` and what follows it, such as httpx. JSON itself escapes those below a space.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def event_from_json(payload: str) -> Event:
    """Read an event back from its stored payload. Raises pydantic.ValidationError for anything else."""
    return _EVENT.validate_json(payload)


def json_line(event: Mapping[str, Any]) -> str:
    """An event's JSON form as one line, also for readers to whom more characters than a line feed end a line."""
    return _LINE_ENDS.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(event, ensure_ascii=False))


class Recorded(BaseModel):
    """An event as committed: `seq` counts 0, 1, 2 ... without a gap in its turn."""

    model_config = ConfigDict(frozen=True)

    turn_id: str
    seq: int
    at: datetime
    event: Annotated[Event, Field(discriminator="kind")]

    @property
    def is_end(self) -> bool:
        return self.event.kind in END_KINDS

    def to_dict(self) -> dict[str, Any]:
        fields = self.event.model_dump(mode="json")
        at = self.at.isoformat().replace("+00:00", "Z")
        return {"kind": fields.pop("kind"), "turn_id": self.turn_id, "seq": self.seq, "at": at, **fields}

    def to_json(self) -> str:
        """One line of JSON, as printed by `ask --json`."""
        return json_line(self.to_dict())


class Entry(BaseModel):
    """An event to append. `key` is derived from where in the turn it arises, so that a replay appends nothing twice."""

    model_config = ConfigDict(frozen=True)

    key: str
    event: Annotated[Event, Field(discriminator="kind")]
