"""A scripted client of the chat: the page of Chainlit without a browser.

Speaks the protocol of `@chainlit/react-client` 0.4 and keeps what it hears the way that library does, its losses
included: a piece of text for an unknown message is lost, and so is a step whose parent is unknown.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from uuid import uuid4

import httpx
import socketio

PATIENCE_SECONDS = 90
"""For whatever must come at some time; what must come soon is measured."""
_RECONNECTING: Any = {"reconnection_delay": 0.2, "reconnection_delay_max": 0.2, "randomization_factor": 0}

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """An event of the server, and when it came."""

    at: float
    name: str
    data: Any


class Page:
    """What a page shows. Pure: `hear` takes one event after the other."""

    def __init__(self) -> None:
        self.steps: dict[str, Row] = {}
        """All messages and steps by id, in order of appearance; nested ones know their `parentId`."""
        self.elements: dict[str, Row] = {}
        self.is_loading = False
        """Stop stands in the place of Send, and nothing can be sent."""
        self.thread_id = ""
        self.toasts: list[Row] = []
        self.windows: list[Row] = []
        """What the server told the page's own scripts."""

    def hear(self, name: str, data: Any) -> None:
        match name:
            case "new_message" | "stream_start":
                self._add(data)
            case "update_message":
                self._update(data)
            case "stream_token":
                self._write(data)
            case "delete_message":
                self._delete(data["id"])
            case "element":
                self.elements[data["id"]] = data
            case "remove_element":
                self.elements.pop(data["id"], None)
            case "resume_thread":
                self._replace(data)
            case "first_interaction":
                self.thread_id = data["thread_id"]
            case "task_start" | "task_end":
                self.is_loading = name == "task_start"
            case "toast":
                self.toasts.append(data)
            case "window_message":
                self.windows.append(data)

    def turn(self, message_id: str) -> "ShownTurn":
        """What the page shows for the question with that id; nothing while it knows no such question."""
        asked = self.steps.get(message_id, {})
        of_turn = asked.get("metadata", {}).get("turn", message_id)
        steps = [step for step in self.steps.values() if step.get("metadata", {}).get("turn") == of_turn]
        elements = [element for element in self.elements.values() if element["props"].get("turn") == of_turn]
        return ShownTurn(steps, elements)

    @property
    def questions(self) -> list[str]:
        """Ids of the person's messages, in order."""
        return [step["id"] for step in self.steps.values() if step["type"] == "user_message"]

    def _add(self, step: Row) -> None:
        if step["id"] in self.steps:
            self._update(step)
        elif not step.get("parentId") or step["parentId"] in self.steps:
            self.steps[step["id"]] = dict(step)

    def _update(self, step: Row) -> None:
        if step["id"] in self.steps:
            self.steps[step["id"]] |= step

    def _write(self, piece: Row) -> None:
        if piece["id"] in self.steps:
            step = self.steps[piece["id"]]
            of = "input" if piece["isInput"] else "output"
            step[of] = piece["token"] if piece["isSequence"] else step[of] + piece["token"]

    def _delete(self, step_id: str) -> None:
        for child in [step["id"] for step in self.steps.values() if step.get("parentId") == step_id]:
            self._delete(child)
        self.steps.pop(step_id, None)

    def _replace(self, thread: Row) -> None:
        self.thread_id = thread["id"]
        self.steps = {}
        for step in thread["steps"]:
            self._add(step)
        self.elements = {element["id"]: element for element in thread["elements"] or []}


