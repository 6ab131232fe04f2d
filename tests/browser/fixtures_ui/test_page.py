"""What the page does by itself, with canned turns behind it: no engine, no models."""

import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.fixtures_ui.turns import QUESTIONS
from tests.ports import free_port

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).resolve().parents[3]
START_SECONDS = 60
ELSEWHERE = re.compile(r"^https://")

# Another tab is looked at, or this one again.
LOOK = """(away => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => away});
    document.dispatchEvent(new Event('visibilitychange'));
})"""
# A turn is over in two seconds, which a look from outside may miss.
TITLES = """() => {
    window.titles = [];
    const note = () => titles.push(document.title);
    new MutationObserver(note).observe(document.head, {subtree: true, childList: true, characterData: true});
}"""
NOTIFICATIONS = """
window.asked = 0;
window.told = [];
window.Notification = class {
    static permission = 'default';
    static async requestPermission() { asked++; return Notification.permission = 'granted'; }
    constructor(title, {body}) { told.push([title, body]); }
};
"""
# The card shows what a view with these changes says.
SHOWN = """changes => {
    const turn = document.querySelector('.step[data-step-type=user_message] [id^=step-]').id.slice(5);
    const phase = {id: 'analyzing', label: 'Analyzing', state: 'running', startedAt: 1, endedAt: null, note: null};
    const view = {
        seq: 10 ** 9, state: 'running', end: null, label: 'Analyzing', startedAt: 1, endedAt: null, cost: null, phases: [phase],
        searches: [], waiting: null, error: null, sourceCount: 0, searchesDone: 0, searchesFailed: 0, ...changes,
    };
    window.postMessage({type: 'rc:progress', turn, view});
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.fixtures_ui.harness", str(port), "demo"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """One signed-in person with a warm cache; each test gets a page of its own."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 860}, color_scheme="dark")
    context.route(ELSEWHERE, lambda route: route.abort())
    yield context
    context.close()


@pytest.fixture
def page(desk: BrowserContext) -> Iterator[Page]:
    page = desk.new_page()
    _open(page)
    yield page
    page.close()


def test_welcome_names_promise_and_mode(page: Page) -> None:
    expect(page.locator("h1.rc-promise")).to_have_text("Ask a question. Get a report you can check.")
    expect(page.locator(".rc-mode")).to_contain_text("Scripted demo providers")
    expect(page.locator("#header .rc-demo")).to_be_visible()


def test_page_follows_the_system_until_a_person_chooses(page: Page) -> None:
    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))


def test_card_draws_the_phases_and_their_steps_are_hidden(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    page.locator(".rc-fold").click()
    expect(page.locator(".rc-phase")).to_have_count(3)
    expect(page.locator(".rc-search")).to_have_count(5)
    assert page.locator(".step[data-step-type=tool]").count() >= 3
    expect(page.locator(".step[data-step-type=tool] >> visible=true")).to_have_count(0)
    expect(page.locator(".message-content h1")).to_have_text("Sodium-ion for home storage: close, not there yet")


def test_card_is_open_while_it_searches(page: Page) -> None:
    _ask(page, "running")
    expect(page.locator(".rc-fold")).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".rc-search[data-state=waiting]")).to_contain_text("Waiting for Gemini, next try in")
    expect(page.locator(".rc-notices")).to_have_text("it answered 429 (too many requests).")
    expect(page.locator("[role=status].rc-hidden")).to_contain_text("Waiting for Gemini. it answered 429")


def test_waits_are_named_once_for_each_provider_and_count_up_or_down(page: Page) -> None:
    told = page.evaluate("""() => {
        const words = window.rcUI.words;
        const wait = (on, since, until, reason) => ({on, since, until, reason});
        const gemini = wait('Gemini', 1000, 13000, 'It is busy; try again later.');
        const search = (waiting) => ({waiting});
        const view = {end: null, waiting: gemini, searches: [search(gemini), search(wait('Gemini', 3000, 9000, 'Too many')), search(null)]};
        const silent = {end: null, waiting: wait('Claude', 1000, null, 'No answer yet.'), searches: []};
        const all = [...words.waits(view), ...words.waits(silent)];
        return [all.map((each) => words.waiting(each, 5000)), all.map((each) => each.reasons), words.waiting(all[0], 9500)];
    }""")
    assert told == [
        ["Waiting for Gemini, next try in 4 s", "Waiting for Claude, 4 s"],
        [["It is busy.", "Too many."], ["No answer yet."]],
        "Waiting for Gemini, trying again",
    ]


