"""How a request is turned away: one status and one sentence, for plain requests and websocket handshakes alike."""

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send


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
    headers = {"Cache-Control": "no-store", "Connection": "close"}
    await PlainTextResponse(refusal.sentence + "\n", refusal.status, headers)(scope, receive, send)
