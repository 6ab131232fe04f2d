"""A file's text in sections, each with the headings it stands under. Every parser fills an Outline."""

import re

from pydantic import BaseModel, ConfigDict

from chat_app.errors import LibraryFileError
from chat_app.research.characters import without_commands

MAX_TEXT_CHARACTERS = 20_000_000
"""Six times War and Peace: a longer text in one file is a log or a data dump."""
_MAX_HEADING_CHARACTERS = 160
_LISTING_LINK_SHARE = 0.7
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\x00"))


class Section(BaseModel):
    """Consecutive text under one heading, or on one page. Paragraphs are parted by blank lines."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    headings: tuple[str, ...]
    """From the outermost inwards, without the document's title."""
    text: str
    location: str | None = None
    """Heading path, or `page 7`; None for text under no heading but the title."""
    is_listing: bool = False
    """Mostly links: a table of contents or an index, which points to answers and holds none."""


class Document(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: str
    sections: tuple[Section, ...]


class Outline:
    """Collects headings and blocks of text in reading order. Raises LibraryFileError when the text grows beyond bounds."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._parts: list[str] = []
        self._sections: list[Section] = []
        self._is_tied = False
        self._linked = 0
        self._length = 0

    @property
    def first_heading(self) -> str | None:
        if self._sections and self._sections[0].headings:
            return self._sections[0].headings[0]
        return self._path[0][1] if self._path and not self._sections else None

    def heading(self, level: int, text: str) -> None:
        """Begin a section under this heading; headings of the same or a deeper level end."""
        self.leave(level)
        if text := shortened(" ".join(text.split())):
            self._path.append((level, text))

    def leave(self, level: int) -> None:
        """End all sections of this level and deeper."""
        self._close()
        while self._path and self._path[-1][0] >= level:
            self._path.pop()

    def add(self, text: str, *, is_item: bool = False, linked: int = 0) -> None:
        """Append a block; `is_item` puts it on the next line without a blank one. `linked` counts its characters inside links."""
        if not text:
            return
        self._length += len(text)
        if self._length > MAX_TEXT_CHARACTERS:
            raise LibraryFileError(
                f"holds more than {MAX_TEXT_CHARACTERS:,} characters of text; split it into smaller files"
            )
        if self._parts:
            self._parts.append("\n" if is_item or self._is_tied else "\n\n")
        self._parts.append(text)
        self._linked += linked
        self._is_tied = False

    def tie(self) -> None:
        """The next block belongs to the last one: no blank line between them."""
        self._is_tied = bool(self._parts)

    def page(self, location: str, text: str) -> None:
        """A section of its own that stands under no heading."""
        self.add(text)
        self._close(location)

    def document(self, title: str) -> Document:
        self._close()
        sections = tuple(_without_title(section, title) for section in self._sections)
        return Document(title=title, sections=sections)

    def _close(self, location: str | None = None) -> None:
        text = "".join(self._parts)
        if text:
            is_listing = self._linked > _LISTING_LINK_SHARE * len(text)
            headings = tuple(name for _, name in self._path)
            self._sections.append(Section(headings=headings, text=text, location=location, is_listing=is_listing))
        self._parts, self._linked, self._is_tied = [], 0, False


def tidy(text: str) -> str:
    """Runs of blanks as one, no blanks around line breaks, no invisible characters. Keeps line breaks."""
    text = _BLANKS.sub(" ", text.translate(_INVISIBLE))
    return "\n".join(line.strip(" ") for line in text.split("\n")).strip() if "\n" in text else text.strip(" ")


def shortened(text: str, limit: int = _MAX_HEADING_CHARACTERS) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:(") + "…"


def title_from_name(name: str) -> str:
    """The file's name without folder and ending."""
    stem = without_commands(name).rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("_", " ").split()) or name


def _without_title(section: Section, title: str) -> Section:
    headings = (
        section.headings[1:] if section.headings and section.headings[0] == shortened(title) else section.headings
    )
    location = section.location or " > ".join(headings) or None
    return section.model_copy(update={"headings": headings, "location": location})
