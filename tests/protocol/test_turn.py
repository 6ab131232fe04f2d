"""A turn as a page sees it: plan, searches, a report that is written while one watches."""

import asyncio
import re
import time
from uuid import uuid4

import pytest

from tests.chainlit_client import ChainlitClient, ShownTurn, rows_of
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Fault
from tests.protocol.conftest import BRISK, QUICK, Pages

pytestmark = pytest.mark.provider_wire

QUESTION = "What is known about the tides of the North Sea?"


async def test_plan_searches_and_report_are_shown_as_they_come(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(BRISK)
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until(lambda: page.page.is_loading, "Stop in the place of Send")
    turn = await page.until_ended(message)

    assert (turn.state, turn.end) == ("done", "report_ready")
    assert list(turn.phases) == ["planning", "searching", "analyzing"]
    assert [step["name"] for step in turn.phases.values()] == ["Planning", "Searching", "Analyzing"]
    assert set(turn.states.values()) == {"done"}
    assert len(turn.searches) == 3
    assert {search["parentId"] for search in turn.searches} == {turn.phases["searching"]["id"]}
    assert {search["metadata"]["state"] for search in turn.searches} == {"done"}
    assert all(search["output"].startswith("- ") for search in turn.searches)
    assert states_of(page, turn.phases["searching"]["id"]) == ["running", "done"]
    assert {"queued", "running", "done"} >= set(states_of(page, turn.searches[0]["id"]))
    assert_order(page, turn)
    assert_cited(turn)
    assert turn.card["end"] == "report_ready"


async def test_the_first_step_is_shown_before_any_model_has_answered(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(QUICK.model_copy(update={"latency": 2.0}))
    page = await pages.open()
    asked_at = time.monotonic()
    message = await page.ask(QUESTION)
    await page.until(lambda: page.page.turn(message).states == {"planning": "running"}, "Planning")
    assert time.monotonic() - asked_at < 1.5
    await page.stop()
    await page.until_ended(message)


async def test_the_report_comes_in_pieces_spread_over_its_writing(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(BRISK)
    page = await pages.open()
    message = await page.ask(QUESTION)
    turn = await page.until_ended(message)

    pieces = page.pieces()
    assert len(pieces) >= 8
    assert pieces[-1].at - pieces[0].at > 0.5
    shown = "".join(heard.data["token"] for heard in pieces)
    assert shown in turn.text
    # No piece ends inside a citation: at no time does the page show half a link.
    assert [heard for heard in pieces if re.search(r"\[[^\]]*$|\]\([^)]*$", heard.data["token"])] == []


async def test_the_same_message_twice_is_one_turn(pages: Pages, providers: FakeProviders) -> None:
    page = await pages.open()
    message = str(uuid4())
    for _ in range(2):
        await page.ask(QUESTION, message)
    await page.until_ended(message)
    await page.ask(QUESTION, message)
    turn = await page.until_ended(message)

    assert page.page.questions == [message]
    assert len(turn.steps) == len({step["id"] for step in turn.steps}) == 9
    assert [request.role for request in providers.log()].count("planner") == 1
    stored = await rows_of(page, page.page.thread_id)
    assert len(stored["steps"]) == 9


async def test_a_follow_up_goes_on_counting_and_the_same_page_keeps_its_number(
    pages: Pages, providers: FakeProviders
) -> None:
    page = await pages.open()
    first = await page.until_ended(await page.ask(QUESTION))
    second = await page.until_ended(await page.ask("And what about the tides of the Baltic Sea?"))
    again = await page.until_ended(await page.ask(QUESTION))

    before = numbers_by_url(first)
    assert sorted(before.values()) == list(range(1, len(before) + 1))
    new = {url: number for url, number in numbers_by_url(second).items() if url not in before}
    assert sorted(new.values()) == list(range(len(before) + 1, len(before) + len(new) + 1))
    assert new
    assert numbers_by_url(again).items() <= (before | new).items()
    assert before.items() <= numbers_by_url(again).items()
    # The planner knows what was asked and found.
    planned = [request for request in providers.log("planner") if "Baltic" in request.question]
    assert QUESTION in str(planned[0].body)
    assert next(iter(before)) in str(planned[0].body) or first.sources[0]["title"] in str(planned[0].body)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(kind="bad_key", role="planner", times=None), r"Claude.*(key|401)"),
        (Fault(kind="status", status=400, role="search", times=None), r"Every search failed"),
    ],
    ids=["planner", "searches"],
)
async def test_a_failed_turn_says_why_and_still_does_after_a_reload(
    pages: Pages, providers: FakeProviders, fault: Fault, reason: str
) -> None:
    providers.scenario(QUICK.model_copy(update={"faults": (fault,)}))
    page = await pages.open()
    message = await page.ask(QUESTION)
    turn = await page.until_ended(message)

    assert (turn.state, turn.end) == ("failed", "turn_failed")
    said = turn.card["error"]["message"]
    assert re.search(reason, said), said
    failed = [step for step in turn.phases.values() if step["isError"]]
    assert [step["output"] for step in failed] == [said]
    assert "running" not in {step["metadata"]["state"] for step in turn.answers}
    reloaded = await pages.open(page.page.thread_id)
    assert reloaded.page.turn(message).shown() == turn.shown()
    assert not reloaded.page.is_loading


