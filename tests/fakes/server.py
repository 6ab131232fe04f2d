"""The ASGI application: three providers' interfaces, and `/__log__` and `/__scenario__` to watch and direct it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import uvicorn
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.fakes import anthropic_messages, gemini, model_lists, openai_chat, openai_responses
from tests.fakes.ask import Ask, Json
from tests.fakes.delivery import Delivery
from tests.fakes.reply import Frame, Reply, UnfitRequest, reply_to
from tests.fakes.request_log import LoggedRequest, RequestLog
from tests.fakes.scenario import Fault, Scenario

_LOGGED = TypeAdapter(list[LoggedRequest])
_IN_TRANSIT = {"drop_midway", "stall", "malformed", "error_event", "fade", "foreign"}


class Wire(Protocol):
    """A provider's wire format."""

    def read(self, body: Json, path: str) -> Ask: ...
    def whole(self, ask: Ask, reply: Reply) -> Json: ...
    def frames(self, ask: Ask, reply: Reply, tokens_per_frame: int) -> Iterator[Frame]: ...
    def error(self, status: int, message: str | None, ask: Ask) -> Json: ...
    def bad_key(self, ask: Ask) -> tuple[int, Json]: ...
    def error_frame(self, status: int, message: str | None, ask: Ask) -> Frame: ...


