"""The page with canned turns, to look at every state it can show: `python -m tests.browser.fixtures_ui.harness 8123 [mode]`.

The files of the page are the project's own; threads live in memory. `mode` is "demo" or "excerpts" (or nothing).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from chat_app import lean_imports  # noqa: F401 -- Chainlit can only be imported after it

PROJECT = Path(__file__).resolve().parents[3]

# Chainlit reads both when it is imported, and writes translations it misses: into a copy, not into the checkout.
_root = Path(tempfile.mkdtemp(prefix="research-chat-ui-"))
shutil.copytree(PROJECT / ".chainlit", _root / ".chainlit")
(_root / "public").symlink_to(PROJECT / "public")
(_root / "chainlit.md").touch()
os.environ["CHAINLIT_APP_ROOT"] = str(_root)
os.environ["CHAINLIT_AUTH_SECRET"] = "only-for-the-harness-" + "0" * 32

import uvicorn  # noqa: E402
from chainlit.config import config  # noqa: E402
from chainlit.utils import mount_chainlit  # noqa: E402
from fastapi import FastAPI, Response  # noqa: E402
from fastapi.responses import JSONResponse  # noqa: E402
from starlette.types import ASGIApp  # noqa: E402

from chat_app.chat.interface import interface_route  # noqa: E402
from chat_app.languages.words import say  # noqa: E402
from chat_app.web.page_language import PageLanguage, words_route  # noqa: E402
from chat_app.web.security_headers import SecurityHeaders  # noqa: E402
from tests.browser.fixtures_ui.memory import running  # noqa: E402

links: dict[str, str] = {}


def application(mode: str | None) -> ASGIApp:
    app = FastAPI()
    app.router.routes.extend([words_route(), interface_route()])

    @app.get("/rc/mode")
    def rc_mode() -> Response:  # pyright: ignore[reportUnusedFunction]  # a route
        return JSONResponse({"kind": mode, "text": say(f"mode.{mode}")}) if mode else Response(status_code=204)

    @app.get("/rc/running")
    def rc_running() -> dict[str, list[str]]:  # pyright: ignore[reportUnusedFunction]  # a route
        return {"threads": list(running)}

    @app.get("/rc/share/{thread}")
    def share_of(thread: str) -> dict[str, str | None]:  # pyright: ignore[reportUnusedFunction]  # a route
        return {"url": links.get(thread)}

    @app.post("/rc/share/{thread}")
    def create_share(thread: str) -> dict[str, str | None]:  # pyright: ignore[reportUnusedFunction]  # a route
        return {"url": links.setdefault(thread, f"/s/{thread[:8]}-unguessable")}

    @app.delete("/rc/share/{thread}")
    def revoke_share(thread: str) -> dict[str, str | None]:  # pyright: ignore[reportUnusedFunction]  # a route
        links.pop(thread, None)
        return {"url": None}

    mount_chainlit(app=app, target=str(Path(__file__).with_name("page.py")), path="/")
    return PageLanguage(SecurityHeaders(app))


if __name__ == "__main__":
    port = int(sys.argv[1])
    config.project.allow_origins = [f"http://127.0.0.1:{port}"]
    uvicorn.run(
        application(sys.argv[2] if len(sys.argv) > 2 else None), host="127.0.0.1", port=port, log_level="warning"
    )
