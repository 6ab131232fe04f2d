import asyncio
import time
from contextvars import Context
from uuid import uuid4

import pytest
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelHTTPError,
    ModelRateLimitError,
    ModelServerError,
    UserError,
)

from chat_app.agents import stopping
from chat_app.errors import TurnStoppedError
from chat_app.workflows.retries import MAX_ATTEMPTS, MAX_WAIT_SECONDS, MODEL_STEP, on_wait, should_retry


def rate_limit(retry_after: float | None = None) -> ModelHTTPError:
    return ModelHTTPError.for_category(ModelRateLimitError, status_code=429, model_name="m", retry_after=retry_after)


class Step:
    """A model request of a turn that fails."""

    def __init__(self) -> None:
        self.turn = uuid4().hex
        self.waits: list[tuple[str, float]] = []
        self.has_waited = asyncio.Event()

    async def fails(self, *errors: BaseException) -> list[bool]:
        """Whether it is tried again, for each failure."""

        async def told(reason: str, seconds: float) -> None:
            self.waits.append((reason, seconds))
            self.has_waited.set()

        async def run() -> list[bool]:
            stopping.current_turn_id.set(self.turn)
            on_wait.set(told)
            return [await should_retry(error) for error in errors]

        return await asyncio.create_task(run(), context=Context())


@pytest.mark.parametrize(
    "error",
    [
        ModelHTTPError.for_category(ModelAuthenticationError, status_code=401, model_name="m"),
        UserError("no key"),
        ValueError("a bug"),
        TurnStoppedError("stopped"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_would_fail_again_is_not_tried_again(error: BaseException) -> None:
    step = Step()
    assert await step.fails(error) == [False]
    assert step.waits == []


@pytest.mark.parametrize(
    "error",
    [
        rate_limit(),
        ModelHTTPError.for_category(ModelServerError, status_code=500, model_name="m"),
        ModelAPIError("m", "cut"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_may_pass_is_tried_again_and_told(error: Exception) -> None:
    step = Step()
    assert await step.fails(error) == [True]
    ((reason, seconds),) = step.waits
    assert reason.startswith("The model (m) ")
    assert seconds == MODEL_STEP["interval_seconds"]


async def test_the_wait_that_a_provider_asks_for_is_kept() -> None:
    step = Step()
    begun = time.monotonic()
    assert await step.fails(rate_limit(retry_after=0.2)) == [True]
    assert time.monotonic() - begun >= 0.2
    assert step.waits[0][1] == pytest.approx(1.2)


async def test_each_further_wait_is_told_as_long_as_it_will_be_and_none_comes_after_the_last_attempt() -> None:
    step = Step()
    begun = time.monotonic()
    errors = [rate_limit()] * (MAX_ATTEMPTS - 1) + [rate_limit(retry_after=60)]
    assert await step.fails(*errors) == [True] * MAX_ATTEMPTS
    assert [seconds for _, seconds in step.waits] == [1, 2, 4]
    assert time.monotonic() - begun < 5


async def test_a_stop_ends_the_wait_and_nothing_is_tried_again() -> None:
    step = Step()
    waiting = asyncio.ensure_future(step.fails(rate_limit(retry_after=60)))
    await step.has_waited.wait()
    stopping.stop(step.turn)
    assert await asyncio.wait_for(waiting, 2) == [False]


async def test_a_stopped_turn_is_not_told_to_wait() -> None:
    step = Step()
    stopping.stop(step.turn)
    assert await step.fails(rate_limit()) == [False]
    assert step.waits == []


async def test_no_provider_can_make_a_turn_wait_for_ever() -> None:
    step = Step()
    waiting = asyncio.ensure_future(step.fails(rate_limit(retry_after=1e9)))
    await step.has_waited.wait()
    assert step.waits[0][1] <= MAX_WAIT_SECONDS + 1
    stopping.stop(step.turn)
    await waiting


def test_the_engine_alone_repeats_requests_and_a_stop_reaches_into_them() -> None:
    assert MODEL_STEP["should_retry"] is should_retry
    assert (MODEL_STEP["retries_allowed"], MODEL_STEP["max_attempts"], MODEL_STEP["preemptible"]) == (True, 4, True)
