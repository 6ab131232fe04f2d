"""The language of a question, and which of its words name what it is about."""

import re
import unicodedata
from functools import cache

from chat_app.agents.excerpts.grammars import GRAMMARS, Language
from chat_app.search.library.stopwords import STOPWORDS

_KANA = re.compile(r"[\u3040-\u30ff\uff66-\uff9f]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTERS: dict[Language, re.Pattern[str]] = {
    "de": re.compile("[äöüß]"),
    "fr": re.compile("[çœèêàûî]"),
    "es": re.compile("[¿¡ñó]"),
}
WORD = re.compile(r"\w+(?:[-_.'’]\w+)*")
_LOOKED_AT = 4_000


def language_of(text: str) -> Language:
    """By script, else by the stopwords that it holds; English when nothing tells."""
    text = text[:_LOOKED_AT].casefold()
    if _KANA.search(text):
        return "ja"
    if _HAN.search(text):
        return "zh"
    words = set(WORD.findall(text.replace("’", "'")))
    scores: dict[Language, float] = {"en": _said(words, "en")}
    for language, letters in _LETTERS.items():
        scores[language] = _said(words, language) + bool(letters.search(text)) * 0.5
    return max(scores, key=lambda language: scores[language])


def content_words(text: str, language: Language) -> tuple[str, ...]:
    """The words that may name a subject, as written, each once."""
    if language in ("zh", "ja"):
        runs = _RUN.findall(_CJK_FUNCTION_WORDS.sub(" ", unicodedata.normalize("NFKC", text)))
        return tuple(run for run in dict.fromkeys(runs) if run not in GRAMMARS[language].weak)
    dropped = _stopwords(language) | GRAMMARS[language].weak
    words = dict.fromkeys(_without_elision(word) for word in WORD.findall(unicodedata.normalize("NFC", text)))
    return tuple(word for word in words if word and word.replace("’", "'").casefold() not in dropped)


def naming_words(text: str, language: Language) -> tuple[str, ...]:
    """The content words that need nothing else to be understood: what a question is about."""
    relational = GRAMMARS[language].relational
    return tuple(word for word in content_words(text, language) if word.casefold() not in relational)


def has_words(text: str, language: Language) -> bool:
    """Whether anything but stopwords is left to look for."""
    if language in ("zh", "ja"):
        return bool(content_words(text, language))
    return any(word.replace("’", "'").casefold() not in _stopwords(language) for word in WORD.findall(text))


@cache
def _stopwords(language: Language) -> frozenset[str]:
    return STOPWORDS.get(language, frozenset()) | _MORE_STOPWORDS.get(language, frozenset())


def _said(words: set[str], language: Language) -> float:
    """How much of the language is in the words: "was bedeutet" is German, though "was" is English, too."""
    weak = words & GRAMMARS[language].weak
    return len(words & _stopwords(language)) + 0.5 * len(weak - _stopwords(language))


def _without_elision(word: str) -> str:
    """`l'index` -> `index`, `user's` -> `user`."""
    head, mark, tail = word.replace("’", "'").partition("'")
    if not mark:
        return word
    return tail if len(head) <= 2 else head if len(tail) <= 2 else word


_MORE_STOPWORDS: dict[str, frozenset[str]] = {
    "en": frozenset("is do why how what's else ok okay thanks thank hello hi hey tell".split()),
    "de": frozenset("dann denn doch mal bitte danke hallo etwas irgendwie davon dafür dabei darin es".split()),
    "fr": frozenset("et alors donc aussi merci bonjour svp cela ça ceci qu l d j c n s".split()),
    "es": frozenset("entonces también gracias hola favor ello eso cual".split()),
}
_CJK_FUNCTION_WORDS = re.compile(
    "是什么|什么是|为什么|什么样|什么|怎么样|怎么办|怎么|怎样|如何|哪些|哪个|哪里|多少|是否|可以|能否|能不能|有没有|請問|请问|"
    "請|请|吗|呢|吧|的|了|是|在|和|與|与|跟|及|以及|对|把|被|我们|我|你|它们|它|他们|这个|这些|那个|那些|这|那|其|之间|有|"
    "区别|差别|差異|不同|区別|違い|比较|比較|解释|说明|介绍|一下|那么|而且|并且|還是|还是|为何|何时|"
    "とは何|何|教|方法|使い方|理由|説明|場合|下|[\u3040-\u309f]+"
)
# After the function words are out: runs of Han and katakana, and Latin words between them.
_RUN = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\u30a0-\u30ff々ー]+|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:[-_.][A-Za-z0-9]+)*"
)
