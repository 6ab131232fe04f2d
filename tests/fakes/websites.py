"""Search services that need no key, on loopback: each language's Wikipedia and a SearXNG, with failures on demand."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import uvicorn
from pydantic import BaseModel, ConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.fakes import searxng, wikipedia
from tests.fakes.searxng import Result
from tests.fakes.server import listening
from tests.fakes.wikipedia import Article

_PATIENCE_SECONDS = 20


class Answer(BaseModel):
    """Sent instead of a proper answer."""

    model_config = ConfigDict(frozen=True)

    status: int = 200
    body: str | bytes = "{}"
    headers: dict[str, str] = {}
    after_seconds: float = 0.0


class Visit(BaseModel):
    """A request that came."""

    at: float
    ended_at: float | None = None
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


class FakeWebsites:
    """Use `start`, and `stop` or `with`. Its attributes may be changed while it runs."""

    def __init__(self) -> None:
        self.articles: Mapping[str, list[Article]] = {}
        """By language."""
        self.results: list[Result] = []
        self.instead: list[Answer] = []
        """Used up from the front, one a request, before proper answers are given."""
        self.visits: list[Visit] = []
        self._socket = listening("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        routes = [Route("/{language}/w/api.php", self._wikipedia), Route("/searxng/search", self._searxng)]
        config = uvicorn.Config(Starlette(routes=routes), ws="none", lifespan="off", log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @classmethod
    def start(cls) -> Self:
        websites = cls()
        websites._thread.start()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not websites._server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        return websites

    @property
    def wikipedia(self) -> str:
        """For `CHAT_APP_WEB_SEARCH`."""
        return f"wikipedia:{self.url}/{{language}}/w/api.php"

    @property
    def searxng(self) -> str:
        return f"searxng:{self.url}/searxng/"

    def stop(self) -> None:
        """From then on connections are refused."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_PATIENCE_SECONDS)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _wikipedia(self, request: Request) -> Response:
        language = request.path_params["language"]
        return await self._answer(
            request, wikipedia.answer(request.query_params, language, self.articles.get(language, []))
        )

    async def _searxng(self, request: Request) -> Response:
        return await self._answer(request, searxng.answer(request.query_params, self.results))

    async def _answer(self, request: Request, proper: dict[str, Any]) -> Response:
        visit = Visit(
            at=time.time(),
            path=request.url.path,
            parameters=dict(request.query_params),
            headers=dict(request.headers),
        )
        self.visits.append(visit)
        answer = self.instead.pop(0) if self.instead else Answer(body=json.dumps(proper, ensure_ascii=False))
        await asyncio.sleep(answer.after_seconds or 0.005)
        visit.ended_at = time.time()
        headers = {"content-type": "application/json; charset=utf-8", **answer.headers}
        return Response(answer.body, answer.status, headers)
