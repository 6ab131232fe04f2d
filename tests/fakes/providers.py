"""Scripted providers for a test: a server of its own, on a thread or in a process, and the settings that lead to it."""

import http.client
import json
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter

from tests.fakes.request_log import LoggedRequest
from tests.fakes.scenario import Provider, Role, Scenario
from tests.fakes.server import listening, server
from tests.ports import free_port

KEY = "scripted-demo-key"
_PROJECT_DIR = Path(__file__).resolve().parent.parent.parent
_LOGGED = TypeAdapter(list[LoggedRequest])
_PATIENCE_SECONDS = 20


class FakeProviders:
    """A running server. Use `start`, and `stop` or `with`."""

    def __init__(self, url: str) -> None:
        """Direct a server that runs already, such as `python -m tests.fakes`."""
        self.url = url
        self._stop = lambda: None

    @classmethod
    def start(cls, scenario: Scenario | None = None, *, process: bool = False, port: int = 0) -> Self:
        """Start on a port of the system's choice, or on `port`. A process of its own takes no time from this one."""
        scenario = scenario or Scenario()
        return cls._in_process(scenario, port) if process else cls._on_thread(scenario, port)

    @classmethod
    def _on_thread(cls, scenario: Scenario, port: int) -> Self:
        bound = listening("127.0.0.1", port)
        running = server(scenario)
        thread = threading.Thread(target=running.run, args=([bound],), name="scripted-providers", daemon=True)

        def stop() -> None:
            running.should_exit = running.force_exit = True
            thread.join(_PATIENCE_SECONDS)
            bound.close()

        providers = cls(f"http://127.0.0.1:{bound.getsockname()[1]}")
        providers._stop = stop
        thread.start()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not running.started and time.monotonic() < deadline:
            time.sleep(0.005)
        return providers

    @classmethod
    def _in_process(cls, scenario: Scenario, port: int) -> Self:
        command = [sys.executable, "-m", "tests.fakes", "--port", str(port)]
        child = subprocess.Popen(command, cwd=_PROJECT_DIR, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        announced = child.stdout.readline().split()

        def stop() -> None:
            child.terminate()
            child.communicate(timeout=_PATIENCE_SECONDS)

        if not announced:
            stop()
            raise RuntimeError(f"The scripted providers did not start on port {port}; see their error output.")
        providers = cls(announced[-1])
        providers._stop = stop
        providers.scenario(scenario)
        return providers

    def environment(self, *only: Provider) -> dict[str, str]:
        """Variables that lead the SDKs here, for all three providers or `only` some."""
        variables: dict[Provider, dict[str, str]] = {
            "anthropic": {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": KEY},
            "google": {"GOOGLE_GEMINI_BASE_URL": self.url, "GOOGLE_API_KEY": KEY},
            "openai": {"OPENAI_BASE_URL": f"{self.url}/v1", "OPENAI_API_KEY": KEY},
        }
        return {name: value for provider in only or variables for name, value in variables[provider].items()}

    def scenario(self, scenario: Scenario) -> None:
        """Play this from the next request on; faults are counted anew."""
        self._call("POST", "/__scenario__", scenario.model_dump_json().encode())

    def log(self, role: Role | None = None, provider: Provider | None = None) -> list[LoggedRequest]:
        """The requests so far in the order of arrival, of all roles and providers or one."""
        requests = _LOGGED.validate_python(self._call("GET", "/__log__"))
        return [r for r in requests if role in {None, r.role} and provider in {None, r.provider}]

    def settled_log(self, patience_seconds: float = 5) -> list[LoggedRequest]:
        """The log once no request is running any more; blocks until then, at most for `patience_seconds`."""
        deadline = time.monotonic() + patience_seconds
        while any(r.outcome == "running" for r in self.log()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.log()

    def wait_for_request(self, role: Role, containing: str, patience_seconds: float = 20) -> LoggedRequest:
        """The first request in this role whose question or query contains the words; blocks until it has come."""
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            for request in self.log(role):
                if containing in request.question:
                    return request
            time.sleep(0.02)
        raise TimeoutError(f"No request of the {role} about {containing!r} came.")

    def clear_log(self) -> None:
        self._call("DELETE", "/__log__")

    def stop(self) -> None:
        """Close the port and all connections; from then on connections are refused."""
        self._stop()
        self._stop = lambda: None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _call(self, method: str, path: str, body: bytes | None = None) -> object:
        # Not urllib: it would ask a proxy of the environment, and load certificates for 20 ms.
        address = self.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(address, timeout=_PATIENCE_SECONDS)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{method} {path} was answered {answer.status}: {text.decode(errors='replace')}")
            return json.loads(text)


def unreachable_url() -> str:
    """An address where connections are refused."""
    return f"http://127.0.0.1:{free_port()}"
