"""One trace a turn, sent only where the settings say: to Logfire with LOGFIRE_TOKEN, or to an OTLP endpoint.

With neither set nothing is recorded and nothing leaves the machine. Prompts and findings are part of a trace only with
CHAT_APP_TRACE_CONTENT=1; keys never are. A turn that goes on in another process after a crash stays one trace: see
`TurnSpans`.
"""

# pyright: reportPrivateUsage=false

import asyncio
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from hashlib import blake2b

import logfire
from opentelemetry import baggage, context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanContext, Status
from opentelemetry.util.types import Attributes, AttributeValue

from chat_app import __version__
from chat_app.settings import Settings

Position = Callable[[], tuple[str | None, int | None]]
"""Says in which workflow and step of it the caller is."""

_FLUSH_MILLISECONDS = 3_000
_DELIVERY_SECONDS = 1.0
_GATHER_SECONDS = 0.005
"""Spans that end together are sent together."""
_ENGINE_SCOPE = "dbos-tracer"
_WORDS_OF_ERRORS = {"exception.message", "exception.stacktrace", "error"}
"""The last one stands in the engine's word of a step that is tried again."""
_courier: "_Courier | None" = None


def is_wanted(settings: Settings) -> bool:
    return settings.logfire_token is not None or settings.otlp_endpoint is not None


def configure(settings: Settings, position: Position) -> None:
    """Set tracing up, if it is wanted. Call it before a provider's SDK is imported."""
    global _courier
    if not is_wanted(settings):
        return
    # Anthropic's SDK would report each request's tokens a second time.
    os.environ["ANTHROPIC_OPEN_TELEMETRY"] = "false"
    courier = _Courier(_send)
    logfire.configure(
        send_to_logfire="if-token-present",
        token=settings.logfire_token.get_secret_value() if settings.logfire_token else None,
        service_name="research-chat",
        service_version=__version__,
        console=False,
        inspect_arguments=False,
        additional_span_processors=[
            _TurnSpans(position, courier, settings.secrets(), has_content=settings.trace_content),
        ],
    )
    _courier = courier


@contextmanager
def turn_span(turn_id: str, thread_id: str) -> Generator[None]:
    """The root of a turn's trace. The workflow, its children, agents and model calls join it."""
    if _courier is None:
        yield
        return
    # A root of its own: the request that asks is over long before the turn.
    token = context.attach(Context())
    try:
        with logfire.span("chat turn", turn=turn_id, thread=thread_id):
            yield
    finally:
        context.detach(token)


def label(turn_id: str, thread_id: str) -> None:
    """Say on the span that is open, and on all that will be opened beneath it, which turn they belong to."""
    if _courier is None:
        return
    labels = {"turn": turn_id, "thread": thread_id}
    trace.get_current_span().set_attributes(labels)
    labelled = context.get_current()
    for name, value in labels.items():
        # Logfire makes baggage an attribute of every span beneath.
        labelled = baggage.set_baggage(name, value, labelled)
    context.attach(labelled)


async def delivered() -> None:
    """Wait until the spans that have ended are sent, but not long: a slow receiver must not slow the research.

    What a model request has cost has to arrive before its result is kept: after that it is never made again.
    """
    if _courier is not None:
        await _courier.delivered()


def flush(settings: Settings) -> None:
    """Send what is not sent yet. Blocks for some seconds at most: call it in a thread."""
    if is_wanted(settings):
        logfire.force_flush(timeout_millis=_FLUSH_MILLISECONDS)


def _send() -> None:
    proxy = trace.get_tracer_provider()
    # Past Logfire's proxy, which would hold up every new span on the event loop while it sends.
    provider = getattr(proxy, "provider", proxy)
    if isinstance(provider, TracerProvider):
        provider.force_flush(_FLUSH_MILLISECONDS)


class _Courier:
    """Sends what has ended as soon as it is told to, one delivery at a time, in a thread of its own."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._orders: queue.SimpleQueue[Future[None]] = queue.SimpleQueue()
        self._is_late = False
        threading.Thread(target=self._work, name="traces", daemon=True).start()

    def order(self) -> "Future[None]":
        order: Future[None] = Future()
        self._orders.put(order)
        return order

    async def delivered(self) -> None:
        order = self.order()
        if not self._is_late:
            # Who did not deliver in time is not waited for again, until it has.
            done, _ = await asyncio.wait({asyncio.wrap_future(order)}, timeout=_DELIVERY_SECONDS)
            self._is_late = not done

    def _work(self) -> None:
        while True:
            orders = [self._orders.get()]
            time.sleep(_GATHER_SECONDS)
            while not self._orders.empty():
                orders.append(self._orders.get())
            self._send()
            self._is_late = False
            for order in orders:
                order.set_result(None)


class _TurnSpans(SpanProcessor):
    """Makes spans of one turn fit together whichever process wrote them, and keeps out what must not leave.

    A process that dies takes the spans that are open with it: those of workflows, steps, agents and tools, under which
    others have been sent already. The next process opens them again, so their ids are derived from what they stand
    for. A span that both have sent is the same span, with the same id.
    """

    def __init__(self, position: Position, courier: _Courier, secrets: Sequence[str], *, has_content: bool) -> None:
        self._position = position
        self._courier = courier
        self._secrets = secrets
        self._has_content = has_content

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        name = self._lasting_name(span)
        if name is not None:
            # An id generator could do it without a private attribute, but is not told what the span is.
            span._context = _renamed(span.get_span_context(), name)  # noqa: SLF001

    def on_end(self, span: ReadableSpan) -> None:
        self._withhold(span)
        if span.name == "chat turn" or (span.attributes or {}).get("dbos.operation.type") == "workflow":
            # What stands beneath is sent already, and these may not be written again.
            self._courier.order()

    def _lasting_name(self, span: Span) -> str | None:
        """What a span stands for, in the same words in every process; None for one that nothing can be under."""
        attributes = span.attributes or {}
        if span.instrumentation_scope and span.instrumentation_scope.name == _ENGINE_SCOPE:
            workflow_id, step_id = self._position()
            return f"{workflow_id}/{step_id}" if workflow_id else None
        if attributes.get("gen_ai.operation.name") in {"invoke_agent", "execute_tool"}:
            call = (attributes.get(f"gen_ai.{name}.call.id", "") for name in ("agent", "tool"))
            return "/".join([span.name, *map(str, call)])
        return None

    def _withhold(self, span: ReadableSpan) -> None:
        """An error repeats what was sent, so its words are content; secrets are withheld always."""
        # Logfire's copy of the span, which all exporters get after this; there is no public way to change it.
        words = span.status.description if self._has_content else None
        span._status = Status(span.status.status_code, self._clean(words) if words else None)  # noqa: SLF001
        span._attributes = self._cleaned(span.attributes)  # noqa: SLF001
        events = [Event(event.name, self._cleaned(event.attributes), event.timestamp) for event in span.events]
        span._events = events  # noqa: SLF001

    def _cleaned(self, attributes: Attributes) -> dict[str, AttributeValue]:
        hidden = () if self._has_content else _WORDS_OF_ERRORS
        return {
            name: self._clean(value) if isinstance(value, str) else value
            for name, value in (attributes or {}).items()
            if name not in hidden
        }

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text


def _renamed(span: SpanContext, name: str) -> SpanContext:
    digest = blake2b(f"{span.trace_id:032x}/{name}".encode(), digest_size=8).digest()
    return SpanContext(span.trace_id, int.from_bytes(digest), span.is_remote, span.trace_flags, span.trace_state)
