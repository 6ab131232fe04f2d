"""Any exception as a failure that a person can read: who failed, how, and what to do."""

import math
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import httpx2
from pydantic import ValidationError
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelTimeoutError,
    ModelUnavailableError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.models import StreamedResponse

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
_RETRYABLE_STATUSES = frozenset({408, 409, 425})
"""Request timeout, conflict, too early: the SDKs' own retries know them, pydantic-ai has no class for them."""
_PERMANENT_STATUSES = {
    401: ModelAuthenticationError,
    402: ModelQuotaExceededError,
    403: ModelAuthenticationError,
    404: ModelNotFoundError,
}
"""What a refusal means by its status alone; any other is a request that was rejected."""
LONGEST_WAIT_SECONDS = 120.0
"""A provider that asks for a longer wait than this is not waited for."""
_FRACTION = re.compile(r"\d{1,9}\.\d{1,9}")
_BROKEN_OFF = "Response payload is not completed"
"""How aiohttp begins what it says of an answer whose connection ended before it; the rest is HTTP's inner matters."""
_ADVICE = ". Consider raising "
"""How pydantic-ai begins what it advises the programmer."""
_ASKED = "chat_app_asked"
_SOME_SETTING = "see `research-chat doctor`"
_SECRET = re.compile(
    # Keys as their providers make them, what stands where keys are sent, and passwords in addresses.
    r"\b(?:sk-[\w-]{6,}|AIza[\w-]{10,}|AQ\.[\w-]{10,}|pylf_\S+|gh[pousr]_\w{10,}|eyJ[\w-]{10,}\.[\w.-]+)"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"
    r"|(?<=[Bb]earer )[^\s'\",}]+"
    r"|(?:(?<=[?&]key=)|(?<=api-key['\"]: ['\"])|(?<=api_key=)|(?<=api-key: ))[^\s&'\",}]+"
)


class Asked(NamedTuple):
    """Whom a request went to."""

    who: str
    """The provider and the model, as in "Claude (claude-sonnet-5-5)"."""
    setting: str
    """The variable, or variables, in which the model stands."""


