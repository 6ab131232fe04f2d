"""How scripted providers fail, and what the real SDKs make of it."""

import asyncio
import time

import pytest
from pydantic_ai import Agent, exceptions
from pydantic_ai.capabilities import Citations, RaiseContentFilterError, WebSearch
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import infer_model
from pydantic_ai.settings import ModelSettings

from tests.fakes import FakeProviders, Fault, Scenario, unreachable_url
from tests.fakes.scenario import FaultKind
from tests.wire.asking import (
    CLAUDE,
    CLAUDE_WITH_TOOL_OUTPUT,
    GEMINI,
    OPENAI,
    OPENAI_CHAT,
    QUESTION,
    REPORT_PROMPT,
    Asking,
    Plan,
)

pytestmark = [pytest.mark.provider_wire, pytest.mark.asyncio(loop_scope="module")]

FAULTS: dict[str, tuple[Fault, type[Exception]]] = {
    "429": (Fault(kind="status", status=429, retry_after="7"), exceptions.ModelRateLimitError),
    "500": (Fault(kind="status", status=500), exceptions.ModelServerError),
    "503": (Fault(kind="status", status=503), exceptions.ModelUnavailableError),
    "529": (Fault(kind="status", status=529), exceptions.ModelOverloadedError),
    "400": (Fault(kind="status", status=400), exceptions.ModelRequestRejectedError),
    "401": (Fault(kind="status", status=401), exceptions.ModelAuthenticationError),
    "404": (Fault(kind="status", status=404), exceptions.ModelNotFoundError),
    "wrong key": (Fault(kind="bad_key"), exceptions.ModelAuthenticationError),
    "drop": (Fault(kind="drop"), exceptions.ModelConnectionError),
    "drop midway": (Fault(kind="drop_midway"), exceptions.ModelConnectionError),
    "stall": (Fault(kind="stall"), exceptions.ModelTimeoutError),
    "never": (Fault(kind="never"), exceptions.ModelTimeoutError),
    "malformed": (Fault(kind="malformed"), exceptions.ModelAPIError),
    "refusal midway": (Fault(kind="refusal_midway"), exceptions.ContentFilterError),
    "error in stream": (Fault(kind="error_event"), exceptions.ModelServerError),
    "refusal": (Fault(kind="refusal"), exceptions.ContentFilterError),
}


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI, OPENAI_CHAT])
@pytest.mark.parametrize("name", FAULTS)
async def test_fault_raises_the_typed_error_whole_and_streamed(
    providers: FakeProviders, asking: Asking, model: str, name: str
) -> None:
    fault, expected = FAULTS[name]
    providers.scenario(Scenario(faults=(fault.model_copy(update={"times": 2}),)))
    patience_seconds = 0.15 if fault.kind in {"stall", "never"} else 10
    agent = asking(model, patience_seconds=patience_seconds, capabilities=[RaiseContentFilterError()])
    with pytest.raises(expected) as plain:
        await agent.run(QUESTION)
    with pytest.raises(expected) as streamed:
        async with agent.run_stream(QUESTION) as stream:
            await stream.get_output()
    assert (await asking(model).run(QUESTION)).output.startswith("*Scripted demo:")

    for raised in (plain.value, streamed.value):
        # Gemini words its 503 as an overload.
        assert type(raised).__name__ in {expected.__name__, "ModelOverloadedError"}
        assert getattr(raised, "retry_after", None) == (7 if fault.retry_after else None)
    assert [r.fault for r in providers.log()] == [fault.kind, fault.kind, None]
    ended: dict[FaultKind, str] = {"drop": "dropped", "drop_midway": "dropped"}
    gone: dict[FaultKind, str] = {"stall": "disconnected", "never": "disconnected"}
    assert [r.outcome for r in providers.log()[:2]] == [{**ended, **gone}.get(fault.kind, "finished")] * 2


async def test_geminis_wait_stands_in_the_body_of_its_error(providers: FakeProviders, asking: Asking) -> None:
    fault = Fault(kind="status", status=429, retry_delay="1.5s", times=2)
    providers.scenario(Scenario(faults=(fault,)))
    for model, wait in ((GEMINI, 1.5), (CLAUDE, None)):
        with pytest.raises(exceptions.ModelRateLimitError) as raised:
            await asking(model).run(QUESTION)
        assert raised.value.retry_after == wait


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI])
@pytest.mark.parametrize("kind", ["fade", "foreign"])
async def test_a_stream_that_ends_too_early_has_no_finish_reason(
    providers: FakeProviders, asking: Asking, model: str, kind: FaultKind
) -> None:
    providers.scenario(Scenario(report="One two three four.", faults=(Fault(kind=kind),)))
    async with asking(model).run_stream(QUESTION) as stream:
        text = await stream.get_output()
    assert "One two three four.".startswith(text)
    assert text != "One two three four."
    assert stream.response.finish_reason is None


