"""Scripts written without spaces, as pairs of characters: SQLite's tokenizers take a whole sentence of them for one word."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

_KANA = "\u3040-\u30ff\u31f0-\u31ff"
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_SOUTHEAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_HANGUL = "\uac00-\ud7af"
_HALF_WIDTH_KANA = "\uff66-\uff9f"

_SPACELESS = re.compile(f"[{_KANA}{_HAN}{_SOUTHEAST_ASIAN}{_HALF_WIDTH_KANA}]")
_RUN = re.compile(f"[{_HAN}{_KANA}]+|[{_SOUTHEAST_ASIAN}]+|[{_HANGUL}]+")
_ANY = re.compile(f"[{_KANA}{_HAN}{_SOUTHEAST_ASIAN}{_HANGUL}{_HALF_WIDTH_KANA}]")
_HIRAGANA = re.compile("[\u3040-\u309f]")

# Question words and particles; a question's remaining pairs say what it is about.
_FUNCTION_WORDS = re.compile(
    "是什么|什么是|为什么|什么|怎么样|怎么|怎样|如何|哪些|哪个|哪里|多少|可以|吗|呢|的|了|是|在|和|與|与|請|请|"
    "為什麼|什麼|怎麼|"
    "とは何|とは|ですか|ますか|何ですか|について|教えて|どのように|なぜ|どうやって|ください|"
    "คืออะไร|อย่างไร|อะไร|ทำไม|ที่ไหน|เมื่อไหร่|หรือไม่|คือ|และ|ของ|ที่|ใน|"
    "무엇인가요|무엇입니까|무엇|어떻게|인가요|입니까|하나요|합니까"
)


def has_spaceless(text: str) -> bool:
    return not text.isascii() and _ANY.search(text) is not None


def spaceless_count(text: str) -> int:
    return 0 if text.isascii() else len(_SPACELESS.findall(text))


def bigrams(text: str) -> Iterator[str]:
    """A term for each pair of neighbours, and one for the last character of each run, all in plain ASCII."""
    if not has_spaceless(text):
        return
    for run in _RUN.findall(unicodedata.normalize("NFKC", text)):
        for first, second in pairwise(run):
            yield _term(first, second)
        yield _term(run[-1], "")


def query_bigrams(query: str) -> dict[str, str]:
    """What to look for: readable pair -> term. A lone character is looked for at any place: its term ends with `*`."""
    if not has_spaceless(query):
        return {}
    text = unicodedata.normalize("NFKC", query)
    runs = _RUN.findall(_FUNCTION_WORDS.sub(" ", text)) or _RUN.findall(text)
    pairs = {first + second: _term(first, second) for run in runs for first, second in pairwise(run)}
    pairs |= {run: _term(run, "")[:-1] + "*" for run in runs if len(run) == 1}
    # Hiragana is mostly grammar: it only counts where there is nothing else.
    return {pair: term for pair, term in pairs.items() if not _HIRAGANA.search(pair)} or pairs


def without_spaceless(text: str) -> str:
    """The rest: words, which the tokenizer finds by itself. Hangul stays, its words are parted by spaces."""
    return _SPACELESS.sub(" ", text)


@lru_cache(maxsize=100_000)
def _term(first: str, second: str) -> str:
    # A digit at the end keeps the stemmer away: it knows only endings made of letters.
    return f"{ord(first):x}q{ord(second):x}0" if second else f"{ord(first):x}q0"
