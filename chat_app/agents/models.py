"""One cached instance of each model.

A model built for every run costs 77 ms and a TLS handshake each time, and building the first of a provider imports
its SDK for seconds: hence the cache, which a thread fills after start-up. Without keys no SDK is ever imported.
For the same reason a model, once used, keeps its connections until `close`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from threading import Lock
from typing import Any, Literal, Self

from pydantic_ai import AgentRunResult, RunContext
from pydantic_ai.capabilities import AbstractCapability, RaiseContentFilterError, ResolveModelId
from pydantic_ai.exceptions import OutputTokenLimitExceeded, RetryModelRequest
from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponseStreamEvent
from pydantic_ai.models import (
    Model,
    ModelRequestContext,
    ModelRequestParameters,
    ModelResolutionContext,
    StreamedResponse,
)
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from chat_app.agents import connections
from chat_app.agents.excerpts import ExcerptsModel
from chat_app.agents.failures import Asked, note_asked, readable, require_end
from chat_app.agents.rehearsal import rehearse
from chat_app.agents.remedies import unusable
from chat_app.agents.roles import EXCERPTS, VARIABLES, Roles, variables_of
from chat_app.agents.stopping import stoppable
from chat_app.agents.tracing import TracedModel
from chat_app.agents.waiting import Watch
from chat_app.errors import ProviderError
from chat_app.settings import Settings

Mode = Literal["excerpts", "models", "demo"]

REQUEST_SETTINGS = ModelSettings(
    # Retries live in the workflow's steps alone: an SDK's own would multiply with them. So do timeouts, in `Patience`.
    max_retries=0,
    max_tokens=16_000,
)


_SLOWNESS = {"ollama": 5}
"""By provider. A model on the person's own machine may read for minutes before it says its first word."""

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


def label_of(model_id: str) -> str:
    """The provider and the model of a model string, for a sentence about them."""
    return f"{spoken_name(model_id)} ({model_id.partition(':')[2]})"


_models: dict[str, "StoppableModel"] = {}
_making = Lock()
_variables: dict[str, str] = {}


def configure(settings: Settings) -> None:
    """From here on, errors about a model name the setting in which it stands."""
    _variables.clear()
    _variables.update(variables_of(settings))


def model_of(model_id: str) -> Model:
    """The one instance for a model string. Raises ProviderError for an unknown provider or a missing key.

    The first of a provider imports its SDK, for seconds: not on the event loop.
    """
    with _making:
        if model_id not in _models:
            model = ExcerptsModel() if model_id == EXCERPTS else _inferred(model_id)
            # Before anybody else has the model: an SDK that is used by two threads while it gets ready may fail one.
            rehearse(model_id)
            slowness = _SLOWNESS.get(model_id.partition(":")[0], 1)
            _models[model_id] = StoppableModel(TracedModel(model), _asked(model_id), slowness)
        return _models[model_id]


async def require(roles: Roles) -> None:
    """Raises ProviderError when a role's model cannot be made: better before the others are paid than after."""
    for model_id in (roles.planner, roles.searcher or EXCERPTS, roles.analyst):
        await _made(model_id)


def _asked(model_id: str) -> Asked:
    return Asked(label_of(model_id), _variables.get(model_id) or ", ".join(VARIABLES.values()))


def _inferred(model_id: str) -> Model:
    try:
        return connections.model_from(model_id)
    except Exception as exc:  # each provider's SDK raises errors of its own, and all mean the same
        message = unusable(exc, spoken_name(model_id), model_id, _asked(model_id).setting)
        raise ProviderError(message, retryable=False, kind="settings") from exc


def resolve_model_ids() -> ResolveModelId[Any]:
    """A capability that finds models here; it must stand before the durability capability of an agent."""
    return ResolveModelId(_resolve)


class Answers(RaiseContentFilterError[Any]):
    """Held by every agent: an answer that the provider's safety rules broke off is a refusal, also when some of it was
    said, and the errors of a run say who was asked."""

    async def on_run_error(self, ctx: RunContext[Any], *, error: BaseException) -> AgentRunResult[Any]:
        note_asked(error, _asked(ctx.model.model_id))
        raise error


class OnceMoreWhenCut(AbstractCapability[Any]):
    """An answer in a given form is useless when it breaks off: it is asked for once more, as if for the first time."""

    async def after_model_request(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, response: ModelResponse
    ) -> ModelResponse:
        if response.finish_reason != "length":
            return response
        if request_context.attempt == 1:
            raise RetryModelRequest
        raise OutputTokenLimitExceeded("The answer was cut at its longest, also when asked for again.")


async def _resolve(context: ModelResolutionContext[Any], model_id: str) -> Model:
    return await _made(model_id)


async def _made(model_id: str) -> Model:
    return _models.get(model_id) or await asyncio.to_thread(model_of, model_id)


async def close() -> None:
    """Close the models' connections and forget them: what comes next may have other keys, and another event loop."""
    models = list(_models.values())
    _models.clear()
    for model in models:
        await model.close()
    await connections.close()


class StoppableModel(WrapperModel):
    """Lets no request begin after a stop, cuts the one in flight, and does not wait for ever.

    Whatever a provider answers ends as a whole answer or as an error that says who failed. Once entered, it stays open
    until it is closed.
    """

    _is_kept_open = False

    def __init__(self, wrapped: Model, asked: Asked, slowness: float = 1) -> None:
        super().__init__(wrapped)
        self._asked = asked
        self._slowness = slowness

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
        with stoppable(), readable(self.model_name, self._asked):
            async with self._watch(is_streamed=False) as watch:
                return await watch.answer(super().request(messages, model_settings, model_request_parameters))

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        opening = super().request_stream(messages, model_settings, model_request_parameters, run_context)
        with stoppable():
            async with self._watch(is_streamed=True) as watch, AsyncExitStack() as stack:
                with readable(self.model_name, self._asked):
                    response = await watch.answer(stack.enter_async_context(opening))
                self._watch_events(response, watch)
                yield response

    def _watch(self, *, is_streamed: bool) -> Watch:
        return Watch(self.model_name, is_streamed=is_streamed, slowness=self._slowness)

    def _watch_events(self, response: StreamedResponse, watch: Watch) -> None:
        # What every kind of response implements, and where all of its events come from. There is no public way in.
        events = response._get_event_iterator  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]: see above

        async def watched() -> AsyncGenerator[ModelResponseStreamEvent]:
            with readable(self.model_name, self._asked):
                async for event in watch.events(events()):
                    yield event
                require_end(response)

        response._get_event_iterator = watched  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]: see above
