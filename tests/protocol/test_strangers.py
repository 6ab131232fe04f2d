"""Two people on one server: nothing of one is seen, changed or stopped by the other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from socketio.exceptions import ConnectionError as Refused

from chat_app.web.users import add_user
from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient, opened, rows_of, sign_in
from tests.protocol.conftest import PASSWORD
from tests.protocol.test_history import feedback_on

Row = dict[str, Any]


@pytest.fixture(scope="module")
def app(app_of_two: AppProcess) -> AppProcess:
    return app_of_two


@pytest.fixture(scope="module")
def cookies(app: AppProcess) -> dict[str, httpx.Cookies]:
    return {name: sign_in(app.url, name, PASSWORD) for name in ("alice", "bob")}


@pytest_asyncio.fixture
async def alice(app: AppProcess, cookies: dict[str, httpx.Cookies]) -> AsyncIterator[ChainlitClient]:
    """Has asked; after the test all that she has must be as it was."""
    async with opened(app.url, cookies["alice"]) as page:
        await page.until_ended(await page.ask("What does the lamp of Skerryvore burn?"))
        async with page.http() as http:
            assert (await http.put("/feedback", json=feedback_on(page))).is_success
        before = await rows_of(page, page.page.thread_id)
        yield page
        assert await rows_of(page, page.page.thread_id) == before


@pytest_asyncio.fixture
async def bob(app: AppProcess, cookies: dict[str, httpx.Cookies]) -> AsyncIterator[ChainlitClient]:
    async with opened(app.url, cookies["bob"]) as page:
        await page.until_ended(await page.ask("How heavy is the tower of Skerryvore?"))
        yield page


async def test_who_was_taken_out_of_the_users_file_does_nothing_more_on_an_open_page(app: AppProcess) -> None:
    users = Path(app.environment["CHAT_APP_USERS_FILE"])
    add_user(users, "carol", PASSWORD)
    async with opened(app.url, sign_in(app.url, "carol", PASSWORD)) as page:
        first = await page.until_ended(await page.ask("What does the lamp of Skerryvore burn?"))
        take_out(users, "carol")
        message = await page.ask("How heavy is the tower of Skerryvore?")
        await page.until(lambda: page.page.toasts, "a notice")
        assert "signed out" in page.page.toasts[-1]["message"]
        assert message not in page.page.questions
        answer = await page.press_retry_of_card(first.progress["metadata"]["turn"])
        assert answer.status_code == httpx.codes.UNAUTHORIZED


def take_out(users: Path, name: str) -> None:
    lines = users.read_text().splitlines(keepends=True)
    users.write_text("".join(line for line in lines if not line.startswith(f"{name}:")))


async def test_a_conversation_of_somebody_else_is_not_there(alice: ChainlitClient, bob: ChainlitClient) -> None:
    thread, element = alice.page.thread_id, next(iter(alice.page.elements))
    turn = f"{thread}:{alice.page.questions[0]}:0"
    requests: list[tuple[str, str, Row | None]] = [
        ("GET", f"/project/thread/{thread}", None),
        ("GET", f"/project/thread/{thread}/element/{element}", None),
        ("GET", f"/project/share/{thread}", None),
        ("PUT", "/project/thread", {"threadId": thread, "name": "Bob was here"}),
        ("PUT", "/project/thread/share", {"threadId": thread, "isShared": True}),
        ("DELETE", "/project/thread", {"threadId": thread}),
        ("GET", f"/rc/share/{thread}", None),
        ("POST", f"/rc/share/{thread}", None),
        ("DELETE", f"/rc/share/{thread}", None),
        ("GET", f"/rc/source/{thread}/1", None),
        ("GET", f"/api/turns/{turn}/events", None),
        ("POST", f"/api/turns/{turn}/stop", None),
        ("POST", "/api/turns", {"question": "Whose is it?", "thread": thread}),
    ]
    async with bob.http() as http:
        for method, path, body in requests:
            answer = await http.request(method, path, json=body)
            assert answer.status_code in {401, 403, 404}, (method, path, answer.status_code, answer.text)
            assert "colza" not in answer.text
        listed = await http.post(
            "/project/threads", json={"pagination": {"first": 50}, "filter": {"search": "Skerryvore"}}
        )
    assert [known["id"] for known in listed.json()["data"]] == [bob.page.thread_id]


async def test_a_page_opens_neither_the_conversation_nor_the_session_of_somebody_else(
    alice: ChainlitClient, bob: ChainlitClient
) -> None:
    for thread, session in ((alice.page.thread_id, str(uuid4())), ("", alice.session)):
        stranger = ChainlitClient(bob.url, bob.cookies, thread, session)
        with pytest.raises(Refused):
            await stranger.connect()
        await stranger.disconnect()


async def test_a_message_cannot_take_the_id_of_somebody_elses_step(alice: ChainlitClient, bob: ChainlitClient) -> None:
    own = await rows_of(bob, bob.page.thread_id)
    for step in list(alice.page.steps):
        bob.page.toasts.clear()
        await bob.emit("client_message", {"message": {"id": step, "type": "user_message", "output": "Mine now"}})
        said = await bob.until(lambda: bob.page.toasts, "a refusal")
        assert "cannot be stored" in said[0]["message"]
    assert await rows_of(bob, bob.page.thread_id) == own


async def test_ratings_of_somebody_elses_answers_are_refused(alice: ChainlitClient, bob: ChainlitClient) -> None:
    rating: dict[str, Any] = feedback_on(alice) | {"sessionId": bob.session}
    rating["feedback"]["value"] = 0
    stored = await rows_of(alice, alice.page.thread_id)
    given = next(step["feedback"]["id"] for step in stored["steps"] if step.get("feedback"))
    async with bob.http() as http:
        assert not (await http.put("/feedback", json=rating)).is_success
        assert not (await http.request("DELETE", "/feedback", json={"feedbackId": given})).is_success


async def test_elements_of_somebody_else_are_neither_changed_nor_deleted(
    alice: ChainlitClient, bob: ChainlitClient
) -> None:
    element = next(e for e in alice.page.elements.values() if e["name"] == "Sources")
    foreign = element | {"props": {"sources": []}}
    async with bob.http() as http:
        for session in (bob.session, alice.session):
            for thread in (alice.page.thread_id, bob.page.thread_id):
                body = {"element": foreign | {"threadId": thread}, "sessionId": session}
                # Chainlit answers before it writes, so that its answer does not say whether it may.
                await http.put("/project/element", json=body)
                await http.request("DELETE", "/project/element", json=body)
    assert (await bob.until_ended(await bob.ask("And how long did its building take?"))).end


async def test_stop_of_somebody_elses_research_is_refused(alice: ChainlitClient, bob: ChainlitClient) -> None:
    answer = await bob.press_stop_of_card(f"{alice.page.thread_id}:{alice.page.questions[0]}:0")
    assert answer.is_success
    assert await bob.until(lambda: bob.page.toasts, "a refusal")
    assert "no such research" in bob.page.toasts[-1]["message"]


async def test_a_wrong_password_signs_nobody_in(app: AppProcess) -> None:
    async with httpx.AsyncClient(base_url=app.url, timeout=30) as http:
        for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("", "")):
            answer = await http.post("/login", data={"username": name, "password": password})
            assert answer.status_code in {401, 422}, answer.text
        assert (await http.get("/user")).status_code == httpx.codes.UNAUTHORIZED
        assert (await http.get("/", headers={"Accept": "text/html"})).cookies == httpx.Cookies()
