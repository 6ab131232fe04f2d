"""A report and its citations: `[3]` in the text is source 3 of the thread."""

import re
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict

from chat_app.research.evidence import Source, merge_sources

# [3], [3, 5]; not [3](url), a link that somebody else wrote, not `[3]: url` at the beginning of a line, its definition,
# and not \[3\].
_CITATION = re.compile(r"^ {0,3}\[\d{1,4}\]:|(?<!\\)\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\](?!\()", re.MULTILINE)
# [1-3] and [1–3, 7], too, if all of them are sources: "the years [1990-2000]" cite nothing.
_NUMBER = r"\d{1,4}(?:\s*[-‐‑–—]\s*\d{1,4})?"
_WITH_RANGES = re.compile(rf"(?<!\\)\[({_NUMBER}(?:\s*[,;]\s*{_NUMBER})*)\](?!\()")
_RANGE = re.compile(r"(\d+)\s*[-‐‑–—]\s*(\d+)")
# Code keeps its brackets: fenced blocks, also unfinished ones and those in a quote, and inline code.
_QUOTED = r"^(?:> ?)* {0,3}"
_CODE = re.compile(
    rf"{_QUOTED}(?P<fence>`{{3,}}(?=[^`\n]*$)|~{{3,}}).*?(?:{_QUOTED}(?P=fence)[`~]*[ \t]*$|\Z)|`+[^`\n]+`+",
    re.DOTALL | re.MULTILINE,
)


class Report(BaseModel):
    """The end of a turn: Markdown with plain `[n]`, and exactly the sources that the text cites."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    text: str
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know about how it came about: parts that are missing, a limit that was reached."""
    uncited: tuple[int, ...] = ()
    """Offsets in `text`, in characters, behind the paragraphs that state something and cite nothing."""
    follow_ups: tuple[str, ...] = ()
    """Questions that a reader may want to ask next."""


def replace_citations(text: str, replacement: Callable[[list[int]], str]) -> str:
    """The text with each citation group, such as `[3]` or `[3, 5]`, replaced. Code is left alone."""

    def replace(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return match.group()
        return replacement([int(n) for n in re.findall(r"\d+", match.group(1))])

    return outside_code(text, lambda prose: _CITATION.sub(replace, prose))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with its prose changed; fenced blocks and inline code stay as they are."""
    pieces: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        pieces += [change(text[at : code.start()]), code[0]]
        at = code.end()
    return "".join([*pieces, change(text[at:])])


def cited_numbers(text: str) -> list[int]:
    """The numbers cited in `text`, each once, in order of first appearance."""
    numbers: dict[int, None] = {}

    def note(group: list[int]) -> str:
        numbers.update(dict.fromkeys(group))
        return ""

    replace_citations(text, note)
    return list(numbers)


def spelled_out(text: str, known: Iterable[Source]) -> str:
    """The text with ranges of citations, as in `[1-3]`, written as `[1, 2, 3]`. Ranges beyond the sources stay as they are."""
    numbers = {source.number for source in known}

    def replace(group: re.Match[str]) -> str:
        ranges = [range(int(first), int(last) + 1) for first, last in _RANGE.findall(group[1])]
        if not ranges or not all(each and numbers.issuperset(each) for each in ranges):
            return group[0]
        listed = _RANGE.sub(lambda each: ", ".join(map(str, range(int(each[1]), int(each[2]) + 1))), group[1])
        return f"[{listed}]"

    return outside_code(text, lambda prose: _WITH_RANGES.sub(replace, prose))


def unknown_numbers(text: str, known: Iterable[Source]) -> list[int]:
    """The numbers that `text` cites and none of `known` has."""
    sources = tuple(known)
    numbers = {source.number for source in sources}
    return [n for n in cited_numbers(spelled_out(text, sources)) if n not in numbers]


def settle_citations(text: str, known: Iterable[Source]) -> Report:
    """Make every `[n]` a source of `known`: groups are split into `[3][5]`, unknown numbers are taken out."""
    by_number = {source.number: source for source in merge_sources(tuple(known)) if source.number is not None}
    text = spelled_out(text, by_number.values())
    settled = replace_citations(text, lambda numbers: "".join(f"[{n}]" for n in numbers if n in by_number))
    if any(n not in by_number for n in cited_numbers(text)):
        # Taking a number out leaves the space that stood before it.
        settled = re.sub(r"(?<=\S)[ \t]+(?=[.,;:!?)](?:\s|$))", "", settled)
    return Report(text=settled.strip(), sources=tuple(by_number[n] for n in sorted(cited_numbers(settled))))
