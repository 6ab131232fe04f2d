import json
from typing import get_args

import pytest
from pydantic import ValidationError

from chat_app.research.progress import (
    END_KINDS,
    AnswerReady,
    ClarificationAsked,
    CostUpdated,
    End,
    Event,
    Failure,
    NoEvidence,
    PhaseStarted,
    PlanReady,
    Recorded,
    ReportDelta,
    ReportReady,
    ReportStarted,
    SearchFailedEvent,
    SearchFinished,
    SearchStarted,
    SourceFound,
    TurnFailed,
    TurnStarted,
    TurnStopped,
    Waiting,
    event_from_json,
)
from tests.research.trails import BEGINNING, PLAN, TURN, report, source

ALL: tuple[Event, ...] = (
    TurnStarted(question="Why?"),
    PhaseStarted(phase="planning"),
    PlanReady(plan=PLAN),
    SearchStarted(search=0, query="scattering"),
    SourceFound(search=0, query="scattering", source=source(1)),
    SearchFinished(search=0, query="scattering", sources=(source(1),)),
    SearchFailedEvent(search=1, query="eyes", error="It broke."),
    Waiting(on="Claude", reason="too many requests", seconds=7),
    ReportStarted(attempt=1),
    ReportDelta(attempt=1, offset=0, text="It is \N{GRINNING FACE}"),
    CostUpdated(usd=None, input_tokens=10, output_tokens=2, searches=1),
    ReportReady(report=report("So [1].", 1)),
    AnswerReady(report=report("So [1].", 1)),
    ClarificationAsked(questions=("Which one?",)),
    NoEvidence(text="Nothing."),
    TurnFailed(error=Failure(kind="settings", message="No key.", retryable=False)),
    TurnStopped(report=None),
)


def test_the_examples_are_all_there_is() -> None:
    assert {type(event) for event in ALL} == set(get_args(Event))


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.kind)
def test_an_event_is_read_back_as_it_was_written(event: Event) -> None:
    assert event_from_json(event.model_dump_json()) == event


def test_the_kinds_that_end_a_turn_are_named() -> None:
    ends = {event.kind for event in ALL if isinstance(event, get_args(End))}
    assert ends == END_KINDS
    assert {e.kind for e in ALL if Recorded(turn_id="t", seq=0, at=BEGINNING, event=e).is_end} == END_KINDS


@pytest.mark.parametrize(
    "payload", ['{"kind": "exploded"}', "{}", "[]", '{"kind": "phase_started", "phase": "eating"}', ""]
)
def test_anything_else_is_no_event(payload: str) -> None:
    with pytest.raises(ValidationError):
        event_from_json(payload)


def test_the_json_form_is_one_line_with_the_fields_of_the_contract() -> None:
    event = SourceFound(search=2, query="scattering", source=source(3, location="2.1"))
    line = Recorded(turn_id=TURN.id, seq=4, at=BEGINNING, event=event).to_json()
    assert "\n" not in line
    assert json.loads(line) == {
        "kind": "source_found",
        "turn_id": TURN.id,
        "seq": 4,
        "at": "2026-03-01T12:00:00Z",
        "search": 2,
        "query": "scattering",
        "source": {
            "number": 3,
            "title": "Page 3",
            "url": "https://page3.example/",
            "quote": "Words 3.",
            "location": "2.1",
            "passages": [{"quote": "Words 3.", "location": None, "is_verbatim": True}],
            "retrieved_at": None,
        },
    }


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (PlanReady(plan=PLAN), {"plan"}),
        (
            Waiting(on="Claude", reason="r", seconds=1),
            {"on", "reason", "seconds", "waited_seconds", "search", "replaced_by"},
        ),
        (ReportStarted(attempt=1), {"attempt", "is_correction"}),
        (ReportDelta(attempt=1, offset=0, text=""), {"attempt", "offset", "text"}),
        (
            CostUpdated(usd=1, input_tokens=1, output_tokens=1, searches=1),
            {"usd", "input_tokens", "output_tokens", "searches", "agents"},
        ),
        (ReportReady(report=report("So [1].", 1)), {"report"}),
        (ClarificationAsked(questions=("?",)), {"questions"}),
        (NoEvidence(text=""), {"text"}),
        (TurnFailed(error=Failure(kind="k", message="m", retryable=True)), {"error"}),
        (TurnStopped(report=None), {"report"}),
    ],
    ids=lambda value: value.kind if not isinstance(value, set) else "",
)
def test_an_event_says_what_the_contract_promises(event: Event, fields: set[str]) -> None:
    written = Recorded(turn_id="t", seq=0, at=BEGINNING, event=event).to_dict()
    assert list(written)[:4] == ["kind", "turn_id", "seq", "at"]
    assert set(written) - {"kind", "turn_id", "seq", "at"} == fields


def test_line_breaks_of_any_kind_stay_within_the_one_line() -> None:
    text = "a\nб\u2028c\x85d\u2029e\x1c\x0b"
    line = Recorded(turn_id="t", seq=0, at=BEGINNING, event=NoEvidence(text=text)).to_json()
    assert len(line.splitlines()) == 1
    assert "б" in line
    assert json.loads(line)["text"] == text
