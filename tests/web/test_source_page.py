import re
from collections.abc import Sequence

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from chat_app.research.evidence import Passage, Source
from chat_app.search.library.index import StoredPassage
from chat_app.web.source_page import source_routes
from tests.web.callers import client

HOSTILE = "</p><script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(2)> [x](javascript:alert(3))"
TEXT = [
    StoredPassage(location="Start", text="It begins here."),
    StoredPassage(location="Start", text="The first quoted words,\nover two lines, stand here."),
    StoredPassage(location="Later > Deep", text=f"More words. The second quoted words stand here. {HOSTILE}"),
]
PASSAGES = (
    Passage(quote="The first quoted words, over two lines", location="Start"),
    Passage(quote="The second quoted words stand here.", location="Later > Deep"),
)
FILE = Source(number=3, title="A \u202eguide", url="library:a/<b>#?%20.md", quote="x", passages=PASSAGES)


def page(source: Source, text: Sequence[StoredPassage] | None, user: str | None = "anna") -> httpx.AsyncClient:
    async def find(thread_id: str, number: int) -> Source | None:
        return source if number == source.number else None

    async def caller(request: Request) -> str | None:
        return user

    async def is_owner(name: str, thread_id: str) -> bool:
        return name == "anna"

    async def text_of(thread_id: str, url: str) -> Sequence[StoredPassage] | None:
        assert url == source.url
        return text

    return client(Starlette(routes=source_routes(find, caller, is_owner, text_of)))


async def html(source: Source, text: Sequence[StoredPassage] | None, query: str = "passage=1") -> str:
    async with page(source, text) as http:
        answer = await http.get(f"/rc/source/t/3?{query}")
    assert answer.status_code == httpx.codes.OK
    return answer.text


def marks(text: str) -> list[str]:
    return re.findall(r"<mark[^>]*>[^<]*</mark>", text)


async def test_every_quoted_passage_is_marked_in_the_text_and_reachable() -> None:
    text = await html(FILE, TEXT)
    assert marks(text) == [
        '<mark id="passage-1" tabindex="-1">The first quoted words,\nover two lines</mark>',
        '<mark id="passage-2" tabindex="-1">The second quoted words stand here.</mark>',
    ]
    assert "It begins here." in text
    assert re.findall(r"<h2[^>]*>([^<]+)", text) == ["Start", "Later &gt; Deep"]
    assert re.findall(r'href="(\?passage=\d#passage-\d)"( aria-current="true")?', text) == [
        ("?passage=1#passage-1", ' aria-current="true"'),
        ("?passage=2#passage-2", ""),
    ]


async def test_the_plain_address_leads_to_the_first_passage_that_is_there() -> None:
    async with page(FILE, TEXT[2:]) as http:
        answer = await http.get("/rc/source/t/3")
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"] == "?passage=2#passage-2"


@pytest.mark.parametrize(("key", "number"), [(PASSAGES[1].key, 2), (PASSAGES[0].key, 1), ("0123456789ab", 1), ("", 1)])
async def test_a_passage_is_asked_for_by_its_words_wherever_it_stands_in_the_list(key: str, number: int) -> None:
    async with page(FILE, TEXT) as http:
        answer = await http.get(f"/rc/source/t/3?of={key}")
    assert answer.headers["location"] == f"?passage={number}#passage-{number}"


async def test_nothing_of_the_file_is_more_than_text() -> None:
    text = await html(FILE, TEXT)
    assert re.findall(r"<script|<img|<a[^>]*javascript", text) == []
    assert "\u202e" not in text
    assert "&lt;script&gt;" in text
    async with page(FILE, TEXT) as http:
        policy = (await http.get("/rc/source/t/3?passage=1")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src 'none'" in policy


async def test_a_file_that_has_changed_shows_what_was_found_then() -> None:
    text = await html(FILE, TEXT[:2])
    assert "The file has changed since it was quoted." in text
    assert '<section class="sources" id="passage-2">' in text
    assert '<blockquote dir="auto">The second quoted words stand here.</blockquote>' in text
    assert len(marks(text)) == 1


async def test_a_file_that_is_gone_shows_what_was_found_then() -> None:
    text = await html(FILE, None, "")
    assert "This file is not in the library any more." in text
    assert text.count("<blockquote") == 2
    attached = FILE.model_copy(update={"url": "attachment:a.md"})
    assert "This attached file is not there any more." in await html(attached, None, "")


async def test_a_long_file_is_shown_in_parts_around_the_passage() -> None:
    long = [StoredPassage(location=f"page {i}", text=f"Text number {i}. " + "word " * 150) for i in range(1, 400)]
    source = FILE.model_copy(update={"passages": (Passage(quote="Text number 200.", location="page 200"),)})
    text = await html(source, long)
    assert len(text) < 120_000
    assert marks(text) == ['<mark id="passage-1" tabindex="-1">Text number 200.</mark>']
    shown = [int(number) for number in re.findall(r"Text number (\d+)\.", text)]
    for direction, edge in (("prev", shown[0] - 1), ("next", shown[-1] + 1)):
        (address,) = re.findall(rf'href="\?(from=\d+)" rel="{direction}"', text)
        assert f"Text number {edge}." in await html(source, long, address)


@pytest.mark.parametrize("query", ["passage=99", "passage=-1", "from=99999999", "from=x", "passage=٣", "from=1e9"])
async def test_any_query_gets_a_page(query: str) -> None:
    async with page(FILE, TEXT) as http:
        answer = await http.get(f"/rc/source/t/3?{query}", follow_redirects=True)
    assert answer.status_code == httpx.codes.OK


@pytest.mark.parametrize("user", [None, "bob"])
async def test_strangers_get_nothing(user: str | None) -> None:
    async with page(FILE, TEXT, user) as http:
        answers = [await http.get(f"/rc/source/t/{number}") for number in (3, 4)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


async def test_a_page_of_the_web_shows_its_passages_and_a_link() -> None:
    web = FILE.model_copy(update={"url": "https://a.example/"})
    text = await html(web, None, "")
    assert 'href="https://a.example/"' in text
    assert text.count("<blockquote") == 2
