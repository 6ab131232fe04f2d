"""Any exception as a failure that a person can read: who failed, how, and what to do."""

import re

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)

from chat_app.agents.remedies import refused_key
from chat_app.errors import ProviderError, ResearchChatError
from chat_app.research.progress import Failure

_RETRYABLE = (
    ModelRateLimitError,
    ModelUnavailableError,
    ModelServerError,
    ModelConnectionError,
    ModelRequestTimeout,
)
_SECRET = re.compile(
    # Keys as their providers make them, what stands where keys are sent, and passwords in addresses.
    r"\b(?:sk-[\w-]{6,}|AIza[\w-]{10,}|AQ\.[\w-]{10,}|pylf_\S+|gh[pousr]_\w{10,}|eyJ[\w-]{10,}\.[\w.-]+)"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"
    r"|(?<=[Bb]earer )[^\s'\",}]+"
    r"|(?:(?<=[?&]key=)|(?<=api-key['\"]: ['\"])|(?<=api_key=)|(?<=api-key: ))[^\s&'\",}]+"
)


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(error, ProviderError):
        return error.retryable
    # A bare ModelAPIError is an answer that could not be decoded: cut off on the way.
    return type(error) is ModelAPIError or isinstance(error, _RETRYABLE)


def failure_of(error: BaseException, who: str = "The model") -> Failure:
    """What to tell a person about `error`. `who` names the provider, for errors of one."""
    causes: list[Exception] = getattr(error, "errors", [])
    if causes and not isinstance(error, ResearchChatError):
        # The engine's "retries exceeded" carries the attempts' errors; the last one is the reason.
        return failure_of(causes[-1], who)
    match error:
        case ProviderError():
            return Failure(kind=error.kind, message=str(error), retryable=error.retryable)
        case ResearchChatError():
            return Failure(kind=type(error).__name__, message=str(error), retryable=False)
        case ModelAPIError():
            return Failure(kind=_kind(error), message=_provider_message(error, who), retryable=is_retryable(error))
        case ContentFilterError():
            return Failure(kind="refused", message=f"{who} refused to answer this; ask differently.", retryable=False)
        case UsageLimitExceeded():
            return Failure(kind="limit", message=f"{who} made more requests than a turn allows.", retryable=True)
        case UnexpectedModelBehavior():
            message = f"{who} gave an answer that could not be used ({_brief(error)}); try again."
            return Failure(kind="unusable_answer", message=message, retryable=True)
        case UserError():
            # Its words speak to a programmer; the log has them.
            message = f"{who} cannot do this as it is set up; set another model, see `research-chat doctor`."
            return Failure(kind="settings", message=message, retryable=False)
        case _:
            message = f"Something broke inside ({type(error).__name__}: {_brief(error)}); the log has the details."
            return Failure(kind="internal", message=message, retryable=True)


def _kind(error: ModelAPIError) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__).lower()


def _provider_message(error: ModelAPIError, who: str) -> str:
    status = f" ({error.status_code})" if isinstance(error, ModelHTTPError) else ""
    who = f"{who} ({error.model_name})"
    match error:
        case ModelAuthenticationError():
            return f"{who} refused the API key{status}; {refused_key(who)}."
        case ModelNotFoundError():
            return f"{who} does not know this model{status}; set another one (CHAT_APP_..._MODEL) and start again."
        case ModelQuotaExceededError():
            return f"{who} says that the account has no credit or quota left{status}; add credit, then try again."
        case ModelContextWindowExceededError():
            return f"{who} cannot take that much text at once{status}; ask for less in one question."
        case ModelRateLimitError():
            return f"{who} answered again and again that there are too many requests{status}; try again later."
        case ModelTimeoutError() | ModelRequestTimeout():
            return f"{who} gave no answer in time; try again."
        case ModelConnectionError():
            return f"{who} could not be reached ({_brief(error)}); check the network, then try again."
        case ModelUnavailableError() | ModelServerError():
            return f"{who} is not available at the moment{status}; try again later."
        case ModelHTTPError():
            return f"{who} rejected the request{status}: {_brief(error)}"
        case _:
            return f"{who} sent an answer that broke off or could not be read; try again."


def _brief(error: BaseException) -> str:
    """The error's own words: one line, bounded, without anything that looks like a key."""
    return _SECRET.sub("[secret]", " ".join(str(error).split()))[:300] or type(error).__name__
