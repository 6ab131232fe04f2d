"""Forms of one word brought together, roughly, in English, German, French and Spanish alike.

Coarse on purpose: it only has to bring together forms that stand in one passage, or that begin alike in one library.
"""

import unicodedata
from functools import lru_cache

_LEAST = 4
_ENDINGS = (
    "iciones", "ations", "ciones", "ation", "ating", "ición", "ments", "ungen", "ated", "ates", "ción", "cion", "ings", "ions", "ment",
    "able", "ate", "ern", "ers", "ing", "ion", "ive", "ung", "ed", "en", "er", "ly", "e", "n",
)  # fmt: skip
# Longest first. Behind them the stem keeps its letters.
_ENDINGS_OF = {
    "de": (
        "ierungen", "ierung", "ationen", "ation", "ieren", "ierte", "iert", "iere", "ungen", "teten", "tetes", "teter",
        "ung", "test", "tete", "ten", "tet", "tes", "ter", "tem",
        "te", "ern", "em", "en", "er", "es", "et", "st", "e", "n", "s", "t",
    ),
    "fr": (
        "issements", "issement", "ations", "ation", "ements", "ement", "aient", "antes", "ante", "ants", "ant", "euses", "euse", "eurs",
        "eur", "ees", "ent", "ons", "ions", "ait", "ais", "er", "ez", "ee", "es", "ir", "is", "it", "re", "e", "s", "x",
    ),
    "es": (
        "amientos", "amiento", "imiento", "aciones", "acion", "adores", "ador", "iendo", "ando", "adas", "ados", "idas", "idos", "aron",
        "ada", "ado", "ida", "ido", "aban", "aba", "amos", "mente", "ar", "er", "ir", "an", "en", "as", "os", "es", "a", "o", "e", "s",
    ),
}  # fmt: skip


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Whatever its language."""
    word = plain(word)
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
        word = word[:-1] if word.endswith(("xe", "che", "she", "sse")) else word
    word = word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word
    word = word[:-1] if word.endswith("ie") else word
    word = _without(word, _ENDINGS)
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls" else word


def is_form_of(term: str, word: str, language: str) -> bool:
    """Whether both are forms of one word of a language whose endings are known here."""
    return root(term, language) == root(word, language)


def root(word: str, language: str) -> str:
    """What the forms of a word begin with."""
    if language == "en":
        return stem(word)
    start = _without(plain(word), _ENDINGS_OF.get(language, ()))
    # The index's own stemmer has taken one of two equal letters from some forms and not from others.
    return start[:-1] if len(start) > _LEAST and start[-1] == start[-2] else start


def plain(word: str) -> str:
    """Without capitals and accents."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c))


def _without(word: str, endings: tuple[str, ...]) -> str:
    ending = next((e for e in endings if word.endswith(e) and len(word) - len(e) >= _LEAST), "")
    return word.removesuffix(ending)
