"""A conversation of many turns, written into a data directory without asking anybody: what months of use come to."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid5

from chat_app.research.budget import Costs, Usage
from chat_app.research.evidence import Passage, Source
from chat_app.research.plan import Plan, Search
from chat_app.research.progress import (
    CostUpdated,
    Entry,
    Event,
    PhaseStarted,
    PlanReady,
    ReportReady,
    SearchFinished,
    SearchStarted,
    TurnStarted,
)
from chat_app.research.report import Report
from chat_app.research.turn import Turn, now
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.storage.hub import Hub
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from chat_app.workflows.journal import Journal

THREAD = "5b0c4f4e-0000-4000-8000-000000000200"
OWNER = "local"
SEARCHES = 4
SOURCES_A_SEARCH = 3
PARAGRAPHS = 5
COST_USD = 0.01
_SENTENCE = (
    "What was measured in year {number} of the series agrees with the years before it, by a few percent [{cited}]. "
)


def write_long_thread(environment: Mapping[str, str], turns: int, thread: str = THREAD) -> str:
    """Returns the thread's id. No program may run on that data directory."""
    # A thread, because the caller's may have a loop already: a browser's, for one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _write(Settings.from_environment(environment), thread, turns)).result()
    return thread


def question(number: int) -> str:
    return f"What did the series measure in year {number}?"


async def _write(settings: Settings, thread: str, turns: int) -> None:
    db = await Database.open(settings)
    try:
        trail, transcript = Trail(db), Transcript(db)
        journal = Journal(trail, transcript, Hub(trail))
        began_at = now() - timedelta(hours=turns)
        await transcript.save_thread(thread, OWNER, f"A conversation of {turns} questions", began_at)
        for number in range(1, turns + 1):
            turn = Turn(
                thread_id=thread,
                message_id=str(uuid5(UUID(thread), str(number))),
                question=question(number),
                owner=OWNER,
                asked_at=began_at + timedelta(hours=number - 1),
            )
            await trail.open_turn(turn)
            entries = [Entry(key=str(key), event=event) for key, event in enumerate(_events(number))]
            await journal.record_all(turn, entries)
    finally:
        await db.close()


def _events(number: int) -> list[Event]:
    searches = tuple(Search(query=f"series, year {number}, side {n}", purpose=f"Side {n}") for n in range(SEARCHES))
    plan = Plan(summary=f"{SEARCHES} searches about year {number}.", searches=searches)
    found = [_sources(number, search) for search in range(SEARCHES)]
    used = Usage(usd=COST_USD, input_tokens=9_000, output_tokens=900, searches=SEARCHES)
    events: list[Event] = [
        TurnStarted(question=question(number)),
        PhaseStarted(phase="planning"),
        PlanReady(plan=plan),
        PhaseStarted(phase="searching"),
    ]
    for index, search in enumerate(searches):
        events.append(SearchStarted(search=index, query=search.query, purpose=search.purpose))
        events.append(SearchFinished(search=index, query=search.query, sources=found[index]))
    return [
        *events,
        PhaseStarted(phase="analyzing"),
        CostUpdated.of(Costs(analyst=used)),
        ReportReady(report=_report(number, tuple(source for sources in found for source in sources))),
    ]


def _sources(turn: int, search: int) -> tuple[Source, ...]:
    first = ((turn - 1) * SEARCHES + search) * SOURCES_A_SEARCH + 1
    return tuple(
        Source(
            number=number,
            title=f"Yearbook of the series, volume {number}",
            url=f"https://yearbook.example/volume/{number}",
            quote=f"The value of volume {number} is within the expected range.",
            passages=(Passage(quote=f"The value of volume {number} is within the expected range."),),
        )
        for number in range(first, first + SOURCES_A_SEARCH)
    )


def _report(turn: int, sources: tuple[Source, ...]) -> Report:
    numbers = [source.number for source in sources]
    paragraphs = [
        "".join(_SENTENCE.format(number=turn, cited=numbers[(4 * n + k) % len(numbers)]) for k in range(4))
        for n in range(PARAGRAPHS)
    ]
    table = f"| Year | Value |\n|---|---|\n| {turn} | within range [{numbers[0]}] |"
    return Report(
        text="\n\n".join([f"## Year {turn}", *paragraphs, table]),
        sources=sources,
        follow_ups=(f"What came after year {turn}?", f"Who measured in year {turn}?"),
    )
