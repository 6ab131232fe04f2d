"""What the engine stores of a turn: plain JSON that comes back as it was, and nothing that could do anything."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError, ModelRateLimitError
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import infer_model

from chat_app.agents.brief import PastTurn
from chat_app.agents.roles import CLAUDE, GEMINI, OPENAI
from chat_app.agents.searcher import cited_sources, make_searcher
from chat_app.errors import NotFound, ProviderError
from chat_app.research.budget import Usage
from chat_app.research.evidence import Finding, Passage, SearchFailed
from chat_app.research.plan import Plan
from chat_app.research.progress import (
    AnswerReady,
    ClarificationAsked,
    Failure,
    NoEvidence,
    ReportReady,
    TurnFailed,
    TurnStopped,
)
from chat_app.workflows.serializer import ALLOWED, AllowListedJSON
from tests.fakes import FakeProviders
from tests.research.trails import PLAN, TURN, report, source

STORE = AllowListedJSON()
FINDING = Finding(
    search=0,
    query="scattering",
    text="Blue.",
    sources=(
        source(1, passages=(Passage(quote="Words.", location="p. 2"), Passage(quote="Said.", is_verbatim=False))),
    ),
    usage=Usage(usd=None, input_tokens=3),
)
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**40, 0.5, "", "text\n\u2028\N{GRINNING FACE}", [], [1, [2, "x"]], (), (1, (2, [3])), {}, {"a": {"b": (1,)}},
    TURN, PLAN, PLAN.searches[0], source(1), FINDING, SearchFailed(search=1, query="eyes", error="Away."),
    report("So [1].", 1), PastTurn(question="Before?", report=report("So [1].", 1)), PastTurn(question="Lost?", report=None),
    Failure(kind="k", message="m", retryable=True),
    (source(1), source(2)), {"args": (TURN, 0, PLAN.searches[0]), "kwargs": {}},
    [PastTurn(question="Before?", report=None)],
    ModelResponse(parts=[TextPart("So."), ToolCallPart("extra_search", {"query": "q"})], model_name="m"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    stored = STORE.serialize(value)
    json.loads(stored)
    back = STORE.deserialize(stored)
    assert back == value
    assert type(back) is type(value)


def test_every_type_on_the_list_is_tried() -> None:
    assert {type(value) for value in VALUES} >= set(ALLOWED)


class Stranger(BaseModel):
    query: str = "x"


class Finding2(Finding):
    pass


IMPOSTOR = type("Turn", (), {})()


@pytest.mark.parametrize(
    "value",
    [Stranger(), object(), b"bytes", {1, 2}, IMPOSTOR, Finding2.model_validate(FINDING.model_dump()), TURN.asked_at, Plan, print,
     [Stranger()], (1, object()), {"a": b""}, {1: "a"}, {"$": "Turn"}, {"$": "tuple", "value": []}, {"a": {"$": 1}}],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_before_it_is_stored(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        STORE.serialize(value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_have_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        STORE.serialize(number)


@pytest.mark.parametrize(
    "stored",
    [
        '{"$": "Stranger", "value": {}}',
        '{"$": "os.system", "value": "true"}',
        '{"$": null, "value": 1, "a": {"$": "set", "value": []}}',
        '[{"$": "bytes", "value": ""}]',
    ],
)
def test_what_is_not_on_the_list_is_refused_when_it_is_read(stored: str) -> None:
    with pytest.raises(TypeError, match="not allowed"):
        STORE.deserialize(stored)


@pytest.mark.parametrize(
    "stored", ['{"$": "Turn", "value": {}}', "gASVBQAAAAAAAACMAWGULg==", "", '{"$": "Turn", "value": {"id": 1}}']
)
def test_what_was_not_stored_here_is_an_error(stored: str) -> None:
    with pytest.raises(ValueError, match=r"validation error|Expecting"):
        STORE.deserialize(stored)


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (
            ModelHTTPError.for_category(ModelRateLimitError, status_code=429, model_name="m"),
            "model_rate_limit_error",
            True,
        ),
        (NotFound("There is no turn."), "NotFound", False),
        (ProviderError("Gemini named no source.", retryable=True, kind="no_sources"), "no_sources", True),
        (ZeroDivisionError("by zero"), "internal", True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_comes_back_as_the_failure_that_it_was(error: Exception, kind: str, retryable: bool) -> None:
    back = STORE.deserialize(STORE.serialize(error))
    assert type(back) is ProviderError
    assert (back.kind, back.retryable) == (kind, retryable)
    assert STORE.deserialize(STORE.serialize(back)).args == back.args


def test_no_key_is_stored_with_an_error() -> None:
    assert "sk-ant-api03-secret" not in STORE.serialize(ValueError("bad key sk-ant-api03-secret"))


def test_the_name_that_the_engine_stores_beside_each_value_stays() -> None:
    assert STORE.name() == "research_chat_json_1"


@pytest.mark.parametrize(
    "end",
    [
        ReportReady(report=report("So [1].", 1)), AnswerReady(report=report("So [1].", 1)), NoEvidence(text="Nothing."),
        ClarificationAsked(questions=("?",)), TurnFailed(error=Failure(kind="k", message="m", retryable=True)), TurnStopped(report=None),
    ],
    ids=lambda end: end.kind,
)  # fmt: skip
def test_an_end_is_never_stored_by_the_engine(end: BaseModel) -> None:
    """It is written to the trail: a turn's end has one place."""
    with pytest.raises(TypeError):
        STORE.serialize(end)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProviders]:
    with FakeProviders.start() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.mark.provider_wire
@pytest.mark.parametrize("model_id", [CLAUDE, GEMINI, OPENAI])
async def test_answers_of_real_providers_come_back_with_their_citations(
    providers: FakeProviders, model_id: str
) -> None:
    async with infer_model(model_id) as model:
        searched = await make_searcher().run("Why is the sky blue?", model=model)
        planned = await Agent(model, output_type=[Plan, Stranger]).run("Plan.")
    for message in (*searched.new_messages(), *planned.new_messages()):
        if isinstance(message, ModelResponse):
            back = STORE.deserialize(STORE.serialize(message))
            assert (back.parts, back.usage, back.model_name) == (message.parts, message.usage, message.model_name)
            assert STORE.serialize(back) == STORE.serialize(message)
    stored = [STORE.deserialize(STORE.serialize(m)) for m in searched.new_messages() if isinstance(m, ModelResponse)]
    assert cited_sources(stored) == cited_sources(searched.new_messages()) != ()
