"""The library page over a real library: what it lists, what it escapes, who may see it and have it read again."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from chat_app.languages.choice import LANGUAGES, tag
from chat_app.languages.words import say
from chat_app.search.library.library import Library
from chat_app.web.library_page import LibraryPage
from chat_app.web.perimeter import guarded
from tests.coming_true import comes_true
from tests.web.callers import LOCAL, client

ENGLISH_READER = {"accept-language": "en"}


async def _caller(request: Request) -> str | None:
    return request.headers.get("x-user")


@asynccontextmanager
async def opened(tmp_path: Path, starter: tuple[Path, ...] = ()) -> AsyncIterator[tuple[Library, httpx.AsyncClient]]:
    """A library of tmp_path/library that is watched, and somebody signed in."""
    library = Library(tmp_path / "library", tmp_path / "index.sqlite", starter, starter_root=tmp_path)
    watching = asyncio.create_task(library.watch(interval_seconds=0.1))
    app = Starlette(routes=LibraryPage(library, tmp_path / "library", _caller).routes())
    try:
        assert await library.ready(30)
        async with client(guarded(app, None)) as http:
            http.headers["x-user"] = "ann"
            yield library, http
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await library.close()


def fill(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def is_at_rest(library: Library) -> bool:
    status = library.status()
    return not (status.is_reindex_wanted or status.is_indexing)


def rows(html: str) -> list[str]:
    """The rows of the list as a person reads them."""
    found = re.findall(r'<tr class="\w+">(.*?)</tr>', html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


async def test_why_a_file_failed_is_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    fill(tmp_path / "library", b__txt="")
    async with opened(tmp_path) as (_, http):
        html = (await http.get("/library", headers={"accept-language": "fr"})).text
    assert rows(html) == ["b.txt En échec Est vide ; copiez-le à nouveau."]
    assert '<span lang="fr">Est vide' in html


async def test_files_are_listed_with_their_states_those_that_failed_first(tmp_path: Path) -> None:
    fill(tmp_path / "library", a__md="A wombat.", b__txt="", c__xyz="?")
    async with opened(tmp_path) as (_, http):
        html = (await http.get("/library")).text
        assert rows(html) == [
            "b.txt Failed Is empty; copy it again.",
            "a.md Indexed 1 passage",
            "c.xyz Skipped Is of a format that the library does not read; save it as PDF or text.",
        ]
        assert str(tmp_path / "library") in html
        assert "Up to date · 1 passage" in html
        assert rows((await http.get("/library?state=failed")).text) == rows(html)[:1]
        assert rows((await http.get("/library?q=A.M")).text) == rows(html)[1:2]
        assert "No file matches." in (await http.get("/library?q=zebra")).text
        for odd in ("?state=nonsense", "?page=99999", "?page=-1", "?page=x", "?q=%00", "?page=²"):
            assert (await http.get(f"/library{odd}")).status_code == 200, odd


async def test_names_are_escaped_and_turn_no_direction(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    fill(folder)
    (folder / "<img src=x onerror=alert(1)>").mkdir()
    (folder / "<img src=x onerror=alert(1)>" / "x.md").write_text("A wombat.")
    (folder / "invoice\u202efdp.md").write_text("A wombat too.")
    (folder / "two\nlines.md").write_text("Another wombat.")
    async with opened(tmp_path) as (_, http):
        html = (await http.get("/library")).text
        assert "<img" not in html
        assert "\u202e" not in html
        assert '<bdi dir="ltr">invoice\\u202efdp.md</bdi>' in html
        assert "two\\nlines.md" in html
        odd = '"><script>alert(1)</script>'
        assert "<script>alert" not in (await http.get("/library", params={"q": odd, "state": odd})).text


async def test_a_long_list_comes_in_pages(tmp_path: Path) -> None:
    fill(tmp_path / "library", **{f"n{n:04}__xyz": "?" for n in range(450)})
    async with opened(tmp_path) as (_, http):
        first, last = (await http.get("/library")).text, (await http.get("/library?page=3&q=n")).text
        assert (len(rows(first)), len(rows(last))) == (200, 50)
        assert "Page 1 of 3" in first
        assert 'href="/library?page=2"' in first
        assert 'href="/library?q=n&amp;page=2"' in last


async def test_an_empty_library_says_where_the_folder_is_and_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text("# Own\n\nThe program's own.")
    async with opened(tmp_path, starter=(tmp_path / "own.md",)) as (_, http):
        html = (await http.get("/library", headers=ENGLISH_READER)).text
    assert "No documents here yet" in html
    assert str(tmp_path / "library") in html
    assert "PPTX" in html
    assert "documents of this program are searched" in html
    assert rows(html) == ["own.md Indexed 1 passage"]


async def test_reindexing_reads_every_file_again(tmp_path: Path) -> None:
    fill(tmp_path / "library", a__md="A wombat.", b__md="A badger.")
    async with opened(tmp_path) as (library, http):
        answer = await http.post("/library/reindex")
        assert (answer.status_code, answer.headers["location"]) == (303, "/library")
        status = (await http.get("/api/library")).json()["status"]
        assert status["is_reindex_wanted"] or status["is_indexing"]
        await comes_true(lambda: is_at_rest(library), "all is read")
        assert library.status().indexed == 2
        assert (await http.post("/api/library/reindex")).status_code == 202


async def test_a_page_of_another_origin_cannot_have_it_read_again(tmp_path: Path) -> None:
    fill(tmp_path / "library", a__md="A wombat.")
    async with opened(tmp_path) as (library, http):
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert (await http.post("/library/reindex", headers=headers)).status_code == 403
        assert not library.status().is_reindex_wanted
        own = {"origin": f"http://{LOCAL}", "sec-fetch-site": "same-origin"}
        assert (await http.post("/library/reindex", headers=own)).status_code == 303
        assert (await http.get("/library/reindex")).status_code == 405


async def test_strangers_are_sent_to_sign_in_and_learn_no_names(tmp_path: Path) -> None:
    fill(tmp_path / "library", secret__md="A wombat.")
    async with opened(tmp_path) as (library, http):
        del http.headers["x-user"]
        for method, path in (("GET", "/library"), ("POST", "/library/reindex")):
            answer = await http.request(method, path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        for method, path in (("GET", "/library/part"), ("GET", "/api/library"), ("POST", "/api/library/reindex")):
            answer = await http.request(method, path)
            assert answer.status_code == 401
            assert "secret" not in answer.text
        assert not library.status().is_reindex_wanted


async def test_only_a_changed_list_is_sent_again(tmp_path: Path) -> None:
    fill(tmp_path / "library", a__md="A wombat.")
    async with opened(tmp_path) as (_, http):
        answer = await http.get("/library/part")
        seen = answer.headers["x-version"]
        assert rows(answer.text) == ["a.md Indexed 1 passage"]
        assert (await http.get("/library/part", params={"seen": seen})).status_code == 204
        fill(tmp_path / "library", b__md="A badger.")

        async def is_listed() -> bool:
            return len(rows((await http.get("/library/part", params={"seen": seen})).text)) == 2

        await comes_true(is_listed, "both files are in the list")


async def test_the_page_runs_nothing_but_its_own_script(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, http):
        answer = await http.get("/library")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "form-action 'self'" in policy
        assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", answer.text) == []
        assert answer.headers["cache-control"] == "no-store"


async def test_the_page_speaks_the_language_of_the_browser(tmp_path: Path) -> None:
    fill(tmp_path / "library", a__md="A wombat.", b__txt="")
    async with opened(tmp_path) as (_, http):
        for language in LANGUAGES:
            for path in ("/library", "/library?q=zebra"):
                answer = await http.get(path, headers={"accept-language": language})
                assert f'<html lang="{tag(language)}">' in answer.text
                assert say("library.reindex", language) in answer.text
                assert "Accept-Language" in answer.headers["vary"]
            assert say("library.no_match", language) in answer.text
