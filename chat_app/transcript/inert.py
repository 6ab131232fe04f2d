"""Prose of models as Markdown in which nothing is active but links that say where they lead.

Chainlit's Markdown (CommonMark, GFM, directives) knows more ways to make a link than a report needs: definitions, footnotes,
`<…>`, mail addresses. Rather than to judge each of them, one kind of link is written anew and what makes the others is
taken away: in the result no bracket, `<`, `@`, backtick or `:name` has a meaning that was not given to it here.

A token never crosses a line and has a bounded length: so it can be said of a growing text how much of it is decided.
"""

import re
from collections.abc import Callable
from html import unescape
from typing import NamedTuple

from chat_app.transcript.addresses import ADDRESS, ENTITY, ESCAPE, FARTHER_SCRIPT, WrittenAddress, link_target
from chat_app.transcript.links import WebLink, names_host, web_link

_MAX_CODE = 300
_MAX_LABEL = 300
_MAX_LABEL_PARTS = 60
_MAX_LABEL_DEPTH = 3
_MAX_TARGET = 1_000
_MAX_HOST = 300
_MAX_ADDRESS = 1_000

# Where something may begin that is active. The page reads `:word` as a directive and shows nothing of it.
_ACTIVE_ADDRESS = re.compile(r"(?<![A-Za-z])(?:https?\\?:\\?/\\?/|www\\?\.)", re.IGNORECASE)
# One set of characters first, which is searched for ten times as fast as alternatives are.
_ACTIVE = re.compile(
    r"[\\`\[\]|<&@!:hHwW](?:(?<=[\\`\[\]|<&@!])|(?<=:)(?=[^\W\d_]|\Z)|(?<![A-Za-z].)"
    r"(?:(?<=[hH])(?=[tT]{2}[pP][sS]?\\?:\\?/\\?/)|(?<=[wW])(?=[wW]{2}\\?\.)))",
    re.DOTALL,
)
_OPEN_ADDRESS = re.compile(
    r"(?<![A-Za-z])(?:h(?:t(?:t(?:p(?:s?(?:\\?:(?:\\?/)?\\?|\\)?)?)?)?)?|w{1,3}|www\\)\Z", re.IGNORECASE
)
_CODE = re.compile(rf"(`+)(?!`)([^\n]{{1,{_MAX_CODE}}}?)(?<!`)\1(?!`)")
_TICKS = re.compile(r"`+")
# What code must not hold if it could turn out to be prose: a cell of a table ends in the middle of code, too.
_RISKY_CODE = re.compile(r"[\\`\[\]<&@]|https?:|www\.", re.IGNORECASE)

_PLAIN_BRACKETS = re.compile(rf"\[([^\[\]\\`<|\n]{{0,{_MAX_LABEL}}})\]")
_NUMBERS = re.compile(r"\d{1,4}(?:\s*[,;]\s*\d{1,4})*")
_LABEL_PART = re.compile(r"[^\[\]\\`\n]+|\\[^\n]|(`+)(?!`)[^\n]+?(?<!`)\1(?!`)|[\[\]]")
_TARGET_PART = r"[^\s()\\<>]|\\[^\n]"
_RAW_TARGET = rf"(?>{_TARGET_PART}|\((?>{_TARGET_PART}|\((?>{_TARGET_PART})*+\))*+\))*+"
_TITLE = r"\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)"
_TARGET = re.compile(rf"\([ \t]*(?:<([^<>\n]*)>|({_RAW_TARGET}))(?:[ \t]+(?:{_TITLE}))?[ \t]*\)")
_OPEN_TARGET = re.compile(
    rf"\([ \t]*(?:<[^<>\n]*>?|(?:{_TARGET_PART}|[()\\])*+)(?:[ \t]+(?:\"[^\"\n]*\"?|'[^'\n]*'?|\([^()\n]*\)?)?)?[ \t]*\Z"
)

