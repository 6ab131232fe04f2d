"""How well the library finds what answers a question, and what is quoted of it without a model."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import manuals
from benchmarks.asked import Question, questions, unanswered
from benchmarks.figures import Figure, percentiles, seconds, share
from benchmarks.stage import Stage
from chat_app.agents.excerpts.selection import Excerpt, excerpts_for
from chat_app.research.plan import Search
from chat_app.search.documents import DocumentSearch
from chat_app.search.library.index import Index
from chat_app.search.library.library import Library
from chat_app.search.library.questions import terms

_FOUND_AMONG = 20
_PARTS = {
    "tuned": ("en", "questions that the ranking was tuned on"),
    "held": ("en", "questions held back"),
    "blind": ("en", "questions that nobody who worked on the ranking has seen"),
    "others": (manuals.OTHERS, "such questions about other manuals"),
}
"""By the name of a file of questions."""


async def ranking(_: Stage) -> list[Figure]:
    """Whether a passage that answers is among the first five, beside what SQLite's own ranking comes to."""
    return await asyncio.to_thread(_with_manuals, _ranking)


async def excerpts(_: Stage) -> list[Figure]:
    """Without keys: whether the first passage quoted answers, and whether questions without an answer get none."""
    return await asyncio.to_thread(_with_manuals, _excerpts)


def _with_manuals(measure: Callable[[Path], list[Figure]]) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        try:
            return measure(Path(directory))
        except manuals.ManualsMissing as exc:
            print(exc)
            return [share("recall", [])]


def _ranking(directory: Path) -> list[Figure]:
    figures: list[Figure] = []
    latencies: list[float] = []
    libraries = {name: manuals.library(name, directory) for name in ("en", manuals.OTHERS)}
    for library in libraries.values():
        began_at = time.monotonic()
        library.refresh_now()
        seconds_taken = time.monotonic() - began_at
        figures.append(seconds(f"indexing {library.status().indexed} pages", [seconds_taken], "< 30 s for 2,000"))
    for name, (manual, title) in _PARTS.items():
        asked = questions(name)
        places = [_place(libraries[manual], question, latencies) for question in asked]
        by_bm25 = _places_by_bm25(directory / f"{manual}.sqlite", asked)
        title = f"{len(asked)} {title}"
        figures += [
            share(f"{title}: recall@5", [_recall(places, 5)], ">= 0.75"),
            share(f"{title}: recall@20", [_recall(places, _FOUND_AMONG)]),
            share(f"{title}: mean reciprocal rank", [sum(1 / place for place in places if place) / len(places)]),
            share(f"{title}: recall@5 of FTS5 with field weights alone", [_recall(by_bm25, 5)]),
        ]
    passages = " and ".join(f"{library.status().passages:,}" for library in libraries.values())
    for library in libraries.values():
        asyncio.run(library.close())
    figures += percentiles(f"a query over {passages} passages", latencies, "< 30 ms over 25,000")
    return figures


def _place(library: Library, question: Question, latencies: list[float]) -> int:
    """At which place the first passage that answers stands; 0 for none."""
    began_at = time.perf_counter()
    hits = library.search_now(question.text, _FOUND_AMONG)
    latencies.append(time.perf_counter() - began_at)
    return next((n for n, hit in enumerate(hits, start=1) if question.is_answered_by(hit.path, hit.text)), 0)


def _places_by_bm25(path: Path, asked: list[Question]) -> list[int]:
    index = Index(path)
    found = [(question, index.candidates(terms(question.text), _FOUND_AMONG)) for question in asked]
    index.close()
    return [
        next((n for n, each in enumerate(candidates, start=1) if question.is_answered_by(each.path, each.text)), 0)
        for question, candidates in found
    ]


def _recall(places: list[int], among: int) -> float:
    return sum(0 < place <= among for place in places) / len(places)


def _excerpts(directory: Path) -> list[Figure]:
    figures: list[Figure] = []
    for language in manuals.LANGUAGES:
        library = manuals.library(language, directory)
        library.refresh_now()
        asked = [*questions("tuned"), *questions("held")] if language == "en" else questions(language)
        quoted = [(question, _first(library, question.text)) for question in asked]
        answers = [_is_right(question, first) for question, first in quoted if first is not None]
        off = unanswered(language)
        abstained = [_first(library, question) is None for question in off]
        asyncio.run(library.close())
        figures += [
            share(f"{language}: answered, of {len(asked)} with an answer", [len(answers) / len(asked)]),
            share(f"{language}: first passage right, of those answered", [sum(answers) / (len(answers) or 1)]),
            share(f"{language}: declined, of {len(off)} without an answer", [sum(abstained) / len(off)], ">= 0.90"),
        ]
    return figures


def _first(library: Library, question: str) -> Excerpt | None:
    search = Search(query=question, where="library")
    sources = asyncio.run(DocumentSearch(library)(search))
    numbered = [source.model_copy(update={"number": number}) for number, source in enumerate(sources, start=1)]
    return next(iter(excerpts_for(question, numbered)), None)


def _is_right(question: Question, first: Excerpt) -> bool:
    return question.is_answered_by(first.source.url.removeprefix("library:"), first.passage.quote)
