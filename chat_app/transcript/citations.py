"""Report text as it is stored in the thread: each `[3]` is a link to its source."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from chat_app.research.evidence import Source
from chat_app.research.report import last_prose, outside_code, replace_citations

# Chainlit's page reads `:word` as a directive and shows nothing of it: "key:value" would lose its value. An address that
# stands in the text by itself has no escapes. And a picture that a model puts into a report could tell its server what
# is in the report: it becomes a link.
_ACTIVE = re.compile(r"https?://\S*|(?<!\\)(:(?=[^\W\d_])|!(?=\[))", re.IGNORECASE)
# At the end of a growing text: a colon or exclamation mark, a citation, or an ordinary link or picture (of bearable length)
# that is not complete, or whose next character decides what it is.
_OPEN = re.compile(r"(?:!?\[[\d\s,;]*(?:\]:?)?|!?\[[^\[\]\n]{0,100}(?:\](?:\([^()\s]{0,500})?)?|[:!])\Z")
_CHANGED_OUTSIDE_CODE = re.compile(r"[\[:!]")
_UNSAFE_IN_LINK = re.compile(r"[()<>\s\\\"]")


def linked(text: str, sources: Iterable[Source], thread_id: str) -> str:
    """Markdown in which the numbers of `sources` are links; other numbers stay as they are written."""
    targets = {source.number: _target(source, thread_id) for source in sources if source.number is not None}

    def link(number: int) -> str:
        target = targets.get(number)
        return f"[\\[{number}\\]]({target})" if target else f"[{number}]"

    plain = outside_code(text, lambda prose: _ACTIVE.sub(_escaped, prose))
    return replace_citations(plain, lambda numbers: "".join(link(number) for number in numbers))


def without_open_citation(text: str) -> str:
    """The text up to what the next characters may still change, so that what is shown of a growing report only grows.

    That is a bracket or colon that is still being written, and what would be code if a backtick closed it.
    """
    prose = last_prose(text)
    return text[: len(text) - len(prose)] + _decided(_before_open_code(prose))


def _before_open_code(prose: str) -> str:
    """Up to the first bracket or colon that a backtick, still to come in the last line, would make code."""
    backtick = prose.find("`", prose.rfind("\n") + 1)
    changed = _CHANGED_OUTSIDE_CODE.search(prose, backtick) if backtick >= 0 else None
    return prose[: changed.start()] if changed else prose


def _decided(prose: str) -> str:
    open_end = _OPEN.search(prose)
    return prose[: open_end.start()] if open_end else prose


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match.group(1)}" if match.group(1) else match.group()


def _target(source: Source, thread_id: str) -> str:
    if source.url.startswith(("http://", "https://")):
        return _UNSAFE_IN_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), source.url)
    return f"/rc/source/{quote(thread_id, safe='')}/{source.number}"
