"""Candidates in the order in which a person would want to read them, with the share of the question that each one covers."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import log

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.index import TOKENIZER, Candidate

ANSWERED_COVERAGE = 0.65
"""When no hit reaches it, the documents do not answer the question.

Measured over PostgreSQL's and Python's manuals with 60 questions that they answer, paraphrases among them, and 42 that they do
not: 54 and none reach 0.7, 57 and 3 reach 0.6. Between the two, because whoever quotes the passages looks at them once more.
"""

_MAX_PASSAGES_PER_FILE = 3
_ABOUT_FILE_COVERAGE = 0.6
_NEAR_DUPLICATE = 0.8
_TERM_WEIGHT = 2.0
"""What any term counts besides its rarity; otherwise one rare word alone would cover a question."""
# Beside bm25, which counts 1 for the best candidate. Against bm25 alone: first hit right for 44 instead of 41 of 60; the optimum is flat.
_COVERAGE_WEIGHT = 2.0
_HEADING_WEIGHT = 0.5
_PROXIMITY_WEIGHT = 1.0
_LISTING_FACTOR = 0.4
_NEAR_TOKENS = 12
_MAX_PLACES = 30
_COLUMNS = ("title", "heading", "body", "bigrams")


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


class _Match(BaseModel):
    """Where the stems of a question stand in a candidate."""

    model_config = ConfigDict(frozen=True)

    candidate: Candidate
    found: frozenset[int]
    in_title: frozenset[int]
    in_heading: frozenset[int]
    """In heading or title."""
    proximity: float


Frequencies = Callable[[Sequence[str]], dict[str, int]]


def rank(
    terms: Sequence[str], candidates: Sequence[Candidate], frequencies: Frequencies, passage_count: int, limit: int
) -> list[Hit]:
    """Passages that hold more of the question first; at most 3 from a file unless the question is about it; no near-duplicates."""
    if not candidates:
        return []
    scratch = _Scratch(terms, candidates)
    try:
        weights = _weights(scratch.stems, frequencies, passage_count)
        matches = scratch.matches(weights)
    finally:
        scratch.close()
    best_bm25 = max(candidate.bm25 for candidate in candidates)
    scored = [(_score(match, weights, best_bm25), match) for match in matches]
    scored.sort(key=lambda pair: -pair[0])
    return [_hit(match, score, weights) for score, match in _selected(scored, weights, limit)]


class _Scratch:
    """The candidates in a small index in memory: the same tokenizer and stemmer say which terms stand where."""

    def __init__(self, terms: Sequence[str], candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        columns = ", ".join(_COLUMNS)
        self._db = sqlite3.connect(":memory:")
        self._db.execute(f"CREATE VIRTUAL TABLE words USING fts5({columns}, tokenize='{TOKENIZER}')")
        self._db.execute("CREATE VIRTUAL TABLE places USING fts5vocab(words, instance)")
        self.stems = [self._stems(term) for term in terms]
        """For each term the stems it consists of; a prefix is written `stem*`."""
        self._db.executemany(
            "INSERT INTO words (rowid, title, heading, body, bigrams) VALUES (?, ?, ?, ?, ?)",
            ((i, c.title, c.heading, c.text, c.bigrams) for i, c in enumerate(candidates, start=1)),
        )

    def close(self) -> None:
        self._db.close()

    def matches(self, weights: Sequence[float]) -> list[_Match]:
        """A term of several stems is found where they are neighbours."""
        places: list[dict[int, set[tuple[str, int]]]] = [self._places(stems) for stems in self.stems]
        matches: list[_Match] = []
        for row, candidate in enumerate(self._candidates, start=1):
            spots = [places[term].get(row, set()) for term in range(len(places))]
            matches.append(
                _Match(
                    candidate=candidate,
                    found=frozenset(term for term, spot in enumerate(spots) if spot),
                    in_title=frozenset(
                        t for t, spot in enumerate(spots) if any(column == "title" for column, _ in spot)
                    ),
                    in_heading=frozenset(
                        t for t, spot in enumerate(spots) if any(column in ("title", "heading") for column, _ in spot)
                    ),
                    proximity=_proximity(spots, weights),
                )
            )
        return matches

    def _stems(self, term: str) -> list[str]:
        if term.endswith("*"):
            return [term.strip('"* ') + "*"]
        self._db.execute("INSERT INTO words (rowid, body) VALUES (1, ?)", (term,))
        stems = [stem for (stem,) in self._db.execute("SELECT term FROM places ORDER BY offset")]
        self._db.execute("DELETE FROM words")
        return stems

    def _places(self, stems: Sequence[str]) -> dict[int, set[tuple[str, int]]]:
        """Row -> (column, offset) of each appearance."""
        appearances: dict[int, set[tuple[str, int]]] | None = None
        for position, stem in enumerate(stems):
            found: dict[int, set[tuple[str, int]]] = {}
            for row, column, offset in self._appearances(stem):
                if appearances is None or (column, offset - position) in appearances.get(row, ()):
                    found.setdefault(row, set()).add((column, offset - position))
            appearances = found
        return appearances or {}

    def _appearances(self, stem: str) -> Iterable[tuple[int, str, int]]:
        if stem.endswith("*"):
            low = stem[:-1]
            return self._db.execute(
                "SELECT doc, col, offset FROM places WHERE term >= ? AND term < ?", (low, low + "\x7f")
            )
        return self._db.execute("SELECT doc, col, offset FROM places WHERE term = ?", (stem,))


def _weights(stems: Sequence[Sequence[str]], frequencies: Frequencies, passage_count: int) -> list[float]:
    """How much each term says: the rarer its rarest stem, the more; most of all one that stands nowhere."""
    known = frequencies(sorted({stem for term in stems for stem in term}))
    rarest = [min((known.get(stem, 0) for stem in term), default=0) for term in stems]
    return [log(1 + (passage_count - count + 0.5) / (count + 0.5)) + _TERM_WEIGHT for count in rarest]


def _share(found: frozenset[int], weights: Sequence[float]) -> float:
    return sum(weights[term] for term in found) / (sum(weights) or 1.0)


def _proximity(spots: Sequence[set[tuple[str, int]]], weights: Sequence[float]) -> float:
    """Weight of neighbouring terms of the question that stand near each other in the passage, as a share of all neighbours."""
    near = total = 0.0
    for (first, second), (w1, w2) in zip(pairwise(spots), pairwise(weights), strict=True):
        total += w1 + w2
        near += (w1 + w2) * _nearness(first, second)
    return near / total if total else 0.0


def _nearness(first: set[tuple[str, int]], second: set[tuple[str, int]]) -> float:
    """1 for words side by side, falling to 0 at a distance of `_NEAR_TOKENS`."""
    gaps = [
        abs(offset - place)
        for column, offset in sorted(first)[:_MAX_PLACES]
        for other, place in sorted(second)[:_MAX_PLACES]
        if column == other
    ]
    gap = min(gaps, default=_NEAR_TOKENS)
    return max(0.0, 1 - max(0, gap - 1) / _NEAR_TOKENS)


def _score(match: _Match, weights: Sequence[float], best_bm25: float) -> float:
    relevance = match.candidate.bm25 / best_bm25 if best_bm25 > 0 else 0.0
    score = (
        relevance
        + _COVERAGE_WEIGHT * _share(match.found, weights)
        + _HEADING_WEIGHT * _share(match.in_heading, weights)
        + _PROXIMITY_WEIGHT * match.proximity
    )
    return score * (_LISTING_FACTOR if match.candidate.is_listing else 1.0)


def _selected(
    scored: Sequence[tuple[float, _Match]], weights: Sequence[float], limit: int
) -> list[tuple[float, _Match]]:
    is_only_file = len({match.candidate.path for _, match in scored}) == 1
    taken: list[tuple[float, _Match]] = []
    words_taken: list[set[str]] = []
    per_file: dict[str, int] = {}
    for score, match in scored:
        path = match.candidate.path
        is_about_file = is_only_file or _share(match.in_title, weights) >= _ABOUT_FILE_COVERAGE
        if per_file.get(path, 0) >= _MAX_PASSAGES_PER_FILE and not is_about_file:
            continue
        words = set(match.candidate.text.casefold().split())
        if any(_is_near_duplicate(words, other) for other in words_taken):
            continue
        taken.append((score, match))
        words_taken.append(words)
        per_file[path] = per_file.get(path, 0) + 1
        if len(taken) == limit:
            break
    return taken


def _is_near_duplicate(words: set[str], other: set[str]) -> bool:
    return len(words & other) >= _NEAR_DUPLICATE * len(words | other)


def _hit(match: _Match, score: float, weights: Sequence[float]) -> Hit:
    candidate = match.candidate
    return Hit(
        path=candidate.path,
        url=f"library:{candidate.path}",
        title=candidate.title,
        location=candidate.location,
        text=candidate.text,
        score=round(score, 4),
        coverage=round(_share(match.found, weights), 4),
    )
