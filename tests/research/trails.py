"""Trails for tests of what is made of them: one event a second from a fixed beginning."""

from datetime import UTC, datetime, timedelta

from chat_app.research.evidence import Passage, Source
from chat_app.research.plan import Plan, Search
from chat_app.research.progress import Event, Recorded
from chat_app.research.report import Report
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView, fold

BEGINNING = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
TURN = Turn(
    thread_id="3d0c4f4e-0000-4000-8000-000000000001",
    message_id="3d0c4f4e-0000-4000-8000-000000000002",
    question="Why is the sky blue?",
    owner="alice",
    asked_at=BEGINNING,
)
PLAN = Plan(
    summary="Two sides of it.",
    searches=(Search(query="scattering", purpose="the physics"), Search(query="eyes", purpose="the biology")),
)


def at(seconds: float) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)


def trail(*events: Event) -> list[Recorded]:
    """The events as committed, each a second after the one before it."""
    return [Recorded(turn_id=TURN.id, seq=i, at=at(i), event=event) for i, event in enumerate(events)]


def view_of(*events: Event) -> TurnView:
    return fold(TURN.id, trail(*events))


def source(number: int, url: str | None = None, **fields: object) -> Source:
    """A web page with one verbatim passage."""
    known = {"title": f"Page {number}", "url": url or f"https://page{number}.example/", "quote": f"Words {number}."}
    passages = (Passage(quote=f"Words {number}."),)
    return Source.model_validate({"number": number, "passages": passages, **known, **fields})


def report(text: str, *numbers: int) -> Report:
    return Report(text=text, sources=tuple(source(number) for number in numbers))
