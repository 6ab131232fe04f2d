"""A text in its parts: prose, and fenced code, in which nothing may be changed.

What is code is for a Markdown parser to say: a fence in a list ends with its item, one in a quote with the quote.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt

# After a blank line, one that begins no item and no quote and is not indented: all that was open is closed, but for a fence
# outside of items and quotes.
_BREAK = re.compile(r"\n\n+(?=[^\s>*+\-\d])")
_MARKERS = r"(?:[ \t>]|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*+"
# The last line, if it may become one that begins code.
_LINE_OF_FENCE = re.compile(rf"{_MARKERS}(?P<fence>`{{3,}}[^`\n]*|`{{1,2}}|~{{3,}}[^\n]*|~{{1,2}})\Z")


class Piece(NamedTuple):
    text: str
    kind: Literal["prose", "code", "nested code"]
    """Code in an item or a quote: parsers differ about what these may begin in the middle of a paragraph."""


class Section(NamedTuple):
    """A part that can be read without what stands before it."""

    pieces: tuple[Piece, ...]
    fence: str
    """Of code that goes on after this section; empty if there is none."""


def sections(text: str) -> Iterator[Section]:
    """The text in order. Of a growing text, all but the last one stay what they are."""
    at = 0
    while at < len(text):
        found = _BREAK.search(text, at)
        end = found.end() if found else len(text)
        # The last one may grow: nobody will ask for it again as it is.
        section = (_section if found else _section.__wrapped__)(text[at:end])
        yield section
        at = end
        if section.fence and found:
            close = _closing(section.fence).search(text, at)
            at = close.end() if close else len(text)
            yield Section((Piece(text[end:at], "code"),), "" if close else section.fence)


def open_fence(text: str) -> str:
    """What ends the code that is not ended at the end of the text; empty if there is none."""
    fence = ""
    for section in sections(text):
        fence = section.fence
    return fence


def may_begin_code(text: str, last: Section) -> int:
    """How many characters at the end of a growing text may begin code, if more follows as it has begun."""
    line = text[text.rfind("\n") + 1 :]
    piece = last.pieces[-1]
    is_code_already = piece.kind == "code" and len(line) < len(piece.text)
    found = None if is_code_already else _LINE_OF_FENCE.match(line)
    return len(found["fence"]) if found else 0


@lru_cache(maxsize=4096)
def _section(text: str) -> Section:
    if "```" not in text and "~~~" not in text:
        return Section((Piece(text, "prose"),), "")
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    pieces: list[Piece] = []
    fence, done = "", 0
    for token in _BLOCKS.parse(text):
        if token.type != "fence" or token.map is None:
            continue
        start, end = token.map
        pieces.append(Piece("".join(lines[done:start]), "prose"))
        if token.level:
            pieces += _nested_code(lines[start:end], token.markup)
        elif _closing(token.markup).search("".join(lines[start:end]), len(lines[start])):
            pieces.append(Piece("".join(lines[start:end]), "code"))
        else:
            fence, end = token.markup, len(lines)
            pieces.append(Piece("".join(lines[start:]), "code"))
        done = end
    pieces.append(Piece("".join(lines[done:]), "prose"))
    return Section(tuple(piece for piece in pieces if piece.text), fence)


def _nested_code(lines: list[str], fence: str) -> Iterator[Piece]:
    info = lines[0].index(fence) + len(fence)
    has_end = len(lines) > 1 and lines[-1].strip(" \t>\n").strip(fence[0]) == "" and fence in lines[-1]
    yield Piece(lines[0][:info], "code")
    yield Piece("".join([lines[0][info:], *lines[1 : -1 if has_end else None]]), "nested code")
    if has_end:
        yield Piece(lines[-1], "code")


@lru_cache(maxsize=64)
def _closing(fence: str) -> re.Pattern[str]:
    return re.compile(rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$\n?", re.MULTILINE)


def _blocks() -> MarkdownIt:
    # No HTML and no definitions: the text is shown without them (inert.py).
    return MarkdownIt("commonmark").enable("table").disable(["html_block", "reference", "inline", "text_join"])


_BLOCKS = _blocks()
