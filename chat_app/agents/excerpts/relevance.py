"""How well words answer a question: which of its terms they hold, and whether they read like an answer. No AI model."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.grammars import GRAMMARS, Language
from chat_app.agents.excerpts.languages import content_words, language_of
from chat_app.search.library.scripts import query_bigrams

_WORD = re.compile(r"[^\W_]+")
_RELATIONAL_WEIGHT = 0.5
_ABSENT_WEIGHT = 0.6
_SHORT_NUMBER_WEIGHT = 0.5
_ENDINGS = (
    "ations", "ation", "ments", "ment", "ungen", "ings", "ung", "ing", "iciones", "ición", "ciones", "ción", "cion", "ers", "ern",
    "able", "ed", "er", "en", "ly", "e", "n",
)  # fmt: skip
# Ways to say the same that a manual and its reader don't share.
_ALIKE = (
    "turn switch off disable deactivate", "enable activate", "delete remove drop", "speed fast faster performance slow",
    "limit maximum max", "allow permit", "error exception", "backup dump", "restart reload", "abschalten ausschalten deaktivieren", "einschalten aktivieren",
    "löschen entfernen", "désactiver arrêter", "supprimer effacer", "desactivar apagar", "eliminar borrar",
)  # fmt: skip


class Inquiry(BaseModel):
    """A query as terms and as a kind of question."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True)

    terms: tuple[frozenset[str], ...]
    """For each term the stems, or pairs of characters, any of which stands for it."""
    weights: tuple[float, ...]
    """They sum to 1. A term that all passages hold tells little about which one to read, a verb of requests as well."""
    cue: re.Pattern[str] | None
    """What answers to this kind of question often hold."""

    def found(self, text: str) -> frozenset[int]:
        """The terms that `text` holds."""
        held = stems(text)
        folded = unicodedata.normalize("NFKC", text)
        return frozenset(i for i, ways in enumerate(self.terms) if not held.isdisjoint(ways) or any(_is_pair(w) and w in folded for w in ways))

    def share(self, found: Iterable[int]) -> float:
        return sum(self.weights[i] for i in found)


def inquiry(query: str, passages: Sequence[str]) -> Inquiry:
    """`passages` are what the query found: they say which of its terms tell them apart."""
    language = language_of(query)
    words = {stem(word): word for phrase in content_words(query, language) for word in _WORD.findall(phrase) if not _is_pair(word[:2])}
    terms = [_alike(key) for key in words] + [frozenset({pair}) for pair in query_bigrams(query)]
    plain = Inquiry(terms=tuple(terms), weights=(1.0,) * len(terms), cue=None)
    held = [plain.found(passage) for passage in passages]
    factors = [*(_factor(word, key, language) for key, word in words.items()), *[1.0] * (len(terms) - len(words))]
    raw = [factor * _telling(sum(i in found for found in held), len(held)) for i, factor in enumerate(factors)]
    total = sum(raw) or 1.0
    return Inquiry(terms=plain.terms, weights=tuple(weight / total for weight in raw), cue=_cue(query))


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _WORD.findall(text))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Coarse on purpose: it only has to bring the forms of a word together inside one passage."""
    word = _plain(word)
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
        word = word[:-1] if word.endswith(("xe", "che", "she", "sse")) else word
    word = word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word
    word = word[:-1] if word.endswith("ie") else word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls" else word


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c))


@cache
def _alike_by_stem() -> dict[str, frozenset[str]]:
    groups = [frozenset(stem(word) for word in line.split()) for line in _ALIKE]
    return {key: group for group in groups for key in group}


def _alike(key: str) -> frozenset[str]:
    return _alike_by_stem().get(key, frozenset({key}))


def _is_pair(text: str) -> bool:
    """Of a script written without spaces."""
    return bool(query_bigrams(text)) if not text.isascii() else False


def _telling(passages_with: int, passages: int) -> float:
    # What stands in none of them could not be asked for: the search found them good enough without it.
    return 1.2 - 0.7 * passages_with / max(passages, 1) if passages_with else _ABSENT_WEIGHT


def _factor(word: str, key: str, language: Language) -> float:
    if word.isdigit() and len(word) < 3:
        return _SHORT_NUMBER_WEIGHT
    return _RELATIONAL_WEIGHT if key in _relational_stems(language) else 1.0


@cache
def _relational_stems(language: Language) -> frozenset[str]:
    return frozenset(stem(word) for word in GRAMMARS[language].relational)


_DEFINITION = re.compile(
    r"\b(?:is|are|means?|refers? to|is called|defines?|provides?|allows?|ist|sind|bedeutet|bezeichnet|est|sont|désigne|permet|es|son|significa)\b"
    r"|是|とは|である",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"^(?:To|Use|Run|Set|Add|Create|Call|Type|Open|Install|Make|Um|Verwenden|Pour|Utilisez|Para|Use)\b"
    r"|\b(?:you can|can be|must be|should|is used to|use the|using|by setting|by changing|to do this|können Sie|kann|muss|vous pouvez|"
    r"il faut|puede|se puede|debe)\b|可以|使用|必须|てください|できます",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|therefore|reason|so that|in order to|due to|avoids?|allows?|advantage|ensures?|weil|da|damit|deshalb|car|parce que|"
    r"afin|donc|porque|para que|debido)\b|因为|所以|ため|から",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"\d|\b(?:default|maximum|minimum|limit|one|two|three)\b", re.IGNORECASE)
_KINDS = (
    (re.compile(r"\b(?:why|warum|wieso|weshalb|pourquoi|por qué)\b|为什么|なぜ", re.IGNORECASE), _REASON),
    (re.compile(r"\b(?:how (?:many|much|long|large|often)|default|wie (?:viele?|lange|groß)|combien|cuánt\w+)\b|多少|いくつ", re.IGNORECASE), _QUANTITY),
    (re.compile(r"\b(?:how|wie|comment|cómo)\b|如何|怎么|怎样|どのように|方法", re.IGNORECASE), _INSTRUCTION),
    (re.compile(r"\b(?:what|was|welche\w*|que|qu|quel\w*|qué|cuál\w*)\b|什么|とは", re.IGNORECASE), _DEFINITION),
)


def _cue(query: str) -> re.Pattern[str] | None:
    """A query without a question word is a subject: what it is comes first."""
    kind = next((cue for question, cue in _KINDS if question.search(query)), None)
    return kind or (_DEFINITION if len(query.split()) <= 5 else None)
