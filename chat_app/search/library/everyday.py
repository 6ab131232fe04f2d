"""What people say and what a contract, a handbook or a notice says for the same."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from chat_app.search.library.inflection import plain, root

_WORDS = Path(__file__).with_name("words") / "everyday.txt"


def same(word: str, language: str) -> tuple[str, ...]:
    """Other words for it, as a dictionary has them."""
    return _by_root(language).get(root(word, language), ())


def same_in(text: str) -> Mapping[str, tuple[str, ...]]:
    """For text of a script without spaces: each of its words that is known here, with the others."""
    found = {word: others for language in ("ja", "zh", "th") for word, others in _asked(language).items()}
    return {word: others for word, others in found.items() if word in text}


@cache
def _by_root(language: str) -> Mapping[str, tuple[str, ...]]:
    return {root(word, language): tuple(map(plain, others)) for word, others in _asked(language).items()}


@cache
def _asked(language: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _sections().get(language, ()):
        asked, _, answered = line.partition(":")
        words = asked.split()
        for word in words:
            others = answered.split() or [other for other in words if other != word]
            found[word] = tuple(dict.fromkeys((*found.get(word, ()), *others)))
    return found


@cache
def _sections() -> Mapping[str, list[str]]:
    """Language -> lines."""
    _, *sections = _WORDS.read_text("utf-8").split("\n[")
    split = (section.partition("]\n") for section in sections)
    return {language: lines.strip().splitlines() for language, _, lines in split}
