"""`research-chat doctor` as a real process: who does what and why, which keys are taken, what keeps a turn from running."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from chat_app.data_directory import DataDirectory
from tests.app_process import run_command
from tests.fakes import FakeProviders, Scenario, unreachable_url
from tests.fakes.providers import KEY

pytestmark = [pytest.mark.provider_wire]
WRONG = "wr0ng-key-0123456789"


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProviders]:
    with FakeProviders.start() as providers:
        yield providers


@pytest.fixture
def providers(running: FakeProviders) -> FakeProviders:
    running.scenario(Scenario(keys=(KEY,)))
    return running


def examine(data: Path, *options: str, **variables: str) -> CompletedProcess[str]:
    done = run_command("doctor", *options, environment={"CHAT_APP_DATA_DIR": str(data), **variables})
    assert "Traceback" not in done.stdout + done.stderr
    assert not [key for key in (KEY, WRONG) if key in done.stdout + done.stderr]
    return done


def marked(mark: str, done: CompletedProcess[str]) -> list[str]:
    return [line.removeprefix(f"{mark} ") for line in done.stdout.splitlines() if line.startswith(mark)]


def test_it_says_who_does_what_and_why_and_that_the_keys_are_taken(tmp_path: Path, providers: FakeProviders) -> None:
    done = examine(tmp_path / "data", **providers.environment())
    assert done.returncode == 0, done.stdout
    assert marked("✓", done)[:5] == [
        "Planner: Claude (anthropic:claude-sonnet-5-5), because ANTHROPIC_API_KEY is set",
        "Searcher: Gemini (google:gemini-3.8-flash), because GOOGLE_API_KEY or GEMINI_API_KEY is set",
        "Analyst: Claude (anthropic:claude-sonnet-5-5), because ANTHROPIC_API_KEY is set",
        "Claude (anthropic:claude-sonnet-5-5): ANTHROPIC_API_KEY is accepted, and claude-sonnet-5-5 is there",
        "Gemini (google:gemini-3.8-flash): GOOGLE_API_KEY or GEMINI_API_KEY is accepted, and gemini-3.8-flash is there",
    ]
    assert marked("!", done) == [
        (
            "OPENAI_API_KEY is set, but no role needs it (roles are set by CHAT_APP_PLANNER_MODEL, CHAT_APP_SEARCH_MODEL, "
            "CHAT_APP_ANALYST_MODEL)"
        )
    ]
    assert providers.log() == []  # lists cost nothing; a model was not asked


def test_a_refused_key_and_an_unreachable_provider_keep_turns_from_running(
    tmp_path: Path, providers: FakeProviders
) -> None:
    nobody = unreachable_url()
    variables = providers.environment("anthropic", "google") | {
        "ANTHROPIC_API_KEY": WRONG,
        "GOOGLE_GEMINI_BASE_URL": nobody,
        "CHAT_APP_ANALYST_MODEL": "openai:gpt-5.6-sol",
    }
    done = examine(tmp_path / "data", **variables)
    assert done.returncode == 2
    analyst, claude, gemini = marked("✗", done)
    assert analyst == (
        "Analyst: OpenAI (gpt-5.6-sol) cannot be used without OPENAI_API_KEY; set it, or choose another model "
        "(CHAT_APP_ANALYST_MODEL)."
    )
    assert claude == "Claude (anthropic:claude-sonnet-5-5): ANTHROPIC_API_KEY was refused (401); set a valid key"
    assert gemini.startswith(f"Gemini (google:gemini-3.8-flash): {nobody} could not be reached")


def test_models_that_may_be_needed_later_are_looked_at_too(tmp_path: Path, providers: FakeProviders) -> None:
    variables = providers.environment("anthropic", "openai") | {
        "OPENAI_API_KEY": WRONG,
        "CHAT_APP_FALLBACK_MODEL": "openai:gpt-5.6-sol",
        "CHAT_APP_MODELS": "anthropic:no-such-model,google:gemini-3.8-flash",
    }
    done = examine(tmp_path / "data", **variables)
    assert done.returncode == 0, done.stdout
    assert "Fallback: OpenAI (openai:gpt-5.6-sol), because CHAT_APP_FALLBACK_MODEL names it" in marked("✓", done)
    menu, openai, claude = marked("!", done)
    assert menu.startswith(
        "On the menu: Gemini (gemini-3.8-flash) cannot be used without GOOGLE_API_KEY or GEMINI_API_KEY"
    )
    assert openai == "OpenAI (openai:gpt-5.6-sol): OPENAI_API_KEY was refused (401); set a valid key"
    assert claude.endswith("but the model 'no-such-model' is not known there; set another one")


def test_offline_asks_nobody(tmp_path: Path) -> None:
    variables = {"ANTHROPIC_API_KEY": WRONG, "ANTHROPIC_BASE_URL": unreachable_url()}
    done = examine(tmp_path / "data", "--offline", **variables)
    assert done.returncode == 0, done.stdout
    assert "accepted" not in done.stdout


def test_what_need_not_be_there_is_said_and_is_no_problem(tmp_path: Path, providers: FakeProviders) -> None:
    providers.scenario(Scenario(lists_models=False))
    variables = {
        "OLLAMA_BASE_URL": f"{providers.url}/v1",
        "CHAT_APP_ANALYST_MODEL": "ollama:qwen3",
        "CHAT_APP_SEARCH_MODEL": "openai-chat:local",
        "DBOS_CONDUCTOR_KEY": WRONG,
    }
    done = examine(tmp_path / "data", **variables)
    assert done.returncode == 0, done.stdout
    assert marked("✓", done)[:2] == [
        "Planner: Ollama (ollama:qwen3), because no key is set, and CHAT_APP_ANALYST_MODEL is",
        "Analyst: Ollama (ollama:qwen3), because CHAT_APP_ANALYST_MODEL is set",
    ]
    assert marked("!", done) == [
        (
            "Searcher: the library only, because CHAT_APP_SEARCH_MODEL is openai-chat:local, and openai-chat offers no web "
            "search for it that can be used here"
        ),
        f"Ollama (ollama:qwen3): could not be checked: {providers.url} has no list of models (404)",
        (
            "DBOS Conductor: DBOS_CONDUCTOR_KEY is set but not used, because the package dbos-enterprise is not installed; "
            '`pip install "dbos[enterprise]"` installs it'
        ),
    ]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = examine(tmp_path / "file" / "data", CHAT_APP_ANALYST_MODEL="nobody:model", HOST="0.0.0.0")
    assert done.returncode == 2
    planner, analyst, data, host = marked("✗", done)
    unknown = "'nobody:model' names no provider that is known here; set CHAT_APP_ANALYST_MODEL to one such as"
    assert planner.startswith(f"Planner: {unknown}")
    assert analyst.startswith(f"Analyst: {unknown}")
    assert "cannot be written" in data
    assert "HOST is '0.0.0.0'" in host


def test_a_running_server_is_not_disturbed(tmp_path: Path) -> None:
    directory = DataDirectory.hold(tmp_path / "data", "http://127.0.0.1:8000")
    try:
        done = examine(tmp_path / "data")
    finally:
        directory.release()
    assert done.returncode == 0, done.stdout
    assert "in use by http://127.0.0.1:8000" in done.stdout
    assert (
        "Planner: Excerpts only (no AI model), because no key is set (ANTHROPIC_API_KEY, GOOGLE_API_KEY or"
        in done.stdout
    )


def test_it_says_whether_the_web_is_searched_without_a_key(tmp_path: Path, providers: FakeProviders) -> None:
    off = examine(tmp_path / "data")
    assert "Keyless web search: off; CHAT_APP_WEB_SEARCH=wikipedia switches it on" in marked("✓", off)
    assert "Searcher: the library only, because" in off.stdout
    listed = {"CHAT_APP_WEB_SEARCH": "wikipedia,searxng:https://user:s3cr3t@searxng.example.org"}
    on = examine(tmp_path / "data", **listed)
    assert "Keyless web search: Wikipedia and SearXNG, used" in marked("✓", on)
    assert "Searcher: the library and Wikipedia and SearXNG only, because" in on.stdout
    assert "s3cr3t" not in on.stdout + on.stderr
    not_needed = examine(tmp_path / "data", **listed, **providers.environment("anthropic"))
    assert "Keyless web search: Wikipedia and SearXNG, not used, because a model searches the web" in not_needed.stdout
