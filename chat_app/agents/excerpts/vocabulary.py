"""What a question asks for, in the words of the passages that were found: other forms, compounds, words for the same.

For questions in other languages than English, whose words the search brings together only when they are asked for.
"""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.expansion import Notion, notions
from chat_app.search.library.inflection import plain, stem
from chat_app.search.library.scripts import has_spaceless, text_of

_WORD = re.compile(r"[^\W_]+")


class Term(BaseModel):
    """One thing asked for."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    ways: frozenset[str]
    """What stands for it: stems between spaces, or characters of scripts that have none."""
    factor: float
    is_core: bool = True
    """Whether it names what is asked about."""
    is_vague: bool = False
    """Whether it names no subject and need not be held."""


class PassageVocabulary:
    """The words of a few passages as if they were an index's."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._counts = Counter(word for passage in passages for word in {plain(w) for w in _WORD.findall(passage)})
        self._terms = sorted(self._counts)
        self._spaceless = [unicodedata.normalize("NFKC", passage) for passage in passages if has_spaceless(passage)]

    def terms_from(self, prefix: str, limit: int) -> list[str]:
        first = bisect_left(self._terms, prefix)
        return [term for term in self._terms[first : first + limit] if term.startswith(prefix)]

    def terms_holding(self, parts: Sequence[str], limit: int) -> list[str]:
        return [term for term in self._terms if any(part in term for part in parts)][:limit]

    def frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        counts = ((word, self._counts[word] or self._count_of_characters(word)) for word in stems)
        return {word: count for word, count in counts if count}

    def _count_of_characters(self, term: str) -> int:
        characters = text_of(f'"{term}"') if self._spaceless else ""
        return sum(characters in passage for passage in self._spaceless) if characters else 0


def terms_of(query: str, passages: Sequence[str]) -> list[Term]:
    found = [_term(notion) for notion in notions(query, PassageVocabulary(passages)) if not notion.is_hint]
    return [term for term in found if term.ways]


def _term(notion: Notion) -> Term:
    ways = frozenset(way for expression in notion.own for way in _ways(expression))
    return Term(ways=ways, factor=notion.factor, is_core=not notion.is_vague, is_vague=notion.is_vague)


def _ways(expression: str) -> Iterator[str]:
    if text := text_of(expression):
        yield text
    elif expression.endswith("*"):
        yield " " + expression.strip('"* ')
    elif words := _WORD.findall(expression):
        yield f" {' '.join(map(stem, words))} "
