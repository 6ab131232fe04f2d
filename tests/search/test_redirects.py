"""Following Google's links, against a server on loopback that stands in for Google."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from chat_app.research.evidence import Passage, Source
from chat_app.search.redirects import Redirects

PATH = "/grounding-api-redirect/"


class Google:
    """Answers each path below with the next of its scripted responses; a number is a wait in seconds instead."""

    def __init__(self) -> None:
        self.url = ""
        self.script: dict[str, list[Any]] = {}
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.busiest = 0
        self._busy = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                token = head.split(" ")[1].removeprefix(PATH)
                self.heads.append(head)
                self.requests.append(token)
                responses = self.script[token]
                response = responses.pop(0) if len(responses) > 1 else responses[0]
                if isinstance(response, float):
                    await asyncio.sleep(response)
                else:
                    writer.write(response)
                    await writer.drain()
        finally:
            self._busy -= 1
            writer.close()


def moved(location: str, status: str = "302 Found", body: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nlocation: {location}\r\nset-cookie: a=b\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def failed(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.fixture
async def google() -> AsyncGenerator[Google]:
    stand_in = Google()
    server = await asyncio.start_server(stand_in.answer, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield stand_in
    server.close()


Link = Callable[[str], Source]


@pytest.fixture
def link(google: Google) -> Link:
    return lambda token: Source(title="news.example", url=f"{google.url}{PATH}{token}")


async def urls(google: Google, *sources: Source) -> list[str]:
    return [source.url for source in await Redirects(google.url).resolved(sources)]


@pytest.mark.parametrize(
    "status",
    ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"],
)
async def test_the_page_behind_a_link_is_stored_and_never_fetched(google: Google, link: Link, status: str) -> None:
    google.script["a"] = [moved(f"{google.url}/page", status), moved("https://never.example/")]
    google.script["b"] = [moved("https://news.example/story?id=1#part", status)]
    found = await Redirects(google.url).resolved((link("b"),))
    assert [(source.url, source.title) for source in found] == [("https://news.example/story?id=1", "news.example")]
    assert google.requests == ["b"]


async def test_links_to_one_page_are_one_source_with_the_passages_of_both(google: Google, link: Link) -> None:
    google.script = {token: [moved("https://news.example/story")] for token in "ab"}
    first, second = (
        link(token).model_copy(update={"passages": (Passage(quote=token, is_verbatim=False),)}) for token in "ab"
    )
    plain = Source(title="Plain", url="https://plain.example/")
    found = await Redirects(google.url).resolved((first, plain, second))
    assert [source.url for source in found] == ["https://news.example/story", "https://plain.example/"]
    assert [passage.quote for passage in found[0].passages] == ["a", "b"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/admin", "http://localhost./", "http://[::ffff:10.0.0.1]/", "http://0177.0.0.1/", "http://2130706433/",
        "http://169.254.169.254/latest/meta-data/", "https://user:password@news.example/", "javascript:alert(1)", "file:///etc/passwd",
        "ftp://news.example/", "/relative", "//127.0.0.1/x", "", "https://", "https://[", "https://news.example/" + "x" * 5_000,
        "https://vertexaisearch.cloud.google.com/grounding-api-redirect/another",
    ],
)  # fmt: skip
async def test_a_link_to_what_is_no_public_page_keeps_its_address(google: Google, link: Link, location: str) -> None:
    google.script["a"] = [moved(location)]
    (source,) = await Redirects(google.url).resolved((link("a"),))
    assert source == link("a")


async def test_a_place_relative_to_the_scheme_is_a_page_too(google: Google, link: Link) -> None:
    google.script["a"] = [moved("//news.example/story")]
    assert await urls(google, link("a")) == ["http://news.example/story"]


@pytest.mark.parametrize(
    ("failure", "asked"),
    [
        (failed("503 Service Unavailable"), 2),
        (failed("429 Too Many Requests"), 2),
        (b"", 2),
        (b"nonsense\r\n\r\n", 2),
        (failed("404 Not Found"), 1),
        (failed("200 OK"), 1),
        (failed("302 Found"), 1),
    ],
    ids=["503", "429", "dropped", "nonsense", "404", "200", "no location"],
)
async def test_a_failure_that_may_pass_is_tried_once_more(
    google: Google, link: Link, failure: bytes, asked: int
) -> None:
    google.script["a"] = [failure, moved("https://news.example/")]
    expected = ["https://news.example/"] if asked == 2 else [link("a").url]
    assert await urls(google, link("a")) == expected
    assert google.requests == ["a"] * asked


async def test_a_failure_that_stays_leaves_the_link(google: Google, link: Link) -> None:
    google.script["a"] = [failed("500 Internal Server Error")]
    assert await urls(google, link("a")) == [link("a").url]
    assert len(google.requests) == 2


async def test_many_links_are_followed_side_by_side(google: Google, link: Link) -> None:
    google.script = {
        str(n): [0.3, moved(f"https://news.example/{n}")] for n in range(60)
    }  # the wait ends without an answer
    begun = time.monotonic()
    found = await urls(google, *(link(str(n)) for n in range(60)))
    assert found == [f"https://news.example/{n}" for n in range(60)]
    assert time.monotonic() - begun < 3
    assert google.busiest > 20


async def test_a_server_that_hangs_costs_five_seconds_however_many_links_there_are(google: Google, link: Link) -> None:
    google.script = {str(n): [60.0] for n in range(50)} | {"quick": [moved("https://news.example/")]}
    begun = time.monotonic()
    found = await urls(google, link("quick"), *(link(str(n)) for n in range(50)))
    assert 4 < time.monotonic() - begun < 7
    assert found == ["https://news.example/", *(link(str(n)).url for n in range(50))]


async def test_an_endless_body_is_not_read(google: Google, link: Link) -> None:
    google.script["a"] = [moved("https://news.example/", body=b"x" * 5_000_000)]
    begun = time.monotonic()
    assert await urls(google, link("a")) == ["https://news.example/"]
    assert time.monotonic() - begun < 2


async def test_nothing_of_ours_is_sent_along(google: Google, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("GOOGLE_API_KEY", "secret")
    google.script["a"] = [moved("https://news.example/")]
    await urls(google, link("a"))
    names = {line.split(":")[0].lower() for line in google.heads[0].splitlines()[1:] if line}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://vertexaisearch.cloud.google.com/grounding-api-redirect/x", True),
        ("https://VertexAISearch.cloud.google.com/grounding-api-redirect/x", True),
        ("http://vertexaisearch.cloud.google.com/grounding-api-redirect/x", False),
        ("https://vertexaisearch.cloud.google.com:8443/grounding-api-redirect/x", False),
        ("https://vertexaisearch.cloud.google.com/other/x", False),
        ("https://vertexaisearch.cloud.google.com./grounding-api-redirect/x", False),
        ("https://vertexaisearch.cloud.google.com.evil.example/grounding-api-redirect/x", False),
        ("https://vertexaisearch.cloud.google.com@evil.example/grounding-api-redirect/x", False),
        ("https://user@vertexaisearch.cloud.google.com/grounding-api-redirect/x", False),
        ("https://evil.example/grounding-api-redirect/x", False),
        ("http://127.0.0.1:9/grounding-api-redirect/x", True),
        ("http://127.0.0.1:10/grounding-api-redirect/x", False),
        ("https://127.0.0.1:9/grounding-api-redirect/x", False),
        ("https://[", False),
        ("library:grounding-api-redirect/x", False),
    ],
)
def test_only_links_of_google_or_of_its_stand_in_are_followed(url: str, expected: bool) -> None:
    assert Redirects("http://127.0.0.1:9/v1beta").are_in([Source(title="A", url=url)]) is expected


async def test_without_a_stand_in_nothing_on_this_machine_is_asked(google: Google, link: Link) -> None:
    google.script["a"] = [moved("https://news.example/")]
    assert [source.url for source in await Redirects(None).resolved((link("a"),))] == [link("a").url]
    assert google.requests == []
