import asyncio
import time
from contextvars import Context
from uuid import uuid4

import pytest
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    ModelTimeoutError,
    UserError,
)

from chat_app.agents import stopping, waiting
from chat_app.agents.failures import LONGEST_WAIT_SECONDS
from chat_app.agents.waiting import DEFAULT_PATIENCE, Patience
from chat_app.errors import TurnStoppedError
from chat_app.workflows.retries import MAX_ATTEMPTS, MODEL_STEP, on_wait, should_retry


def http(category: type[ModelServerError] | None, status: int) -> ModelHTTPError:
    return ModelHTTPError.for_category(category, status_code=status, model_name="m")


def rate_limit(retry_after: float | None = None) -> ModelHTTPError:
    return ModelHTTPError.for_category(ModelRateLimitError, status_code=429, model_name="m", retry_after=retry_after)


class Step:
    """A model request of a turn that fails."""

    def __init__(self, patience: Patience = DEFAULT_PATIENCE) -> None:
        self.patience = patience
        self.turn = uuid4().hex
        self.waits: list[tuple[str, float]] = []
        self.has_waited = asyncio.Event()

    async def fails(self, *errors: BaseException) -> list[bool]:
        """Whether it is tried again, for each failure."""

        async def told(reason: str, seconds: float, waited_seconds: float) -> None:
            assert waited_seconds == 0
            self.waits.append((reason, seconds))
            self.has_waited.set()

        async def run() -> list[bool]:
            stopping.current_turn_id.set(self.turn)
            on_wait.set(told)
            waiting.patience.set(self.patience)
            return [await should_retry(error) for error in errors]

        return await asyncio.create_task(run(), context=Context())


@pytest.mark.parametrize(
    "error",
    [
        ModelHTTPError.for_category(ModelAuthenticationError, status_code=401, model_name="m"),
        UserError("no key"),
        ValueError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_would_fail_again_is_not_tried_again(error: BaseException) -> None:
    step = Step()
    assert await step.fails(error) == [False]
    assert step.waits == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (rate_limit(), "too many requests (429)"),
        (http(ModelServerError, 500), "not available at the moment (500)"),
        (http(None, 408), "not available at the moment (408)"),
        (ModelConnectionError("m", "refused"), "the connection failed"),
        (ModelRequestTimeout("m", 60), "no answer in time"),
        (ModelAPIError("m", "cut"), "its answer broke off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_may_pass_is_tried_again_and_told(error: Exception, reason: str) -> None:
    step = Step(patience=Patience(first_retry_seconds=0.01))
    assert await step.fails(error) == [True]
    assert step.waits == [(reason, 0.01)]


async def test_the_wait_that_a_provider_asks_for_is_kept() -> None:
    step = Step(patience=Patience(first_retry_seconds=0.05))
    begun = time.monotonic()
    assert await step.fails(rate_limit(retry_after=0.2)) == [True]
    assert time.monotonic() - begun >= 0.25
    assert step.waits[0][1] == pytest.approx(0.25)


async def test_the_wait_may_be_asked_for_in_fractions_of_a_second() -> None:
    step = Step(patience=Patience(first_retry_seconds=0.01))
    headers = {"Retry-After": " 0.25 "}
    error = ModelHTTPError.for_category(ModelRateLimitError, status_code=429, model_name="m", headers=headers)
    assert await step.fails(error) == [True]
    assert step.waits[0][1] == pytest.approx(0.26)


@pytest.mark.parametrize("header", ["-1.5", "1e3", "nan", "inf", "soon", "", "1.5.0"])
async def test_a_wait_that_is_no_number_is_not_waited_for(header: str) -> None:
    step = Step(patience=Patience(first_retry_seconds=0.01))
    headers = {"retry-after": header}
    error = ModelHTTPError.for_category(ModelRateLimitError, status_code=429, model_name="m", headers=headers)
    assert await step.fails(error) == [True]
    assert step.waits[0][1] == pytest.approx(0.01)


async def test_a_provider_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    step = Step()
    assert await step.fails(rate_limit(retry_after=LONGEST_WAIT_SECONDS + 1)) == [False]
    assert step.waits == []


@pytest.mark.parametrize(
    "error", [ModelRequestTimeout("m", 60), ModelTimeoutError("m", "slow", phase="read")], ids=repr
)
async def test_a_provider_that_stays_silent_is_asked_once_more_only(error: Exception) -> None:
    step = Step(patience=Patience(first_retry_seconds=0.01))
    assert await step.fails(error, error) == [True, False]


async def test_each_further_wait_is_told_as_long_as_it_will_be_and_none_comes_after_the_last_attempt() -> None:
    step = Step(patience=Patience(first_retry_seconds=0.01))
    begun = time.monotonic()
    errors = [rate_limit()] * (MAX_ATTEMPTS - 1) + [rate_limit(retry_after=60)]
    assert await step.fails(*errors) == [True] * MAX_ATTEMPTS
    assert [seconds for _, seconds in step.waits] == [0.01, 0.02, 0.04]
    assert time.monotonic() - begun < 5


async def test_a_stop_ends_the_wait_and_nothing_is_tried_again() -> None:
    step = Step()
    waiting = asyncio.ensure_future(step.fails(rate_limit(retry_after=60)))
    await step.has_waited.wait()
    stopping.stop(step.turn)
    with pytest.raises(TurnStoppedError):
        await asyncio.wait_for(waiting, 2)


async def test_a_stopped_turn_is_not_told_to_wait() -> None:
    step = Step()
    stopping.stop(step.turn)
    with pytest.raises(TurnStoppedError):
        await step.fails(rate_limit())
    assert step.waits == []


def test_the_engine_alone_repeats_requests_and_a_stop_reaches_into_them() -> None:
    assert MODEL_STEP["should_retry"] is should_retry
    assert (MODEL_STEP["retries_allowed"], MODEL_STEP["max_attempts"], MODEL_STEP["preemptible"]) == (True, 4, True)
