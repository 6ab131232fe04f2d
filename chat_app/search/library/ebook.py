"""Electronic books (.epub): the chapters in reading order, each read as a web page. Nothing in them is executed or loaded."""

import posixpath
import re
from collections.abc import Iterator

from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml's own name for its type

from chat_app.errors import LibraryFileError
from chat_app.search.library.archive import Archive, joined, opened
from chat_app.search.library.outline import Document, Outline, tidy, title_from_name
from chat_app.search.library.webpage import parse_webpage

_CONTAINER = "META-INF/container.xml"
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}
_DAMAGED = "is damaged or no electronic book; get a new copy of the .epub"
_LOCKED = "is protected against copying (DRM), so its text cannot be read; use a copy without protection"
# An empty element written the XML way, which an HTML parser may take for one that begins and never ends.
_EMPTY_ELEMENT = re.compile(rb"<(script|title|style|iframe|textarea|a|div|span|p)\b([^<>]*)/>", re.IGNORECASE)


def parse_ebook(data: bytes, name: str) -> Document:
    """Raises LibraryFileError for a file that is damaged, protected, or unpacks to more than it should."""
    outline = Outline()
    with opened(data, damaged=_DAMAGED, old=_DAMAGED) as archive:
        package_name = _package_name(archive)
        package = archive.xml(package_name)
        if package is None:
            raise archive.damage()
        folder = posixpath.dirname(package_name)
        pages = list(_reading_order(package, folder))
        _require_readable(archive, set(pages))
        title = tidy(package.findtext(".//{http://purl.org/dc/elements/1.1/}title") or "") or title_from_name(name)
        labels = _labels(archive, package, folder)
        for page in pages:
            content = archive.part(page)
            if content:
                _chapter(_EMPTY_ELEMENT.sub(rb"<\1\2></\1>", content), labels.get(page, ""), title, outline)
    return outline.document(title)


def _package_name(archive: Archive) -> str:
    container = archive.xml(_CONTAINER)
    root = None if container is None else next(container.iter("{*}rootfile"), None)
    if root is None:
        raise archive.damage()
    return joined("", root.get("full-path", ""))


def _reading_order(package: Element, folder: str) -> Iterator[str]:
    """The names of the chapters' parts, each once; without the table of contents, which only points to them.

    A book that names no order is read in that of its list of parts.
    """
    items = {item.get("id", ""): item for item in package.iter("{*}item")}
    references = [reference.get("idref", "") for reference in package.iter("{*}itemref")]
    seen: set[str] = set()
    for reference in references or items:
        item = items.get(reference)
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        part = joined(folder, item.get("href", ""))
        if part not in seen:
            seen.add(part)
            yield part


def _require_readable(archive: Archive, pages: set[str]) -> None:
    """Fonts may be encrypted in an open book, its pages not."""
    encryption = archive.xml("META-INF/encryption.xml")
    if encryption is None:
        return
    references = encryption.iter("{*}CipherReference")
    if any(joined("", reference.get("URI", "")) in pages for reference in references):
        raise LibraryFileError(_LOCKED)


def _labels(archive: Archive, package: Element, folder: str) -> dict[str, str]:
    """Part -> what the table of contents calls it: that of EPUB 3 (a page), or else that of EPUB 2 (the "NCX")."""
    for item in package.iter("{*}item"):
        is_page = "nav" in item.get("properties", "").split()
        if not is_page and item.get("media-type") != "application/x-dtbncx+xml":
            continue
        part = joined(folder, item.get("href", ""))
        root = archive.xml(part)
        entries = [] if root is None else list(_links(root) if is_page else _points(root))
        if entries:
            place = posixpath.dirname(part)
            # The first entry of a page is the chapter; those behind it are sections inside.
            return {joined(place, target): label for target, label in reversed(entries) if label}
    return {}


def _links(root: Element) -> Iterator[tuple[str, str]]:
    for link in root.iter("{*}a"):
        yield link.get("href", ""), " ".join("".join(map(str, link.itertext())).split())


def _points(root: Element) -> Iterator[tuple[str, str]]:
    for point in root.iter("{*}navPoint"):
        content = point.find("{*}content")
        if content is not None:
            yield content.get("src", ""), " ".join((point.findtext("{*}navLabel/{*}text") or "").split())


def _chapter(content: bytes, label: str, book: str, outline: Outline) -> None:
    """Its sections, under the chapter's name: that of the table of contents, or else the page's own."""
    page = parse_webpage(content, "")
    name = label or ("" if page.title == book else page.title)
    for section in page.sections:
        headings = section.headings if section.headings[:1] == (name,) else (name, *section.headings)
        outline.leave(1)
        for level, heading in enumerate(filter(None, headings), start=1):
            outline.heading(level, heading)
        outline.add(section.text)
    outline.leave(1)
