"""Sentences by key, in one language. The page gets the same dictionary (public/js/language.js)."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

from chat_app.languages.choice import Language, current_language

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
Dictionary = MappingProxyType[str, str | dict[str, str]]


@cache
def dictionary(language: Language) -> Dictionary:
    """By key: a sentence, or one for each plural form (Unicode CLDR's "one" and "other")."""
    text = Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def say(key: str, language: Language | None = None, *, count: int | None = None, **values: object) -> str:
    """The sentence in that language, by default the current person's, with {values} put in."""
    language = language or current_language()
    sentence = dictionary(language)[key]
    if not isinstance(sentence, str):
        sentence = sentence[_plural_form(language, count or 0)]
    known = values if count is None else {**values, "count": count}
    return _PLACEHOLDER.sub(lambda match: str(known.get(match[1], match[0])), sentence)


def day(at: datetime, language: Language | None = None) -> str:
    """The day in UTC, for readers whose time zone is not known."""
    at = at.astimezone(UTC)
    month = say("time.months", language).split()[at.month - 1]
    return say("time.date", language, day=at.day, month=month, year=at.year)


def moment(at: datetime, language: Language | None = None) -> str:
    """Day and time in UTC."""
    return say("time.date_and_time", language, date=day(at, language), time=f"{at.astimezone(UTC):%H:%M}")


def _plural_form(language: Language, count: int) -> str:
    """For whole numbers, as far as our texts need it: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html"""
    if language in {"zh", "ja"}:
        return "other"
    return "one" if count == 1 or (language == "fr" and count == 0) else "other"
