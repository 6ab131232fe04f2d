"""A file of the library as a Document. Every way in which a file can be unreadable ends as LibraryFileError."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lxml import etree

from chat_app.errors import LibraryFileError
from chat_app.search.library.ebook import parse_ebook
from chat_app.search.library.outline import Document
from chat_app.search.library.pdf import parse_pdf
from chat_app.search.library.plaintext import parse_markdown, parse_restructured, parse_text
from chat_app.search.library.slides import parse_slides
from chat_app.search.library.snapshot import take
from chat_app.search.library.table import parse_table
from chat_app.search.library.webpage import parse_webpage
from chat_app.search.library.word import parse_word

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
    ".pptx": parse_slides,
    ".epub": parse_ebook,
    ".csv": parse_table,
    ".tsv": parse_table,
}
_NOT_TEXT = {".pdf", ".docx", ".pptx", ".epub"}
_BINARY_WINDOW = 8192
_MAX_CONTROL_SHARE = 0.1
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")
# What a file begins with that is something else than its name says, and that a reader of text would take for words.
_MAGIC = {b"%PDF-": ".pdf", b"{\\rtf": ".rtf", b"%!PS": ".ps"}


def parse(path: Path, name: str) -> Document:
    """Read and parse one file; `name` is its relative name, which errors and the title use.

    Raises LibraryFileError saying which file, what is wrong and what to do.
    """
    with naming(name):
        return parse_bytes(take(path)[0], name)


@contextmanager
def naming(name: str) -> Generator[None]:
    """Make whole sentences of the errors raised within."""
    try:
        yield
    except LibraryFileError as exc:
        raise LibraryFileError(f"{name!r} {exc}.") from exc


def parse_bytes(data: bytes, name: str) -> Document:
    """The content of a file. Errors say what is wrong and what to do, without the name."""
    if not data:
        raise LibraryFileError("is empty; copy it again")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in _PARSERS:
        raise LibraryFileError(f"has the unknown format {suffix!r}; use {', '.join(_PARSERS)}")
    if suffix not in _NOT_TEXT:
        _require_text(data)
    try:
        document = _PARSERS[suffix](data, name)
    except MemoryError as exc:
        raise LibraryFileError("needs too much memory; split it into smaller files") from exc
    except (etree.LxmlError, RecursionError) as exc:
        raise LibraryFileError("is damaged; open it in the program that made it and save it again") from exc
    if not document.sections:
        raise LibraryFileError("has no text; remove it, or save it again with its text")
    return document


def _require_text(data: bytes) -> None:
    for magic, ending in _MAGIC.items():
        if data.startswith(magic):
            raise LibraryFileError(f"is a {ending} file by its content; check its file name ending")
    if _is_binary(data):
        raise LibraryFileError("holds binary data, not text; check its file name ending")


def _is_binary(data: bytes) -> bool:
    """Zero bytes or many control characters, unless a byte order mark announces UTF-16 or UTF-32."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    window = data[:_BINARY_WINDOW]
    controls = len(window) - len(window.translate(None, _CONTROLS))
    return b"\x00" in window or controls > _MAX_CONTROL_SHARE * len(window)