def test_costs_are_split_by_step_and_an_unknown_price_is_never_nothing(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    expect(page.locator(".rc-summary")).to_contain_text("at least $0.14")
    expect(page.locator(".rc-replaced")).to_have_text("1 model replaced")
    expect(page.locator(".rc-notices")).to_have_count(0)
    page.locator(".rc-fold").click()
    rows = page.locator(".rc-costs :is(tbody, tfoot) tr")
    assert [row.inner_text().split() for row in rows.all()] == [
        ["Planning", "1,210", "120", "0", "<", "$0.01"],
        ["Searching", "7,000", "500", "5", "$0.14"],
        ["Writing", "40,000", "2,500", "0", "price", "unknown"],
        ["In", "all", "48,210", "3,120", "5", "at", "least", "$0.14"],
    ]
    expect(page.get_by_title("$0.0042")).to_have_text("< $0.01")
    expect(page.locator(".rc-conversation")).to_contain_text("This conversation: at least $0.14")
    expect(page.locator(".rc-notices")).to_have_text(
        "Claude (claude-sonnet-5-5) is not available at the moment (503); Gemini takes over."
    )


def test_report_is_copied_as_markdown_with_its_sources(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    page.get_by_role("button", name="Copy report").click()
    expect(page.locator(".rc-copy")).to_have_text("Copied")
    copied = page.evaluate("window.copied")
    assert "cost more per kilowatt-hour [1][4]." in copied
    assert "- [11] Data retention: handbook/retention.md (retrieved " in copied
    assert "\\[" not in copied


def test_sources_say_when_they_were_read_and_only_google_is_suggested(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    expect(page.locator(".rc-card").first).to_contain_text("Retrieved Nov 23, 2026")
    chips = page.locator(".rc-suggestions a")
    expect(chips).to_have_text(["sodium-ion home battery price"])
    expect(chips).to_have_attribute("rel", "noopener noreferrer")


def test_card_folds_for_the_report_and_opens_on_demand(page: Page) -> None:
    _ask(page, "report")
    fold = page.locator(".rc-fold")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.click()
    expect(page.locator(".rc-search[data-state=failed]")).to_contain_text("Not counted as evidence.")


def test_steps_are_shown_when_the_card_cannot_be_drawn(page: Page) -> None:
    page.route("**/elements/ResearchProgress.jsx", lambda route: route.abort())
    _ask(page, "no evidence")
    expect(page.locator(".step[data-step-type=tool]").first).to_be_visible()


def test_larger_seq_wins(page: Page) -> None:
    _ask(page, "running")
    expect(page.locator(".rc-progress")).to_contain_text("Waiting for Gemini")
    send = """seq => {
        const turn = document.querySelector('.step[data-step-type=user_message] [id^=step-]').id.slice(5);
        const phase = {id: 'planning', label: 'Planning', state: 'running', startedAt: 1, endedAt: null, note: null};
        const view = {
            seq, state: 'running', end: null, label: `Label ${seq}`, startedAt: 1, endedAt: null, cost: null, phases: [phase],
            searches: [], waiting: null, error: null, sourceCount: 0, searchesDone: 0, searchesFailed: 0,
        };
        window.postMessage({type: 'rc:progress', turn, view});
    }"""
    page.evaluate(send, 10**9)
    expect(page.locator(".rc-summary strong")).to_have_text("Label 1000000000")
    page.evaluate(send, 1)
    page.wait_for_timeout(700)
    expect(page.locator(".rc-summary strong")).to_have_text("Label 1000000000")


def test_views_are_not_sent_back_to_the_server(desk: BrowserContext) -> None:
    page = desk.new_page()
    sent: list[str] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(str(frame))))
    _open(page)
    _ask(page, "no evidence")
    expect(page.locator(".rc-progress")).to_have_attribute("data-rc-end", "no_evidence")
    page.close()
    assert any("client_message" in frame for frame in sent)
    assert not any("rc:progress" in frame for frame in sent)


def test_stop_is_asked_once_and_shown(page: Page) -> None:
    _ask(page, "running")
    stop = page.locator(".rc-stop button")
    stop.wait_for()
    # In the page itself: on a busy machine the turn has ended before a look from outside.
    assert stop.evaluate(
        "button => { button.click(); return new Promise((done) => setTimeout(() => done(button.disabled))); }"
    )
    expect(page.locator(".rc-progress")).to_have_attribute("data-rc-end", "turn_stopped")
    expect(page.locator(".rc-summary strong")).to_have_text("Stopped")
    expect(stop).to_have_count(0)


def test_failed_turn_says_why_and_stays_open(page: Page) -> None:
    _ask(page, "failed")
    expect(page.locator(".rc-failure")).to_contain_text("the API key has no credit left")
    expect(page.locator(".rc-fold")).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".rc-failure")).to_contain_text("What was found is kept; only the failed step is done again.")


