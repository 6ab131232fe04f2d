"""The program as a process of its own, as a person runs it: started, asked, killed, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from chat_app.research.progress import END_KINDS
from tests.ports import free_port

PROJECT_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 60
TURN_SECONDS = 90
_OPENED = b"Research Chat is at "

Event = dict[str, Any]


class AppProcess:
    """`research-chat serve` on a data directory. Start it as often as it is killed."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.environment = {"CHAT_APP_DATA_DIR": str(data_dir), "PORT": str(self.port), **environment}
        self.log = data_dir.parent / f"serve-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the program is ready to work: this one, and no other server that may be on its port."""
        with self.log.open("ab") as log:
            said_before = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chat_app", "serve"],
                cwd=PROJECT_DIR,
                env=base_environment() | self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers("/readyz") and _OPENED in self.log.read_bytes()[said_before:]:
                return
            time.sleep(0.05)
        raise AssertionError(f"The server did not start:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """kill -9: nothing is told, nothing is saved."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """SIGTERM, as a service manager ends it. Returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def ask(self, question: str, thread: str | None = None) -> "Asked":
        with self.client() as client:
            answer = client.post("/api/turns", json={"question": question, "thread": thread})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return Asked(self, answer.json()["thread"], answer.json()["turn"])

    def client(self) -> httpx.Client:
        """Signed in as the terminal is, by the key in the data directory."""
        key = (self.data_dir / "client.key").read_text().strip()
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=TURN_SECONDS)

    def cookies(self) -> httpx.Cookies:
        """Signed in as a browser is that opens a page."""
        return httpx.get(f"{self.url}/", headers={"Accept": "text/html"}, follow_redirects=False).cookies

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(f"{self.url}{path}", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class Asked:
    """A turn of a running program."""

    def __init__(self, app: AppProcess, thread: str, turn: str) -> None:
        self._app = app
        self.thread = thread
        self.turn = turn

    def events(self) -> Generator[Event]:
        """The trail from its beginning, as it comes, to its end."""
        with self._app.client() as client, client.stream("GET", f"/api/turns/{self.turn}/events") as response:
            assert response.status_code == httpx.codes.OK, response.read()
            yield from map(json.loads, response.iter_lines())

    def finished(self) -> list[Event]:
        """The whole trail; waits for its end and checks what is true of every trail."""
        trail = list(self.events())
        assert [event["seq"] for event in trail] == list(range(len(trail)))
        assert [event["kind"] for event in trail if event["kind"] in END_KINDS] == [trail[-1]["kind"]]
        return trail

    def wait_for(self, kind: str) -> Event:
        with closing(self.events()) as events:
            return next(event for event in events if event["kind"] == kind)

    def stop(self) -> None:
        with self._app.client() as client:
            answer = client.post(f"/api/turns/{self.turn}/stop")
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text


def run_command(
    *arguments: str, environment: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """`research-chat <arguments>` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "chat_app", *arguments],
        cwd=PROJECT_DIR,
        env=base_environment() | dict(environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def base_environment() -> dict[str, str]:
    """What a process needs of this machine, and nothing of its settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONUNBUFFERED": "1",
        "PYTHON_DOTENV_DISABLED": "1",
    }
