"""What all tests that start servers rely on."""

import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.app_process import PROJECT_DIR, AppProcess
from tests.ports import free_port


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name that it has there
        pass


def test_a_port_is_given_to_one_process_only() -> None:
    few = "range(32_000, 32_008)"
    command = [sys.executable, "-c", f"from tests.ports import free_port; print(free_port({few}), flush=True); input()"]
    takers = [
        subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ports = [int(taker.stdout.readline()) for taker in takers if taker.stdout]
    for taker in takers:
        taker.communicate("\n")
    assert len(set(ports)) == 4


def test_a_port_with_a_listener_is_not_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match="are in use"):
            free_port(range(port, port + 1))


def test_another_server_on_the_port_is_not_taken_for_the_program(tmp_path: Path) -> None:
    app = AppProcess(tmp_path / "data", {})
    other = HTTPServer(("127.0.0.1", app.port), _Ready)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    try:
        with pytest.raises(AssertionError, match="cannot be served"):
            app.start()
    finally:
        other.shutdown()
        other.server_close()
