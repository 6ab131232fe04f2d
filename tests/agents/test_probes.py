"""What a provider says of a key and a model before anything is asked of it, and what is made of silence."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from chat_app.agents.probes import Answer, Verdict, probe_of
from chat_app.settings import Settings
from tests.fakes import FakeProviders, Scenario, unreachable_url
from tests.fakes.providers import KEY

MODELS = {
    "anthropic:claude-sonnet-5-5": "ANTHROPIC_API_KEY",
    "google:gemini-3.8-flash": "GOOGLE_API_KEY or GEMINI_API_KEY",
    "openai:gpt-5.6-sol": "OPENAI_API_KEY",
    "openai-chat:gpt-5.6-sol": "OPENAI_API_KEY",
    "ollama:gpt-5.6-sol": "OLLAMA_API_KEY",
}


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProviders]:
    with FakeProviders.start() as providers:
        yield providers


@pytest.fixture
def providers(running: FakeProviders) -> FakeProviders:
    running.scenario(Scenario(keys=(KEY,)))
    return running


def settings(url: str, key: str = KEY) -> Settings:
    addresses = {"ANTHROPIC_BASE_URL": url, "GOOGLE_GEMINI_BASE_URL": f"{url}/", "OPENAI_BASE_URL": f"{url}/v1"}
    keys = dict.fromkeys(("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY"), key)
    return Settings.from_environment({**addresses, **keys, "OLLAMA_BASE_URL": f"{url}/v1/"})


async def asked(model: str, settings: Settings) -> Answer:
    probe = probe_of(model, settings)
    assert probe is not None
    answer = await probe.ask()
    assert KEY not in str(probe) + answer.text
    return answer


@pytest.mark.parametrize(("model", "variable"), MODELS.items())
class TestEachProvider:
    async def test_a_right_key_and_a_known_model(self, providers: FakeProviders, model: str, variable: str) -> None:
        answer = await asked(model, settings(providers.url))
        assert answer.verdict is Verdict.RIGHT
        assert answer.text == f"{variable} is accepted, and {model.partition(':')[2]} is there"

    async def test_a_wrong_key(self, providers: FakeProviders, model: str, variable: str) -> None:
        answer = await asked(model, settings(providers.url, "wr0ng-key-0123"))
        status = 400 if model.startswith("google") else 401
        assert answer.verdict is Verdict.REFUSED
        assert answer.text == f"{variable} was refused ({status}); set a valid key"

    async def test_an_unknown_model(self, providers: FakeProviders, model: str, variable: str) -> None:
        answer = await asked(f"{model.partition(':')[0]}:no-such-model", settings(providers.url))
        assert answer.verdict is Verdict.UNKNOWN_MODEL
        assert (
            answer.text == f"{variable} is accepted, but the model 'no-such-model' is not known there; set another one"
        )

    async def test_nobody_there(self, model: str, variable: str) -> None:
        url = unreachable_url()
        answer = await asked(model, settings(url))
        assert answer.verdict is Verdict.UNREACHABLE
        assert answer.text.startswith(f"{url} could not be reached (")

    async def test_what_has_no_list_is_no_problem(self, providers: FakeProviders, model: str, variable: str) -> None:
        providers.scenario(Scenario(lists_models=False))
        answer = await asked(model, settings(providers.url))
        assert answer.verdict is Verdict.NOT_CHECKED
        assert answer.text == f"could not be checked: {providers.url} has no list of models (404)"


async def test_a_name_without_its_date_or_tag_is_known(providers: FakeProviders) -> None:
    providers.scenario(Scenario(models=("claude-sonnet-5-5-20261001", "qwen3:latest")))
    for model in ("anthropic:claude-sonnet-5-5", "ollama:qwen3"):
        assert (await asked(model, settings(providers.url))).verdict is Verdict.RIGHT


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\n<html>",
        b"HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"data": [1, 2]}'[:-1],
        b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n["a", "b"] ',
        b'HTTP/1.1 404 Not Found\r\ncontent-length: 22\r\n\r\n{"error": "not found"} ',
    ],
)
async def test_an_answer_in_no_providers_form_says_nothing(answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert (await asked("anthropic:claude-sonnet-5-5", settings(url))).verdict is Verdict.NOT_CHECKED


async def test_an_answer_that_does_not_come_is_waited_for_five_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        answer = await asked("openai:gpt-5.6-sol", settings(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert answer.verdict is Verdict.UNREACHABLE
    assert "gave no answer in 5 s" in answer.text
    assert time.monotonic() - begun < 7


@pytest.mark.parametrize("key", ["schlüssel-0123456", "two\nlines-0123456"])
async def test_a_key_that_cannot_be_one_is_refused_without_being_told(providers: FakeProviders, key: str) -> None:
    answer = await asked("anthropic:claude-sonnet-5-5", settings(providers.url, key))
    assert answer == Answer(
        verdict=Verdict.REFUSED, text="ANTHROPIC_API_KEY holds characters that no key has; set a valid key"
    )


async def test_a_password_in_an_address_is_not_told() -> None:
    url = unreachable_url().replace("://", "://user:pa55word@")
    answer = await asked("anthropic:claude-sonnet-5-5", settings(url))
    assert "pa55word" not in answer.text


def test_providers_without_a_known_list_are_not_asked() -> None:
    nothing = Settings.from_environment({})
    assert probe_of("mistral:large", nothing) is None
    assert probe_of("ollama:qwen3", nothing) is None
