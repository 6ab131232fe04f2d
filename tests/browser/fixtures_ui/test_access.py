"""The page for everyone: no violations found by axe-core, the keyboard alone, six languages, no foreign host."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.fixtures_ui.test_page import _ask as ask
from tests.browser.fixtures_ui.test_page import _open as open_page
from tests.browser.fixtures_ui.test_page import _wait_until_done as wait_until_done

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK, PHONE = (1280, 860), (390, 844)


@contextmanager
def person(
    browser: Browser, address: str, locale: str = "en-US", scheme: str = "light", size: tuple[int, int] = DESK
) -> Iterator[Page]:
    """A page in front of somebody; fails when it asks another host for anything."""
    width, height = size
    is_phone = width < 500
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=is_phone,
        is_mobile=is_phone,
    )
    foreign: list[str] = []
    context.on(
        "request",
        lambda request: (
            foreign.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    page = context.new_page()
    open_page(page)
    expect(page.locator("#header #theme-toggle")).to_be_visible()
    expect(page.locator(".rc-mode")).to_be_visible()
    yield page
    context.close()
    assert foreign == []


def violations(page: Page, screen: str) -> list[str]:
    expect(page.locator("main")).to_have_count(1)  # Chainlit draws its page anew shortly after it is loaded
    expect(page.locator("main h1, #welcome-screen h1").first).to_be_attached()
    page.wait_for_timeout(300)  # the page's own fixes follow what Chainlit draws after 120 ms
    response = Axe().run(page, options={"runOnly": RULES}).response
    return [
        f"{screen}: {found['id']} at {', '.join(str(node['target']) for node in found['nodes'])}"
        for found in response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_violation(browser: Browser, address: str, scheme: str) -> None:
    with person(browser, address, scheme=scheme) as page:
        found = violations(page, "welcome")
        ask(page, "running")
        expect(page.locator(".rc-search[data-state=waiting]")).to_be_visible()
        found += violations(page, "waiting")
        page.locator(".rc-stop button").click()
        expect(page.locator("[data-rc-end=turn_stopped]")).to_be_visible()
        found += violations(page, "stopped")
        ask(page, "failed")
        expect(page.locator(".rc-failure")).to_be_visible()
        found += violations(page, "failed")
        ask(page, "report")
        wait_until_done(page)
        page.locator(".rc-card").first.click()
        expect(page.locator(".rc-panel")).to_be_visible()
        page.locator(".rc-fold").last.click()
        found += violations(page, "report with panel")
        page.locator("#rc-share-button").click()
        expect(page.locator("#rc-share")).to_be_visible()
        found += violations(page, "share")
        page.keyboard.press("Escape")
        page.locator("#search-chats-button").click()
        expect(page.get_by_role("dialog").first).to_be_visible()
        found += violations(page, "search")
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_of_a_phone_has_a_violation_and_what_is_touched_is_large(
    browser: Browser, address: str, scheme: str
) -> None:
    with person(browser, address, "ja-JP", scheme, PHONE) as page:
        found = violations(page, "welcome")
        ask(page, "report")
        wait_until_done(page)
        found += violations(page, "report")
        small = page.locator("button:visible").evaluate_all(
            "all => all.filter((b) => b.closest('.rc-progress, .rc-cards, #header, #message-composer'))"
            ".filter((b) => b.getBoundingClientRect().height < 43.5).map((b) => b.outerHTML.slice(0, 120))"
        )
        assert small == []
        page.locator("#sidebar-trigger-button").click()
        expect(page.locator("[data-sidebar=sidebar][data-mobile=true]")).to_be_visible()
        found += violations(page, "list")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found == []


def test_the_main_job_is_done_by_keyboard_alone(browser: Browser, address: str) -> None:
    with person(browser, address) as page:
        press = page.keyboard.press
        expect(page.locator("#chat-input")).to_be_focused()
        ask(page, "running")
        _tab_to(page, ".rc-stop button")
        press("Enter")
        expect(page.locator("[data-rc-end=turn_stopped]")).to_be_visible()
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
        expect(page.get_by_role("dialog").first).to_be_visible()
        press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


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