_AUTOLINK = re.compile(rf"<(https?://[^\s<>]{{1,{_MAX_TARGET}}})>", re.IGNORECASE)
_OPEN_AUTOLINK = re.compile(
    rf"<(?:h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[^\s<>]{{0,{_MAX_TARGET}}})?)?)?)?)?)?)?)?\Z", re.IGNORECASE
)
_OPEN_ENTITY = re.compile(r"&[#A-Za-z0-9]{0,33}\Z")
# The page looks for addresses when entities are characters already.
_RISKY_CHARACTER = re.compile("[A-Za-z0-9:/@._\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef-]")
_MAIL_HOST = re.compile(r"(?:\\?[\w-]){1,64}\\?\.\\?[\w-]", re.ASCII)
_OPEN_MAIL_HOST = re.compile(r"(?:\\?[\w-]){0,64}\\?\.?\\?\Z", re.ASCII)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_LETTERS = re.compile(r"[A-Za-z]+")
_JOINS_PATH = re.compile(r"[\[`<|\\]|\][(:]")
_JOINS_HOST = re.compile(rf"[\[`<|\\]|\]\S|{FARTHER_SCRIPT}")
_EMPHASIS = re.compile(r"(?<!\\)[*_~]")

# Where the text of a link may stand without its brackets: where it joins nothing and begins nothing.
_BEFORE_TEXT = re.compile(r"(?:\A|[\s(*\"'“‘「『—–])\Z")
_AFTER_TEXT = re.compile(r"[\s)*,;\"'”’」』。，、]|[.?:](?:\s|\Z)|\Z")
_ORDINARY_TEXT = re.compile(r"(?!\d{1,9}[.)])[^\W_](?:.*(?:[^\W_]|[)”.]))?\Z")


class Citation(NamedTuple):
    """A group such as `[3, 5]`."""

    numbers: tuple[int, ...]
    as_text: str
    """What it is when it cites nothing known."""


Part = str | Citation


class _Undecided(Exception):
    pass


