"""What a question asks for, each with the other ways in which documents may put it: inflected, joined, parted, or in other words."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.compounds import Compounds, beginning
from chat_app.search.library.definitions import definitions_of
from chat_app.search.library.everyday import same, same_in
from chat_app.search.library.inflection import is_form_of, plain, root, stem
from chat_app.search.library.irregular import other_forms, other_forms_in_german
from chat_app.search.library.questions import language_of_stopwords, terms
from chat_app.search.library.scripts import has_hiragana, phrase_of, text_of
from chat_app.search.library.spelling import across, respelled
from chat_app.search.library.stopwords import GENERAL, GENERAL_OF
from chat_app.search.library.thesaurus import alike, phrases_in
from chat_app.search.library.vocabulary import Vocabulary

_GENERAL_FACTOR = 0.4
_LEAST_PART = 2
_LONGEST_PARTED = 30
"""In characters: what is longer is no word, and has too many parts."""
_HINT_FACTOR = 0.5
_MAX_FORMS = 12
_LEAST_PREFIX = 3
_GRAMMAR_FACTOR = 0.3
"""What pairs of Hiragana count, which are mostly endings."""
_PARTICIPLE = re.compile("ge(?=.{4})")
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

    is_vague: bool = False
    """Whether it names no subject."""

    @property
    def is_hint(self) -> bool:
        """Whether it is only what a turn of phrase suggests: welcome, but nothing that an answer must hold."""
        return not self.own


def notions(question: str, vocabulary: Vocabulary) -> list[Notion]:
    """Empty when the question holds nothing to look for."""
    language = language_of_stopwords(question)
    expressions = terms(question)
    joined = _joined(expressions, vocabulary)
    same_words = same_in(question)
    found: list[Notion] = []
    compounds = _compounds(expressions, language, vocabulary)
    for each in expressions:
        if readable := text_of(each):
            found.append(_pair(each, readable, same_words))
        elif compounds is None or not (word := _only_word(each)):
            found.append(_notion(each, language, vocabulary, joined.get(each, ())))
        else:
            notion = _notion(each, language, vocabulary, joined.get(each, ()))
            found += _german(notion, word, compounds, vocabulary, is_plain=question.islower())
    if not found:
        return found
    found = _with_straddling_pairs(found, vocabulary)
    hints = [Notion(own=(), alike=phrases) for phrases in (tuple(map(_quoted, definitions_of(question))),) if phrases]
    if language == "en":
        hints += [
            Notion(own=(), alike=tuple(map(_quoted, words)), factor=_HINT_FACTOR) for words in phrases_in(question)
        ]
    return [*found, *hints]


def _notion(expression: str, language: str, vocabulary: Vocabulary, joined: Sequence[str]) -> Notion:
    word = _only_word(expression)
    if word is None:
        return Notion(own=(expression, *joined))
    if language == "en":
        return _english(expression, word.casefold(), joined, vocabulary)
    strong = other_forms_in_german(word.casefold()) if language == "de" else ()
    words = (word, *strong, *same(word, language))
    forms = dict.fromkeys(_quoted(form) for each in words for form in (each, *_forms(each, language, vocabulary)))
    own = dict.fromkeys((expression, *forms, *joined))
    is_vague = word.casefold() in GENERAL_OF.get(language, ())
    return Notion(own=tuple(own), factor=_GENERAL_FACTOR if is_vague else 1.0, is_vague=is_vague)


def _pair(expression: str, readable: str, same_words: Mapping[str, Sequence[str]]) -> Notion:
    """A pair of characters of a script without spaces; the whole of another word stands for each pair of its own."""
    others: list[str] = [other for word, meant in same_words.items() if readable in word for other in meant]
    own = dict.fromkeys((expression, *(phrase for other in others if (phrase := phrase_of(other)))))
    is_vague = has_hiragana(readable)
    return Notion(own=tuple(own), factor=_GRAMMAR_FACTOR if is_vague else 1.0, is_vague=is_vague)


def _with_straddling_pairs(found: Sequence[Notion], vocabulary: Vocabulary) -> list[Notion]:
    """A pair that no document holds, beside one that they do hold, counts for the characters that are missing alone.

    "卡丢" in "门禁卡丢了" is half of one word and half of another.
    """
    pairs = [_character_pair(notion) for notion in found]
    terms_asked = {
        term for pair, n in zip(pairs, found, strict=True) if pair for way in n.own for term in _WORD.findall(way)
    }
    held = vocabulary.frequencies(sorted(terms_asked)) if terms_asked else {}
    known = [pair if pair and _is_held(notion, held) else "" for pair, notion in zip(pairs, found, strict=True)]
    if not any(known) or known == pairs:
        return list(found)
    return [
        notion
        if not pair or pair == held
        else notion.model_copy(update={"factor": notion.factor * _missing_share(i, pairs, known)})
        for i, (notion, pair, held) in enumerate(zip(found, pairs, known, strict=True))
    ]


def _missing_share(at: int, pairs: Sequence[str], known: Sequence[str]) -> float:
    """Which part of a pair stands in no pair beside it: a character that two unknown pairs share counts half for each."""
    pair, share = pairs[at], 0.0
    for beside, own, other in ((at - 1, pair[0], 1), (at + 1, pair[1], 0)):
        is_joined = 0 <= beside < len(pairs) and bool(pairs[beside]) and pairs[beside][other] == own
        share += (0.0 if known[beside] else 0.25) if is_joined else 0.5
    return share


def _character_pair(notion: Notion) -> str:
    readable = text_of(notion.own[0]) if notion.own else ""
    return readable if len(readable) == 2 and not notion.is_vague else ""


def _is_held(notion: Notion, held: Collection[str]) -> bool:
    """Whether the documents know all terms of one of its expressions."""
    return any(all(term in held for term in _WORD.findall(way)) for way in notion.own)


def _compounds(expressions: Sequence[str], language: str, vocabulary: Vocabulary) -> Compounds | None:
    """A single word need not tell its language."""
    if language != "de" and (language != "en" or len(expressions) > 1):
        return None
    words = [word for each in expressions if (word := _only_word(each)) and word.casefold() not in GENERAL_OF["de"]]
    unknown = [word for word in words if not _is_known(word, vocabulary)]
    return Compounds(words, unknown, vocabulary) if language == "de" or unknown else None


def _german(notion: Notion, word: str, compounds: Compounds, vocabulary: Vocabulary, *, is_plain: bool) -> list[Notion]:
    """As one notion where the documents know the word, else as one for each of its parts."""
    kinds = compounds.kinds_of(word)
    around = (f'"{start}" *',) if (start := beginning(word)) and not notion.is_vague else ()
    # Nouns have a capital, unless somebody writes without any.
    is_noun = word[0].isupper() or is_plain
    is_known = kinds or any(_is_known(each, vocabulary) for way in notion.own for each in _WORD.findall(way)[:1])
    parted = compounds.split(word) if is_noun and not is_known else None
    if parted is None:
        return [notion.model_copy(update={"own": (*notion.own, *map(_quoted, kinds), *around)})]
    share = parted.modifier_share
    return [
        Notion(own=tuple(map(_quoted, parted.modifier)), factor=share * notion.factor),
        Notion(
            own=(*notion.own[:1], *map(_quoted, parted.head)),
            factor=(1 - share) * notion.factor,
            is_vague=parted.is_head_vague,
        ),
    ]


def _is_known(word: str, vocabulary: Vocabulary) -> bool:
    """Whether any term begins so; the index's own stemmer may have taken its end."""
    return bool(vocabulary.terms_from(plain(word)[:-1], 1))


