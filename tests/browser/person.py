"""A person with a browser in front of the running program."""

import re

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.app_process import AppProcess

# A server that was killed refuses connections, and a page says so on its console.
EXPECTED_NOISE = re.compile(
    r"ERR_CONNECTION|Failed to fetch|WebSocket connection|ERR_INTERNET_DISCONNECTED|status of 404|ERR_EMPTY_RESPONSE"
)


class Person:
    """A browser of its own, without cookies; fails a test whose pages reach elsewhere or log an error."""

    def __init__(self, browser: Browser, app: AppProcess) -> None:
        self._context = browser.new_context(base_url=app.url, viewport={"width": 1280, "height": 860})
        self._context.on("request", self._note_request)
        self._context.on("console", self._note_message)
        self._problems: list[str] = []

    def __enter__(self) -> BrowserContext:
        return self._context

    def __exit__(self, kind: object, *_: object) -> None:
        problems = list(self._problems)  # without those of leaving, which breaks off what is under way
        # Left for the browser to close: now and then Chromium never answers when a context alone is to go.
        for page in self._context.pages:
            page.goto("about:blank")
        assert kind is not None or problems == [], problems

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self._problems.append(f"request to {request.url}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED_NOISE.search(message.text):
            self._problems.append(message.text)


def opened(person: BrowserContext) -> Page:
    """A page that is ready for a question: before it is connected, Chainlit draws its composer anew, and empties it."""
    page = person.new_page()
    page.goto("/")
    expect(page.locator("#mode-picker-trigger-depth")).to_be_visible()
    return page


def ask(page: Page, question: str) -> None:
    page.locator("#chat-input").fill(question)
    expect(page.locator("#chat-submit")).to_be_enabled()  # the socket is connected
    page.locator("#chat-submit").click()
    expect(page.locator(".rc-progress").last).to_be_visible()
