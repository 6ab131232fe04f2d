"""What the providers say, how fast, and how they fail: plain data, also as JSON for a server that is running."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["anthropic", "google", "openai"]
Role = Literal["planner", "search", "analyst"]

FaultKind = Literal[
    "status",
    "bad_key",
    "drop",
    "drop_midway",
    "stall",
    "malformed",
    "error_event",
    "empty",
    "max_tokens",
    "refusal",
    "never",
    "invalid",
    "fade",
    "foreign",
    "refusal_midway",
    "broken_call",
]


class _Script(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Fault(_Script):
    """One way for requests to go wrong.

    status: answer with `status` (and `retry_after`).        bad_key: the provider's own answer to a wrong key.
    drop: close the connection before the first byte.        drop_midway: close it in the middle of the answer.
    fade: end it in the middle as if it were whole.          never: accept the request and never answer.
    stall: stop sending in the middle, for `seconds` or until another scenario is set, but for what keeps a connection alive.
    malformed: 200 with JSON that does not parse.            error_event: an error inside the open stream
    foreign: 200 with JSON that is no answer.                (a plain request gets it as its status).
    empty: a valid answer without content.                   refusal: the provider's safety stop.
    max_tokens: an answer cut in the middle by the limit.    refusal_midway: the same, after half of the answer.
    broken_call: Gemini's call of a function that it could not write; elsewhere an empty answer.
    invalid: a structured answer that breaks its schema; a report that cites a number nobody gave it.
    """

    kind: FaultKind
    provider: Provider | None = None
    """Which requests it strikes: of this provider (None: any) ..."""
    role: Role | None = None
    """... in this role ..."""
    containing: str = ""
    """... whose prompt contains these words in any case: the way to strike one of several parallel searches."""
    nth: int = Field(default=1, ge=1)
    """The first of the matching requests that fails, from 1, counted since the scenario was set."""
    times: int | None = Field(default=1, ge=1)
    """How many matching requests fail from there on; None: all."""
    status: int = 500
    """For `status`; for `error_event` the error that the event reports."""
    retry_after: str | None = None
    """Sent verbatim as the Retry-After header: seconds or an HTTP date."""
    retry_delay: str | None = None
    """What Gemini sends instead, in the body: seconds such as `1.5s`. Other providers send nothing of it."""
    message: str | None = None
    """The provider's words; None: the ones it is known for."""
    after: float = Field(default=0.5, ge=0, le=1)
    """Share of the answer that is sent before a fault in mid-answer."""
    seconds: float | None = None
    """How long a stall lasts at most before the answer goes on; None: until another scenario is set."""


class PlannedSearch(_Script):
    query: str
    purpose: str = ""
    where: Literal["web", "library", "both"] = "web"


class FoundSource(_Script):
    url: str
    title: str
    passage: str = ""
    """The words of the page, which Anthropic reports with a citation. Gemini reports its own sentence only."""


class Sentence(_Script):
    text: str
    sources: tuple[int, ...] = ()
    """Indices into the answer's sources that support it; none: an unsupported sentence."""


class SearchAnswer(_Script):
    """What a web search comes back with. Without sources it is an answer that nothing supports."""

    containing: str = ""
    """It answers the queries that contain these words, in any case; the first match counts."""
    sentences: tuple[Sentence, ...]
    sources: tuple[FoundSource, ...] = ()


class Scenario(_Script):
    """A running server gets a new one whole. The defaults answer at once, without faults, about whatever was asked."""

    latency: float = 0.0
    """Seconds before the first byte of any answer."""
    search_latency: float = 0.0
    """Seconds more for a web search."""
    search_spread: float = 0.0
    """Up to these seconds more for a search, fixed by its query: parallel searches end one after the other."""
    tokens_per_second: float | None = None
    """Pace of generation by the wall clock; None: at once. An answer that is not streamed is held back as long."""
    tokens_per_frame: int = Field(default=1, ge=1)
    """Tokens sent together in one event of a stream."""
    plan_tokens: int | None = Field(default=None, ge=1)
    """Length of the planner's answer for pace and usage, whatever its text; None: four characters are a token."""
    search_tokens: int | None = Field(default=None, ge=1)
    report_tokens: int | None = Field(default=None, ge=1)

    decision: Literal["plan", "answer", "clarify"] = "plan"
    """What the planner decides, where the request gives it the choice."""
    plan: tuple[PlannedSearch, ...] = ()
    """The planned searches; empty: `searches` of them, derived from the question."""
    summary: str | None = None
    """What the plan says of itself; None: a sentence about the question."""
    gaps: tuple[PlannedSearch, ...] = ()
    """The searches that a check of the findings names."""
    answer: str | None = None
    """The answer from the conversation, verbatim; None: one that cites the sources found in the prompt."""
    searches: int = Field(default=4, ge=1, le=5)
    """A plan derived from the question has at most as many, and no more than the prompt allows."""
    answers: tuple[SearchAnswer, ...] = ()
    """Scripted search results; other queries get derived ones."""
    report: str | None = None
    """The report, verbatim; None: one in three sections that cites the sources found in the prompt."""
    follow_ups: tuple[str, ...] = ()
    """Questions that the analyst adds to its report; `{topic}` stands for what was asked about."""
    extra_searches: tuple[str, ...] = ()
    """Queries for which the analyst first calls the tool `extra_search`, all at once."""
    keys: tuple[str, ...] = ()
    """The keys that are accepted; empty: any, and none."""
    models: tuple[str, ...] = ("claude-sonnet-5-5", "gemini-3.8-flash", "gpt-5.6-sol")
    """What the lists of models name. Requests for others are answered all the same."""
    lists_models: bool = True
    """Without: there are no lists, as with many proxies."""
    redirects: bool = False
    """Gemini names its sources by redirect links, as the real one does: this server answers them with 302."""
    redirect_latency: float = 0.0
    """Seconds before such a link is answered."""
    faults: tuple[Fault, ...] = ()
    """The first that applies to a request counts."""


HUMAN_PACE = Scenario(
    latency=0.8,
    tokens_per_second=40,
    plan_tokens=50,
    search_latency=1.2,
    search_spread=4.0,
    search_tokens=40,
    follow_ups=(
        "What would settle the open question about {topic}?",
        "How strong are the measurements of {topic}, and who repeated them?",
        "Which alternatives to {topic} are cheaper, and what do they lack?",
    ),
)
"""As fast as a real turn: the plan in 2 s, searches of 3 to 7 s, a report at 40 tokens a second."""
