"""A file of the library as a Document. Every way in which a file can be unreadable ends as LibraryFileError."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from lxml import etree

from chat_app.errors import LibraryFileError
from chat_app.search.library.outline import Document
from chat_app.search.library.pdf import parse_pdf
from chat_app.search.library.plaintext import parse_markdown, parse_restructured, parse_text
from chat_app.search.library.webpage import parse_webpage
from chat_app.search.library.word import parse_word

MAX_FILE_BYTES = 100_000_000

_PARSERS: dict[str, Callable[[bytes, str], Document]] = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".txt": parse_text,
    ".rst": parse_restructured,
    ".html": parse_webpage,
    ".htm": parse_webpage,
    ".xhtml": parse_webpage,
    ".pdf": parse_pdf,
    ".docx": parse_word,
}
_BINARY_WINDOW = 8192


def parse(path: Path, name: str) -> Document:
    """Read and parse one file; `name` is its relative name, which errors and the title use.

    Raises LibraryFileError saying which file, what is wrong and what to do.
    """
    try:
        return _parse(_bytes(path), name)
    except LibraryFileError as exc:
        raise LibraryFileError(f"{name!r} {exc}.") from exc


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise LibraryFileError(f"cannot be read ({exc.strerror}); check its permissions") from exc
    if not data:
        raise LibraryFileError("is empty; copy it again")
    if len(data) > MAX_FILE_BYTES:
        raise LibraryFileError(f"is larger than {MAX_FILE_BYTES // 1_000_000} MB; split it into smaller files")
    return data


def _parse(data: bytes, name: str) -> Document:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _PARSERS:
        raise LibraryFileError(f"has the unknown format {suffix!r}; use {', '.join(_PARSERS)}")
    if suffix not in {".pdf", ".docx"} and _is_binary(data):
        raise LibraryFileError("holds binary data, not text; check its file name ending")
    try:
        document = _PARSERS[suffix](data, name)
    except MemoryError as exc:
        raise LibraryFileError("needs too much memory; split it into smaller files") from exc
    except (etree.LxmlError, RecursionError) as exc:
        raise LibraryFileError("is damaged; open it in the program that made it and save it again") from exc
    if not document.sections:
        raise LibraryFileError("has no text; remove it, or save it again with its text")
    return document


def _is_binary(data: bytes) -> bool:
    """Zero bytes, unless a byte order mark announces UTF-16 or UTF-32."""
    return not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) and b"\x00" in data[:_BINARY_WINDOW]
