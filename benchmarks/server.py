"""The measured program: a server process, what it uses of the machine, and when it begins to answer."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.app_process import PROJECT_DIR, AppProcess

_TICKS = os.sysconf("SC_CLK_TCK")


class MeasuredServer(AppProcess):
    """`research-chat serve`, with the times of its last start on the monotonic clock."""

    started_at = 0.0
    healthy_at: float | None = None
    ready_at: float | None = None

    def start(self) -> None:
        self.healthy_at = self.ready_at = None
        self.started_at = time.monotonic()
        super().start()

    def cpu_seconds(self) -> float | None:
        """Processor time of the process so far, all threads; None where the system does not say."""
        stat = self._proc("stat")
        # The second field is the program's name in parentheses, which may hold anything.
        fields = stat.rpartition(")")[2].split() if stat else []
        return (int(fields[11]) + int(fields[12])) / _TICKS if fields else None

    def resident_mb(self) -> float | None:
        status = self._proc("status") or ""
        return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), None)

    @contextlib.contextmanager
    def pulse_felt(self) -> Iterator[list[float]]:
        """A list that holds, after the block, how long each of the requests for /healthz took that went on during it."""
        latencies: list[float] = []
        command = [sys.executable, "-m", "benchmarks.pulse", str(self.port)]
        with subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as feeling:
            try:
                yield latencies
            finally:
                latencies.extend(json.loads(feeling.communicate()[0]))

    def _answers(self, path: str) -> bool:
        # Lighter than the one of the tests, which would take time from the process that is starting.
        if self.healthy_at is None and self._status("/healthz") == http.HTTPStatus.OK:
            self.healthy_at = time.monotonic()
        is_there = self.healthy_at is not None and self._status(path) == http.HTTPStatus.OK
        if is_there:
            self.ready_at = time.monotonic()
        return is_there

    def _status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            return connection.getresponse().status

    def _proc(self, name: str) -> str | None:
        try:
            return Path(f"/proc/{self.pid}/{name}").read_text()
        except OSError:
            return None
