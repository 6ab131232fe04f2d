"""Presentations (.pptx): a section a slide, with its title, text, tables, diagrams, chart titles and the speaker's notes.

Read without a library: python-pptx loads every part, pictures and films too, before anything about their size is known.
"""

from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml's own name for its type

from chat_app.search.library.archive import Archive, opened, relations
from chat_app.search.library.outline import Document, Outline, tidy, title_from_name

_PRESENTATION = "ppt/presentation.xml"
_DAMAGED = "is damaged or no presentation; open it in a presentation program and save it again as .pptx"
_OLD = "is protected by a password or in the old .ppt format; save it as .pptx without a password"
# Element names with any namespace: "strict" files use others.
_SHAPE, _TABLE, _ROW, _CELL = "{*}sp", "{*}tbl", "{*}tr", "{*}tc"
_PARAGRAPH, _TEXT, _BREAK, _FALLBACK = "{*}p", "{*}t", "{*}br", "{*}Fallback"
_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"dt", "ftr", "hdr", "sldNum", "sldImg"}
"""Placeholders for date, footer, header, slide number and the slide's picture on the notes page."""


def parse_slides(data: bytes, name: str) -> Document:
    """Raises LibraryFileError for a file that is damaged, locked, or unpacks to more than it should."""
    outline = Outline()
    with opened(data, damaged=_DAMAGED, old=_OLD) as archive:
        presentation = archive.xml(_PRESENTATION)
        if presentation is None:
            raise archive.damage()
        for number, part in enumerate(_slide_parts(archive, presentation), start=1):
            _slide(archive, part, number, outline)
        properties = archive.xml("docProps/core.xml")
    title = None if properties is None else properties.findtext("{*}title")
    return outline.document(_title(title, outline.first_heading, name))


def _title(title: str | None, heading: str | None, name: str) -> str:
    title = tidy(title or "")
    return heading or title_from_name(name) if title.lower() in {"", "powerpoint presentation"} else title


def _slide_parts(archive: Archive, presentation: Element) -> Iterator[str]:
    """In the order in which they are shown, each once, whatever their parts are called."""
    known = relations(archive, _PRESENTATION)
    seen: set[str] = set()
    for slide in presentation.iter("{*}sldId"):
        for key, value in slide.attrib.items():
            kind, part = known.get(str(value), ("", "")) if str(key).endswith("}id") else ("", "")
            if kind == "slide" and part not in seen:
                seen.add(part)
                yield part


def _slide(archive: Archive, part: str, number: int, outline: Outline) -> None:
    root = archive.xml(part)
    if root is None:
        return
    title, blocks = _content(root)
    notes: list[str] = []
    for kind, target in relations(archive, part).values():
        if kind in {"diagramData", "chart", "chartEx"} and (drawing := archive.xml(target)) is not None:
            blocks.append("\n".join(_labels(drawing)))
        elif kind == "notesSlide" and (page := archive.xml(target)) is not None:
            notes = _content(page)[1]
    if any(notes):
        blocks.append("Notes: " + "\n\n".join(filter(None, notes)))
    outline.heading(1, title or f"Slide {number}")
    # The title stands in the text too: the slide's number is its location, and the text is understood by itself.
    outline.page(f"slide {number}", "\n\n".join(filter(None, (title, *blocks))))


def _content(root: Element) -> tuple[str, list[str]]:
    """The title, and the blocks of text in the order of the file; groups are walked, doubled drawings left out."""
    title, blocks = "", list[str]()
    walk = etree.iterwalk(root, events=("start",), tag=(_SHAPE, _TABLE, _FALLBACK))
    for _, element in walk:
        walk.skip_subtree()
        kind = etree.QName(element).localname
        if kind == "tbl":
            blocks.append("\n".join(_rows(element)))
        elif kind == "sp" and (placeholder := _placeholder(element)) not in _FURNITURE:
            text = "\n".join(filter(None, map(_text, element.iter(_PARAGRAPH))))
            if placeholder in _TITLES and not title:
                title = " ".join(text.split())
            else:
                blocks.append(text)
    return title, blocks


def _placeholder(shape: Element) -> str | None:
    found = next(shape.iter("{*}ph"), None)
    return None if found is None else found.get("type", "body")


def _rows(table: Element) -> Iterator[str]:
    for row in table.iter(_ROW):
        cells = [" ".join(" ".join(map(_text, cell.iter(_PARAGRAPH))).split()) for cell in row.iterchildren(_CELL)]
        if any(cells):
            yield " | ".join(cells)


def _text(paragraph: Element) -> str:
    parts = ("\n" if etree.QName(node).localname == "br" else node.text or "" for node in paragraph.iter(_TEXT, _BREAK))
    return tidy("".join(parts))


def _labels(drawing: Element) -> Iterator[str]:
    """Texts of a diagram or chart: paragraphs, and the names of series and categories, each once."""
    seen: set[str] = set()
    names = (node for group in drawing.iter("{*}tx", "{*}cat") for node in group.iter("{*}v"))
    for text in (*map(_text, drawing.iter(_PARAGRAPH)), *(tidy(node.text or "") for node in names)):
        if text and text not in seen:
            seen.add(text)
            yield text
