"""/library: every file of the library with its state, and how far the reading has come, for everybody who is signed in.
/api/library says the same to programs."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from math import ceil
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.languages.choice import current_language, tag
from chat_app.languages.retelling import retold
from chat_app.languages.words import say
from chat_app.research.characters import visible
from chat_app.search.library.library import Library
from chat_app.search.library.states import FileState, LibraryFile, LibraryStatus
from chat_app.web import assets
from chat_app.web.conversation_html import render_page
from chat_app.web.share_page import OWN_PAGE_HEADERS
from chat_app.web.sharing import Caller

LIBRARY_PATH = "/library"
FORMATS = "Markdown, TXT, reStructuredText, HTML, PDF, Word (DOCX), PowerPoint (PPTX), EPUB, CSV, TSV"
_HEADERS = {
    **OWN_PAGE_HEADERS,
    "Content-Security-Policy": OWN_PAGE_HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    ),
    # Under "no-referrer" a browser posts a form as from nowhere, which `Origins` refuses.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language",
}
_FRESH = {"Cache-Control": "no-store"}
_FILES_PER_PAGE = 200
_MAX_FILTER_CHARACTERS = 200
_SECONDS_BETWEEN_LOOKS = 1.0
"""So long one reading of the index serves all who watch the page."""
# What needs a person comes first.
_ORDER: tuple[FileState, ...] = ("failed", "pending", "indexed", "skipped")


class Choice(NamedTuple):
    """Which files of a long list are shown."""

    words: str
    state: FileState | Literal[""]
    page: int

    @classmethod
    def of(cls, request: Request) -> "Choice":
        """Anything that makes no sense means no choice."""
        asked = request.query_params
        state, page = asked.get("state", ""), asked.get("page", "1")
        return cls(
            asked.get("q", "")[:_MAX_FILTER_CHARACTERS].strip(),
            cast(FileState, state) if state in get_args(FileState) else "",
            int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
        )


class Listing(NamedTuple):
    """The library at one moment."""

    status: LibraryStatus
    files: list[LibraryFile]
    """What needs a person first, then by name."""

    def chosen(self, choice: Choice) -> list[LibraryFile]:
        words = choice.words.casefold().split()
        return [
            file
            for file in self.files
            if choice.state in {"", file.state} and all(word in file.path.casefold() for word in words)
        ]

    def count(self, state: FileState) -> int:
        return sum(file.state == state for file in self.files)


class LibraryPage:
    """The page, what keeps it up to date, and the same for programs."""

    def __init__(self, library: Library, folder: Path, caller: Caller) -> None:
        self._library = library
        self._folder = folder
        self._caller = caller
        self._listing: Listing | None = None
        self._listed = 0.0

    def routes(self) -> list[BaseRoute]:
        return [
            Route(LIBRARY_PATH, self._page),
            Route(f"{LIBRARY_PATH}/part", self._signed_in(self._part)),
            Route(f"{LIBRARY_PATH}/reindex", self._reindex, methods=["POST"]),
            Route("/api/library", self._signed_in(self._state)),
            Route("/api/library/reindex", self._signed_in(self._accept), methods=["POST"]),
        ]

    def _signed_in(self, action: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if await self._caller(request) is None:
                error = "Sign in first, or send the key of this data directory."
                return JSONResponse({"error": error}, 401, _FRESH)
            return await action(request)

        return answer

    async def _page(self, request: Request) -> Response:
        if await self._caller(request) is None:
            return RedirectResponse("/login", 303, _FRESH)
        html = await run_in_threadpool(self._rendered, "library.html", request, await self._look())
        return HTMLResponse(html, headers=_HEADERS)

    async def _part(self, request: Request) -> Response:
        """What has changed since the version that the page shows: nothing, or all of what can change."""
        html = await run_in_threadpool(self._rendered, "library_part.html", request, await self._look())
        version = hashlib.sha256(html.encode()).hexdigest()[:16]
        headers = {**_HEADERS, "X-Version": version}
        if request.query_params.get("seen") == version:
            return Response(status_code=204, headers=headers)
        return HTMLResponse(html, headers=headers)

    async def _reindex(self, request: Request) -> Response:
        if await self._caller(request) is None:
            return RedirectResponse("/login", 303, _FRESH)
        self._begin()
        return RedirectResponse(LIBRARY_PATH, 303, _FRESH)

    async def _accept(self, request: Request) -> Response:
        self._begin()
        return JSONResponse({"accepted": True}, 202, _FRESH)

    async def _state(self, request: Request) -> Response:
        listing = await self._look(is_fresh=True)
        return await run_in_threadpool(self._described, listing)

    def _described(self, listing: Listing) -> Response:
        """Not on the event loop: a library may hold tens of thousands of files."""
        body = {
            "folder": str(self._folder),
            "status": {**listing.status.model_dump(), "pass_done": listing.status.pass_done},
            "files": [file.model_dump() for file in listing.files],
        }
        return JSONResponse(body, headers=_FRESH)

    def _begin(self) -> None:
        self._library.reindex_soon()
        self._listing = None

    async def _look(self, *, is_fresh: bool = False) -> Listing:
        if self._listing is None or is_fresh or time.monotonic() - self._listed > _SECONDS_BETWEEN_LOOKS:
            self._listing = await run_in_threadpool(listing_of, self._library)
            self._listed = time.monotonic()
        return self._listing

    def _rendered(self, template: str, request: Request, listing: Listing) -> str:
        return render_page(template, **self._context(request, listing))

    def _context(self, request: Request, listing: Listing) -> dict[str, object]:
        choice = Choice.of(request)
        chosen = listing.chosen(choice)
        pages = max(1, ceil(len(chosen) / _FILES_PER_PAGE))
        choice = choice._replace(page=min(max(1, choice.page), pages))
        first = (choice.page - 1) * _FILES_PER_PAGE
        status = listing.status
        return {
            "title": say("library.title"),
            "assets": assets.URLS,
            "folder": visible(str(self._folder)),
            "formats": FORMATS,
            "status": status,
            "progress": _progress(status),
            "is_busy": status.is_indexing or status.is_reindex_wanted,
            "is_empty": status.is_starter or not status.total,
            "tabs": _tabs(listing, choice),
            "choice": choice,
            "rows": [_row(file) for file in chosen[first : first + _FILES_PER_PAGE]],
            "pages": pages,
            "previous": _address(choice._replace(page=choice.page - 1)) if choice.page > 1 else None,
            "next": _address(choice._replace(page=choice.page + 1)) if choice.page < pages else None,
        }


class Tab(NamedTuple):
    label: str
    files: int
    href: str
    is_current: bool


class Row(NamedTuple):
    folders: list[str]
    name: str
    state: FileState
    label: str
    details: str
    reason: str
    language: str
    """Of the reason, for who hears it."""


def listing_of(library: Library) -> Listing:
    files = sorted(library.files(), key=lambda file: (_ORDER.index(file.state), file.path))
    return Listing(library.status(), files)


def _row(file: LibraryFile) -> Row:
    *folders, name = visible(file.path).rstrip("/").split("/")
    details = say("sources.passages", count=file.passages) if file.state == "indexed" else ""
    reason = retold(file.reason)
    language = tag("en" if reason == file.reason else current_language())
    return Row(folders, name, file.state, say(f"library.{file.state}"), details, visible(reason), language)


def _tabs(listing: Listing, choice: Choice) -> list[Tab]:
    """A state that no file has is left out, unless it is the one that is shown."""
    tabs = [
        Tab(say("library.all"), len(listing.files), _address(choice._replace(state="", page=1)), choice.state == "")
    ]
    for state in _ORDER:
        count = listing.count(state)
        if count or state == choice.state:
            href = _address(choice._replace(state=state, page=1))
            tabs.append(Tab(say(f"library.{state}"), count, href, choice.state == state))
    return tabs


def _progress(status: LibraryStatus) -> str:
    if status.is_indexing and status.pass_total:
        return say("library.progress", done=f"{status.pass_done:,}", total=f"{status.pass_total:,}")
    if status.is_reindex_wanted:
        return say("library.wanted")
    return say("library.looking" if status.is_indexing else "library.up_to_date")


def _address(choice: Choice) -> str:
    from_choice = {"q": choice.words, "state": choice.state, "page": str(choice.page) if choice.page > 1 else ""}
    query = urlencode({name: value for name, value in from_choice.items() if value})
    return f"{LIBRARY_PATH}?{query}" if query else LIBRARY_PATH
