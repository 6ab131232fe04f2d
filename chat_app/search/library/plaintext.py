"""Text, Markdown and reStructuredText as outlines."""

import re
from collections import Counter
from itertools import pairwise

from markdown_it import MarkdownIt

from chat_app.search.library.decoding import decode
from chat_app.search.library.outline import Document, Outline, title_from_name
from chat_app.search.library.webpage import parse_webpage

_MAX_MARKDOWN_BYTES = 8_000_000
"""The Markdown parser makes about 1 MB a second; a longer file is read as plain text."""
_FRONT_MATTER = re.compile(r"\A(?:---\n(?P<yaml>.*?)\n(?:---|\.\.\.)|\+\+\+\n(?P<toml>.*?)\n\+\+\+)\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"""^title(?::|\s*=)\s*["']?(.+?)["']?\s*$""", re.MULTILINE)
_ADORNMENT = re.compile(r"([=\-`:.'\"~^_*+#<>])\1{2,}\s*")
_DIRECTIVE = re.compile(r"\.\.\s+(?:\|[^|]*\|\s+)?([\w:.-]+)::\s*(.*)")
_SILENT_DIRECTIVES = frozenset(
    "toctree contents image figure index raw highlight default-role role include meta module currentmodule sectnum target-notes "
    "only tabularcolumns literalinclude".split()
)
_ROLE = re.compile(r":[\w:+.-]{1,40}:(?=`)")
_LINKED = re.compile(r"`([^`<>]{1,300}?)\s*<[^<>`]{1,500}>`_{0,2}")
_INTERPRETED = re.compile(r"``?([^`]{1,500}?)``?_{0,2}")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}([^*\s](?:[^*\n]{0,300}[^*\s])?)\*{1,2}(?![\w*])")
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_RULE = re.compile(r"[\s=+-]+")
_LEAST_ROWS = 2
_JUSTIFYING_SPACES = 2
_ALIGNED_SHARE = 0.6
_ITEM = re.compile(r"(?:[-*+•]|\(?\d{1,3}[.)]|#\.)\s+")


def parse_markdown(data: bytes, name: str) -> Document:
    """CommonMark with tables, by way of HTML: one set of rules for headings, lists, tables and HTML inside Markdown."""
    if len(data) > _MAX_MARKDOWN_BYTES:
        return parse_text(data, name)
    text, title = decode(data), ""
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        title = found[1] if (found := _FRONT_TITLE.search(front[0])) else ""
    html = MarkdownIt("commonmark").enable("table").render(text)
    document = parse_webpage(b"\xef\xbb\xbf" + f"<body>{html}</body>".encode("utf-8", errors="replace"), name)
    return document.model_copy(update={"title": title}) if title else document


def parse_text(data: bytes, name: str) -> Document:
    """Paragraphs at blank lines; a line underlined with `===` or `---` is a heading."""
    outline = Outline()
    _Lines(outline, decode(data)).read()
    return outline.document(outline.first_heading or title_from_name(name))


def parse_restructured(data: bytes, name: str) -> Document:
    """The text of reStructuredText without its markup. Nothing is executed or included."""
    outline = Outline()
    _RestructuredLines(outline, decode(data)).read()
    return outline.document(outline.first_heading or title_from_name(name))


class _Lines:
    """Plain text, line by line."""

    def __init__(self, outline: Outline, text: str) -> None:
        self._outline = outline
        self._lines = [line.expandtabs(8).rstrip() for line in text.split("\n")]
        self._at: int = 0
        self._adornments: list[str] = []
        """Underline styles in order of first use: that order is their level."""

    def read(self) -> None:
        while self._at < len(self._lines):
            if not self._lines[self._at]:
                self._at += 1
            elif not self._heading():
                self._block()

    def _heading(self) -> bool:
        line = self._lines[self._at]
        is_overlined = (
            bool(_ADORNMENT.fullmatch(line)) and self._is_title(self._at + 1) and self._line(self._at + 2) == line
        )
        start = self._at + 1 if is_overlined else self._at
        if not is_overlined and not self._is_title(start):
            return False
        style = ("over" if is_overlined else "") + self._line(start + 1)[0]
        if style not in self._adornments:
            self._adornments.append(style)
        self._outline.heading(1 + self._adornments.index(style), self._clean(self._lines[start].strip()))
        self._at = start + 2
        return True

    def _is_title(self, at: int) -> bool:
        text, under = self._line(at).strip(), self._line(at + 1)
        return (
            0 < len(text) <= 120
            and bool(_ADORNMENT.fullmatch(under))
            and len(under) >= min(len(text) * 0.6, 4)
            and not _ADORNMENT.fullmatch(text)
        )

    def _line(self, at: int) -> str:
        return self._lines[at] if at < len(self._lines) else ""

    def _block(self) -> None:
        block = self._take_block()
        self._outline.add(self._clean(_reflowed(block)))

    def _take_block(self) -> list[str]:
        start = self._at
        while (
            self._at < len(self._lines)
            and self._lines[self._at]
            and (self._at == start or not self._is_title(self._at))
        ):
            self._at += 1
        return self._lines[start : self._at]

    def _clean(self, text: str) -> str:
        return text


class _RestructuredLines(_Lines):
    """Adds directives, comments, roles and literal blocks."""

    _is_literal = False

    def _block(self) -> None:
        line = self._lines[self._at]
        indent = _indent(line)
        if self._is_literal and indent:
            self._literal(indent)
            return
        self._is_literal = False
        stripped = line.strip()
        if stripped == ".." or stripped.startswith(".. "):
            self._directive(stripped, indent)
            return
        if _ADORNMENT.fullmatch(stripped):
            self._at += 1  # a transition
            return
        text = self._clean(_reflowed(self._take_block()))
        if text.endswith("::"):
            self._is_literal = True
            text = text[:-2].rstrip() + ":" if text != "::" else ""
        self._outline.add(text)

    def _literal(self, indent: int) -> None:
        start = self._at
        while self._at < len(self._lines) and (not self._lines[self._at] or _indent(self._lines[self._at]) >= indent):
            self._at += 1
        self._outline.add("\n".join(line[indent:] for line in self._lines[start : self._at]).rstrip())
        self._is_literal = False

    def _directive(self, line: str, indent: int) -> None:
        """Drop comments, link targets and directives without text; of others drop the markup and keep the content."""
        self._at += 1
        match = _DIRECTIVE.match(line)
        if match is None or match[1] in _SILENT_DIRECTIVES:
            while self._at < len(self._lines) and (
                not self._lines[self._at] or _indent(self._lines[self._at]) > indent
            ):
                self._at += 1
            return
        while (option := self._line(self._at).strip()).startswith(":") and option.count(":") >= 2:
            self._at += 1
        self._is_literal = match[1] in {
            "code-block",
            "code",
            "sourcecode",
            "parsed-literal",
            "productionlist",
            "doctest",
        }
        if match[2] and not self._is_literal:
            self._outline.add(self._clean(match[2]))
            self._outline.tie()

    def _clean(self, text: str) -> str:
        if "`" in text:
            text = _INTERPRETED.sub(r"\1", _LINKED.sub(r"\1", _ROLE.sub("", text)))
        return _EMPHASIS.sub(r"\1", text) if "*" in text else text


def _reflowed(lines: list[str]) -> str:
    """Lines of prose as one; lists, tables, verse and code keep their lines."""
    indent = min(map(_indent, lines))
    lines = [line[indent:] for line in lines]
    if _has_columns(lines):
        return "\n".join(lines)
    text = [lines[0]]
    for before, line in pairwise(lines):
        is_prose = len(before) >= 45 and not line.startswith(("  ", "|", "+")) and not _ITEM.match(line)
        is_item_continued = _ITEM.match(lines[0]) is not None and line.startswith("  ") and "   " not in line.strip()
        text.append(" " + line.strip() if is_prose or is_item_continued else "\n" + line)
    return "".join(text)


def _has_columns(lines: list[str]) -> bool:
    """Whether something begins at the same place of most lines, behind a gap. Gaps of justified prose are anywhere."""
    rows = [line for line in lines if not _RULE.fullmatch(line)]
    gaps = [gap for row in rows for gap in _GAP.finditer(row)]
    begins = Counter(gap.end() for gap in gaps)
    is_wide = 2 * sum(len(gap[0]) > _JUSTIFYING_SPACES for gap in gaps) > len(gaps)
    return is_wide and len(rows) >= _LEAST_ROWS and max(begins.values()) >= _ALIGNED_SHARE * len(rows)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
