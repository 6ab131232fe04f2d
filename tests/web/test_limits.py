from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from chat_app.web.limits import MAX_BODY_BYTES, BodyLimit
from tests.web.callers import client, echo_app


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100_000):
        yield b"x" * 100_000


@pytest.fixture
def app() -> ASGIApp:
    return BodyLimit(echo_app())


async def test_a_body_of_the_limit_passes_and_one_byte_more_does_not(app: ASGIApp) -> None:
    async with client(app) as http:
        assert (await http.post("/x", content=b"x" * MAX_BODY_BYTES)).json()["size"] == MAX_BODY_BYTES
        answer = await http.post("/x", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert "2,000,000" in answer.text


async def test_a_body_without_announced_length_is_cut_off(app: ASGIApp) -> None:
    async with client(app) as http:
        assert (await http.post("/x", content=_pieces(1_000_000))).json()["size"] == 1_000_000
        assert (await http.post("/x", content=_pieces(3_000_000))).status_code == 413


@pytest.mark.parametrize("length", ["1e9", "-1", "99999999999"])
async def test_a_malformed_length_is_refused(app: ASGIApp, length: str) -> None:
    async with client(app) as http:
        assert (await http.post("/x", headers={"content-length": length})).status_code == 413


async def test_uploads_have_a_limit_of_their_own(app: ASGIApp) -> None:
    async with client(app) as http:
        assert (await http.post("/project/file", content=_pieces(3_000_000))).json()["size"] == 3_000_000


class _Question(BaseModel):
    text: str


async def _pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


async def test_a_framework_that_answers_for_itself_is_overruled() -> None:
    app = FastAPI()

    @app.post("/question")
    async def ask(question: _Question) -> str:  # pyright: ignore[reportUnusedFunction] -- a route
        return question.text

    app.add_middleware(BaseHTTPMiddleware, dispatch=_pass_on)
    async with client(BodyLimit(app)) as http:
        assert (await http.post("/question", json={"text": "why"})).json() == "why"
        answer = await http.post("/question", content=_pieces(3_000_000), headers={"content-type": "application/json"})
    assert answer.status_code == 413
