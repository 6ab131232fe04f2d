"""`make demo`: the server against scripted providers at human pace, started again whenever it is killed.

The providers run in this process, which outlives every crash of the server. HOST and PORT, and what a server that others
can reach needs besides, are taken from the environment; keys and databases are not.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from chat_app.errors import SettingsError
from chat_app.settings import Settings
from tests.app_process import PROJECT_DIR, base_environment
from tests.fakes import HUMAN_PACE, FakeProviders

RESTART_SECONDS = 2.0
_SHUTDOWN_SECONDS = 15.0
_POLL_SECONDS = 0.1
_PASSED_ON = {"HOST", "PORT", "CHAINLIT_AUTH_SECRET", "CHAINLIT_AUTH_SECRET_FILE", "CHAT_APP_USERS_FILE"}
_USAGE = 2


def main() -> int:
    options = _arguments().parse_args()
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: is_over.set())
    environment = _passed_on(os.environ) | {"CHAT_APP_DATA_DIR": str(options.data.absolute()), "CHAT_APP_DEMO": "1"}
    try:
        Settings.from_environment(environment)  # before anything is started
    except SettingsError as error:
        print(f"demo: {error}", file=sys.stderr)
        return _USAGE
    print("Starting the server and its scripted providers ...", flush=True)
    # Ctrl-C reaches all processes of a terminal: providers in one of their own would be gone before the server has ended.
    with FakeProviders.start(HUMAN_PACE) as providers:
        return Demo(base_environment() | environment | providers.environment(), is_over).run()


class Demo:
    """One server after the other, until `is_over`."""

    def __init__(self, environment: Mapping[str, str], is_over: threading.Event) -> None:
        self._environment = environment
        self._is_over = is_over

    def run(self) -> int:
        """Returns 0 when it was ended, or the server's exit code when that ended by itself, as it does when the port is taken."""
        while True:
            server = self._start()
            try:
                code = self._exit_code(server)
            finally:
                _end(server)
            if code is None:
                return 0
            if code >= 0:
                return code
            name = signal.Signals(-code).name
            print(f"The server was killed ({name}). It starts again in {RESTART_SECONDS:.0f} seconds ...", flush=True)
            if self._is_over.wait(RESTART_SECONDS):
                return 0

    def _start(self) -> "subprocess.Popen[str]":
        server = subprocess.Popen(
            [sys.executable, "-m", "chat_app", "serve"],
            cwd=PROJECT_DIR,
            env=dict(self._environment),
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=_pass_on_output, args=(server,), daemon=True).start()
        return server

    def _exit_code(self, server: "subprocess.Popen[str]") -> int | None:
        """Wait for the end of the server, or of the demo: then None."""
        while not self._is_over.wait(_POLL_SECONDS):
            if (code := server.poll()) is not None and not self._is_over.wait(_POLL_SECONDS):
                return code
        return None


def _pass_on_output(server: "subprocess.Popen[str]") -> None:
    """The server's first line says where it is; how to crash it comes next."""
    assert server.stdout is not None
    is_first = True
    for line in server.stdout:
        print(line, end="", flush=True)
        if is_first:
            print(_directions(server.pid), flush=True)
        is_first = False


def _directions(pid: int) -> str:
    return (
        "  Ask something. What the providers say is made up, at the pace of real ones; nothing leaves this machine.\n"
        f"  Crash it at any moment with  kill -9 {pid}  and watch the page: the server comes back, the research goes on.\n"
        "  Ctrl-C ends it, also in the middle of a report: the next `make demo` goes on from there."
    )


def _end(server: "subprocess.Popen[str]") -> None:
    """End a server that still runs: on Ctrl-C the terminal has told it already, on a termination nobody has."""
    with contextlib.suppress(ProcessLookupError):
        server.terminate()
    try:
        server.wait(_SHUTDOWN_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name in _PASSED_ON or name.startswith("OAUTH_")}


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=PROJECT_DIR / "data" / "demo", help="another data directory")
    return parser


if __name__ == "__main__":
    sys.exit(main())
