"""What a person does before each picture is taken."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

from tests.browser.pictures import scripts
from tests.fakes.scenario import Scenario
from tests.long_thread import THREAD

_DONE = ".rc-progress:not([data-rc-state=running])"


class Scene(NamedTuple):
    play: Callable[[Page], Page | None]
    """Brings the page there; another page, if that is what the picture shows."""
    script: Scenario = scripts.REPORT


def _ask(page: Page, question: str) -> None:
    page.locator("#chat-input").fill(question)
    page.wait_for_function("() => !document.querySelector('#chat-submit')?.disabled")
    page.locator("#chat-submit").click()
    page.locator(".rc-progress").last.wait_for()


def _done(question: str) -> Callable[[Page], None]:
    def play(page: Page) -> None:
        _ask(page, question)
        page.locator(_DONE).wait_for()

    return play


def _running(page: Page) -> None:
    _ask(page, scripts.QUESTION)
    page.locator(".rc-search[data-state=waiting]").wait_for()
    page.locator(".rc-search[data-state=done]").nth(2).wait_for()


def _stopped(page: Page) -> None:
    _running(page)
    page.locator(".rc-stop button").click()
    page.locator(_DONE).wait_for()


def _report(page: Page) -> None:
    _done(scripts.QUESTION)(page)
    page.locator(".rc-follow-up").first.wait_for(state="attached")


def _passage(page: Page) -> None:
    _report(page)
    page.locator("a.rc-cite").first.hover()


def _panel(page: Page) -> None:
    _report(page)
    page.locator("a.rc-cite").first.click()
    page.locator(".rc-panel").wait_for()


def _text(page: Page) -> Page:
    _report(page)
    page.locator("a.rc-cite").nth(2).click()
    with page.context.expect_page() as opening:
        page.locator("#side-view-content").get_by_role("link", name="Show in the text").first.click()
    opening.value.locator("mark").first.wait_for()
    return opening.value


def _sources(page: Page) -> None:
    _report(page)
    page.get_by_role("button", name=re.compile("Show all")).click()
    page.locator(".rc-sources").evaluate("section => section.scrollIntoView({block: 'start'})")


def _ask_next(page: Page) -> None:
    _report(page)
    page.locator(".rc-next").evaluate("section => section.scrollIntoView({block: 'end'})")


def _share(page: Page) -> None:
    _report(page)
    page.locator("#rc-share-button").click()
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("button", name="Copy link").wait_for()


def _shared(page: Page) -> Page:
    _share(page)
    address = page.locator("#rc-share-link").input_value()
    page.goto(address)
    page.get_by_role("heading", level=1).first.wait_for()
    return page


def _reconnecting(page: Page) -> None:
    _running(page)
    page.context.set_offline(True)
    page.locator("#session-error").wait_for()


def _settings(page: Page) -> None:
    page.get_by_role("button", name="Research settings").click()
    page.get_by_role("dialog").wait_for()


def _depth(page: Page) -> None:
    page.locator("#mode-picker-trigger-depth").click()
    page.locator("#mode-picker-popover-depth").wait_for()


def _attached(page: Page) -> None:
    page.locator("#upload-button-input").set_input_files(
        {"name": Path("lease 2026.md").name, "mimeType": "text/markdown", "buffer": b"# Lease\n\nThree months' notice."}
    )
    page.get_by_text("lease 2026.md").wait_for()
    page.locator("#chat-input").fill("What notice does the attached lease ask for?")


def _long(page: Page) -> None:
    page.goto(f"/thread/{THREAD}")
    page.locator("a.rc-cite").last.wait_for()
    page.wait_for_timeout(4_000)  # until it has come to rest at its end
    page.locator("#rc-earlier").evaluate("button => button.scrollIntoView({block: 'start'})")


def _at(address: str) -> Callable[[Page], None]:
    def play(page: Page) -> None:
        page.goto(address)

    return play


WITH_PROVIDERS: dict[str, Scene] = {
    "welcome": Scene(lambda page: None),
    "running": Scene(_running, scripts.RUNNING),
    "report": Scene(_report),
    "passage": Scene(_passage),
    "panel": Scene(_panel),
    "sources": Scene(_sources),
    "text": Scene(_text),
    "ask-next": Scene(_ask_next),
    "failed": Scene(_done(scripts.QUESTION), scripts.FAILED),
    "stopped": Scene(_stopped, scripts.RUNNING),
    "clarification": Scene(_done("Which one is better?"), scripts.CLARIFICATION),
    "right-to-left": Scene(_done(scripts.RIGHT_TO_LEFT_QUESTION), scripts.RIGHT_TO_LEFT),
    "share": Scene(_share),
    "shared": Scene(_shared),
    "reconnecting": Scene(_reconnecting, scripts.RUNNING),
    "settings": Scene(_settings),
    "depth": Scene(_depth),
    "attached": Scene(_attached),
    "earlier": Scene(_long),
    "library": Scene(_at("/library")),
    "not-found": Scene(_at("/s/no-such-link")),
}
WITHOUT_KEYS: dict[str, Scene] = {
    "without-keys": Scene(lambda page: None),
    "excerpts": Scene(_done(scripts.OF_THE_HANDBOOK)),
    "no-evidence": Scene(_done(scripts.OFF_TOPIC)),
}
WITH_SIGN_IN: dict[str, Scene] = {"sign-in": Scene(_at("/login"))}
NOT_ON_A_PHONE = frozenset({"passage"})
"""There is nothing to point with."""
