"""Spans of agent runs, tools and model requests, such that each request that was made is counted once.

pydantic-ai would open the span of a model request around the step that makes it, and again when a replay takes the
step's result from the store. Here it is opened inside the step, where there is a request.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.capabilities import Instrumentation, WrapModelRequestHandler
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestContext, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.instrumented import InstrumentationSettings, InstrumentedModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import UsageBase

from chat_app import telemetry
from chat_app.settings import Settings


class _CountedOnce(InstrumentationSettings):
    def aggregated_usage_attributes(self, usage: UsageBase) -> dict[str, int]:
        """None: the sum would be sent again by each replay of a run."""
        return {}


_spans = _CountedOnce(include_content=False, include_binary_content=False)
"""Made before anything is configured: without that it makes no spans."""


def configure(settings: Settings) -> None:
    _spans.include_content = settings.trace_content


class RunSpans(Instrumentation):
    """Spans of an agent's runs and tools."""

    async def wrap_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,
        handler: WrapModelRequestHandler,
    ) -> ModelResponse:
        return await handler(request_context)


def run_spans() -> RunSpans:
    """A capability that must stand before the durability capability of an agent."""
    return RunSpans(_spans)


class TracedModel(InstrumentedModel):
    """A span for each request, sent before the request's result can be kept."""

    def __init__(self, wrapped: Model) -> None:
        super().__init__(wrapped, _spans)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        response = await super().request(messages, model_settings, model_request_parameters)
        await telemetry.delivered()
        return response

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        stream = super().request_stream(messages, model_settings, model_request_parameters, run_context)
        async with stream as response:
            yield response
        await telemetry.delivered()
