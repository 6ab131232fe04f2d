"""What comes after a report, and what a conversation of months looks like: real browser, real program."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from chat_app.chat.folding import TURNS_MORE, TURNS_SHOWN
from tests.app_process import AppProcess, base_environment
from tests.browser.person import Person, ask, opened
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Scenario
from tests.long_thread import question, write_long_thread

pytestmark = [pytest.mark.browser, pytest.mark.provider_wire, pytest.mark.timeout(240)]

TURNS = TURNS_SHOWN + TURNS_MORE + 2
NEXT = "How fast do glaciers in Greenland move?"


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(Scenario(searches=2, follow_ups=(NEXT, "Who measures it?")), process=True) as running:
        yield running


@pytest.fixture(scope="module")
def app(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    data = tmp_path_factory.mktemp("long") / "data"
    process = AppProcess(data, providers.environment("anthropic", "google"))
    write_long_thread(base_environment() | process.environment, TURNS)
    process.start()
    yield process
    process.stop()


def test_a_suggested_question_is_asked_by_keyboard_and_gives_way_to_the_next_ones(
    browser: Browser, app: AppProcess, providers: FakeProviders
) -> None:
    with Person(browser, app) as person:
        page = opened(person)
        page.locator("#mode-picker-trigger-depth").click()
        page.locator("#mode-picker-popover-depth").get_by_role("option", name="Quick").click()
        expect(page.locator("#mode-picker-trigger-depth")).to_have_text("Quick")
        ask(page, "How do glaciers move?")
        offered = page.get_by_role("region", name="Ask next").get_by_role("button")
        expect(offered).to_have_text([NEXT, "Who measures it?"])
        expect(page.locator("main")).not_to_contain_text("ask_next")
        page.reload()
        expect(offered).to_have_count(2)
        providers.clear_log()
        offered.first.press("Enter")
        expect(page.locator("#chat-input")).to_be_focused()
        expect(page.locator(".rc-progress[data-rc-state=done]")).to_have_count(2)
        expect(page.locator("[data-step-type=user_message]").last).to_contain_text(NEXT)
        expect(page.locator(".rc-next")).to_have_count(2)
        expect(offered).to_have_count(2)  # of the last turn only
    assert "at most 2" in str([request.body for request in providers.log("planner")])  # of the depth that was chosen


def test_a_long_conversation_opens_at_its_end_and_goes_back_on_demand(browser: Browser, app: AppProcess) -> None:
    with Person(browser, app) as person:
        page = person.new_page()
        page.goto("/thread/5b0c4f4e-0000-4000-8000-000000000200")
        questions = page.locator(".step[data-step-type=user_message]")
        expect(questions).to_have_count(TURNS_SHOWN)
        expect(questions.last).to_contain_text(question(TURNS))
        expect(page.locator("a.rc-cite").last).to_be_visible()
        expect(page.locator("#rc-earlier")).to_be_attached()  # drawn for the last time: Chainlit does it twice
        page.locator(".rc-fold").last.click()
        expect(page.locator(".rc-conversation")).to_have_text(f"This conversation: ${TURNS * 0.01:.2f}")

        earlier = page.get_by_role("button", name=f"Show {TURNS - TURNS_SHOWN} earlier questions")
        page.mouse.move(640, 400)
        page.mouse.wheel(0, -50_000)
        expect(earlier).to_be_in_viewport()
        earlier.press("Enter")
        expect(questions).to_have_count(TURNS_SHOWN + TURNS_MORE)
        earlier = page.get_by_role("button", name="Show 2 earlier questions")
        expect(earlier).to_be_focused()
        first = page.locator(".step", has_text=question(TURNS - TURNS_SHOWN + 1)).first
        expect(first).to_be_in_viewport()  # what was above the button is where it was
        _reconnect(page)
        expect(questions).to_have_count(TURNS_SHOWN + TURNS_MORE)

        earlier.press("Enter")
        expect(questions).to_have_count(TURNS)
        expect(page.locator("#rc-earlier")).to_have_count(0)
        ask(page, "And what came after all of this?")
        expect(page.locator(".rc-progress[data-rc-state=done]")).to_have_count(TURNS + 1)
        page.reload()
        expect(questions).to_have_count(TURNS_SHOWN)
        expect(page.get_by_role("button", name=re.compile("earlier questions"))).to_be_visible()


def _reconnect(page: Page) -> None:
    page.context.set_offline(True)
    page.wait_for_timeout(1_500)  # how long the network is away
    page.context.set_offline(False)
    expect(page.locator("#session-error")).to_have_count(0)
