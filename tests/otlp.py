"""A receiver of OTLP over HTTP, which keeps what it gets and decodes the spans."""

import gzip
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {}
        self.url = ""

    @property
    def everything(self) -> bytes:
        return b"".join(body for bodies in self.bodies.values() for body in bodies)

    @property
    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies.get("/v1/traces", [])]
        spans = (span for r in requests for group in r.resource_spans for s in group.scope_spans for span in s.spans)
        # Logfire announces spans that have begun.
        return [span for span in spans if attribute(span, "logfire.span_type") != "pending_span"]

    def turn(self, turn_id: str) -> "Trace":
        """All spans of the trace that the turn's root belongs to."""
        roots = [span for span in self.spans if attribute(span, "turn") == turn_id and not span.parent_span_id]
        assert len(roots) == 1, [span.name for span in roots]
        return Trace([span for span in self.spans if span.trace_id == roots[0].trace_id])


class Trace:
    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans

    @property
    def names(self) -> Counter[str]:
        return Counter(span.name for span in self.spans)

    def lost(self) -> list[str]:
        """Names of spans whose parent nobody has sent."""
        ids = {span.span_id for span in self.spans} | {b""}
        return [span.name for span in self.spans if span.parent_span_id not in ids]

    def sum(self, name: str) -> float:
        """Of one attribute over all spans, as a person would ask for it."""
        values = (attribute(span, name) for span in self.spans)
        return sum(value for value in values if isinstance(value, int | float))

    def line(self, span: Span) -> list[str]:
        """The names of a span and of those above it, from the root down."""
        by_id = {span.span_id: span for span in self.spans}
        above = by_id.get(span.parent_span_id)
        return [*(self.line(above) if above else []), span.name]


def attribute(span: Span, name: str) -> object:
    value = next((pair.value for pair in span.attributes if pair.key == name), AnyValue())
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None


@contextmanager
def collecting(*, answers: bool = True) -> Iterator[Collector]:
    collector = Collector()
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.bodies.setdefault(self.path, []).append(body)
            if not answers:
                done.wait()
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 -- the name is the base class's

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        collector.url = f"http://127.0.0.1:{server.server_port}"
        yield collector
        done.set()
        server.shutdown()
