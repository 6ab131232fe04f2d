"""DBOS Conductor is connected to where its client is installed, and missed nowhere else.

The client is proprietary and not at hand: what stands in for it is an importable package with the same class.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app_process import PROJECT_DIR, AppProcess
from tests.fakes import FakeProviders, Scenario

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(120)]
KEY = "conductor-key-0123456789"
CLIENT = """
import json, threading

class ConductorWebsocket(threading.Thread):
    def __init__(self, dbos, **options):
        super().__init__(daemon=True)
        self.options = options
    def run(self):
        with open({log!r}, "a") as log:
            log.write(json.dumps({{name: value for name, value in self.options.items() if name != "alert_handler"}}) + "\\n")
    def stop(self): ...
"""


@pytest.fixture
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(Scenario(searches=2, search_latency=3), process=True) as running:
        yield running


def install_client(folder: Path, log: Path) -> str:
    (folder / "dbos_enterprise.py").write_text(CLIENT.format(log=str(log)))
    return f"{folder}:{PROJECT_DIR}"


def test_with_the_client_the_key_is_used_and_only_metadata_is_shown(tmp_path: Path, providers: FakeProviders) -> None:
    log = tmp_path / "connections.jsonl"
    environment = providers.environment("anthropic", "google")
    with_key = {"DBOS_CONDUCTOR_KEY": KEY, "PYTHONPATH": install_client(tmp_path, log)}
    app = AppProcess(tmp_path / "data", environment | with_key)
    app.start()
    try:
        asked = app.ask("What is known about amber?")
        asked.wait_for("search_started")
        app.kill()
        app.start()  # the engine leaves the resuming to Conductor, which does not answer here
        asked.wait_for("search_finished")
        app.kill()
        app.environment = {name: value for name, value in app.environment.items() if name not in with_key}
        app.start()
        assert asked.finished()[-1]["kind"] == "report_ready"
    finally:
        app.stop()

    connections = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(c["conductor_key"], c["metadata_only_mode"]) for c in connections] == [(KEY, True)] * 2
    assert KEY not in app.log.read_text()


def test_without_the_client_the_key_is_ignored_and_that_is_said(tmp_path: Path) -> None:
    app = AppProcess(tmp_path / "data", {"DBOS_CONDUCTOR_KEY": KEY})
    app.start()
    app.stop()
    said = app.log.read_text()
    assert "DBOS_CONDUCTOR_KEY is ignored: the package dbos-enterprise is not installed" in said
    assert KEY not in said
