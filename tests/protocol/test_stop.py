"""Stop: within a second everything ends, what was found stays, and nothing is asked of a provider any more."""

import asyncio
import time

import pytest

from tests.chainlit_client import ChainlitClient, ShownTurn
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Fault
from tests.protocol.conftest import QUICK, SLOW, Pages

pytestmark = pytest.mark.provider_wire

QUESTION = "What is known about the canals of Flanders?"
STOP_SECONDS = 1.0
NEVER_ANSWERS = Fault(kind="never", role="search", containing="criticism", times=None)


async def test_stop_while_it_writes_keeps_text_and_sources(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW)
    page = await pages.open()
    message = await page.ask(QUESTION)
    before = await page.until_writing(message)
    turn = await stopped(page, message, providers)

    assert turn.text.startswith(before.text.rsplit("[", 1)[0].rstrip())
    assert turn.states == {"planning": "done", "searching": "done", "analyzing": "stopped"}
    assert len(turn.sources) >= 2
    await assert_same_after_reload(pages, page, message)


async def test_stop_while_it_searches_keeps_what_was_found(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW.model_copy(update={"faults": (NEVER_ANSWERS,)}))
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until(lambda: done_searches(page, message) == 2, "two searches that are done")
    turn = await stopped(page, message, providers)

    assert turn.states == {"planning": "done", "searching": "stopped"}
    assert sorted(search["metadata"]["state"] for search in turn.searches) == ["done", "done", "stopped"]
    assert turn.card["sourceCount"] >= 4
    await assert_same_after_reload(pages, page, message)


async def test_stop_while_it_plans(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW.model_copy(update={"faults": (Fault(kind="never", role="planner", times=None),)}))
    page = await pages.open()
    message = await page.ask(QUESTION)
    await asyncio.to_thread(wait_for_request, providers, "planner")
    turn = await stopped(page, message, providers)

    assert turn.states == {"planning": "stopped"}


async def test_stop_works_on_a_page_that_came_back(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW)
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until_writing(message)
    reloaded = await pages.open(page.page.thread_id)
    await reloaded.until(lambda: reloaded.page.is_loading, "Stop in the place of Send")
    turn = await stopped(reloaded, message, providers)

    assert (await page.until_ended(message)).shown() == turn.shown()


async def test_stop_of_the_card_stops_too(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW)
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until_writing(message)
    answer = await page.press_stop_of_card(f"{page.page.thread_id}:{message}:0")
    turn = await page.until_ended(message)

    assert answer.json()["success"]
    assert turn.end == "turn_stopped"


async def test_after_a_stop_one_can_ask_on(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(SLOW)
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until_writing(message)
    found = await stopped(page, message, providers)
    providers.scenario(QUICK)
    turn = await page.until_ended(await page.ask("And about the canals of Holland?"))

    assert turn.end == "report_ready"
    known = {source["url"]: source["number"] for source in found.sources}
    assert min(source["number"] for source in turn.sources if source["url"] not in known) == max(known.values()) + 1


async def stopped(page: ChainlitClient, message: str, providers: FakeProviders) -> ShownTurn:
    """Press Stop; everything that must follow at once has followed."""
    pressed_at, pressed_on = time.monotonic(), time.time()
    await page.stop()
    turn = await page.until_ended(message)
    seconds = time.monotonic() - pressed_at
    assert (turn.state, turn.end) == ("stopped", "turn_stopped")
    assert seconds < STOP_SECONDS, seconds
    assert not {"running", "waiting", "queued"} & {step["metadata"]["state"] for step in turn.answers}
    log = await asyncio.to_thread(providers.settled_log)
    cut = [request for request in log if request.outcome == "disconnected"]
    assert cut
    assert all(request.ended_at and request.ended_at - pressed_on < STOP_SECONDS for request in cut)
    assert "running" not in {request.outcome for request in log}
    # No request comes any more, also after the time that a retry would wait for.
    await asyncio.sleep(1.0)
    assert [request for request in providers.log() if request.at > pressed_on] == []
    return page.page.turn(message)


async def assert_same_after_reload(pages: Pages, page: ChainlitClient, message: str) -> None:
    reloaded = await pages.open(page.page.thread_id)
    assert reloaded.page.turn(message).shown() == page.page.turn(message).shown()
    assert not reloaded.page.is_loading


def done_searches(page: ChainlitClient, message: str) -> int:
    return sum(search["metadata"]["state"] == "done" for search in page.page.turn(message).searches)


def wait_for_request(providers: FakeProviders, role: str) -> None:
    deadline = time.monotonic() + 30
    while not any(request.role == role for request in providers.log()):
        assert time.monotonic() < deadline, f"nothing was asked of the {role}"
        time.sleep(0.05)
