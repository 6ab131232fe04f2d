"""What was paid before a kill is counted once, and what is paid again is counted, too."""

import json
from pathlib import Path

import pytest

from tests.app_process import AppProcess
from tests.fakes import FakeProviders, LoggedRequest, PlannedSearch, Scenario

pytestmark = [pytest.mark.kill, pytest.mark.provider_wire, pytest.mark.timeout(180)]

AT_A_PACE = Scenario(
    plan=(PlannedSearch(query="moss: one"), PlannedSearch(query="moss: two")),
    tokens_per_second=100,
    plan_tokens=20,
    search_tokens=20,
    report_tokens=300,
)


def tokens(requests: list[LoggedRequest]) -> tuple[int, int]:
    """As the providers have counted them: (input, output)."""
    return sum(len(json.dumps(request.body)) // 4 for request in requests), sum(r.tokens_sent for r in requests)


def test_sums_survive_a_kill_and_count_once(tmp_path: Path) -> None:
    with FakeProviders.start(AT_A_PACE, process=True) as providers:
        app = AppProcess(tmp_path / "data", providers.environment("anthropic", "google"))
        app.start()
        try:
            asked = app.ask("What is known about moss?")
            asked.wait_for("report_started")
            app.kill()
            app.start()
            trail = asked.finished()
        finally:
            app.stop()
        log = providers.settled_log()
    assert [request.role for request in log] == ["planner", "search", "search", "analyst", "analyst"]
    paid = [request for request in log if request.outcome == "finished"]
    sums = [event for event in trail if event["kind"] == "cost_updated"]
    for agent, role in (("planner", "planner"), ("searcher", "search"), ("analyst", "analyst")):
        usage = sums[-1]["agents"][agent]
        of_role = [request for request in paid if request.role == role]
        assert (usage["input_tokens"], usage["output_tokens"]) == tokens(of_role), agent
    assert sums[-1]["searches"] == 2
    assert [event["usd"] for event in sums] == sorted({event["usd"] for event in sums})
