"""Wikipedia, in the language of the question: the articles found, with the passages that hold most of what is asked.

By the interface of MediaWiki, so that other wikis can be searched as well: https://www.mediawiki.org/wiki/API:Search and
https://www.mediawiki.org/wiki/Extension:TextExtracts.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, cast

import httpx

from chat_app.research.evidence import Passage, Source
from chat_app.search.aboutness import most_about
from chat_app.search.keyless import client, get_json, overloaded, plain, records, unusable
from chat_app.search.library.outline import Document, Outline, tidy
from chat_app.search.library.passages import cut
from chat_app.search.library.questions import content_words
from chat_app.search.library.scripts import has_spaceless
from chat_app.search.pages import is_public_page

NAME = "Wikipedia"
API = "https://{language}.wikipedia.org/w/api.php"
MAX_ARTICLES = 3
MAX_PASSAGES = 3
_OVERLOADED = frozenset({"ratelimited", "maxlag", "readonly"})
_HEADING = re.compile(r"^(={2,6})\s*(.+?)\s*\1\s*$")
# Questions in languages that nothing else here tells apart: the edition by the script.
_EDITIONS = (
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
)


class Wikipedia:
    """Asks for one thing after the other, as Wikimedia wants it: https://www.mediawiki.org/wiki/API:Etiquette."""

    def __init__(self, api: str = API, contact: str | None = None) -> None:
        """`api` is the address of api.php; `{language}` in it stands for the edition."""
        self._api = api
        self._contact = contact
        self._turn = asyncio.Lock()

    async def __call__(self, query: str, language: str) -> tuple[Source, ...]:
        edition = next((name for name, script in _EDITIONS if script.search(query)), language)
        wiki = _Wiki(self._api.replace("{language}", edition))
        async with self._turn, client(self._contact) as http:
            found = await wiki.found(http, query)
            articles = [await wiki.article(http, page) for page in found]
        sources = (_source(query, page, article) for page, article in zip(found, articles, strict=True))
        return tuple(source for source in sources if source)


class _Wiki:
    """One edition."""

    def __init__(self, api: str) -> None:
        self._api = api

    async def found(self, http: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
        # Every word has to stand in an article; those of grammar would only keep articles out.
        words = query if has_spaceless(query) else " ".join(content_words(query))
        answer = await self._query(http, {"list": "search", "srsearch": words[:300], "srlimit": str(MAX_ARTICLES)})
        return [page for page in records(answer.get("search")) if isinstance(page.get("pageid"), int)][:MAX_ARTICLES]

    async def article(self, http: httpx.AsyncClient, page: dict[str, Any]) -> dict[str, Any]:
        # Whole articles come one a request.
        wanted = {"prop": "extracts|info|pageprops", "explaintext": "1", "exsectionformat": "wiki", "inprop": "url"}
        wanted |= {"ppprop": "disambiguation", "redirects": "1", "pageids": str(page["pageid"])}
        pages = records((await self._query(http, wanted)).get("pages"))
        return pages[0] if pages else {}

    async def _query(self, http: httpx.AsyncClient, parameters: Mapping[str, str]) -> dict[str, Any]:
        always = {"action": "query", "format": "json", "formatversion": "2"}
        answer = await get_json(http, NAME, self._api, {**always, **parameters})
        error: object = answer.get("error")
        if isinstance(error, dict):
            code = plain(cast(dict[str, Any], error).get("code"))[:60]
            raise overloaded(NAME, code) if code in _OVERLOADED else unusable(NAME, f"the error {code!r}")
        result: object = answer.get("query", {})
        return cast(dict[str, Any], result) if isinstance(result, dict) else {}


def _source(query: str, page: dict[str, Any], article: dict[str, Any]) -> Source | None:
    """None for what is no article: a page that only lists others, one without an address, one without words."""
    url, title = article.get("fullurl"), plain(article.get("title")) or plain(page.get("title"))
    if "pageprops" in article or not isinstance(url, str) or not is_public_page(url) or not title:
        return None
    extract: object = article.get("extract")
    passages = _passages(query, title, extract) if isinstance(extract, str) else ()
    if not passages and (snippet := plain(page.get("snippet"))):
        passages = (Passage(quote=snippet),)
    if not passages:
        return None
    return Source(title=title, url=url, quote=passages[0].quote, location=passages[0].location, passages=passages)


def _passages(query: str, title: str, extract: str) -> tuple[Passage, ...]:
    cut_passages = cut(_document(title, extract)).passages
    chosen = most_about(query, [f"{each.location or ''}\n{each.text}" for each in cut_passages], MAX_PASSAGES)
    return tuple(Passage(quote=cut_passages[i].text, location=cut_passages[i].location) for i in chosen)


def _document(title: str, extract: str) -> Document:
    """Headings stand on lines of their own, between equals signs."""
    outline = Outline()
    for line in extract.splitlines():
        heading = _HEADING.match(line)
        if heading:
            outline.heading(len(heading[1]), tidy(heading[2]))
        else:
            outline.add(tidy(line))
    return outline.document(title)
