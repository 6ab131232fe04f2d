"""What a question asks for, each with the other ways in which documents may put it: inflected, joined, parted, or in other words."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.inflection import is_form_of, plain, root
from chat_app.search.library.irregular import other_forms
from chat_app.search.library.questions import language_of_stopwords, terms
from chat_app.search.library.stopwords import GENERAL
from chat_app.search.library.thesaurus import alike, phrases_in

_GENERAL_FACTOR = 0.4
_HINT_FACTOR = 0.5
_MAX_FORMS = 12
_LEAST_PREFIX = 3
_LEAST_PART = 4
_LINKS = ("", "s", "n", "en", "es")
"""What German puts between the parts of a compound."""
_WORD = re.compile(r"[^\W_]+")


class Notion(BaseModel):
    """One thing that a question asks for."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    own: tuple[str, ...]
    """FTS5 expressions of its own word and that word's other forms. Empty for a hint."""
    alike: tuple[str, ...] = ()
    """The same, for words that mean about the same."""
    factor: float = 1.0
    """What it counts beside the others, its rarity aside."""

    @property
    def is_hint(self) -> bool:
        """Whether it is only what a turn of phrase suggests: welcome, but nothing that an answer must hold."""
        return not self.own


class Vocabulary(Protocol):
    """The terms of an index."""

    def terms_from(self, prefix: str, limit: int) -> list[str]:
        """Terms that begin so, in alphabetical order."""
        ...

    def frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many passages each stands; what stands nowhere is left out."""
        ...


def notions(question: str, vocabulary: Vocabulary) -> list[Notion]:
    """Empty when the question holds nothing to look for."""
    language = language_of_stopwords(question)
    expressions = terms(question)
    joined = _joined(expressions, vocabulary)
    found = [_notion(each, language, vocabulary, joined.get(each, ())) for each in expressions]
    if language != "en" or not found:
        return found
    hints = (Notion(own=(), alike=tuple(map(_quoted, words)), factor=_HINT_FACTOR) for words in phrases_in(question))
    return [*found, *hints]


def _notion(expression: str, language: str, vocabulary: Vocabulary, joined: Sequence[str]) -> Notion:
    words = _WORD.findall(expression)
    if expression.endswith("*") or len(words) != 1:
        return Notion(own=(expression, *joined))
    word = words[0]
    if language == "en":
        return _english(expression, word.casefold(), joined)
    forms = tuple(map(_quoted, _forms(word, language, vocabulary)))
    parts = tuple(map(_quoted, _parts(word, vocabulary))) if language == "de" else ()
    return Notion(own=(expression, *forms, *joined), alike=parts)


def _english(expression: str, word: str, joined: Sequence[str]) -> Notion:
    forms = (word, *other_forms(word))
    meant = dict.fromkeys(other for form in forms for other in alike(form) if other not in forms)
    return Notion(
        own=(expression, *map(_quoted, forms[1:]), *joined),
        alike=tuple(map(_quoted, meant)),
        factor=_GENERAL_FACTOR if word in GENERAL else 1.0,
    )


def _forms(word: str, language: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The index's stems are English ones: forms of other languages are brought together when they are asked for."""
    start = root(word, language)
    if len(start) < _LEAST_PREFIX:
        return
    for term in vocabulary.terms_from(start, _MAX_FORMS * 10)[: _MAX_FORMS * 10]:
        if term != plain(word) and is_form_of(term, word, language):
            yield term


def _parts(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The two parts of a compound, where the documents know both."""
    folded = plain(word)
    cuts = range(_LEAST_PART, len(folded) - _LEAST_PART + 1)
    pairs = [
        (folded[:cut].removesuffix(link), folded[cut:])
        for cut in cuts
        for link in _LINKS
        if folded[:cut].endswith(link)
    ]
    known = vocabulary.frequencies(sorted({part for pair in pairs for part in pair})) if pairs else {}
    both = [(one, two) for one, two in pairs if len(one) >= _LEAST_PART and one in known and two in known]
    return max(both, key=lambda pair: min(known[pair[0]], known[pair[1]]), default=())


def _joined(expressions: Sequence[str], vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """`file system` also as `filesystem`, `read-only` also as `readonly`, where the documents write it so."""
    words = {each: _WORD.findall(each) for each in expressions if not each.endswith("*")}
    pairs = [((each,), tuple(parts)) for each, parts in words.items() if len(parts) == 2]
    singles = [(each, parts[0]) for each, parts in words.items() if len(parts) == 1]
    pairs += [((one, two), (first, second)) for (one, first), (two, second) in pairwise(singles)]
    glued = {plain("".join(parts)): owners for owners, parts in pairs if all(part.isalpha() for part in parts)}
    known = vocabulary.frequencies(sorted(glued)) if glued else {}
    found: dict[str, tuple[str, ...]] = {}
    for term in known:
        for owner in glued[term]:
            found[owner] = (*found.get(owner, ()), _quoted(term))
    return found


def _quoted(words: str) -> str:
    return f'"{words}"'
