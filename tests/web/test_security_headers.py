import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from chat_app.web.perimeter import guarded
from chat_app.web.security_headers import SecurityHeaders
from tests.web.callers import LOCAL, PAGE, client, echo_app, handshake, is_accepted

SCRIPT = "\n      const global = globalThis;\n    "
INDEX = f"""<!doctype html>
<html lang="en">
  <head>
    <meta name="description" content="Ask a question.">
    <meta property="og:image" content="https://chainlit-cloud.s3.example/banner.png">
    <meta property="og:url" content="https://github.com/Chainlit/chainlit">
    <link rel="icon" href="/favicon" />
    <link rel="preconnect" href="https://fonts.gstatic.com" crossorigin />
    <link
      rel="stylesheet"
      href="https://cdn.jsdelivr.net/npm/katex@0.16.22/dist/katex.min.css"
    />
    <script>{SCRIPT}</script>
    <script type="module" crossorigin src="/assets/index-1.js"></script>
    <link rel="stylesheet" crossorigin href="/assets/index-1.css">
  </head>
  <body>{" " * 1_000}</body>
</html>
"""


async def _page(request: Request) -> Response:
    return HTMLResponse(INDEX)


async def _script(request: Request) -> Response:
    return PlainTextResponse("export default 1;", media_type="text/javascript")


async def _data(request: Request) -> Response:
    return JSONResponse({})


async def _with_own_policy(request: Request) -> Response:
    return HTMLResponse(
        INDEX, headers={"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}
    )


def _app() -> SecurityHeaders:
    app = Starlette(
        routes=[
            Route("/s/token", _with_own_policy),
            Route("/project/settings", _data),
            Route("/public/elements/Card.jsx", _script),
            Route("/public/custom.js", _script),
            Route("/assets/index-1.js", _script),
            Route("/{path:path}", _page),
        ]
    )
    app.add_middleware(GZipMiddleware)
    return SecurityHeaders(app)


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (directive.split() for directive in policy.split("; "))}


@pytest.mark.parametrize("path", ["/", "/thread/1", "/login", "/login/callback"])
async def test_the_chat_page_asks_no_other_host_and_is_whole(path: str) -> None:
    async with client(_app()) as http:
        answer = await http.get(path, headers=PAGE | {"accept-encoding": "gzip"})
    assert "jsdelivr" not in answer.text
    assert "gstatic" not in answer.text
    assert "og:image" not in answer.text
    for kept in (
        'href="/favicon"',
        'src="/assets/index-1.js"',
        'href="/assets/index-1.css"',
        'name="description"',
        "</html>",
    ):
        assert kept in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_the_policy_allows_the_pages_own_scripts_and_no_other_host() -> None:
    async with client(_app()) as http:
        policy = _directives((await http.get("/", headers=PAGE)).headers["content-security-policy"])
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert policy["script-src"] == ["'self'", "'unsafe-eval'", f"'sha256-{digest}'"]
    assert policy["connect-src"] == ["'self'", f"ws://{LOCAL}", f"wss://{LOCAL}"]
    assert policy["img-src"] == ["'self'", "data:", "blob:"]
    assert policy["frame-ancestors"] == policy["object-src"] == ["'none'"]
    assert policy["base-uri"] == ["'self'"]
    for values in policy.values():
        assert not {"*", "http:", "https:", "ws:", "wss:"} & set(values)


async def test_a_malformed_host_is_not_written_into_the_policy() -> None:
    async with client(_app()) as http:
        answer = await http.get("/", headers=PAGE | {"host": "a; script-src *"})
    assert _directives(answer.headers["content-security-policy"])["connect-src"] == ["'self'"]


@pytest.mark.parametrize("path", ["/project/file/1", "/public/upload.html", "/thread/1/2", "/attachments/a/b.html"])
async def test_scripts_in_somebodys_html_file_are_not_allowed(path: str) -> None:
    async with client(_app()) as http:
        policy = _directives((await http.get(path, headers=PAGE)).headers["content-security-policy"])
    assert policy["default-src"] == ["'none'"]
    assert "script-src" not in policy


async def test_a_page_with_a_policy_of_its_own_keeps_it() -> None:
    async with client(_app()) as http:
        answer = await http.get("/s/token", headers=PAGE)
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text == INDEX


async def test_every_answer_carries_the_common_headers() -> None:
    async with client(_app()) as http:
        for path in ("/", "/project/settings", "/s/token"):
            headers = (await http.get(path, headers=PAGE)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
            assert "microphone=()" in headers["permissions-policy"]


async def test_only_files_that_are_asked_for_again_and_again_are_kept() -> None:
    async with client(_app()) as http:
        element, script, bundle, page = [
            (await http.get(path, headers=PAGE)).headers.get("cache-control")
            for path in ("/public/elements/Card.jsx", "/public/custom.js", "/assets/index-1.js", "/")
        ]
    assert (element, script, page) == ("max-age=300", "no-cache", "no-cache")
    assert bundle is not None
    assert "immutable" in bundle


async def test_streams_are_not_held_back() -> None:
    gate, first = asyncio.Event(), asyncio.Event()

    async def ticks() -> AsyncIterator[bytes]:
        yield b"one"
        await gate.wait()
        yield b"two"

    async def stream(request: Request) -> Response:
        return StreamingResponse(ticks(), media_type="text/event-stream")

    async def send(message: Message) -> None:
        if message.get("body") == b"one":
            first.set()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    app = SecurityHeaders(Starlette(routes=[Route("/events", stream)]))
    scope = {"type": "http", "method": "GET", "path": "/events", "query_string": b"", "headers": [], "root_path": ""}
    task = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(first.wait(), 5)
    gate.set()
    await task


async def test_refusals_carry_the_headers_and_websockets_pass_through_all_guards() -> None:
    app = guarded(_app(), None)
    async with client(app) as http:
        refused = await http.post("/", headers={"origin": "https://evil.example"})
    assert refused.status_code == 403
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert is_accepted(await handshake(guarded(echo_app(), None)))
