"""Pages as Chromium shows them: what the policies block, what still works, and how the shared page looks."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from chat_app.web import live_page
from chat_app.web.share_page import SharePage
from tests.ports import free_port
from tests.web.conversations import QUESTION, THREAD, TOKEN, Shelf, analyzing, planned, reported, searching, turn
from tests.web.test_share_page import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
expect.set_options(timeout=60_000)  # a page shares two cores with whatever else is tested
CHROMIUM = shutil.which("chromium")  # None: the one that Playwright brought
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            await browser.close()


def _complaints(page: Page) -> list[str]:
    """What the browser says it blocked or could not run, as it goes on."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def test_the_chat_page_and_its_custom_elements_work_behind_the_guards(browser: Browser, tmp_path: Path) -> None:
    async with _chainlit(tmp_path) as url:
        page = await browser.new_page()
        complaints = _complaints(page)
        failed: list[str] = []
        page.on("requestfailed", lambda request: failed.append(f"{request.failure} {request.url}"))
        await page.goto(f"{url}/")
        await page.fill("#chat-input", "A question")
        await expect(page.locator("#chat-submit")).to_be_enabled()
        await _send_until(page, "#press")
        await page.click("#press")
        await expect(page.locator("#press")).to_have_text("Pressed 1")
        assert await page.evaluate("document.documentElement.dataset.custom") == "loaded"
        assert await page.evaluate("window.theme.light['--radius']") == "0.5rem"
        assert {line for line in failed if "csp" in line} == {"csp http://localhost:9/pixel.png"}
        assert [line for line in complaints if "localhost:9/pixel.png" not in line] == []
        await page.close()


async def _send_until(page: Page, selector: str) -> None:
    """Press Enter again as long as the socket is not yet connected: Chainlit then leaves the text where it is."""
    for _ in range(20):
        await page.press("#chat-input", "Enter")
        try:
            return await expect(page.locator(selector)).to_be_visible(timeout=1_000)
        except AssertionError:
            continue
    raise AssertionError(f"{selector} did not appear")


async def test_a_shared_conversation_looks_right_in_both_modes_and_sizes(browser: Browser, tmp_path: Path) -> None:
    shelf = Shelf(turn(*reported()), turn(*searching(), question="And for a cabin in the north?", message=2))
    async with serving(SharePage(shelf)) as http:
        for scheme in ("light", "dark"):
            for name, size in SIZES.items():
                page = await browser.new_page(viewport=size, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
                complaints = _complaints(page)
                await page.goto(str(http.base_url.join(f"/s/{TOKEN}")))
                assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
                ground = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
                assert (sum(_channels(ground)) > 384) == (scheme == "light")
                await page.screenshot(path=tmp_path / f"{name}_{scheme}.png", full_page=True)
                await page.click(".cite >> nth=0")
                assert page.url.endswith("#turn-1-source-1")
                await expect(page.locator("#turn-1-source-1")).to_be_in_viewport()
                assert complaints == []
                await page.close()


async def test_a_shared_page_lives_while_it_is_watched_and_ends_when_the_link_is_withdrawn(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_page, "_SECONDS_BETWEEN_CHECKS", 0.2)
    shelf = Shelf(turn(*planned()))
    async with serving(SharePage(shelf)) as http:
        url = str(http.base_url.join(f"/s/{TOKEN}"))
        page = await browser.new_page()
        complaints = _complaints(page)
        await page.goto(url)
        await expect(page.locator("details.trail")).to_have_attribute("open", "")
        await page.click("summary.state")
        await shelf.change(turn(*searching()))
        await expect(page.locator("summary.state")).to_have_text("Searching · 1 of 3 searches · 2 sources")
        await expect(page.locator("details.trail:not([open])")).to_have_count(1)  # as the reader left it
        await shelf.change(turn(*analyzing("# Close\n\nPacks keep their capacity [1]")))
        await expect(page.locator(".report h2")).to_have_text("Close")
        await expect(page.locator("#announcement")).to_have_text("Analyzing")
        await shelf.change(turn(*reported()))
        await expect(page.locator(".sources li")).to_have_count(3)
        await shelf.change(*shelf.kept, turn(question="And then?", message=2))
        await expect(page.locator("#turn-2 .question")).to_have_text("And then?")
        assert await page.locator("h1").inner_text() == QUESTION
        assert complaints == []
        await shelf.revoke(THREAD)
        await expect(page.locator("h1")).to_have_text("There is nothing here")


async def test_a_shared_page_is_complete_without_a_script(browser: Browser) -> None:
    async with serving(SharePage(Shelf(turn(*reported())))) as http:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(str(http.base_url.join(f"/s/{TOKEN}")))
        await page.click("summary.state")
        await expect(page.locator(".searches li")).to_have_count(3)
        await expect(page.locator(".sources li")).to_have_count(3)


def _channels(colour: str) -> list[float]:
    return [float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


@asynccontextmanager
async def _chainlit(root: Path) -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.web.chainlit_app", str(port), str(root), stderr=asyncio.subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
            while not await _answers(http, url):
                assert process.returncode is None, "the application ended by itself"
                await asyncio.sleep(0.1)
        yield url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx.TransportError:
        return False
