"""How well words answer a question: which of its terms they hold, and whether they read like an answer. No AI model."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from pydantic import BaseModel, ConfigDict

from chat_app.agents.excerpts.cues import DEFINITION, asks_of_changes, asks_why, cue_of, is_negated
from chat_app.agents.excerpts.grammars import GRAMMARS, Language
from chat_app.agents.excerpts.languages import content_words, language_of
from chat_app.agents.excerpts.measures import measure_of
from chat_app.agents.excerpts.vocabulary import PassageVocabulary, Term, terms_of
from chat_app.search.library.everyday import same
from chat_app.search.library.inflection import stem
from chat_app.search.library.irregular import other_forms
from chat_app.search.library.questions import measures_in
from chat_app.search.library.scripts import has_spaceless
from chat_app.search.library.spelling import across, respelled
from chat_app.search.library.stopwords import GENERAL
from chat_app.search.library.thesaurus import alike

_WORD = re.compile(r"[^\W_]+")
_KATAKANA = re.compile(r"[\u30a0-\u30fa\u30fc-\u30ff]{3,}")
_CARRIED = re.compile(r"\s?[(（][^()（）]+[)）](?=\W*$)")
_ASKS = re.compile(r"[?？¿]|^(?:what|why|how|when|where|which|who|is|are|do|does|can|should)\b", re.IGNORECASE)
_SUBJECT_WORDS = 3
_PHRASE_WORDS = 3
_RELATIONAL_WEIGHT = 0.5
_SHORT_NUMBER_WEIGHT = 0.5
_UNKNOWN_WEIGHT = 1.2
_DEFINED_WITHIN = 14
_VERB_WITHIN = 7
_NAMED_SHARE = 0.7
_SPACELESS_VERB = re.compile("是(?!否)|とは|は")
_SPACELESS_WITHIN = 30
# Ways to say the same that a manual and its reader don't share.
_ALIKE = (
    "turn switch off disable deactivate", "enable activate", "delete remove drop", "speed fast faster performance slow",
    "limit maximum max", "allow permit", "error exception", "backup dump", "restart reload",
    "wifi wi-fi wlan", "ill sick illness sickness", "flat apartment", "holiday vacation", "salary wage",
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
    own: frozenset[int] = frozenset()
    """What a part of a question says itself, where it carries the subject of an earlier one in parentheses."""
    cue: re.Pattern[str] | None
    """What answers to this kind of question often hold."""

    language: Language = "en"
    needs_cue: bool = False
    """Whether nothing but its kind tells what is asked of a subject carried over: "Why (MVCC)?"."""
    vague: frozenset[int] = frozenset()
    """The terms that name no subject, where they are known: they need not be held."""
    is_subject: bool = False
    """Whether it is nothing but two or three words that name something."""
    measure: re.Pattern[str] | None = None
    """What the figure looks like that is asked for."""
    phrases: frozenset[str] = frozenset()
    """Three words of the question in a row, small ones too: "work from home"."""
    whole: str = ""
    """All its words in a row: documents that answer questions ask them first."""
    is_negated: bool = False
    """Whether it asks what not to do, or what is not so."""
    is_of_changes: bool = False
    """Whether it asks what came when, which a list of changes tells best."""

    def found(self, text: str) -> frozenset[int]:
        """The terms that `text` holds."""
        return _found(self.terms, text)

    def is_about(self, found: frozenset[int]) -> bool:
        """Whether `found` holds half of what is asked about: "default" and "allowed" alone don't make an answer.

        One word of several is none either. All of a bare subject, and something of what is asked of a subject carried over.
        """
        named = found - self.vague
        if len(found) < min(2, len(self.terms)) and len(named) < min(2, len(self.terms) - len(self.vague)):
            return False
        if self.own and self.own.isdisjoint(found):
            return False
        return self.share(found & self.core) >= (1.0 if self.is_subject else 0.5) * self.share(self.core) - 1e-9

    def is_answered_by(self, text: str) -> bool:
        """Whether a sentence that holds a term of this question reads like an answer to it."""
        if self.cue is None:
            return False
        return (
            self._is_defined_by(text)
            if self.cue is DEFINITION and text.isascii()
            else self.cue.search(text) is not None
        )

    def is_definition(self, text: str) -> bool:
        """Whether a sentence says what the thing is that the question asks for: it begins with its name, then comes the verb."""
        if self.cue is not DEFINITION:
            return False
        if has_spaceless(text):
            verb = _SPACELESS_VERB.search(text[:_SPACELESS_WITHIN])
            return verb is not None and self.is_name(self.found(text[: verb.start()]))
        words = text.split()[:_DEFINED_WITHIN]
        named_at = [i for i, word in enumerate(words) if self.found(word) & self.core]
        verb = next(
            (i for i in range(1, len(words)) if _defines(words[i - 1] if i - 1 in named_at else "", [words[i]])), 0
        )
        begin = next(iter(named_at), 0)
        named = frozenset[int]().union(*(self.found(word) for word in words[:verb]))
        is_near = verb - begin <= _VERB_WITHIN
        return self.is_name(named) and is_near and not content_words(" ".join(words[:begin]), self.language)

    def is_name(self, found: frozenset[int]) -> bool:
        """Whether `found` is most of what is asked about."""
        return self.share(found & self.core) >= _NAMED_SHARE * self.share(self.core) > 0

    def _is_defined_by(self, text: str) -> bool:
        """The subject, soon followed by what it is: "A deadlock is ...", "a heap, the place where ..."."""
        words = text.split()[:_DEFINED_WITHIN]
        named = [i for i, word in enumerate(words) if not self.core.isdisjoint(self.found(word))]
        return any(_defines(words[at], words[at + 1 : at + 3]) for at in named)

    def has_phrase(self, text: str) -> bool:
        words = _in_words(text) if self.phrases else ""
        return any(phrase in words for phrase in self.phrases)

    def is_asked_in(self, text: str) -> bool:
        """Whether `text` asks the same question."""
        return bool(self.whole) and self.whole in _in_words(text)

    def share(self, found: Iterable[int]) -> float:
        return sum(self.weights[i] for i in found)


def _found(terms: Sequence[frozenset[str]], text: str) -> frozenset[int]:
    stemmed = _stemmed(text)
    folded = "" if text.isascii() else unicodedata.normalize("NFKC", text)
    return frozenset(i for i, ways in enumerate(terms) if any(way in stemmed or way in folded for way in ways))


def _defines(word: str, following: Sequence[str]) -> bool:
    is_apposition = word.endswith(",") and list(following[:1]) in (["a"], ["an"], ["the"], ["where"], ["wherein"])
    # "what it is, ..." ends a clause: nothing is said of it.
    return is_apposition or any(DEFINITION.search(each) and not each.endswith((",", ".")) for each in following)


def inquiry(query: str, passages: Sequence[str]) -> Inquiry:
    """`passages` are what the query found: they say which of its terms tell them apart."""
    language = language_of(query)
    said = _CARRIED.sub("", query)
    own_words = frozenset(content_words(said, language)) if said != query else frozenset[str]()
    is_english = language == "en" and not has_spaceless(query)
    asked = _english_terms(query, own_words, passages) if is_english else terms_of(query, passages)
    terms = tuple(term.ways for term in asked)
    held = [_found(terms, passage) for passage in passages]
    raw = [term.factor * _telling(sum(i in found for found in held), len(held)) for i, term in enumerate(asked)]
    total = sum(raw) or 1.0
    core = frozenset(i for i, term in enumerate(asked) if term.is_core)
    return Inquiry(
        terms=terms,
        weights=tuple(weight / total for weight in raw),
        core=core,
        own=_found(terms, " ".join(own_words)) if own_words else frozenset(),
        vague=frozenset(i for i, term in enumerate(asked) if term.is_vague),
        cue=cue_of(query),
        language=language,
        needs_cue=said != query and not own_words and asks_why(query),
        is_subject=len(query.split()) <= _SUBJECT_WORDS
        and said.isascii()
        and _ASKS.search(query) is None
        and any(core <= found for found in held),
        measure=measure_of(query),
        phrases=_phrases(query, terms),
        whole=_in_words(query) if len(query.split()) >= _PHRASE_WORDS else "",
        is_negated=is_negated(query),
        is_of_changes=asks_of_changes(query),
    )


def _phrases(query: str, terms: Sequence[frozenset[str]]) -> frozenset[str]:
    """Those that hold two of what is asked for, or one and what goes with it."""
    words = _WORD.findall(query.casefold())
    rows = (" ".join(words[at : at + _PHRASE_WORDS]) for at in range(len(words) - _PHRASE_WORDS + 1))
    return frozenset(f" {row} " for row in rows if _found(terms, row.rsplit(" ", 1)[-1]))


def _in_words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _english_terms(query: str, own_words: frozenset[str], passages: Sequence[str]) -> list[Term]:
    measures = measures_in(query)
    words = {_stemmed(word): word for word in content_words(query, "en") if word.casefold() not in measures}
    found = [_english_term(key, word, is_own=word in own_words) for key, word in words.items()]
    return [_in_other_forms(term, word, passages) for term, word in zip(found, words.values(), strict=True)]


def _in_other_forms(term: Term, word: str, passages: Sequence[str]) -> Term:
    """ "Weigh" also as "weight", "cat" as "animal", "recieve" as "receive", where no passage holds the word itself."""
    if any(_found([term.ways], passage) for passage in passages):
        return term
    forms = (word.casefold(), *other_forms(word.casefold()), *across(word.casefold()))
    others = (*forms[1:], *(other for form in forms for other in same(form, "en")))
    ways = term.ways.union(map(_stemmed, others))
    if not any(_found([ways], passage) for passage in passages):
        ways = ways.union(map(_stemmed, respelled(word, PassageVocabulary(passages))))
    return term.model_copy(update={"ways": ways})


def _english_term(key: str, word: str, *, is_own: bool) -> Term:
    factor = _factor(word, key)
    return Term(
        ways=_ways(key, word, is_own=is_own), factor=factor, is_core=factor >= 1.0, is_vague=word.casefold() in GENERAL
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


def _ways(key: str, word: str, *, is_own: bool) -> frozenset[str]:
    """`is_own`: all depends on this word, so whatever means about the same will do."""
    ways = _alike_by_stem().get(key, frozenset({key}))
    return ways | {_stemmed(other) for other in alike(word)} if is_own else ways


def _telling(passages_with: int, passages: int) -> float:
    """What most passages hold is what the search went by; what none holds is what the documents may not know."""
    return 0.7 + 0.3 * passages_with / passages if passages_with else _UNKNOWN_WEIGHT


def _factor(word: str, key: str) -> float:
    if word.isdigit() and len(word) < 3:
        return _SHORT_NUMBER_WEIGHT
    return _RELATIONAL_WEIGHT if word.casefold() in GENERAL or key in _relational() else 1.0


@cache
def _relational() -> frozenset[str]:
    return frozenset(_stemmed(word) for word in GRAMMARS["en"].relational)
