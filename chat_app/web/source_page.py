"""/rc/source/<thread>/<number>: the passages of one source, for the owner of the thread; where a citation leads
that is opened in a tab of its own."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chat_app.languages.words import say
from chat_app.research.evidence import Source
from chat_app.web import assets
from chat_app.web.addresses import web_host
from chat_app.web.conversation_html import render_page, retrieved
from chat_app.web.share_page import OWN_PAGE_HEADERS
from chat_app.web.sharing import Caller


def source_routes(
    find: Callable[[str, int], Awaitable[Source | None]],
    caller: Caller,
    is_owner: Callable[[str, str], Awaitable[bool]],
) -> list[BaseRoute]:
    """`find(thread_id, number)`. Somebody else's thread is answered as one that does not exist."""

    async def page(request: Request) -> Response:
        thread_id, number = request.path_params["thread_id"], request.path_params["number"]
        user = await caller(request)
        is_mine = user is not None and await is_owner(user, thread_id)
        source = await find(thread_id, number) if is_mine else None
        if source is None:
            return HTMLResponse(
                render_page("missing.html", title=say("missing.title"), assets=assets.URLS), 404, OWN_PAGE_HEADERS
            )
        is_web = web_host(source.url) is not None
        html = render_page(
            "source.html",
            title=source.title,
            assets=assets.URLS,
            source=source,
            retrieved=retrieved(source),
            href=source.url if is_web else None,
            place=source.url if is_web else source.url.removeprefix("library:"),
        )
        return HTMLResponse(html, headers=OWN_PAGE_HEADERS)

    return [Route("/rc/source/{thread_id}/{number:int}", page)]
