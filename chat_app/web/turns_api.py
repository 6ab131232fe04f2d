"""The interface for programs: ask a question and read the trail, one JSON object a line."""

from collections.abc import AsyncIterator
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from chat_app.errors import InvalidQuestion, NotFound
from chat_app.research.progress import Recorded
from chat_app.research.turn import Depth, Turn
from chat_app.web.sharing import Caller


class Question(BaseModel):
    """Body of `POST /api/turns`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    thread: str | None = None
    depth: Depth = "standard"


class TurnService(Protocol):
    """What the interface does, for one signed-in user. NotFound is raised for anything that is not the user's."""

    async def ask(self, owner: str, text: str, thread_id: str | None, depth: Depth) -> Turn:
        """Begin a turn, in a new thread if none is given. Raises InvalidQuestion."""
        ...

    async def trail(self, owner: str, turn_id: str) -> AsyncIterator[Recorded]:
        """All events of the turn, as they come, to its end."""
        ...

    async def stop(self, owner: str, turn_id: str) -> None: ...


def turn_routes(service: TurnService, caller: Caller) -> list[BaseRoute]:
    async def ask(request: Request) -> Response:
        owner = await caller(request)
        if owner is None:
            return _refusal(401, "Sign in first, or send the key of this data directory.")
        try:
            question = Question.model_validate_json(await request.body())
            turn = await service.ask(owner, question.question, question.thread, question.depth)
        except ValidationError as error:
            return _refusal(422, f"The body is not a question: {error.errors()[0]['msg']}.")
        except InvalidQuestion as error:
            return _refusal(422, str(error))
        except NotFound as error:
            return _refusal(404, str(error))
        return JSONResponse({"thread": turn.thread_id, "turn": turn.id}, status_code=201)

    async def events(request: Request) -> Response:
        owner = await caller(request)
        if owner is None:
            return _refusal(401, "Sign in first, or send the key of this data directory.")
        try:
            trail = await service.trail(owner, request.path_params["turn"])
        except NotFound as error:
            return _refusal(404, str(error))
        return StreamingResponse(
            _lines(trail), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"}
        )

    async def stop(request: Request) -> Response:
        owner = await caller(request)
        if owner is None:
            return _refusal(401, "Sign in first, or send the key of this data directory.")
        try:
            await service.stop(owner, request.path_params["turn"])
        except NotFound as error:
            return _refusal(404, str(error))
        return Response(status_code=204)

    return [
        Route("/api/turns", ask, methods=["POST"]),
        Route("/api/turns/{turn}/events", events),
        Route("/api/turns/{turn}/stop", stop, methods=["POST"]),
    ]


async def _lines(trail: AsyncIterator[Recorded]) -> AsyncIterator[str]:
    async for recorded in trail:
        yield recorded.to_json() + "\n"


def _refusal(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status_code=status)
