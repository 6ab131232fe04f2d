"""Turns of a running program whose providers fail in the ways that providers fail.

All questions are asked at once, each with a subject of its own that its fault strikes; each test looks at one trail.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from chat_app.research.turn import Turn, now
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from tests.app_process import AppProcess, Asked, Event
from tests.fakes import FakeProviders, Fault, Scenario
from tests.fakes.screenplay import planned_searches

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(180)]

FAULTS: dict[str, tuple[Fault, ...]] = {
    "amber": (),
    "bronze": (Fault(kind="bad_key", role="planner", containing="bronze", times=None),),
    "copper": (Fault(kind="status", status=429, retry_after="2", role="planner", containing="copper"),),
    "diamond": (Fault(kind="status", status=500, role="planner", containing="diamond", times=None),),
    "ebony": (Fault(kind="refusal", role="planner", containing="ebony", times=None),),
    "flint": (Fault(kind="drop_midway", role="analyst", containing="flint"),),
    "granite": (Fault(kind="empty", role="analyst", containing="granite"),),
    "hazel": (Fault(kind="invalid", role="analyst", containing="hazel"),),
    "ivory": (Fault(kind="status", status=400, role="search", containing="ivory: evidence", times=None),),
    "jade": (Fault(kind="status", status=503, role="search", containing="jade: evidence"),),
    "kelp": (Fault(kind="invalid", role="planner", containing="kelp"),),
    "linen": (Fault(kind="malformed", role="analyst", containing="linen"),),
}
SCRIPT = Scenario(searches=3, faults=tuple(fault for faults in FAULTS.values() for fault in faults))


def question(subject: str) -> str:
    return f"What is known about {subject}?"


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(SCRIPT, process=True) as running:
        yield running


@pytest.fixture(scope="module")
def app(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    process = AppProcess(tmp_path_factory.mktemp("turns") / "data", providers.environment("anthropic", "google"))
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def asked(app: AppProcess) -> dict[str, Asked]:
    return {subject: app.ask(question(subject)) for subject in FAULTS}


@pytest.fixture
def play(providers: FakeProviders) -> Iterator[FakeProviders]:
    """Providers for tests with a play of their own; run after those that look at the common trails."""
    providers.clear_log()
    yield providers
    providers.scenario(SCRIPT)


def kinds(trail: list[Event]) -> Counter[str]:
    return Counter(event["kind"] for event in trail)


def events(trail: list[Event], kind: str) -> list[Event]:
    return [event for event in trail if event["kind"] == kind]


def requests(providers: FakeProviders, role: str, words: str) -> int:
    return sum(r.role == role and words in r.question for r in providers.log())


class TestFaults:
    def test_without_any_the_report_cites_what_was_found(self, asked: dict[str, Asked]) -> None:
        trail = asked["amber"].finished()
        assert [event["phase"] for event in events(trail, "phase_started")] == ["planning", "searching", "analyzing"]
        assert kinds(trail)["search_finished"] == 3
        found = {event["source"]["number"] for event in events(trail, "source_found")}
        report = trail[-1]["report"]
        cited = {source["number"] for source in report["sources"]}
        assert cited
        assert cited <= found
        assert all(f"[{number}]" in report["text"] for number in cited)
        cost = events(trail, "cost_updated")[-1]
        assert cost["searches"] == 3
        assert cost["input_tokens"] > 0
        assert cost["output_tokens"] > 0

    def test_a_wrong_key_ends_the_turn_at_once(self, asked: dict[str, Asked], providers: FakeProviders) -> None:
        trail = asked["bronze"].finished()
        error = trail[-1]["error"]
        assert (error["kind"], error["retryable"]) == ("model_authentication_error", False)
        assert error["message"].startswith("Claude (")
        assert "check the key" in error["message"]
        assert kinds(trail)["waiting"] == kinds(trail)["search_started"] == 0
        assert requests(providers, "planner", "bronze") == 1

    def test_a_provider_that_asks_to_wait_is_waited_for(
        self, asked: dict[str, Asked], providers: FakeProviders
    ) -> None:
        trail = asked["copper"].finished()
        (waiting,) = events(trail, "waiting")
        assert (waiting["on"], waiting["seconds"], waiting["search"]) == ("Claude", 3, None)
        assert "too many requests (429)" in waiting["reason"]
        assert trail[-1]["kind"] == "report_ready"
        first, second = [r for r in providers.log() if r.role == "planner" and "copper" in r.question]
        assert second.at - first.at >= 2

    def test_a_provider_that_stays_away_is_given_up_after_four_tries(
        self, asked: dict[str, Asked], providers: FakeProviders
    ) -> None:
        trail = asked["diamond"].finished()
        assert [waiting["seconds"] for waiting in events(trail, "waiting")] == [1, 2, 4]
        assert requests(providers, "planner", "diamond") == 4
        error = trail[-1]["error"]
        assert (error["kind"], error["retryable"]) == ("model_server_error", True)
        assert "is not available at the moment (500); try again later" in error["message"]

    def test_a_refusal_is_told_as_one(self, asked: dict[str, Asked]) -> None:
        error = asked["ebony"].finished()[-1]["error"]
        assert (error["kind"], error["message"]) == (
            "refused",
            "Claude (claude-sonnet-5-5) refused to answer this; ask differently.",
        )

    @pytest.mark.parametrize("subject", ["flint", "linen"])
    def test_a_report_that_breaks_off_begins_again(self, asked: dict[str, Asked], subject: str) -> None:
        trail = asked[subject].finished()
        assert trail[-1]["kind"] == "report_ready"
        attempts = [event["attempt"] for event in events(trail, "report_started")]
        assert attempts == list(range(1, len(attempts) + 1))
        deltas = [event for event in events(trail, "report_delta") if event["attempt"] == attempts[-1]]
        assert "".join(delta["text"] for delta in deltas).strip() == trail[-1]["report"]["text"]
        assert kinds(trail)["search_started"] == 3

    def test_a_report_without_a_word_is_asked_for_again(
        self, asked: dict[str, Asked], providers: FakeProviders
    ) -> None:
        trail = asked["granite"].finished()
        assert trail[-1]["kind"] == "report_ready"
        assert trail[-1]["report"]["text"]
        assert requests(providers, "analyst", "granite") >= 2

    def test_a_number_that_nobody_gave_is_taken_out_of_the_report(self, asked: dict[str, Asked]) -> None:
        trail = asked["hazel"].finished()
        assert trail[-1]["kind"] == "report_ready"
        assert "[97]" in "".join(delta["text"] for delta in events(trail, "report_delta"))
        assert "97" not in trail[-1]["report"]["text"]

    def test_a_search_that_is_rejected_leaves_the_others(self, asked: dict[str, Asked]) -> None:
        trail = asked["ivory"].finished()
        assert trail[-1]["kind"] == "report_ready"
        (failed,) = events(trail, "search_failed")
        assert "ivory: evidence" in failed["query"]
        assert failed["error"].startswith("Gemini (")
        assert kinds(trail)["search_finished"] == 2

    def test_a_search_that_waits_says_so_at_its_place(self, asked: dict[str, Asked]) -> None:
        trail = asked["jade"].finished()
        (waiting,) = events(trail, "waiting")
        (search,) = [e["search"] for e in events(trail, "search_started") if "jade: evidence" in e["query"]]
        assert (waiting["on"], waiting["search"]) == ("Gemini", search)
        assert kinds(trail)["search_finished"] == 3
        assert not kinds(trail)["search_failed"]

    def test_a_plan_of_the_wrong_form_is_asked_for_again(
        self, asked: dict[str, Asked], providers: FakeProviders
    ) -> None:
        assert asked["kelp"].finished()[-1]["kind"] == "report_ready"
        assert requests(providers, "planner", "kelp") == 2

    def test_no_key_is_in_any_trail(self, asked: dict[str, Asked], providers: FakeProviders) -> None:
        keys = {v for name, v in providers.environment().items() if name.endswith("_KEY")}
        told = "".join(str(turn.finished()) for turn in asked.values())
        assert keys
        assert not any(key in told for key in keys)


class TestDecisions:
    def test_a_quick_question_gets_two_searches_at_most(self, app: AppProcess, play: FakeProviders) -> None:
        play.scenario(Scenario(plan=planned_searches([question("moss")], 4)))
        with app.client() as client:
            body = {"question": question("moss"), "depth": "quick"}
            begun = client.post("/api/turns", json=body).json()
        trail = Asked(app, begun["thread"], begun["turn"]).finished()
        (planned,) = events(trail, "plan_ready")
        assert len(planned["plan"]["searches"]) == kinds(trail)["search_started"] == 2

    def test_what_is_missing_is_searched_while_writing_and_shown_after_the_planned(
        self, app: AppProcess, play: FakeProviders
    ) -> None:
        extra = ("what is missing: costs", "what is missing: dates", "one more", "one too many")
        play.scenario(Scenario(searches=2, extra_searches=extra))
        trail = app.ask(question("nickel")).finished()
        started = {event["search"]: event["query"] for event in events(trail, "search_started")}
        assert sorted(started) == [0, 1, 2, 3, 4]
        assert set(started.values()) & set(extra) == {started[2], started[3], started[4]}
        assert trail[-1]["kind"] == "report_ready"
        assert events(trail, "cost_updated")[-1]["searches"] == 5
        calling, writing = [request.body for request in play.log("analyst")]
        assert (calling["tools"], calling["tool_choice"]) == (writing["tools"], {"type": "auto"})
        assert writing["tool_choice"] == {"type": "none"}

    def test_a_clarification_asks_and_searches_nothing(self, app: AppProcess, play: FakeProviders) -> None:
        play.scenario(Scenario(decision="clarify"))
        trail = app.ask(question("opal")).finished()
        assert trail[-1]["kind"] == "clarification_asked"
        assert len(trail[-1]["questions"]) == 2
        assert not kinds(trail)["search_started"]
        assert not [r for r in play.log() if r.role != "planner"]

    def test_what_the_conversation_answers_is_answered_from_it(self, app: AppProcess, play: FakeProviders) -> None:
        play.scenario(Scenario(searches=1))
        first = app.ask(question("pearl"))
        known = first.finished()[-1]["report"]["sources"]
        play.scenario(Scenario(decision="answer"))
        trail = app.ask("And in one sentence?", first.thread).finished()
        assert trail[-1]["kind"] == "answer_ready"
        answered = trail[-1]["report"]["sources"]
        assert answered
        assert all(source in known for source in answered)
        assert not kinds(trail)["search_started"]


class TestStop:
    def test_a_stop_during_a_wait_ends_it_and_nothing_is_asked_any_more(
        self, app: AppProcess, play: FakeProviders
    ) -> None:
        play.scenario(Scenario(faults=(Fault(kind="status", status=429, retry_after="2", times=None),)))
        turn = app.ask(question("quartz"))
        turn.wait_for("waiting")
        begun = time.monotonic()
        turn.stop()
        trail = turn.finished()
        assert time.monotonic() - begun < 2
        assert trail[-1]["kind"] == "turn_stopped"
        time.sleep(3.5)
        assert len(play.log()) == 1
        assert turn.finished() == trail

    def test_stopping_twice_or_after_the_end_changes_nothing(self, app: AppProcess, play: FakeProviders) -> None:
        play.scenario(Scenario(searches=1))
        turn = app.ask(question("ruby"))
        trail = turn.finished()
        for _ in range(2):
            turn.stop()
        assert turn.finished() == trail

    @pytest.mark.parametrize("turn", ["nowhere:nothing:0", "x", "%00"])
    def test_there_is_nothing_to_stop_or_read_where_there_is_no_turn(self, app: AppProcess, turn: str) -> None:
        with app.client() as client:
            assert client.post(f"/api/turns/{turn}/stop").status_code == httpx.codes.NOT_FOUND
            assert client.get(f"/api/turns/{turn}/events").status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_a_question_that_was_stored_and_never_taken_up_is_answered_at_the_next_start(
    request: pytest.FixtureRequest, tmp_path: Path, store: str
) -> None:
    url = request.getfixturevalue("postgres_url") if store == "postgresql" else None
    data = tmp_path / "data"
    data.mkdir()
    database = await Database.open(Settings.model_validate({"data_dir": data, "database_url": url}))
    turn = Turn(
        thread_id="1d0c4f4e-0000-4000-8000-000000000001",
        message_id="1d0c4f4e-0000-4000-8000-000000000002",
        question="Who won the chess olympiad in Dresden?",
        owner="local",
        asked_at=now(),
    )
    await Transcript(database).save_thread(turn.thread_id, turn.owner, "Chess", turn.asked_at)
    assert await Trail(database).open_turn(turn)
    await database.close()

    app = AppProcess(data, {"DATABASE_URL": url} if url else {})
    app.start()
    try:
        trail = Asked(app, turn.thread_id, turn.id).finished()
    finally:
        app.stop()
    assert trail[0]["question"] == turn.question
    assert trail[-1]["kind"] == "no_evidence"
