"""A pydantic-ai model that is no AI: it plans by rules and reports by quoting. Without keys it takes every role of a turn."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_ai import RunContext, ToolDefinition, UserError
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponsePart,
    ModelResponseStreamEvent,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings

from chat_app.agents.brief import AnalystBrief, PlannerBrief, brief_of
from chat_app.agents.excerpts.planning import decide
from chat_app.agents.excerpts.writing import report_text
from chat_app.research.plan import Clarification, Plan

SYSTEM = "excerpts"
_PIECE = re.compile(r"(?:\S+\s*){1,4}|\s+")
"""A few words: never a cut inside a citation."""


class ExcerptsModel(Model):
    """Answers from the typed brief in the messages; the prompt itself is for language models. Calls no function tools.

    Raises LookupError for messages without a brief, and pydantic_ai.UserError for an output that is neither text nor a plan.
    """

    def __init__(self) -> None:
        super().__init__(profile=ModelProfile(supports_json_schema_output=True, supports_json_object_output=True))

    @property
    def model_name(self) -> str:
        return "local"

    @property
    def system(self) -> str:
        return SYSTEM

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        part = _answer(messages, parameters)
        return ModelResponse(parts=[part], model_name=self.model_name, provider_name=SYSTEM, finish_reason="stop")

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        yield _Stream(model_request_parameters=parameters, _name=self.model_name, _answer=_answer(messages, parameters))


@dataclass
class _Stream(StreamedResponse):
    """Everything is known when it begins; it is told in pieces because that is how reports are shown."""

    _name: str
    _answer: ModelResponsePart
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        for event in self._events():
            yield event
        self.finish_reason = "stop"

    def _events(self) -> Iterator[ModelResponseStreamEvent]:
        if isinstance(self._answer, TextPart):
            for piece in _PIECE.findall(self._answer.content):
                yield from self._parts_manager.handle_text_delta(vendor_part_id="text", content=piece)
        else:
            yield self._parts_manager.handle_part(vendor_part_id="plan", part=self._answer)

    async def close_stream(self) -> None:
        """Nothing is open."""

    @property
    def model_name(self) -> str:
        return self._name

    @property
    def provider_name(self) -> str:
        return SYSTEM

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._timestamp


def _answer(messages: list[ModelMessage], parameters: ModelRequestParameters) -> TextPart | ToolCallPart:
    if parameters.output_tools:
        may_ask = _tool_for(Clarification, parameters.output_tools) is not None
        decision = decide(brief_of(PlannerBrief, messages), may_ask=may_ask)
        tool = _tool_for(type(decision), parameters.output_tools)
        if tool is None:
            raise UserError(
                f"The model 'excerpts' can only plan; none of the output tools {parameters.output_tools!r} takes a plan."
            )
        arguments = decision.model_dump(mode="json")
        return ToolCallPart(
            tool.name, {tool.outer_typed_dict_key: arguments} if tool.outer_typed_dict_key else arguments
        )
    if parameters.output_object is not None:
        schema = parameters.output_object.json_schema
        decision = decide(brief_of(PlannerBrief, messages), may_ask=_is_union(schema))
        return TextPart(
            json.dumps(
                _wrapped(decision) if _is_union(schema) else decision.model_dump(mode="json"), ensure_ascii=False
            )
        )
    return TextPart(report_text(brief_of(AnalystBrief, messages)))


def _tool_for(kind: type[Plan | Clarification], tools: list[ToolDefinition]) -> ToolDefinition | None:
    """The tool that takes this kind of output. By its fields: names depend on how many kinds there are."""
    fields = set(kind.model_fields)
    return next((tool for tool in tools if set(tool.parameters_json_schema.get("properties", {})) == fields), None)


def _is_union(schema: dict[str, Any]) -> bool:
    """In text form several kinds of output share one object: pydantic_ai._output.UnionOutputProcessor."""
    return set(schema.get("properties", {})) == {"result"}


def _wrapped(decision: Plan | Clarification) -> dict[str, Any]:
    return {"result": {"kind": type(decision).__name__, "data": decision.model_dump(mode="json")}}
