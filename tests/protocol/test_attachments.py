"""Files attached to a question: searched in their conversation, seen by their owner, kept over kill -9, gone with the thread."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient, opened, rows_of, sign_in
from tests.protocol.conftest import PASSWORD
from tests.small_library import LAMP

NOTICE = "The tenant of the boathouse may end the lease with three months' notice to the end of a quarter."
LEASE = (
    f"# Lease of the boathouse\n\n## Notice\n\n{NOTICE}\n\n## Deposit\n\nThe deposit is two monthly rents.\n".encode()
)
NAME = "Lease #1?%20 100%.md"
QUESTION = "With how many months' notice may the tenant end the lease of the boathouse?"


@pytest.fixture(scope="module")
def app(app_of_two: AppProcess) -> AppProcess:
    return app_of_two


@pytest_asyncio.fixture
async def alice(app: AppProcess) -> AsyncIterator[ChainlitClient]:
    async with opened(app.url, sign_in(app.url, "alice", PASSWORD)) as page:
        yield page


@pytest_asyncio.fixture
async def bob(app: AppProcess) -> AsyncIterator[ChainlitClient]:
    async with opened(app.url, sign_in(app.url, "bob", PASSWORD)) as page:
        yield page


async def attached(page: ChainlitClient, name: str = NAME, content: bytes = LEASE) -> str:
    answer = await page.upload(name, content)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()["id"]


def chips(page: ChainlitClient) -> list[dict[str, Any]]:
    return [element for element in page.page.elements.values() if element["type"] == "file"]


async def status(page: ChainlitClient, path: str) -> int:
    async with page.http() as http:
        return (await http.get(path)).status_code


async def test_a_question_about_an_attached_file_quotes_it_and_so_do_follow_ups(alice: ChainlitClient) -> None:
    message = await alice.ask(QUESTION, files=[await attached(alice)])
    turn = await alice.until_ended(message)
    assert NOTICE in turn.text
    (source,) = [source for source in turn.sources if source["cited"]]
    assert (source["url"], source["location"]) == (f"attachment:{NAME}", "Notice")
    assert [(chip["name"], chip["forId"]) for chip in chips(alice)] == [(NAME, message)]
    async with alice.http() as http:
        shown = await http.get(source["page"], follow_redirects=True)
        given_back = await http.get(chips(alice)[0]["url"])
    assert '<mark id="passage-1"' in shown.text
    assert "two monthly rents" in shown.text
    assert "Attached file" in shown.text
    assert given_back.content == LEASE
    assert given_back.headers["content-disposition"].startswith("attachment;")
    follow_up = await alice.until_ended(await alice.ask("How many monthly rents is the deposit?"))
    assert "The deposit is two monthly rents." in follow_up.text
    assert {source["number"] for source in follow_up.sources} == {source["number"]}
    library = await alice.until_ended(await alice.ask("What does the lamp of Skerryvore burn?"))
    assert LAMP in library.text
    asked_again = await alice.until_ended(await alice.ask("Summarize the attached file"))
    assert NOTICE in asked_again.text


async def test_a_question_without_words_of_the_file_gets_its_beginning(alice: ChainlitClient) -> None:
    turn = await alice.until_ended(await alice.ask("What is this file about?", files=[await attached(alice)]))
    assert turn.end == "report_ready"
    assert NOTICE in turn.text


async def test_files_without_a_word_are_a_question_too(alice: ChainlitClient) -> None:
    message = await alice.ask("", files=[await attached(alice, "boathouse.md")])
    turn = await alice.until_ended(message)
    assert NOTICE in turn.text
    assert alice.page.steps[message]["output"] == "boathouse.md"


async def test_a_file_is_searched_in_its_own_conversation_only(app: AppProcess, alice: ChainlitClient) -> None:
    await alice.until_ended(await alice.ask(QUESTION, files=[await attached(alice)]))
    async with opened(app.url, sign_in(app.url, "alice", PASSWORD)) as other:
        turn = await other.until_ended(await other.ask(QUESTION))
        assert turn.end == "no_evidence"
        assert chips(other) == []


async def test_what_cannot_be_read_is_refused_with_the_reason(alice: ChainlitClient) -> None:
    refused = await alice.upload("movie.mp4", b"\0\0")
    assert refused.status_code == httpx.codes.BAD_REQUEST
    assert "'movie.mp4' cannot be read here; attach one of" in refused.json()["detail"]
    await alice.ask(QUESTION, files=[str(uuid4())])
    toast = await alice.until(lambda: alice.page.toasts, "a notice")
    assert "attach it again" in toast[0]["message"]
    assert alice.page.questions == []
    assert not alice.page.is_loading


async def test_strangers_reach_neither_file_nor_passage_nor_upload(
    app: AppProcess, alice: ChainlitClient, bob: ChainlitClient
) -> None:
    turn = await alice.until_ended(await alice.ask(QUESTION, files=[await attached(alice)]))
    waiting, nobody = await attached(alice, "waiting.md"), ChainlitClient(app.url, {})
    thread, (source,), (chip,) = alice.page.thread_id, turn.sources, chips(alice)
    paths = [source["page"], f"{source['page']}?passage=1", chip["url"], f"/rc/attachment/{thread}/..%2Findex.sqlite"]
    for path in (*paths, f"/project/file/{waiting}?session_id={alice.session}"):
        assert await status(bob, path) == httpx.codes.NOT_FOUND, path
        assert await status(nobody, path) == httpx.codes.NOT_FOUND, path
    for path in (f"/rc/attachment/{thread}/..%2Findex.sqlite", f"/rc/attachment/{thread}/%2e%2e", chip["url"] + "x"):
        assert await status(alice, path) == httpx.codes.NOT_FOUND, path
    assert (await nobody.upload("a.md", b"x")).status_code == httpx.codes.UNAUTHORIZED
    await bob.ask(QUESTION, files=[waiting])
    await bob.until(lambda: bob.page.toasts, "a notice")
    assert (await bob.until_ended(await bob.ask(QUESTION))).end == "no_evidence"
    again = await alice.until_ended(await alice.ask("And the deposit?", files=[waiting]))
    assert again.end == "report_ready"


async def test_who_has_the_link_sees_what_is_cited_and_nothing_more(app: AppProcess, alice: ChainlitClient) -> None:
    turn = await alice.until_ended(await alice.ask(QUESTION, files=[await attached(alice)]))
    async with alice.http() as http, httpx.AsyncClient() as anybody:
        page = await anybody.get((await http.post(f"/rc/share/{alice.page.thread_id}")).json()["url"])
    assert f"Attached file {NAME}" in page.text
    assert "three months" in page.text
    assert "/rc/attachment" not in page.text
    assert "/rc/source" not in page.text
    assert await status(ChainlitClient(app.url, {}), turn.sources[0]["page"]) == httpx.codes.NOT_FOUND


async def test_files_survive_kill_9_before_and_after_the_question(app: AppProcess, alice: ChainlitClient) -> None:
    upload = await attached(alice)
    app.kill()
    app.start()
    await alice.until_connected(2)
    message = await alice.ask(QUESTION, files=[upload])
    await alice.until(lambda: chips(alice), "the question with its file")
    app.kill()
    app.start()
    await alice.until_connected(3)
    turn = await alice.until_ended(message)
    assert NOTICE in turn.text
    stored = await rows_of(alice, alice.page.thread_id)
    assert [element["name"] for element in stored["elements"] if element["type"] == "file"] == [NAME]
    follow_up = await alice.until_ended(await alice.ask("How many monthly rents is the deposit?"))
    assert "two monthly rents" in follow_up.text


async def test_files_go_with_their_conversation(app: AppProcess, alice: ChainlitClient) -> None:
    turn = await alice.until_ended(
        await alice.ask(QUESTION, files=[await attached(alice, content=LEASE + b"\nmarmalade")])
    )
    kept = app.data_dir / "attachments" / "threads"
    assert _holding(kept, b"marmalade")
    async with alice.http() as http:
        answer = await http.request("DELETE", "/project/thread", json={"threadId": alice.page.thread_id})
        assert answer.is_success, answer.text
    assert not _holding(kept, b"marmalade")
    assert await status(alice, turn.sources[0]["page"]) == httpx.codes.NOT_FOUND
    assert await status(alice, chips(alice)[0]["url"]) == httpx.codes.NOT_FOUND


def _holding(folder: Path, content: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and content in path.read_bytes()]
