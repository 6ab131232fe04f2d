"""Scripted providers on loopback, and agents that ask them through the real SDKs, led there by the environment alone."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from chat_app.agents import connections
from tests.fakes import FakeProviders, Scenario
from tests.wire.asking import ALL, Asking


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProviders]:
    with FakeProviders.start() as providers:
        yield providers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(running: FakeProviders) -> AsyncIterator[dict[str, Model]]:
    """Made once: one of its own would cost each test 0.2 s."""
    async with AsyncExitStack() as open_models:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in running.environment().items():
                environment.setenv(name, value)
            made = {name: connections.model_from(name) for name in ALL}
        for model in made.values():
            await open_models.enter_async_context(model)
        yield made
    await connections.close()


@pytest.fixture
def providers(running: FakeProviders) -> FakeProviders:
    """The running providers with a clean log and no faults."""
    running.scenario(Scenario())
    running.clear_log()
    return running


@pytest.fixture
def asking(providers: FakeProviders, models: dict[str, Model]) -> Asking:
    def make(model: str, *, patience_seconds: float = 10, **options: Any) -> Agent[None, Any]:
        settings = ModelSettings(max_retries=0, max_tokens=4000, timeout=patience_seconds)
        return Agent(models[model], model_settings=settings, **options)

    return make
