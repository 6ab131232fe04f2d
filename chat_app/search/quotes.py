"""Where the words of a quotation stand in a text, however both were broken into lines, spaced, hyphenated and quoted."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

MAX_CHARACTERS = 5_000_000
"""A longer text is only searched for the very characters of a quotation: comparing letters takes a second a million words."""
_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 4
"""Fewer stand anywhere."""


class Span(NamedTuple):
    """A part of one block of a text."""

    block: int
    start: int
    end: int


class Blocks:
    """A text in blocks, such as paragraphs or pages. Not for the event loop: a long text takes seconds."""

    def __init__(self, blocks: Sequence[str]) -> None:
        self._blocks = blocks
        self._letters: _Letters | None = None

    def find(self, quote: str, near: int = 0) -> list[Span]:
        """The first place of the quotation, preferably from block `near` on, in as many spans as it touches blocks; else none."""
        for index in (*range(near, len(self._blocks)), *range(near)):
            start = self._blocks[index].find(quote) if quote else -1
            if start >= 0:
                return [Span(index, start, start + len(quote))]
        if sum(map(len, self._blocks)) > MAX_CHARACTERS:
            return []
        self._letters = self._letters or _Letters(self._blocks)
        return self._letters.find(quote)


class _Letters:
    """Only the letters and digits of the blocks, folded, and for each word where it came from."""

    def __init__(self, blocks: Sequence[str]) -> None:
        self._words: list[Span] = []
        self._starts: list[int] = []
        folded: list[str] = []
        length = 0
        for index, block in enumerate(blocks):
            for match in _WORD.finditer(block):
                word = _folded(match[0])
                if word:
                    self._words.append(Span(index, match.start(), match.end()))
                    self._starts.append(length)
                    folded.append(word)
                    length += len(word)
        self._text = "".join(folded)

    def find(self, quote: str) -> list[Span]:
        letters = "".join(_folded(word) for word in _WORD.findall(quote))
        start = self._text.find(letters) if len(letters) >= _LEAST_LETTERS else -1
        if start < 0:
            return []
        first, from_ = self._place(start)
        last, to = self._place(start + len(letters) - 1)
        return _joined(self._words[first : last + 1], from_, to + 1)

    def _place(self, at: int) -> tuple[int, int]:
        """The word that holds this letter, and where in its block the letter stands; a word that folding changed, as a whole."""
        index = bisect_right(self._starts, at) - 1
        return index, at - self._starts[index]


def _joined(words: Sequence[Span], skipped: int, kept: int) -> list[Span]:
    """One span a block; of the first word without its first letters, of the last one only so many."""
    spans: dict[int, Span] = {}
    for word in words:
        known = spans.get(word.block)
        spans[word.block] = Span(word.block, known.start if known else word.start, word.end)
    first, last = words[0], words[-1]
    spans[first.block] = spans[first.block]._replace(start=min(first.start + skipped, first.end - 1))
    end = max(last.start + 1, min(last.start + kept, last.end))
    spans[last.block] = spans[last.block]._replace(end=max(end, spans[last.block].start + 1))
    return list(spans.values())


def _folded(word: str) -> str:
    """Ligatures, accents and widths of letters don't matter."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word).casefold()
    return "".join(letter for letter in parts if letter.isalnum())
