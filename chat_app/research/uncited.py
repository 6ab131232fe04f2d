"""Paragraphs of a report that make statements without naming a source. They are marked, not hidden.

It errs on the side of silence: what is no statement by its form is left alone.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

MARK = "*(no source)*"
# A sentence of fewer words leads in or sums up.
_MOST_WORDS_OF_A_REMARK = 8
_MOST_WORDS_OF_A_BOLD_HEADING = 15
# Of scripts written without spaces, as many letters are about a word.
_LETTERS_A_WORD = 2.5
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_][\w'’.,-]*")
_CITED = re.compile(r"(?<!\\)\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\](?!\()")
_CODE = re.compile(r"(`+)(?!`)[^\n]+?(?<!`)\1(?!`)")
_LINKED = re.compile(r"!?\[[^\]\n]*\]\([^)\n]*\)|<?https?://\S+")

_FENCE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_DELIMITERS = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_DEFINITION = re.compile(r" {0,3}\[[^\]\n]+\]:[ \t]*\S")
_ITEM = re.compile(r"([ \t]*)(?:[-+*]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r" {0,3}>[ \t]?")
_ATTRIBUTION = re.compile(r"[ \t>]*[—–―]")
_CLOSING_MARKS = "*_ \t\"'”’»)）」』"
_ASIDE = re.compile(r"([*_])[^*_]+\1")

Kind = Literal["paragraph", "item", "row", "quote", "other"]


class Block(NamedTuple):
    kind: Kind
    start: int
    end: int
    """Where its last word ends."""
    text: str
    indent: int = 0


def uncited_ends(text: str) -> tuple[int, ...]:
    """Offsets, in characters, behind each paragraph, list item and table row that states something and cites nothing.

    Not headings, code, quotes, questions, asides in emphasis, and sentences that only introduce what follows. An item
    counts as cited when the item above it is; so do the items and rows that a cited sentence introduces.
    """
    blocks = [block for block in _blocks(text) if block.text]
    return tuple(block.end for i, block in enumerate(blocks) if _lacks_source(blocks, i))


def marked(text: str, ends: Sequence[int], mark: str = MARK) -> str:
    """The text with a mark at each of these offsets."""
    pieces, at = list[str](), 0
    for end in sorted(set(ends)):
        pieces += [text[at:end], f" {mark}"]
        at = end
    return "".join([*pieces, text[at:]])


def _lacks_source(blocks: Sequence[Block], index: int) -> bool:
    block = blocks[index]
    if block.kind in {"other", "quote"} or not _is_statement(block):
        return False
    return not (_is_cited(block) or _is_cited_by_context(blocks, index))


def _is_statement(block: Block) -> bool:
    text = block.text.rstrip(_CLOSING_MARKS)
    if _introduces(block) or text.endswith(("?", "？", "؟")) or _ASIDE.fullmatch(block.text):
        return False
    words = _words(block.text)
    is_bold = block.text.startswith(("**", "__")) and block.text.endswith(("**", "__"))
    if is_bold and words <= _MOST_WORDS_OF_A_BOLD_HEADING and not text.endswith((".", "。", "!")):
        return False
    return words > _MOST_WORDS_OF_A_REMARK


def _words(text: str) -> float:
    text = _LINKED.sub(" ", _CODE.sub(" ", text))
    spaceless = len(_SPACELESS.findall(text))
    return len(_WORD.findall(_SPACELESS.sub(" ", text))) + spaceless / _LETTERS_A_WORD


def _is_cited(block: Block) -> bool:
    return _CITED.search(_CODE.sub("", block.text)) is not None


def _is_cited_by_context(blocks: Sequence[Block], index: int) -> bool:
    block = blocks[index]
    before, after = blocks[:index], blocks[index + 1 :]
    if block.kind == "paragraph" and _ATTRIBUTION.match(block.text) and before and before[-1].kind == "quote":
        return True  # it says where the quote is from
    if block.kind == "item" and after and after[0].indent > block.indent and _is_cited(after[0]):
        return True  # it introduces its items
    return any(_is_cited(owner) for owner in _owners(before, block))


def _owners(before: Sequence[Block], block: Block) -> Iterator[Block]:
    """The items that it is part of, and the paragraph that introduces it with a colon."""
    indent = block.indent if block.kind in {"item", "paragraph"} else 0
    for owner in reversed(before):
        if owner.kind == "item" and owner.indent < indent:
            yield owner
            indent = owner.indent
        elif (owner.kind == block.kind != "paragraph") or owner.kind == "item" or (owner.indent and indent):
            continue
        else:
            if block.kind != "paragraph" and owner.kind == "paragraph" and _introduces(owner):
                yield owner
            return


def _introduces(block: Block) -> bool:
    return _CITED.sub("", block.text).rstrip(_CLOSING_MARKS).endswith((":", "："))


class _Line(NamedTuple):
    text: str
    start: int


def _blocks(text: str) -> Iterator[Block]:
    lines = list(_prose_lines(text))
    at = 0
    while at < len(lines):
        kind = _kind(lines, at)
        if kind == "row":
            end = at + 2
            while end < len(lines) and lines[end].text.strip() and "|" in lines[end].text:
                yield _row(lines[end])
                end += 1
        else:
            end = at + 1
            while end < len(lines) and _continues(lines, end, kind):
                end += 1
            is_heading = kind == "paragraph" and end < len(lines) and _UNDERLINE.match(lines[end].text)
            yield _block("other" if is_heading or kind == "other" else kind, lines[at:end])
            end += bool(is_heading)
        at = end


def _prose_lines(text: str) -> Iterator[_Line]:
    """Lines outside of fenced code, whose lines count as blank."""
    start, fence = 0, ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        is_fence = found is not None and (not fence or (found[1].startswith(fence) and not line.strip(" \t>`~")))
        yield _Line("" if fence or is_fence else line, start)
        if is_fence and found:
            fence = "" if fence else found[1]
        start += len(line) + 1


def _kind(lines: Sequence[_Line], at: int) -> Kind:
    line = lines[at].text
    if not line.strip() or _HEADING.match(line) or _RULE.match(line) or _DEFINITION.match(line):
        return "other"
    if "|" in line and at + 1 < len(lines) and "|" in lines[at + 1].text and _DELIMITERS.match(lines[at + 1].text):
        return "row"
    if _QUOTE.match(line):
        return "quote"
    return "item" if _ITEM.match(line) else "paragraph"


def _continues(lines: Sequence[_Line], at: int, kind: Kind) -> bool:
    """Whether the line goes on with a block of this kind."""
    if kind == "other" or _UNDERLINE.match(lines[at].text):
        return False
    return _kind(lines, at) == ("quote" if kind == "quote" else "paragraph")


def _block(kind: Kind, lines: Sequence[_Line]) -> Block:
    first, last = lines[0], lines[-1]
    item = _ITEM.match(first.text) if kind == "item" else None
    indent = len(first.text) - len(first.text.lstrip(" \t")) if item is None else len(item[1])
    text = "\n".join(_QUOTE.sub("", line.text) if kind == "quote" else line.text for line in lines)
    body = text[item.end() :] if item else text
    return Block(kind, first.start + indent, last.start + len(last.text.rstrip(" \t\\")), body.strip(), indent)


def _row(line: _Line) -> Block:
    cells = line.text.rstrip().removesuffix("|").rstrip()
    return Block("row", line.start, line.start + len(cells), cells.strip(" \t|"))
