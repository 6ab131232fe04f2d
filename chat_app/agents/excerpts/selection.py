"""Which words of the passages found answer a query best: a few windows of consecutive sentences, the best one first."""

import re
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.cues import DEFINITION
from chat_app.agents.excerpts.relevance import Inquiry, inquiry, stems
from chat_app.agents.excerpts.segments import Segment, segments_of
from chat_app.research.evidence import Passage, Source, is_attachment

MAX_EXCERPTS = 4
_MAX_SENTENCES = 4
_MAX_SEGMENTS = 7
"""Sentences with the terms, captions and code that belong to them."""
_MAX_WORDS = 120
_LEAST_COVERAGE = 0.34
"""Of the query's terms, by weight, in the words or above them: below it a passage is about something else."""
_SCORE_GAP = 0.33
"""Against the best excerpt: what falls short of it is the off-topic tail."""
_RELATIVE_COVERAGE = 0.75
_SAME_WORDS = 0.6
_PRIOR = 1.2
"""What the rank that the search gave counts, beside a coverage of 0 to 1."""
_PRIOR_DECAY = 0.35
_TABLE_ROW = " | "
_CUE = 0.2
_FEW_WORDS = 32
_MANY_WORDS = 75
_DANGLING = re.compile(
    r"(?:This|It|Its|These|Those|They|That|Such|However|Therefore|Thus|Hence|Also|But|And|Otherwise|"
    r"Conversely|Similarly|Then|Finally|Additionally|Furthermore|Moreover|As a result|For example|In this case|In contrast|Instead|"
    r"Dies\w*|Er|Es|Daher|Deshalb|Jedoch|Auch|Cela|Ceci|Il|Elle|Cependant|Ainsi|Esto|Eso|Sin embargo|Además)\b|これ|それ|这|它|因此|但"
)


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

    @property
    def words(self) -> frozenset[str]:
        return stems(" ".join(segment.text for segment in self.segments))

    def overlaps(self, other: "Excerpt") -> bool:
        """Whether a reader of one knows the other: the same place, or almost the same words."""
        if (self.source.url, self.passage) == (other.source.url, other.passage):
            return self.first < other.first + len(other.segments) and other.first < self.first + len(self.segments)
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
        if excerpt.coverage >= most * _RELATIVE_COVERAGE and not any(excerpt.overlaps(known) for known in chosen):
            chosen.append(excerpt)
    return chosen


def openings(sources: Sequence[Source]) -> list[Excerpt]:
    """The first sentences of each attached file, for who asks about the file as such."""
    return [
        Excerpt(source=source, passage=passage, first=0, segments=tuple(segments), score=0, coverage=0)
        for source in sources
        if is_attachment(source)
        for passage in list(_quotable(source))[:1]
        if (segments := _without_heading(segments_of(passage.quote), passage.location)[:_MAX_SENTENCES])
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
    return f"{source.title}\n{passage.location or ''}\n{passage.quote}"


def _best_window(asked: Inquiry, rank: float, source: Source, passage: Passage) -> Excerpt | None:
    segments = _without_heading(segments_of(passage.quote), passage.location)
    reading = _Reading(asked, segments, source.title, passage.location)
    if asked.share(reading.place.union(*reading.found)) < _LEAST_COVERAGE:
        return None
    windows = ((first, last, reading.score(first, last)) for first, last in _windows(segments))
    first, last, score = max(windows, key=lambda window: window[2])
    held = reading.place.union(*reading.found[first:last])
    coverage = asked.share(held)
    if coverage < _LEAST_COVERAGE or not asked.is_about(held):
        return None
    prior = _PRIOR / (1 + _PRIOR_DECAY * rank)
    return Excerpt(
        source=source,
        passage=passage,
        first=first,
        segments=tuple(segments[first:last]),
        score=score + prior,
        coverage=coverage,
    )


def _without_heading(segments: list[Segment], location: str | None) -> list[Segment]:
    """Where a passage begins with the heading that its place names, the heading is not quoted once more."""
    heading = " ".join((location or "").rsplit(" > ", 1)[-1].split()).removesuffix("…")
    if len(segments) > 1 and heading and " ".join(segments[0].text.split()).startswith(heading):
        return segments[1:] if segments[1].begins_line else segments
    return segments


def _windows(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    for first in range(len(segments)):
        sentences = words = 0
        for last in range(first + 1, min(first + _MAX_SEGMENTS, len(segments)) + 1):
            segment = segments[last - 1]
            sentences += not (segment.is_lead or segment.is_code)
            words += len(segment.text.split())
            if last > first + 1 and (sentences > _MAX_SENTENCES or words > _MAX_WORDS):
                break
            yield first, last


class _Reading:
    """A passage read with a question in mind."""

    def __init__(self, asked: Inquiry, segments: Sequence[Segment], title: str, location: str | None) -> None:
        self._asked = asked
        self._segments = segments
        self.found = [asked.found(segment.text) for segment in segments]
        steps = [title, *(location or "").split(" > ")]
        self.place = asked.found("\n".join(steps))
        names = (title, steps[-1])
        self._about = max(self._aboutness(name) for name in names)
        self._defines = asked.cue is DEFINITION and any(self._is_named_by(name) for name in names)

    def score(self, first: int, last: int) -> float:
        """What the window holds of the question, how close together, and whether it reads like an answer."""
        asked, window, found = self._asked, self._segments[first:last], self.found[first:last]
        held = frozenset[int]().union(*found)
        score = asked.share(held) + 0.5 * asked.share(self.place - held)
        score += 0.3 * max(
            asked.share(one | two) for one, two in zip(found, [*found[1:], frozenset[int]()], strict=True)
        )
        is_definition = first == 0 and self._defines
        if is_definition or any(terms and asked.is_answered_by(s.text) for s, terms in zip(window, found, strict=True)):
            score += _CUE
        score += self._about * (1.0 if first == 0 else 0.4)
        return score - self._flaws(first, last)

    def _aboutness(self, name: str) -> float:
        """A heading that names what is asked; what stands right below it says what that is."""
        share = self._asked.share(self._asked.found(name))
        if share < 0.5:
            return 0.0
        return 0.12 * share + 0.12 * self._is_named_by(name)

    def _is_named_by(self, name: str) -> bool:
        """Whether a heading names what is asked about and nothing else."""
        named = [word for word in stems(name) if not word.isdigit()]
        asked_for = frozenset[str]().union(*self._asked.terms)
        return bool(named) and all(f" {word} " in asked_for for word in named)

    def _flaws(self, first: int, last: int) -> float:
        """What makes a window read badly: too little, too much, or torn out of its context."""
        window = self._segments[first:last]
        words = sum(len(segment.text.split()) for segment in window)
        few = max(0, _FEW_WORDS - words) * (0.5 if last - first == len(self._segments) else 1.0)
        flaws = few * 0.008 + max(0, words - _MANY_WORDS) * 0.003
        unrelated = next((i for i, terms in enumerate(reversed(self.found[first:last])) if terms), last - first)
        flaws += 0.04 * max(0, unrelated - 1)
        if first and _DANGLING.match(window[0].text):
            flaws += 0.08 if window[0].begins_paragraph else 0.15
        flaws += 0.08 * bool(first and self._segments[first - 1].is_lead and window[0].begins_line)
        flaws += 0.25 * window[-1].text.endswith((":", "："))
        flaws += 0.2 * window[-1].is_lead + 0.3 * all(segment.is_lead for segment in window)
        # The bars between a table's cells are not the source's.
        flaws += 0.2 * any(_TABLE_ROW in segment.text for segment in window if not segment.is_code)
        return flaws + 0.12 * window[0].is_code