async def test_geminis_broken_call_is_an_empty_answer_with_its_reason(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(faults=(Fault(kind="broken_call"),)))
    result = await asking(GEMINI, output_type=Plan).run(QUESTION)
    first = next(message for message in result.all_messages() if isinstance(message, ModelResponse))
    assert (first.finish_reason, first.parts) == ("error", [])
    assert result.usage.requests == 2


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI, OPENAI_CHAT])
async def test_cut_empty_and_invalid_answers_are_answers(providers: FakeProviders, asking: Asking, model: str) -> None:
    faults = (
        Fault(kind="max_tokens"),
        Fault(kind="empty", nth=2),
        # An empty answer makes pydantic-ai ask again, so the third request is the second one's repetition.
        Fault(kind="invalid", nth=4),
    )
    providers.scenario(Scenario(faults=faults))
    agent = asking(model)
    cut = await agent.run(REPORT_PROMPT)
    again = await agent.run(REPORT_PROMPT)
    invalid = await agent.run(REPORT_PROMPT)

    assert cut.response.finish_reason == "length"
    assert cut.output in again.output
    assert again.usage.requests == 2
    assert "[97]" in invalid.output
    assert [r.fault for r in providers.log()] == ["max_tokens", "empty", None, "invalid"]


@pytest.mark.parametrize("model", [CLAUDE, CLAUDE_WITH_TOOL_OUTPUT, GEMINI, OPENAI, OPENAI_CHAT])
@pytest.mark.parametrize("kind", ["max_tokens", "invalid", "empty"])
async def test_plan_that_cannot_be_used_is_refused_by_the_agent(
    providers: FakeProviders, asking: Asking, model: str, kind: FaultKind
) -> None:
    providers.scenario(Scenario(faults=(Fault(kind=kind),)))
    agent = asking(model, output_type=Plan, retries={"output": 0})
    with pytest.raises(exceptions.UnexpectedModelBehavior):
        await agent.run(QUESTION)
    assert len((await agent.run(QUESTION)).output.searches) == 4


async def test_stalled_stream_goes_on(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(report="One two three four.", faults=(Fault(kind="stall", seconds=0.3),)))
    started = time.monotonic()
    agent = asking(CLAUDE)
    async with agent.run_stream(QUESTION) as stream:
        text = await stream.get_output()

    assert text == "One two three four."
    assert time.monotonic() - started >= 0.3


async def test_stall_without_an_end_lasts_until_another_scenario_is_set(
    providers: FakeProviders, asking: Asking
) -> None:
    said = Scenario(report="One two three four.")
    providers.scenario(said.model_copy(update={"faults": (Fault(kind="stall"),)}))
    agent = asking(CLAUDE)
    async with asyncio.timeout(20), agent.run_stream(QUESTION) as stream:
        providers.scenario(said)
        assert await stream.get_output() == "One two three four."


async def test_error_in_the_stream_says_which(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(faults=(Fault(kind="error_event", status=529, times=None),)))
    for model in (CLAUDE, GEMINI):
        agent = asking(model)
        with pytest.raises(exceptions.ModelOverloadedError):
            async with agent.run_stream(QUESTION) as stream:
                await stream.get_output()


async def test_fault_strikes_only_the_requests_it_names(providers: FakeProviders, asking: Asking) -> None:
    fault = Fault(kind="status", provider="google", role="search", containing="SECOND", nth=2, times=1)
    providers.scenario(Scenario(faults=(fault,)))
    agent = asking(GEMINI, capabilities=[WebSearch(local=False), Citations()])
    for query in ("the first", "the second", "the first"):
        await agent.run(query)
    with pytest.raises(exceptions.ModelServerError):
        await agent.run("the second")
    await agent.run("the second")

    assert [r.status for r in providers.log(role="search")] == [200, 200, 200, 500, 200]
    assert providers.log(provider="anthropic") == []


async def test_stopped_caller_is_seen_to_leave(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(tokens_per_second=20, report_tokens=200))
    agent = asking(CLAUDE)
    whole = asyncio.create_task(agent.run(QUESTION))
    async with agent.run_stream(QUESTION) as stream:
        async for _ in stream.stream_text(delta=True, debounce_by=None):
            break
        whole.cancel()
    await asyncio.gather(whole, return_exceptions=True)
    log = await asyncio.to_thread(providers.settled_log)

    assert [r.outcome for r in log] == ["disconnected", "disconnected"]
    assert all(r.tokens_sent < 200 for r in log)


async def test_connection_is_refused_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "scripted")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", unreachable_url())
    async with Agent(infer_model(CLAUDE), model_settings=ModelSettings(max_retries=0)) as agent:
        with pytest.raises(exceptions.ModelConnectionError):
            await agent.run(QUESTION)
