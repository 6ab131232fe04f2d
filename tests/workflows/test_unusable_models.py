"""Keys that are missing or wrong and models that do not exist: the program runs, and the turn says what to set."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app_process import AppProcess, Event, run_command
from tests.fakes import FakeProviders, Fault, Scenario
from tests.fakes.providers import KEY
from tests.fakes.scenario import Provider

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(120)]
WRONG = "wr0ng-key-0123456789"
QUESTION = "What is known about amber?"


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProviders]:
    with FakeProviders.start() as providers:
        yield providers


@pytest.fixture
def providers(running: FakeProviders) -> FakeProviders:
    running.scenario(Scenario(keys=(KEY,), searches=2))
    running.clear_log()
    return running


def failure(data: Path, **variables: str) -> dict[str, object]:
    """How a turn fails that the terminal asks for."""
    done = run_command("ask", "--json", QUESTION, environment={"CHAT_APP_DATA_DIR": str(data), **variables})
    assert done.returncode == 1, done.stderr
    trail: list[Event] = [json.loads(line) for line in done.stdout.splitlines()]
    assert trail[-1]["kind"] == "turn_failed"
    assert KEY not in done.stdout + done.stderr
    assert WRONG not in done.stdout + done.stderr
    return trail[-1]["error"]


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        (
            "anthropic",
            "Claude (claude-sonnet-5-5) refused the API key (401); check the key in ANTHROPIC_API_KEY and start again.",
        ),
        (
            "google",
            "Gemini (gemini-3.8-flash) refused the API key (400); check the key in GOOGLE_API_KEY and start again.",
        ),
        ("openai", "OpenAI (gpt-5.6-sol) refused the API key (401); check the key in OPENAI_API_KEY and start again."),
    ],
)
def test_a_wrong_key_costs_one_request_and_is_named(
    tmp_path: Path, providers: FakeProviders, provider: Provider, told: str
) -> None:
    variables = {name: value.replace(KEY, WRONG) for name, value in providers.environment(provider).items()}
    assert failure(tmp_path / "data", **variables) == {
        "kind": "model_authentication_error",
        "message": told,
        "retryable": False,
    }
    assert [(request.provider, request.role) for request in providers.log()] == [(provider, "planner")]


def test_a_wrong_key_for_searching_is_named_too(tmp_path: Path, providers: FakeProviders) -> None:
    variables = providers.environment("anthropic", "google") | {"GOOGLE_API_KEY": WRONG}
    error = failure(tmp_path / "data", **variables)
    assert "Gemini (gemini-3.8-flash) refused the API key (400); check the key in GOOGLE_API_KEY" in str(
        error["message"]
    )
    assert sorted(request.role for request in providers.log()) == ["planner", "search", "search"]


def test_a_model_that_the_provider_does_not_know_is_named(tmp_path: Path, providers: FakeProviders) -> None:
    providers.scenario(Scenario(faults=(Fault(kind="status", status=404, times=None),)))
    variables = providers.environment("anthropic") | {"CHAT_APP_PLANNER_MODEL": "anthropic:no-such-model"}
    assert failure(tmp_path / "data", **variables) == {
        "kind": "model_not_found_error",
        "message": "Claude (no-such-model) does not know this model (404); set another one (CHAT_APP_PLANNER_MODEL) and start again.",
        "retryable": False,
    }
    assert len(providers.log()) == 1


def test_a_model_of_no_provider_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path / "data", CHAT_APP_PLANNER_MODEL="nobody:model")
    told = "'nobody:model' names no provider that is known here; set CHAT_APP_PLANNER_MODEL to one such as"
    assert (error["kind"], error["retryable"]) == ("settings", False)
    assert error["message"] == f"{told} 'anthropic:claude-sonnet-5-5'."


@pytest.mark.parametrize("variable", ["CHAT_APP_ANALYST_MODEL", "CHAT_APP_SEARCH_MODEL"])
def test_a_model_that_only_a_later_part_needs_is_named_before_anything_is_paid(
    tmp_path: Path, providers: FakeProviders, variable: str
) -> None:
    variables = {**providers.environment("anthropic"), "GOOGLE_API_KEY": "", variable: "google:gemini-3.8-flash"}
    error = failure(tmp_path / "data", **variables)
    assert error["kind"] == "settings"
    assert "cannot be used without GOOGLE_API_KEY or GEMINI_API_KEY" in str(error["message"])
    assert variable in str(error["message"])
    assert providers.log() == []


def test_a_fallback_that_cannot_be_used_is_named_with_its_setting(tmp_path: Path, providers: FakeProviders) -> None:
    providers.scenario(Scenario(faults=(Fault(kind="status", status=402, times=None),)))
    error = failure(tmp_path / "data", **providers.environment("anthropic"), CHAT_APP_FALLBACK_MODEL="nobody:model")
    assert "'nobody:model' names no provider that is known here; set CHAT_APP_FALLBACK_MODEL" in str(error["message"])
    assert len(providers.log()) == 1


def test_a_server_starts_without_the_key_that_its_models_need(tmp_path: Path) -> None:
    app = AppProcess(tmp_path / "data", {"CHAT_APP_PLANNER_MODEL": "anthropic:claude-sonnet-5-5"})
    app.start()
    try:
        error = app.ask(QUESTION).finished()[-1]["error"]
    finally:
        app.stop()
    assert error["message"] == (
        "Claude (claude-sonnet-5-5) cannot be used without ANTHROPIC_API_KEY; set it, or choose another model "
        "(CHAT_APP_PLANNER_MODEL)."
    )
