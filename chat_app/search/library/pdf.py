"""PDF as pages of text."""

import re
import threading
from collections import Counter
from typing import cast

import pypdfium2  # pyright: ignore[reportMissingTypeStubs] - it ships none

from chat_app.errors import LibraryFileError
from chat_app.search.library.outline import Document, Outline, title_from_name
from chat_app.search.library.scripts import is_spaceless

# PDFium is not thread-safe: https://pypdfium2.readthedocs.io/en/stable/readme.html#thread-incompatibility
_PDFIUM = threading.Lock()
_ERROR_PASSWORD = 4  # FPDF_ERR_PASSWORD in fpdfview.h
_MAX_PAGES = 20_000
_MIN_LETTERS_PER_PAGE = 3
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_BROKEN_WORD = re.compile(r"[\x02\ufffe]\n?|\xad\n")
_DIGITS = re.compile(r"\d+")
_ITEM = re.compile(r"(?:[-*•–‣▪]|\(?\d{1,3}[.)]|[a-z]\))\s")
_SENTENCE_ENDS = (".", "!", "?", ":", "。", "！", "？")
_GOES_ON = (*_SENTENCE_ENDS, ",", ";", "-", "、", "，", "；")
_USELESS_TITLE = re.compile(
    r"untitled|unbenannt|microsoft (?:word|powerpoint|excel)|^(?:about:|https?:|file:|data:)|^powerpoint presentation$|"
    r"^(?:document|dokument|scan|print|new document|temp)[\s_-]*\d*$|"
    r"\.(?:docx?|dvi|tex|indd|pages|rtf|odt|ods|odp|xlsx?|pptx?|html?|md|txt|pdf|tmp|jpe?g|png)$",
    re.IGNORECASE,
)
"""What programs write into a file that has no title."""


def parse_pdf(data: bytes, name: str) -> Document:
    """A section a page. Raises LibraryFileError for a file that is damaged, locked or a scan without text."""
    with _PDFIUM:
        title, pages = _read(data)
    letters = sum(sum(map(str.isalnum, page)) for page in pages)
    if letters < _MIN_LETTERS_PER_PAGE * max(1, len(pages)):
        raise LibraryFileError(
            "has no text (a scan?); run OCR on it, for example with ocrmypdf, and save the result here"
        )
    outline = Outline()
    running = _running_lines(pages)
    for number, page in enumerate(pages, start=1):
        text = _paragraphs([line for line in page.split("\n") if _DIGITS.sub("#", line.strip()) not in running])
        outline.page(f"page {number}", text)
    return outline.document(_title(title, name))


def _read(data: bytes) -> tuple[str, list[str]]:
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if cast("int | None", exc.err_code) == _ERROR_PASSWORD:  # pyright: ignore[reportUnknownMemberType]
            raise LibraryFileError("is protected by a password; save a copy without one") from exc
        raise LibraryFileError("is damaged or no PDF; open it in a PDF viewer and save it again") from exc
    try:
        if len(pdf) > _MAX_PAGES:
            raise LibraryFileError(f"has {len(pdf):,} pages and the limit is {_MAX_PAGES:,}; split it")
        title = pdf.get_metadata_value("Title")  # pyright: ignore[reportUnknownMemberType]
        return title, [_page_text(pdf, index) for index in range(len(pdf))]
    finally:
        pdf.close()


def _page_text(pdf: pypdfium2.PdfDocument, index: int) -> str:
    """Empty for a page that cannot be loaded: the others are still worth having."""
    try:
        page = pdf[index]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""
    text = text_page.get_text_bounded()  # pyright: ignore[reportUnknownMemberType]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text_page.close()
    page.close()
    return _BROKEN_WORD.sub("", text).translate(_LIGATURES).replace("\xa0", " ").replace("\x00", "")


def _running_lines(pages: list[str]) -> set[str]:
    """First and last lines that most pages share but for their numbers: page headers and footers."""
    if len(pages) < 4:
        return set()
    counts: Counter[str] = Counter()
    for page in pages:
        lines = [stripped for line in page.split("\n") if (stripped := line.strip())]
        counts.update({_DIGITS.sub("#", line) for line in (*lines[:1], *lines[-1:])})
    return {line for line, count in counts.items() if count > len(pages) / 2}


def _paragraphs(lines: list[str]) -> str:
    """Lines joined into paragraphs. A PDF knows only lines: one that ends a sentence short of the margin ends its paragraph."""
    lines = [" ".join(line.split()) for line in lines]
    width = _width(lines)
    text, before = "", ""
    for line in lines:
        if not line:
            before = ""
            continue
        if not text:
            text = line
        elif not before or (
            before.endswith(_SENTENCE_ENDS) and (len(before) < 0.85 * width or _is_heading(line, width))
        ):
            text += "\n\n" + line
        elif _ITEM.match(line) or len(before) < 0.5 * width:
            text += "\n" + line
        else:
            text += line if is_spaceless(text[-1]) and is_spaceless(line[0]) else " " + line
        before = line
    return text


def _width(lines: list[str]) -> int:
    """Of the lines of a column; a title may go across two of them."""
    lengths = sorted((len(line) for line in lines if line), reverse=True)
    return lengths[len(lengths) // 10] if lengths else 0


def _is_heading(line: str, width: int) -> bool:
    """Whether a line behind the end of a sentence says what comes next: the last line of a paragraph ends a sentence, too."""
    return len(line) < 0.5 * width and not line.endswith(_GOES_ON) and not line[0].islower()


def _title(title: str, name: str) -> str:
    title = " ".join(title.split())
    return title_from_name(name) if len(title) < 4 or _USELESS_TITLE.search(title) else title
