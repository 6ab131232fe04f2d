"""Requests with more body than anything here needs are cut off, before they fill the memory."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_app.web.refusal import Refusal, refuse

MAX_BODY_BYTES = 2_000_000
MAX_UPLOAD_BYTES = 27_000_000
"""A file that is attached to a message, and what a form puts around it."""
_UPLOADS = {"/project/file"}


class BodyLimit:
    """ASGI middleware: 413 for a body that is announced too long, or turns out to be."""

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, max_upload_bytes: int = MAX_UPLOAD_BYTES) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        max_bytes = self._max_upload_bytes if scope["path"] in _UPLOADS else self._max_bytes
        refusal = Refusal(413, f"The request is too large; the limit is {max_bytes:,} bytes.")
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > max_bytes:
            return await refuse(refusal, scope, receive, send)
        body = _CountedBody(receive, send, max_bytes)
        try:
            await self._app(scope, body.receive, body.send)
        except ClientDisconnect:
            if not body.is_over:
                raise
        if body.is_over and not body.is_answered:
            await refuse(refusal, scope, receive, send)


class _CountedBody:
    """Passes messages on until the body is too long; from then on the app sees a client that has gone."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._left = max_bytes
        self.is_answered = False

    @property
    def is_over(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message

    async def send(self, message: Message) -> None:
        if self.is_over and not self.is_answered:
            return  # what the app says to a client that it believes gone
        self.is_answered = True
        await self._send(message)
