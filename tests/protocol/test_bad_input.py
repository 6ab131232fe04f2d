"""Whatever a client sends, the server says what is wrong and stays up, and nothing is stored."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from socketio.exceptions import ConnectionError as Refused

from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient
from tests.protocol.conftest import Pages
from tests.protocol.test_history import rows_with

pytestmark = pytest.mark.provider_wire

MALFORMED: list[Any] = [
    None,
    "text",
    7,
    [],
    {},
    {"message": None},
    {"message": "text"},
    {"message": []},
    {"message": {"id": {"$ne": 1}, "output": ["a"]}},
    {"message": {"output": "no id"}},
]


@pytest.mark.parametrize("message_id", ["", "1", "../../etc/passwd", "0" * 400])
async def test_an_id_that_is_none_is_refused_and_the_message_taken_off_the_page(
    pages: Pages, app: AppProcess, message_id: str
) -> None:
    page = await pages.open()
    question = f"What is known about {uuid4()}?"
    message: dict[str, Any] = {"id": message_id, "type": "user_message", "output": question}
    page.page.hear("new_message", message)
    await page.emit("client_message", {"message": message})
    said = await page.until(lambda: page.page.toasts, "a refusal")
    assert "reload the page" in said[0]["message"]
    assert page.page.steps == {}
    assert not page.page.is_loading
    assert rows_with(app, question) == []


@pytest.mark.parametrize(("text", "says"), [("", "empty"), (" \n\x00\x1f", "empty"), ("x" * 200_000, "200,000")])
async def test_a_question_that_cannot_be_asked_is_refused_with_the_reason(
    pages: Pages, app: AppProcess, text: str, says: str
) -> None:
    page = await pages.open()
    await page.ask(text)
    said = await page.until(lambda: page.page.toasts, "a refusal")
    assert says in said[0]["message"]
    assert said[0]["type"] == "error"
    assert page.page.questions == []
    assert (await page.until_ended(await page.ask("What is known about rye?"))).end == "report_ready"


async def test_control_characters_are_taken_out_of_a_question(pages: Pages) -> None:
    page = await pages.open()
    message = await page.ask("What is\x00 known\x1b[31m about\u202e oats?")
    await page.until_ended(message)
    shown = page.page.steps[message]["output"]
    assert shown == "What is known[31m about oats?"


@pytest.mark.parametrize("event", ["client_message", "edit_message", "stop", "window_message", "message_favorite"])
async def test_malformed_events_leave_server_and_page_working(pages: Pages, event: str) -> None:
    page = await pages.open()
    for payload in MALFORMED:
        await page.emit(event, payload)
    turn = await page.until_ended(await page.ask("What is known about barley?"))
    assert turn.end == "report_ready"
    assert len(page.page.questions) == 1


async def test_a_message_beyond_all_measure_ends_the_connection_and_nothing_else(pages: Pages, app: AppProcess) -> None:
    page, other = await pages.open(), await pages.open()
    await page.ask("x" * 3_000_000)
    await page.until_connected(2)
    assert (await other.until_ended(await other.ask("What is known about wheat?"))).end == "report_ready"
    assert rows_with(app, "x" * 1_000) == []


@pytest.mark.parametrize("thread", ["../../etc", "x" * 5_000, "' OR 1=1 --"])
async def test_a_conversation_of_no_known_name_is_empty(app: AppProcess, thread: str) -> None:
    client = ChainlitClient(app.url, dict(app.cookies()), thread)
    await client.connect()
    await client.until(lambda: client.since_connection("resume_thread_error"), "that there is none")
    assert client.page.steps == {}
    await client.disconnect()


async def test_nobody_connects_without_signing_in(app: AppProcess) -> None:
    for cookies in ({}, {"access_token": "none"}):
        client = ChainlitClient(app.url, cookies)
        with pytest.raises(Refused):
            await client.connect()
        await client.disconnect()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"pagination": {"first": "x"}, "filter": {}}', b"\xff\xfe"])
@pytest.mark.parametrize("path", ["/project/threads", "/project/action", "/api/turns"])
async def test_malformed_requests_are_refused(pages: Pages, path: str, body: bytes) -> None:
    page = await pages.open()
    async with page.http() as http:
        answer = await http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text
        assert (await http.get("/readyz")).status_code == httpx.codes.OK
