"""A passage as the sentences, lines and blocks of code that it consists of. Nothing is rewritten."""

import re
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.passages import sentence_ends

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*?(?=\S|[ \t]+\S)")
_MAX_CODE_LINES = 16
_LEAD_WORDS = 10
_LEAST_LIST = 2
_SENTENCE_END = re.compile(r"[.!?…:;。！？：]['\"”’»)\]」』]*$")
_EXPLAINED = re.compile(r" [—–|] ")
_LABELLED_ROW = re.compile(r"[^:;\n]{1,80}: [^;\n]+(?:; [^:;\n]{1,80}: [^;\n]+)+")
_TABLE_ROW = " | "
_PROMPT = re.compile(r"(?:>>>|\.\.\.|\$|#!|[\w()]*[=-][#>*]) ?\S|[\w.]+@[\w.-]+:\S*[$#] ")
_SQL = re.compile(
    r"(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|BEGIN|COMMIT|ROLLBACK|EXPLAIN|GRANT|REVOKE|VACUUM|WITH)\b"
)
_STATEMENT = re.compile(
    rf"(?:{_SQL.pattern}.*;\s*(?:--.*)?$"
    r"|(?:from [\w.]+ import|import [\w.]+$|def \w+\(|class \w+.*:$|async def |return\b.*[()\[\]]|@\w+)"
    r"|(?:sudo|apt|apt-get|pip|git|cd|export|npm|docker|systemctl|psql|pg_\w+|python3?) [\w./-]+[^.]*$)"
)
_NOTATION = re.compile(r"^[^\w.,;:!?…–—•-]+$|[\[\]{}]|[=<>;|]$")
_CODE_LINE_END = re.compile(r"[;{}\\]\s*$|^(?:-- |//|/\*|#(?: |$))")
_INDENTED = re.compile(r"(?: {4}|\t)\s*\S")
_COMMENT = re.compile(r"\s*(?:#|//|--) \S")
_ASSIGNMENT = re.compile(r"^[\w.\[\]'\"]+ ?(?:=|:=|\+=) ?\S+[^.]*$")
_CALL = re.compile(r"^[\w.]+\(.*\)$")


class Segment(BaseModel):
    """A sentence, a line of its own, or a block of code."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    is_code: bool = False
    begins_line: bool = False
    begins_paragraph: bool = False
    is_glued: bool = False
    """No white space stands before it, as between sentences of Chinese."""

    is_listed: bool = False
    """It is one of the short lines that a paragraph ends with: slides and ingredients have no full stops."""

    @property
    def is_item(self) -> bool:
        """A further line of a paragraph of several: one of a list, or what is said of a term."""
        return self.begins_line and not self.begins_paragraph and not self.is_code

    @property
    def is_table(self) -> bool:
        return not self.is_code and _TABLE_ROW in self.text

    @property
    def is_record(self) -> bool:
        """A row of a table that needs no header: "Country: Norway; Rate: 92"."""
        return not self.is_code and self.begins_line and _LABELLED_ROW.fullmatch(self.text) is not None

    @property
    def is_lead(self) -> bool:
        """A term or caption that says what the following is about."""
        is_short = self.begins_line and len(self.text.split()) <= _LEAD_WORDS
        is_row = self.is_record or _EXPLAINED.search(self.text)
        return (
            is_short and not self.is_code and not self.is_listed and not is_row and not _SENTENCE_END.search(self.text)
        )


def segments_of(passage: str) -> list[Segment]:
    """In order; joined by the white space between them they are the passage."""
    return [segment for block in _blocks(passage) for segment in _with_list(list(_segments(block)))]


def _with_list(segments: list[Segment]) -> list[Segment]:
    begin = len(segments)
    while begin and segments[begin - 1].is_lead:
        begin -= 1
    if len(segments) - begin < _LEAST_LIST:
        return segments
    return [*segments[:begin], *(segment.model_copy(update={"is_listed": True}) for segment in segments[begin:])]


def _blocks(passage: str) -> Iterator[str]:
    start = 0
    for match in _BLANK_LINES.finditer(passage):
        yield passage[start : match.start()]
        start = match.end()
    yield passage[start:]


def _segments(block: str) -> Iterator[Segment]:
    if not block.strip():
        return
    if _is_code(block):
        lines = block.strip("\n").rstrip().split("\n")
        for first in range(0, len(lines), _MAX_CODE_LINES):
            text = "\n".join(lines[first : first + _MAX_CODE_LINES])
            yield Segment(text=text, is_code=True, begins_line=True, begins_paragraph=first == 0)
        return
    start, begins_line, begins_paragraph = 0, True, True
    for end in (*sentence_ends(block), len(block)):
        piece = block[start:end]
        if piece.strip():
            is_glued = start > 0 and not block[start - 1].isspace() and not piece[0].isspace()
            yield Segment(
                text=piece.strip(), begins_line=begins_line, begins_paragraph=begins_paragraph, is_glued=is_glued
            )
            begins_line = begins_paragraph = False
        begins_line = begins_line or piece.endswith("\n")
        start = end


def _is_code(block: str) -> bool:
    """Preformatted text keeps its indentation and columns; prose arrives without them."""
    lines = [line for line in block.split("\n") if line.strip()]
    if all(_LABELLED_ROW.fullmatch(line) for line in lines):
        return False
    if any(_PROMPT.match(line) or _STATEMENT.match(line) for line in lines):
        return True
    if all(_INDENTED.match(line) for line in lines) or all(_COMMENT.match(line) for line in lines):
        return True
    laid_out = sum(line != line.strip() or "   " in line.strip() for line in lines)
    if laid_out and not _reads_as_prose(lines):
        return True
    words = block.split()
    if sum(_NOTATION.search(word) is not None for word in words) > 0.3 * len(words):
        return True
    if _SQL.match(block) and block.rstrip().endswith(";"):
        return True
    return sum(_is_code_line(line) for line in lines) * 2 > len(lines)


def _is_code_line(line: str) -> bool:
    if _COMMENT.match(line):
        return True
    if _reads_as_prose([line]):
        return False
    return bool(_CODE_LINE_END.search(line) or _ASSIGNMENT.match(line) or _CALL.match(line))


def _reads_as_prose(lines: list[str]) -> bool:
    words = " ".join(lines).split()
    plain = sum(word.strip(".,;:!?()\"'“”’").isalpha() for word in words)
    return len(words) >= 8 * len(lines) and plain > 0.8 * len(words)
