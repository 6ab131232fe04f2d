"""One trace a turn, sent only where the settings say: to Logfire with LOGFIRE_TOKEN, or to an OTLP endpoint.

With neither set nothing is recorded and nothing leaves the machine. Prompts and findings are part of a trace only with
CHAT_APP_TRACE_CONTENT=1; keys never are.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager

import logfire
from opentelemetry import context
from opentelemetry.context import Context

from chat_app import __version__
from chat_app.settings import Settings

_FLUSH_MILLISECONDS = 3_000
_is_on = False


def is_wanted(settings: Settings) -> bool:
    return settings.logfire_token is not None or settings.otlp_endpoint is not None


def configure(settings: Settings) -> None:
    """Set tracing up, if it is wanted. Call it before a provider's SDK is imported."""
    global _is_on
    if not is_wanted(settings):
        return
    _is_on = True
    # Anthropic's SDK would report each request's tokens a second time.
    os.environ["ANTHROPIC_OPEN_TELEMETRY"] = "false"
    logfire.configure(
        send_to_logfire="if-token-present",
        token=settings.logfire_token.get_secret_value() if settings.logfire_token else None,
        service_name="research-chat",
        service_version=__version__,
        console=False,
        inspect_arguments=False,
    )
    logfire.instrument_pydantic_ai(include_content=settings.trace_content, include_binary_content=False)


@contextmanager
def turn_span(turn_id: str, thread_id: str) -> Generator[None]:
    """The root of a turn's trace. The workflow, its children, agents and model calls join it."""
    if not _is_on:
        yield
        return
    # A root of its own: the request that asks is over long before the turn.
    token = context.attach(Context())
    try:
        with logfire.span("chat turn", turn=turn_id, thread=thread_id):
            yield
    finally:
        context.detach(token)


def flush(settings: Settings) -> None:
    """Send what is not sent yet. Blocks for some seconds at most: call it in a thread."""
    if is_wanted(settings):
        logfire.force_flush(timeout_millis=_FLUSH_MILLISECONDS)
