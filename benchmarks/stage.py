"""Where measurements take place: servers on data directories of their own, and the scripted providers' process."""

import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.server import MeasuredServer
from tests.fakes import FakeProviders, Scenario


class Stage:
    """What is asked for is started at its first use, and ended with the stage."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self._places = 0

    @cached_property
    def providers(self) -> FakeProviders:
        return self._stack.enter_context(FakeProviders.start(process=True))

    @cached_property
    def keyless(self) -> MeasuredServer:
        """A running server without keys, over the project's own documents."""
        server = self.server(has_keys=False)
        server.start()
        return server

    @cached_property
    def scripted(self) -> MeasuredServer:
        """A running server that asks the scripted providers."""
        server = self.server(has_keys=True)
        server.start()
        return server

    def server(self, *, has_keys: bool) -> MeasuredServer:
        """A server on a new data directory, not started yet."""
        self._places += 1
        environment = self.providers.environment("anthropic", "google") if has_keys else {}
        server = MeasuredServer(self._directory / str(self._places) / "data", environment)
        server.data_dir.parent.mkdir()
        self._stack.callback(server.stop)
        return server

    def play(self, scenario: Scenario) -> None:
        self.providers.scenario(scenario)
        self.providers.clear_log()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
