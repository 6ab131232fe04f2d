"""The headers every answer carries, and the policy of the chat page. A page that brings a policy of its own keeps it."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_app.languages.choice import current_language, tag
from chat_app.web.addresses import read_authority
from chat_app.web.chat_html import in_language, inline_script_hashes, without_foreign_addresses

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# For files and JSON that somebody opens as a page: no script runs in an uploaded HTML or SVG file.
_POLICY_OF_DATA = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
# Where Chainlit's interface lives. Only there does HTML get its own scripts allowed: elsewhere it may be somebody's upload.
_CHAT_PAGE = re.compile(r"/[^/]*|/(?:thread|share|element|login)/[^/]+")
_MAX_AGE = {
    "/public/elements/": "max-age=300",  # each of a thread's elements asks again for its script
    "/public/": "no-cache",  # our own scripts and styles: asked for again, answered 304 while they are the same
    "/assets/": "public, max-age=31536000, immutable",  # Chainlit's bundle: a name changes with its content
}


class SecurityHeaders:
    """ASGI middleware. Changes only HTML bodies, and only those without a policy of their own; streams pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        answer = _Answer(scope, send)
        await self._app(_without_compression(scope), receive, answer.send)


def chat_policy(script_hashes: Sequence[str], host: str) -> str:
    """Content-Security-Policy of the chat page when it is served as `host` (a Host header).

    - 'unsafe-eval': Chainlit compiles custom elements in the browser (react-runner: `new Function`).
    - style 'unsafe-inline': its interface library writes <style> elements and style attributes.
    - No foreign host anywhere: a report cannot make the browser ask one, be it for an image or a script.
    """
    known = read_authority(host, 80) is not None
    # Safari before 15.4 does not count websockets as 'self'; a bare `ws:` would allow every host there is.
    sockets = f" ws://{host} wss://{host}" if known else ""
    scripts = "".join(f" '{hash_}'" for hash_ in script_hashes)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval'{scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "worker-src 'self' blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class _Answer:
    """One response on its way out; holds the parts of a page back until it is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._page: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if self._is_chat_page(headers):
                self._start = message
                return
            self._add_headers(headers, _POLICY_OF_DATA)
        elif self._start is not None and message["type"] == "http.response.body":
            self._page.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            message = await self._begin_page(self._start)
        await self._send(message)

    def _is_chat_page(self, headers: Headers) -> bool:
        is_html = headers.get("content-type", "").startswith("text/html")
        is_plain = "content-encoding" not in headers and self._scope["method"] != "HEAD"
        is_ours = _CHAT_PAGE.fullmatch(self._scope["path"]) is not None and "content-security-policy" not in headers
        return is_ours and is_html and is_plain

    async def _begin_page(self, start: Message) -> Message:
        html = in_language(without_foreign_addresses(b"".join(self._page).decode()), tag(current_language()))
        body = html.encode()
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        headers.setdefault("cache-control", "no-cache")
        headers.add_vary_header("Accept-Language")
        host = Headers(scope=self._scope).get("host", "")
        self._add_headers(headers, chat_policy(inline_script_hashes(html), host))
        await self._send(start)
        return {"type": "http.response.body", "body": body}

    def _add_headers(self, headers: MutableHeaders, policy: str) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", policy)
        path: str = self._scope["path"]
        for prefix, cache in _MAX_AGE.items():
            if path.startswith(prefix) and not headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("Cache-Control", cache)


def _without_compression(scope: Scope) -> Scope:
    """For a page: ask the app for it uncompressed, since it is going to be changed. It has 3 kB."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]}
