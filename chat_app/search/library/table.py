"""Tables of values (.csv, .tsv): each row as "column: value" pairs, so that a passage is understood without its header."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from chat_app.errors import LibraryFileError
from chat_app.search.library.decoding import decode
from chat_app.search.library.outline import Document, Outline, tidy, title_from_name
from chat_app.search.library.passages import MAX_WORDS, word_count

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 50_000
_SAMPLE_ROWS = 50
_MAX_FIELD_CHARACTERS = 1_000_000
_MAX_COLUMNS = 2_000
_VALUE = re.compile(r"[\s\d.,:/%+€$£()-]*")
"""A number, a date or an amount: no name of a column."""


def parse_table(data: bytes, name: str) -> Document:
    """Sections of some rows each. Rows are counted as a spreadsheet does: the header is row 1."""
    text = decode(data)
    outline = Outline()
    try:
        rows = _rows(text)
        header: list[str] | None = None
        passage = _Passage(outline)
        for number, cells in rows:
            if header is None:
                header = cells if _is_header(cells) else []
                if header:
                    continue
            passage.add(number, _line(header, cells))
        passage.end()
        if passage.is_unused and header:
            outline.page("row 1", " | ".join(header))
    except csv.Error as exc:
        raise LibraryFileError(f"is no readable table ({exc}); save it again as CSV") from exc
    return outline.document(title_from_name(name))


class _Passage:
    """Collects rows until they fill a passage. A row is never parted, unless it is longer than that by itself."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._lines: list[str] = []
        self._words = 0
        self._first = self._last = 0
        self.is_unused = True

    def add(self, number: int, line: str) -> None:
        words = word_count(line)
        if self._lines and self._words + words > MAX_WORDS:
            self.end()
        if not self._lines:
            self._first = number
        self._lines.append(line)
        self._words += words
        self._last = number
        self.is_unused = False

    def end(self) -> None:
        if self._lines:
            where = f"row {self._first}" if self._first == self._last else f"rows {self._first}–{self._last}"
            self._outline.page(where, "\n".join(self._lines))
        self._lines, self._words = [], 0


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with their numbers."""
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    delimiter = _delimiter(text[:_SAMPLE_CHARACTERS])
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1):
        if len(row) > _MAX_COLUMNS:
            raise csv.Error(f"more than {_MAX_COLUMNS:,} columns in row {number:,}")
        cells = [" ".join(tidy(cell).split()) for cell in row]
        if any(cells):
            yield number, cells


def _delimiter(sample: str) -> str:
    """The one that gives most rows the same number of columns, the more the better."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in _sample_rows(sample, delimiter) if row]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) * min(usual - 1, 1), usual)

    return max(_DELIMITERS, key=score)


def _sample_rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    for _, row in zip(range(_SAMPLE_ROWS), reader, strict=False):
        yield row


def _is_header(cells: Sequence[str]) -> bool:
    """Names only, each once; a single column has a header only if nothing else can be meant, so none."""
    named = [cell for cell in cells if cell]
    return len(named) > 1 and len(set(named)) == len(named) and not any(map(_VALUE.fullmatch, named))


def _line(header: Sequence[str], cells: Sequence[str]) -> str:
    if not header:
        return " | ".join(cells)
    names = [*header, *[""] * max(0, len(cells) - len(header))]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell)
