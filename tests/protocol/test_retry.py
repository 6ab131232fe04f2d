"""Try again: a failed turn goes on where it failed, on every page at once, and nothing of the failed try is left."""

import asyncio

import pytest

from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient, ShownTurn
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Fault, Scenario
from tests.protocol.conftest import BRISK, QUICK, SLOW, Pages

pytestmark = pytest.mark.provider_wire

QUESTION = "What is known about the canals of Flanders?"
BREAKS_OFF = Fault(kind="error_event", role="analyst", status=400, after=0.5)


async def test_a_retry_replaces_the_failed_try_on_every_page_and_begins_once(
    pages: Pages, providers: FakeProviders
) -> None:
    page, message, failed = await failed_turn(pages, providers, BREAKS_OFF)
    assert failed.text  # half a report
    other = await pages.open(page.page.thread_id)
    providers.scenario(SLOW)
    providers.clear_log()
    turn_id = failed.progress["metadata"]["turn"]
    answers = await asyncio.gather(
        page.press_retry_of_card(turn_id), page.press_retry_of_card(turn_id), other.press_retry_of_card(turn_id)
    )
    assert [answer.json()["response"] for answer in answers] == [{"begun": True}] * 3
    for each in (page, other):
        await each.until(lambda each=each: each.page.turn(message).state == "running", "the new try")
        assert each.page.turn(message).card["error"] is None
        assert len(each.page.turn(message).card["searches"]) == 3
    late = await pages.open(page.page.thread_id)
    ended = [await each.until_ended(message) for each in (page, other, late)]
    assert [turn.end for turn in ended] == ["report_ready"] * 3
    assert ended[0].shown() == ended[1].shown() == ended[2].shown()
    assert ended[0].text.count("What stays open") == 1
    assert [request.role for request in providers.log()] == ["analyst"]
    reloaded = await pages.open(page.page.thread_id)
    assert reloaded.page.turn(message).shown() == ended[0].shown()


async def test_an_answer_that_is_tried_again_stays_above_later_questions(
    pages: Pages, providers: FakeProviders
) -> None:
    page, message, failed = await failed_turn(pages, providers, Fault(kind="bad_key", role="analyst"))
    assert failed.report is None
    later = await page.ask("And in winter?")
    await page.until_ended(later)
    await page.press_retry_of_card(failed.progress["metadata"]["turn"])
    await page.until(lambda: page.page.turn(message).end == "report_ready", "the answer")
    reloaded = await pages.open(page.page.thread_id)
    for each in (page, reloaded):
        order = [step["id"] for step in each.page.steps.values()]
        report = each.page.turn(message).report
        assert report is not None
        assert order.index(report["id"]) < order.index(later)


async def test_a_turn_that_fails_again_can_be_tried_again(pages: Pages, providers: FakeProviders) -> None:
    page, message, failed = await failed_turn(pages, providers, BREAKS_OFF)
    providers.scenario(with_fault(QUICK, Fault(kind="bad_key", role="analyst")))
    await page.press_retry_of_card(failed.progress["metadata"]["turn"])
    await page.until(lambda: page.page.turn(message).card["error"] != failed.card["error"], "another failure")
    again = await page.until_ended(message)
    assert (again.end, again.text) == ("turn_failed", "")
    assert again.report is None
    reloaded = await pages.open(page.page.thread_id)
    assert reloaded.page.turn(message).shown() == again.shown()
    await page.press_retry_of_card(again.progress["metadata"]["turn"])
    await page.until(lambda: page.page.turn(message).end == "report_ready", "the report")


async def test_what_did_not_fail_is_refused_with_a_notice(pages: Pages) -> None:
    page = await pages.open()
    message = await page.ask(QUESTION)
    done = await page.until_ended(message)
    answer = await page.press_retry_of_card(done.progress["metadata"]["turn"])
    assert answer.json()["response"] == {"begun": False}
    await page.until(lambda: page.page.toasts != [], "the notice")
    assert "did not fail" in page.page.toasts[-1]["message"]
    assert page.page.turn(message).shown() == done.shown()


async def test_what_a_program_asks_and_tries_again_is_seen_on_open_pages(
    pages: Pages, providers: FakeProviders, app: AppProcess
) -> None:
    page, message, failed = await failed_turn(pages, providers, Fault(kind="bad_key", role="analyst"))
    providers.scenario(BRISK)
    turn_id = failed.progress["metadata"]["turn"]
    with app.client() as client:
        begun = [client.post(f"/api/turns/{turn_id}/retry").json() for _ in range(2)]
    assert begun[0] == begun[1]
    await page.until(lambda: page.page.turn(message).end == "report_ready", "the report of the new try")

    asked = await asyncio.to_thread(app.ask, "And in winter?", page.page.thread_id)
    asked_id = asked.turn.split(":")[1]
    done = await page.until_ended(asked_id)
    assert done.end == "report_ready"
    reloaded = await pages.open(page.page.thread_id)
    assert reloaded.page.turn(asked_id).shown() == done.shown()
    assert list(reloaded.page.steps) == list(page.page.steps)


async def failed_turn(pages: Pages, providers: FakeProviders, fault: Fault) -> tuple[ChainlitClient, str, ShownTurn]:
    providers.scenario(with_fault(BRISK, fault))
    page = await pages.open()
    message = await page.ask(QUESTION)
    failed = await page.until_ended(message)
    assert failed.end == "turn_failed"
    return page, message, failed


def with_fault(scenario: Scenario, fault: Fault) -> Scenario:
    return scenario.model_copy(update={"faults": (fault,)})
