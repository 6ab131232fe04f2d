"""Small answers about the server: whether it lives, whether it can work, what it runs on, which threads are running."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.web.sharing import Caller

_FRESH = {"Cache-Control": "no-store"}


class Mode(NamedTuple):
    """The banner of the start page: what the server runs on, where that is not what a person would expect."""

    kind: Literal["excerpts", "demo"]
    text: str


def status_routes(
    *,
    unready: Callable[[], Awaitable[str | None]],
    mode: Callable[[], Mode | None],
    caller: Caller,
    running: Callable[[str], Awaitable[Iterable[str]]],
) -> list[BaseRoute]:
    """Routes over what the application knows.

    `unready`: why no turn can be run now, None when one can. `mode`: the banner of the start page, None for none.
    `running(user)`: ids of that user's threads with a turn under way.
    """

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_FRESH)

    async def readyz(request: Request) -> Response:
        reason = await unready()
        return PlainTextResponse(f"{reason or 'ready'}\n", 503 if reason else 200, _FRESH)

    async def current_mode(request: Request) -> Response:
        banner = mode()
        headers = {**_FRESH, "Vary": "Accept-Language"}
        return JSONResponse(banner._asdict(), headers=headers) if banner else Response(status_code=204, headers=headers)

    async def running_threads(request: Request) -> Response:
        user = await caller(request)
        if user is None:
            return PlainTextResponse("Sign in first.\n", 401, _FRESH)
        return JSONResponse({"threads": list(await running(user))}, headers=_FRESH)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/rc/mode", current_mode),
        Route("/rc/running", running_threads),
    ]
