"""`research-chat ask`: one question from the terminal.

It joins the server that runs on the data directory, if there is one, and works by itself otherwise.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from chat_app.data_directory import DataDirectory
from chat_app.errors import DataDirectoryLocked, NotFound, ResearchChatError
from chat_app.research.characters import without_commands
from chat_app.research.progress import END_KINDS, json_line
from chat_app.research.turn import Depth, RoleModels
from chat_app.research.uncited import marked
from chat_app.settings import Settings
from chat_app.web.private_keys import client_key

if TYPE_CHECKING:
    from chat_app.workflows.inquiries import Inquiries

_OWNER = "local"
_EXIT_CODES = {"turn_failed": 1, "no_evidence": 3, "turn_stopped": 130}


class Printer(Protocol):
    def show(self, event: dict[str, Any]) -> None:
        """One event of the trail, in its JSON form."""
        ...


class Asked(Protocol):
    """A question that is being answered."""

    thread_id: str

    def events(self) -> AsyncIterator[dict[str, Any]]: ...

    async def stop(self) -> None: ...


async def ask(settings: Settings, question: str, thread_id: str | None, depth: Depth, printer: Printer) -> int:
    """Ask, print to the end, and return the exit code. Cancelled, it stops the research; cancelled again, it just ends.

    Raises NotFound for a conversation that is not one's own.
    """
    try:
        directory = DataDirectory.hold(settings.data_dir, None)
    except DataDirectoryLocked as locked:
        if locked.address is None:
            raise
        asking = _by_server(settings, locked.address, question, thread_id, depth)
    else:
        asking = _by_itself(settings, directory, question, thread_id, depth)
    async with asking as asked:
        reading = _Reading(asked, printer)
        try:
            return await reading.to_the_end()
        except asyncio.CancelledError:
            await asked.stop()
            return await reading.to_the_end()
        except BrokenPipeError:
            await asked.stop()  # nobody reads on
            raise


class _Reading:
    """Prints a trail, and goes on where it was when it is begun again."""

    def __init__(self, asked: Asked, printer: Printer) -> None:
        self._asked = asked
        self._printer = printer
        self._seq = -1
        self._kind = ""

    async def to_the_end(self) -> int:
        """Returns the exit code."""
        async for event in self._asked.events():
            if event["seq"] > self._seq:
                self._printer.show(event)
                self._seq, self._kind = event["seq"], event["kind"]
        if not isinstance(self._printer, JsonLines):
            print(f'\nGo on with: research-chat ask --thread {self._asked.thread_id} "..."', file=sys.stderr)
        return _EXIT_CODES.get(self._kind, 0)


class _Local:
    def __init__(self, inquiries: "Inquiries", thread_id: str, turn_id: str) -> None:
        self._inquiries = inquiries
        self._turn_id = turn_id
        self.thread_id = thread_id

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        async for recorded in await self._inquiries.trail(_OWNER, self._turn_id):
            yield recorded.to_dict()

    async def stop(self) -> None:
        await self._inquiries.stop(_OWNER, self._turn_id)


@asynccontextmanager
async def _by_itself(
    settings: Settings, directory: DataDirectory, question: str, thread_id: str | None, depth: Depth
) -> AsyncGenerator[Asked]:
    # Imported here: whoever joins a server need not wait for the engine and the agents (1.5 s).
    bootstrap = importlib.import_module("chat_app.bootstrap")
    inquiries_module = importlib.import_module("chat_app.workflows.inquiries")
    try:
        async with bootstrap.running(settings, directory) as services:
            inquiries: Inquiries = inquiries_module.Inquiries(services.turns, services.trail, services.menu)
            turn = await inquiries.ask(_OWNER, question, thread_id, depth, RoleModels())
            yield _Local(inquiries, turn.thread_id, turn.id)
    finally:
        directory.release()


class _Remote:
    def __init__(self, client: httpx.AsyncClient, thread_id: str, turn_id: str) -> None:
        self._client = client
        self._path = f"/api/turns/{turn_id}"
        self.thread_id = thread_id

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Goes on where it was when the connection broke: a restarted server has the same trail."""
        seq, ended = -1, False
        while not ended:
            try:
                async with self._client.stream("GET", f"{self._path}/events") as response:
                    await _require_success(response)
                    async for line in response.aiter_lines():
                        event = json.loads(line)
                        if event["seq"] > seq:
                            seq, ended = event["seq"], event["kind"] in END_KINDS
                            yield event
            except httpx.TransportError:
                await asyncio.sleep(1)

    async def stop(self) -> None:
        await self._client.post(f"{self._path}/stop")


