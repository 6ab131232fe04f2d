"""A turn is one trace, and it holds no content and no key unless asked for."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.app_process import AppProcess
from tests.fakes.providers import KEY, FakeProviders
from tests.fakes.scenario import Scenario

pytestmark = [pytest.mark.provider_wire]
QUESTION = "What do unmistakable zebrafish eat?"


class Collector:
    """An OTLP receiver: keeps the bodies that are posted to /v1/traces."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [span for r in requests for group in r.resource_spans for s in group.scope_spans for span in s.spans]


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                collector.bodies.append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 -- the name is the base class's

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield collector, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_turn_is_one_trace_without_content_or_keys(tmp_path: Path) -> None:
    with FakeProviders.start(Scenario(searches=2), process=True) as providers, collecting() as (collector, endpoint):
        environment = providers.environment("anthropic", "google") | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        app = AppProcess(tmp_path / "data", environment)
        app.start()
        try:
            asked = app.ask(QUESTION)
            assert asked.finished()[-1]["kind"] == "report_ready"
            app.terminate()
        finally:
            app.stop()

    spans = collector.spans
    root = next(span for span in spans if span.name == "chat turn")
    turn = [span for span in spans if span.trace_id == root.trace_id]
    names = [span.name for span in turn]
    assert {"research_turn", "search_task", "planner__model.request", "invoke_agent analyst"} <= set(names)
    assert names.count("search_task") == 2
    assert {span.parent_span_id for span in turn if span is not root} <= {span.span_id for span in turn}
    everything = b"".join(collector.bodies)
    assert b"zebrafish" not in everything
    assert KEY.encode() not in everything
