"""What is kept: the list of conversations, the search in it, a reopened one in order, and nothing of a deleted one."""

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient
from tests.fakes.providers import FakeProviders
from tests.protocol.conftest import SLOW, Pages

pytestmark = pytest.mark.provider_wire

LONG = "What is known about windmills, " + "their sails, their stones and their millers, " * 10 + "in the Netherlands?"


async def test_conversations_are_listed_by_their_question_newest_activity_first(pages: Pages) -> None:
    page, other = await pages.open(), await pages.open()
    await page.until_ended(await page.ask("What is known about the herring of Scania?"))
    await other.until_ended(await other.ask(LONG))
    newest = [thread["name"] for thread in await listed(page)][:2]
    assert newest[1] == "What is known about the herring of Scania?"
    assert newest[0].startswith("What is known about windmills")
    assert len(newest[0]) <= 81

    await page.until_ended(await page.ask("And in Norway?"))
    assert [thread["id"] for thread in await listed(page)][:2] == [page.page.thread_id, other.page.thread_id]


async def test_search_finds_words_of_questions_and_reports(pages: Pages) -> None:
    page = await pages.open()
    await page.until_ended(await page.ask("What is known about the amber of Kaliningrad?"))

    for words in ("amber", "AMBER of kal", "encyclopedia.example", "consistent picture of known about the amber"):
        assert page.page.thread_id in [thread["id"] for thread in await listed(page, words)], words
    assert await listed(page, "no conversation holds these words") == []
    assert await listed(page, "%") == []


async def test_the_list_comes_in_pages(pages: Pages) -> None:
    page = await pages.open()
    for number in range(3):
        opened = await pages.open()
        await opened.until_ended(await opened.ask(f"What is known about dyke number {number}?"))
    async with page.http() as http:
        first = await threads_page(http, first=2)
        second = await threads_page(http, first=2, cursor=first["pageInfo"]["endCursor"])
    assert len(first["data"]) == 2
    assert first["pageInfo"]["hasNextPage"]
    assert not {t["id"] for t in first["data"]} & {t["id"] for t in second["data"]}


async def test_a_reopened_conversation_shows_everything_in_order(pages: Pages) -> None:
    page = await pages.open()
    questions = ["What is known about the eels of Comacchio?", "And about their price?", "And about their rivers?"]
    for question in questions:
        await page.until_ended(await page.ask(question))

    reopened = await pages.open(page.page.thread_id)
    assert [reopened.page.steps[step]["output"] for step in reopened.page.questions] == questions
    assert list(reopened.page.steps) == list(page.page.steps)
    for message in page.page.questions:
        assert reopened.page.turn(message).shown() == page.page.turn(message).shown()


async def test_a_conversation_can_be_renamed_and_keeps_the_name(pages: Pages) -> None:
    page = await pages.open()
    await page.until_ended(await page.ask("What is known about the salt of Lüneburg?"))
    async with page.http() as http:
        await http.put("/project/thread", json={"threadId": page.page.thread_id, "name": "Salt"})
    await page.until_ended(await page.ask("And about its price?"))
    await page.disconnect()
    names = {thread["id"]: thread["name"] for thread in await listed(page)}
    assert names[page.page.thread_id] == "Salt"


async def test_a_deleted_conversation_leaves_nothing(pages: Pages, app: AppProcess) -> None:
    page = await pages.open()
    await page.until_ended(await page.ask("What is known about the peat of Drenthe?"))
    thread = page.page.thread_id
    async with page.http() as http:
        await http.put("/feedback", json=feedback_on(page))
        shared = (await http.post(f"/rc/share/{thread}", headers={"Origin": app.url})).json()["url"]
        assert (await http.get(shared)).status_code == httpx.codes.OK
        assert rows_with(app, thread)
        assert (await http.request("DELETE", "/project/thread", json={"threadId": thread})).is_success
        assert (await http.get(shared)).status_code == httpx.codes.NOT_FOUND
        assert (await http.get(f"/project/thread/{thread}")).status_code == httpx.codes.NOT_FOUND
    assert thread not in [known["id"] for known in await listed(page)]
    assert rows_with(app, thread) == []
    await page.disconnect()
    assert rows_with(app, thread) == []


async def test_deleting_a_conversation_stops_its_research(
    pages: Pages, app: AppProcess, providers: FakeProviders
) -> None:
    providers.scenario(SLOW)
    page = await pages.open()
    message = await page.ask("What is known about the moors of Emsland?")
    await page.until_writing(message)
    async with page.http() as http:
        deleted = await http.request("DELETE", "/project/thread", json={"threadId": page.page.thread_id})
    deleted_at = time.time()
    assert deleted.is_success, deleted.text
    assert {request.outcome for request in providers.settled_log()} <= {"finished", "disconnected"}
    assert all((request.ended_at or 0) < deleted_at + 1 for request in providers.log())
    await page.until(lambda: not page.page.is_loading, "a page that is free")
    assert rows_with(app, page.page.thread_id) == []


async def listed(page: ChainlitClient, search: str | None = None) -> list[dict[str, Any]]:
    async with page.http() as http:
        return (await threads_page(http, search=search))["data"]


async def threads_page(http: httpx.AsyncClient, first: int = 50, **more: str | None) -> dict[str, Any]:
    body = {
        "pagination": {"first": first, "cursor": more.get("cursor")},
        "filter": {"search": more.get("search"), "feedback": None},
    }
    answer = await http.post("/project/threads", json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


def feedback_on(page: ChainlitClient) -> dict[str, Any]:
    report = page.page.turn(page.page.questions[-1]).report
    assert report is not None
    return {"feedback": {"forId": report["id"], "value": 1, "comment": ""}, "sessionId": page.session}


def rows_with(app: AppProcess, text: str) -> list[str]:
    """Where the text stands in any column of any table of the server's databases."""
    return [place for path in sorted(app.data_dir.glob("*.sqlite")) for place in _places(path, text)]


def _places(path: Any, text: str) -> Iterable[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [column[1] for column in database.execute(f'PRAGMA table_info("{table}")')]
            for column in columns:
                found = f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS TEXT), ?)'
                if database.execute(found, (text,)).fetchone()[0]:
                    yield f"{path.name}: {table}.{column}"