@dataclass(frozen=True)
class ShownTurn:
    """The rows of one turn, by their part in it."""

    steps: list[Row]
    elements: list[Row]

    @property
    def progress(self) -> Row:
        """The message that carries the progress card; its metadata has the turn's `state` and `end`."""
        return next(step for step in self.steps if "end" in step["metadata"])

    @property
    def state(self) -> str:
        return self.progress["metadata"]["state"]

    @property
    def end(self) -> str | None:
        """Kind of the event that ended the turn; None while it runs, and before the page has heard of it."""
        return next((step["metadata"]["end"] for step in self.steps if "end" in step["metadata"]), None)

    @property
    def phases(self) -> dict[str, Row]:
        """Planning, Searching, Analyzing, as far as they are there, in order."""
        tools = [step for step in self.steps if step["type"] == "tool" and not step.get("parentId")]
        return {step["metadata"]["phase"]: step for step in tools}

    @property
    def searches(self) -> list[Row]:
        return [step for step in self.steps if step["metadata"].get("phase") == "search"]

    @property
    def states(self) -> dict[str, str]:
        """The state of each phase."""
        return {name: step["metadata"]["state"] for name, step in self.phases.items()}

    @property
    def report(self) -> Row | None:
        """The message that answers."""
        messages = [step for step in self.steps if step["type"] == "assistant_message"]
        return next((step for step in messages if "end" not in step["metadata"]), None)

    @property
    def text(self) -> str:
        return self.report["output"] if self.report else ""

    @property
    def card(self) -> Row:
        """The progress card's view."""
        return next(element["props"]["view"] for element in self.elements if element["name"] == "ResearchProgress")

    @property
    def sources(self) -> list[Row]:
        """What the list below the report shows."""
        listed = [element for element in self.elements if element["name"] == "Sources"]
        return listed[0]["props"]["sources"] if listed else []

    def shown(self) -> dict[str, Any]:
        """All of it in a form in which two pages can be compared."""
        return {
            "steps": [(step["id"], step["type"], step["output"], step["metadata"]["state"]) for step in self.answers],
            "elements": sorted((element["id"], element["name"]) for element in self.elements),
            "sources": self.sources,
            "card": self.card,
        }

    @property
    def answers(self) -> list[Row]:
        """Everything but the question itself."""
        return [step for step in self.steps if step["type"] != "user_message"]


