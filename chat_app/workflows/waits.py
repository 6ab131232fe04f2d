"""What a turn waits for, told to its trail as it happens."""

from uuid import uuid4

from chat_app.research.progress import Waiting
from chat_app.research.turn import Turn
from chat_app.workflows.journal import Journal


class Waits:
    """Of a turn, or of one of its searches."""

    def __init__(self, turn: Turn, journal: Journal, search: int | None = None) -> None:
        self._turn = turn
        self._journal = journal
        self._search = search

    async def waiting(self, who: str, reason: str, seconds: float, waited_seconds: float) -> None:
        """`who` is waited for; the next try is in so many seconds, or 0 when none is planned."""
        event = Waiting(on=who, reason=reason, seconds=seconds, waited_seconds=waited_seconds, search=self._search)
        # Nobody waits in a replay, so this key need not be found again; a crash must not make two waits one.
        await self._journal.record(self._turn, f"waiting.{uuid4()}", event)

    async def replaced(self, who: str, reason: str, replacement: str) -> None:
        """`replacement` takes over from `who`."""
        event = Waiting(on=who, reason=reason, seconds=0, search=self._search, replaced_by=replacement)
        part = "turn" if self._search is None else f"search.{self._search}"
        await self._journal.record(self._turn, f"{part}.replaced.{who}", event)
