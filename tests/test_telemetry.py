"""A turn is one trace, also when the server is killed in its middle, and it holds no content and no key unless asked for."""

import json
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app_process import AppProcess, Asked, Event
from tests.fakes import Fault
from tests.fakes.providers import KEY, FakeProviders
from tests.fakes.scenario import Scenario
from tests.otlp import Collector, Trace, attribute, collecting

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(120)]
QUESTION = "What do unmistakable zebrafish eat?"
REFUSED = "What do forbidden zebrafish drink?"
TOKEN = "pylf_v1_local_0123456789abcdef"
QUICK = Scenario(
    searches=2,
    extra_searches=("what is missing",),
    faults=(
        Fault(
            kind="status", status=400, role="planner", containing="forbidden", times=None, message=f"{REFUSED} {KEY}"
        ),
        # Passing: the request is made again.
        Fault(kind="status", status=503, role="analyst", containing="unmistakable", message=f"{QUESTION} {KEY}"),
    ),
)
SLOW = Scenario(
    latency=0.3,
    tokens_per_second=80,
    plan_tokens=20,
    search_tokens=20,
    report_tokens=240,
    searches=3,
    extra_searches=("what is missing",),
)


@contextmanager
def running(data: Path, scenario: Scenario, settings: Mapping[str, str]) -> Iterator[tuple[AppProcess, FakeProviders]]:
    with FakeProviders.start(scenario, process=True) as providers:
        app = AppProcess(data, providers.environment("anthropic", "google") | dict(settings))
        app.start()
        try:
            yield app, providers
        finally:
            app.stop()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running_collector:
        yield running_collector


def spent(trail: list[Event]) -> tuple[int, int, float]:
    cost = [event for event in trail if event["kind"] == "cost_updated"][-1]
    return cost["input_tokens"], cost["output_tokens"], cost["usd"]


def summed(trace: Trace) -> tuple[float, float, float]:
    tokens = trace.sum("gen_ai.usage.input_tokens"), trace.sum("gen_ai.usage.output_tokens")
    return *tokens, trace.sum("operation.cost")


def assert_one_tree(trace: Trace, turn: str) -> None:
    assert trace.lost() == []
    assert trace.names["chat turn"] == 1
    assert {attribute(span, "turn") for span in trace.spans} == {turn}
    assert trace.sum("gen_ai.aggregated_usage.input_tokens") == 0
    (model_call,) = [
        span for span in trace.spans if trace.line(span)[-4:-2] == ["search_task", "invoke_agent searcher"]
    ][-1:]
    assert trace.line(model_call)[-2:] == ["searcher__model.request", "chat gemini-3.8-flash"]


def test_a_turn_is_one_trace_without_content_or_keys(tmp_path: Path, collector: Collector) -> None:
    settings = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces"}
    with running(tmp_path / "data", QUICK, settings) as (app, _):
        asked, refused = app.ask(QUESTION), app.ask(REFUSED)
        trail = asked.finished()
        assert refused.finished()[-1]["kind"] == "turn_failed"
        app.terminate()

    trace = collector.turn(asked.turn)
    assert_one_tree(trace, asked.turn)
    assert trace.names["search_task"] == 3
    assert {"research_turn", "planner__model.request", "invoke_agent analyst"} <= set(trace.names)
    (extra,) = [span for span in trace.spans if trace.line(span)[-2:] == ["execute_tool extra_search", "search_task"]]
    assert "invoke_agent analyst" in trace.line(extra)
    assert summed(trace) == pytest.approx(spent(trail))
    assert_one_root_each(collector, asked.turn, refused.turn)
    assert KEY.encode() not in collector.everything
    assert b"zebrafish" not in collector.everything


def assert_one_root_each(collector: Collector, *turns: str) -> None:
    """Nothing else is traced: no request to a page, whose address may be secret."""
    assert {attribute(span, "turn") for span in collector.spans} == set(turns)
    assert len({span.trace_id for span in collector.spans}) == len(turns)


