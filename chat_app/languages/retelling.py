"""What the server says in English, told to each reader in their own language: errors, reasons and refusals.

They are made, stored and sent in English, so that a trail means the same to everybody who reads it. Such a sentence has
clauses, joined by `; `: what is wrong, and what to do. `retold/<language>.json` holds the clauses that are known, with
{places} for what changes. A sentence with a clause that is not known stays as it is. public/js/language.js does the same.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from chat_app.languages.choice import DEFAULT, Language, current_language

_PLACE = re.compile(r"\\{([a-z]+)\\}")
_NAMED = re.compile(r"""('[^']{1,300}'|"[^"]{1,300}") """)
_BETWEEN_STEPS = " > "
_MAX_CHARACTERS = 1_000
_MAX_CLAUSES = 8
# Between clauses, behind a name, and at the end.
_MARKS: dict[Language, tuple[str, str, str]] = {
    "fr": (" ; ", " : ", "."),
    "zh": ("；", "：", "。"),
    "ja": ("；", "：", "。"),
}
_MARKS_ELSEWHERE = ("; ", ": ", ".")


class _Clause(NamedTuple):
    english: re.Pattern[str]
    told: str


@cache
def known_clauses(language: Language) -> Mapping[str, str]:
    """By their English; none for English itself."""
    if language == DEFAULT:
        return MappingProxyType({})
    text = (Path(__file__).parent / "retold" / f"{language}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def retold(sentence: str, language: Language | None = None) -> str:
    """The sentence in that language; as it is where it is not known, or in English. A quoted name may stand before it."""
    return _retold(sentence, language or current_language())


def retold_place(location: str, language: Language | None = None) -> str:
    """Where a passage stands, step by step: headings are the file's own words, a page or a row is told."""
    return _BETWEEN_STEPS.join(retold(step, language) for step in location.split(_BETWEEN_STEPS))


@lru_cache(maxsize=1_024)
def _retold(sentence: str, language: Language) -> str:
    if language == DEFAULT or len(sentence) > _MAX_CHARACTERS:
        return sentence
    named = _NAMED.match(sentence)
    rest = sentence[named.end() :] if named else sentence
    clauses = _told(rest.strip().removesuffix(".").split("; "), language)
    if clauses is None:
        return sentence
    between, behind_name, end = _MARKS.get(language, _MARKS_ELSEWHERE)
    told = between.join(clauses)
    if named or sentence[:1].isupper():
        told = told[:1].upper() + told[1:]
    if named:
        told = f"{named[1]}{behind_name}{told}"
    return told + end if rest.endswith(".") else told


def _told(parts: list[str], language: Language) -> list[str] | None:
    """The fewest parts make a clause: what is put into a place may itself hold a semicolon."""
    if not parts:
        return []
    for count in range(1, min(len(parts), _MAX_CLAUSES) + 1):
        told = _clause("; ".join(parts[:count]), language)
        if told is not None and (others := _told(parts[count:], language)) is not None:
            return [told, *others]
    return None


def _clause(text: str, language: Language) -> str | None:
    for clause in _clauses(language):
        if found := clause.english.fullmatch(text):
            values = found.groupdict()
            if "error" in values:
                values["error"] = _retold(values["error"], language)
            if "who" in values:  # A provider has its name in every language; the library has not.
                values["who"] = known_clauses(language).get(values["who"], values["who"])
            return clause.told.format_map(values)
    return None


@cache
def _clauses(language: Language) -> tuple[_Clause, ...]:
    """Those with the most words of their own first: `{who} answered with {detail}` fits much."""
    known = sorted(known_clauses(language).items(), key=lambda item: -len(re.sub(r"\{[a-z]+\}", "", item[0])))
    return tuple(_Clause(_pattern(english), told) for english, told in known)


def _pattern(english: str) -> re.Pattern[str]:
    def place(match: re.Match[str]) -> str:
        return rf"(?P<{match[1]}>(?: \([^()]{{1,40}}\))?)" if match[1] == "status" else rf"(?P<{match[1]}>.+?)"

    return re.compile(_PLACE.sub(place, re.escape(english)), re.IGNORECASE | re.DOTALL)
