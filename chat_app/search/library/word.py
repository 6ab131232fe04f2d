"""Word documents (.docx): headings, paragraphs, tables and footnotes, straight from the package's XML.

Read without python-docx: that loads every part, images too, before anything about their size is known.
"""

from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml's own name for its type

from chat_app.search.library.archive import Archive, opened
from chat_app.search.library.outline import Document, Outline, tidy, title_from_name

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MOVED_FROM = f"{_W}moveFrom"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_MAX_STYLE_DEPTH = 12
_TITLE_LEVEL = 0
_DAMAGED = "is damaged or no Word document; open it in a word processor and save it again as .docx"
_OLD = "is protected by a password or in the old .doc format; save it as .docx without a password"


def parse_word(data: bytes, name: str) -> Document:
    """Raises LibraryFileError for a file that is damaged, locked, or unpacks to more than it should."""
    with opened(data, damaged=_DAMAGED, old=_OLD) as archive:
        body = _part(archive, "word/document.xml")
        if body is None:
            raise archive.damage()
        styles, notes = _part(archive, "word/styles.xml"), _part(archive, "word/footnotes.xml")
        properties = _part(archive, "docProps/core.xml")
    outline = Outline()
    levels = {} if styles is None else _heading_levels(styles)
    _blocks(body.find(f"{_W}body"), outline, levels)
    if notes is not None:
        outline.heading(1, "Footnotes")
        _blocks(notes, outline, {})
    title = None if properties is None else properties.findtext(_TITLE)
    return outline.document(tidy(title or "") or outline.first_heading or title_from_name(name))


def _part(archive: Archive, name: str) -> Element | None:
    data = archive.part(name)
    return None if data is None else archive.parsed(data.replace(_STRICT, _TRANSITIONAL))


def _heading_levels(styles: Element) -> dict[str, int]:
    """Style id -> heading level. Ids are translated ("berschrift1"), names and outline levels are not."""
    known: dict[str, int] = {}
    parents: dict[str, str] = {}
    for style in styles.iterfind(f"{_W}style"):
        identity = style.get(f"{_W}styleId", "")
        name = _value(style, "name").lower()
        outline_level = _value(style, f"pPr/{_W}outlineLvl")
        if name == "title":
            known[identity] = _TITLE_LEVEL
        elif name.startswith("heading ") and name[8:].isdecimal():
            known[identity] = int(name[8:])
        elif outline_level.isdecimal() and int(outline_level) < 9:
            known[identity] = int(outline_level) + 1
        parents[identity] = _value(style, "basedOn")
    for identity in parents:
        ancestor = identity
        for _ in range(_MAX_STYLE_DEPTH):
            if ancestor in known or not ancestor:
                break
            ancestor = parents.get(ancestor, "")
        if ancestor in known:
            known[identity] = known[ancestor]
    return known


def _value(element: Element, path: str) -> str:
    found = element.find(f"{_W}{path}")
    return "" if found is None else found.get(f"{_W}val", "")


def _blocks(root: Element | None, outline: Outline, levels: dict[str, int]) -> None:
    """Paragraphs and tables in reading order, also inside content controls and text boxes."""
    if root is None:
        return
    walk = etree.iterwalk(root, events=("start",), tag=(f"{_W}p", f"{_W}tbl", _FALLBACK))
    for _, element in walk:
        walk.skip_subtree()
        if element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                cells = [" ".join(_text(cell).split()) for cell in row.iterchildren(f"{_W}tc")]
                outline.add(" | ".join(cells) if any(cells) else "", is_item=True)
            outline.add("")
        elif element.tag == f"{_W}p":
            _paragraph(element, outline, levels)


def _paragraph(element: Element, outline: Outline, levels: dict[str, int]) -> None:
    text = tidy(_text(element))
    level = levels.get(_value(element, f"pPr/{_W}pStyle"))
    if level is not None and text and len(text) < 300:
        outline.heading(level, text)
    else:
        is_item = element.find(f"{_W}pPr/{_W}numPr") is not None
        outline.add(text, is_item=is_item)


def _text(element: Element) -> str:
    """Text of a paragraph or cell; deleted text (`w:delText`) and field codes are other elements, and stay out.

    What was moved is in both places while changes are tracked; it is read at the new one.
    """
    parts: list[str] = []
    for node in element.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen", f"{_W}p"):
        if next(node.iterancestors(_FALLBACK, _MOVED_FROM), None) is not None:
            continue
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif node.tag == f"{_W}tab":
            # The same element name stands for tab stops inside paragraph properties.
            parts.append("" if (parent := node.getparent()) is not None and parent.tag == f"{_W}tabs" else " ")
        else:
            parts.append("\n")
    return "".join(parts)
