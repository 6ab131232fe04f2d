"""What everybody must be able to see, hear and hit on a screen, whatever it is: looked for in light and in dark."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

DESK, PHONE = (1280, 860), (390, 844)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES = ("light", "dark")

# As Chainlit itself changes the colours, without the way through its menu; pages of our own follow the system.
_PAINT = """scheme => {
    const root = document.documentElement;
    if (!window.theme) return;
    root.classList.remove('light', 'dark');
    root.classList.add(scheme);
    for (const [name, value] of Object.entries(window.theme[scheme])) root.style.setProperty(name, value);
}"""
# Width and height of what can be hit, with the room that a pseudo-element adds. What stands in a sentence may be as its text.
_SMALL = """least => {
    const roles = ['button', 'option', 'menuitem', 'menuitemradio', 'combobox', 'switch', 'checkbox', 'radio', 'tab'];
    const all = document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), select, textarea, summary, ' + roles.map((role) => `[role=${role}]`).join()
    );
    const box = (element) => {
        const { width, height } = element.getBoundingClientRect();
        const around = ['::before', '::after'].map((name) => getComputedStyle(element, name))
            .filter((style) => style.content !== 'none' && style.position === 'absolute');
        return [
            Math.max(width, ...around.map((style) => parseFloat(style.width) || 0)),
            Math.max(height, ...around.map((style) => parseFloat(style.height) || 0)),
        ];
    };
    const isInText = (element) => {
        const text = element.parentElement;
        return element.tagName === 'A' && getComputedStyle(element).display.startsWith('inline')
            && text.textContent.trim().length > element.textContent.trim().length + 1;
    };
    const isShown = (element) => {
        if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
        const { width, height } = element.getBoundingClientRect();
        return width > 1 && height > 1 && !element.closest('[inert], [aria-hidden=true]') && !element.disabled;
    };
    return [...all].filter((element) => isShown(element) && !isInText(element)).map((element) => [element, box(element)])
        .filter(([, sides]) => Math.min(...sides) < least - 0.5)
        .map(([element, sides]) => `${sides.map(Math.round).join(' x ')}: ${element.outerHTML.slice(0, 160)}`);
}"""
_LEAST_PIXELS = 44
_MORE_LOOKS = 3


@contextmanager
def visitor(
    browser: Browser, address: str, locale: str = "en-US", size: tuple[int, int] = DESK, scheme: str = "light"
) -> Iterator[BrowserContext]:
    """Somebody with a browser of their own, who wants no motion; a page that asks another host for anything fails the test."""
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
    known = (address, address.replace("http", "ws", 1), "data:", "blob:")
    context.on("request", lambda asked: None if asked.url.startswith(known) else foreign.append(asked.url))
    yield context
    context.close()
    assert foreign == []


def paint(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate(_PAINT, scheme)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")  # what fades has faded


def violations(page: Page, screen: str) -> list[str]:
    """What axe-core finds, and finds again a second later. Colours are all that is other in the dark. The page is left light."""
    found = _violations(page, screen)
    for _ in range(_MORE_LOOKS):
        if not found:
            break
        page.wait_for_timeout(
            1000
        )  # the page's own fixes follow what Chainlit draws after 120 ms, later on a busy machine
        found = _violations(page, screen)
    return found


def _violations(page: Page, screen: str) -> list[str]:
    found: list[str] = []
    for scheme in SCHEMES:
        paint(page, scheme)
        rules = {"runOnly": RULES if scheme == "light" else ["color-contrast"]}
        for each in Axe().run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]:
            places = "; ".join(f"{node['html'][:120]} {node['failureSummary'][:300]}" for node in each["nodes"])
            found.append(f"{screen}, {scheme}: {each['id']} at {places}")
    paint(page, "light")
    return found


def cramped(page: Page, screen: str) -> list[str]:
    """What is too small for a finger, and whether the page is wider than the screen."""
    found = [f"{screen}: {each}" for each in page.evaluate(_SMALL, _LEAST_PIXELS)]
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, f"{screen}: scrolls sideways"] if is_wide else found


def moving(page: Page, screen: str) -> list[str]:
    """Animations that run although the person wants none."""
    running = (
        "animation => animation.playState === 'running' && animation.effect.getComputedTiming().iterations === Infinity"
    )
    named = "animation => animation.animationName + ' at ' + animation.effect.target.outerHTML.slice(0, 100)"
    return [
        f"{screen} moves: {each}" for each in page.evaluate(f"document.getAnimations().filter({running}).map({named})")
    ]
