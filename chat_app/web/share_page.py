"""GET /s/<token>: a conversation for anybody who has its link, to read only; live where the browser runs our script."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Send

from chat_app.languages.words import say
from chat_app.web import assets
from chat_app.web.conversation_html import conversation_title, render_page, turn_fragments
from chat_app.web.live_page import LivePages
from chat_app.web.shared_conversation import SharedConversation

SHARE_PATH = "/s"

# Nothing but our own style sheet, script and pictures: text that slips through the Markdown renderer still does nothing.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
OWN_PAGE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}
_STREAM_HEADERS: Mapping[str, str] = {**OWN_PAGE_HEADERS, "X-Accel-Buffering": "no"}  # nginx would hold events back
_MAX_SEEN_CHARACTERS = 4_000


class SharePage:
    """The page and its stream of changes. `live` belongs to the running loop; close it when the server stops."""

    def __init__(self, conversations: SharedConversation) -> None:
        self._conversations = conversations
        self.live = LivePages(conversations)

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{SHARE_PATH}/{{token}}", self._page),
            Route(f"{SHARE_PATH}/{{token}}/events", self._events, methods=["GET"]),
            assets.assets_route(),
        ]

    async def _page(self, request: Request) -> Response:
        token = request.path_params["token"]
        thread_id = await self._conversations.thread_of(token)
        if thread_id is None:
            return _missing()
        turns = await self._conversations.turns(thread_id)
        fragments = await run_in_threadpool(turn_fragments, turns)
        html = render_page(
            "conversation.html",
            title=conversation_title(turns),
            assets=assets.URLS,
            events=f"{SHARE_PATH}/{token}/events",
            fragments=fragments,
        )
        return HTMLResponse(html, headers=OWN_PAGE_HEADERS)

    async def _events(self, request: Request) -> Response:
        token = request.path_params["token"]
        if await self._conversations.thread_of(token) is None:
            return _missing()
        if request.method == "HEAD":
            return Response(headers=_STREAM_HEADERS, media_type="text/event-stream")
        if not self.live.has_room(token):
            return PlainTextResponse(say("shared.crowded") + "\n", 503, {**OWN_PAGE_HEADERS, "Retry-After": "60"})
        seen = request.query_params.get("seen", "")[:_MAX_SEEN_CHARACTERS]
        return _EventStream(self._stream(token, [version for version in seen.split(",") if version]))

    async def _stream(self, token: str, seen: list[str]) -> AsyncGenerator[str]:
        with self.live.viewer(token) as watched:
            async with aclosing(watched.events(seen)) as events:
                async for event in events:
                    yield event


class _EventStream(StreamingResponse):
    """Leaves the viewer's place as soon as the connection ends, not when the garbage is collected."""

    def __init__(self, events: AsyncGenerator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers=_STREAM_HEADERS)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._events):
            await super().stream_response(send)


def _missing() -> Response:
    html = render_page("missing.html", title=say("missing.title"), assets=assets.URLS)
    return HTMLResponse(html, 404, headers=OWN_PAGE_HEADERS)
