"""Turns survive kill -9 at any moment, twice in a row: nothing lost, doubled or paid for twice.

Turns are started one after another, so that each kill strikes many of them at different points: while they plan, while
they search, while the extra search runs, while the report is written.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from tests.app_process import AppProcess, Event
from tests.fakes.providers import FakeProviders
from tests.fakes.request_log import LoggedRequest
from tests.fakes.scenario import Scenario

pytestmark = [pytest.mark.kill, pytest.mark.provider_wire, pytest.mark.timeout(300)]

TURNS = 8
SECONDS_BETWEEN_TURNS = 0.7
PLANNED_SEARCHES = 3

SLOW = Scenario(
    latency=0.3,
    search_latency=0.7,
    search_spread=1.0,
    tokens_per_second=100,
    plan_tokens=80,
    search_tokens=60,
    report_tokens=250,
    searches=PLANNED_SEARCHES,
    extra_searches=("what is still missing",),
)


@pytest.fixture
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(SLOW, process=True) as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, tmp_path: Path, providers: FakeProviders) -> Iterator[AppProcess]:
    environment = providers.environment("anthropic", "google")
    if request.param == "postgresql":
        environment["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    process = AppProcess(tmp_path / "data", environment)
    process.start()
    yield process
    process.stop()


def test_every_turn_survives_two_kills_in_a_row(app: AppProcess, providers: FakeProviders) -> None:
    moment = random.Random(app.port)
    asked = [app.ask("Warm-up: are the providers' libraries loaded?")]
    asked[0].finished()
    providers.clear_log()
    for number in range(TURNS):
        asked.append(app.ask(f"What is known about subject number {number}?"))
        time.sleep(SECONDS_BETWEEN_TURNS)
    for _ in range(2):
        app.kill()
        app.start()
        time.sleep(moment.uniform(0.5, 4.0))

    trails = [turn.finished() for turn in asked]

    for trail in trails:
        assert_whole(trail)
        assert requests_after_completion(trail, providers) == []
    assert {request.outcome for request in providers.log()} <= {"finished", "disconnected"}


def test_a_termination_leaves_the_turn_for_the_next_start(app: AppProcess) -> None:
    asked = app.ask("What happens when the server is stopped in an orderly way?")
    asked.wait_for("search_started")

    assert app.terminate() == -signal.SIGTERM
    app.start()

    assert_whole(asked.finished())


def test_a_termination_lets_the_readers_of_a_trail_go(app: AppProcess) -> None:
    asked = app.ask("Who is still reading when the server is stopped?")
    asked.wait_for("search_started")
    with ThreadPoolExecutor() as pool:
        read = pool.submit(lambda: [event["kind"] for event in asked.events()])
        time.sleep(0.5)

        app.terminate()

        assert "report_ready" not in read.result(timeout=10)
    assert "Traceback" not in app.log.read_text()


def test_a_stopped_turn_stays_stopped_after_a_kill(app: AppProcess, providers: FakeProviders) -> None:
    asked = app.ask("What does a stop keep?")
    asked.wait_for("search_started")
    asked.stop()
    stopped_at = time.time()
    app.kill()
    app.start()

    trail = asked.finished()

    assert trail[-1]["kind"] == "turn_stopped"
    time.sleep(2)
    assert [request for request in providers.log() if request.at > stopped_at] == []


def assert_whole(trail: list[Event]) -> None:
    """The turn ended in a report, and nothing of it is there twice."""
    kinds = Counter(event["kind"] for event in trail)
    assert trail[-1]["kind"] == "report_ready", trail[-1]
    assert kinds["turn_started"] == kinds["plan_ready"] == 1
    assert [e["phase"] for e in trail if e["kind"] == "phase_started"] == ["planning", "searching", "analyzing"]
    searches = Counter((e["kind"], e["search"]) for e in trail if e["kind"] in {"search_started", "search_finished"})
    assert set(searches.values()) == {1}
    assert {search for _, search in searches} == {0, 1, 2, 3}
    assert not kinds["search_failed"]
    found = [(e["search"], e["source"]["url"]) for e in trail if e["kind"] == "source_found"]
    assert len(found) == len(set(found))
    report = trail[-1]["report"]
    numbers = [source["number"] for source in report["sources"]]
    assert numbers
    assert len(set(numbers)) == len(numbers)
    assert written(trail).strip() == report["text"]


def written(trail: list[Event]) -> str:
    """The text of the last attempt, put together from its pieces."""
    attempt = max(event["attempt"] for event in trail if event["kind"] == "report_started")
    text = ""
    for event in trail:
        if event["kind"] == "report_delta" and event["attempt"] == attempt:
            assert event["offset"] == len(text)
            text += event["text"]
    return text


def requests_after_completion(trail: list[Event], providers: FakeProviders) -> list[LoggedRequest]:
    """Requests for a plan or a planned search of this turn that were made after the trail had it as done."""
    question = trail[0]["question"]
    planned = [event for event in trail if event["kind"] == "search_finished" and event["search"] < PLANNED_SEARCHES]
    done = {event["query"]: _time(event) for event in planned}
    done |= {question: _time(event) for event in trail if event["kind"] == "plan_ready"}  # noqa: B035 -- one event
    asked = [request for request in providers.log() if request.role in {"planner", "search"}]
    return [request for request in asked if request.at > done.get(request.question, float("inf"))]


def _time(event: Event) -> float:
    return datetime.fromisoformat(event["at"]).timestamp()
