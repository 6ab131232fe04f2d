import pytest

from chat_app.chat.model_names import labels, model_name


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("anthropic:claude-sonnet-5-5", "Claude Sonnet 5.5"),
        ("anthropic:claude-opus-5", "Claude Opus 5"),
        ("anthropic:claude-3-5-haiku-latest", "Claude 3.5 Haiku Latest"),
        ("anthropic:claude-sonnet-4-5-20250929", "Claude Sonnet 4.5 20250929"),
        ("google:gemini-3.8-flash", "Gemini 3.8 Flash"),
        ("openai:gpt-5.6-sol", "GPT-5.6 Sol"),
        ("openai:o4-mini", "OpenAI o4-mini"),
        ("openrouter:anthropic/claude-sonnet-5", "Claude Sonnet 5 (openrouter)"),
        ("ollama:llama3.3:70b", "Ollama llama3.3:70b"),
        ("excerpts:local", "Excerpts only (no AI model)"),
        ("unheard-of:", "unheard-of"),
    ],
)
def test_a_model_is_called_as_people_call_it(model: str, name: str) -> None:
    assert model_name(model) == name


def test_models_of_one_name_are_told_apart() -> None:
    assert labels(["openai:gpt-5.6", "openai-chat:gpt-5.6", "google:gemini-3.8-pro"]) == {
        "GPT-5.6 (openai:gpt-5.6)": "openai:gpt-5.6",
        "GPT-5.6 (openai-chat:gpt-5.6)": "openai-chat:gpt-5.6",
        "Gemini 3.8 Pro": "google:gemini-3.8-pro",
    }
