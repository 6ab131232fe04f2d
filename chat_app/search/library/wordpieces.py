"""English words as the parts that word vectors know: the longest known beginning, then the longest known continuation."""

import re
import unicodedata
from collections.abc import Collection

_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_CONTINUES = "##"
_MAX_CHARACTERS = 100
"""What is longer is no word."""


def words_of(text: str) -> list[str]:
    """In lower case and without accents."""
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return _WORD.findall(text.lower())


def pieces_of(word: str, known: Collection[str]) -> list[str]:
    """Empty for a word that cannot be put together of known pieces."""
    pieces: list[str] = []
    begin = 0
    while begin < len(word) <= _MAX_CHARACTERS:
        prefix = _CONTINUES if begin else ""
        end = next((end for end in range(len(word), begin, -1) if prefix + word[begin:end] in known), None)
        if end is None:
            return []
        pieces.append(prefix + word[begin:end])
        begin = end
    return pieces
