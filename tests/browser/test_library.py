"""The library page as a person uses it: found from the chat, watched while files are read, filtered, read again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.app_process import AppProcess
from tests.browser.person import opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

FILES = {"ferns.md": "# Ferns\n\nFerns have no flowers.", "empty.txt": "", "photo.jpg": "no picture"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    data = tmp_path_factory.mktemp("browser") / "data"
    folder = data / "library"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    process = AppProcess(data, {})
    process.start()
    yield process
    process.stop()


def test_the_library_is_found_from_the_chat_and_follows_the_folder(person: BrowserContext, app: AppProcess) -> None:
    page = opened(person)
    page.locator("#rc-library-link").click()
    page.wait_for_url("**/library")
    rows = page.locator(".files tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Is empty; copy it again.")
    (app.data_dir / "library" / "mosses.md").write_text("Mosses have no roots.")
    expect(rows).to_have_count(4)
    expect(page.locator(".files")).to_contain_text("mosses.md")
    page.locator("#words").fill("ferns")
    expect(rows).to_have_count(1)
    page.locator("#words").fill("")
    expect(rows).to_have_count(4)
    page.get_by_role("link", name="Failed").click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.locator("#rc-library-link")).to_be_visible()


def test_all_files_are_read_again_by_keyboard(person: BrowserContext) -> None:
    page = person.new_page()
    page.goto("/library")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Re-index":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#announcement")).to_have_text("Up to date")
    expect(page.locator("#progress")).to_contain_text("Up to date")
    assert page.url.endswith("/library")


def test_without_scripts_the_page_lists_filters_and_reads_again(browser: Browser, app: AppProcess) -> None:
    context = browser.new_context(base_url=app.url, java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto("/library")
    expect(page.locator("h1")).to_have_text("Bibliothek")
    page.locator("#words").fill("ferns")
    page.get_by_role("button", name="Filtern").click()
    expect(page.locator(".files tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Neu einlesen").click()
    expect(page.locator("h1")).to_have_text("Bibliothek")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off_and_targets_are_large(
    browser: Browser, app: AppProcess, scheme: str, width: int, tmp_path: Path
) -> None:
    context = browser.new_context(base_url=app.url, viewport={"width": width, "height": 860}, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    page = context.new_page()
    page.goto("/library")
    expect(page.locator(".files tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.evaluate(
        "[...document.querySelectorAll('a, button, input[type=search]')].map((e) => e.offsetHeight)"
    )
    assert min(heights) >= 44
    context.close()
