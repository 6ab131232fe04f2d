"""How well words answer a question: which of its terms they hold, and whether they read like an answer. No AI model."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.cues import DEFINITION, asks_of_changes, cue_of
from chat_app.agents.excerpts.grammars import GRAMMARS, Language
from chat_app.agents.excerpts.languages import content_words, language_of
from chat_app.search.library.inflection import stem
from chat_app.search.library.scripts import query_bigrams
from chat_app.search.library.stopwords import GENERAL

_WORD = re.compile(r"[^\W_]+")
_RELATIONAL_WEIGHT = 0.5
_SHORT_NUMBER_WEIGHT = 0.5
_UNKNOWN_WEIGHT = 1.2
_DEFINED_WITHIN = 14
# Ways to say the same that a manual and its reader don't share.
_ALIKE = (
    "turn switch off disable deactivate", "enable activate", "delete remove drop", "speed fast faster performance slow",
    "limit maximum max", "allow permit", "error exception", "backup dump", "restart reload",
    "abschalten ausschalten deaktivieren", "einschalten aktivieren",
    "löschen entfernen", "désactiver arrêter", "supprimer effacer", "desactivar apagar", "eliminar borrar",
)  # fmt: skip


class Inquiry(BaseModel):
    """A query as terms and as a kind of question."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    terms: tuple[frozenset[str], ...]
    """For each term what stands for it: stems between spaces, or pairs of characters of scripts that have none."""
    weights: tuple[float, ...]
    """They sum to 1. A verb of requests tells little about which passage to read."""
    core: frozenset[int]
    """The terms that name what is asked about."""
    cue: re.Pattern[str] | None
    """What answers to this kind of question often hold."""

    is_of_changes: bool = False
    """Whether it asks what came when, which a list of changes tells best."""

    def found(self, text: str) -> frozenset[int]:
        """The terms that `text` holds."""
        stemmed = _stemmed(text)
        folded = "" if text.isascii() else unicodedata.normalize("NFKC", text)
        return frozenset(i for i, ways in enumerate(self.terms) if any(way in stemmed or way in folded for way in ways))

    def is_about(self, found: frozenset[int]) -> bool:
        """Whether `found` holds half of what is asked about: "default" and "allowed" alone don't make an answer."""
        return self.share(found & self.core) >= 0.5 * self.share(self.core)

    def is_answered_by(self, text: str) -> bool:
        """Whether a sentence that holds a term of this question reads like an answer to it."""
        if self.cue is None:
            return False
        return (
            self._is_defined_by(text)
            if self.cue is DEFINITION and text.isascii()
            else self.cue.search(text) is not None
        )

    def _is_defined_by(self, text: str) -> bool:
        """The subject, soon followed by what it is: "A deadlock is ...", "a heap, the place where ..."."""
        words = text.split()[:_DEFINED_WITHIN]
        named = [i for i, word in enumerate(words) if not self.core.isdisjoint(self.found(word))]
        return any(_defines(words[at], words[at + 1 : at + 3]) for at in named)

    def share(self, found: Iterable[int]) -> float:
        return sum(self.weights[i] for i in found)


def _defines(word: str, following: Sequence[str]) -> bool:
    is_apposition = word.endswith(",") and list(following[:1]) in (["a"], ["an"], ["the"])
    return is_apposition or any(DEFINITION.search(each) for each in following)


def inquiry(query: str, passages: Sequence[str]) -> Inquiry:
    """`passages` are what the query found: they say which of its terms tell them apart."""
    language = language_of(query)
    content = content_words(query, language)
    words = {_stemmed(word): word for word in content if not query_bigrams(word)}
    pairs = dict.fromkeys(pair for word in content for pair in query_bigrams(word))
    terms = [_alike(key) for key in words] + [frozenset({pair}) for pair in pairs]
    plain = Inquiry(terms=tuple(terms), weights=(1.0,) * len(terms), core=frozenset(), cue=None)
    held = [plain.found(passage) for passage in passages]
    factors = [*(_factor(word, key, language) for key, word in words.items()), *[1.0] * (len(terms) - len(words))]
    raw = [factor * _telling(sum(i in found for found in held), len(held)) for i, factor in enumerate(factors)]
    total = sum(raw) or 1.0
    core = frozenset(i for i, factor in enumerate(factors) if factor == 1.0)
    return Inquiry(
        terms=plain.terms,
        weights=tuple(weight / total for weight in raw),
        core=core,
        cue=cue_of(query),
        is_of_changes=asks_of_changes(query),
    )


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text))


@lru_cache(maxsize=4096)
def _stemmed(text: str) -> str:
    """The stems in order, each between spaces, so that `read-only` is found as a phrase."""
    return f" {' '.join(stem(word) for word in _WORD.findall(text))} "


@cache
def _alike_by_stem() -> dict[str, frozenset[str]]:
    groups = [frozenset(_stemmed(word) for word in line.split()) for line in _ALIKE]
    return {key: group for group in groups for key in group}


def _alike(key: str) -> frozenset[str]:
    return _alike_by_stem().get(key, frozenset({key}))


def _telling(passages_with: int, passages: int) -> float:
    """What most passages hold is what the search went by; what none holds is what the documents may not know."""
    return 0.7 + 0.3 * passages_with / passages if passages_with else _UNKNOWN_WEIGHT


def _factor(word: str, key: str, language: Language) -> float:
    if word.isdigit() and len(word) < 3:
        return _SHORT_NUMBER_WEIGHT
    is_general = language == "en" and word.casefold() in GENERAL
    return _RELATIONAL_WEIGHT if is_general or key in _relational(language) else 1.0


@cache
def _relational(language: Language) -> frozenset[str]:
    return frozenset(_stemmed(word) for word in GRAMMARS[language].relational)
