"""Candidates in the order in which a person would want to read them, with the share of the question that each one covers."""

import re
from collections.abc import Sequence
from contextlib import closing
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.asking import Asked
from chat_app.search.library.index import Candidate
from chat_app.search.library.likeness import ENGLISH, WordVectors, cosine, together, word_vectors
from chat_app.search.library.matching import Match, Places, Scratch

ANSWERED_COVERAGE = 0.65
"""When no hit reaches it, the documents do not answer the question.

Measured over four manuals with 141 questions that they answer, paraphrases among them, and 49 that they do not: 134 and 6
reach it. Whoever quotes the passages looks at them once more.
"""

_MAX_PASSAGES_PER_FILE = 3
_ABOUT_FILE_COVERAGE = 0.6
_NEAR_DUPLICATE = 0.8
_ALIKE = 0.4
"""What a word that means about the same counts, beside the question's own."""
# Beside relevance, which counts 1 for the best candidate. `make bench ARGS=ranking` measures them; the optimum is flat.
_COVERAGE_WEIGHT = 1.0
_HEADING_WEIGHT = 0.6
_PROXIMITY_WEIGHT = 1.0
_DOCUMENT_WEIGHT = 0.4
_LIKENESS_WEIGHT = 0.3
"""Of the passage that is most alike in meaning, beside 1 for the one whose words fit best."""
_ABOVE_COUNTS = 0.5
_READ_CANDIDATES = 50
_READ_CHARACTERS = 1_200
_LEAST_SPREAD = 0.15
"""Of cosines: below it passages are all about the same, and no likeness tells them apart."""
_LISTING_FACTOR = 0.4
_CHANGES = re.compile(r"\b(release notes?|release \d|change ?log|news|what['’]s new)\b", re.IGNORECASE)
"""Titles of pages that name everything once and explain nothing."""
_CHANGES_FACTOR = 0.75
_ABOUT_CHANGES = 0.5
# As in bm25: how soon saying a word again says nothing new, and how much a long passage is held against it.
_SATURATION = 0.9
_LENGTH_SHARE = 0.5
_USUAL_CHARACTERS = 800
_HEADING_COUNTS = 2.0
_TITLE_COUNTS = 0.5
_NEAR_TOKENS = 12
_MAX_PLACES = 12


class Hit(BaseModel):
    """A passage found."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    path: str
    """Relative name of the file."""
    url: str
    """`library:<relative path>`."""
    title: str
    location: str | None
    """Heading path or page; None for text under no heading but the title."""
    text: str
    """Word for word as in the file."""
    score: float
    """Higher is better; only comparable within one search."""
    coverage: float
    """Share of the question's content terms, weighted by their rarity in the library, that passage, heading and title hold (0 to 1)."""


class _Reading(NamedTuple):
    """A candidate and what it holds of a question."""

    candidate: Candidate
    relevance: float
    """As bm25 counts, in the units of the question's weights."""
    coverage: float
    in_heading: float
    """Share of the question that heading or title hold."""
    in_title: float
    proximity: float


def rank(asked: Asked, candidates: Sequence[Candidate], limit: int, vectors_path: Path = ENGLISH) -> list[Hit]:
    """Passages that hold more of the question first, and of those the ones that are more alike in meaning, as far as the vectors
    know the language; at most 3 from a file unless the question is about it; no near-duplicates."""
    if not candidates:
        return []
    with closing(Scratch(candidates)) as scratch:
        matches = scratch.matches(asked.stems)
    readings = [_read(asked, each, where) for each, where in zip(candidates, matches, strict=True)]
    scores = _scores(readings)
    vectors = word_vectors(vectors_path)
    if vectors is not None and vectors.knows(asked.question):
        _add_likeness(scores, asked.question, readings, vectors)
    scored = list(zip(scores, readings, strict=True))
    scored.sort(key=lambda pair: -pair[0])
    return [_hit(reading, score) for score, reading in _selected(scored, limit)]


def _read(asked: Asked, candidate: Candidate, matches: Sequence[Match]) -> _Reading:
    length = 1 - _LENGTH_SHARE + _LENGTH_SHARE * len(candidate.text) / _USUAL_CHARACTERS
    relevance = coverage = in_heading = in_title = 0.0
    for weight, match in zip(asked.weights, matches, strict=True):
        own, alike = _count(match.own, length), _count(match.alike, length)
        relevance += weight * max(_saturated(own + _ALIKE * alike) if own else 0.0, _ALIKE * _saturated(alike))
        coverage += weight * (1.0 if own else _ALIKE if alike else 0.0)
        in_heading += weight * max(_is_above(match.own), _ALIKE * _is_above(match.alike))
        in_title += weight * ("title" in match.own)
    return _Reading(
        candidate=candidate,
        relevance=relevance,
        coverage=min(1.0, coverage / asked.total),
        in_heading=min(1.0, in_heading / asked.total),
        in_title=in_title / asked.total,
        proximity=_proximity(asked, matches),
    )


def _count(places: Places, length: float) -> float:
    """How often, where once in a heading says more than once in a text, and once in a long text less."""
    if not places:
        return 0.0
    in_text = len(places.get("body", ())) + len(places.get("bigrams", ()))
    return in_text / length + _HEADING_COUNTS * ("heading" in places) + _TITLE_COUNTS * ("title" in places)


