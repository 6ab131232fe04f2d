"""The served fixture pages, for every module here."""

from tests.browser.fixtures_ui.test_page import address  # noqa: F401
