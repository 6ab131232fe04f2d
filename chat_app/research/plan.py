"""What a planner may decide about a question."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_SEARCHES = 5
MAX_GAP_SEARCHES = 3

Where = Literal["web", "library", "both"]


class Search(BaseModel):
    """One search to run."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    query: str = Field(min_length=1, max_length=400)
    """What to look for, as one would type it into a search engine, in the language of the question."""
    purpose: str = ""
    """What this search contributes to the answer, in a few words."""
    where: Where = "web"
    """`web` for public pages, `library` for the documents of this installation, `both` when either may hold it."""


def _distinct(searches: object) -> object:
    """Drop repeated queries and everything after the fifth: some models ignore a schema's `maxItems`."""
    if not isinstance(searches, list | tuple):
        return searches  # what it is instead, is Pydantic's to say
    items = cast(Sequence[object], searches)
    if not all(isinstance(search, Search | dict) for search in items):
        return items
    kept: dict[str, object] = {}
    for search in items:
        query = search.query if isinstance(search, Search) else cast(Mapping[str, object], search).get("query")
        kept.setdefault(_normal(str(query)), search)
    return list(kept.values())[:MAX_SEARCHES]


def _normal(query: str) -> str:
    return " ".join(query.casefold().split())


class Plan(BaseModel):
    """The question needs research: the searches to run and how to write the report from what they find."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    summary: str
    """One sentence: how the question is broken down."""
    searches: Annotated[tuple[Search, ...], Field(min_length=1), BeforeValidator(_distinct)]
    """One to five different searches."""
    analysis_instructions: str = ""
    """What the report has to compare, weigh or answer."""


class Gaps(BaseModel):
    """What is still missing when the planned searches have ended."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    searches: Annotated[tuple[Search, ...], BeforeValidator(_distinct)] = ()
    """Up to three further searches; none when the findings are enough."""

    def beyond(self, queries: Iterable[str]) -> tuple[Search, ...]:
        """The searches whose queries were not run yet."""
        known = {_normal(query) for query in queries}
        return tuple(search for search in self.searches if _normal(search.query) not in known)[:MAX_GAP_SEARCHES]


class DirectAnswer(BaseModel):
    """The reports and sources already in this conversation answer the question; nothing has to be searched."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    """The answer in Markdown; each claim is followed by the number of a source of this conversation, as in [3]."""


class Clarification(BaseModel):
    """The question cannot be researched before the person says more."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    questions: Annotated[tuple[str, ...], Field(min_length=1, max_length=3)]
    """One to three short questions to the person."""


Decision = Plan | DirectAnswer | Clarification
