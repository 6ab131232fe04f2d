"""What a person is told of each error of a provider, and what nobody is told: keys."""

import pytest
from pydantic import ValidationError
from pydantic_ai import exceptions as x

from chat_app.agents.failures import (
    LONGEST_WAIT_SECONDS,
    Asked,
    cause_of,
    failure_of,
    is_retryable,
    note_asked,
    readable,
    retry_after_seconds,
)
from chat_app.errors import InvalidQuestion, NotFound, ProviderError, SettingsError, TurnStoppedError
from chat_app.research.plan import Plan
from chat_app.research.progress import Failure

MODEL = "claude-sonnet-5-5"


def http(category: type[x.ModelAPIError] | None, status: int, body: object = None) -> x.ModelHTTPError:
    return x.ModelHTTPError.for_category(category, status_code=status, model_name=MODEL, body=body)  # type: ignore[arg-type]


PROVIDER_ERRORS: list[tuple[Exception, str, bool, str]] = [
    (http(x.ModelRateLimitError, 429), "model_rate_limit_error", True, "too many requests (429); try again later"),
    (http(x.ModelUnavailableError, 503), "model_unavailable_error", True, "not available at the moment (503)"),
    (http(x.ModelOverloadedError, 529), "model_overloaded_error", True, "not available at the moment (529)"),
    (http(x.ModelServerError, 500), "model_server_error", True, "not available at the moment (500)"),
    (
        http(x.ModelAuthenticationError, 401),
        "model_authentication_error",
        False,
        "refused the API key (401); check the key",
    ),
    (
        http(x.ModelNotFoundError, 404),
        "model_not_found_error",
        False,
        "does not know this model (404); set another one",
    ),
    (
        http(x.ModelQuotaExceededError, 402),
        "model_quota_exceeded_error",
        False,
        "no credit or quota left (402); add credit",
    ),
    (
        http(x.ModelContextWindowExceededError, 400),
        "model_context_window_exceeded_error",
        False,
        "that much text at once",
    ),
    (http(x.ModelRequestRejectedError, 400, "no"), "model_request_rejected_error", False, "rejected the request (400)"),
    (http(None, 418), "model_http_error", False, "rejected the request (418)"),
    (x.ModelConnectionError(MODEL, "refused"), "model_connection_error", True, "could not be reached (refused)"),
    (x.ModelTimeoutError(MODEL, "slow"), "model_timeout_error", True, "gave no answer in time; try again"),
    (x.ModelRequestTimeout(MODEL, 60), "model_request_timeout", True, "gave no answer in time; try again"),
    (x.ModelAPIError(MODEL, "cut"), "model_api_error", True, "broke off or could not be read; try again"),
]


@pytest.mark.parametrize(
    ("error", "kind", "retryable", "words"), PROVIDER_ERRORS, ids=lambda value: getattr(value, "kind", "")
)
def test_an_error_of_a_provider_says_who_failed_how_and_what_to_do(
    error: Exception, kind: str, retryable: bool, words: str
) -> None:
    failure = failure_of(error, "Claude")
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert failure.message.startswith(f"Claude ({MODEL}) ")
    assert words in failure.message
    assert is_retryable(error) is retryable


@pytest.mark.parametrize(
    ("who", "remedy"),
    [
        ("Claude", "check the key in ANTHROPIC_API_KEY and start again."),
        ("Gemini", "check the key in GOOGLE_API_KEY and start again."),
        ("OpenAI", "check the key in OPENAI_API_KEY and start again."),
        ("mistral", "check the key, then try again."),
    ],
)
def test_a_refused_key_is_named_by_its_variable(who: str, remedy: str) -> None:
    message = failure_of(http(x.ModelAuthenticationError, 401), who).message
    assert message == f"{who} ({MODEL}) refused the API key (401); {remedy}"


def test_every_category_of_error_that_pydantic_ai_knows_is_listed() -> None:
    known = {
        kind
        for kind in vars(x).values()
        if isinstance(kind, type) and issubclass(kind, x.ModelAPIError) and not kind.__module__.startswith("_")
    }
    listed = {kind for error, *_ in PROVIDER_ERRORS for kind in type(error).__mro__}
    assert {kind for kind in known if kind.__name__ in x.__all__} <= listed


