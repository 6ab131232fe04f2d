"""English words as documents spell them: on the other side of the Atlantic, or without the slip of who asks."""

import re
from collections.abc import Iterator

from chat_app.search.library.inflection import plain
from chat_app.search.library.likeness import ENGLISH, word_vectors
from chat_app.search.library.stopwords import GENERAL
from chat_app.search.library.vocabulary import Vocabulary

_LEAST_LETTERS = 6
"""Of a word with a slip: shorter words have too many others beside them."""
_LEAST_TERM = 5
_PART = 3
_MAX_CANDIDATES = 2_000
_ENDING = re.compile(
    r"(?:e|y|s|es|ed|er|ers|al|ly|ing|ings|ion|ions|ity|ies|ee|ees|able|ible|ment|ments|ance|ence|ation)?"
)
"""What the index's stemmer takes from a word."""
_ACROSS = (
    ("our", "or"), ("ise", "ize"), ("isa", "iza"), ("isi", "izi"), ("yse", "yze"), ("tre", "ter"), ("ogue", "og"), ("ence", "ense"),
    ("amme", "am"), ("lled", "led"), ("lling", "ling"), ("ller", "ler"), ("llment", "lment"), ("llful", "lful"),
)  # fmt: skip
"""British and American endings, in words of some length: "four" is no other "for"."""
_LEAST_ACROSS = 5
_ACROSS_WORDS = {
    "cheque": "check",
    "tyre": "tire",
    "grey": "gray",
    "mould": "mold",
    "plough": "plow",
    "fulfil": "fulfill",
}


def across(word: str) -> tuple[str, ...]:
    """`neighbour` also as `neighbor`, and the other way round; not all that comes out are words."""
    pairs = [pair for one, other in _ACROSS for pair in ((one, other), (other, one)) if len(word) >= _LEAST_ACROSS]
    words = [pair for one, other in _ACROSS_WORDS.items() for pair in ((one, other), (other, one))]
    found = [form for one, other in pairs for form in _replaced(word, one, other)]
    found += [word.replace(one, other, 1) for one, other in words if word.startswith(one)]
    return tuple(form for form in dict.fromkeys(found) if form not in GENERAL)


def respelled(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The term that the documents have one slip away from what is no English word: a letter too many, too few, wrong, or swapped."""
    word = plain(word)
    if len(word) < _LEAST_LETTERS or not word.isalpha() or is_english(word):
        return ()
    near = vocabulary.terms_from(word[:_PART], _MAX_CANDIDATES)
    near += vocabulary.terms_holding([word[_PART : 2 * _PART]], _MAX_CANDIDATES)
    slips = {term for term in near if len(term) >= _LEAST_TERM and _is_slip_of(word, term)}
    known = vocabulary.frequencies(sorted(slips)) if slips else {}
    return tuple(sorted(known, key=lambda term: (-known[term], term))[:1])


def is_english(word: str) -> bool:
    """As far as the word vectors know."""
    vectors = word_vectors(ENGLISH)
    return vectors is None or vectors.is_word(word)


def _replaced(word: str, one: str, other: str) -> Iterator[str]:
    at = word.find(one, 2)
    if at > 0:
        yield word[:at] + other + word[at + len(one) :]


def _is_slip_of(word: str, term: str) -> bool:
    """Whether the word begins as the term does, but for one slip, and ends in nothing but an ending."""
    ends = (end for end in range(len(term) - 1, len(term) + 2) if end <= len(word))
    return any(_ENDING.fullmatch(word[end:]) and _is_one_slip(word[:end], term) for end in ends)


def _is_one_slip(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return one != other and (short[at + 1 :] == long[at + 1 :] or swapped == long)
