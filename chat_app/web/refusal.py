"""How a request is turned away: one status and one sentence, for plain requests and websocket handshakes alike."""

import base64
import hashlib

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from chat_app.languages.retelling import retold
from chat_app.languages.words import say
from chat_app.web.conversation_html import render_page

# The page brings its looks along: whoever is turned away gets no style sheet either.
_STYLE = (
    "body{max-width:42rem;margin:0 auto;padding:2rem 1.25rem;font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem;line-height:1.25}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FRESH = {"Cache-Control": "no-store"}


class Refusal(Exception):
    """Raised while a request is judged; `sentence` says what is wrong and what to do."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `scope` (http or websocket) with the refusal. The connection is not used again: its body may be unread."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.sentence[:120]})
        return
    await refusing(refusal, Headers(scope=scope), {"Connection": "close"})(scope, receive, send)


def refusing(refusal: Refusal, asked: Headers, more_headers: dict[str, str] | None = None) -> Response:
    """A page for a browser, a line of text for everything else, in the reader's language."""
    sentence = retold(refusal.sentence)
    headers = {**_FRESH, "Vary": "Accept, Accept-Language", **(more_headers or {})}
    if "text/html" not in asked.get("accept", ""):
        return PlainTextResponse(f"{sentence}\n", refusal.status, headers)
    html = render_page("refused.html", title=say("refusal.title"), sentence=sentence, style=_STYLE)
    return HTMLResponse(html, refusal.status, {**headers, "Content-Security-Policy": _POLICY})
