"""A source's words as a Markdown block quote that shows them literally: nothing in them is markup, a link or a citation.

Escaped is what CommonMark, GitHub's tables and strikethrough, and `$` mathematics would take for their own.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from chat_app.agents.excerpts.segments import Segment

_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\[\]*`\\|]*[^\s<>\[\]*`\\|_~.,;:!?)'\"]", re.IGNORECASE)
_SPECIAL = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~]|$)     # a backslash that would escape what follows
    |[*`<~$\[\]|]
    |_(?!(?<=[^\W_]_)[^\W_])        # not inside a word: max_connections stays readable
    |&(?=\#?\w+;)                   # character references
    """,
    re.VERBOSE,
)
_LINE_START = re.compile(r"^(?:(?P<digits>\d{1,9})(?=[.)](?:\s|$)))?(?P<marks>(?(digits)[.)]|[#>+=-]))")
_CITATION_LIKE = re.compile(r"\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\]")


def escaped(text: str) -> str:
    """One line of text as Markdown that shows exactly it. White space is folded."""
    text = " ".join(text.split())
    pieces: list[str] = []
    at = 0
    for address in _ADDRESS.finditer(text):
        # A bare address is shown, and linked, as it is: an escape inside it would be shown too.
        pieces += [_SPECIAL.sub(r"\\\g<0>", text[at : address.start()]), address[0]]
        at = address.end()
    pieces.append(_SPECIAL.sub(r"\\\g<0>", text[at:]))
    line = "".join(pieces)
    return _LINE_START.sub(
        lambda start: (start["digits"] or "") + "".join(f"\\{mark}" for mark in start["marks"]), line
    )


def block_quote(segments: Sequence[Segment], number: int) -> str:
    """The segments, which follow each other in their source, with the citation at the end of the last line."""
    blocks: list[list[str]] = []
    for kind, group in groupby(segments, key=_rendering):
        run = list(group)
        if kind == "fenced":
            blocks.append(_fenced(run))
        elif kind == "prose":
            blocks += [[paragraph] for paragraph in _paragraphs(run)]
        else:
            blocks.append(_lines(run))
    if blocks[-1][-1].startswith("```"):
        blocks[-1].append(f"[{number}]")
    else:
        blocks[-1][-1] += f" [{number}]"
    return "\n>\n".join("\n".join(f"> {line}" if line else ">" for line in block) for block in blocks)


def _rendering(segment: Segment) -> str:
    if not segment.is_code:
        return "prose"
    # Inside a fence nothing can be escaped, and `[1]` would be taken for a citation.
    return "lines" if _CITATION_LIKE.search(segment.text) else "fenced"


def _paragraphs(segments: Sequence[Segment]) -> Iterator[str]:
    """Sentences of one paragraph or list item as one line."""
    paragraph = ""
    for segment in segments:
        if segment.begins_line and paragraph:
            yield escaped(paragraph)
            paragraph = ""
        paragraph += segment.text if segment.is_glued else f" {segment.text}"
    yield escaped(paragraph)


def _fenced(segments: Sequence[Segment]) -> list[str]:
    lines: list[str] = []
    for segment in segments:
        if lines and segment.begins_paragraph:
            lines.append("")
        lines += segment.text.rstrip().split("\n")
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *lines, fence]


def _lines(segments: Sequence[Segment]) -> list[str]:
    """Code outside of a fence: hard line breaks, and no-break spaces for its indentation."""
    lines = [line for segment in segments for line in segment.text.split("\n") if line.strip()]
    shown = ["\u00a0" * (len(line) - len(line.lstrip())) + escaped(line) for line in lines]
    return [*(f"{line}  " for line in shown[:-1]), shown[-1]]
