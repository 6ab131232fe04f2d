"""Gemini names its sources by links of Google's that expire; behind each stands the page itself, one redirect away.

See https://ai.google.dev/gemini-api/docs/grounding (googleapis/python-genai issue 1512: there is no other way).
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import httpx

from chat_app.research.evidence import Source, merge_sources

_GOOGLE_HOST = "vertexaisearch.cloud.google.com"
_PATH = "/grounding-api-redirect/"
_TIMEOUT_SECONDS = 5.0
_AT_ONCE = 8


class Redirects:
    """Follows such links one step, and no further: the pages themselves are never fetched."""

    def __init__(self, gemini_url: str | None) -> None:
        """`gemini_url` is where Gemini is reached, if not at Google: its links then lead there."""
        self._hosts = {_GOOGLE_HOST} | ({urlsplit(gemini_url).netloc} if gemini_url else set[str]())

    def are_in(self, sources: Iterable[Source]) -> bool:
        return any(self._is_redirect(source.url) for source in sources)

    async def resolved(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """The sources under their own addresses; one whose link cannot be followed keeps it. Two links may be one page."""
        gate = asyncio.Semaphore(_AT_ONCE)
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
            return merge_sources(tuple(await asyncio.gather(*(self._resolve(client, gate, s) for s in sources))))

    async def _resolve(self, client: httpx.AsyncClient, gate: asyncio.Semaphore, source: Source) -> Source:
        if not self._is_redirect(source.url):
            return source
        try:
            async with gate, asyncio.timeout(_TIMEOUT_SECONDS), client.stream("GET", source.url) as response:
                target = urljoin(source.url, response.headers.get("location", ""))
        except (httpx.HTTPError, TimeoutError, ValueError):
            return source
        return source.model_copy(update={"url": target}) if is_public_page(target) else source

    def _is_redirect(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.netloc in self._hosts and parts.path.startswith(_PATH)


def is_public_page(url: str) -> bool:
    """Whether this is an http(s) address of a named host, or of an address in the public internet."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or ("." not in host and ":" not in host):
        return False
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return not host.endswith((".local", ".internal", ".localhost"))
