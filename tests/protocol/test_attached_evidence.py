"""A file attached to a question that models research: they hear of it, and its passages are evidence."""

import json

from tests.fakes.providers import FakeProviders
from tests.protocol.conftest import Pages
from tests.protocol.test_attachments import LEASE, NAME, NOTICE, QUESTION, attached


async def test_an_attached_file_is_evidence_wherever_the_plan_looks(pages: Pages, providers: FakeProviders) -> None:
    page = await pages.open()
    turn = await page.until_ended(await page.ask(QUESTION, files=[await attached(page, content=LEASE)]))
    assert turn.end == "report_ready"
    (source,) = [source for source in turn.sources if source["url"] == f"attachment:{NAME}"]
    assert any(NOTICE in passage["quote"] for passage in source["passages"])
    asked = {role: json.dumps([request.body for request in providers.log(role)]) for role in ("planner", "analyst")}
    assert "<attached_files>" in asked["planner"]
    assert NAME in asked["planner"]
    assert NOTICE in asked["analyst"]
