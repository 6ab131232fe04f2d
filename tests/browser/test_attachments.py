"""A file attached to a question, in a real browser: attach, ask, kill -9, click the citation, see the passage in its text."""

import contextlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app_process import AppProcess
from tests.browser.person import Person, ask, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FILLER = "".join(
    f"\n## Rule {i}\n\nRule {i} of the harbour is about ropes, buoys and the painting of hulls.\n" for i in range(60)
)
NOTICE = "The tenant of the boathouse may end the lease with three months' notice."
TEXT = f"# Harbour rules\n{FILLER}\n## Ending the lease\n\n{NOTICE}\n{FILLER}"


def test_a_citation_of_an_attached_file_leads_to_the_marked_passage(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "harbour rules.md"
    file.write_text(TEXT, encoding="utf-8")
    refused = tmp_path / "empty.pdf"
    refused.write_bytes(b"")
    app = AppProcess(tmp_path / "data", {})
    app.start()
    try:
        with Person(browser, app) as person:
            page = opened(person)
            page.locator("#upload-button-input").set_input_files(file)
            expect(page.get_by_text("harbour rules.md")).to_be_visible()
            expect(page.locator("#chat-submit")).to_be_disabled()
            ask(page, "With how many months' notice may the tenant end the lease of the boathouse?")
            expect(page.locator("a.rc-cite").first).to_be_visible()
            app.kill()
            app.start()
            page.reload()
            expect(page.locator("[data-step-type=user_message]").get_by_text("harbour rules.md")).to_be_visible()
            _open_source(page)
            expect(page.locator("#side-view-content")).to_contain_text("Attached file")
            with person.expect_page() as opening:
                page.locator("#side-view-content").get_by_role("link", name="Show in the text").first.click()
            text = opening.value
            expect(text).to_have_url(re.compile(r"\?passage=1#passage-1$"))
            expect(text.locator("mark#passage-1")).to_have_text(NOTICE)
            expect(text.locator("mark#passage-1")).to_be_in_viewport()
            expect(text.get_by_text("Rule 59 of the harbour").first).to_be_attached()
    finally:
        app.stop()


def _open_source(page: Page) -> None:
    """Chainlit draws a thread twice when it is loaded, and closes what was opened in between: then as a person would."""
    for _ in range(3):
        page.locator("a.rc-cite").first.click()
        with contextlib.suppress(AssertionError):
            expect(page.locator("#side-view-content")).to_be_visible(timeout=5_000)
            return
