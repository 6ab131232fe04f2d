"""Our own answers to five events of Chainlit's socket.

Chainlit's would leave a page empty that connects twice; store a message in tasks that nobody awaits, so that a crash could keep
a report without its question; write over any step whose id a client knows; add an English sentence at each stop; and re-run a
turn at an edit.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession, ws_sessions_id

from chat_app.chat.audience import Page
from chat_app.chat.problems import spoken
from chat_app.chat.room import current_room
from chat_app.errors import ResearchChatError
from chat_app.languages.words import say
from chat_app.research.turn import Turn

logger = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[Any]]


def take_over(sio: Any) -> None:
    """Put our handlers in the place of Chainlit's."""
    let_in: Handler = sio.handlers["/"]["connect"]
    show_thread: Handler = sio.handlers["/"]["connection_successful"]

    async def connect(sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> Any:
        answer = await let_in(sid, environ, auth)
        # A page that opens a thread connects twice within moments, first without naming the thread. If the server has not
        # noticed the end of the first connection by then, it takes the second for the same empty chat.
        session, wanted = WebsocketSession.get(sid), auth.get("threadId")
        if session is not None and wanted and session.restored and not session.has_first_interaction:
            session.thread_id = session.thread_id_to_resume = wanted
            session.restored = False
        return answer

    async def connection_successful(sid: str) -> None:
        # Chainlit sends the stored thread, which replaces all that the page shows; only then is it brought to life.
        await show_thread(sid)
        session = WebsocketSession.get(sid)
        if session is None:
            return
        page = _page(session)
        await current_room().offer.show(page, _owner(session))
        if session.thread_id and session.has_first_interaction:
            session.thread_id_to_resume = session.thread_id
            await page.emit("window_message", {"type": "rc:thread", "id": session.thread_id})
            await current_room().conversation.attach(page)

    sio.on("connect", connect)
    sio.on("connection_successful", connection_successful)
    sio.on("client_message", _client_message)
    sio.on("stop", _stop)
    sio.on("edit_message", _edit_message)


def pages_of(thread_id: str) -> list[Page]:
    """The sessions of this process that show a thread."""
    return [_page(session) for session in list(ws_sessions_id.values()) if session.thread_id == thread_id]


def pages_of_person(identifier: str) -> list[Page]:
    """The sessions of this process that belong to a person."""
    return [_page(session) for session in list(ws_sessions_id.values()) if _owner(session) == identifier]


async def _client_message(sid: str, payload: object = None) -> None:
    session = WebsocketSession.require(sid)
    init_ws_context(session)
    page, message = _page(session), _message(payload)
    if not current_room().is_known(_owner(session)):
        return await _refuse(page, say("problem.signed_out"), message)
    if not message.get("modes"):  # asked by a button of our own, which knows no composer
        message = {**message, "modes": await current_room().offer.modes(_owner(session))}

    async def name_thread(turn: Turn) -> None:
        # A page whose connection breaks a moment later must know which thread to come back to. Without the first line
        # a mere reconnect of a new chat would show nothing of what was missed.
        session.thread_id_to_resume = session.thread_id
        if not session.has_first_interaction:
            session.has_first_interaction = True
            await page.emit("first_interaction", {"interaction": turn.question, "thread_id": session.thread_id})
            await page.emit("window_message", {"type": "rc:thread", "id": session.thread_id})

    try:
        await current_room().conversation.ask(page, _owner(session), message, name_thread, _uploads(payload))
    except ResearchChatError as error:
        await _refuse(page, spoken(error), message)
    except Exception:
        # The callback's edge: whatever broke, the page does not wait for it. The question may have been stored.
        logger.exception("A question could not be begun")
        await page.emit("task_end", {})
        await page.emit("toast", {"message": say("problem.broken"), "type": "error"})


def _message(payload: object) -> dict[str, Any]:
    message = cast(dict[str, object], payload).get("message") if isinstance(payload, dict) else None
    return cast(dict[str, Any], message) if isinstance(message, dict) else {}


def _uploads(payload: object) -> list[str]:
    """Ids of the files sent with a message."""
    references = cast(dict[str, object], payload).get("fileReferences") if isinstance(payload, dict) else None
    items = cast(list[object], references) if isinstance(references, list) else []
    return [str(cast(dict[str, object], item).get("id")) for item in items if isinstance(item, dict)]


async def _refuse(page: Page, why: str, message: dict[str, Any]) -> None:
    """Say why a message is not taken, and take it off the page, which has shown it already."""
    if isinstance(message.get("id"), str):
        await page.emit("delete_message", message)
    await page.emit("task_end", {})
    await page.emit("toast", {"message": why, "type": "error"})


async def _stop(sid: str) -> None:
    session = WebsocketSession.get(sid)
    if session is not None and session.thread_id:
        await current_room().conversation.stop(session.thread_id, _owner(session))


async def _edit_message(sid: str, payload: object = None) -> None:
    page = _page(WebsocketSession.require(sid))
    await page.emit("toast", {"message": say("problem.edit"), "type": "info"})


def _page(session: WebsocketSession) -> Page:
    return cast(Page, session)


def _owner(session: WebsocketSession) -> str:
    return session.user.identifier if session.user else ""
