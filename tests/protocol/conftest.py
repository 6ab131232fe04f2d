"""One server for most of these tests, with providers whose play each test chooses; and one that two people share."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from chat_app.web.users import add_user
from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient, opened
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Scenario
from tests.small_library import write_library

PASSWORD = "a password of some length"
QUICK = Scenario(searches=3)
"""Answers at once: for tests that need a conversation, not its making."""
BRISK = Scenario(
    latency=0.05, search_latency=0.15, search_spread=0.3, tokens_per_second=250, plan_tokens=20, searches=3
)
"""A turn of two seconds in which everything can be seen."""
SLOW = BRISK.model_copy(update={"tokens_per_second": 100.0, "report_tokens": 400})
"""Writes for four seconds: long enough for a page to go and come back meanwhile."""


@pytest.fixture(scope="package")
def running_providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(QUICK, process=True) as providers:
        yield providers


@pytest.fixture
def providers(running_providers: FakeProviders) -> FakeProviders:
    running_providers.scenario(QUICK)
    running_providers.clear_log()
    return running_providers


@pytest.fixture(scope="package")
def running_app(running_providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    data = tmp_path_factory.mktemp("protocol") / "data"
    process = AppProcess(data, running_providers.environment("anthropic", "google"))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def app(running_app: AppProcess, providers: FakeProviders) -> AppProcess:
    return running_app


@pytest.fixture(scope="module")
def app_of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """A server with a small library, to which Alice and Bob may sign in."""
    folder = tmp_path_factory.mktemp("two")
    users = folder / "users"
    for name in ("alice", "bob"):
        add_user(users, name, PASSWORD)
    environment = {"CHAT_APP_LIBRARY": str(write_library(folder / "library")), "CHAT_APP_USERS_FILE": str(users)}
    process = AppProcess(folder / "data", environment)
    process.start()
    yield process
    process.stop()


class Pages:
    """Opens pages, and closes them after the test."""

    def __init__(self, app: AppProcess, stack: AsyncExitStack) -> None:
        self._cookies = app.cookies()
        self._app = app
        self._stack = stack

    async def open(self, thread: str = "") -> ChainlitClient:
        """A page of its own: of a conversation, or an empty one."""
        return await self._stack.enter_async_context(opened(self._app.url, self._cookies, thread))


@pytest_asyncio.fixture
async def pages(app: AppProcess) -> AsyncIterator[Pages]:
    async with AsyncExitStack() as stack:
        yield Pages(app, stack)
