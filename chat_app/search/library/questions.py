"""A question as search terms: its content words, and pairs of characters where it is written without spaces."""

import re
import unicodedata
from itertools import pairwise

from chat_app.search.library.scripts import query_bigrams, without_spaceless
from chat_app.search.library.stopwords import FILLERS, MEASURES, REQUESTS, STOPWORDS

MAX_TERMS = 32
_WORD = re.compile(r"\w+(?:[-_.']\w+)*")
_PART = re.compile(r"[^\W_]+")
_HOW = ("how", "wie")
_LETTERS = {"de": re.compile("[äöüß]"), "fr": re.compile("[çœèêàûîôù]"), "es": re.compile("[ñóíú]")}
_INVERSION = re.compile(r"(?<=\w)(?<!rendez)-(?:t-)?(?:ils?|elles?|on|je|tu|nous|vous)\b", re.IGNORECASE)
"""How French asks: "sont-ils", "ouvre-t-il"."""
_FEW_WORDS = 3
_LEAST_OF_FEW = 1.5


def terms(question: str) -> list[str]:
    """FTS5 expressions, one a term, each quoted so that no character of a question has a meaning in FTS5's query syntax.

    `max_connections` and `read-only` are phrases. Empty when the question holds nothing to look for.
    """
    found = [f'"{" ".join(parts)}"' for word in content_words(question) if (parts := _parts(word))]
    for term in query_bigrams(question).values():
        found.append(f'"{term[:-1]}" *' if term.endswith("*") else f'"{term}"')
    return list(dict.fromkeys(found))[:MAX_TERMS]


def content_words(question: str) -> list[str]:
    """The words without stopwords of the question's language, or all when nothing else is left."""
    text = without_spaceless(unicodedata.normalize("NFKC", question)).replace("’", "'")
    text = _INVERSION.sub(" ", text)
    first_forms: dict[str, str] = {}
    for word in _WORD.findall(text):
        first_forms.setdefault(word.casefold(), word)
    words = list(first_forms.values())
    stopwords = STOPWORDS[_language([word.casefold() for word in words])] | _measures(list(first_forms))
    kept = [word for word in words if word.casefold() not in stopwords or _is_keyword(word, text)]
    if len(kept) > 1 and kept[0].casefold() in REQUESTS and not _is_keyword(kept[0], text):
        kept = kept[1:]
    content = [word for word in kept if word.casefold() not in FILLERS]
    return content or kept or words


def language_of_stopwords(question: str) -> str:
    """The language whose stopwords the question holds, `en` when nothing tells."""
    text = unicodedata.normalize("NFKC", question).replace("’", "'")
    return _language([word.casefold() for word in dict.fromkeys(_WORD.findall(text))])


def measures_in(question: str) -> set[str]:
    """How hot, how old: an answer says how much it is."""
    return _measures([word.casefold() for word in _WORD.findall(question)])


def _measures(words: list[str]) -> set[str]:
    return {word for before, word in pairwise(words) if before in _HOW and word in MEASURES}


def _is_keyword(word: str, text: str) -> bool:
    """In capitals on purpose: SQL's NOT and LIKE, or the IT department."""
    return len(word) > 1 and word.isupper() and not text.isupper()


def _parts(word: str) -> list[str]:
    parts = _PART.findall(word)
    # "user's", "l'index": a single letter at an apostrophe is grammar.
    return [part for part in parts if len(part) > 1] or parts if "'" in word else parts


def _language(words: list[str]) -> str:
    """By its stopwords, of one language only: "die", "son" and "comment" are words to look for in another.

    A few words alone tell it by their letters, too: "Kündigungsfrist".
    """
    counts = {language: float(sum(word in listed for word in words)) for language, listed in STOPWORDS.items()}
    is_short = len(words) <= _FEW_WORDS
    for language, letters in _LETTERS.items():
        counts[language] += (1.5 if is_short else 0.5) * (letters.search(" ".join(words)) is not None)
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return best if counts[best] >= (_LEAST_OF_FEW if is_short else 2) else "en"
