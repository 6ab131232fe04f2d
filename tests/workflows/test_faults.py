"""Every way in which a provider fails, in every role: what becomes of the turn, and which requests it costs.

The cases of one set of models run side by side in one engine. A case is told from the others by its word, which
stands in its question and thereby in all of its prompts. Parts that a fault does not stop share a turn: it strikes
the planner, one of two searches and the analyst one after the other.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio

from tests.fakes import FakeProviders, Fault, LoggedRequest, Scenario, unreachable_url
from tests.fakes.scenario import Role
from tests.workflows.engine_room import SHORT_PATIENCE, EngineRoom, Event, engine_room, events, kinds

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(300)]

CLAUDE = "anthropic:claude-sonnet-5-5"
GEMINI = "google:gemini-3.8-flash"
OPENAI = "openai:gpt-5.6-sol"
OPENAI_CHAT = "openai-chat:gpt-5.6-luna"
LABELS = {
    CLAUDE: "Claude (claude-sonnet-5-5) ",
    GEMINI: "Gemini (gemini-3.8-flash) ",
    OPENAI: "OpenAI (gpt-5.6-sol) ",
    OPENAI_CHAT: "OpenAI (gpt-5.6-luna) ",
}
MIXES: dict[str, dict[Role, str]] = {
    "claude-gemini-claude": {"planner": CLAUDE, "search": GEMINI, "analyst": CLAUDE},
    "gemini-claude-gemini": {"planner": GEMINI, "search": CLAUDE, "analyst": GEMINI},
    "openai": {"planner": OPENAI, "search": OPENAI, "analyst": OPENAI_CHAT},
}
ROLES: tuple[Role, ...] = ("planner", "search", "analyst")
AT_ONCE = 20

Becomes = Literal["whole", "failed", "cut"]


@dataclass(frozen=True)
class Expected:
    """What becomes of the part that is struck, and how often it is asked."""

    requests: int
    becomes: Becomes = "whole"
    kind: str = ""
    words: str = ""
    least_seconds: float = 0
    """Between the first request and the second."""


@dataclass(frozen=True)
class Case:
    name: str
    fault: Fault
    expected: Expected
    roles: tuple[Role, ...] = ROLES


def status(code: int, **more: object) -> Fault:
    return Fault.model_validate({"kind": "status", "status": code, **more})


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


AGAIN = Expected(requests=2)
RATE_LIMITED = "too many requests (429)"

CASES = (
    Case("429", status(429), AGAIN),
    Case("429, retry-after 1", status(429, retry_after="1"), Expected(requests=2, least_seconds=1)),
    Case("429, retry-after 0.6", status(429, retry_after="0.6"), Expected(requests=2, least_seconds=0.6)),
    Case("500", status(500), AGAIN),
    Case("503, retry-after 1", status(503, retry_after="1"), Expected(requests=2, least_seconds=1)),
    Case("529", status(529), AGAIN),
    Case("twice 503", status(503, times=2), Expected(requests=3)),
    Case("drop", Fault(kind="drop"), AGAIN),
    Case("drop midway", Fault(kind="drop_midway"), AGAIN),
    Case("fade", Fault(kind="fade"), AGAIN),
    Case("stall", Fault(kind="stall"), AGAIN),
    Case("never", Fault(kind="never"), AGAIN),
    Case("malformed", Fault(kind="malformed"), AGAIN),
    Case("foreign", Fault(kind="foreign"), AGAIN),
    Case("error in stream", Fault(kind="error_event"), AGAIN),
    Case("overloaded in stream", Fault(kind="error_event", status=529), AGAIN),
    Case("empty", Fault(kind="empty"), AGAIN),
    Case("broken call", Fault(kind="broken_call"), AGAIN),
    Case("invalid plan", Fault(kind="invalid"), AGAIN, roles=("planner",)),
    Case("cut plan", Fault(kind="max_tokens"), AGAIN, roles=("planner",)),
    Case("cut", Fault(kind="max_tokens"), Expected(requests=1, becomes="cut"), roles=("search", "analyst")),
    Case("always 500", status(500, times=None), Expected(4, "failed", "model_server_error", "try again later")),
    Case("always 429", status(429, times=None), Expected(4, "failed", "model_rate_limit_error", RATE_LIMITED)),
    Case("always empty", Fault(kind="empty", times=None), Expected(2, "failed", "empty_answer", "try again")),
    Case("never at all", Fault(kind="never", times=None), Expected(2, "failed", "model_request_timeout", "in time")),
    Case(
        "come back in an hour",
        status(429, retry_after="3600"),
        Expected(1, "failed", "model_rate_limit_error", "60 minutes"),
    ),
    Case(
        "always cut",
        Fault(kind="max_tokens", times=None),
        Expected(2, "failed", "answer_cut", "ask for less"),
        roles=("planner",),
    ),
    Case("400", status(400), Expected(1, "failed", "model_request_rejected_error", "rejected the request (400)")),
    Case("401", status(401), Expected(1, "failed", "model_authentication_error", "check the key")),
    Case("403", status(403), Expected(1, "failed", "model_authentication_error", "check the key")),
    Case("404", status(404), Expected(1, "failed", "model_not_found_error", "set another one")),
    Case("wrong key", Fault(kind="bad_key"), Expected(1, "failed", "model_authentication_error", "check the key")),
    Case("refusal", Fault(kind="refusal"), Expected(1, "failed", "refused", "ask differently")),
    Case("refusal midway", Fault(kind="refusal_midway"), Expected(1, "failed", "refused", "ask differently")),
)
GEMINIS_OWN = Case("429, RetryInfo 0.7s", status(429, retry_delay="0.7s"), Expected(requests=2, least_seconds=0.7))
RETRY_DATE = "429, retry-after as a date"


@dataclass(frozen=True)
class Run:
    """A case in some roles of one turn: its trail, and the requests that belong to it."""

    case: Case
    roles: tuple[Role, ...]
    mix: dict[Role, str]
    trail: list[Event]
    log: list[LoggedRequest]

    @property
    def asked(self) -> dict[str, list[LoggedRequest]]:
        """The requests for each part of the turn; `other search` is the one that no fault strikes."""
        parts: dict[str, list[LoggedRequest]] = {}
        for request in self.log:
            is_other = request.role == "search" and "evidence" not in request.question
            parts.setdefault("other search" if is_other else request.role, []).append(request)
        return parts

    @property
    def is_planned(self) -> bool:
        return self.case.expected.becomes != "failed" or "planner" not in self.roles


def turns_of(mix: dict[Role, str]) -> Iterator[tuple[Case, tuple[Role, ...]]]:
    # First, and at the beginning of the turn, because it counts from now.
    dated = Case(RETRY_DATE, status(429, retry_after=in_seconds(6)), AGAIN, roles=("planner",))
    slow = sorted(CASES, key=lambda case: case.fault.kind not in {"never", "stall"})
    for case in (dated, *slow, GEMINIS_OWN):
        roles: tuple[Role, ...] = tuple(role for role in case.roles if can_happen(case, mix[role]))
        if case.expected.becomes == "failed" and len(roles) > 1:
            yield case, ("planner",)
            roles = ("search", "analyst")
        if roles:
            yield case, roles


def can_happen(case: Case, model: str) -> bool:
    if case is GEMINIS_OWN or case.name == "broken call":
        return model == GEMINI
    # There are servers of this format that never say how an answer ended.
    return model != OPENAI_CHAT or case.name not in {"fade", "foreign"}


async def run_all(room: EngineRoom, providers: FakeProviders, mix: dict[Role, str]) -> dict[str, Run]:
    turns = {f"case{number:03}": each for number, each in enumerate(turns_of(mix))}
    faults = tuple(
        case.fault.model_copy(update={"role": role, "containing": word + ": evidence" * (role == "search")})
        for word, (case, roles) in turns.items()
        for role in roles
    )
    providers.scenario(Scenario(searches=2, faults=faults))
    gate = asyncio.Semaphore(AT_ONCE)

    async def run(word: str) -> list[Event]:
        async with gate:
            return await room.finished(await room.ask(f"What is known about {word}?"))

    trails = dict(zip(turns, await asyncio.gather(*map(run, turns)), strict=True))
    logs = by_word(providers.log())
    made = [Run(case, roles, mix, trails[word], logs[word]) for word, (case, roles) in turns.items()]
    return {f"{run.case.name} ({', '.join(run.roles)})": run for run in made}


def by_word(log: list[LoggedRequest]) -> dict[str, list[LoggedRequest]]:
    words: dict[str, list[LoggedRequest]] = {}
    for request in log:
        found = re.search(r"case\d{3}", request.question)
        assert found is not None, request
        words.setdefault(found[0], []).append(request)
    return words


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Run]:
    """All runs, by the names of the set of models and of the case with its roles."""
    made: dict[tuple[str, str], Run] = {}
    for name, mix in MIXES.items():
        providers.clear_log()
        models = {f"CHAT_APP_{role.upper()}_MODEL": model for role, model in mix.items()}
        data_dir = tmp_path_factory.mktemp("faults") / "data"
        async with engine_room(data_dir, {**providers.environment(), **models}) as room:
            made |= {(name, case): run for case, run in (await run_all(room, providers, mix)).items()}
    return made


RUNS = [
    pytest.param((name, f"{case.name} ({', '.join(roles)})"), id=f"{name}: {case.name} ({', '.join(roles)})")
    for name, mix in MIXES.items()
    for case, roles in turns_of(mix)
]


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest, runs: dict[tuple[str, str], Run]) -> Run:
    return runs[request.param]


def test_a_part_is_asked_as_often_as_it_helps_and_no_other_part_again(run: Run) -> None:
    expected = run.case.expected
    parts = ["planner", "search", "other search", "analyst"] if run.is_planned else ["planner"]
    assert {part: len(log) for part, log in run.asked.items()} == {
        part: expected.requests if part in run.roles else 1 for part in parts
    }
    for role in run.roles if expected.least_seconds else ():
        first, second = run.asked[role][:2]
        assert second.at - first.at >= expected.least_seconds


def test_what_is_asked_again_after_a_date_is_not_asked_before_it(runs: dict[tuple[str, str], Run]) -> None:
    dated = [run for run in runs.values() if run.case.name == RETRY_DATE]
    assert len(dated) == len(MIXES)
    for run in dated:
        asked_for = parsedate_to_datetime(str(run.case.fault.retry_after))
        assert run.asked["planner"][1].at >= asked_for.timestamp()


def test_what_passes_is_got_over(run: Run) -> None:
    if run.case.expected.becomes == "failed":
        return
    end = run.trail[-1]
    assert end["kind"] == "report_ready"
    assert kinds(run.trail)["search_finished"] == 2
    assert bool(end["report"]["notes"]) == (run.case.expected.becomes == "cut" and "analyst" in run.roles)


def test_what_stays_is_told_with_who_failed_and_a_remedy(run: Run) -> None:
    expected, end = run.case.expected, run.trail[-1]
    if expected.becomes != "failed":
        return
    messages: dict[Role, str] = {}
    if "search" in run.roles:
        (failed,) = events(run.trail, "search_failed")
        assert "evidence" in failed["query"]
        assert kinds(run.trail)["search_finished"] == 1
        messages["search"] = failed["error"]
    for role in set(run.roles) - {"search"}:
        assert (end["kind"], end["error"]["kind"]) == ("turn_failed", expected.kind)
        messages[role] = end["error"]["message"]
    assert set(messages) == set(run.roles)
    for role, message in messages.items():
        assert message.startswith(LABELS[run.mix[role]])
        assert expected.words in message


def test_a_report_is_the_text_of_its_last_attempt(run: Run) -> None:
    if run.trail[-1]["kind"] != "report_ready":
        return
    last = max(event["attempt"] for event in events(run.trail, "report_started"))
    text = "".join(event["text"] for event in events(run.trail, "report_delta") if event["attempt"] == last)
    assert text.strip() == run.trail[-1]["report"]["text"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_provider_that_refuses_connections_is_got_over_when_it_comes_back(
    providers: FakeProviders, tmp_path: Path
) -> None:
    providers.scenario(Scenario(searches=1))
    away = unreachable_url()
    environment = providers.environment("anthropic", "google") | {"GOOGLE_GEMINI_BASE_URL": away}
    patience = SHORT_PATIENCE.model_copy(update={"first_retry_seconds": 0.5})
    async with engine_room(tmp_path / "data", environment, patience) as room:
        turn = await room.ask("What is known about amber?")
        waiting = await room.comes_to(turn, "waiting")
        with await asyncio.to_thread(FakeProviders.start, port=int(away.rpartition(":")[2])):
            trail = await room.finished(turn)
    assert (waiting["on"], waiting["reason"], waiting["search"]) == ("Gemini", "the connection failed", 0)
    assert trail[-1]["kind"] == "report_ready"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_provider_that_goes_on_refusing_connections_is_told_with_a_remedy(
    providers: FakeProviders, tmp_path: Path
) -> None:
    environment = providers.environment("anthropic", "google") | {"ANTHROPIC_BASE_URL": unreachable_url()}
    async with engine_room(tmp_path / "data", environment) as room:
        trail = await room.finished(await room.ask("What is known about amber?"))
    error = trail[-1]["error"]
    assert (error["kind"], error["retryable"]) == ("model_connection_error", True)
    assert error["message"].startswith(f"{LABELS[CLAUDE]}could not be reached")
    assert "check the network" in error["message"]
    assert kinds(trail)["waiting"] == 3
