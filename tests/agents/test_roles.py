"""Who plays which role, by keys and by model strings, and the reason that is told."""

from itertools import product
from typing import get_args

import pytest
from pydantic_ai.models import KnownModelName, infer_model
from pydantic_ai.native_tools import WebSearchTool

from chat_app.agents.roles import (
    CLAUDE,
    EXCERPTS,
    GEMINI,
    OPENAI,
    RoleName,
    Roles,
    choices_of,
    roles_of,
    searches_web,
)
from chat_app.settings import Settings

KEYS = ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY")
EXPECTED: dict[tuple[bool, bool, bool], tuple[str, str | None]] = {
    (False, False, False): (EXCERPTS, None),
    (True, False, False): (CLAUDE, CLAUDE),
    (False, True, False): (GEMINI, GEMINI),
    (False, False, True): (OPENAI, OPENAI),
    (True, True, False): (CLAUDE, GEMINI),
    (True, False, True): (CLAUDE, CLAUDE),
    (False, True, True): (GEMINI, GEMINI),
    (True, True, True): (CLAUDE, GEMINI),
}


def settings(**environment: str) -> Settings:
    return Settings.from_environment(environment)


@pytest.mark.parametrize("present", list(product([False, True], repeat=3)), ids=str)
def test_roles_are_filled_from_the_keys_there_are(present: tuple[bool, bool, bool]) -> None:
    environment = {name: "secret" for name, is_there in zip(KEYS, present, strict=True) if is_there}
    writer, searcher = EXPECTED[present]
    assert roles_of(settings(**environment)) == Roles(planner=writer, searcher=searcher, analyst=writer)


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI])
def test_the_models_we_choose_are_known_to_pydantic_ai_and_search_the_web(model: str) -> None:
    assert model in get_args(KnownModelName.__value__)
    assert searches_web(model)


def test_each_role_can_be_set_on_its_own() -> None:
    roles = roles_of(settings(ANTHROPIC_API_KEY="secret", CHAT_APP_ANALYST_MODEL="ollama:llama"))
    assert roles == Roles(planner=CLAUDE, searcher=CLAUDE, analyst="ollama:llama")
    roles = roles_of(settings(OPENAI_API_KEY="secret", CHAT_APP_SEARCH_MODEL="google:b"))
    assert roles == Roles(planner=OPENAI, searcher="google:b", analyst=OPENAI)


@pytest.mark.parametrize("role", ["PLANNER", "ANALYST"])
def test_without_keys_one_model_writes_and_plans(role: str) -> None:
    roles = roles_of(settings(**{f"CHAT_APP_{role}_MODEL": "ollama:qwen3"}))
    assert roles == Roles(planner="ollama:qwen3", searcher=None, analyst="ollama:qwen3")
    roles = roles_of(settings(**{f"CHAT_APP_{role}_MODEL": "openrouter:z-ai/glm"}))
    assert roles == Roles(planner="openrouter:z-ai/glm", searcher="openrouter:z-ai/glm", analyst="openrouter:z-ai/glm")


def test_without_keys_each_role_keeps_what_was_set_for_it() -> None:
    roles = roles_of(settings(CHAT_APP_PLANNER_MODEL="ollama:a", CHAT_APP_SEARCH_MODEL="google:b"))
    assert roles == Roles(planner="ollama:a", searcher="google:b", analyst="ollama:a")
    roles = roles_of(settings(CHAT_APP_SEARCH_MODEL="google:b"))
    assert roles == Roles(planner="google:b", searcher="google:b", analyst="google:b")


@pytest.mark.parametrize("model", ["ollama:qwen3", "openai-chat:local", "mistral:large", "nobody:model", EXCERPTS])
def test_a_model_that_cannot_search_the_web_does_not_and_the_reason_is_said(model: str) -> None:
    choice = choices_of(settings(ANTHROPIC_API_KEY="secret", CHAT_APP_SEARCH_MODEL=model))["searcher"]
    assert (choice.model, choice.ignored) == (None, model)
    assert choice.because.startswith(
        f"CHAT_APP_SEARCH_MODEL is {model}, and {model.partition(':')[0]} offers no web search"
    )


def test_the_other_name_of_googles_key_is_as_good() -> None:
    assert roles_of(settings(GEMINI_API_KEY="secret")).analyst == GEMINI


def test_whoever_writes_decides_whether_there_are_only_excerpts() -> None:
    assert roles_of(settings()).is_excerpts
    assert not roles_of(settings(CHAT_APP_ANALYST_MODEL="ollama:llama")).is_excerpts


@pytest.mark.parametrize(
    ("environment", "role", "reason"),
    [
        ({}, "planner", "no key is set (ANTHROPIC_API_KEY, GOOGLE_API_KEY or OPENAI_API_KEY; one is enough)"),
        ({}, "searcher", "no key is set (ANTHROPIC_API_KEY, GOOGLE_API_KEY or OPENAI_API_KEY; one is enough)"),
        ({"ANTHROPIC_API_KEY": "secret"}, "searcher", "ANTHROPIC_API_KEY is set"),
        ({"GEMINI_API_KEY": "secret"}, "searcher", "GOOGLE_API_KEY or GEMINI_API_KEY is set"),
        ({"CHAT_APP_ANALYST_MODEL": "ollama:a"}, "analyst", "CHAT_APP_ANALYST_MODEL is set"),
        ({"CHAT_APP_ANALYST_MODEL": "ollama:a"}, "planner", "no key is set, and CHAT_APP_ANALYST_MODEL is"),
        (
            {"CHAT_APP_ANALYST_MODEL": "ollama:a"},
            "searcher",
            "no key is set, and ollama offers no web search for it that can be used here",
        ),
    ],
)
def test_the_reason_names_the_variable(environment: dict[str, str], role: RoleName, reason: str) -> None:
    assert choices_of(settings(**environment))[role].because == reason


MODELS = [
    CLAUDE, GEMINI, OPENAI, "openai-responses:gpt-5.6-sol", "openai-chat:gpt-5.6-sol", "openai-chat:gpt-4o-search-preview",
    "ollama:qwen3", "openrouter:z-ai/glm", "deepseek:deepseek-chat", "together:x", "meta:muse", "moonshotai:kimi", "zai:glm",
    "gateway/anthropic:claude-sonnet-5-5", "gateway/openai:gpt-5.6-sol", "gateway/google:gemini-3.8-flash",
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_who_searches_the_web_is_what_the_models_say(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in (
        "ANTHROPIC",
        "GOOGLE",
        "OPENAI",
        "OPENROUTER",
        "DEEPSEEK",
        "TOGETHER",
        "META",
        "MOONSHOTAI",
        "ZAI",
    ):
        monkeypatch.setenv(f"{provider}_API_KEY", "secret")
    monkeypatch.setenv("PYDANTIC_AI_GATEWAY_API_KEY", "pylf_v1_us_secret")
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9/v1")
    supported = infer_model(model).profile.get("supported_native_tools", frozenset())
    assert searches_web(model) is (WebSearchTool in supported)
