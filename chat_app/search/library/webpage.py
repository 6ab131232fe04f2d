"""HTML as an outline: headings, paragraphs, lists, definitions, tables and preformatted text, without navigation."""

import re

from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml's own name for its type

from chat_app.search.library.decoding import decode
from chat_app.search.library.outline import Document, Outline, tidy, title_from_name

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_DROPPED = frozenset(
    "head script style template noscript nav footer iframe object embed svg math canvas audio video button select input "
    "textarea datalist dialog map".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure footer form header hr html "
    "legend li main menu ol p section summary table tbody td tfoot th thead tr ul".split()
)
_NEVER_DROPPED = frozenset({"html", "body", "main", "article"})
_NAVIGATION = frozenset(
    "navheader navfooter navbar navigation nav nav-content sidebar sphinxsidebar sphinxsidebarwrapper related breadcrumb breadcrumbs toc "
    "localtoc headerlink footer site-footer page-footer site-header page-header mobile-nav menu-wrapper skip-link skiplink skip-to-content "
    "editsection mw-editsection mw-jump-link catlinks printfooter linenos cookie-banner cookie-notice pagination pager "
    "share-buttons anchorjs-link noprint visually-hidden sr-only".split()
)
_NAVIGATION_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
_ADMONITIONS = frozenset({"note", "tip", "warning", "caution", "important", "admonition", "callout", "footnote"})
_CONTENT_ASIDES = _ADMONITIONS | {"topic", "footnote-list"}
_TERM_LEVEL = 10
_TERM_MIN_CHARACTERS = 240
_SPACE = re.compile(r"\s+")
_TITLE_SEPARATOR = re.compile(r"\s*(?:[|·:»–—-]|\s-\s)\s")


