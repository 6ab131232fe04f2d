"""Report text as it is stored in the thread: each `[3]` is a link to its source, and nothing else in it does anything."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from chat_app.research.characters import without_commands
from chat_app.research.evidence import Source
from chat_app.transcript.addresses import link_target, source_page
from chat_app.transcript.blocks import Piece, Section, may_begin_code, sections
from chat_app.transcript.inert import Citation, Part, Scan


def linked(text: str, sources: Iterable[Source] = (), thread_id: str = "", *, is_growing: bool = False) -> str:
    """Markdown for the page, in which the numbers of `sources` are links; other numbers stay as they are written.

    Links of the text lead to web pages only and name the host. A growing text is shown as far as it is decided: whatever
    follows, what is shown of it only grows.
    """
    links = {source.number: _link(source, thread_id) for source in sources if source.number is not None}
    text = without_commands(text)
    parsed = [*sections(text)]
    if is_growing and parsed and (undecided := may_begin_code(text, parsed[-1])):
        parsed = [*sections(text[:-undecided])]
    shown: list[str] = []
    for section in parsed:
        # The last one of a growing text is another next time.
        parts = _last_parts(section) if is_growing and section is parsed[-1] else _parts(section)
        shown += [part if isinstance(part, str) else _shown_citation(part, links) for part in parts]
    return "".join(shown)


@lru_cache(maxsize=4096)
def _parts(section: Section) -> tuple[Part, ...]:
    return tuple(part for piece in section.pieces for part in _piece_parts(piece))


def _last_parts(section: Section) -> list[Part]:
    *complete, last = section.pieces
    parts = [part for piece in complete for part in _piece_parts(piece)]
    return [*parts, *_piece_parts(last, is_growing=True)]


def _piece_parts(piece: Piece, *, is_growing: bool = False) -> Sequence[Part]:
    if piece.kind == "code":
        return [piece.text]
    is_code = piece.kind == "nested code"
    *lines, last = piece.text.split("\n")
    parts = [part for line in lines for part in _line_parts(line, is_code=is_code)]
    return [*parts, *Scan(last, is_growing=is_growing, is_code=is_code).parts]


@lru_cache(maxsize=8192)
def _line_parts(line: str, *, is_code: bool) -> tuple[Part, ...]:
    return tuple(Scan(f"{line}\n", is_code=is_code).parts)


def _shown_citation(citation: Citation, links: Mapping[int, str]) -> str:
    if not any(number in links for number in citation.numbers):
        return citation.as_text
    return "".join([links.get(number, f"[{number}]") for number in citation.numbers])


def _link(source: Source, thread_id: str) -> str:
    is_web = source.url.startswith(("http://", "https://"))
    target = link_target(source.url) if is_web else source_page(thread_id, source.number or 0)
    return f"[\\[{source.number}\\]]({target})"
