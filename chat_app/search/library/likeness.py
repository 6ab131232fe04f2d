"""How much texts are about the same, though they share no word: by small vectors of English words.

A text is the sum of its words. The vectors are a file of this package (docs/decisions/0013-word-vectors.md); without it, or when it
is damaged, passages are ranked by their words alone.
"""

import logging
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from math import sqrt
from operator import mul
from pathlib import Path

from chat_app.search.library.questions import language_of_stopwords
from chat_app.search.library.scripts import has_spaceless
from chat_app.search.library.wordpieces import pieces_of, words_of

logger = logging.getLogger(__name__)

ENGLISH = Path(__file__).with_name("words") / "english.bin"
_HEADER = struct.Struct("<6sIII")
_MAGIC = b"words1"
_ZERO = 128
"""The byte that stands for 0."""
_LANE_BYTES = 4
_MAX_WORDS = 1_000
"""Of a text: each adds at most 100 * 255 * 255, and a lane holds 2^32."""
_KEPT_WORDS = 20_000
_PIECES_A_WORD = 1.75
"""English comes to 1.2. What falls into many more is another language."""


class WordVectors:
    """Thread-safe."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError when it is damaged."""
        if len(content) < _HEADER.size:
            raise ValueError("the file is too short")
        magic, count, self._dimensions, checksum = _HEADER.unpack_from(content)
        data = content[_HEADER.size :]
        if magic != _MAGIC or zlib.crc32(data) != checksum:
            raise ValueError("the file is damaged")
        self._format = f"<{self._dimensions + 1}I"
        rows_end = count * (1 + self._dimensions)
        numbers = {piece: number for number, piece in enumerate(data[rows_end:].decode().split("\n"))}
        self._words = _Words(numbers, data[:count], data[count:rows_end], self._dimensions)

    def knows(self, question: str) -> bool:
        """Whether it is English, as far as one can tell."""
        if has_spaceless(question) or language_of_stopwords(question) != "en":
            return False
        words = [word for word in words_of(question) if word.isalnum()]
        pieces = [len(self._words.pieces(word)) for word in words]
        return bool(words) and all(pieces) and sum(pieces) <= _PIECES_A_WORD * len(words)

    def is_word(self, word: str) -> bool:
        """Whether it is known as a whole: names and rare words need not be."""
        return len(self._words.pieces(word)) == 1

    def vector(self, text: str) -> list[float]:
        """Of length 1; of length 0 for a text without known words."""
        lanes = sum(map(self._words.__getitem__, words_of(text)[:_MAX_WORDS]))
        *sums, scales = struct.unpack(self._format, lanes.to_bytes((self._dimensions + 1) * _LANE_BYTES, "little"))
        shift = scales * _ZERO
        return _unit([each - shift for each in sums])


class _Words(dict[str, int]):
    """Word -> the sum of its pieces, filled as words are met.

    All dimensions lie side by side in one number, 32 bits each, and the sum of the pieces' scales behind them: adding two numbers
    adds them all, at the speed of one addition.
    """

    def __init__(self, numbers: dict[str, int], scales: bytes, rows: bytes, dimensions: int) -> None:
        super().__init__()
        self._numbers, self._scales, self._rows, self._dimensions = numbers, scales, rows, dimensions

    def __missing__(self, word: str) -> int:
        if len(self) >= _KEPT_WORDS:
            self.clear()
        found = self[word] = sum(self._lanes(self._numbers[piece]) for piece in self.pieces(word))
        return found

    def pieces(self, word: str) -> list[str]:
        return pieces_of(word, self._numbers)

    def _lanes(self, number: int) -> int:
        begin = number * self._dimensions
        row = self._rows[begin : begin + self._dimensions] + b"\x01"
        lanes = bytearray(len(row) * _LANE_BYTES)
        lanes[::_LANE_BYTES] = row
        return self._scales[number] * int.from_bytes(lanes, "little")


@cache
def word_vectors(path: Path) -> WordVectors | None:
    """None when it cannot be used, which the log says once."""
    try:
        return WordVectors(path.read_bytes())
    except (OSError, ValueError) as exc:
        logger.warning("The word vectors %s cannot be used (%s); passages are ranked by their words alone.", path, exc)
        return None


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of vectors of length 1 or 0."""
    return sum(map(mul, one, other))


def together(one: Sequence[float], other: Sequence[float], share: float) -> list[float]:
    """The direction between them, nearer to the first."""
    return _unit([a + share * b for a, b in zip(one, other, strict=True)])


def _unit(vector: list[float] | list[int]) -> list[float]:
    length = sqrt(sum(map(mul, vector, vector)))
    return [each / length for each in vector] if length else [0.0] * len(vector)
