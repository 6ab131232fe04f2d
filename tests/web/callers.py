"""Requests against ASGI apps as a browser, a program or another site would make them."""

from collections.abc import Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

PORT = 8000
LOCAL = f"127.0.0.1:{PORT}"
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def client(app: ASGIApp, host: str = LOCAL, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", trust_env=False)


async def handshake(app: ASGIApp, path: str = "/ws/socket.io/", **headers: str) -> list[Message]:
    """What the server sends when a browser opens a websocket; uvicorn's scope, with its extension for denials."""
    sent: list[Message] = []
    fields = {"host": LOCAL, **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(websocket_scope(path, fields), receive, send)
    return sent


def websocket_scope(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "scheme": "ws",
        "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", PORT),
        "extensions": {"websocket.http.response": {}},
    }


def is_accepted(sent: list[Message]) -> bool:
    return bool(sent) and sent[0]["type"] == "websocket.accept"


def denial(sent: list[Message]) -> tuple[int, str]:
    assert sent[0]["type"] == "websocket.http.response.start", sent
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode()


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    return JSONResponse({"cookies": request.cookies, "size": len(body), "path": request.url.path})


async def _accept(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def echo_app() -> Starlette:
    """Answers everything with the cookies it saw, and accepts every websocket."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", _echo, methods=methods), WebSocketRoute("/{path:path}", _accept)])
