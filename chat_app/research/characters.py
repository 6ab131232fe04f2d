"""Characters of foreign text that are commands rather than text."""

import re

MARK = "\ufdd0"
"""A place in a text that we mark ourselves; Unicode promises that no text holds this character."""

# Commands to a terminal, to the direction of writing (in which `moc.elgoog` reads as another host), and to Chainlit's page,
# to which U+200B is a blinking cursor.
_COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n?")


def without_commands(text: str) -> str:
    """The text with line feeds for line ends and without control characters. Of a growing text, this grows too."""
    return _COMMANDS.sub("", _LINE_END.sub("\n", text) if "\r" in text else text)


_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\ufff9-\ufffb]"
)


def visible(name: str) -> str:
    """A name with everything written out that is not seen, or that turns the direction of writing: `a\\u202etxt.exe`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), name)
