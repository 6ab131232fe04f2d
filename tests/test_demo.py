"""The demo as a person runs it: started, its server killed in mid-turn, ended."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app_process import PROJECT_DIR, base_environment
from tests.ports import free_port

pytestmark = [pytest.mark.kill, pytest.mark.provider_wire]


class RunningDemo:
    def __init__(self, data: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.demo", "--data", str(data)],
            cwd=PROJECT_DIR,
            env=base_environment() | {"PORT": str(port), "ANTHROPIC_API_KEY": "a-real-one", "DATABASE_URL": "nonsense"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def said(self, pattern: str) -> re.Match[str]:
        """Wait for a line of the output."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"The demo ended without {pattern!r}:\n{''.join(lines)}")

    def server_pid(self) -> int:
        """Wait until the server, or the next one, can be used."""
        self.said(f"Research Chat is at {self.url}")
        return int(self.said(r"kill -9 (\d+)")[1])

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        key = (self.data / "client.key").read_text().strip()
        return httpx.request(method, self.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=90, **more)

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def demo(tmp_path: Path, port: int) -> Iterator[RunningDemo]:
    running = RunningDemo(tmp_path / "demo", port)
    yield running
    running.end()
    assert running.process.stdout is not None
    running.process.stdout.close()


def test_a_killed_server_comes_back_and_goes_on(demo: RunningDemo) -> None:
    first = demo.server_pid()
    assert demo.request("GET", "/rc/mode").json()["kind"] == "demo"
    asked = demo.request("POST", "/api/turns", json={"question": "What is tea?", "depth": "quick"}).json()

    os.kill(first, signal.SIGKILL)
    demo.said("killed .SIGKILL.")
    second = demo.server_pid()

    trail = demo.request("GET", f"/api/turns/{asked['turn']}/events").text.splitlines()
    assert json.loads(trail[-1])["kind"] == "report_ready"
    assert demo.end() == 0
    assert first != second
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_taken_port_is_said_and_ends_it(demo: RunningDemo, port: int) -> None:
    demo.server_pid()
    other = RunningDemo(demo.data.parent / "other", port)
    with other.process:
        other.said(f"{port} cannot be served .Address already in use.")
        assert other.process.wait(30) == 2
