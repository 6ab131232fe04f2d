"""The main job as a person does it, in a real browser against the real program: ask, watch, crash, come back, share."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.app_process import AppProcess
from tests.browser.person import Person, ask, opened
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Fault, Role, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.provider_wire, pytest.mark.timeout(240)]

PLAIN = Scenario(searches=2)


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(PLAIN, process=True) as running:
        yield running


@pytest.fixture(autouse=True)
def at_once(providers: FakeProviders) -> None:
    providers.scenario(PLAIN)


@pytest.fixture(scope="module")
def app(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    process = AppProcess(tmp_path_factory.mktemp("browser") / "data", providers.environment("anthropic", "google"))
    process.start()
    yield process
    process.stop()


def test_without_keys_a_starter_question_is_answered_with_checked_quotes(browser: Browser, tmp_path: Path) -> None:
    app = AppProcess(tmp_path / "data", {})
    app.start()
    try:
        with Person(browser, app) as person:
            page = opened(person)
            expect(page.locator(".rc-mode")).to_contain_text("Excerpts only (no AI model)")
            page.get_by_text("What happens to a running research when the server is killed?").click()
            citation = page.locator("a.rc-cite").first
            expect(citation).to_be_visible()
            quoted = page.locator(".message-content blockquote").first.inner_text().rsplit("[", 1)[0].strip()
            citation.click()
            expect(page.locator("#side-view-content")).to_contain_text("Found word for word in the file")
            panel = " ".join(page.locator("#side-view-content").inner_text().split())
            assert " ".join(quoted.split()) in panel
    finally:
        app.stop()


def test_plan_searches_and_report_are_watched_and_survive_reload_and_second_tab(
    person: BrowserContext, providers: FakeProviders
) -> None:
    _hold(providers, "planner")
    page = opened(person)
    ask(page, "How do glaciers move?")
    expect(page.locator(".rc-progress")).to_contain_text("Planning")
    page.reload()
    expect(page.locator(".rc-progress")).to_contain_text("Planning")
    _hold(providers, "search")
    expect(page.locator(".rc-progress")).to_contain_text("evidence and measurements")
    page.reload()
    second = person.new_page()
    second.goto(page.url)
    for tab in (page, second):
        expect(tab.locator(".rc-progress")).to_contain_text("evidence and measurements")
    providers.scenario(PLAIN)
    for tab in (page, second):
        expect(tab.locator(".rc-progress[data-rc-state=done]")).to_be_visible()
        expect(tab.locator("a.rc-cite").first).to_be_visible()
    assert _report(page) == _report(second)
    assert "What stays open" in _report(page)


def test_an_open_page_goes_on_by_itself_after_kill_9(
    person: BrowserContext, app: AppProcess, providers: FakeProviders
) -> None:
    _hold(providers, "search")
    page = opened(person)
    ask(page, "Why is the sky blue?")
    expect(page.locator(".rc-progress")).to_contain_text("evidence and measurements")
    app.kill()
    providers.scenario(PLAIN)
    app.start()
    expect(page.locator(".rc-progress[data-rc-state=done]")).to_be_visible()
    expect(page.locator(".user-message, [data-step-type=user_message]")).to_have_count(1)
    assert _report(page).count("In short") == 1


def test_a_step_back_leads_to_the_conversation_before(person: BrowserContext) -> None:
    page = opened(person)
    questions = ("How do glaciers move?", "How old is the moon?")
    for question in questions:
        ask(page, question)
        expect(page.locator(".rc-progress[data-rc-state=done]")).to_be_visible()
        expect(page).to_have_url(re.compile("/thread/"))
        expect(page.locator("[data-step-type=user_message]")).to_have_text(question)
        if question == questions[0]:
            page.locator("#new-chat-button").click()
            expect(page.locator(".rc-progress")).to_have_count(0)
    page.go_back()
    expect(page.locator("[data-step-type=user_message]")).to_have_text(questions[0])


def test_a_lost_network_is_caught_up_with(person: BrowserContext, providers: FakeProviders) -> None:
    _hold(providers, "search")
    page = opened(person)
    ask(page, "What is a tide?")
    expect(page.locator(".rc-progress")).to_contain_text("evidence and measurements")
    person.set_offline(True)
    providers.scenario(PLAIN)
    providers.settled_log()
    page.wait_for_timeout(4_000)  # how long the network is away, not a wait for something
    person.set_offline(False)
    expect(page.locator(".rc-progress[data-rc-state=done]")).to_be_visible()
    assert _report(page).count("In short") == 1


def test_stop_keeps_what_was_found(person: BrowserContext, providers: FakeProviders) -> None:
    _hold(providers, "analyst")
    page = opened(person)
    ask(page, "How old is the moon?")
    expect(page.locator(".rc-progress")).to_contain_text("sources")
    providers.wait_for_request("analyst", "moon")
    page.locator(".rc-stop button").click()
    expect(page.locator(".rc-progress")).to_contain_text("Stopped")
    expect(page.locator("#chat-submit")).to_be_visible()
    asked = len(providers.log())
    page.reload()
    expect(page.locator(".rc-progress")).to_contain_text("Stopped")
    assert len(providers.log()) == asked


def test_history_finds_the_question_and_a_deep_link_arrives_without_a_cookie(browser: Browser, app: AppProcess) -> None:
    asked = app.ask("Do unmistakable narwhals sing?")
    asked.finished()
    with Person(browser, app) as person:
        page = person.new_page()
        page.goto(f"/thread/{asked.thread}")
        expect(page.locator("a.rc-cite").first).to_be_visible()
        expect(page.locator("#thread-history")).to_contain_text("Do unmistakable narwhals sing?")


def test_a_link_shows_the_conversation_without_sign_in_until_it_is_revoked(
    browser: Browser, app: AppProcess, providers: FakeProviders
) -> None:
    _hold(providers, "analyst")
    asked = app.ask("How do bees find flowers?")
    with Person(browser, app) as person, Person(browser, app) as stranger:
        page = person.new_page()
        page.goto(f"/thread/{asked.thread}")
        page.locator("#rc-share-button").click()
        page.get_by_role("button", name="Create link").click()
        expect(page.locator("#rc-share-link")).to_have_value(re.compile(r"/s/[\w-]{20,}$"))
        link = page.locator("#rc-share-link").input_value()
        shared = stranger.new_page()
        shared.goto(link)
        expect(shared.locator("main")).to_contain_text("How do bees find flowers?")
        providers.scenario(PLAIN)
        expect(shared.locator("main")).to_contain_text("What stays open")  # arrives live, without a reload
        assert stranger.cookies() == []
        page.get_by_role("button", name="Stop sharing").click()
        expect(page.locator("#rc-share-link")).to_have_value("")
    assert httpx.get(link).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(browser: Browser, app: AppProcess, scheme: str) -> None:
    asked = app.ask("How long do cats sleep?")
    asked.finished()
    with Person(browser, app) as person:
        page = person.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"/thread/{asked.thread}")
        expect(page.locator("a.rc-cite").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark")


def _hold(providers: FakeProviders, role: Role) -> None:
    """From now on requests in this role get their answer when another scenario is set; what was held before goes on."""
    providers.scenario(PLAIN.model_copy(update={"faults": (Fault(kind="stall", role=role, after=0, times=None),)}))


def _report(page: Page) -> str:
    return page.locator("[data-step-type=assistant_message] .message-content").last.inner_text()
