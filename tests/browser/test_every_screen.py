"""Every screen of the program for everybody: no violation found by axe-core, no foreign host, room for a finger, no motion."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chat_app.web.users import add_user
from tests.app_process import AppProcess
from tests.browser.looks import DESK, PHONE, cramped, moving, violations, visitor
from tests.browser.person import ask
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import PlannedSearch, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.provider_wire, pytest.mark.timeout(240)]

PASSWORD = "a password of some length"
FILES = {"ferns.md": "# Ferns\n\nFerns have no flowers.", "empty.txt": "", "photo.jpg": "no picture"}
NOTICE = "The tenant of the boathouse may end the lease with three months' notice."
QUESTION = "With how many months' notice may the tenant end the lease of the boathouse?"
SCENARIO = Scenario(plan=(PlannedSearch(query=QUESTION, where="both"),))

Look = Callable[[Page, str], None]
"""Notes what is wrong with the screen, which has that name."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    place = tmp_path_factory.mktemp("screens")
    add_user(place / "users", "alice", PASSWORD)
    folder = place / "data" / "library"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with FakeProviders.start(SCENARIO, process=True) as providers:
        chosen = {"CHAT_APP_USERS_FILE": str(place / "users"), "CHAT_APP_MODELS": "anthropic:claude-opus-5"}
        process = AppProcess(place / "data", providers.environment("anthropic", "google") | chosen)
        process.start()
        yield process
        process.stop()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_screen_keeps_anybody_out(browser: Browser, app: AppProcess, tmp_path: Path, size: tuple[int, int]) -> None:
    is_phone = size == PHONE
    found: list[str] = []

    def look(page: Page, screen: str) -> None:
        found.extend([*violations(page, screen), *moving(page, screen), *(cramped(page, screen) if is_phone else [])])

    with visitor(browser, app.url, size=size) as person:
        page = person.new_page()
        _sign_in(page, look)
        _choose(page, look, tmp_path)
        look(page, "file attached")
        ask(page, QUESTION)
        expect(page.locator(".rc-progress[data-rc-state=done]")).to_be_visible()
        expect(page.locator(".rc-next, .rc-sources").first).to_be_visible()
        look(page, "answer")
        _pages_of_our_own(page, look)
    assert found == [], "\n".join(found)


def _sign_in(page: Page, look: Look) -> None:
    page.goto("/")
    expect(page.locator("#email")).to_be_visible()
    look(page, "sign-in")
    for password in ("a wrong password", PASSWORD):
        page.locator("#email").fill("alice")
        page.locator("#password").fill(password)
        page.keyboard.press("Enter")
        if password != PASSWORD:
            expect(page.locator(".alert, [role=alert]").first).to_be_visible()
            look(page, "refused sign-in")
    expect(page.locator("#mode-picker-trigger-depth")).to_be_visible()


def _choose(page: Page, look: Look, place: Path) -> None:
    look(page, "welcome")
    depth = page.locator("#mode-picker-trigger-depth")
    depth.click()
    expect(page.get_by_role("option").first.or_(page.get_by_role("menuitem").first)).to_be_visible()
    look(page, "depths")
    page.keyboard.press("Escape")
    expect(depth).to_have_attribute("aria-expanded", "false")
    expect(depth).to_be_focused()
    settings = page.get_by_role("button", name="Research settings")
    settings.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "settings")
    page.get_by_label("Planning model").click()
    expect(page.get_by_role("option").first).to_be_visible()
    look(page, "list of models")
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(settings).to_be_focused()
    file = place / "lease.md"
    file.write_text(f"# Lease\n\n{NOTICE}\n", encoding="utf-8")
    with page.expect_response("**/project/file**"):  # then Chainlit draws the attachment anew
        page.locator("#upload-button-input").set_input_files(file)
    expect(page.locator("#attachments").get_by_text("lease.md")).to_be_visible()
    expect(page.locator("#attachments button")).to_have_accessible_name(re.compile(r"\w"))  # given once it is drawn


def _pages_of_our_own(page: Page, look: Look) -> None:
    """What is no part of the chat, for its owner and for everybody else."""
    page.locator("a.rc-cite").first.wait_for()
    file = page.locator("a.rc-cite[href*='/rc/source/']").first.get_attribute("href") or ""
    thread = page.url.rpartition("/")[2]
    shared = page.evaluate("thread => fetch('/rc/share/' + thread, {method: 'POST'}).then((r) => r.json())", thread)
    for screen, path, shown in (
        ("library", "/library", ".files tbody tr"),
        ("source", file, "mark"),
        ("shared page", shared["url"], ".report"),
        ("withdrawn page", "/s/nothing-has-this-name", "h1"),
        ("missing source", f"/rc/source/{thread}/999", "h1"),
    ):
        page.goto(path)
        expect(page.locator(shown).first).to_be_visible()
        look(page, screen)