class Scan:
    """One pass over a line of prose, or of code of which that is not certain."""

    def __init__(
        self,
        text: str,
        *,
        is_growing: bool = False,
        is_code: bool = False,
        is_label: bool = False,
        is_linked: bool = False,
    ) -> None:
        """`is_growing`: more may follow. `is_code`: it probably is code, so only what would make a link in prose is changed.

        `is_label`: it stood in brackets; `is_linked`: and stays the text of a link.
        """
        self._text = text
        self._is_growing = is_growing
        self._is_code = is_code
        self._is_label = is_label
        self._is_linked = is_linked
        self._has_bar_in_code = False
        """A `|` in code: if it separates cells, the backticks from there on pair in another way."""
        self._take: dict[str, Callable[[int], int]] = {
            "\\": self._backslash,
            "`": self._ticks,
            "[": self._bracket,
            "]": self._closing_bracket,
            "|": self._bar,
            "<": self._angle,
            "&": self._ampersand,
            "@": self._at_sign,
            "!": self._exclamation,
            ":": self._colon,
        }
        self.parts: list[Part] = []
        """For all of the text; of a growing one, for the part that is decided."""
        self._run()

    def _run(self) -> None:
        open_address = _OPEN_ADDRESS.search(self._text, max(0, len(self._text) - 12)) if self._is_growing else None
        end = open_address.start() if open_address else len(self._text)
        at = 0
        try:
            while (found := _ACTIVE.search(self._text, at)) and found.start() < end:
                self._put(self._text[at : found.start()])
                at = found.start()
                at = self._take.get(self._text[at], self._address)(at)
        except _Undecided:
            return
        self._put(self._text[at:end])

    def _put(self, part: Part) -> None:
        if part:
            self.parts.append(part)

    def _await(self, is_open: object) -> None:
        """Nothing is decided here if what follows may be more of it."""
        if self._is_growing and is_open:
            raise _Undecided

    def _is_end(self, at: int) -> bool:
        return at >= len(self._text)

    def _backslash(self, at: int) -> int:
        self._await(self._is_end(at + 1))
        follower = self._text[at + 1 : at + 2]
        if self._is_code and follower not in set("[]`"):
            self._put("\\")
            return at + 1
        if follower == "@":
            return self._at_sign(at)
        if _PUNCTUATION.match(follower):
            self._put(f"\\{follower}")
            return at + 2
        # Before an address, which may become something else than letters, and at the end, before what we add.
        self._put("\\\\" if follower in set("hHwW") or (self._is_label and not follower) else "\\")
        return at + 1

    def _ticks(self, at: int) -> int:
        run = len(_run(_TICKS, self._text, at))
        code = _CODE.match(self._text, at)
        if code is None:
            rest = len(self._text) - at
            self._await(rest <= _MAX_CODE + 2 * run + 2)
        else:
            self._await(self._is_end(code.end()))
        if code is None or self._is_broken(code):
            self._put("\\`" * run)
            return at + run
        self._put(code[0])
        return code.end()

    def _is_broken(self, code: re.Match[str]) -> bool:
        has_bar = "|" in code[2]
        self._has_bar_in_code |= has_bar
        return (has_bar and self._is_label) or (self._has_bar_in_code and bool(_RISKY_CODE.search(code[2])))

    def _bracket(self, at: int) -> int:
        if self._is_label:
            self._put("\\[")
            return at + 1
        plain = _PLAIN_BRACKETS.match(self._text, at)
        if plain:
            self._await(self._is_end(plain.end()))
            follower = self._text[plain.end() : plain.end() + 1]
            if follower != "(":
                return self._brackets_without_target(plain, follower)
        return self._link(at)

    def _brackets_without_target(self, found: re.Match[str], follower: str) -> int:
        is_definition = follower == ":"
        if _NUMBERS.fullmatch(found[1]) and not (is_definition and _begins_line(self._text, found.start())):
            numbers = tuple(int(number) for number in re.findall(r"\d+", found[1]))
            self._put(Citation(numbers, f"\\{found[0]}" if is_definition else found[0]))
            return found.end()
        # The page does not see an address as such behind a bracket that is open.
        self._put("\\[" if is_definition or _ACTIVE_ADDRESS.search(found[1]) else "[")
        return found.start() + 1

    def _link(self, at: int) -> int:
        end = self._linked_until(at)
        if end is None:
            self._put("[" if self._is_code else "\\[")
            return at + 1
        return end

    def _linked_until(self, at: int) -> int | None:
        """The end of the link that begins here, which is put; None if there is none."""
        label_end = _label_end(self._text, at)
        if label_end is None:
            self._await(len(self._text) - at < _MAX_LABEL)
            return None
        self._await(self._is_end(label_end))
        target = _TARGET.match(self._text, label_end, label_end + _MAX_TARGET)
        if target is None:
            is_short = len(self._text) - label_end < _MAX_TARGET
            self._await(is_short and _OPEN_TARGET.match(self._text, label_end))
        label = self._text[at + 1 : label_end - 1]
        if target is None or "](" in label:
            return None
        link = web_link(unescape(ESCAPE.sub(r"\1", target[1] or target[2] or "")))
        self._put(self._without_link(label, at, target.end()) if link is None else link_markdown(label, link))
        return target.end()

    def _without_link(self, label: str, at: int, end: int) -> str:
        """What a link says that leads nowhere. In its brackets where it would join with what stands beside it."""
        self._await(len(self._text) - end < 2)
        text = _label_markdown(label.strip(), is_linked=False)
        is_free = _BEFORE_TEXT.search(self._text[max(0, at - 1) : at])
        if is_free and _AFTER_TEXT.match(self._text[end : end + 2]) and _ORDINARY_TEXT.match(text):
            return text
        return f"\\[{text} \\]" if _ACTIVE_ADDRESS.search(text) else f"\\[{text}\\]"

    def _closing_bracket(self, at: int) -> int:
        """Brackets mean nothing without a target, since there are no definitions."""
        self._await(self._is_end(at + 1))
        has_meaning = self._is_label or self._text[at + 1 : at + 2] in set("(:")
        self._put("\\]" if has_meaning else "]")
        return at + 1

    def _bar(self, at: int) -> int:
        self._put("\\|" if self._is_label else "|")
        return at + 1

    def _angle(self, at: int) -> int:
        autolink = _AUTOLINK.match(self._text, at)
        link = web_link(autolink[1]) if autolink else None
        if autolink and link and not self._is_label:
            is_clear = names_host(autolink[1], link.host) and "|" not in autolink[1]
            self._put(autolink[0] if is_clear else link_markdown(autolink[1], link))
            return autolink.end()
        self._await(_OPEN_AUTOLINK.match(self._text, at))
        follower = self._text[at + 1 : at + 2]
        self._put("<" if self._is_code or not follower or follower.isspace() else "\\<")
        return at + 1

    def _ampersand(self, at: int) -> int:
        entity = ENTITY.match(self._text, at)
        if entity is None:
            self._await(_OPEN_ENTITY.match(self._text, at))
        self._put("\\&" if entity and not self._is_code and _RISKY_CHARACTER.search(unescape(entity[0])) else "&")
        return at + 1

    def _at_sign(self, at: int) -> int:
        """As code: then the page makes no mail address of it, and whoever copies it gets no other character."""
        sign = self._text[at : at + 2] if self._text[at] == "\\" else "@"
        end = at + len(sign)
        before = self._text[at - 1 : at]
        if self._is_linked or self._is_code or not before.isascii() or not (before.isalnum() or before in set("_.+-")):
            self._put(sign)
            return end
        is_address = _MAIL_HOST.match(self._text, end)
        self._await(not is_address and _OPEN_MAIL_HOST.match(self._text, end))
        self._put("`@`" if is_address else sign)
        return end

    def _exclamation(self, at: int) -> int:
        """A picture would tell its server what is in the report: it becomes a link."""
        self._await(self._is_end(at + 1))
        follower = self._text[at + 1 : at + 2]
        if follower == "[" and not self._is_label:
            end = self._linked_until(at + 1)
            if end is not None:
                return end
        may_be_image = follower in set("![<hHwW") if follower else self._is_label
        self._put("\\!" if may_be_image else "!")
        return at + 1

    def _colon(self, at: int) -> int:
        self._await(self._is_end(at + 1))
        self._put(":" if self._is_code or (self._is_end(at + 1) and not self._is_label) else "\\:")
        return at + 1

    def _address(self, at: int) -> int:
        """An address in the text, which the page makes a link of. An ordinary one stays as it is and shows its host."""
        found = ADDRESS.match(self._text, at, at + _MAX_ADDRESS)
        written = found[0] if found else self._text[at:]
        is_open = self._is_growing and self._text[at + len(written) :] in {"", "\\"} and len(written) < _MAX_HOST
        if self._is_linked or self._is_code:
            return self._without_scheme(at, is_code=False)
        address = WrittenAddress.read(written)
        self._await(is_open and not address.has_path)
        if address.plain_length:
            return self._plain_address(at, at + address.plain_length, has_path=address.has_path)
        self._await(is_open)
        link = web_link(address.url) if len(written) < _MAX_HOST else None
        if link is None:
            return self._without_scheme(at, is_code=True)
        self._put(link_markdown(_EMPHASIS.sub(r"\\\g<0>", address.text), link))
        return at + len(address.text)

    def _plain_address(self, at: int, end: int, *, has_path: bool) -> int:
        self._put(self._text[at:end])
        follower = self._text[end : end + 2]
        self._await(follower == "]")
        if (_JOINS_PATH if has_path else _JOINS_HOST).match(follower):
            self._put(" ")  # or the page takes it for a part of the address
        return end

    def _without_scheme(self, at: int, *, is_code: bool) -> int:
        """Only the letters, and nothing that the page knows as an address."""
        scheme = _run(_LETTERS, self._text, at)
        is_joined = at > 0 and self._text[at - 1] == "`"
        self._put(scheme if not is_code else f" `{scheme}`" if is_joined else f"`{scheme}`")
        return at + len(scheme)


