"""What searches bring back: sources with the passages they were found for."""

import hashlib

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chat_app.research.budget import Usage

LIBRARY_SCHEME = "library:"
ATTACHMENT_SCHEME = "attachment:"


class Passage(BaseModel):
    """Words of a source, and where in it they stand."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    quote: str
    location: str | None = None
    """Heading path, or page of a PDF."""
    is_verbatim: bool = True
    """False when these are the searcher's words about the source, not the source's own."""

    @property
    def key(self) -> str:
        """Names the passage in an address: its place among others of its source differs from turn to turn."""
        return hashlib.sha256(self.quote.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Source(BaseModel):
    """One page or file. The same URL is the same source, with one number in all of a thread."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    number: int | None = None
    """Its number in the thread, from 1; None until the thread's register gave it one."""
    title: str
    url: str
    """`https://...`, `library:<relative path>` for a file of the library, or `attachment:<name>` for one attached to the thread."""
    quote: str | None = None
    """The first of `passages`, word for word; None when the search service gave none."""
    location: str | None = None
    passages: tuple[Passage, ...] = ()
    """All passages a search found in this source, best first."""
    retrieved_at: AwareDatetime | None = None
    """When the search that found it first had ended."""


def is_attachment(source: Source) -> bool:
    """Whether it is a file that was attached to a message of the thread."""
    return source.url.startswith(ATTACHMENT_SCHEME)


def is_file(source: Source) -> bool:
    """Whether it is a file that this installation keeps, and no page of the web."""
    return source.url.startswith((LIBRARY_SCHEME, ATTACHMENT_SCHEME))


def place_of(source: Source) -> str:
    """The path or name of a file; the address of anything else."""
    return source.url.removeprefix(LIBRARY_SCHEME).removeprefix(ATTACHMENT_SCHEME)


class Suggestion(BaseModel):
    """A further search that a search service asks to be shown with its answers."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    url: str
    """Of the service's own result page, `https://...`."""


class Finding(BaseModel):
    """What one search found."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    search: int
    """Index of the search in its turn, from 0."""
    query: str
    text: str
    """The searcher's answer with the numbers of its sources, or empty when the passages speak for themselves."""
    sources: tuple[Source, ...]
    usage: Usage = Usage()
    suggestions: tuple[Suggestion, ...] = ()
    """What Google asks to be shown with answers grounded in its search."""


class SearchFailed(BaseModel):
    """A search that found nothing or broke: never evidence."""

    model_config = ConfigDict(frozen=True)

    search: int
    query: str
    error: str
    usage: Usage = Usage()


Outcome = Finding | SearchFailed


def merge_sources(*groups: tuple[Source, ...]) -> tuple[Source, ...]:
    """One source per URL, in order of first appearance, with the passages of all its appearances."""
    merged: dict[str, Source] = {}
    for source in (source for group in groups for source in group):
        known = merged.get(source.url)
        if known is None:
            merged[source.url] = source
            continue
        passages = tuple(dict.fromkeys(known.passages + source.passages))
        merged[source.url] = known.model_copy(
            update={
                "passages": passages,
                "quote": known.quote or source.quote,
                "location": known.location if known.quote else source.location or known.location,
                "number": known.number or source.number,
                "retrieved_at": known.retrieved_at or source.retrieved_at,
            }
        )
    return tuple(merged.values())