def test_logfire_gets_the_content_when_it_is_asked_for_and_keys_never(tmp_path: Path, collector: Collector) -> None:
    settings = {"LOGFIRE_TOKEN": TOKEN, "LOGFIRE_BASE_URL": collector.url, "CHAT_APP_TRACE_CONTENT": "1"}
    with running(tmp_path / "data", QUICK, settings) as (app, _):
        asked = app.ask(QUESTION)
        trail = asked.finished()
        assert app.ask(REFUSED).finished()[-1]["kind"] == "turn_failed"
        app.terminate()

    trace = collector.turn(asked.turn)
    assert_one_tree(trace, asked.turn)
    assert summed(trace) == pytest.approx(spent(trail))
    assert b"unmistakable zebrafish" in collector.everything
    assert b"forbidden zebrafish" in collector.everything
    assert KEY.encode() not in collector.everything
    assert TOKEN.encode() not in collector.everything


def test_killed_while_searching_and_while_writing_it_is_still_one_trace_that_counts_once(
    tmp_path: Path, collector: Collector
) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with running(tmp_path / "data", SLOW, settings) as (app, providers):
        asked = app.ask(QUESTION)
        asked.wait_for("search_started")
        time.sleep(0.3)
        app.kill()
        app.start()
        asked.wait_for("report_delta")
        app.kill()
        app.start()
        trail = asked.finished()
        app.terminate()
        answered = [request for request in providers.log() if request.outcome == "finished"]

    trace = collector.turn(asked.turn)
    assert_one_tree(trace, asked.turn)
    assert summed(trace) == pytest.approx(spent(trail))
    # Requests that the kills cut off never ended, and are in no sum.
    assert trace.sum("gen_ai.usage.output_tokens") == sum(request.tokens_sent for request in answered)
    assert trace.names["chat claude-sonnet-5-5"] + trace.names["chat gemini-3.8-flash"] == len(answered)
    assert_one_root_each(collector, asked.turn)
    assert b"zebrafish" not in collector.everything


def test_research_that_is_tried_again_goes_on_in_its_trace(tmp_path: Path, collector: Collector) -> None:
    refused = Fault(kind="status", status=401, role="analyst")
    with running(
        tmp_path / "data",
        Scenario(searches=2, faults=(refused,)),
        {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
    ) as (app, _):
        asked = app.ask(QUESTION)
        assert asked.finished()[-1]["kind"] == "turn_failed"
        with app.client() as client:
            again = Asked(app, asked.thread, client.post(f"/api/turns/{asked.turn}/retry").json()["turn"])
        trail = again.finished()
        app.terminate()

    trace = collector.turn(asked.turn)
    assert trail[-1]["kind"] == "report_ready"
    assert trace.lost() == []
    assert {attribute(span, "turn") for span in trace.spans} == {asked.turn, again.turn}
    assert len(trace.spans) == len(collector.spans)
    assert trace.names["chat turn"] == 1
    assert summed(trace) == pytest.approx(spent(trail))


def test_a_receiver_that_never_answers_holds_nothing_up(tmp_path: Path) -> None:
    with collecting(answers=False) as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with running(tmp_path / "data", QUICK, settings) as (app, _):
            app.ask("Are the providers' libraries loaded?").finished()
            begun = time.monotonic()
            assert app.ask(QUESTION).finished()[-1]["kind"] == "report_ready"
            assert time.monotonic() - begun < 5


def test_without_a_receiver_nothing_leaves_the_machine(tmp_path: Path) -> None:
    # Runs in the server before anything else does, and sees every name that is resolved and every connection.
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(f"""
            import json, sys
            def note(event, arguments):
                if event in ("socket.connect", "socket.getaddrinfo"):
                    with open({str(tmp_path / "network.jsonl")!r}, "a") as log:
                        log.write(json.dumps([event, str(arguments[0 if "addr" in event else 1])]) + "\\n")
            sys.addaudithook(note)
        """)
    )
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    with running(tmp_path / "data", QUICK, {"PYTHONPATH": path}) as (app, providers):
        assert app.ask(QUESTION).finished()[-1]["kind"] == "report_ready"
        app.terminate()
        port = providers.url.rsplit(":", 1)[1]

    used = [json.loads(line) for line in (tmp_path / "network.jsonl").read_text().splitlines()]
    assert any(port in address for _, address in used)
    assert {address for _, address in used if "127.0.0.1" not in address} == set()