def _only_word(expression: str) -> str | None:
    words = _WORD.findall(expression)
    return words[0] if len(words) == 1 and not expression.endswith("*") else None


def _english(expression: str, word: str, joined: Sequence[str], vocabulary: Vocabulary) -> Notion:
    forms = (word, *other_forms(word))
    splits = _splits(word)
    wanted = {stem(each) for each in (*forms, *across(word), *(part for split in splits for part in split))}
    known = vocabulary.frequencies(sorted(wanted))
    forms = (*forms, *(other for other in across(word) if stem(other) in known))
    everyday = dict.fromkeys(other for form in forms for other in same(form, "en") if other not in forms)
    meant = dict.fromkeys(other for form in forms for other in alike(form) if other not in forms)
    if stem(word) not in known:
        joined = (*joined, *(_quoted(f"{one} {two}") for one, two in splits if {stem(one), stem(two)} <= known.keys()))
    is_held = bool(joined) or any(stem(form) in known for form in forms)
    if not is_held and not everyday and not meant:
        joined = tuple(_quoted(form) for term in respelled(word, vocabulary) for form in _before_stemming(term))
    # What the documents never say by its own name they say by another.
    instead = () if is_held else tuple(map(_quoted, everyday))
    return Notion(
        own=(expression, *map(_quoted, forms[1:]), *joined, *instead),
        alike=tuple(map(_quoted, {**meant, **(everyday if is_held else {})})),
        factor=_GENERAL_FACTOR if word in GENERAL else 1.0,
        is_vague=word in GENERAL,
    )


def _forms(word: str, language: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The index's stems are English ones: forms of other languages are brought together when they are asked for."""
    start = root(word, language)
    if len(start) < _LEAST_PREFIX:
        return
    for term in vocabulary.terms_from(start, _MAX_FORMS * 10)[: _MAX_FORMS * 10]:
        if term != plain(word) and is_form_of(term, word, language):
            yield from _before_stemming(term)
    if language == "de":
        # "halten" and "gehalten"
        if _PARTICIPLE.match(plain(word)):
            yield from _forms(plain(word)[2:], language, vocabulary)
        else:
            yield from (t for t in vocabulary.terms_from(f"ge{start}", _MAX_FORMS) if is_form_of(t[2:], word, language))


def _before_stemming(term: str) -> tuple[str, ...]:
    """Terms are stems already, and stemming "laus" once more, from "Läuse", or "guarante" would make it another."""
    return (term, f"{term}e") if term.endswith(("s", "e")) else (term,)


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


def _splits(word: str) -> list[tuple[str, str]]:
    """`wifi` also as `Wi-Fi`, where the documents know nothing but the parts."""
    cuts = range(_LEAST_PART, len(word) - _LEAST_PART + 1) if len(word) <= _LONGEST_PARTED else ()
    return [(word[:at], word[at:]) for at in cuts]


def _quoted(words: str) -> str:
    return f'"{words}"'
