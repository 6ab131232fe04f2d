"""The page for everyone: no violations found by axe-core, the keyboard alone, six languages, no foreign host."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from chat_app.languages.choice import preferred
from chat_app.languages.retelling import retold
from tests.browser.fixtures_ui.test_page import _ask as ask
from tests.browser.fixtures_ui.test_page import _open as open_page
from tests.browser.fixtures_ui.test_page import _wait_until_done as wait_until_done
from tests.browser.looks import DESK, PHONE, cramped, moving, violations, visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SAID = [
    "'{who}.pdf' has 9,000 pages and the limit is 5,000; split it.",
    "Claude (claude-x) is not available at the moment (503); Gemini takes over.",
    "Ollama could not be reached (one; two $1); check the network, then try again.",
    "Every search failed, so there is nothing to write from. The first said: Gemini gave no answer in time; try again.",
    "too many requests (429)",
    "Is empty; copy it again.",
    "Is empty; do something new.",
    "page 12",
]


@contextmanager
def person(browser: Browser, address: str, locale: str = "en-US", size: tuple[int, int] = DESK) -> Iterator[Page]:
    """A page in front of somebody; fails when it asks another host for anything."""
    with visitor(browser, address, locale, size) as context:
        page = context.new_page()
        open_page(page)
        expect(page.locator("#header #theme-toggle")).to_be_visible()
        expect(page.locator(".rc-mode")).to_be_visible()
        yield page


@pytest.mark.parametrize(("size", "locale"), [(DESK, "en-US"), (PHONE, "ja-JP")], ids=["desk", "phone"])
def test_no_screen_keeps_anybody_out(browser: Browser, address: str, size: tuple[int, int], locale: str) -> None:
    is_phone = size == PHONE
    found: list[str] = []
    with person(browser, address, locale, size) as page:

        def look(screen: str) -> None:
            expect(page.locator("main")).to_have_count(1)  # Chainlit draws its page anew shortly after it is loaded
            expect(page.locator("main h1, #welcome-screen h1").first).to_be_attached()
            found.extend(violations(page, screen) + moving(page, screen) + (cramped(page, screen) if is_phone else []))

        look("welcome")
        ask(page, "running")
        expect(page.locator(".rc-search[data-state=waiting]")).to_be_visible()
        look("waiting")
        page.locator(".rc-stop button").click()
        expect(page.locator("[data-rc-end=turn_stopped]")).to_be_visible()
        look("stopped")
        ask(page, "failed")
        expect(page.locator(".rc-failure")).to_be_visible()
        look("failed")
        ask(page, "report")
        wait_until_done(page)
        page.locator(".rc-fold").last.click()
        if is_phone:
            look("report")
        page.locator(".rc-card").first.click()
        expect(page.locator(".rc-panel")).to_be_visible()
        look("report with panel")
        page.keyboard.press("Escape")
        expect(page.locator(".rc-panel")).to_have_count(0)
        page.locator("#rc-share-button").click()
        expect(page.locator("#rc-share")).to_be_visible()
        look("share")
        page.keyboard.press("Escape")
        if is_phone:
            page.locator("#sidebar-trigger-button").click()
            expect(page.locator("[data-sidebar=sidebar][data-mobile=true]")).to_be_visible()
            look("list")
        page.locator("#search-chats-button").click()
        expect(page.get_by_role("dialog").first).to_be_visible()
        look("search")
    assert found == [], "\n".join(found)


def test_what_opens_for_a_moment_keeps_nobody_out(browser: Browser, address: str) -> None:
    found: list[str] = []
    with person(browser, address) as page:
        for opener in ("#theme-toggle", "#user-nav-button"):
            page.locator(opener).click()
            expect(page.get_by_role("menu")).to_be_visible()
            found.extend(violations(page, f"menu of {opener}"))
            page.keyboard.press("Escape")
            expect(page.get_by_role("menu")).to_have_count(0)
            expect(page.locator(opener)).to_be_focused()
        page.locator("#upload-button-input").set_input_files(
            [{"name": f"{n}.md", "mimeType": "text/markdown", "buffer": b"#"} for n in range(11)]
        )
        notice = page.locator("[data-sonner-toast]")
        expect(notice).to_have_text("Too many files at once; attach fewer.")
        ground = page.locator("body").evaluate("body => getComputedStyle(body).getPropertyValue('--popover')")
        expect(notice).to_have_css("background-color", _rgb(page, f"hsl({ground})"))
        found.extend(violations(page, "notice"))
        ask(page, "report")
        wait_until_done(page)
        page.locator("a.rc-cite").first.focus()
        expect(page.locator("#rc-peek")).to_be_visible()
        found.extend(violations(page, "passage"))
        page.locator("#search-chats-button").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.type("nothing is called this")
        expect(page.get_by_role("option")).to_have_count(0)
        expect(page.locator("[cmdk-empty]")).to_have_attribute("data-rc-said", "Nothing is called that.")
        found.extend(violations(page, "search without a result"))
    assert found == [], "\n".join(found)


def _rgb(page: Page, colour: str) -> str:
    painted = "colour => { const p = document.createElement('p'); p.style.color = colour; document.body.append(p); "
    return page.evaluate(painted + "const rgb = getComputedStyle(p).color; p.remove(); return rgb; }", colour)


def test_the_main_job_is_done_by_keyboard_alone(browser: Browser, address: str) -> None:
    with person(browser, address) as page:
        press = page.keyboard.press
        expect(page.locator("#chat-input")).to_be_focused()
        ask(page, "running")
        _tab_to(page, ".rc-stop button")
        press("Enter")
        expect(page.locator("[data-rc-end=turn_stopped]")).to_be_visible()
        expect(page.locator(".rc-fold")).to_be_focused()
        ask(page, "failed")
        expect(page.locator(".rc-retry")).to_be_visible()
        _tab_to(page, ".rc-retry")
        press("Enter")
        expect(page.locator("[data-sonner-toast]")).to_contain_text("Nothing is tried again here.")
        ask(page, "report")
        wait_until_done(page)
        _tab_to(page, "a.rc-cite")
        expect(page.locator("#rc-peek")).to_be_visible()
        press("Enter")
        expect(page.locator(".rc-panel h3")).to_be_focused()
        press("Escape")
        expect(page.locator(".rc-panel")).to_have_count(0)
        expect(page.locator("a.rc-cite:focus")).to_have_count(1)
        _tab_to(page, ".rc-card")
        press("Enter")
        expect(page.locator(".rc-panel h3")).to_be_focused()
        press("Escape")
        _tab_to(page, "#rc-share-button")
        press("Enter")
        expect(page.get_by_role("button", name="Create link")).to_be_focused()
        press("Escape")
        expect(page.locator("#rc-share-button")).to_be_focused()
        _tab_to(page, "#search-chats-button")
        press("Enter")
        expect(page.get_by_role("dialog").locator("input")).to_be_focused()
        press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_conversation_is_renamed_and_deleted_by_keyboard_alone(browser: Browser, address: str) -> None:
    with person(browser, address) as page:
        press = page.keyboard.press
        ask(page, "no evidence")
        wait_until_done(page)
        row = page.locator(f"[id='thread-{page.url.rsplit('/', 1)[-1]}']")
        expect(row).to_be_visible()
        options = row.locator(".rc-row-options")
        title = row.locator(".truncate").inner_text()
        expect(options).to_have_accessible_name(f"Options of {title}")
        page.locator("#chat-input").focus()
        page.locator("#new-chat-button").first.focus()
        _tab_to(page, "#thread-history a")
        press("Tab")
        expect(options).to_be_focused()
        press("Enter")
        expect(page.locator("#rename-thread")).to_be_focused()
        press("Escape")
        expect(page.get_by_role("menu")).to_have_count(0)
        expect(options).to_be_focused()
        press("Enter")
        expect(page.locator("#rename-thread")).to_be_focused()
        press("Enter")
        expect(page.get_by_role("dialog").locator("#name")).to_be_focused()
        assert violations(page, "rename") == []
        page.keyboard.type("Tides")
        press("Enter")
        expect(row.locator(".truncate")).to_have_text("Tides")
        expect(options).to_be_focused()
        expect(options).to_have_accessible_name("Options of Tides")
        press("Enter")
        expect(page.locator("#rename-thread")).to_be_focused()
        press("ArrowDown")
        expect(page.locator("#delete-thread")).to_be_focused()
        press("Enter")
        expect(page.get_by_role("alertdialog")).to_be_visible()
        assert violations(page, "delete") == []
        press("Tab")
        press("Enter")
        expect(row).to_have_count(0)


def test_a_phone_shows_the_options_of_each_conversation_and_names_what_it_opens(browser: Browser, address: str) -> None:
    complaints: list[str] = []
    found: list[str] = []
    with person(browser, address, size=PHONE) as page:
        page.on("console", lambda said: complaints.append(said.text) if "Dialog" in said.text else None)
        ask(page, "report")
        wait_until_done(page)
        page.locator("a.rc-cite").first.click()
        expect(page.get_by_role("dialog", name=re.compile(r"^Source \d+$")).locator("h3")).to_be_focused()
        page.keyboard.press("Escape")
        page.locator("#new-chat-button").click()
        expect(page.locator("#welcome-screen")).to_be_visible()
        page.locator("#sidebar-trigger-button").click()
        expect(page.get_by_role("dialog", name="Your research")).to_be_visible()
        row = page.locator("#thread-history li[id^=thread-]").first
        expect(row.locator("#thread-options")).to_have_css("opacity", "1")
        for item in ("#rename-thread", "#delete-thread"):
            row.locator("#thread-options").tap()
            expect(page.locator(item)).to_be_visible()
            found.extend(violations(page, "menu") + cramped(page, "menu"))
            page.locator(item).tap()
            expect(page.locator(item)).to_have_count(0)
            found.extend(cramped(page, item))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(1)
    assert found == [], "\n".join(found)
    assert complaints == []


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until something like that has the focus, which must be seen on it."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            shown = "getComputedStyle(document.activeElement)"
            assert page.evaluate(f"{shown}.outlineStyle !== 'none' || {shown}.boxShadow !== 'none'"), selector
            return
    raise AssertionError(f"Tab never came to {selector}")


def test_phases_and_the_end_are_announced_and_the_text_is_not(browser: Browser, address: str) -> None:
    with person(browser, address) as page:
        page.evaluate("""() => {
            window.heard = [];
            new MutationObserver(() => document.querySelectorAll('[aria-live], [role=status], [role=log]').forEach((live) => {
                for (const said of [live, ...live.children].map((part) => part.textContent.trim()))
                    if (said && !window.heard.includes(said)) window.heard.push(said);
            })).observe(document.body, {childList: true, subtree: true, characterData: true});
        }""")
        ask(page, "report")
        wait_until_done(page)
        page.wait_for_timeout(500)
        heard: list[str] = page.evaluate("window.heard")
        assert {"Planning", "Searching", "Analyzing", "The report is ready."} <= set(heard)
        assert not any("sodium" in said.lower() for said in heard)


@pytest.mark.parametrize(
    ("locale", "lang", "promise", "stop", "end"),
    [
        ("de-AT", "de", "Stellen Sie eine Frage.", "Anhalten", "Angehalten"),
        ("es-MX", "es", "Haga una pregunta.", "Detener", "Detenido"),
        ("fr-CA", "fr", "Posez une question.", "Arrêter", "Recherche arrêtée"),
        ("zh-TW", "zh-CN", "提出问题", "停止", "已停止"),
        ("ja-JP", "ja", "質問すると", "停止", "停止しました"),
        ("it-IT", "en", "Ask a question.", "Stop", "Stopped"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(
    browser: Browser, address: str, locale: str, lang: str, promise: str, stop: str, end: str
) -> None:
    with person(browser, address, locale, size=PHONE) as page:
        expect(page.locator("html")).to_have_attribute("lang", lang)
        expect(page.locator("h1.rc-promise")).to_contain_text(promise)
        ask(page, "running")
        expect(page.locator(".rc-stop button")).to_have_text(stop)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(".rc-stop button").click()
        expect(page.locator(".rc-summary strong")).to_have_text(end)
        # What the server says in English is told alike by the page and by pages of our own.
        told = page.evaluate("said => import('/public/js/words.js').then((words) => said.map(words.retold))", SAID)
        assert told == [retold(sentence, preferred(locale)) for sentence in SAID]


def test_at_two_hundred_percent_nothing_is_cut_off(browser: Browser, address: str) -> None:
    with person(browser, address, "de-DE", size=(640, 430)) as page:
        ask(page, "report")
        wait_until_done(page)
        page.locator(".rc-fold").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        cut = page.locator(".rc-pill, .rc-phase-name, .rc-heading, .rc-summary").evaluate_all(
            "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).map((e) => e.outerHTML.slice(0, 100))"
        )
        assert cut == []


def test_right_to_left_questions_and_reports_read_from_the_right(browser: Browser, address: str) -> None:
    with person(browser, address) as page:
        ask(page, "right to left")
        wait_until_done(page)
        page.locator(".rc-fold").click()
        for selector in (".rc-query", ".message-content .prose h1", "[data-step-type=user_message] [dir=auto]"):
            assert page.locator(selector).first.evaluate("e => getComputedStyle(e).direction") == "rtl", selector
        assert re.search("[א-ת]", page.locator("#thread-history").inner_text())
