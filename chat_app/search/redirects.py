"""Gemini names its sources by links of Google's that expire; behind each stands the page itself, one redirect away.

See https://ai.google.dev/gemini-api/docs/grounding (googleapis/python-genai issue 1512: there is no other way).
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpx

from chat_app.research.evidence import Source, merge_sources
from chat_app.search.pages import is_public_page, page_of

# https only: whoever answers in Google's name at some other address has no certificate for it.
_GOOGLE = "https://vertexaisearch.cloud.google.com"
_PATH = "/grounding-api-redirect/"
_PATIENCE_SECONDS = 5.0
"""For all links of an answer together: they are followed side by side."""
_AT_ONCE = 40
_TRIES = 2
_PAUSE_SECONDS = 0.2


class Redirects:
    """Follows such links one step, and no further: the pages themselves are never fetched."""

    def __init__(self, gemini_url: str | None) -> None:
        """`gemini_url` is where Gemini is reached, if not at Google: its links then lead there."""
        self._origins = {_GOOGLE} | ({_origin(gemini_url)} if gemini_url else set[str]())

    def are_in(self, sources: Iterable[Source]) -> bool:
        return any(self._is_redirect(source.url) for source in sources)

    async def resolved(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """The sources under their own addresses; one whose link cannot be followed keeps it. Two links may be one page."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        limits = httpx.Limits(max_connections=_AT_ONCE)
        async with httpx.AsyncClient(timeout=None, limits=limits, follow_redirects=False, trust_env=False) as client:
            return merge_sources(tuple(await asyncio.gather(*(self._resolve(client, deadline, s) for s in sources))))

    async def _resolve(self, client: httpx.AsyncClient, deadline: float, source: Source) -> Source:
        if not self._is_redirect(source.url):
            return source
        try:
            async with asyncio.timeout_at(deadline):
                target = await _target(client, source.url)
        except TimeoutError:
            return source
        if target is None or self._is_redirect(target) or not is_public_page(target):
            return source
        return source.model_copy(update={"url": page_of(target)})

    def _is_redirect(self, url: str) -> bool:
        try:
            return _origin(url) in self._origins and urlsplit(url).path.startswith(_PATH)
        except ValueError:
            return False


async def _target(client: httpx.AsyncClient, url: str) -> str | None:
    """Where the link leads, asked for once more after a failure; None when that cannot be learned."""
    for attempt in range(_TRIES):
        await asyncio.sleep(_PAUSE_SECONDS * attempt)
        try:
            async with client.stream("GET", url) as response:
                if response.has_redirect_location:
                    return urljoin(url, response.headers["location"])
                if not _may_pass(response.status_code):
                    return None
        except httpx.TransportError:
            continue
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None
    return None


def _may_pass(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or httpx.codes.is_server_error(status)


def _origin(url: str) -> str:
    """Scheme, host and port, lower case; whatever stands before an @ is part of it, so that it is never ours."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"