def link_markdown(label: str, link: WebLink) -> str:
    """A link whose text names its host."""
    label = label.strip()
    said = unescape(ESCAPE.sub(r"\1", label.replace("*", "").replace("`", "")))
    host = _PUNCTUATION.sub(lambda found: found[0] if found[0] in ".-" else f"\\{found[0]}", link.host)
    text = _label_markdown(label, is_linked=True)
    if not said.strip():
        text = host
    elif not names_host(said, link.host):
        text = f"{text} ({host})"
    return f"[{text}]({link_target(link.url)})"


def _label_markdown(label: str, *, is_linked: bool) -> str:
    parts = Scan(label, is_label=True, is_linked=is_linked).parts
    return "".join(part.as_text if isinstance(part, Citation) else part for part in parts)


def _run(kind: re.Pattern[str], text: str, at: int) -> str:
    found = kind.match(text, at)
    return found[0] if found else ""


def _label_end(text: str, at: int) -> int | None:
    """Behind the bracket that closes the one at `at`; None if none does nearby. Code hides its brackets."""
    depth, limit = 0, at + _MAX_LABEL
    for _ in range(_MAX_LABEL_PARTS):
        part = _LABEL_PART.match(text, at, limit)
        if part is None:
            return None
        at = part.end()
        depth += {"[": 1, "]": -1}.get(part[0], 0)
        if depth == 0:
            return at
        if depth > _MAX_LABEL_DEPTH:
            return None
    return None


def _begins_line(text: str, at: int) -> bool:
    return not text[:at].strip(" \t>*+-.)0123456789")