@asynccontextmanager
async def _by_server(
    settings: Settings, address: str, question: str, thread_id: str | None, depth: Depth
) -> AsyncGenerator[Asked]:
    headers = {"Authorization": f"Bearer {client_key(settings.data_dir).get_secret_value()}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=httpx.Timeout(30, read=None)) as client:
        try:
            body = {"question": question, "thread": thread_id, "depth": depth}
            response = await client.post("/api/turns", json=body)
        except httpx.TransportError as exc:
            raise ResearchChatError(f"The server at {address} does not answer ({exc}); try again, or stop it.") from exc
        if response.status_code == 404:
            raise NotFound(_why(response, response.text))
        await _require_success(response)
        begun = response.json()
        yield _Remote(client, begun["thread"], begun["turn"])


async def _require_success(response: httpx.Response) -> None:
    if not response.is_error:
        return
    why = _why(response, (await response.aread()).decode(errors="replace"))
    raise ResearchChatError(f"The server at {response.url.copy_with(path='/')} refused this: {why}")


def _why(response: httpx.Response, text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.reason_phrase}"


class JsonLines:
    """The trail as it is, one event a line."""

    def show(self, event: dict[str, Any]) -> None:
        print(json_line(event), flush=True)


class Plain:
    """For a person: progress on standard error, the answer on standard output."""

    def show(self, event: dict[str, Any]) -> None:
        line = _progress_line(event)
        if line:
            print(without_commands(line), file=sys.stderr, flush=True)
        answer = _answer(event)
        if answer:
            print(f"\n{without_commands(answer)}", flush=True)


def _progress_line(event: dict[str, Any]) -> str:
    match event["kind"]:
        case "phase_started":
            return f"{event['phase'].capitalize()} ..."
        case "plan_ready":
            return f"  {event['plan']['summary']}"
        case "search_finished":
            return f"  [{event['search'] + 1}] {event['query']}: {len(event['sources'])} sources"
        case "search_failed":
            return f"  [{event['search'] + 1}] {event['query']}: failed. {event['error']}"
        case "waiting":
            lasts = f"{event['seconds']:.0f} s" if event["seconds"] else f"{event['waited_seconds']:.0f} s so far"
            return f"  Waiting for {event['on']}, {lasts}: {event['reason']}"
        case "turn_failed":
            return f"Failed: {event['error']['message']}"
        case "turn_stopped":
            return "Stopped."
        case _:
            return ""


def _answer(event: dict[str, Any]) -> str:
    match event["kind"]:
        case "report_ready" | "answer_ready" | "turn_stopped":
            report = event["report"]
            return _report_text(report) if report else ""
        case "no_evidence":
            return event["text"]
        case "clarification_asked":
            return "\n".join(event["questions"])
        case _:
            return ""


def _source_line(source: dict[str, Any]) -> str:
    place = f" ({source['location']})" if source["location"] else ""
    return f"[{source['number']}] {source['title']}{place} {source['url']}"


def _report_text(report: dict[str, Any]) -> str:
    notes = [f"Note: {note}\n" for note in report.get("notes", ())]
    text = marked(report["text"], report.get("uncited", ()), "(no source)")
    follow_ups = [f"- {question}" for question in report.get("follow_ups", ())]
    asked_next = ["", "Ask next:", *follow_ups] if follow_ups else []
    return "\n".join([text, "", *notes, *map(_source_line, report["sources"]), *asked_next])