class Stage:
    """What a server knows: its scenario, how often each fault was met, and the log."""

    def __init__(self, scenario: Scenario) -> None:
        self.log = RequestLog()
        self.replaced = asyncio.Event()
        """Set when the scenario of now has given way to another."""
        self.play(scenario)

    def play(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.replaced.set()
        self.replaced = asyncio.Event()
        self._met = [0] * len(scenario.faults)

    def fault_for(self, ask: Ask) -> Fault | None:
        """Count the request for every fault that it matches; the first one whose turn it is strikes."""
        striking = [f for i, f in enumerate(self.scenario.faults) if _matches(f, ask) and self._meets(i, f)]
        return striking[0] if striking else None

    def _meets(self, index: int, fault: Fault) -> bool:
        self._met[index] += 1
        return self._met[index] >= fault.nth and (fault.times is None or self._met[index] < fault.nth + fault.times)


class Provider:
    """One provider's interface, as an ASGI application of its own: faults need the bare `send`."""

    def __init__(self, stage: Stage, wire: Wire) -> None:
        self._stage = stage
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body: Json = await request.json()
        ask = self._wire.read(body, request.url.path)
        fault = self._stage.fault_for(ask)
        logged = self._stage.log.begin(ask, request.url.path, body, fault.kind if fault else None)
        delivery = Delivery(send, logged, _Connection.abort_of(scope), self._stage.replaced)
        if not model_lists.is_key_taken(scope, self._stage.scenario):
            fault = Fault(kind="bad_key")
        answering = asyncio.create_task(self._answer(ask, fault, delivery, f"{logged.number:04}", request.base_url))
        leaving = asyncio.create_task(_disconnected(receive))
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        logged.ended_at = time.time()
        if logged.outcome == "running":
            logged.outcome = "finished" if answering.done() else "disconnected"
        await _ended(leaving)
        await _ended(answering)

    async def _answer(self, ask: Ask, fault: Fault | None, delivery: Delivery, reply_id: str, base_url: URL) -> None:
        scenario = self._stage.scenario
        try:
            reply = reply_to(ask, scenario, fault)
        except UnfitRequest as exc:
            return await delivery.error(400, self._wire.error(400, str(exc), ask))
        if fault and fault.kind == "never":
            return await delivery.never()
        await asyncio.sleep(reply.latency)
        if fault and await self._refused(ask, fault, delivery):
            return None
        redirect_base = str(base_url).rstrip("/") if scenario.redirects else None
        reply = replace(reply, id=reply_id, redirect_base=redirect_base)
        await self._deliver(ask, reply, fault if fault and fault.kind in _IN_TRANSIT else None, delivery)

    async def _refused(self, ask: Ask, fault: Fault, delivery: Delivery) -> bool:
        """Whether the request ends with an error, or without an answer."""
        if fault.kind == "status" or (fault.kind == "error_event" and not ask.stream):
            body = self._wire.error(fault.status, fault.message, ask)
            if fault.retry_delay and ask.provider == "google":
                body = gemini.with_retry_delay(body, fault.retry_delay)
            await delivery.error(fault.status, body, fault.retry_after)
        elif fault.kind == "bad_key":
            await delivery.error(*self._wire.bad_key(ask))
        elif fault.kind == "drop":
            delivery.drop()
        return fault.kind in {"status", "bad_key", "drop"} or (fault.kind == "error_event" and not ask.stream)

    async def _deliver(self, ask: Ask, reply: Reply, fault: Fault | None, delivery: Delivery) -> None:
        scenario = self._stage.scenario
        if ask.stream:
            frames = list(self._wire.frames(ask, reply, scenario.tokens_per_frame))
            error = self._wire.error_frame(fault.status, fault.message, ask) if fault else Frame(b"")
            heartbeat = anthropic_messages.heartbeat().data if ask.provider == "anthropic" else None
            await delivery.stream(frames, scenario.tokens_per_second, fault, error, heartbeat)
            return
        if scenario.tokens_per_second:
            await asyncio.sleep(reply.tokens / scenario.tokens_per_second)
        await delivery.plain(self._wire.whole(ask, reply), reply.tokens, fault)


def application(scenario: Scenario) -> Starlette:
    stage = Stage(scenario)

    async def log(request: Request) -> Response:
        if request.method == "DELETE":
            stage.log.clear()
        return JSONResponse(_LOGGED.dump_python(stage.log.requests, mode="json"))

    async def script(request: Request) -> Response:
        if request.method == "POST":
            try:
                stage.play(Scenario.model_validate_json(await request.body()))
            except ValidationError as exc:
                return PlainTextResponse(str(exc), 422)
        return JSONResponse(stage.scenario.model_dump(mode="json"))

    async def redirect(request: Request) -> Response:
        await asyncio.sleep(stage.scenario.redirect_latency)
        return RedirectResponse(gemini.redirect_target(request.path_params["token"]), 302)

    return Starlette(
        routes=[
            Route("/v1/messages", Provider(stage, anthropic_messages)),
            Route("/v1/messages/count_tokens", _count_tokens, methods=["POST"]),
            *model_lists.routes(lambda: stage.scenario),
            Route("/v1beta/models/{call}", Provider(stage, gemini)),
            Route(gemini.REDIRECT_PATH + "{token}", redirect),
            Route("/v1/chat/completions", Provider(stage, openai_chat)),
            Route("/v1/responses", Provider(stage, openai_responses)),
            Route("/__log__", log, methods=["GET", "DELETE"]),
            Route("/__scenario__", script, methods=["GET", "POST"]),
        ]
    )


def listening(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0: one that is free."""
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it small frames wait for 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(1024)
    except OSError:
        bound.close()
        raise
    return bound


def server(scenario: Scenario) -> uvicorn.Server:
    """A server to run on a socket of the caller's. Its shutdown does not wait for answers that never come."""
    config = uvicorn.Config(
        application(scenario),
        http=_Connection,
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


class _Connection(H11Protocol):
    """uvicorn's connection, found again from a request's scope: ASGI itself cannot close one."""

    _open: ClassVar[dict[tuple[Any, Any], "_Connection"]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._open[self.server, self.client] = self

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop((self.server, self.client), None)
        super().connection_lost(exc)

    @classmethod
    def abort_of(cls, scope: Scope) -> Callable[[], None]:
        return cls._open[scope["server"], scope["client"]].transport.abort


def _matches(fault: Fault, ask: Ask) -> bool:
    return (
        fault.provider in {None, ask.provider}
        and fault.role in {None, ask.role}
        and fault.containing.lower() in ask.latest.lower()
    )


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _count_tokens(request: Request) -> Response:
    return JSONResponse({"input_tokens": len(await request.body()) // 4})