@pytest.mark.parametrize(
    ("error", "kind", "retryable", "words"),
    [
        (x.ContentFilterError("filtered"), "refused", False, "Claude refused to answer this; ask differently."),
        (x.UsageLimitExceeded("limit"), "limit", True, "Claude made more requests than a turn allows."),
        (
            x.UnexpectedModelBehavior("odd"),
            "unusable_answer",
            True,
            "Claude gave an answer that could not be used (odd)",
        ),
        (
            x.UserError("Pass `Agent(tools=[])`"),
            "settings",
            False,
            "Claude cannot do this as it is set up; set another model, see `research-chat doctor`.",
        ),
        (x.IncompleteToolCall("cut"), "answer_cut", True, "the longest answer it may give before it was finished"),
        (x.OutputTokenLimitExceeded("cut"), "answer_cut", True, "ask for less in one question"),
        (ZeroDivisionError("by zero"), "internal", True, "Something broke inside (ZeroDivisionError: by zero)"),
        (KeyError(), "internal", True, "(KeyError: KeyError)"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_other_errors_are_told_in_one_sentence(error: Exception, kind: str, retryable: bool, words: str) -> None:
    failure = failure_of(error, "Claude")
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert words in failure.message


@pytest.mark.parametrize(
    "error", [SettingsError("No."), NotFound("No."), InvalidQuestion("No."), TurnStoppedError("No.")]
)
def test_errors_of_our_own_are_told_in_their_own_words(error: Exception) -> None:
    assert failure_of(error) == Failure(kind=type(error).__name__, message="No.", retryable=False)


def test_an_error_that_was_stored_comes_back_as_it_was() -> None:
    error = ProviderError("Claude is away.", retryable=True, kind="model_server_error")
    assert failure_of(error, "Gemini") == Failure(kind="model_server_error", message="Claude is away.", retryable=True)


class _RetriesExceeded(Exception):
    """As the engine raises it: the errors of all attempts."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__("Step request failed after 4 retries")
        self.errors = list(errors)


def test_when_all_attempts_failed_the_last_one_is_the_reason() -> None:
    error = _RetriesExceeded(http(x.ModelServerError, 500), http(x.ModelRateLimitError, 429))
    assert failure_of(error, "Claude") == failure_of(http(x.ModelRateLimitError, 429), "Claude")
    assert failure_of(_RetriesExceeded(error), "Claude").kind == "model_rate_limit_error"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Invalid key sk-ant-api03-abcdefghijk-xyz.", "sk-ant-api03-abcdefghijk-xyz"),
        ("API key AIzaSyD-abcdefghijklmnop1234567 not valid", "AIzaSyD-abcdefghijklmnop1234567"),
        ("{'Authorization': 'Bearer abc.def-123'}", "abc.def-123"),
        ("token pylf_v1_eu_abcdefgh", "pylf_v1_eu_abcdefgh"),
        ("GET https://a.example/v1?key=abcd1234&alt=sse", "abcd1234"),
        ("{'x-api-key': 'scripted'}", "scripted"),
        ("could not connect to postgresql://user:pa55word@db.example/research", "pa55word"),
        ("x" * 295 + " sk-ant-api03-abcdefghijk", "abcdefghijk"),
        ("x" * 290 + " sk-ant-api03-abcdefghijk", "sk-ant"),
    ],
)
@pytest.mark.parametrize("kind", [x.UserError, x.UnexpectedModelBehavior, RuntimeError])
def test_no_key_is_ever_told(text: str, secret: str, kind: type[Exception]) -> None:
    for error in (kind(text), http(None, 400, text), x.ModelConnectionError(MODEL, text)):
        assert secret not in failure_of(error).message


def test_what_resembles_no_key_is_told() -> None:
    message = failure_of(RuntimeError("no key=value in task-list, see https://a.example:8080/x?monkey=1")).message
    assert "no key=value in task-list, see https://a.example:8080/x?monkey=1" in message


def test_a_long_answer_of_a_provider_is_one_bounded_line() -> None:
    message = failure_of(http(None, 400, "line\n" * 1_000), "Claude").message
    assert "\n" not in message
    assert len(message) < 400


def test_the_words_of_a_provider_are_told_without_what_surrounds_them() -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "max_tokens: too large"}}
    message = failure_of(http(x.ModelRequestRejectedError, 400, body), "Claude").message
    assert message.endswith("rejected the request (400); ask differently. It said: max_tokens: too large")


def test_an_error_remembers_who_was_asked() -> None:
    error = x.ContentFilterError("filtered")
    note_asked(error, Asked("Gemini (gemini-3.8-flash)", "CHAT_APP_SEARCH_MODEL"))
    note_asked(error, Asked("somebody later", "X"))
    assert failure_of(error, "Claude").message.startswith("Gemini (gemini-3.8-flash) refused")
    assert failure_of(_RetriesExceeded(error), "Claude").message.startswith("Gemini (gemini-3.8-flash) refused")


@pytest.mark.parametrize("raised", [AttributeError("x"), KeyError("x"), TypeError("x"), ValueError("x")], ids=repr)
def test_what_an_sdk_makes_of_an_answer_of_another_form_is_an_error_of_the_provider(raised: Exception) -> None:
    with pytest.raises(x.ModelAPIError) as told, readable(MODEL, Asked(f"Claude ({MODEL})", "CHAT_APP_PLANNER_MODEL")):
        raise raised
    assert is_retryable(told.value)
    assert failure_of(told.value).message.startswith(
        f"Claude ({MODEL}) sent an answer that broke off or could not be read"
    )


def test_a_wait_of_an_hour_is_told_in_minutes() -> None:
    error = x.ModelHTTPError.for_category(x.ModelRateLimitError, status_code=429, model_name=MODEL, retry_after=3500)
    assert "(429) and takes none for 59 minutes; try again then." in failure_of(error, "Claude").message
    assert retry_after_seconds(error) > LONGEST_WAIT_SECONDS


@pytest.mark.parametrize("status", [408, 409, 425])
def test_a_status_that_passes_by_itself_is_tried_again(status: int) -> None:
    error = http(None, status)
    assert is_retryable(error)
    assert f"not available at the moment ({status})" in failure_of(error, "Claude").message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "model_request_rejected_error"),
        (401, "model_authentication_error"),
        (403, "model_authentication_error"),
        (404, "model_not_found_error"),
        (402, "model_quota_exceeded_error"),
        (413, "model_request_rejected_error"),
    ],
)
def test_a_refusal_is_one_whatever_the_words_beside_its_status(status: int, kind: str) -> None:
    overloaded = x.ModelHTTPError.for_category(x.ModelOverloadedError, status_code=status, model_name=MODEL)
    with pytest.raises(x.ModelHTTPError) as told, readable(MODEL, Asked("Claude", "CHAT_APP_PLANNER_MODEL")):
        raise overloaded
    assert not is_retryable(told.value)
    assert failure_of(told.value).kind == kind
    assert f"({status})" in failure_of(told.value).message


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_trouble_that_passes_stays_what_it_is(status: int) -> None:
    overloaded = x.ModelHTTPError.for_category(x.ModelOverloadedError, status_code=status, model_name=MODEL)
    with pytest.raises(x.ModelHTTPError) as told, readable(MODEL, Asked("Claude", "CHAT_APP_PLANNER_MODEL")):
        raise overloaded
    assert told.value is overloaded


def test_an_overload_inside_a_stream_is_tried_again() -> None:
    error = x.ModelHTTPError.for_category(x.ModelOverloadedError, status_code=400, model_name=MODEL, in_stream=True)
    with pytest.raises(x.ModelHTTPError) as told, readable(MODEL, Asked("Claude", "CHAT_APP_PLANNER_MODEL")):
        raise error
    assert is_retryable(told.value)


def test_the_log_names_the_cause_without_what_the_model_wrote() -> None:
    refused = x.ContentFilterError("Content filter triggered.", body='[{"content": "private words"}]')
    assert cause_of(refused) == "(ContentFilterError: Content filter triggered.)"
    with pytest.raises(ValidationError) as invalid:
        Plan.model_validate({"summary": {"private": "words"}, "searches": []})
    assert "private" not in cause_of(invalid.value)


def test_advice_for_programmers_is_left_out() -> None:
    advice = "Tool 'x' exceeded max retries count of 1. Consider raising the retry limit, or see the docs: https://a.example/"
    message = failure_of(x.UnexpectedModelBehavior(advice), "Claude").message
    assert message == (
        "Claude gave an answer that could not be used (Tool 'x' exceeded max retries count of 1); try again."
    )


def test_an_answer_of_the_wrong_form_is_told_by_what_is_wrong_with_it() -> None:
    with pytest.raises(ValidationError) as invalid:
        Plan.model_validate({"summary": 7, "searches": []})
    error = x.UnexpectedModelBehavior("Exceeded maximum output retries (1)")
    error.__cause__ = RuntimeError("retry")
    error.__cause__.__cause__ = invalid.value
    message = failure_of(error, "Claude").message
    assert (
        message == "Claude gave an answer that could not be used (summary: Input should be a valid string); try again."
    )


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyboardInterrupt(), x.UnexpectedModelBehavior("x"), TurnStoppedError("x")]
)
def test_only_requests_are_tried_again(error: BaseException) -> None:
    assert not is_retryable(error)
