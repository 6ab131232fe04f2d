"""What a start must not load: each of these once cost every start a tenth of its time, or more."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app_process import PROJECT_DIR, AppProcess, base_environment
from tests.chainlit_client import opened

LEFT_OUT = {"traceloop.sdk.tracing", "mcp.types", "anthropic", "google.genai", "openai"}
"""Modules by which one sees that a package was really loaded."""
_PRINT_LOADED = (
    "import json, sys, chat_app.cli, chat_app.server, chainlit.server; print(json.dumps(sorted(sys.modules)))"
)


def test_the_server_loads_nothing_in_vain() -> None:
    environment = {"CHAINLIT_APP_ROOT": str(PROJECT_DIR), "CHAINLIT_AUTH_SECRET": "any" * 12}
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_LOADED],
        cwd=PROJECT_DIR,
        env=base_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert LEFT_OUT & set(json.loads(done.stdout)) == set()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[AppProcess]:
    process = AppProcess(tmp_path / "data", {})
    process.start()
    yield process
    process.stop()


async def test_what_is_left_out_is_refused_as_switched_off(app: AppProcess) -> None:
    """Chainlit's route for MCP servers imports what is left out before it refuses."""
    async with opened(app.url, app.cookies()) as page, page.http() as http:
        answer = await http.post("/mcp", json={"sessionId": page.session, "name": "any"})
    assert (answer.status_code, answer.json()["detail"]) == (httpx.codes.BAD_REQUEST, "This app does not support MCP.")