def is_retryable(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(error, ProviderError):
        return error.retryable
    if isinstance(error, ModelHTTPError) and error.status_code in _RETRYABLE_STATUSES:
        return True
    # A bare ModelAPIError is an answer that could not be decoded: cut off on the way.
    return type(error) is ModelAPIError or isinstance(error, _RETRYABLE)


def is_silence(error: BaseException) -> bool:
    """Whether the provider took the request and gave no answer, or no whole one, in time."""
    if isinstance(error, ModelTimeoutError):
        return error.phase != "connect"
    return isinstance(error, ModelRequestTimeout)


def retry_after_seconds(error: BaseException) -> float:
    """How long the provider asks to wait; 0 when it does not say."""
    if isinstance(error, ProviderError):
        return max(error.retry_after or 0, 0)
    if not isinstance(error, ModelAPIError):
        return 0
    if error.retry_after is not None:
        return max(error.retry_after, 0)
    # pydantic-ai reads whole seconds and dates; proxies also send fractions.
    header = (error.headers or {}).get("retry-after", "") if isinstance(error, ModelHTTPError) else ""
    return float(header) if _FRACTION.fullmatch(header.strip()) else 0


@contextmanager
def readable(model_name: str, asked: Asked) -> Generator[None]:
    """Surround the work of a provider's SDK: its errors come out typed, and say who was asked (see `failure_of`)."""
    try:
        yield
    except AgentRunError as exc:
        error = _as_its_status_says(exc)
        note_asked(error, asked)
        raise error from exc.__cause__
    except (AttributeError, LookupError, TypeError, ValueError, httpx2.DecodingError) as exc:
        # What the SDKs make of an answer that is JSON, but not of the form that was agreed; and one that cannot be unpacked.
        error = ModelAPIError(model_name, f"The answer has another form than agreed: {exc!r}")
        note_asked(error, asked)
        raise error from exc


def note_asked(error: BaseException, asked: Asked) -> None:
    """Remember at an error who was asked."""
    if not hasattr(error, _ASKED):
        setattr(error, _ASKED, asked)


def require_end(response: StreamedResponse) -> None:
    """Raises ModelAPIError for a stream that ended without saying that it does: its connection was closed too early."""
    is_ended = response.finish_reason or (response.provider_details or {}).get("finish_reason")
    if response.state == "complete" and not is_ended:
        raise ModelAPIError(response.model_name, "The stream ended in the middle of the answer.")


def failure_of(error: BaseException, who: str = "The model") -> Failure:
    """What to tell a person about `error`. `who` names the provider, for errors of one."""
    causes = _attempts(error)
    if causes and not isinstance(error, ResearchChatError):
        # The engine's "retries exceeded" carries the attempts' errors; the last one is the reason.
        return failure_of(causes[-1], who)
    asked: Asked | None = getattr(error, _ASKED, None)
    match error:
        case ProviderError():
            return Failure(kind=error.kind, message=str(error), retryable=error.retryable)
        case ResearchChatError():
            return Failure(kind=type(error).__name__, message=str(error), retryable=False)
        case ModelAPIError():
            message = _provider_message(error, asked or Asked(f"{who} ({error.model_name})", _SOME_SETTING))
            return Failure(kind=_kind(error), message=message, retryable=is_retryable(error))
        case AgentRunError():
            return _agent_failure(error, asked.who if asked else who)
        case UserError():
            # Its words speak to a programmer; the log has them.
            message = f"{who} cannot do this as it is set up; set another model, see `research-chat doctor`."
            return Failure(kind="settings", message=message, retryable=False)
        case _:
            message = f"Something broke inside ({type(error).__name__}: {_brief(error)}); the log has the details."
            return Failure(kind="internal", message=message, retryable=True)


def cause_of(error: BaseException) -> str:
    """What stands behind an error, in the words of whoever raised it first: for the log."""
    causes = _attempts(error)
    cause: BaseException = causes[-1] if causes else error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return f"({type(cause).__name__}: {_without_answer(cause)})"


def reason_of(error: BaseException) -> str:
    """Why a request has to be made again, in a few words; who was asked is said beside it."""
    status = f" ({error.status_code})" if isinstance(error, ModelHTTPError) else ""
    match error:
        case ProviderError():
            return error.reason or "not available at the moment"
        case ModelRateLimitError():
            return f"too many requests{status}"
        case ModelTimeoutError() | ModelRequestTimeout():
            return "no answer in time"
        case ModelConnectionError():
            return "the connection failed"
        case ModelHTTPError():
            return f"not available at the moment{status}"
        case _:
            return "its answer broke off"


def _attempts(error: BaseException) -> list[Exception]:
    """The errors of a step's attempts, which the engine's error for the last of them carries."""
    errors: object = getattr(error, "errors", None)
    return cast(list[Exception], errors) if isinstance(errors, list) else []


def _as_its_status_says(error: AgentRunError) -> AgentRunError:
    """The error under the category of its status, where the words beside it say another thing: gateways put "overloaded"
    or "unavailable" into refusals, which would then be asked for again."""
    if not isinstance(error, ModelHTTPError) or error.in_stream:
        return error
    is_refused = 400 <= error.status_code < 500 and error.status_code not in {*_RETRYABLE_STATUSES, 429}
    if not (is_refused and is_retryable(error)):
        return error
    return ModelHTTPError.for_category(
        _PERMANENT_STATUSES.get(error.status_code, ModelRequestRejectedError),
        status_code=error.status_code,
        model_name=error.model_name,
        body=error.body,
        headers=error.headers,
        provider_error_code=error.provider_error_code,
        provider_error_type=error.provider_error_type,
    )


def _agent_failure(error: AgentRunError, who: str) -> Failure:
    match error:
        case ContentFilterError():
            return Failure(kind="refused", message=f"{who} refused to answer this; ask differently.", retryable=False)
        case UsageLimitExceeded():
            return Failure(kind="limit", message=f"{who} made more requests than a turn allows.", retryable=True)
        case OutputTokenLimitExceeded():
            message = (
                f"{who} came to the longest answer it may give before it was finished; ask for less in one question."
            )
            return Failure(kind="answer_cut", message=message, retryable=True)
        case _ if _is_empty(error):
            message = f"{who} gave no answer in words, also when asked again; try again."
            return Failure(kind="empty_answer", message=message, retryable=True)
        case _:
            message = f"{who} gave an answer that could not be used ({_complaint(error)}); try again."
            return Failure(kind="unusable_answer", message=message, retryable=True)


def _is_empty(error: AgentRunError) -> bool:
    """Whether pydantic-ai gave up because of answers with nothing in them."""
    return "Please return text" in str(error.__cause__ or "")


def _complaint(error: AgentRunError) -> str:
    """What is wrong with an answer: the first of what its schema says, else the error's own words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ValidationError):
            return _without_answer(cause)
        cause = cause.__cause__
    return _without_answer(error)


def _without_answer(error: BaseException) -> str:
    """What an error says, but not the text of the model that these kinds carry along: a log is no place for it."""
    match error:
        case ValidationError():
            first = error.errors(include_url=False, include_input=False)[0]
            return _clean(": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]])))
        case UnexpectedModelBehavior():
            return _clean(error.message.partition(_ADVICE)[0])
        case _:
            return _brief(error)


def _kind(error: ModelAPIError) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__).lower()


def _provider_message(error: ModelAPIError, asked: Asked) -> str:
    who = asked.who
    status = f" ({error.status_code})" if isinstance(error, ModelHTTPError) else ""
    match error:
        case ModelAuthenticationError():
            return f"{who} refused the API key{status}; {refused_key(who)}."
        case ModelNotFoundError():
            return f"{who} does not know this model{status}; set another one ({asked.setting}) and start again."
        case ModelQuotaExceededError():
            return f"{who} says that the account has no credit or quota left{status}; add credit, then try again."
        case ModelContextWindowExceededError():
            return f"{who} cannot take that much text at once{status}; ask for less in one question."
        case ModelRateLimitError() if retry_after_seconds(error) > LONGEST_WAIT_SECONDS:
            minutes = math.ceil(retry_after_seconds(error) / 60)
            return f"{who} has had too many requests{status} and takes none for {minutes} minutes; try again then."
        case ModelRateLimitError():
            return f"{who} answered again and again that there are too many requests{status}; try again later."
        case ModelTimeoutError() | ModelRequestTimeout():
            return f"{who} gave no answer in time; try again."
        case ModelConnectionError():
            words = _brief(error)
            words = "the connection broke off" if words.startswith(_BROKEN_OFF) else words
            return f"{who} could not be reached ({words}); check the network, then try again."
        case ModelUnavailableError() | ModelServerError():
            return f"{who} is not available at the moment{status}; try again later."
        case ModelHTTPError() if is_retryable(error):
            return f"{who} is not available at the moment{status}; try again later."
        case ModelHTTPError():
            return f"{who} rejected the request{status}; ask differently. It said: {_words(error)}"
        case _:
            return f"{who} sent an answer that broke off or could not be read; try again."


def _words(error: ModelHTTPError) -> str:
    """The provider's own message, in whichever of its forms the error came."""
    body: Any = error.body
    while isinstance(body, dict):
        fields = cast(dict[str, Any], body)
        body = fields.get("error") or fields.get("message")
    return _clean(body) if isinstance(body, str) else _brief(error)


def _brief(error: BaseException) -> str:
    """The error's own words: one line, bounded, without anything that looks like a key."""
    return _clean(str(error)) or type(error).__name__


def _clean(text: str) -> str:
    return _SECRET.sub("[secret]", " ".join(text.split()))[:300]
