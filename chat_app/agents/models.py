"""One cached instance of each model.

A model built for every run costs 77 ms and a TLS handshake each time, and building the first of a provider imports
its SDK for seconds: hence the cache, and `warm_up` in a thread after start-up. Without keys no SDK is ever imported.
For the same reason a model, once used, keeps its connections until `close`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any, Literal, Self

from pydantic_ai import RunContext
from pydantic_ai.capabilities import ResolveModelId
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, ModelResolutionContext, StreamedResponse, infer_model
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from chat_app.agents.excerpts import ExcerptsModel
from chat_app.agents.remedies import unusable
from chat_app.agents.roles import EXCERPTS, VARIABLES, RoleName, Roles, role_named
from chat_app.agents.stopping import stoppable
from chat_app.agents.tracing import TracedModel
from chat_app.errors import ProviderError

Mode = Literal["excerpts", "models", "demo"]

REQUEST_SETTINGS = ModelSettings(
    # Retries live in the workflow's steps alone: an SDK's own would multiply with them.
    max_retries=0,
    max_tokens=16_000,
    timeout=60,
    first_event_timeout=60,
    request_timeout=600,
)


_PEOPLE_SAY = {
    "anthropic": "Claude",
    "google": "Gemini",
    "openai": "OpenAI",
    "openai-chat": "OpenAI",
    "ollama": "Ollama",
}


def spoken_name(model_id: str) -> str:
    """How a person calls the provider of a model string."""
    provider = model_id.split(":", 1)[0]
    return "Excerpts only (no AI model)" if model_id == EXCERPTS else _PEOPLE_SAY.get(provider, provider)


_models: dict[str, "StoppableModel"] = {}
_making = Lock()


def model_of(model_id: str, role: RoleName | None = None) -> Model:
    """The one instance for a model string. Raises ProviderError for an unknown provider or a missing key.

    The first of a provider imports its SDK, for seconds: not on the event loop. `role` is who it is for.
    """
    with _making:
        if model_id not in _models:
            model = ExcerptsModel() if model_id == EXCERPTS else _inferred(model_id, role)
            _models[model_id] = StoppableModel(TracedModel(model))
        return _models[model_id]


def _inferred(model_id: str, role: RoleName | None) -> Model:
    setting = VARIABLES[role] if role else "CHAT_APP_..._MODEL"
    try:
        return infer_model(model_id)
    except Exception as exc:  # each provider's SDK raises errors of its own, and all mean the same
        message = unusable(exc, spoken_name(model_id), model_id, setting)
        raise ProviderError(message, retryable=False, kind="settings") from exc


def resolve_model_ids() -> ResolveModelId[Any]:
    """A capability that finds models here; it must stand before the durability capability of an agent."""
    return ResolveModelId(_resolve)


async def _resolve(context: ModelResolutionContext[Any], model_id: str) -> Model:
    return _models.get(model_id) or await asyncio.to_thread(model_of, model_id, role_named(context.agent.name))


def warm_up(roles: Roles) -> None:
    """Import the provider SDKs that the roles need. Blocks for seconds: call it in a thread."""
    for model_id in {roles.planner, roles.analyst, roles.searcher or EXCERPTS}:
        model_of(model_id)


async def close() -> None:
    """Close the connections of all models; the event loop that they belong to is about to end."""
    for model in _models.values():
        await model.close()


class StoppableModel(WrapperModel):
    """Lets no request begin after a stop, and cuts the one in flight. Once entered, it stays open until it is closed."""

    _is_kept_open = False

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        # Each durable request enters and leaves its model, and the last to leave closes the HTTP client: the next one
        # would set up TLS anew, 75 ms of processor time. One entry more than there are exits keeps it.
        if not self._is_kept_open:
            self._is_kept_open = True
            await super().__aenter__()
        return self

    async def close(self) -> None:
        if self._is_kept_open:
            self._is_kept_open = False
            await super().__aexit__(None, None, None)

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        with stoppable():
            return await super().request(messages, model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        with stoppable():
            async with super().request_stream(
                messages, model_settings, model_request_parameters, run_context
            ) as response:
                yield response
