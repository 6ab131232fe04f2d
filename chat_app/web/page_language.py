"""Each request is answered in the language its browser asks for, of those that there are; and the page gets its words."""

import hashlib
import json

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chat_app.languages.choice import current_language, preferred, reading, tag
from chat_app.languages.retelling import known_clauses
from chat_app.languages.words import dictionary

WORDS_PATH = "/rc/language.js"


class PageLanguage:
    """ASGI middleware: what is done for a request, or for a socket for as long as it lives, is done in its language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            return await self._app(scope, receive, send)
        with reading(preferred(",".join(Headers(scope=scope).getlist("accept-language")))):
            await self._app(scope, receive, send)


def words_route() -> Route:
    """The dictionary as a module, so that the page's scripts begin only when it is there; never two languages of it."""
    return Route(WORDS_PATH, _words)


async def _words(request: Request) -> Response:
    language = current_language()
    words = {"tag": tag(language), "words": dict(dictionary(language)), "told": dict(known_clauses(language))}
    body = f"export default {json.dumps(words, ensure_ascii=False)};\n".encode()
    version = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "ETag": version}
    if request.headers.get("if-none-match") == version:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/javascript", headers=headers)
