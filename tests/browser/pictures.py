"""The pictures of docs/screens.md: `python -m tests.browser.pictures [directory]` takes them again.

Canned turns of the harness show every state; what it does not have is shown by the program itself.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.app_process import PROJECT_DIR, AppProcess, base_environment
from tests.browser.fixtures_ui.turns import QUESTIONS
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Scenario
from tests.long_thread import write_long_thread
from tests.ports import free_port

LOOKS: dict[str, tuple[ViewportSize, str]] = {
    "light": ({"width": 1100, "height": 760}, "light"),
    "dark": ({"width": 1100, "height": 760}, "dark"),
    "phone": ({"width": 390, "height": 780}, "light"),
}
_SETTLED_MS = 700
_DONE = ".rc-progress:not([data-rc-state=running])"

Scene = Callable[[Page], None]


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT_DIR / "docs" / "images" / "screens"
    directory.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _of_the_harness(browser, directory)
        _of_the_program(browser, directory)
        browser.close()


def _of_the_harness(browser: Browser, directory: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.fixtures_ui.harness", str(port), "demo"]
    with subprocess.Popen(command, cwd=PROJECT_DIR) as server:
        try:
            _take(browser, f"http://127.0.0.1:{port}", directory, HARNESS_SCENES)
        finally:
            server.terminate()


def _of_the_program(browser: Browser, directory: Path) -> None:
    with tempfile.TemporaryDirectory() as place, FakeProviders.start(Scenario(), process=True) as providers:
        models = {"CHAT_APP_MODELS": "anthropic:claude-opus-5"}
        app = AppProcess(Path(place) / "data", providers.environment("anthropic", "google") | models)
        write_long_thread(base_environment() | app.environment, 40)
        app.start()
        try:
            _take(browser, app.url, directory, PROGRAM_SCENES)
        finally:
            app.stop()


def _take(browser: Browser, url: str, directory: Path, scenes: dict[str, Scene]) -> None:
    for look, (size, scheme) in LOOKS.items():
        is_phone = look == "phone"
        person = browser.new_context(
            base_url=url,
            viewport=size,
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=is_phone,
            is_mobile=is_phone,
            locale="en-US",
        )
        _until_there(person)
        for name, scene in scenes.items():
            if is_phone and name == "passage":
                continue  # nothing to point with
            page = person.new_page()
            page.goto("/")
            page.locator("#chat-input").wait_for()
            page.wait_for_timeout(_SETTLED_MS)
            scene(page)
            page.wait_for_timeout(_SETTLED_MS)
            page.screenshot(path=directory / f"{name}-{look}.png")
            person.set_offline(False)
            page.close()
        person.close()


def _until_there(person: BrowserContext) -> None:
    page = person.new_page()
    for _ in range(60):
        try:
            page.goto("/")
            break
        except Exception:  # noqa: BLE001 -- a server that starts refuses in many ways
            page.wait_for_timeout(500)
    page.close()


def _ask(page: Page, kind: str) -> None:
    page.locator("#chat-input").fill(QUESTIONS[kind])
    page.wait_for_function("() => !document.querySelector('#chat-submit')?.disabled")
    page.locator("#chat-submit").click()
    page.locator(".rc-progress").last.wait_for()


def _done(kind: str) -> Scene:
    def scene(page: Page) -> None:
        _ask(page, kind)
        page.locator(_DONE).wait_for()

    return scene


def _running(page: Page) -> None:
    _ask(page, "running")
    page.locator(".rc-search[data-state=waiting]").wait_for()


def _stopped(page: Page) -> None:
    _running(page)
    page.locator(".rc-stop button").click()
    page.locator(_DONE).wait_for()


def _report(page: Page) -> None:
    _done("report")(page)
    page.locator(".rc-follow-up").first.wait_for(state="attached")


def _passage(page: Page) -> None:
    _report(page)
    page.locator("a.rc-cite").nth(2).hover()


def _panel(page: Page) -> None:
    _report(page)
    page.locator("a.rc-cite").first.click()
    page.locator(".rc-panel").wait_for()


def _sources(page: Page) -> None:
    _report(page)
    page.get_by_role("button", name="Show all 14 sources").click()
    page.locator(".rc-sources").evaluate("section => section.scrollIntoView({block: 'start'})")


def _ask_next(page: Page) -> None:
    _report(page)
    page.locator(".rc-next").evaluate("section => section.scrollIntoView({block: 'end'})")


def _share(page: Page) -> None:
    _done("no evidence")(page)
    page.locator("#rc-share-button").click()
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("button", name="Copy link").wait_for()


def _reconnecting(page: Page) -> None:
    _running(page)
    page.context.set_offline(True)
    page.locator("#session-error").wait_for()


def _settings(page: Page) -> None:
    page.get_by_role("button", name="Research settings").click()
    page.get_by_role("dialog").wait_for()


def _long(page: Page) -> None:
    page.goto("/thread/5b0c4f4e-0000-4000-8000-000000000200")
    page.locator("a.rc-cite").last.wait_for()
    page.wait_for_timeout(4_000)  # until it has come to rest at its end
    page.locator("#rc-earlier").evaluate("button => button.scrollIntoView({block: 'start'})")


HARNESS_SCENES: dict[str, Scene] = {
    "welcome": lambda page: None,
    "running": _running,
    "report": _report,
    "passage": _passage,
    "panel": _panel,
    "sources": _sources,
    "ask-next": _ask_next,
    "failed": _done("failed"),
    "stopped": _stopped,
    "clarification": _done("clarification"),
    "no-evidence": _done("no evidence"),
    "right-to-left": _done("right to left"),
    "share": _share,
    "reconnecting": _reconnecting,
}
PROGRAM_SCENES: dict[str, Scene] = {"settings": _settings, "earlier": _long}

if __name__ == "__main__":
    main()
