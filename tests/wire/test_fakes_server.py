"""The server of the scripted providers: its log, its direction from outside, and the program."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.fakes import FakeProviders, Scenario


def test_log_holds_bodies_and_no_keys(providers: FakeProviders) -> None:
    question = {"role": "user", "content": "Hi"}
    body = json.dumps({"model": "claude", "max_tokens": 9, "messages": [question]}).encode()
    request = urllib.request.Request(f"{providers.url}/v1/messages", body, {"x-api-key": "sk-secret"})
    urllib.request.urlopen(request).close()
    logged = providers.log()[0]
    with urllib.request.urlopen(f"{providers.url}/__log__") as answer:
        raw = answer.read()

    assert logged.body["messages"] == [question]
    assert (logged.path, logged.status, logged.outcome) == ("/v1/messages", 200, "finished")
    assert logged.first_byte_at is not None
    assert logged.ended_at is not None
    assert b"sk-secret" not in raw


def test_scenario_that_is_no_scenario_is_refused(providers: FakeProviders) -> None:
    request = urllib.request.Request(f"{providers.url}/__scenario__", b'{"latncy": 1}', method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    with refused.value as answer:
        assert answer.status == 422
        assert b"latncy" in answer.read()


def test_server_in_a_process_of_its_own_plays_the_scenario() -> None:
    with FakeProviders.start(Scenario(report="From afar."), process=True) as providers:
        body = json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}).encode()
        with urllib.request.urlopen(f"{providers.url}/v1beta/models/gemini:generateContent", body) as answer:
            parts = json.load(answer)["candidates"][0]["content"]["parts"]

        assert parts == [{"text": "From afar."}]
        assert providers.log()[0].provider == "google"
        assert set(providers.environment("google")) == {"GOOGLE_GEMINI_BASE_URL", "GOOGLE_API_KEY"}
    with pytest.raises(ConnectionRefusedError):
        providers.log()


def test_program_takes_its_pace_from_options() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.fakes",
        "--port",
        "0",
        "--human",
        "--latency",
        "0.3",
        "--plan-tokens",
        "120",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{url}/__scenario__") as answer:
            scenario = Scenario.model_validate_json(answer.read())
        program.terminate()
        program.communicate(timeout=10)

    assert (scenario.latency, scenario.plan_tokens, scenario.tokens_per_second) == (0.3, 120, 40)
