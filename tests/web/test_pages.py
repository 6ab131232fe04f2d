from fastapi import FastAPI
from starlette.requests import Request

from chat_app.web.pages import Mode, status_routes
from tests.web.callers import client


class _Server:
    reason: str | None = None
    mode: Mode | None = None

    async def unready(self) -> str | None:
        return self.reason

    async def caller(self, request: Request) -> str | None:
        return request.cookies.get("user")

    async def running(self, user: str) -> set[str]:
        return {f"thread-of-{user}"}

    def app(self) -> FastAPI:
        app = FastAPI()
        app.router.routes.extend(
            status_routes(unready=self.unready, mode=lambda: self.mode, caller=self.caller, running=self.running)
        )
        return app


async def test_health_and_readiness_are_told_apart() -> None:
    server = _Server()
    async with client(server.app()) as http:
        assert (await http.get("/readyz")).status_code == 200
        server.reason = "The database does not answer."
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "The database does not answer.\n")
        assert (await http.get("/healthz")).status_code == 200


async def test_the_banner_follows_what_the_server_runs_on() -> None:
    server = _Server()
    async with client(server.app()) as http:
        assert (await http.get("/rc/mode")).status_code == 204
        server.mode = Mode(kind="excerpts", text="Excerpts only (no AI model)")
        assert (await http.get("/rc/mode")).json() == {"kind": "excerpts", "text": "Excerpts only (no AI model)"}


async def test_running_threads_are_told_to_their_owner_only() -> None:
    async with client(_Server().app()) as http:
        assert (await http.get("/rc/running")).status_code == 401
        hers = await http.get("/rc/running", headers={"cookie": "user=anna"})
    assert hers.json() == {"threads": ["thread-of-anna"]}
    assert hers.headers["cache-control"] == "no-store"
