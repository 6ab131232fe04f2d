"""Questions to ask next, which a report's writer adds in a section that is no part of the report: found and taken out."""

import re
from typing import NamedTuple

from chat_app.research.characters import without_commands

TAG = "ask_next"
MAX_FOLLOW_UPS = 3
MAX_CHARACTERS = 200
"""A longer line is no question to press on a button."""

_OPEN = f"<{TAG}>"
# Not by lower case of the text: that may be longer than the text ("İ").
_OPENING, _CLOSING = re.compile(rf"(?<!`){_OPEN}", re.IGNORECASE), re.compile(f"</{TAG}>", re.IGNORECASE)
_MAX_SECTION_CHARACTERS = 2_000
"""What goes on for longer without an end is the report, whose writer forgot to end the section."""
_BULLET = re.compile(r"^(?:[-*+•·]|\d{1,2}[.)]|#{1,6})\s+")
_CITATIONS = re.compile(r"\s*\[\d{1,4}(?:\s*[,;]\s*\d{1,4})*\]")
_WRAPPING = '*_`"“”„«»「」 \t'
_RULE_AT_END = re.compile(r"\n[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*\Z")
_ENDINGS = ("?", "？", "؟", ".", "。", "!", ";")


class Parted(NamedTuple):
    text: str
    """The report."""
    follow_ups: tuple[str, ...]


class Parting:
    """Parts a text while it is written: what is passed on is the report, and never the beginning of the section."""

    def __init__(self) -> None:
        self._held = ""
        self._before = ""
        """The last character passed on."""
        self._is_inside = False
        self._section = ""
        self._is_cut = False

    def feed(self, piece: str) -> str:
        """What of the report can be passed on now."""
        self._held += piece
        passed: list[str] = []
        while (more := self._leave() if self._is_inside else self._enter(passed)) is not None:
            passed.append(more)
        return "".join(passed)

    def close(self) -> str:
        """The rest, after the last piece."""
        held, self._held = self._held, ""
        if self._is_inside:
            self._section, self._is_cut = held, True
            return ""
        return held if len(held) < len("<as") else ""

    @property
    def follow_ups(self) -> tuple[str, ...]:
        """What the section asks; known after `close`."""
        lines = self._section.strip().split("\n")
        if self._is_cut and not lines[-1].rstrip(_WRAPPING).endswith(_ENDINGS):
            lines.pop()  # the writer was interrupted in the middle of it
        questions = dict.fromkeys(question for line in lines if (question := _question(line)))
        return tuple(questions)[:MAX_FOLLOW_UPS]

    @property
    def has_section(self) -> bool:
        return self._is_inside or bool(self._section)

    def _enter(self, passed: list[str]) -> str | None:
        """Pass on what stands before the section; returns None when there is no more to do with what is held."""
        found = _OPENING.search(self._before + self._held)
        if found:
            shift = len(self._before)
            before, self._held = self._held[: found.start() - shift], self._held[found.end() - shift :]
            self._is_inside = True
            self._before = ""
            return before
        ready = len(self._held) - _beginning(self._held)
        passed.append(self._held[:ready])
        self._before = self._held[ready - 1 : ready] or self._before
        self._held = self._held[ready:]
        return None

    def _leave(self) -> str | None:
        if found := _CLOSING.search(self._held):
            self._section, self._held = self._held[: found.start()], self._held[found.end() :]
            self._is_inside = False
            return ""
        if len(self._held) > _MAX_SECTION_CHARACTERS:
            self._is_inside = False
            return ""
        return None


def part(text: str) -> Parted:
    """The report and its questions, of a text that is complete."""
    parting = Parting()
    report = parting.feed(text) + parting.close()
    if parting.has_section:
        report = _RULE_AT_END.sub("", report.rstrip()).rstrip()
    return Parted(report, parting.follow_ups)


def _beginning(text: str) -> int:
    """How many characters at the end may begin the section."""
    low = text[-len(_OPEN) :].lower()
    return next((size for size in range(len(_OPEN) - 1, 0, -1) if low.endswith(_OPEN[:size])), 0)


def _question(line: str) -> str:
    """A line as a question; empty when it is none."""
    plain = _CITATIONS.sub("", without_commands(_BULLET.sub("", line.strip())))
    plain = " ".join(plain.split()).strip(_WRAPPING)
    return "" if plain.startswith("<") or len(plain) > MAX_CHARACTERS else plain
