import sys
import threading

import pytest
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from chat_app.agents import models
from chat_app.agents.failures import Asked
from chat_app.agents.models import (
    StoppableModel,
    model_of,
    require,
    spoken_name,
)
from chat_app.agents.roles import CLAUDE, EXCERPTS, GEMINI, OPENAI, roles_of
from chat_app.errors import ProviderError
from chat_app.settings import Settings


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


UNUSABLE = {
    "anthropic:claude-sonnet-5-5": "Claude (claude-sonnet-5-5) cannot be used without ANTHROPIC_API_KEY; set it, or choose "
    "another model (CHAT_APP_ANALYST_MODEL).",
    "google:gemini-3.8-flash": "Gemini (gemini-3.8-flash) cannot be used without GOOGLE_API_KEY or GEMINI_API_KEY; set it,"
    " or choose another model (CHAT_APP_ANALYST_MODEL).",
    "openai:gpt-5.6-sol": "OpenAI (gpt-5.6-sol) cannot be used without OPENAI_API_KEY; set it, or choose "
    "another model (CHAT_APP_ANALYST_MODEL).",
    "ollama:qwen3": "Ollama (qwen3) cannot be used without OLLAMA_BASE_URL; set it, or choose another "
    "model (CHAT_APP_ANALYST_MODEL).",
    "groq:llama": "groq (llama) needs the package groq, which is not installed; choose another model (CHAT_APP_ANALYST_MODEL).",
    "nobody:model": "'nobody:model' names no provider that is known here; set CHAT_APP_ANALYST_MODEL to one such as "
    "'anthropic:claude-sonnet-5-5'.",
    "google-cloud:gemini-3.8-flash": "google-cloud (gemini-3.8-flash) cannot be used as it is set up; check its settings, "
    "or choose another model (CHAT_APP_ANALYST_MODEL).",
}


@pytest.mark.parametrize("model", UNUSABLE)
def test_a_model_that_cannot_be_used_says_each_time_what_to_set(model: str) -> None:
    models.configure(settings(CHAT_APP_ANALYST_MODEL=model))
    for _ in range(2):
        with pytest.raises(ProviderError) as raised:
            model_of(model)
        assert str(raised.value) == UNUSABLE[model]
        assert (raised.value.kind, raised.value.retryable) == ("settings", False)


def settings(**environment: str) -> Settings:
    return Settings.from_environment(environment)


async def test_a_model_keeps_its_connections_between_requests_until_it_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    provider = AnthropicProvider()
    model = StoppableModel(
        AnthropicModel("claude-sonnet-5-5", provider=provider), Asked("Claude", "CHAT_APP_PLANNER_MODEL")
    )
    for _ in range(2):
        async with model:
            pass
    assert not provider.client.is_closed()
    await model.close()
    assert provider.client.is_closed()
    async with model:
        assert not provider.client.is_closed()
    await model.close()


async def test_without_keys_no_provider_sdk_is_loaded() -> None:
    before = {name for name in ("anthropic", "google.genai", "openai") if name in sys.modules}
    await require(roles_of(settings()))
    assert {name for name in ("anthropic", "google.genai", "openai") if name in sys.modules} == before
