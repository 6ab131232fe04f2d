"""A SearXNG of one's own: its results with their snippets. See https://docs.searxng.org/dev/search_api.html."""

from typing import Any

from chat_app.errors import ProviderError
from chat_app.research.evidence import Passage, Source, merge_sources
from chat_app.search.keyless import client, get_json, plain, records
from chat_app.search.pages import is_public_page, page_of

NAME = "SearXNG"
MAX_RESULTS = 8
_MAX_TITLE_CHARACTERS = 300
_MAX_SNIPPET_CHARACTERS = 2_000


class SearXNG:
    def __init__(self, address: str, contact: str | None = None) -> None:
        """`address` of the instance, as a person opens it in a browser."""
        self._contact = contact
        self._url = address.rstrip("/") + "/search"

    async def __call__(self, query: str, language: str) -> tuple[Source, ...]:
        parameters = {"q": query, "format": "json", "language": language}
        try:
            async with client(self._contact) as http:
                answer = await get_json(http, NAME, self._url, parameters)
        except ProviderError as error:
            if error.kind == "web_search_rejected":
                # An instance answers 403 to a format that is not switched on, and that is the default for JSON.
                message = f"{error} Its settings.yml must list `json` under `search.formats`."
                raise ProviderError(message, retryable=False, kind=error.kind) from error
            raise
        found = (_source(result) for result in records(answer.get("results")))
        return merge_sources(tuple(source for source in found if source))[:MAX_RESULTS]


def _source(result: dict[str, Any]) -> Source | None:
    """None for a result that is no page of the web, or says nothing."""
    url, quote = result.get("url"), plain(result.get("content"))[:_MAX_SNIPPET_CHARACTERS]
    if not isinstance(url, str) or not is_public_page(url) or not quote:
        return None
    title = plain(result.get("title"))[:_MAX_TITLE_CHARACTERS] or url
    return Source(title=title, url=page_of(url), quote=quote, passages=(Passage(quote=quote),))
