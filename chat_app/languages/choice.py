"""Which of our languages a browser's Accept-Language asks for, and for whom the current request is."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Language = Literal["en", "de", "es", "fr", "zh", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"
_BY_NAME: dict[str, Language] = {language: language for language in LANGUAGES}

_MAX_RANGES = 20
_language: ContextVar[Language] = ContextVar("research_chat_language", default=DEFAULT)


def tag(language: Language) -> str:
    """What `<html lang>` says. Chinese is written in simplified characters, for readers of the traditional ones too."""
    return "zh-CN" if language == "zh" else language


def preferred(accept_language: str) -> Language:
    """The first of our languages that the header (RFC 9110, section 12.5.4) asks for; English for none of them."""
    ranges = [_read_range(part) for part in accept_language.split(",")[:_MAX_RANGES]]
    for wanted, quality in sorted(ranges, key=lambda each: -each[1]):
        if quality > 0 and wanted in _BY_NAME:
            return _BY_NAME[wanted]
    return DEFAULT


def current_language() -> Language:
    """Of the person whose request or socket this is; English outside of one."""
    return _language.get()


@contextmanager
def reading(language: Language) -> Generator[None]:
    """Everything awaited or begun in this block is for a person who reads this language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def _read_range(text: str) -> tuple[str, float]:
    """Primary language and quality of one range; quality 0 for what cannot be read."""
    name, _, parameters = text.partition(";")
    _, _, quality = parameters.partition("q=")
    try:
        return name.strip().lower().partition("-")[0], float(quality) if quality else 1.0
    except ValueError:
        return "", 0.0
