"""German compounds: what a question writes in one word and a document in two, or inside of another compound."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.inflection import plain, root
from chat_app.search.library.vocabulary import Vocabulary

LEAST_PART = 4
_LEAST_HEAD = 5
"""Shorter ones end words that have nothing to do with them: "Rat" and "Apparat"."""
_LEAST_MODIFIER = 6
_LEAST_COMPOUND = 8
_LONGEST_COMPOUND = 80
"""In characters: what is longer is no word, and has too many parts."""
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
    is_head_vague: bool
    """Whether the second part names no subject, as "days" in "days of leave"."""
    certainty: tuple[int, int]
    """The more, the likelier the word is meant to be parted here."""

    @property
    def modifier_share(self) -> float:
        return 1 - _VAGUE_HEAD_SHARE if self.is_head_vague else _MODIFIER_SHARE


class Compounds:
    """The documents' compounds that have to do with the words of one question: all terms are looked through, but once.

    `unknown` are those of the words that the documents don't hold as they are.
    """

    def __init__(self, words: Iterable[str], unknown: Iterable[str], vocabulary: Vocabulary) -> None:
        parts = {_start(plain(word)) for word in words if word.isalpha() and len(word) >= LEAST_PART}
        halves = [pair for word in unknown if word.isalpha() for pair in _halves(plain(word))]
        parts |= {start for modifier, _ in halves if len(start := _start(modifier)) >= _LEAST_HEAD}
        self._terms = vocabulary.terms_holding(sorted(parts), _MAX_TERMS) if parts else []
        forms = sorted({form for pair in halves for part in pair for form in _forms(part)})
        self._alone = frozenset(vocabulary.frequencies(forms)) if forms else frozenset[str]()

    def kinds_of(self, word: str) -> tuple[str, ...]:
        """Compounds that end with it: "Jahresurlaub" is a kind of "Urlaub"."""
        start = _start(plain(word))
        return tuple(self._ending(start))[:_MAX_WAYS] if len(start) >= LEAST_PART else ()

    def split(self, word: str) -> Compound | None:
        """An unknown word as its two parts, where the documents know at least the first, which says more."""
        return max(self._splits(plain(word)), key=lambda each: each.certainty, default=None)

    def _splits(self, word: str) -> Iterator[Compound]:
        for modifier, head in _halves(word):
            if ways := self._known(modifier):
                heads, is_vague = self._known(head), head in _VAGUE_HEADS
                certainty = (2 * is_vague or int(bool(heads)), len(modifier))
                yield Compound(modifier=ways, head=heads, is_head_vague=is_vague, certainty=certainty)

    def _known(self, part: str) -> tuple[str, ...]:
        alone = [form for form in _forms(part) if form in self._alone]
        return tuple(dict.fromkeys((*alone, *self._ending(_start(part)))))[:_MAX_WAYS]

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


def _forms(part: str) -> tuple[str, ...]:
    """As which a part may stand alone: "kündigung", "kündigen", "frist", "fristen"."""
    start = _start(part)
    return tuple(dict.fromkeys((part, start, *(start + ending for ending in ("e", "en", "er", "ung")))))


def _halves(word: str) -> Iterator[tuple[str, str]]:
    if not _LEAST_COMPOUND <= len(word) <= _LONGEST_COMPOUND:
        return
    for cut in range(LEAST_PART, len(word) - LEAST_PART + 2):
        for link in _LINKS:
            modifier = word[:cut].removesuffix(link)
            is_head = len(word) - cut >= LEAST_PART or word[cut:] in _VAGUE_HEADS
            if word[:cut].endswith(link) and len(modifier) >= LEAST_PART and is_head:
                yield modifier, word[cut:]