def parse_webpage(data: bytes, name: str) -> Document:
    """Never raises for malformed markup; libxml2 cuts elements nested deeper than 256."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    markup = decode(data, is_html=True).replace("\x00", "")
    root = etree.fromstring(markup.encode("utf-8", errors="replace"), parser) if markup.strip() else None
    if root is None:
        return Outline().document(title_from_name(name))
    title = " ".join("".join(element.text or "" for element in root.iterfind(".//title")).split())
    outline = _Walk(_main(root)).outline()
    document = outline.document(_title(title, outline.first_heading, name))
    if not document.sections:
        # Everything looked like navigation: better that than nothing.
        document = _Walk(root, keeps_navigation=True).outline().document(document.title)
    return document


def _main(root: Element) -> Element:
    """The element that holds the content, where the page names exactly one."""
    mains = [
        element
        for element in root.iter("main", "div", "article")
        if element.tag == "main" or element.get("role") == "main"
    ]
    if len(mains) == 1 and sum(len(text.strip()) for text in mains[0].itertext()) > 100:
        return mains[0]
    return root


def _title(title: str, heading: str | None, name: str) -> str:
    """`<title>` without the site's name after the page's own heading."""
    if not title:
        return heading or title_from_name(name)
    if heading and title.startswith(heading) and _TITLE_SEPARATOR.match(title, len(heading)):
        return heading
    return title


class _Walk:
    """One pass over the elements, without recursion: hostile nesting must not reach Python's stack limit."""

    def __init__(self, root: Element, *, keeps_navigation: bool = False) -> None:
        self._root = root
        self._keeps_navigation = keeps_navigation
        self._outline = Outline()
        self._text: list[str] = []
        self._linked = 0
        self._links = 0
        self._pre = 0
        self._items = 0
        self._admonitions = 0
        self._definitions = 0
        self._is_first_row = False
        self._rows: list[list[str] | None] = []
        """Cells of the rows that are open, their blocks joined by spaces; None for a row that arranges a page rather than data."""

    def outline(self) -> Outline:
        walk = etree.iterwalk(self._root, events=("start", "end"))
        skipped: Element | None = None
        for event, element in walk:
            if event == "start":
                if self._is_dropped(element):
                    walk.skip_subtree()
                    skipped = element
                else:
                    self._start(element)
                    self._append(element.text)
            else:
                if element is skipped:
                    skipped = None
                else:
                    self._end(element)
                if element is not self._root:
                    self._append(element.tail)
        self._flush()
        return self._outline

    def _is_dropped(self, element: Element) -> bool:
        tag = element.tag
        if tag in _DROPPED or "hidden" in element.attrib:
            return not (self._keeps_navigation and tag in {"nav", "footer"})
        if tag in _NEVER_DROPPED or element is self._root or self._keeps_navigation:
            return False
        names = _names(element)
        if tag == "aside":
            return names.isdisjoint(_CONTENT_ASIDES)
        if tag == "header":
            return not any(ancestor.tag in {"article", "main", "section"} for ancestor in element.iterancestors())
        if tag == "form":
            return next(element.iter("p", "h1", "h2", "article"), None) is None
        return not names.isdisjoint(_NAVIGATION) or element.get("role") in _NAVIGATION_ROLES

    def _start(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self._links += 1
        elif tag == "br":
            self._text.append("\n")
        elif tag in _HEADINGS or tag in _BLOCKS or tag == "pre":
            self._flush()
            self._enter(element, str(tag))

    def _enter(self, element: Element, tag: str) -> None:
        if tag == "pre":
            self._pre += 1
        elif tag == "li":
            self._items += 1
        elif tag == "dl":
            self._definitions += 1
        elif tag == "div" and not _ADMONITIONS.isdisjoint(_classes(element)):
            self._admonitions += 1
        elif tag == "table":
            self._is_first_row = True
        elif tag == "tr":
            self._rows.append(None if _is_layout(element) else [])
        elif tag in {"td", "th"} and (cells := self._cells) is not None:
            cells.append("")

    def _end(self, element: Element) -> None:
        tag = element.tag
        if tag == "a":
            self._links -= 1
        elif tag in _HEADINGS:
            self._heading(_HEADINGS[str(tag)])
        elif tag == "dt":
            self._term(element)
        elif tag in _BLOCKS or tag == "pre":
            self._flush()
            self._exit(element, str(tag))

    def _exit(self, element: Element, tag: str) -> None:
        if tag == "pre":
            self._pre -= 1
        elif tag == "li":
            self._items -= 1
        elif tag == "dd":
            self._outline.leave(_TERM_LEVEL + self._definitions)
        elif tag == "dl":
            self._definitions -= 1
        elif tag == "div" and not _ADMONITIONS.isdisjoint(_classes(element)):
            self._admonitions -= 1
        elif tag == "tr":
            cells = self._rows.pop()
            if cells and any(cells):
                self._put(" | ".join(cell.strip() for cell in cells), is_item=not self._is_first_row)
                self._is_first_row = False

    @property
    def _cells(self) -> list[str] | None:
        return self._rows[-1] if self._rows else None

    def _append(self, text: str | None) -> None:
        if not text:
            return
        if not self._pre:
            text = _SPACE.sub(" ", text)
        self._text.append(text)
        if self._links:
            self._linked += len(text)

    def _take(self) -> tuple[str, int]:
        """The block collected so far, and how many of its characters are links."""
        text, linked = "".join(self._text), self._linked
        self._text, self._linked = [], 0
        if self._pre:
            return text.replace("\xa0", " ").strip("\n").rstrip(), linked
        return tidy(text), linked

    def _flush(self) -> None:
        if self._text:
            text, linked = self._take()
            self._put(text, is_item=self._items > 0 and not self._pre, linked=linked)

    def _put(self, text: str, *, is_item: bool = False, linked: int = 0) -> None:
        if cells := self._cells:
            cells[-1] += " " + text.replace("\n", " ")
        else:
            self._outline.add(text, is_item=is_item, linked=linked)

    def _heading(self, level: int) -> None:
        text, linked = self._take()
        text = text.rstrip("¶# ").replace("\n", " ")
        if self._admonitions or self._cells:
            self._put(text, linked=linked)
            self._outline.tie()
        else:
            self._outline.heading(level, text)

    def _term(self, element: Element) -> None:
        """A term with a long definition is a heading; it also stands before its definition, where a reader looks for it."""
        text, linked = self._take()
        if self._cells or not text:
            self._put(text, linked=linked)
            return
        text = text.rstrip("¶")
        following = element.getnext()
        previous = element.getprevious()
        is_another_name = previous is not None and previous.tag == "dt"
        if not is_another_name and _is_long_definition(following):
            self._outline.heading(_TERM_LEVEL + self._definitions, text)
        self._outline.add(text, is_item=True, linked=linked)
        self._outline.tie()


def _classes(element: Element) -> frozenset[str]:
    return frozenset(element.get("class", "").lower().split())


def _names(element: Element) -> frozenset[str]:
    """Class names, and the id unless it is a section's: Sphinx makes those from headings, such as "Navigation"."""
    classes = _classes(element)
    if element.tag in {"div", "ul", "ol", "table"} and "section" not in classes:
        return classes | {element.get("id", "").lower()}
    return classes


def _is_layout(row: Element) -> bool:
    return next(row.iter("table", "h1", "h2", "h3", "pre"), None) is not None


def _is_long_definition(element: Element | None) -> bool:
    while element is not None and element.tag == "dt":
        element = element.getnext()
    if element is None:
        return False
    length = 0
    for text in element.itertext():
        length += len(text)
        if length >= _TERM_MIN_CHARACTERS:
            return True
    return False