def _saturated(count: float) -> float:
    return count / (count + _SATURATION)


def _is_above(places: Places) -> bool:
    return "heading" in places or "title" in places


def _proximity(asked: Asked, matches: Sequence[Match]) -> float:
    """Weight of the pairs of notions that stand near each other, as a share of all pairs."""
    spots = [match.own or match.alike for match in matches]
    near = sum(weight * _nearness(spots[i], spots[k]) for i, k, weight in asked.pairs if spots[i] and spots[k])
    return near / asked.total_of_pairs


def _nearness(first: Places, second: Places) -> float:
    """1 for words side by side, falling to 0 at a distance of `_NEAR_TOKENS`."""
    gap = min((_gap(first[column], second[column]) for column in first if column in second), default=_NEAR_TOKENS)
    return max(0.0, 1 - max(0, gap - 1) / _NEAR_TOKENS)


def _gap(first: Sequence[int], second: Sequence[int]) -> int:
    return min(abs(one - two) for one in first[:_MAX_PLACES] for two in second[:_MAX_PLACES])


def _scores(readings: Sequence[_Reading]) -> list[float]:
    best = max(reading.relevance for reading in readings) or 1.0
    documents = _documents(readings, best)
    most = max(documents.values()) or 1.0
    return [
        (
            reading.relevance / best
            + _COVERAGE_WEIGHT * reading.coverage
            + _HEADING_WEIGHT * reading.in_heading
            + _PROXIMITY_WEIGHT * reading.proximity
            + _DOCUMENT_WEIGHT * documents[reading.candidate.path] / most
        )
        * _worth(reading)
        for reading in readings
    ]


def _likenesses(question: str, candidates: Sequence[Candidate], vectors: WordVectors) -> list[float]:
    """Of each passage together with what stands above it."""
    wanted = vectors.vector(question)
    above = {pair: vectors.vector(" ".join(pair)) for pair in {(each.title, each.heading) for each in candidates}}
    return [
        cosine(
            wanted,
            together(vectors.vector(each.text[:_READ_CHARACTERS]), above[each.title, each.heading], _ABOVE_COUNTS),
        )
        for each in candidates
    ]


def _add_likeness(scores: list[float], question: str, readings: Sequence[_Reading], vectors: WordVectors) -> None:
    """Only the best are read, and only what is more alike than a quarter of them gains by it: the more, the more words it holds."""
    most = max(scores) or 1.0
    best = nlargest(_READ_CANDIDATES, range(len(scores)), key=scores.__getitem__)
    likenesses = _likenesses(question, [readings[number].candidate for number in best], vectors)
    usual = sorted(likenesses)[len(likenesses) // 4]
    spread = max(_LEAST_SPREAD, max(likenesses) - usual)
    for number, likeness in zip(best, likenesses, strict=True):
        trust = (1 + readings[number].coverage) / 2
        scores[number] += most * _LIKENESS_WEIGHT * trust * max(0.0, likeness - usual) / spread


def _worth(reading: _Reading) -> float:
    """What a passage of its kind is worth: who asks for a subject does not look for a list that names it in passing."""
    if reading.candidate.is_listing:
        return _LISTING_FACTOR
    is_about_changes = reading.in_title < _ABOUT_CHANGES and _CHANGES.search(reading.candidate.title)
    return _CHANGES_FACTOR if is_about_changes else 1.0


def _documents(readings: Sequence[_Reading], best: float) -> dict[str, float]:
    """How much each file has to say: its three most relevant passages, the second and third counting a half and a quarter."""
    relevances: dict[str, list[float]] = {}
    for reading in readings:
        relevances.setdefault(reading.candidate.path, []).append(reading.relevance / best)
    return {
        path: sum(value * 0.5**place for place, value in enumerate(sorted(values, reverse=True)[:3]))
        for path, values in relevances.items()
    }


def _selected(scored: Sequence[tuple[float, _Reading]], limit: int) -> list[tuple[float, _Reading]]:
    is_only_file = len({reading.candidate.path for _, reading in scored}) == 1
    taken: list[tuple[float, _Reading]] = []
    words_taken: list[set[str]] = []
    per_file: dict[str, int] = {}
    for score, reading in scored:
        path = reading.candidate.path
        is_about_file = is_only_file or reading.in_title >= _ABOUT_FILE_COVERAGE
        if per_file.get(path, 0) >= _MAX_PASSAGES_PER_FILE and not is_about_file:
            continue
        words = set(reading.candidate.text.casefold().split())
        if any(_is_near_duplicate(words, other) for other in words_taken):
            continue
        taken.append((score, reading))
        words_taken.append(words)
        per_file[path] = per_file.get(path, 0) + 1
        if len(taken) == limit:
            break
    return taken


def _is_near_duplicate(words: set[str], other: set[str]) -> bool:
    fewer, more = sorted((len(words), len(other)))
    # At most all of the fewer are shared, and there are at least the more: this spares most the comparison.
    return fewer >= _NEAR_DUPLICATE * more and len(words & other) >= _NEAR_DUPLICATE * len(words | other)


def _hit(reading: _Reading, score: float) -> Hit:
    candidate = reading.candidate
    return Hit(
        path=candidate.path,
        url=f"library:{candidate.path}",
        title=candidate.title,
        location=candidate.location,
        text=candidate.text,
        score=round(score, 4),
        coverage=round(reading.coverage, 4),
    )
