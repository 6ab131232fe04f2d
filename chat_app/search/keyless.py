"""Searching the web without an AI provider: services that are asked by their own interfaces, one JSON answer each.

Off until the settings name one. Only the services themselves are contacted; the pages they find are never fetched.
"""

import html
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Protocol, cast

import httpx

from chat_app import __version__
from chat_app.errors import ProviderError
from chat_app.research.evidence import Source

TIMEOUT_SECONDS = 10.0
_MAX_ANSWER_BYTES = 8_000_000
_TAG = re.compile(r"<[^<>]*>")


class KeylessSearch(Protocol):
    """A search service that needs no key."""

    async def __call__(self, query: str, language: str) -> tuple[Source, ...]:
        """The pages found, best first, with passages word for word. `language` is that of the question (ISO 639-1).

        Raises ProviderError when the service fails.
        """
        ...


KeylessServices = Mapping[str, KeylessSearch]
"""By the name that a person calls each by, in the order in which they are asked."""


def client(contact: str | None) -> httpx.AsyncClient:
    """For the requests of one search. `contact`: an address or page of whoever runs this program."""
    headers = {"User-Agent": _user_agent(contact), "Accept": "application/json", "Accept-Encoding": "gzip"}
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, headers=headers, follow_redirects=False, verify=_certificates())


async def get_json(http: httpx.AsyncClient, who: str, url: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object that the service `who` answers with. Raises ProviderError for anything else."""
    try:
        async with http.stream("GET", url, params=dict(parameters)) as response:
            if response.status_code != HTTPStatus.OK:
                raise _refused(who, response)
            return _object(who, await _read(who, response))
    except httpx.TimeoutException as exc:
        raise _unreachable(f"{who} gave no answer in time; try again later.", "no answer in time") from exc
    except httpx.HTTPError as exc:
        reason = " ".join(str(exc).split())[:200] or type(exc).__name__
        message = f"{who} could not be reached ({reason}); check the network, then try again."
        raise _unreachable(message, "the connection failed") from exc


def _user_agent(contact: str | None) -> str:
    """Wikimedia wants the software and a contact in it: https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy."""
    return " ".join(
        filter(None, [f"ResearchChat/{__version__}", f"({contact})" if contact else "", f"httpx/{httpx.__version__}"])
    )


def unusable(who: str, what: str) -> ProviderError:
    """For an answer that is no search result, and would be none the next time."""
    message = f"{who} answered with {what}; check CHAT_APP_WEB_SEARCH, see `research-chat doctor`."
    return ProviderError(message, retryable=False, kind="web_search_unusable")


def overloaded(who: str, status: str, retry_after: float | None = None) -> ProviderError:
    return ProviderError(
        f"{who} says that there are too many requests ({status}); try again later.",
        retryable=True,
        kind="web_search_rate_limit",
        reason=f"too many requests ({status})",
        retry_after=retry_after,
    )


def plain(markup: object) -> str:
    """Text of a title or snippet, in which services mark words and escape characters; one line. Empty for what is no text."""
    if not isinstance(markup, str):
        return ""
    # Unescaped after the tags are out: what was escaped is text, and stays it.
    text = html.unescape(_TAG.sub("", markup))
    return " ".join("".join(char for char in text if char.isprintable() or char.isspace()).split())


def records(value: object) -> list[dict[str, Any]]:
    """The objects in a list of JSON, whatever else stands there."""
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(dict[str, Any], item) for item in items if isinstance(item, dict)]


async def _read(who: str, response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _MAX_ANSWER_BYTES:
            raise unusable(who, f"more than {_MAX_ANSWER_BYTES:,} bytes")
    return bytes(body)


def _object(who: str, body: bytes) -> dict[str, Any]:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise unusable(who, "something that is no JSON") from exc
    if not isinstance(answer, dict):
        raise unusable(who, "JSON of another form")
    return cast(dict[str, Any], answer)


def _refused(who: str, response: httpx.Response) -> ProviderError:
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return overloaded(who, str(status), _retry_after(response))
    if httpx.codes.is_server_error(status):
        reason = f"not available at the moment ({status})"
        error = _unreachable(f"{who} is {reason}; try again later.", reason)
        error.retry_after = _retry_after(response)
        return error
    if httpx.codes.is_redirect(status):
        return unusable(who, f"a redirect ({status}) to another address")
    message = f"{who} rejected the search ({status}); check CHAT_APP_WEB_SEARCH, see `research-chat doctor`."
    return ProviderError(message, retryable=False, kind="web_search_rejected")


def _unreachable(message: str, reason: str) -> ProviderError:
    return ProviderError(message, retryable=True, kind="web_search_unavailable", reason=reason)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; the header holds them, or a date."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


@cache
def _certificates() -> Any:
    """Loaded once: it takes 30 ms on the event loop."""
    return httpx.create_ssl_context()
