"""Everyday documents in seven languages, and what people ask about them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCUMENTS = Path(__file__).parent / "documents"
_QUESTIONS = Path(__file__).parent / "questions"
_QUESTION = re.compile(r"(?P<language>\w\w) (?P<kind>[?-]) (?P<text>.+)")


@dataclass(frozen=True)
class Everyday:
    language: str
    text: str
    answers: tuple[tuple[str, str], ...]
    """Which file, and what its passage holds; none for a question that the documents don't answer."""

    def is_answered_by(self, path: str, passage: str) -> bool:
        words = " ".join(passage.split())
        return any(path.endswith(file) and re.search(held, words) for file, held in self.answers)


def everyday(name: str) -> list[Everyday]:
    return list(_read((_QUESTIONS / f"{name}.txt").read_text("utf-8")))


def _read(text: str) -> Iterator[Everyday]:
    for block in re.split(r"\n(?=\w\w [?-] )", text.strip()):
        first, *lines = block.splitlines()
        match = _QUESTION.fullmatch(first)
        assert match, first
        answers = tuple((file, held) for file, _, held in (line.partition(" | ") for line in lines))
        assert bool(answers) == (match["kind"] == "?"), first
        yield Everyday(match["language"], match["text"], answers)
