"""Conversations to share: trails of turns in every state, and a shelf of links that is kept in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from chat_app.errors import NotFound
from chat_app.research import progress as p
from chat_app.research.evidence import Source
from chat_app.research.plan import Plan, Search
from chat_app.research.report import Report
from chat_app.research.view import TurnView, fold

THREAD = "3f0c1c1e-8a53-4a52-9d66-0a53a4b1c0de"
OWNER = "anna@example.org"
TOKEN = "a-token-that-nobody-guesses-0123456789"
START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
QUESTION = "Are sodium-ion batteries ready to replace LFP in home storage?"

SOURCES = (
    Source(
        number=1,
        title="Cycle life of hard-carbon anodes at low temperature",
        url="https://www.nrel.gov/articles/2025/sodium-ion-1",
        quote="At cell level, sodium-ion packs delivered 140 to 160 Wh/kg and kept 90 % of their capacity at minus 20 °C.",
        location="Section 3",
    ),
    Source(
        number=2,
        title="Home storage price index",
        url="https://bnef.com/storage",
        quote="Sodium-ion packs cost $118 per kilowatt-hour.",
    ),
    Source(
        number=3,
        title="Battery handbook",
        url="library:manuals/battery handbook.pdf",
        quote="Keep the cells between 10 and 35 °C.",
        location="page 14",
    ),
)
TEXT = """# Sodium-ion for home storage: close, not there yet

**Short answer.** Sodium-ion packs keep their capacity in the cold [1], but cost more per kilowatt-hour [2].

## What the evidence says

Cells now reach 140 to 160 Wh/kg [1]. The handbook asks for mild rooms [3].

| Aspect | Sodium-ion | LFP |
|---|---:|---:|
| Pack price, per kWh | $118 [2] | $105 |
| Capacity at minus 20 °C | 90 % [1] | 60 % |

> Keep the cells between 10 and 35 °C.

1. Unheated rooms: sodium-ion.
2. Everywhere else: `LFP`.
"""

_SEARCHES = (
    ("sodium-ion home storage price per kWh", "prices"),
    ("sodium-ion low temperature performance", "cold"),
    ("IEC 62619 certification sodium-ion", "rules"),
)


def turn(*events: p.Event, question: str = QUESTION, message: int = 1) -> TurnView:
    """The view of a trail that begins with `question` and goes on with `events`, three seconds apart."""
    turn_id = f"{THREAD}:message-{message}:0"
    trail = [p.TurnStarted(question=question), *events]
    return fold(
        turn_id,
        [
            p.Recorded(turn_id=turn_id, seq=seq, at=START + timedelta(seconds=3 * seq), event=event)
            for seq, event in enumerate(trail)
        ],
    )


def planned() -> list[p.Event]:
    plan = Plan(
        summary="Compare price, cold behaviour and certification.",
        searches=tuple(Search(query=query, purpose=purpose) for query, purpose in _SEARCHES),
    )
    return [p.PhaseStarted(phase="planning"), p.PlanReady(plan=plan)]


def searching() -> list[p.Event]:
    (first, _), (second, _), (third, _) = _SEARCHES
    return [
        *planned(),
        p.PhaseStarted(phase="searching"),
        p.SearchStarted(search=0, query=first),
        p.SearchStarted(search=1, query=second),
        p.SearchStarted(search=2, query=third),
        p.SourceFound(search=0, query=first, source=SOURCES[1]),
        p.SearchFinished(search=0, query=first, sources=(SOURCES[1], SOURCES[2])),
    ]


def analyzing(text: str = TEXT) -> list[p.Event]:
    (_, _), (second, _), (third, _) = _SEARCHES
    return [
        *searching(),
        p.SearchFinished(search=1, query=second, sources=(SOURCES[0],)),
        p.SearchFailedEvent(search=2, query=third, error="Gemini gave no answer in 60 s, three times."),
        p.PhaseStarted(phase="analyzing"),
        p.ReportStarted(attempt=1),
        p.ReportDelta(attempt=1, offset=0, text=text),
    ]


def reported(text: str = TEXT, sources: tuple[Source, ...] = SOURCES) -> list[p.Event]:
    cost = p.CostUpdated(usd=0.1234, input_tokens=98_765, output_tokens=4_321, searches=3)
    return [*analyzing(text), cost, p.ReportReady(report=Report(text=text, sources=sources))]


class Shelf:
    """Links and turns in memory, as the storage of links and trails keeps them; counts what it is asked."""

    def __init__(self, *turns: TurnView) -> None:
        self.links = {TOKEN: THREAD}
        self.kept: list[TurnView] = list(turns)
        self.asked: list[str] = []
        self.listeners = 0
        self._news = asyncio.Condition()

    async def thread_of(self, token: str) -> str | None:
        self.asked.append("thread_of")
        return self.links.get(token)

    async def turns(self, thread_id: str) -> Sequence[TurnView]:
        assert thread_id == THREAD
        self.asked.append("turns")
        return list(self.kept)

    async def changes(self, thread_id: str) -> AsyncIterator[None]:
        self.listeners += 1
        try:
            while True:
                async with self._news:
                    await self._news.wait()
                yield
        finally:
            self.listeners -= 1

    async def change(self, *turns: TurnView) -> None:
        self.kept = list(turns)
        async with self._news:
            self._news.notify_all()

    async def token_of(self, thread_id: str) -> str | None:
        return next((token for token, thread in self.links.items() if thread == thread_id), None)

    async def share(self, thread_id: str) -> str:
        if not self.kept:
            raise NotFound("There is no such conversation; it was deleted.")
        token = await self.token_of(thread_id) or f"token-of-{thread_id}"
        self.links[token] = thread_id
        return token

    async def revoke(self, thread_id: str) -> None:
        self.links = {token: thread for token, thread in self.links.items() if thread != thread_id}
