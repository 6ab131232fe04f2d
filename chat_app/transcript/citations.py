"""Report text as it is stored in the thread: each `[3]` is a link to its source."""

import re
from collections.abc import Iterable
from urllib.parse import quote

from chat_app.research.evidence import Source
from chat_app.research.report import outside_code, replace_citations

# Chainlit's page reads `:word` as a directive and shows nothing of it: "key:value" would lose its value.
_DIRECTIVE = re.compile(r"(?<!\\):(?=[^\W\d_])")
_UNSAFE_IN_LINK = re.compile(r"[()<>\s\\\"]")


def linked(text: str, sources: Iterable[Source], thread_id: str) -> str:
    """Markdown in which the numbers of `sources` are links; other numbers stay as they are written."""
    targets = {source.number: _target(source, thread_id) for source in sources if source.number is not None}

    def link(number: int) -> str:
        target = targets.get(number)
        return f"[\\[{number}\\]]({target})" if target else f"[{number}]"

    plain = outside_code(text, lambda prose: _DIRECTIVE.sub(r"\\:", prose))
    return replace_citations(plain, lambda numbers: "".join(link(number) for number in numbers))


def without_open_citation(text: str) -> str:
    """The text up to a bracket or colon that is still being written, so that no half link is ever shown."""
    text = text.removesuffix(":")
    start = text.rfind("[")
    if start < 0 or len(text) - start > 40 or "\n" in text[start:]:
        return text
    closed = re.match(r"\[[^\]]*\](.?)", text[start:], re.DOTALL)
    # After "]" one more character decides whether this is a citation or a link's text.
    return text if closed and closed.group(1) else text[:start]


def _target(source: Source, thread_id: str) -> str:
    if source.url.startswith(("http://", "https://")):
        return _UNSAFE_IN_LINK.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), source.url)
    return f"/rc/source/{quote(thread_id, safe='')}/{source.number}"
