"""Which texts hold most of what is asked, by their words: for a few texts at hand, without an index."""

import re
import unicodedata
from collections.abc import Sequence
from math import log

from chat_app.search.library.questions import content_words
from chat_app.search.library.scripts import query_bigrams

_ENDING_CHARACTERS = 2
_SHORTEST_STEM = 4
_FIRST_BONUS = 0.5
"""For the first text, against the weight of all words: what opens an article says what its subject is."""


def most_about(query: str, texts: Sequence[str], count: int) -> list[int]:
    """Positions of the texts that hold most of the query, best first; never one that holds nothing of it."""
    folded = [_folded(text) for text in texts]
    terms = [re.compile(term) for term in _terms(query)]
    found = [frozenset(i for i, term in enumerate(terms) if term.search(text)) for text in folded]
    weights = [log(1 + len(texts) / (1 + sum(i in held for held in found))) for i in range(len(terms))]
    bonus = _FIRST_BONUS * sum(weights)
    scores = [sum(weights[i] for i in held) + (bonus if held and not n else 0.0) for n, held in enumerate(found)]
    best = sorted(range(len(texts)), key=lambda n: -scores[n])
    return [n for n in best if scores[n] > 0][:count]


def _terms(query: str) -> list[str]:
    """Patterns: the beginning of each word, and pairs of characters where there are no spaces."""
    words = (_folded(word) for word in content_words(query))
    stems = (word[: max(_SHORTEST_STEM, len(word) - _ENDING_CHARACTERS)] for word in words)
    return [rf"\b{re.escape(stem)}" for stem in stems] + [re.escape(_folded(pair)) for pair in query_bigrams(query)]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
