"""Paragraphs of a report that make statements without naming a source. They are marked, not hidden."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chat_app.research.report import cited_numbers

MARK = "*(no source)*"
_MIN_WORDS = 9
"""Shorter ones lead from one thing to the next, or close."""
_MIN_LETTERS = 20
"""The same for scripts that write without spaces between words."""
_FENCE = re.compile(r"[> ]*(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)|[ =-]+$|\[[^\]]+\]:\s")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_QUOTE = re.compile(r" {0,3}>")
_TABLE = re.compile(r"\s*\||.*\|\s*$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+")
_INTRODUCES = (":", "：")
_ASKS = ("?", "？")
_CLOSING_MARKS = "*_\"'»”’)）」』 "


class _Block(NamedTuple):
    text: str
    end: int
    """Offset behind its last character that is no space."""
    is_item: bool
    indent: int


def uncited_ends(text: str) -> tuple[int, ...]:
    """Offsets, in characters, behind each paragraph or list item that states something and cites nothing.

    Not headings, code, tables, quotes, questions, asides in emphasis, and sentences that only introduce what follows.
    An item counts as cited when the item above it, or the sentence that introduces its list, is.
    """
    ends: list[int] = []
    covering: list[tuple[int, bool]] = []  # (indent, is cited) of what stands above the next item
    for block in _blocks(text):
        is_cited = bool(cited_numbers(block.text))
        covering = [above for above in covering if above[0] < block.indent] if block.is_item else []
        is_covered = any(cited for _, cited in covering) or (block.is_item and _introduction_is_cited(text, block))
        if not is_cited and not is_covered and _states_something(block.text):
            ends.append(block.end)
        covering.append((block.indent, is_cited))
    return tuple(ends)


def marked(text: str, ends: tuple[int, ...]) -> str:
    """The text with a mark at each of these offsets."""
    pieces, at = list[str](), 0
    for end in sorted(set(ends)):
        pieces += [text[at:end], f" {MARK}"]
        at = end
    return "".join([*pieces, text[at:]])


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs and list items with the lines that continue them."""
    start = at = 0
    fence = ""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        is_code = bool(fence or found)
        if found and (not fence or (found[1].startswith(fence) and not line.strip("> `~\n"))):
            fence = "" if fence else found[1]
        is_other = is_code or not line.strip() or bool(_HEADING.match(line) or _QUOTE.match(line) or _TABLE.match(line))
        if lines and (is_other or _ITEM.match(line)):
            yield _block("".join(lines), start)
            lines = []
        if not is_other:
            start = start if lines else at
            lines.append(line)
        at += len(line)
    if lines:
        yield _block("".join(lines), start)


def _block(text: str, start: int) -> _Block:
    indent = len(text) - len(text.lstrip())
    return _Block(text.strip(), start + len(text.rstrip()), bool(_ITEM.match(text)), indent)


def _introduction_is_cited(text: str, item: _Block) -> bool:
    """Whether the paragraph before the list introduces it and names sources: they stand for the whole list."""
    before = text[: item.end - len(item.text)].rstrip().splitlines()
    while before and (_ITEM.match(before[-1]) or before[-1].startswith((" ", "\t")) or not before[-1].strip()):
        before.pop()
    line = before[-1].rstrip(_CLOSING_MARKS) if before else ""
    return bool(cited_numbers(line)) and re.sub(r"\[[\d,; ]+\]", "", line).rstrip(_CLOSING_MARKS).endswith(_INTRODUCES)


def _states_something(text: str) -> bool:
    words = _ITEM.sub("", text, count=1).strip()
    bare = words.rstrip(_CLOSING_MARKS)
    if bare.endswith((*_INTRODUCES, *_ASKS)) or re.fullmatch(r"([*_])(?!\1).+(?<!\1)\1", words, re.DOTALL):
        return False
    return len(_UNSPACED.findall(words)) >= _MIN_LETTERS or len(_WORD.findall(_UNSPACED.sub("", words))) >= _MIN_WORDS
