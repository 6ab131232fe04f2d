"""Google's search suggestions: further searches that its terms ask to be shown with answers grounded in its search.

Google sends them as a piece of HTML with a chip for each. Of that only the words are taken; the rest is not ours to run.
See https://ai.google.dev/gemini-api/docs/google-search#search-suggestions.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import parse_qs, quote_plus, urlsplit

from chat_app.research.evidence import Suggestion

MAX_SUGGESTIONS = 8
_MAX_SNIPPET_CHARACTERS = 50_000
_MAX_WORDS_CHARACTERS = 200
_SEARCH_HOSTS = frozenset({"google.com", "www.google.com"})
_REDIRECTS = ("vertexaisearch.cloud.google.com", "/grounding-api-redirect/")
"""Where the chips lead nowadays. These links expire; the search that they lead to is the one for the chip's words."""
_LINK = re.compile(r"<a(?=\s)", re.IGNORECASE)
_LINK_END = re.compile(r"</a", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s?=\s?(["'])([^"']*)\1""", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*>")
_CODE = re.compile(r"<(?:script|style)", re.IGNORECASE)


def chips_in(snippet: str) -> tuple[Suggestion, ...]:
    """The suggestions in Google's `renderedContent`; links to anything but Google's search are left out."""
    links = _links_in(snippet[:_MAX_SNIPPET_CHARACTERS])
    return suggestions_for(query for href, words in links if (query := _query_of(href, words)))


def suggestions_for(queries: Iterable[str]) -> tuple[Suggestion, ...]:
    """A suggestion for each different query, the first few."""
    kept: dict[str, Suggestion] = {}
    for query in queries:
        text = _plain(query)
        if 0 < len(text) <= _MAX_WORDS_CHARACTERS:
            kept.setdefault(text.casefold(), Suggestion(text=text, url=_search_url(text)))
    return tuple(kept.values())[:MAX_SUGGESTIONS]


def _query_of(href: str, words: str) -> str | None:
    """What the chip searches for; None when it does not lead to Google's search."""
    try:
        parts = urlsplit(href.strip())
        query = parse_qs(parts.query, max_num_fields=20).get("q", [""])[0]
    except ValueError:
        return None
    if parts.scheme != "https":
        return None
    # By `netloc`, which has no place for a user name or a port here. Only the words go into the link that is kept: with
    # other parameters, such as `btnI`, Google's search passes a visitor on to any page.
    if parts.netloc.lower() in _SEARCH_HOSTS and parts.path == "/search":
        return query or None
    host, path = _REDIRECTS
    return words if parts.netloc.lower() == host and parts.path.startswith(path) else None


def _search_url(query: str) -> str:
    return f"https://www.google.com/search?q={quote_plus(query, errors='replace')}"


def _plain(text: str) -> str:
    """One line without control characters and those that turn the direction of reading."""
    return " ".join("".join(char for char in text if char.isprintable() or char.isspace()).split())


def _links_in(snippet: str) -> Iterator[tuple[str, str]]:
    """(href, words) of each link. Not by the standard library's parser: broken markup costs it quadratic time."""
    for link in _LINK.split(snippet)[1:]:
        attributes, _, body = _LINK_END.split(link, 1)[0].partition(">")
        href = _HREF.search(attributes)
        if href and not _CODE.search(body):
            yield unescape(href[2]), unescape(_MARKUP.sub("", body))
