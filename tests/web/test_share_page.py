import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from chat_app.web import live_page
from chat_app.web.perimeter import guarded
from chat_app.web.share_page import SharePage
from tests.coming_true import comes_true
from tests.web.callers import client
from tests.web.conversations import OWNER, QUESTION, THREAD, TOKEN, Shelf, analyzing, planned, reported, searching, turn

URL = f"/s/{TOKEN}"


def _app(shelf: Shelf) -> Starlette:
    return Starlette(routes=SharePage(shelf).routes())


async def test_a_conversation_is_shown_to_anybody_with_its_link() -> None:
    async with client(_app(Shelf(turn(*reported())))) as http:
        answer = await http.get(URL)
    assert answer.status_code == 200
    assert f"<title>{QUESTION} · Research Chat</title>" in answer.text
    assert "Short answer." in answer.text
    assert not re.search(rf"{THREAD}|{OWNER}|set-cookie", answer.text + str(answer.headers), re.IGNORECASE)


async def test_the_page_carries_its_own_strict_policy_and_is_kept_nowhere() -> None:
    async with client(_app(Shelf())) as http:
        headers = (await http.get(URL)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'; ")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-robots-tag"].startswith("noindex")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


async def test_a_page_has_no_inline_script_or_style_that_its_policy_would_block() -> None:
    async with client(_app(Shelf(turn(*reported())))) as http:
        html = (await http.get(URL)).text
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", html) == []
    assert 'name="robots" content="noindex' in html


async def test_its_style_and_script_are_found_and_kept_until_they_change() -> None:
    async with client(_app(Shelf())) as http:
        urls = re.findall(r'(?:src|href)="(/rc/assets/[^"]+)"', (await http.get(URL)).text)
        assert len(urls) == 3
        for url in urls:
            answer = await http.get(url)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
        assert (await http.get("/rc/assets/share.css")).headers["cache-control"] == "no-cache"
        for missing in ("/rc/assets/none.css", "/rc/assets/..%2fassets.py", "/rc/assets/../pages.py"):
            assert (await http.get(missing)).status_code == 404


@pytest.mark.parametrize("path", ["", "/events"])
async def test_an_unknown_and_a_withdrawn_link_are_answered_alike_after_the_same_work(path: str) -> None:
    shelf = Shelf(turn(*reported()))
    async with client(_app(shelf)) as http:
        await shelf.revoke(THREAD)
        withdrawn = await http.get(URL + path)
        asked_for_withdrawn, shelf.asked = shelf.asked, []
        unknown = await http.get(f"/s/{'b' * len(TOKEN)}{path}")
    assert withdrawn.status_code == unknown.status_code == 404
    assert withdrawn.content == unknown.content
    assert withdrawn.headers == unknown.headers
    assert asked_for_withdrawn == shelf.asked == ["thread_of"]
    assert "withdrawn" in unknown.text


async def test_a_thread_without_turns_has_a_page_too() -> None:
    async with client(_app(Shelf())) as http:
        assert "Nothing has been asked here yet" in (await http.get(URL)).text


class _Events:
    """A reader of one stream of events, over a real connection."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, str]]:
        name = ""
        async for line in self._lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))
        return "end", {}


@asynccontextmanager
async def serving(page: SharePage) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server with the page behind all guards."""
    app = guarded(Starlette(routes=page.routes()), None)
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await comes_true(lambda: server.started, "the server is up")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
            yield http
    finally:
        page.live.close()
        server.should_exit = True
        await task


@asynccontextmanager
async def _watching(http: httpx.AsyncClient, seen: str = "") -> AsyncIterator[_Events]:
    async with http.stream("GET", f"{URL}/events", params={"seen": seen}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _Events(answer.aiter_lines())


def _version(event: tuple[str, dict[str, str]]) -> str:
    match = re.search(r'data-version="(\w+)"', event[1]["html"])
    assert match
    return match[1]


async def test_a_running_turn_is_followed_to_its_end() -> None:
    shelf = Shelf(turn(*planned()))
    async with serving(SharePage(shelf)) as http, _watching(http) as events:
        assert "Planning" in (await events.next())[1]["html"]
        await shelf.change(turn(*searching()))
        assert "Searching · 1 of 3 searches" in (await events.next())[1]["html"]
        await shelf.change(turn(*analyzing("Sodium-ion packs")))
        assert "Sodium-ion packs" in (await events.next())[1]["html"]
        await shelf.change(turn(*reported()))
        name, last = await events.next()
        assert (name, last["id"]) == ("turn", "turn-1")
        assert "Researched" in last["html"]


async def test_only_turns_that_changed_are_sent_and_nothing_that_the_page_has() -> None:
    shelf = Shelf(turn(*reported()), turn(*planned(), message=2))
    async with serving(SharePage(shelf)) as http:
        async with _watching(http) as events:
            seen = [_version(await events.next()) for _ in range(2)]
        async with _watching(http, ",".join(seen)) as events:
            await shelf.change(shelf.kept[0], turn(*searching(), message=2))
            assert (await events.next())[1]["id"] == "turn-2"
            await shelf.change(*shelf.kept, turn(question="And then?", message=3))
            assert (await events.next())[1]["id"] == "turn-3"


async def test_a_fast_turn_is_shown_at_most_twice_a_second_and_its_end_always() -> None:
    shelf = Shelf(turn(*planned()))
    loop = asyncio.get_running_loop()
    async with serving(SharePage(shelf)) as http, _watching(http) as events:
        await events.next()
        begin, shown = loop.time(), 0
        writer = asyncio.create_task(_write(shelf))
        while "Researched" not in (await events.next())[1]["html"]:
            shown += 1
        assert shown <= (loop.time() - begin) * 2 + 1
        await writer


async def _write(shelf: Shelf) -> None:
    for length in range(60):
        await shelf.change(turn(*analyzing("word " * length)))
        await asyncio.sleep(0.02)
    await shelf.change(turn(*reported()))


async def test_a_withdrawn_link_ends_the_stream_and_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "_SECONDS_BETWEEN_CHECKS", 0.1)
    shelf = Shelf(turn(*planned()))
    async with serving(SharePage(shelf)) as http:
        async with _watching(http) as events:
            await events.next()
            await shelf.revoke(THREAD)
            assert await events.next() == ("reload", {})
            assert await events.next() == ("end", {})
        assert (await http.get(URL)).status_code == 404


async def test_nothing_is_sent_after_a_link_was_withdrawn() -> None:
    shelf = Shelf(turn(*planned()))
    async with serving(SharePage(shelf)) as http, _watching(http) as events:
        await events.next()
        await shelf.revoke(THREAD)
        await shelf.change(turn(*reported("A secret afterthought.", ())))
        assert await events.next() == ("reload", {})


async def test_a_turn_that_disappears_reloads_the_page() -> None:
    shelf = Shelf(turn(*reported()), turn(*planned(), message=2))
    async with serving(SharePage(shelf)) as http, _watching(http) as events:
        for _ in range(2):
            await events.next()
        await shelf.change(shelf.kept[0])
        assert (await events.next())[0] == "reload"


async def test_all_viewers_share_one_reader_which_ends_with_the_last() -> None:
    shelf = Shelf(turn(*planned()))
    page = SharePage(shelf)
    async with serving(page) as http:
        async with _watching(http) as one, _watching(http) as two:
            await one.next()
            await two.next()
            assert shelf.listeners == 1
        await comes_true(lambda: shelf.listeners == 0, "nobody listens any more")
        assert page.live.has_room(TOKEN)


async def test_the_number_of_viewers_of_a_link_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_page, "MAX_VIEWERS_PER_LINK", 2)
    shelf = Shelf(turn(*planned()))
    async with serving(SharePage(shelf)) as http:
        async with _watching(http) as one, _watching(http) as two:
            await one.next()
            await two.next()
            answer = await http.get(f"{URL}/events")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
            assert (await http.get(URL)).status_code == 200
        await comes_true(lambda: shelf.listeners == 0, "nobody listens any more")
        async with _watching(http) as again:
            await again.next()


class _BrokenShelf(Shelf):
    async def changes(self, thread_id: str) -> AsyncIterator[None]:
        raise ConnectionError("the database is gone")
        yield


async def test_a_broken_store_ends_the_stream_and_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_page, "_SECONDS_BETWEEN_UPDATES", 0.05)
    async with serving(SharePage(_BrokenShelf(turn(*planned())))) as http, _watching(http) as events:
        assert (await events.next())[0] == "turn"
        assert (await events.next())[0] == "end"
    assert "the database is gone" in caplog.text


async def test_a_server_that_stops_is_not_held_up_by_viewers() -> None:
    shelf = Shelf(turn(*planned()))
    page = SharePage(shelf)
    async with serving(page) as http, _watching(http) as events:
        await events.next()
        page.live.close()
        assert await events.next() == ("end", {})
