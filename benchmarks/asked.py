"""The questions of `benchmarks/questions`, each with the passages that answer it."""

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

_FOLDER = Path(__file__).parent / "questions"
_QUESTION = re.compile(r"^\? ", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    text: str
    answers: tuple[tuple[str, re.Pattern[str]], ...]
    """Which file, and what its passage must hold."""

    def is_answered_by(self, path: str, passage: str) -> bool:
        words = " ".join(passage.split())
        return any(fnmatch(path, file) and held.search(words) for file, held in self.answers)


def questions(name: str) -> list[Question]:
    return [_question(block) for block in _QUESTION.split(_read(name))[1:]]


def unanswered(language: str) -> list[str]:
    lines = (line.partition(" ? ") for line in _read("unanswered").splitlines())
    return [question for spoken, _, question in lines if spoken == language]


def _question(block: str) -> Question:
    text, *lines = block.strip().splitlines()
    answers = (line.split(" | ", 1) for line in lines)
    return Question(text, tuple((file, re.compile(held, re.IGNORECASE | re.DOTALL)) for file, held in answers))


def _read(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text("utf-8")
