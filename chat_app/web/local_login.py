"""On a loopback installation the person at this machine is the local user: no form, and a deep link arrives signed in.

That is safe only while nobody else can get here, so each request must come from this machine, under a name that only this
machine has (DNS rebinding), and not through a proxy. It does not know what a token is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_app.web.addresses import is_loopback, is_loopback_ip, read_authority
from chat_app.web.refusal import Refusal, refuse

_FORWARDING_HEADERS = ("forwarded", "x-real-ip", "via")
# Pages of their own, for people without an account.
_OPEN_PATHS = ("/s/", "/rc/", "/healthz", "/readyz")


@dataclass(frozen=True)
class LocalUser:
    """How the local user is signed in."""

    port: int
    """The port that is served: a request for another one was meant for somebody else."""
    cookie_name: str
    is_signed_in: Callable[[Mapping[str, str]], bool]
    """Whether these cookies hold a valid token."""
    issue_token: Callable[[], str]
    """A new token of the local user."""
    lifetime_seconds: int


class LocalLogin:
    """ASGI middleware. Pure, so that websockets and streams pass through untouched."""

    def __init__(self, app: ASGIApp, user: LocalUser) -> None:
        self._app = app
        self._user = user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            return await self._app(scope, receive, send)
        try:
            check_local(scope, self._user.port)
        except Refusal as refusal:
            return await refuse(refusal, scope, receive, send)
        if not _is_page(scope) or self._user.is_signed_in(_cookies(scope)):
            return await self._app(scope, receive, send)
        token = self._user.issue_token()
        await self._app(_with_cookie(scope, self._user.cookie_name, token), receive, self._setting_cookie(send, token))

    def _setting_cookie(self, send: Send, token: str) -> Send:
        cookie = (
            f"{self._user.cookie_name}={token}; Path=/; Max-Age={self._user.lifetime_seconds}; HttpOnly; SameSite=Lax"
        )

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return wrapped


def check_local(scope: Scope, port: int) -> None:
    """Raise Refusal unless the request comes from this machine, is meant for it, and nobody stands between."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    authority = read_authority(hosts[0], 80) if len(hosts) == 1 else None
    if authority is None or not is_loopback(authority.host) or authority.port != port:
        named = ", ".join(hosts)[:200] or "no host"
        raise Refusal(421, f"This server answers for http://127.0.0.1:{port} only; the request was for {named!r}.")
    forwarding = [name for name in headers if name in _FORWARDING_HEADERS or name.startswith("x-forwarded-")]
    if forwarding:
        raise Refusal(
            403,
            f"The request came through a proxy (header {forwarding[0]!r}), so everybody behind it would be signed in as "
            "the local user. Set CHAT_APP_USERS_FILE or an OAuth provider to serve other people.",
        )
    client = scope.get("client")
    if client is None or not is_loopback_ip(client[0]):
        raise Refusal(403, "The request came from another machine; this server is for the person at its own machine.")


def _is_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return False
    return "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith(_OPEN_PATHS)


def _cookies(scope: Scope) -> dict[str, str]:
    return cookie_parser("; ".join(Headers(scope=scope).getlist("cookie")))


def _with_cookie(scope: Scope, name: str, token: str) -> Scope:
    """The request as if the browser had sent the token; an invalid one of the same name, whole or in chunks, is left out."""
    stale = re.compile(rf"{re.escape(name)}(_\d+)?")
    kept = [f"{known}={value}" for known, value in _cookies(scope).items() if not stale.fullmatch(known)]
    cookie = "; ".join([*kept, f"{name}={token}"])
    others = [(key, value) for key, value in scope["headers"] if key != b"cookie"]
    return {**scope, "headers": [*others, (b"cookie", cookie.encode("latin-1"))]}
