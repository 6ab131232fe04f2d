"""Who is asked: the model of each role, and the fallback model that takes over from one that stays down."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic_ai.usage import RunUsage

from chat_app.agents.failures import failure_of
from chat_app.agents.models import spoken_name
from chat_app.agents.roles import Roles
from chat_app.errors import TurnStoppedError
from chat_app.research.budget import Usage
from chat_app.research.progress import Failure
from chat_app.research.turn import RoleModels
from chat_app.workflows.usage import usage_of

Answer = TypeVar("Answer")
Request = Callable[[str, RunUsage], Awaitable[Answer]]
"""Asks a model, counting what it uses."""
Replaced = Callable[[str, str, str], Awaitable[None]]
"""Tells (who stays down, why, who takes over)."""


def chosen(roles: Roles, models: RoleModels) -> Roles:
    """The roles with what a person has chosen for a turn."""
    return roles.model_copy(update=models.model_dump(exclude_none=True))


class Lineup:
    """Asks models for one workflow. A replay asks the same ones, because it gets the same errors."""

    def __init__(self, fallback: str | None, replaced: Replaced) -> None:
        self._fallback = fallback
        self._replaced = replaced
        self._down: set[str] = set()
        self._used = Usage()
        self._running = RunUsage()
        self.asked = ""
        """The model that is asked at the moment, or was last."""

    @property
    def who(self) -> str:
        """Its provider, as a person names it."""
        return spoken_name(self.asked)

    @property
    def usage(self) -> Usage:
        """What was used since `take_usage`, also by requests that failed."""
        return self._used + usage_of(self._running)

    def take_usage(self) -> Usage:
        usage, self._used, self._running = self.usage, Usage(), RunUsage()
        return usage

    async def ask(self, model: str, request: Request[Answer]) -> Answer:
        """The answer of the model, or of the fallback when the model stays down. Raises what the last one asked raises."""
        if self._fallback is None:
            return await self._ask(model, request)
        if model in self._down:
            return await self._ask(self._fallback, request)
        try:
            return await self._ask(model, request)
        except TurnStoppedError:
            raise
        except Exception as error:  # each provider says in its own way that it is down; all else goes on
            failure = failure_of(error, self.who)
            if self._fallback == model or not _is_down(failure):
                raise
            self._down.add(model)
            # What to do about it follows the semicolon; here it is being done.
            reason = failure.message.partition(";")[0]
            await self._replaced(spoken_name(model), reason, spoken_name(self._fallback))
        return await self._ask(self._fallback, request)

    async def _ask(self, model: str, request: Request[Answer]) -> Answer:
        self.asked = model
        # Each model by itself: a price that is unknown would be lost in a sum with one that is known.
        self._used, self._running = self.usage, RunUsage()
        return await request(model, self._running)


def _is_down(failure: Failure) -> bool:
    """Whether the provider, rather than the request, is the trouble."""
    is_providers = failure.kind.startswith("model_")
    return is_providers and (failure.retryable or failure.kind == "model_quota_exceeded_error")
