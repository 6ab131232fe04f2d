"""German compounds: what a question writes in one word and a document in two, or inside of another compound."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.inflection import plain, root

LEAST_PART = 4
_LEAST_HEAD = 5
"""Shorter ones end words that have nothing to do with them: "Rat" and "Apparat"."""
_LEAST_MODIFIER = 6
_LEAST_COMPOUND = 8
_MAX_TERMS = 1_000
_MAX_WAYS = 12
_LINKS = ("", "s", "n", "en", "es")
"""What German puts between the parts of a compound."""
_MODIFIER_SHARE = 0.45
_VAGUE_HEAD_SHARE = 0.1
_VAGUE_HEADS = frozenset(
    word
    for word in """
    tage tag zeit zeiten dauer höhe kosten betrag anspruch regelung regeln menge anzahl zahl frist fristen termin termine beginn ende
    preis preise größe stand art arten grund gründe möglichkeit möglichkeiten problem probleme frage fragen information informationen
    """.split()
)


class Compound(BaseModel):
    """What a word's two parts are in the documents' own terms, and how much of it each says."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    modifier: tuple[str, ...]
    head: tuple[str, ...]
    """Empty where no document holds it."""
    modifier_share: float


class Vocabulary(Protocol):
    """The terms of an index."""

    def terms_holding(self, parts: Sequence[str], limit: int) -> list[str]:
        """Terms in which any of the parts stands."""
        ...


class Compounds:
    """The documents' compounds that have to do with the words of one question: the terms are looked through once."""

    def __init__(self, words: Iterable[str], vocabulary: Vocabulary) -> None:
        long_enough = [plain(word) for word in words if word.isalpha() and len(word) >= LEAST_PART]
        parts = {_start(part) for word in long_enough for part in (word, *_parts(word))}
        self._terms = vocabulary.terms_holding(sorted(parts), _MAX_TERMS) if parts else []

    def kinds_of(self, word: str) -> tuple[str, ...]:
        """Compounds that end with it: "Jahresurlaub" is a kind of "Urlaub"."""
        start = _start(word)
        return tuple(self._ending(start))[:_MAX_WAYS] if len(start) >= LEAST_PART else ()

    def split(self, word: str) -> Compound | None:
        """The word as its two parts, where the documents know at least the first, which says more."""
        found = list(self._splits(plain(word)))
        return max(found, key=lambda each: (bool(each.head), len(each.modifier)), default=None)

    def _splits(self, word: str) -> Iterator[Compound]:
        for modifier, head in _halves(word):
            ways = self._known(modifier)
            if ways:
                share = 1 - _VAGUE_HEAD_SHARE if head in _VAGUE_HEADS else _MODIFIER_SHARE
                yield Compound(modifier=ways, head=self._known(head), modifier_share=share)

    def _known(self, part: str) -> tuple[str, ...]:
        start = _start(part)
        alone = [term for term in self._terms if _start(term) == start]
        return tuple(dict.fromkeys((*alone, *self._ending(start))))[:_MAX_WAYS]

    def _ending(self, start: str) -> Iterator[str]:
        least = LEAST_PART if len(start) < _LEAST_HEAD else LEAST_PART - 1
        for term in self._terms:
            at = term.rfind(start)
            if at >= least and _start(term[at:]) == start:
                yield term


def beginning(word: str) -> str:
    """What compounds begin with that have to do with the word, like "Urlaubsantrag" with "Urlaub"; nothing for a short one."""
    start = plain(word).removesuffix("e")
    return start if len(start) >= _LEAST_MODIFIER else ""


def _start(part: str) -> str:
    """What its forms begin with; the index's own stemmer has taken more from some of them."""
    return root(part, "de").removesuffix("e")


def _parts(word: str) -> Iterator[str]:
    for pair in _halves(word):
        yield from pair


def _halves(word: str) -> Iterator[tuple[str, str]]:
    if len(word) < _LEAST_COMPOUND:
        return
    for cut in range(LEAST_PART, len(word) - LEAST_PART + 2):
        for link in _LINKS:
            modifier = word[:cut].removesuffix(link)
            if word[:cut].endswith(link) and len(modifier) >= LEAST_PART and len(word) - cut >= LEAST_PART - 1:
                yield modifier, word[cut:]
