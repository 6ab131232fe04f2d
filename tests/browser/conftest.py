"""One browser for the tests of a module; each person in it has a context of their own (person.py)."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.app_process import AppProcess
from tests.browser.person import Person

expect.set_options(timeout=60_000)  # several pages and servers share two cores with whatever else is tested


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield running
        running.close()


@pytest.fixture
def person(browser: Browser, app: AppProcess) -> Iterator[BrowserContext]:
    """A browser of its own, without cookies; fails a test whose pages reach elsewhere or log an error."""
    with Person(browser, app) as context:
        yield context