def test_a_refused_retry_is_said_in_a_notice_and_can_be_asked_for_again(page: Page) -> None:
    _ask(page, "failed")
    button = page.get_by_role("button", name="Try again")
    button.click()
    expect(page.locator("[data-sonner-toast]")).to_contain_text("Nothing is tried again here.")
    expect(button).to_have_attribute("aria-disabled", "false")


def test_citation_opens_its_passages_and_escape_leads_back(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    citation = page.locator("a.rc-cite[data-number='11']").first
    citation.focus()
    expect(page.locator("#rc-peek")).to_contain_text("Customer records are kept")
    citation.press("Enter")
    panel = page.locator(".rc-panel")
    expect(panel.locator("blockquote")).to_have_count(2)
    expect(panel).to_contain_text("Found word for word in the file")
    expect(panel).to_contain_text("Retention > Customers")
    expect(panel.locator("a")).to_have_count(0)
    expect(panel.locator("h3")).to_be_focused()
    expect(citation).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(citation).to_be_focused()


def test_web_source_is_named_as_quoted_by_the_search_service(page: Page) -> None:
    _ask(page, "report")
    page.locator(".rc-card").first.click()
    expect(page.locator(".rc-panel")).to_contain_text("Quoted by the search service")
    expect(page.locator(".rc-panel a")).to_have_attribute("rel", "noopener noreferrer")


def test_panel_stays_open_while_elements_arrive(page: Page) -> None:
    _ask(page, "report")
    page.locator(".rc-card").first.click()
    expect(page.locator(".rc-panel")).to_be_visible()
    _wait_until_done(page)
    page.wait_for_timeout(500)
    expect(page.locator(".rc-panel")).to_be_visible()


def test_numbers_of_earlier_turns_lead_to_their_sources(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    _ask(page, "follow-up")
    page.locator(".step").last.locator("a.rc-cite[data-number='3']").click()
    expect(page.locator("#side-view-title")).to_contain_text("Source 3")


def test_links_of_strangers_lead_to_web_pages_only_and_say_where(page: Page) -> None:
    _ask(page, "untrusted")
    _wait_until_done(page)
    report = page.locator(".message-content .prose", has_text="a stranger says")
    expect(report.locator("a[data-host]")).to_have_text("hidden")
    addresses = report.locator("a[href]").evaluate_all(
        "links => links.map((a) => [a.getAttribute('href'), a.textContent])"
    )
    assert sorted(addresses) == sorted(
        [
            ["https://evil.example/x", "Click here (evil.example)"],
            ["https://evil.example/", "google.com (evil.example)"],
            ["https://evil.example/x", "https://google.com@evil.example/x (evil.example)"],
            ["http://evil.example", "www.google.com@evil.example (evil.example)"],
            ["https://evil.example", "https://google.com@evil.example (evil.example)"],
            ["https://xn--pple-43d.com", "а (xn--pple-43d.com)"],
            ["https://plain.example/x", "https://plain.example/x"],
            ["https://evil.example/pixel.png", "picture (evil.example)"],
            ["https://hidden.example/", "hidden"],
        ]
    )
    expect(report.locator("img, b, video, iframe")).to_have_count(0)
    expect(report).to_contain_text(":word[a]{b=c}")


def test_a_paragraph_without_a_source_has_a_quiet_badge(page: Page) -> None:
    _ask(page, "untrusted")
    badge = page.locator(".rc-uncited")
    expect(badge).to_have_text("(no source)")
    expect(badge).to_have_attribute("title", "No source is given for this paragraph")


def test_questions_to_ask_next_stand_below_the_last_report_only(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    offered = page.locator(".rc-follow-up >> visible=true")
    expect(offered).to_have_count(3)
    assert {box["height"] >= 44 for box in (each.bounding_box() for each in offered.all()) if box} == {True}
    offered.last.click()
    expect(page.locator(".rc-progress")).to_have_count(2)
    expect(page.locator(".step[data-step-type=user_message]").last).to_contain_text("And in the cold?")
    expect(offered).to_have_count(0)
    _wait_until_done(page)
    expect(page.locator(".step[data-step-type=user_message]")).to_have_count(2)


def test_the_way_to_the_newest_takes_no_press_that_is_meant_for_what_is_below(page: Page) -> None:
    _ask(page, "report")
    _wait_until_done(page)
    last = page.locator(".rc-follow-up >> visible=true").last
    last.scroll_into_view_if_needed()
    last.evaluate("button => button.closest('.overflow-y-auto').scrollBy({top: -20, behavior: 'instant'})")
    newest = page.get_by_role("button", name="To the newest")
    expect(newest).to_be_visible()
    at_its_centre = """button => {
        const {x, y, width, height} = button.getBoundingClientRect();
        return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    }"""
    assert last.evaluate(at_its_centre)
    newest.click()
    expect(newest).to_have_count(0)


def test_the_title_says_what_runs_and_what_came_while_the_tab_was_away(page: Page) -> None:
    page.evaluate(f"{LOOK}(true)")
    page.evaluate(TITLES)
    _ask(page, "report")
    expect(page).to_have_title("Report ready · Research Chat")
    assert [title for title in page.evaluate("titles") if re.search("^… .+ · Research Chat$", title)]
    page.evaluate(f"{LOOK}(false)")
    expect(page).to_have_title("Research Chat")


def test_the_title_outlasts_a_card_that_is_drawn_anew(page: Page) -> None:
    _ask(page, "running")
    expect(page).to_have_title(re.compile("^… Searching"))
    redrawn = """async () => {
        const card = document.querySelector('.rc-progress');
        const place = card.parentElement;
        card.remove();
        await new Promise((done) => setTimeout(done, 400));
        place.append(card);
        await new Promise((done) => setTimeout(done, 1500));
        return document.title;
    }"""
    assert page.evaluate(redrawn).startswith("… Searching")


def test_the_title_is_plain_when_the_end_was_seen_or_another_conversation_is_open(page: Page) -> None:
    _ask(page, "no evidence")
    _wait_until_done(page)
    expect(page).to_have_title("Research Chat")
    _ask(page, "running")
    expect(page).to_have_title(re.compile("^… Searching"))
    page.locator("#new-chat-button").click()
    if page.locator("#confirm").is_visible():
        page.locator("#confirm").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    expect(page).to_have_title("Research Chat")


def test_a_notification_is_asked_for_only_by_a_press_and_told_only_to_who_is_away(desk: BrowserContext) -> None:
    page = desk.new_page()
    page.add_init_script(NOTIFICATIONS)
    _open(page)
    _ask(page, "running")
    expect(page).to_have_title(re.compile("^… "))
    assert page.evaluate("[asked, told.length]") == [0, 0]
    tell = page.get_by_role("button", name="Tell me when it is done")
    tell.click()
    expect(page.get_by_role("button", name="You will be told when it is done")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.evaluate(f"{LOOK}(true)")
    page.evaluate(SHOWN, {"end": "report_ready", "state": "done"})
    expect(page).to_have_title("Report ready · Research Chat")
    assert page.evaluate("[asked, told]") == [1, [["The report is ready.", QUESTIONS["running"]]]]
    page.close()


def test_blocked_notifications_are_said_once_and_cost_nothing(desk: BrowserContext) -> None:
    page = desk.new_page()
    page.add_init_script(NOTIFICATIONS.replace("'granted'", "'denied'"))
    _open(page)
    page.evaluate("localStorage.removeItem('rc-tell-me')")
    _ask(page, "running")
    page.get_by_role("button", name="Tell me when it is done").click()
    expect(page.locator(".rc-tell-blocked")).to_contain_text("the title of the tab will say when it is done")
    page.close()


def test_a_report_that_is_written_again_says_why(page: Page) -> None:
    _ask(page, "running")
    expect(page.locator(".rc-progress")).to_contain_text("Waiting for Gemini")
    page.evaluate(SHOWN, {"rewriting": "citations"})
    expect(page.locator(".rc-notices")).to_have_text(
        "Checking the citations: some had no source, so the report is being corrected."
    )
    expect(page.locator("[role=status].rc-hidden")).to_contain_text("Checking the citations")


def test_a_lost_connection_is_said_in_plain_words_until_it_is_back(page: Page) -> None:
    _ask(page, "no evidence")
    _wait_until_done(page)
    page.context.set_offline(True)
    notice = page.locator("#session-error")
    expect(notice).to_have_text("Connection lost. The research goes on; reconnecting.")
    expect(notice).to_have_attribute("role", "alert")
    page.context.set_offline(False)
    expect(notice).to_have_count(0)


def test_running_thread_is_marked_in_the_list(page: Page) -> None:
    _ask(page, "running")
    page.wait_for_url("**/thread/*")
    row = page.locator(f"[id='thread-{page.url.rsplit('/', 1)[-1]}']")
    expect(row).to_have_attribute("data-rc-running", "")
    expect(row).to_contain_text("(running)")


def test_link_is_created_and_revoked_in_the_share_dialog(page: Page) -> None:
    expect(page.locator("#rc-share-button")).to_have_count(0)
    _ask(page, "no evidence")
    page.locator("#rc-share-button").click()
    dialog = page.locator("#rc-share")
    expect(dialog).to_contain_text("without signing in")
    dialog.get_by_role("button", name="Create link").click()
    expect(dialog.get_by_label("Link to this research")).to_have_value(re.compile(r"^http://127\.0\.0\.1:\d+/s/"))
    expect(dialog.get_by_role("button", name="Copy link")).to_be_focused()
    dialog.get_by_role("button", name="Stop sharing").click()
    expect(dialog.get_by_role("status")).to_contain_text("The old link opens nothing any more.")
    expect(dialog.get_by_role("button", name="Create link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#rc-share-button")).to_be_focused()


def test_share_dialog_says_what_went_wrong(page: Page) -> None:
    _ask(page, "no evidence")
    page.route("**/rc/share/*", lambda route: route.fulfill(status=403))
    page.locator("#rc-share-button").click()
    expect(page.locator("#rc-share [role=status]")).to_have_text("Only the person who asked can share this research.")


def test_reload_on_a_phone_keeps_the_thread(browser: Browser, address: str) -> None:
    context = browser.new_context(
        base_url=address, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    context.route(ELSEWHERE, lambda route: route.abort())
    page = context.new_page()
    _open(page)
    _ask(page, "no evidence")
    page.wait_for_url("**/thread/*")
    page.reload()
    expect(page.locator(".rc-summary strong")).to_have_text("Found no evidence")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#new-chat-button").click()
    expect(page.locator("#welcome-screen")).to_be_visible()
    context.close()


def test_right_to_left_text_reads_from_the_right(page: Page) -> None:
    _ask(page, "right to left")
    expect(page.locator(".message-content .prose h1")).to_have_attribute("dir", "auto")
    expect(page.locator(".message-content .prose h1")).to_have_css("direction", "rtl")


def _open(page: Page) -> None:
    # Signed in already: otherwise Chainlit loads the page, its sign-in and the page again, each once more on a busy machine.
    assert page.request.post("/auth/header").ok
    page.goto("/")
    expect(page.locator("#welcome-screen #chat-input")).to_be_visible()
    page.wait_for_function("window.rcUI?.words")


def _ask(page: Page, kind: str) -> None:
    expect(page.locator("#chat-input")).to_be_editable()
    for _ in range(10):  # Chainlit draws its composer anew shortly after a page is loaded, and empties it
        page.fill("#chat-input", QUESTIONS[kind])
        with suppress(AssertionError):
            expect(page.locator("#chat-submit")).to_be_enabled(timeout=3_000)
            break
    page.press("#chat-input", "Enter")


def _wait_until_done(page: Page) -> None:
    expect(page.locator(".rc-progress").last).to_have_attribute("data-rc-state", "done")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"The harness did not answer at {url} within {START_SECONDS} s.")
