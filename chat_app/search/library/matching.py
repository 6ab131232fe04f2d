"""Where what a question asks for stands in the candidates, in the index's own words: same tokenizer, same stems."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import PurePosixPath
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.expansion import Notion
from chat_app.search.library.index import TOKENIZER, Candidate
from chat_app.search.library.scripts import bigrams

_COLUMNS = ("title", "heading", "body", "bigrams")

Places = Mapping[str, Sequence[int]]
"""Column -> offsets, ascending; a column without any is left out."""

_NAME = re.compile(r"[^\W\d_]+")


_Appearances = dict[int, dict[str, list[int]]]


class Stems(BaseModel):
    """A notion as the terms of the index."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    own: tuple[tuple[str, ...], ...]
    """For each of its expressions the terms that stand side by side, none where it holds no word; a prefix is written `stem*`."""
    alike: tuple[tuple[str, ...], ...]


class Match(NamedTuple):
    """Where one notion stands in one candidate."""

    own: Places
    """The question's own word."""
    alike: Places
    """Words that mean about the same."""


NOWHERE = Match(own={}, alike={})


def stems_of(notions: Sequence[Notion]) -> list[Stems]:
    ways = list(dict.fromkeys(way for notion in notions for way in (*notion.own, *notion.alike)))
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE VIRTUAL TABLE asked USING fts5(way, content='', columnsize=0, tokenize='{TOKENIZER}')")
        db.execute("CREATE VIRTUAL TABLE places USING fts5vocab(asked, instance)")
        db.executemany("INSERT INTO asked (rowid, way) VALUES (?, ?)", enumerate(ways))
        stemmed: dict[str, tuple[str, ...]] = dict.fromkeys(ways, ())
        for row, stem in db.execute("SELECT doc, term FROM places ORDER BY doc, offset"):
            stemmed[ways[row]] += (stem,)
    # A prefix is no word to stem.
    stemmed |= {way: (way.strip('"* ') + "*",) for way in ways if way.endswith("*")}
    return [
        Stems(own=tuple(stemmed[way] for way in notion.own), alike=tuple(stemmed[way] for way in notion.alike))
        for notion in notions
    ]


class Scratch:
    """The candidates in a small index in memory."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._count = len(candidates)
        columns = ", ".join(_COLUMNS)
        self._db = sqlite3.connect(":memory:")
        self._db.execute(
            f"CREATE VIRTUAL TABLE words USING fts5({columns}, content='', columnsize=0, tokenize='{TOKENIZER}')"
        )
        self._db.execute("CREATE VIRTUAL TABLE places USING fts5vocab(words, instance)")
        self._db.executemany(
            "INSERT INTO words (rowid, title, heading, body, bigrams) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    row,
                    f"{c.title} {(name := name_in_words(c.path))}",
                    c.heading,
                    c.text,
                    f"{c.bigrams} {' '.join(bigrams(name))}",
                )
                for row, c in enumerate(candidates)
            ),
        )

    def close(self) -> None:
        self._db.close()

    def matches(self, stems: Sequence[Stems]) -> list[list[Match]]:
        """For each candidate one a notion."""
        found = [(self._anywhere(each.own), self._anywhere(each.alike)) for each in stems]
        return [[_match(own.get(row), alike.get(row)) for own, alike in found] for row in range(self._count)]

    def _anywhere(self, ways: Iterable[tuple[str, ...]]) -> _Appearances:
        """Row -> column -> offsets of any of the ways."""
        found: _Appearances = {}
        for way in dict.fromkeys(filter(None, ways)):
            for row, columns in self._appearances(way).items():
                known = found.setdefault(row, {})
                for column, offsets in columns.items():
                    known[column] = sorted({*known[column], *offsets}) if column in known else offsets
        return found

    def _appearances(self, stems: Sequence[str]) -> _Appearances:
        found = self._places(stems[0])
        for distance, stem in enumerate(stems[1:], start=1):
            following = self._places(stem)
            found = {
                row: kept
                for row, columns in found.items()
                if row in following and (kept := _followed(columns, following[row], distance))
            }
        return found

    def _places(self, stem: str) -> _Appearances:
        where, values = "term = ?", (stem,)
        if stem.endswith("*"):
            where, values = "term >= ? AND term < ?", (stem[:-1], stem[:-1] + "\x7f")
        found: _Appearances = {}
        rows = self._db.execute(f"SELECT doc, col, offset FROM places WHERE {where} ORDER BY offset", values)
        for row, column, offset in rows:
            found.setdefault(row, {}).setdefault(column, []).append(offset)
        return found


def name_in_words(path: str) -> str:
    """What the person called the file, often the only place where its subject is named."""
    return " ".join(_NAME.findall(PurePosixPath(path).stem))


def _followed(columns: dict[str, list[int]], following: dict[str, list[int]], distance: int) -> dict[str, list[int]]:
    """Only the offsets that have one of `following` at `distance` behind them."""
    kept = {
        column: [offset for offset in offsets if offset + distance in following[column]]
        for column, offsets in columns.items()
        if column in following
    }
    return {column: offsets for column, offsets in kept.items() if offsets}


def _match(own: dict[str, list[int]] | None, alike: dict[str, list[int]] | None) -> Match:
    if own is None and alike is None:
        return NOWHERE
    return Match(own=own or {}, alike=alike or {})
