"""/rc/source/<thread>/<number>: one source with its passages, for the owner of the thread; where a citation leads that is
opened in a tab of its own.

A file is shown as text, each passage marked where it stands. No address holds a path: which file it is, says the thread's
register. Nothing of a file but its text is shown, and the page's policy allows no script at all.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.languages.words import say
from chat_app.research.characters import without_commands
from chat_app.research.evidence import Passage, Source, is_attachment, is_file, place_of
from chat_app.search.library.index import StoredPassage
from chat_app.web import assets
from chat_app.web.addresses import web_host
from chat_app.web.conversation_html import render_page, retrieved
from chat_app.web.share_page import OWN_PAGE_HEADERS
from chat_app.web.sharing import Caller
from chat_app.web.source_text import MarkedText, Part

TextOf = Callable[[str, str], Awaitable[Sequence[StoredPassage] | None]]
"""`(thread_id, url)`: the text of a file as it is now; None for one that is gone."""

_MAX_BLOCK = 10_000_000
_HEADERS = {
    **OWN_PAGE_HEADERS,
    "Content-Security-Policy": OWN_PAGE_HEADERS["Content-Security-Policy"].replace(
        "script-src 'self'", "script-src 'none'"
    ),
}


class _Asked(NamedTuple):
    """Which part of the text: around a passage (from 1), or from a block on."""

    passage: int | None
    first: int | None


class _Shown(NamedTuple):
    part: Part | None
    missing: list[tuple[int, Passage]]
    """Passages, with their numbers, that are shown as they were found."""
    found: list[int]
    note: str | None


def source_routes(
    find: Callable[[str, int], Awaitable[Source | None]],
    caller: Caller,
    is_owner: Callable[[str, str], Awaitable[bool]],
    text_of: TextOf,
) -> list[BaseRoute]:
    """`find(thread_id, number)`. Somebody else's thread is answered as one that does not exist."""

    async def page(request: Request) -> Response:
        thread_id, number = request.path_params["thread_id"], request.path_params["number"]
        user = await caller(request)
        is_mine = user is not None and await is_owner(user, thread_id)
        source = await find(thread_id, number) if is_mine else None
        if source is None:
            return _missing()
        source = _with_passages(source)
        text = await text_of(thread_id, source.url) if is_file(source) else None
        asked = _asked(request)
        shown = await run_in_threadpool(_shown, source, text, asked)
        if asked == (None, None) and shown.found:
            # The browser scrolls to where the address points: a page without a script cannot.
            first = _number_of(source, request.query_params.get("of"), shown.found)
            return RedirectResponse(f"?passage={first}#passage-{first}", 303, _HEADERS)
        return HTMLResponse(_html(source, shown, asked), headers=_HEADERS)

    return [Route("/rc/source/{thread_id}/{number:int}", page)]


def _with_passages(source: Source) -> Source:
    """A source may come with a quotation only."""
    if source.passages or not source.quote:
        return source
    return source.model_copy(update={"passages": (Passage(quote=source.quote, location=source.location),)})


def _number_of(source: Source, key: str | None, found: Sequence[int]) -> int:
    """The passage that is asked for by its key, else the first one that stands in the text."""
    return next((number for number in found if source.passages[number - 1].key == key), found[0])


def _missing() -> Response:
    return HTMLResponse(render_page("missing.html", title=say("missing.title"), assets=assets.URLS), 404, _HEADERS)


def _asked(request: Request) -> _Asked:
    return _Asked(_number(request, "passage"), _number(request, "from"))


def _number(request: Request, name: str) -> int | None:
    value = request.query_params.get(name, "")
    return min(int(value), _MAX_BLOCK) if value.isascii() and value.isdigit() and len(value) < 12 else None


def _shown(source: Source, text: Sequence[StoredPassage] | None, asked: _Asked) -> _Shown:
    numbered = list(enumerate(source.passages, start=1))
    if text is None:
        return _Shown(None, numbered, [], _note(source))
    marked = MarkedText(text, source.passages)
    missing = [(number, passage) for number, passage in numbered if not marked.found[number - 1]]
    found = [number for number, _ in numbered if marked.found[number - 1]]
    passage = asked.passage if asked.passage in found else next(iter(found), None)
    return _Shown(marked.part(passage, asked.first), missing, found, say("file.changed") if missing else None)


def _note(source: Source) -> str | None:
    if not is_file(source):
        return None if source.passages else say("passages.none")
    return say("file.gone_attached" if is_attachment(source) else "file.gone")


def _html(source: Source, shown: _Shown, asked: _Asked) -> str:
    is_web = web_host(source.url) is not None
    return render_page(
        "source.html",
        title=without_commands(source.title),
        assets=assets.URLS,
        source=source,
        kind=_kind(source),
        retrieved=retrieved(source),
        href=source.url if is_web else None,
        place=without_commands(source.url if is_web else place_of(source)),
        shown=shown,
        current=asked.passage if asked.passage in shown.found else None,
    )


def _kind(source: Source) -> str | None:
    if not is_file(source):
        return None
    return say("panel.attached" if is_attachment(source) else "panel.file")
