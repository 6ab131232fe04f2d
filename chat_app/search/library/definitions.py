"""What a text says that explains the thing asked for: "What is DHCP?" is answered by "DHCP is ..."."""

import re
from collections.abc import Iterator

_MAX_WORDS = 4
_WORD = re.compile(r"[^\W_]+")
# How it is asked, in group `thing`, and how it is said or announced, with the thing in the place of `{}`.
_WAYS = (
    (
        re.compile(r"what(?:'s|’s| is| are) (?:an? |the )?(?P<thing>[^?]+)", re.IGNORECASE),
        ("{} is a", "{} is an", "{} is the", "{} are", "{} stands for", "what is {}", "what is a {}", "what are {}"),
    ),
    (
        re.compile(r"was (?:ist|sind) (?:eine? |der |die |das )?(?P<thing>[^?]+)", re.IGNORECASE),
        (
            "{} ist ein",
            "{} ist eine",
            "{} ist der",
            "{} ist die",
            "{} ist das",
            "{} sind",
            "{} steht für",
            "was ist {}",
            "was sind {}",
        ),
    ),
    (
        re.compile(
            r"qu['’]est-ce (?:que |qu['’])(?:c['’]est que )?(?:une? |l['’]|la |le |les )?(?P<thing>[^?]+)",
            re.IGNORECASE,
        ),
        ("{} est un", "{} est une", "{} est le", "{} est la", "{} sont", "{} désigne"),
    ),
    (
        re.compile(r"¿?qué (?:es|son) (?:una? |el |la |los |las )?(?P<thing>[^?]+)", re.IGNORECASE),
        ("{} es un", "{} es una", "{} es el", "{} es la", "{} son", "qué es {}", "qué son {}"),
    ),
)


def definitions_of(question: str) -> Iterator[str]:
    """Phrases; none for any other question, and none where the thing asked for takes more than a few words."""
    for asked, said in _WAYS:
        if match := asked.fullmatch(question.strip().rstrip("?？ ")):
            words = _WORD.findall(match["thing"])
            if 0 < len(words) <= _MAX_WORDS:
                yield from (way.format(" ".join(words)) for way in said)
