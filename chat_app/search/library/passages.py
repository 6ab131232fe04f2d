"""A document cut into passages of a size to read and to quote. Each is a slice of its section: nothing is rewritten."""

import re
from collections.abc import Iterator
from math import ceil

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.outline import Document, Section
from chat_app.search.library.scripts import bigrams, spaceless_count

MAX_WORDS = 180
_CHARACTERS_PER_WORD = 12
"""So that base64 or a minified script, one endless word, is cut too."""
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"""[.!?…]["'”’»)\]]*(\s+)|[。！？][」』”）]*|\n+""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|Sec|Ch|pp?|vol|ed|al|[Aa]pprox|z\.B|bzw|ca|d\.h|u\.a|"
    r"Tel|Abb|Abs|Art|Kap|Ziff|Mio|Mrd|Str|Hr|inkl|zzgl|ggf|evtl|Sra?|núm|pág)|\b[A-Z])\.$"
)
_ORDINAL = re.compile(
    r"\b(?:[Aa]m|[Ii]m|[Vv]om|[Zz]um|[Bb]eim|[Aa]b|[Ss]eit|[Dd](?:er|ie|as|en|em|es)|[Jj]ede[rnms]?|[Bb]is|[Uu]nd) \d{1,2}\.$"
)
"""German for "on the 2nd", after which comes what it is the second of."""
_GERMAN_MONTH = re.compile(
    r"\s(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b"
)
_WORD_GAP = re.compile(r"\s+")


class CutPassage(BaseModel):
    """A passage as the index takes it."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    location: str | None
    heading: str
    text: str
    bigrams: str
    """Search terms for the parts of title, heading and text that are written without spaces."""
    is_listing: bool = False


class CutDocument(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    passages: tuple[CutPassage, ...]


def cut(document: Document) -> CutDocument:
    passages = tuple(
        CutPassage(
            location=section.location,
            heading=" > ".join(section.headings),
            text=text,
            bigrams=" ".join(bigrams(f"{document.title}\n{' '.join(section.headings)}\n{text}")),
            is_listing=section.is_listing,
        )
        for section in document.sections
        for text in _slices(section)
    )
    return CutDocument(title=document.title, passages=passages)


def word_count(text: str) -> int:
    """Words; in scripts without spaces two characters count as one, and so do twelve of an endless word."""
    return max(len(text.split()) + spaceless_count(text) // 2, len(text) // _CHARACTERS_PER_WORD)


def sentence_ends(text: str) -> Iterator[int]:
    """Offsets behind each sentence or line, with the space that follows it."""
    for match in _SENTENCE.finditer(text):
        if match[1] and "\n" not in match[1]:
            following = text[match.end() : match.end() + 1]
            if following.islower() or _is_within_a_sentence(text, match.start() + 1):
                continue
        yield match.end()


def _is_within_a_sentence(text: str, end: int) -> bool:
    """Whether the period before `end` belongs to an abbreviation or to an ordinal number."""
    before = max(0, end - 13)
    if _ABBREVIATION.search(text, before, end):
        return True
    return text[end - 2 : end - 1].isdigit() and (
        _ORDINAL.search(text, before, end) is not None or _GERMAN_MONTH.match(text, end) is not None
    )


def _slices(section: Section) -> Iterator[str]:
    """Even shares of the section, cut between paragraphs or else sentences."""
    text = section.text
    total = word_count(text)
    if total <= MAX_WORDS:
        yield text
        return
    share = total / ceil(total / MAX_WORDS)
    start, size = 0, 0
    for begin, end in _units(text):
        unit = word_count(text[begin:end])
        if size and (size + unit > MAX_WORDS or size >= share):
            yield from _stripped(text[start:begin])
            start, size = begin, 0
        size += unit
    yield from _stripped(text[start:])


def _stripped(text: str) -> Iterator[str]:
    """Without blank lines around it, keeping the indentation of a first line of code."""
    text = text.strip("\n").rstrip()
    if text.strip():
        yield text


def _units(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs; the sentences of those that are too long; pieces of sentences that are too long."""
    for begin, end in _between(text, (match.end() for match in _PARAGRAPH.finditer(text))):
        if word_count(text[begin:end]) <= MAX_WORDS:
            yield begin, end
            continue
        paragraph = text[begin:end]
        for first, last in _between(paragraph, sentence_ends(paragraph)):
            for piece_first, piece_last in _pieces(paragraph[first:last]):
                yield begin + first + piece_first, begin + first + piece_last


def _between(text: str, cuts: Iterator[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in cuts:
        if at > start:
            yield start, at
            start = at
    if start < len(text):
        yield start, len(text)


def _pieces(sentence: str) -> Iterator[tuple[int, int]]:
    """Only a "sentence" beyond all bounds is cut, between words where it has any."""
    if word_count(sentence) <= MAX_WORDS:
        yield 0, len(sentence)
        return
    words, start = 0, 0
    step = MAX_WORDS * 2 if spaceless_count(sentence) else MAX_WORDS * _CHARACTERS_PER_WORD
    for gap in _WORD_GAP.finditer(sentence):
        words += 1
        if words == MAX_WORDS or gap.end() - start > step:
            yield from _chunks(start, gap.end(), step)
            words, start = 0, gap.end()
    yield from _chunks(start, len(sentence), step)


def _chunks(start: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, step):
        yield at, min(at + step, end)
