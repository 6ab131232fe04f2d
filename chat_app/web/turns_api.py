"""The interface for programs: ask a question and read the trail, one JSON object a line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from chat_app.errors import CannotRetry, InvalidQuestion, NotFound
from chat_app.research.progress import Recorded
from chat_app.research.turn import Depth, RoleModels, Turn
from chat_app.web.sharing import Caller


class Question(BaseModel):
    """Body of `POST /api/turns`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    thread: str | None = None
    depth: Depth = "standard"
    models: RoleModels = RoleModels()


class TurnService(Protocol):
    """What the interface does, for one signed-in user. NotFound is raised for anything that is not the user's."""

    async def ask(self, owner: str, text: str, thread_id: str | None, depth: Depth, models: RoleModels) -> Turn:
        """Begin a turn, in a new thread if none is given. Raises InvalidQuestion, or NotFound for a thread of nobody or somebody else."""
        ...

    async def retry(self, owner: str, turn_id: str) -> Turn:
        """Try a failed turn again. Raises CannotRetry for one that has not failed."""
        ...

    async def trail(self, owner: str, turn_id: str) -> AsyncIterator[Recorded]:
        """All events of the turn, as they come, to its end."""
        ...

    async def stop(self, owner: str, turn_id: str) -> None: ...


def turn_routes(service: TurnService, caller: Caller, closing: asyncio.Event) -> list[BaseRoute]:
    """`closing` is set when the server is to end: trails that are being read then break off."""

    def signed_in(action: Callable[[str, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            owner = await caller(request)
            if owner is None:
                return _refusal(401, "Sign in first, or send the key of this data directory.")
            try:
                return await action(owner, request)
            except ValidationError as error:
                return _refusal(422, f"The body is not a question: {error.errors()[0]['msg']}.")
            except InvalidQuestion as error:
                return _refusal(422, str(error))
            except CannotRetry as error:
                return _refusal(409, str(error))
            except NotFound as error:
                return _refusal(404, str(error))

        return answer

    async def ask(owner: str, request: Request) -> Response:
        question = Question.model_validate_json(await request.body())
        return _begun(await service.ask(owner, question.question, question.thread, question.depth, question.models))

    async def events(owner: str, request: Request) -> Response:
        trail = await service.trail(owner, request.path_params["turn"])
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_lines(trail, closing), media_type="application/x-ndjson", headers=headers)

    async def stop(owner: str, request: Request) -> Response:
        await service.stop(owner, request.path_params["turn"])
        return Response(status_code=204)

    async def retry(owner: str, request: Request) -> Response:
        return _begun(await service.retry(owner, request.path_params["turn"]))

    return [
        Route("/api/turns", signed_in(ask), methods=["POST"]),
        Route("/api/turns/{turn}/events", signed_in(events)),
        Route("/api/turns/{turn}/stop", signed_in(stop), methods=["POST"]),
        Route("/api/turns/{turn}/retry", signed_in(retry), methods=["POST"]),
    ]


def _begun(turn: Turn) -> JSONResponse:
    return JSONResponse({"thread": turn.thread_id, "turn": turn.id}, status_code=201)


async def _lines(trail: AsyncIterator[Recorded], closing: asyncio.Event) -> AsyncGenerator[str]:
    is_closing = asyncio.create_task(closing.wait())
    coming: asyncio.Future[Recorded | None] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(_next(trail))
            await asyncio.wait({coming, is_closing}, return_when=asyncio.FIRST_COMPLETED)
            recorded = coming.result() if coming.done() else None
            if recorded is None:
                return
            yield recorded.to_json() + "\n"
    finally:
        for task in (is_closing, coming):
            if task is not None:
                task.cancel()


async def _next(trail: AsyncIterator[Recorded]) -> Recorded | None:
    return await anext(trail, None)


def _refusal(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status_code=status)
