"""Other sites may link to us, but a page of another origin may not act here with the person's cookie.

A site on another port of this machine is the same *site* to a cookie, so SameSite does not protect against it; Origin and
Sec-Fetch-Site do. See https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from chat_app.web.addresses import read_authority, read_origin
from chat_app.web.refusal import Refusal, refuse

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_HANDSHAKE = "/ws/socket.io"
# This provider answers by a form that posts from its own site; no other request of a foreign origin is meant for us.
_POSTED_BY_PROVIDERS = {"/auth/oauth/azure-ad-hybrid/callback"}


class Origins:
    """ASGI middleware. `allowed` are further origins, as `https://research.example.org`, for a proxy that changes Host."""

    def __init__(self, app: ASGIApp, allowed: Iterable[str] = ()) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            try:
                check_origin(scope, self._allowed)
            except Refusal as refusal:
                return await refuse(refusal, scope, receive, send)
        await self._app(scope, receive, send)


def check_origin(scope: Scope, allowed: frozenset[str] = frozenset()) -> None:
    """Raise Refusal for a request that a page of another origin makes.

    Programs send no Origin and pass; they hold no browser's cookie.
    """
    if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _POSTED_BY_PROVIDERS:
        return
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    origins = headers.getlist("origin")
    foreign = [origin for origin in origins if origin not in allowed and not _is_own(origin, host)]
    if foreign:
        raise Refusal(
            403,
            f"A page of another origin ({foreign[0][:200]!r}) may not use this server, which answers as {host[:200]!r}. "
            "If that page is this server behind a proxy, let the proxy pass the Host header on.",
        )
    site = headers.get("sec-fetch-site", "none")
    # Not only without Origin: a page of http://this.host has our authority, but is another site to us at https://this.host.
    if site not in {"same-origin", "none"} and _acts(scope) and allowed.isdisjoint(origins):
        raise Refusal(403, "A page of another site may not act on this server; open it by its own address.")


def _acts(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS or _HANDSHAKE in scope["path"]


def _is_own(origin: str, host: str) -> bool:
    """Whether `origin` is that of the Host header. Its scheme is not compared: behind a proxy that ends TLS we see http."""
    read = read_origin(origin)
    if read is None:
        return False
    scheme, authority = read
    return authority == read_authority(host, 443 if scheme == "https" else 80)