@dataclass
class ChainlitClient:
    """One page: `connect` it, `ask`, wait `until` it shows something. Use `opened` or `async with`.

    A lost connection is taken up again by itself, as the page does it.
    """

    url: str
    cookies: dict[str, str]
    thread: str = ""
    """The conversation to open; empty: a new one."""
    session: str = field(default_factory=lambda: str(uuid4()))
    page: Page = field(default_factory=Page)
    heard: list[Heard] = field(default_factory=list[Heard])
    connections: int = 0
    """How often a connection was made."""

    def __post_init__(self) -> None:
        self._changed = asyncio.Event()
        self._socket: Any = None
        self.page.thread_id = self.thread

    async def connect(self) -> Self:
        """Open the page; raises socketio.exceptions.ConnectionError when the server refuses it."""
        self._socket = socketio.AsyncClient(**_RECONNECTING)
        self._socket.on("*", self._hear)
        self._socket.on("connect", self._connected)
        await self._socket.connect(
            self.url,
            headers=self._headers,
            auth=self._introduction,
            transports=["websocket"],
            socketio_path="/ws/socket.io",
            wait_timeout=PATIENCE_SECONDS,
        )
        return self

    async def disconnect(self) -> None:
        """Leave; `connect` comes back to the same session, as a page does whose connection was away for a while."""
        if self._socket is not None:
            await self._socket.disconnect()
            await self._socket.shutdown()

    async def clear_session(self) -> None:
        """Say that the page is closed for good, as "New chat" does."""
        await self._socket.emit("clear_session")
        await self.disconnect()

    async def upload(self, name: str, content: bytes) -> httpx.Response:
        """Attach a file to the next question, as the composer does it; the answer has its `id`."""
        async with self.http() as http:
            address = f"/project/file?session_id={self.session}"
            return await http.post(address, files={"file": (name, content, "text/plain")})

    async def ask(self, question: str, message_id: str | None = None, files: Sequence[str] = (), **more: Any) -> str:
        """Send a question, shown at once as the page does it, with the `files` of these ids. Returns the message's id."""
        message = {"id": message_id or str(uuid4()), "name": "You", "type": "user_message", "output": question, **more}
        self.page.hear("new_message", message)
        await self.emit("client_message", {"message": message, "fileReferences": [{"id": file} for file in files]})
        return message["id"]

    async def stop(self) -> None:
        """Press Stop in the place of Send."""
        self.page.is_loading = False
        await self.emit("stop")

    async def emit(self, event: str, data: Any = None) -> None:
        await self._socket.emit(event, data)

    async def press_stop_of_card(self, turn_id: str) -> httpx.Response:
        return await self._press("rc_stop", turn_id)

    async def press_retry_of_card(self, turn_id: str) -> httpx.Response:
        return await self._press("rc_retry", turn_id)

    async def _press(self, name: str, turn_id: str) -> httpx.Response:
        action = {"id": str(uuid4()), "name": name, "payload": {"turn": turn_id}, "label": "", "tooltip": ""}
        async with self.http() as http:
            return await http.post("/project/action", json={"sessionId": self.session, "action": action})

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, cookies=self.cookies, timeout=PATIENCE_SECONDS)

    async def until(self, condition: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
        """Wait until the page shows something: the first true result of `condition`, tried after each event."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            last = "\n".join(f"{heard.name} {str(heard.data)[:300]}" for heard in self.heard[-8:])
            raise AssertionError(f"Not within {seconds} s: {what}. Last heard:\n{last}") from None
        return found

    async def until_ended(self, message_id: str, seconds: float = PATIENCE_SECONDS) -> ShownTurn:
        """Wait for the end of the turn, and for the page to be free for the next question."""

        def ended() -> ShownTurn | None:
            turn = self.page.turn(message_id)
            # After Stop the page is free before the server says so; what is last said is asked, not what is shown.
            said = next(heard.name for heard in reversed(self.heard) if heard.name in {"task_start", "task_end"})
            return turn if turn.end and said == "task_end" else None

        return await self.until(ended, f"the end of {message_id}", seconds)

    async def until_writing(self, message_id: str, characters: int = 200) -> ShownTurn:
        """Wait until a part of the report is shown, but not all of it."""
        await self.until(lambda: len(self.page.turn(message_id).text) >= characters, "a report that grows")
        turn = self.page.turn(message_id)
        assert turn.end is None, "the report was complete before it could be seen growing"
        return turn

    async def until_connected(self, times: int) -> None:
        """Wait until the page has been connected that many times, and shows what the server sent at the last one."""
        await self.until(lambda: self.connections >= times, f"connection {times}")
        greeting = "resume_thread" if self.page.thread_id else "task_end"
        await self.until(lambda: self.since_connection(greeting), greeting)

    def since_connection(self, name: str) -> list[Heard]:
        """The events of that name since the last connection was made."""
        last = max((i for i, heard in enumerate(self.heard) if heard.name == "connect"), default=0)
        return [heard for heard in self.heard[last:] if heard.name == name]

    def pieces(self) -> list[Heard]:
        """The pieces of text that have come."""
        return [heard for heard in self.heard if heard.name == "stream_token"]

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    async def _headers(self) -> dict[str, str]:
        # Made anew for each connection: the client takes them out of what it is given.
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    async def _introduction(self) -> dict[str, str]:
        return {
            "clientType": "webapp",
            "sessionId": self.session,
            "threadId": self.page.thread_id,
            "userEnv": "{}",
            "chatProfile": "",
        }

    async def _connected(self) -> None:
        self.connections += 1
        self._note("connect", None)
        await self._socket.emit("connection_successful")

    async def _hear(self, name: str, *data: Any) -> None:
        self._note(name, data[0] if data else None)

    def _note(self, name: str, data: Any) -> None:
        self.heard.append(Heard(time.monotonic(), name, data))
        self.page.hear(name, data)
        self._changed.set()


@asynccontextmanager
async def opened(url: str, cookies: httpx.Cookies, thread: str = "") -> AsyncIterator[ChainlitClient]:
    """A page that is connected, for as long as the context lasts."""
    async with ChainlitClient(url, dict(cookies), thread) as client:
        await client.until_connected(1)
        yield client


def sign_in(url: str, name: str, password: str) -> httpx.Cookies:
    """The cookies of a user of the users file."""
    answer = httpx.post(f"{url}/login", data={"username": name, "password": password}, timeout=PATIENCE_SECONDS)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.cookies


async def rows_of(client: ChainlitClient, thread_id: str) -> Row:
    """The stored thread, as the history gives it."""
    async with client.http() as http:
        answer = await http.get(f"/project/thread/{thread_id}")
    assert answer.status_code == httpx.codes.OK, answer.text
    return cast(Row, answer.json())