async def test_one_failed_search_leaves_a_report_from_the_others(pages: Pages, providers: FakeProviders) -> None:
    fault = Fault(kind="status", status=400, role="search", containing="evidence", times=None)
    providers.scenario(QUICK.model_copy(update={"faults": (fault,)}))
    page = await pages.open()
    turn = await page.until_ended(await page.ask(QUESTION))

    assert turn.end == "report_ready"
    states = {search["name"]: search["metadata"]["state"] for search in turn.searches}
    assert sorted(states.values()) == ["done", "done", "failed"]
    failed = next(search for search in turn.searches if search["metadata"]["state"] == "failed")
    assert "evidence" in failed["name"]
    assert failed["isError"]
    assert failed["output"]
    assert_cited(turn)


async def test_twenty_turns_at_once_all_end(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(BRISK)
    each = [await pages.open() for _ in range(20)]
    asked = [await page.ask(f"What is known about harbour number {n}?") for n, page in enumerate(each)]
    turns = await asyncio.gather(*(page.until_ended(message) for page, message in zip(each, asked, strict=True)))

    for number, turn in enumerate(turns):
        assert turn.end == "report_ready"
        assert f"harbour number {number}" in turn.text
        assert_cited(turn)


def states_of(page: ChainlitClient, step_id: str) -> list[str]:
    """The states that a step was shown in, one after the other."""
    states: list[str] = []
    for heard in page.heard:
        if heard.name in {"new_message", "update_message"} and heard.data["id"] == step_id:
            state = heard.data["metadata"]["state"]
            states += [state] if states[-1:] != [state] else []
    return states


def assert_order(page: ChainlitClient, turn: ShownTurn) -> None:
    """A page that sorts by time shows them as the one that saw them come."""
    created = [step["createdAt"] for step in turn.steps]
    assert created == sorted(created)
    assert turn.report is not None
    assert [page.page.questions[-1], turn.progress["id"], turn.report["id"]] == [
        step["id"] for step in turn.steps if step["type"] != "tool"
    ]


def assert_cited(turn: ShownTurn) -> None:
    """Every number in the text is a link to the source that has it, and every cited source is listed."""
    links = re.findall(r"\[\\\[(\d+)\\\]\]\(([^)]+)\)", turn.text)
    assert links
    assert not re.search(r"(?<![\\\[])\[\d+\]", turn.text)
    listed = {source["number"]: source for source in turn.sources}
    assert {int(number) for number, _ in links} == {n for n, source in listed.items() if source["cited"]}
    for number, url in links:
        assert listed[int(number)]["url"] == url
        assert listed[int(number)]["passages"]


def numbers_by_url(turn: ShownTurn) -> dict[str, int]:
    return {source["url"]: source["number"] for source in turn.sources}
