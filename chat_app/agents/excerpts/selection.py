"""Which words of the passages found answer a query best: a few windows of consecutive sentences, the best one first."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.relevance import Inquiry, inquiry, stems
from chat_app.agents.excerpts.segments import Segment, segments_of
from chat_app.agents.excerpts.windows import MAX_SENTENCES, Reading, windows
from chat_app.research.evidence import Passage, Source, is_attachment, is_file, place_of
from chat_app.search.library.matching import name_in_words

MAX_EXCERPTS = 3
_LEAST_COVERAGE = 0.34
"""Of the query's terms, by weight, in the words or above them: below it a passage is about something else."""
_SCORE_GAP = 0.15
"""Against the best excerpt: what falls short of it is the off-topic tail."""
_RELATIVE_COVERAGE = 0.75
_SAME_WORDS = 0.6
_PLACE = 0.05
"""What a place in the search's order counts. Measured with the weights of `Reading.merit` over four manuals: of 119 questions that
they answer 107 get an answer, whose first passage is right for 47 (by the search's order alone for 39). The optimum is flat."""
_COMPANY = 0.1
"""For each other passage of the file that was found, too."""


class Excerpt(BaseModel):
    """Consecutive segments of a passage of a source."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    source: Source
    passage: Passage
    first: int
    segments: tuple[Segment, ...]
    score: float
    coverage: float
    """Share of the question's terms in the words or above them."""
    is_definition: bool = False
    """Whether it says what the thing is that the question asks for."""

    @property
    def words(self) -> frozenset[str]:
        return stems(" ".join(segment.text for segment in self.segments))

    def is_known_from(self, other: "Excerpt") -> bool:
        """Whether a reader of the other knows this: most of the same place, or almost the same words."""
        if (self.source.url, self.passage) == (other.source.url, other.passage):
            shared = self.segments[
                max(0, other.first - self.first) : max(0, other.first + len(other.segments) - self.first)
            ]
            words = sum(len(segment.text) for segment in self.segments)
            return sum(len(segment.text) for segment in shared) > _SAME_WORDS * words
        shared = len(self.words & other.words)
        return shared > _SAME_WORDS * min(len(self.words), len(other.words))


def excerpts_for(query: str, sources: Sequence[Source], limit: int = MAX_EXCERPTS) -> list[Excerpt]:
    """Best first, none that says what another says; empty when no passage holds enough of the query."""
    found = [(rank, source, passage) for rank, source, passage in _passages(sources)]
    if not found:
        return []
    asked = inquiry(query, [_with_place(source, passage) for _, source, passage in found])
    candidates = [
        best for rank, source, passage in found if (best := _best_window(asked, rank, source, passage)) is not None
    ]
    candidates.sort(key=lambda excerpt: -excerpt.score)
    most = max((excerpt.coverage for excerpt in candidates[:2]), default=0.0)
    chosen: list[Excerpt] = []
    for excerpt in candidates:
        if len(chosen) == limit or excerpt.score < candidates[0].score - _SCORE_GAP:
            break
        if chosen and chosen[0].is_definition and not excerpt.is_definition:
            continue
        if excerpt.coverage >= most * _RELATIVE_COVERAGE and not any(excerpt.is_known_from(known) for known in chosen):
            chosen.append(excerpt)
    return chosen


def openings(sources: Sequence[Source]) -> list[Excerpt]:
    """The first sentences of each attached file, for who asks about the file as such."""
    return [
        Excerpt(source=source, passage=passage, first=0, segments=tuple(segments), score=0, coverage=0)
        for source in sources
        if is_attachment(source)
        for passage in list(_quotable(source))[:1]
        if (segments := _without_heading(segments_of(passage.quote), passage.location)[:MAX_SENTENCES])
    ]


def has_quotable(source: Source) -> bool:
    return any(True for _ in _quotable(source))


def _passages(sources: Iterable[Source]) -> Iterator[tuple[float, Source, Passage]]:
    """With about the rank that the search gave them: sources come best first, and so do the passages of each."""
    for i, source in enumerate(sources):
        for k, passage in enumerate(_quotable(source)):
            yield i + 1.5 * k, source, passage


def _quotable(source: Source) -> Iterator[Passage]:
    passages = source.passages or ((Passage(quote=source.quote, location=source.location),) if source.quote else ())
    return (
        passage for passage in passages if passage.is_verbatim and passage.quote.strip() and source.number is not None
    )


def _with_place(source: Source, passage: Passage) -> str:
    return f"{source.title}\n{_file_name(source)}\n{passage.location or ''}\n{passage.quote}"


def _file_name(source: Source) -> str:
    """What the person called the file: often the only place that names its subject."""
    return name_in_words(place_of(source)) if is_file(source) else ""


def _best_window(asked: Inquiry, rank: float, source: Source, passage: Passage) -> Excerpt | None:
    if _is_heading_alone(source, passage):
        return None
    segments = _without_heading(segments_of(passage.quote), passage.location)
    reading = Reading(asked, segments, source.title, passage.location, _file_name(source))
    if asked.share(reading.place.union(*reading.found)) < _LEAST_COVERAGE:
        return None
    first, last = max(windows(segments), key=lambda window: reading.score(*window))
    held = reading.place.union(*reading.found[first:last])
    coverage = asked.share(held)
    if coverage < _LEAST_COVERAGE or not asked.is_about(held):
        return None
    if asked.needs_cue and not reading.answers(first, last):
        return None
    return Excerpt(
        source=source,
        passage=passage,
        first=first,
        segments=tuple(segments[first:last]),
        score=reading.merit(first, last) + _COMPANY * (len(source.passages) - 1) - _PLACE * rank,
        coverage=coverage,
        is_definition=reading.defines(first, last),
    )


def _is_heading_alone(source: Source, passage: Passage) -> bool:
    """Whether it says nothing but what stands above it, as the first slide of a presentation does."""
    headings = (source.title, *(passage.location or "").split(" > "))
    return " ".join(passage.quote.split()).casefold() in {" ".join(heading.split()).casefold() for heading in headings}


def _without_heading(segments: list[Segment], location: str | None) -> list[Segment]:
    """Where a passage begins with the heading that its place names, the heading is not quoted once more."""
    heading = " ".join((location or "").rsplit(" > ", 1)[-1].split()).removesuffix("…")
    if len(segments) > 1 and heading and " ".join(segments[0].text.split()).startswith(heading):
        return segments[1:] if segments[1].begins_line else segments
    return segments
