"""The text of a file laid out for a page: the part around a passage, with every quoted passage marked where it stands."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chat_app.research.characters import without_commands
from chat_app.research.evidence import Passage
from chat_app.search.library.index import StoredPassage
from chat_app.search.quotes import Blocks, Span

WHOLE_CHARACTERS = 80_000
"""Up to here a file is shown as a whole."""
PART_CHARACTERS = 40_000


class Piece(NamedTuple):
    """A stretch of text; `passage` is the number of the quoted passage that it belongs to, from 1."""

    text: str
    passage: int | None = None
    is_first: bool = False
    """Of its passage: where a link to it leads."""


class Paragraph(NamedTuple):
    heading: str | None
    """Heading path or page, where another one begins."""
    pieces: list[Piece]


class Part(NamedTuple):
    """What the page shows at once."""

    paragraphs: list[Paragraph]
    earlier: int | None
    """The block that the part before begins with; None at the beginning of the text."""
    later: int | None


class MarkedText:
    """A text with the places of its quoted passages. Not for the event loop: finding them may take seconds."""

    def __init__(self, blocks: Sequence[StoredPassage], passages: Sequence[Passage]) -> None:
        self._blocks = blocks
        texts = Blocks([block.text for block in blocks])
        self._spans = [texts.find(passage.quote, self._near(passage)) for passage in passages]
        self.found = [bool(spans) for spans in self._spans]
        """Whether each passage stands in the text."""

    def part(self, passage: int | None, first: int | None) -> Part:
        """The part that holds a passage (from 1), or begins with a block; without either, the beginning."""
        if sum(len(block.text) for block in self._blocks) <= WHOLE_CHARACTERS:
            return Part(self._paragraphs(0, len(self._blocks)), None, None)
        around = self._before(self._block_of(passage), PART_CHARACTERS // 2)
        start = around if first is None else max(0, min(first, len(self._blocks) - 1))
        end = self._after(start)
        earlier = self._before(start, PART_CHARACTERS) if start else None
        return Part(self._paragraphs(start, end), earlier, end if end < len(self._blocks) else None)

    def _near(self, passage: Passage) -> int:
        """Words that stand in a text more than once are meant where the passage's place says."""
        if passage.location is None:
            return 0
        return next((i for i, block in enumerate(self._blocks) if block.location == passage.location), 0)

    def _block_of(self, passage: int | None) -> int:
        spans = self._spans[passage - 1] if passage and passage <= len(self._spans) else []
        return spans[0].block if spans else 0

    def _before(self, block: int, characters: int) -> int:
        while block > 0 and characters > 0:
            block -= 1
            characters -= len(self._blocks[block].text)
        return block

    def _after(self, block: int) -> int:
        characters = PART_CHARACTERS
        while block < len(self._blocks) and characters > 0:
            characters -= len(self._blocks[block].text)
            block += 1
        return block

    def _paragraphs(self, start: int, end: int) -> list[Paragraph]:
        paragraphs: list[Paragraph] = []
        before: str | None = None
        for index in range(start, end):
            block = self._blocks[index]
            heading = block.location if block.location != before or index == start else None
            paragraphs.append(Paragraph(heading, list(self._pieces(index))))
            before = block.location
        return paragraphs

    def _pieces(self, index: int) -> Iterator[Piece]:
        text, at = self._blocks[index].text, 0
        for span, passage, is_first in sorted(self._marks(index)):
            if span.end <= at:
                continue
            start = max(at, span.start)
            if start > at:
                yield Piece(without_commands(text[at:start]))
            yield Piece(without_commands(text[start : span.end]), passage, is_first)
            at = span.end
        if at < len(text):
            yield Piece(without_commands(text[at:]))

    def _marks(self, index: int) -> Iterator[tuple[Span, int, bool]]:
        for passage, spans in enumerate(self._spans, start=1):
            for span in spans:
                if span.block == index:
                    yield span, passage, span == spans[0]
