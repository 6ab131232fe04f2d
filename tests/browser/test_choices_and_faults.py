"""What a person chooses before a question, and what they see when providers fail: real browser, real program."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.app_process import AppProcess
from tests.browser.person import Person, ask, opened
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Fault, Scenario

pytestmark = [pytest.mark.browser, pytest.mark.provider_wire, pytest.mark.timeout(240)]

PLAIN = Scenario(searches=2)
HALF_A_REPORT = Fault(kind="error_event", role="analyst", status=400, after=0.5)


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(PLAIN, process=True) as running:
        yield running


@pytest.fixture(scope="module")
def app(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    models = {"CHAT_APP_MODELS": "anthropic:claude-opus-5"}
    environment = providers.environment("anthropic", "google") | models
    process = AppProcess(tmp_path_factory.mktemp("choices") / "data", environment)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def person(browser: Browser, app: AppProcess, providers: FakeProviders) -> Iterator[BrowserContext]:
    providers.clear_log()
    with Person(browser, app) as context:
        yield context
    providers.scenario(PLAIN)


def test_a_failed_turn_is_tried_again_once_and_on_every_page(
    person: BrowserContext, app: AppProcess, providers: FakeProviders
) -> None:
    providers.scenario(PLAIN.model_copy(update={"faults": (HALF_A_REPORT,)}))
    page = opened(person)
    ask(page, "How do glaciers move?")
    expect(page.locator(".rc-failure")).to_be_visible()
    expect(_answers(page)).to_have_count(1)  # half a report
    ask(page, "How old is the moon?")
    expect(_cards(page, "done")).to_have_count(1)
    app.kill()
    app.start()
    pages = [page, person.new_page()]
    for each in pages:
        each.goto(page.url)
        expect(each.get_by_role("button", name="Try again")).to_be_visible()
    providers.clear_log()
    providers.scenario(PLAIN.model_copy(update={"faults": (Fault(kind="stall", role="analyst"),)}))

    page.get_by_role("button", name="Try again").dblclick()
    for each in pages:
        expect(each.locator(".rc-failure")).to_have_count(0)
        expect(_cards(each, "running")).to_have_count(1)
        expect(each.locator(".rc-progress").first).to_contain_text("2 searches")
    pages[1].reload()
    expect(_cards(pages[1], "running")).to_have_count(1)
    providers.scenario(PLAIN)
    for each in pages:
        expect(_cards(each, "done")).to_have_count(2)
        expect(_answers(each)).to_have_count(2)
        assert "glaciers" in _answers(each).first.inner_text()  # not below what was asked later
        assert _answers(each).first.inner_text().count("What stays open") == 1
    assert [(request.role, request.outcome) for request in providers.log()] == [("analyst", "finished")]

    page.reload()
    page.locator(".rc-fold").last.click()
    last = _cards(page, "done").last
    exact = last.locator("tfoot td").last.get_attribute("title") or ""
    expect(page.locator(".rc-conversation")).to_have_count(1)
    assert float(last.locator(".rc-conversation").inner_text().rpartition("$")[2]) > float(exact.removeprefix("$"))


def test_depth_and_models_that_were_chosen_stay_chosen(
    person: BrowserContext, app: AppProcess, providers: FakeProviders
) -> None:
    page = opened(person)
    depth = page.locator("#mode-picker-trigger-depth")
    expect(depth).to_have_accessible_name("Depth of the research: Standard")
    depth.focus()
    for key in ("Enter", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(depth).to_have_accessible_name("Depth of the research: Quick")
    page.get_by_role("button", name="Research settings").click()
    page.get_by_label("Planning model").click()
    page.get_by_role("option", name="Claude Opus 5").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    app.kill()
    app.start()

    page = opened(person)
    expect(page.locator("#mode-picker-trigger-depth")).to_have_text("Quick")
    page.get_by_role("button", name="Research settings").click()
    expect(page.get_by_label("Planning model")).to_have_text("Claude Opus 5")
    expect(page.get_by_label("Writing model")).to_have_text("Claude Sonnet 5.5")
    page.get_by_role("button", name="Cancel").click()
    ask(page, "How do bees find flowers?")
    expect(_cards(page, "done")).to_have_count(1)
    models = {request.role: request.model for request in providers.log()}
    assert models == {
        "planner": "claude-opus-5",
        "search": "gemini-3.8-flash",
        "analyst": "claude-sonnet-5-5",
    }


def test_what_a_search_waits_for_is_said_and_counted_down(person: BrowserContext, providers: FakeProviders) -> None:
    busy = Fault(kind="status", role="search", containing="evidence", status=429, retry_after="15")
    providers.scenario(PLAIN.model_copy(update={"faults": (busy,)}))
    page = opened(person)
    ask(page, "How long do cats sleep?")
    waiting = page.locator(".rc-search[data-state=waiting]")
    expect(waiting).to_contain_text(re.compile(r"Waiting for Gemini, next try in \d+ s"))
    said = waiting.inner_text()
    expect(page.locator(".rc-notices")).to_contain_text("429")
    expect(waiting).not_to_contain_text(said)
    expect(waiting).to_contain_text(re.compile(r"Waiting for Gemini, next try in \d+ s"))
    expect(_cards(page, "done")).to_have_count(1)
    expect(page.locator(".rc-notices")).to_have_count(0)


def _cards(page: Page, state: str) -> Locator:
    return page.locator(f".rc-progress[data-rc-state={state}]")


def _answers(page: Page) -> Locator:
    return page.locator("[data-step-type=assistant_message]:not(:has(.rc-progress)) >> visible=true")
