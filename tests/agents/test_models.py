import sys
import threading
from itertools import product
from typing import get_args

import pytest
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import KnownModelName
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from chat_app.agents.models import (
    CLAUDE,
    EXCERPTS,
    GEMINI,
    OPENAI,
    Roles,
    StoppableModel,
    model_of,
    roles_of,
    spoken_name,
    warm_up,
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
def test_the_default_models_exist(model: str) -> None:
    assert model in get_args(KnownModelName.__value__)


def test_each_role_can_be_set_on_its_own() -> None:
    roles = roles_of(settings(ANTHROPIC_API_KEY="secret", CHAT_APP_ANALYST_MODEL="ollama:llama"))
    assert roles == Roles(planner=CLAUDE, searcher=CLAUDE, analyst="ollama:llama")
    roles = roles_of(settings(CHAT_APP_PLANNER_MODEL="ollama:a", CHAT_APP_SEARCH_MODEL="google:b"))
    assert roles == Roles(planner="ollama:a", searcher="google:b", analyst=EXCERPTS)


def test_the_other_name_of_googles_key_is_as_good() -> None:
    assert roles_of(settings(GEMINI_API_KEY="secret")).analyst == GEMINI


def test_whoever_writes_decides_whether_there_are_only_excerpts() -> None:
    assert roles_of(settings()).is_excerpts
    assert not roles_of(settings(CHAT_APP_ANALYST_MODEL="ollama:llama")).is_excerpts


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (CLAUDE, "Claude"),
        (GEMINI, "Gemini"),
        (OPENAI, "OpenAI"),
        ("openai-chat:gpt", "OpenAI"),
        ("ollama:llama", "Ollama"),
        ("mistral:large", "mistral"),
        (EXCERPTS, "Excerpts only (no AI model)"),
    ],
)
def test_models_have_the_names_that_people_use(model: str, name: str) -> None:
    assert spoken_name(model) == name


def test_a_model_is_made_once_by_however_many_threads() -> None:
    made: list[object] = []
    threads = [threading.Thread(target=lambda: made.append(model_of(EXCERPTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(model) for model in made}) == 1
    assert isinstance(made[0], StoppableModel)


@pytest.mark.parametrize("model", ["nobody:model", "anthropic:claude-sonnet-5-5"])
def test_a_model_that_cannot_be_used_is_an_error_each_time(model: str) -> None:
    for _ in range(2):
        with pytest.raises(UserError):
            model_of(model)


async def test_a_model_keeps_its_connections_between_requests_until_it_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    provider = AnthropicProvider()
    model = StoppableModel(AnthropicModel("claude-sonnet-5-5", provider=provider), "Claude")
    for _ in range(2):
        async with model:
            pass
    assert not provider.client.is_closed()
    await model.close()
    assert provider.client.is_closed()
    async with model:
        assert not provider.client.is_closed()
    await model.close()


def test_without_keys_no_provider_sdk_is_loaded() -> None:
    before = {name for name in ("anthropic", "google.genai", "openai") if name in sys.modules}
    warm_up(roles_of(settings()))
    assert {name for name in ("anthropic", "google.genai", "openai") if name in sys.modules} == before
