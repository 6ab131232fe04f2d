"""The trail of each turn: its events, appended in one transaction each, numbered without a gap, never changed.

Replaying an append is harmless: an entry whose key is known is left out. After the end of a turn nothing is accepted.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chat_app.errors import NotFound
from chat_app.research.progress import (
    END_KINDS,
    AnswerReady,
    Entry,
    Event,
    Recorded,
    ReportReady,
    ReportStarted,
    TurnStopped,
    event_from_json,
)
from chat_app.research.report import Report
from chat_app.research.turn import Turn, now
from chat_app.storage.engine import Connection, Database, Row, in_clause
from chat_app.storage.postgres import CHANNEL
from chat_app.storage.stored_forms import from_json, iso, to_json

_TURN_COLUMNS = "thread_id, message_id, revision, owner, question, asked_at, depth, models, attachments"


class TurnRow(BaseModel):
    """A turn and whether it has ended."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    turn: Turn
    end_kind: str | None
    """Kind of the event that ended it; None while it runs."""
    ended_at: datetime | None


class Trail:
    def __init__(self, db: Database) -> None:
        self._db = db
        self.on_commit: Callable[[list[Recorded]], None] | None = None
        """Called in this process after each commit, with what is new. Must not raise."""

    async def open_turn(self, turn: Turn) -> bool:
        """Begin a turn; False if it was begun before. Raises NotFound unless the thread exists and belongs to the turn's owner."""
        values = turn.model_dump(include=set(_TURN_COLUMNS.split(", ")), exclude={"models", "attachments"})
        values |= {"asked_at": iso(turn.asked_at), "models": turn.models.model_dump_json(exclude_none=True)}
        values["attachments"] = to_json(list(turn.attachments))

        async def insert(tx: Connection) -> bool:
            opened = await tx.execute(
                f"INSERT INTO turns (turn_id, {_TURN_COLUMNS}, next_seq) "
                "SELECT :turn_id, t.id, :message_id, :revision, u.identifier, :question, :asked_at, :depth, :models, "
                ":attachments, 0 "
                "FROM threads t JOIN users u ON u.id = t.user_id WHERE t.id = :thread_id AND u.identifier = :owner "
                "ON CONFLICT (turn_id) DO NOTHING",
                turn_id=turn.id,
                **values,
            )
            if not opened and await _state(tx, turn.id) is None:
                raise NotFound(f"There is no conversation {turn.thread_id!r} of {turn.owner!r}; begin a new one.")
            return bool(opened)

        return await self._db.run(insert)

    async def append(self, turn_id: str, *entries: Entry) -> list[Recorded]:
        """Commit those of `entries` that are new, in order, and return them. Raises NotFound for an unknown or deleted turn.

        All or nothing, also for a caller that is cancelled meanwhile: what was begun is committed and announced.
        """
        return await self._db.complete(self._append(turn_id, entries))

    async def read(self, turn_id: str, after: int = -1) -> list[Recorded]:
        """The events with a `seq` greater than `after`, in order."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT turn_id, seq, at, payload FROM turn_events WHERE turn_id = :turn_id AND seq > :after ORDER BY seq",
                turn_id=turn_id,
                after=after,
            )
        return [_recorded(row) for row in rows]

    async def turn(self, turn_id: str) -> Turn | None:
        async with self._db.read() as tx:
            row = await tx.row(f"SELECT {_TURN_COLUMNS} FROM turns WHERE turn_id = :turn_id", turn_id=turn_id)
        return None if row is None else _turn(row)

    async def turns_of(self, thread_id: str) -> list[TurnRow]:
        """The turns of a thread, oldest first; of one that was tried again, the last try."""
        tries = await self.tries_of(thread_id)
        newest = {row.turn.message_id: row.turn.revision for row in tries}
        return [row for row in tries if newest[row.turn.message_id] == row.turn.revision]

    async def tries_of(self, thread_id: str) -> list[TurnRow]:
        """The turns of a thread, oldest first, with all tries."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                f"SELECT {_TURN_COLUMNS}, end_kind, ended_at FROM turns WHERE thread_id = :thread_id "
                "ORDER BY asked_at, revision",
                thread_id=thread_id,
            )
        return [TurnRow(turn=_turn(row), end_kind=row["end_kind"], ended_at=row["ended_at"]) for row in rows]

    async def unfinished(self) -> list[Turn]:
        """All turns without an end, oldest first."""
        async with self._db.read() as tx:
            rows = await tx.rows(f"SELECT {_TURN_COLUMNS} FROM turns WHERE end_kind IS NULL ORDER BY asked_at")
        return [_turn(row) for row in rows]

    async def running_threads(self, owner: str) -> list[str]:
        """Ids of the owner's threads in which a turn runs."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT DISTINCT thread_id FROM turns WHERE end_kind IS NULL AND owner = :owner ORDER BY thread_id",
                owner=owner,
            )
        return [str(row["thread_id"]) for row in rows]

    async def next_attempt(self, turn_id: str) -> int:
        """The number for a report that is about to be begun: 1 at first, then one more than any begun before."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT payload FROM turn_events WHERE turn_id = :turn_id AND kind = 'report_started'", turn_id=turn_id
            )
        begun = (event_from_json(row["payload"]) for row in rows)
        return 1 + max((event.attempt for event in begun if isinstance(event, ReportStarted)), default=0)

    async def is_ended(self, turn_id: str) -> bool:
        """Whether the turn has its end. A turn that does not exist has none."""
        async with self._db.read() as tx:
            row = await tx.row("SELECT end_kind FROM turns WHERE turn_id = :turn_id", turn_id=turn_id)
        return row is not None and row["end_kind"] is not None

    async def listen(self, callback: Callable[[str | None], None]) -> None:
        """Call `callback(turn_id)` for each commit by any process, `callback(None)` when some may have been missed.

        PostgreSQL: runs until cancelled and reconnects by itself. SQLite tells nobody: returns at once.
        """
        await self._db.listen(callback)

    async def _append(self, turn_id: str, entries: Sequence[Entry]) -> list[Recorded]:
        async def add(tx: Connection) -> list[Recorded]:
            state = await _state(tx, turn_id, tx.for_update)
            if state is None:
                raise NotFound(f"There is no turn {turn_id!r}; its conversation was deleted.")
            new = [] if state["end_kind"] else await _unknown(tx, turn_id, entries)
            recorded = _numbered(turn_id, state["next_seq"], new)
            if recorded:
                await _write(tx, new, recorded)
                await _finish(tx, str(state["thread_id"]), recorded[-1])
            return recorded

        recorded = await self._db.run(add)
        if recorded and self.on_commit is not None:
            self.on_commit(recorded)
        return recorded


async def _state(tx: Connection, turn_id: str, lock: str = "") -> Row | None:
    return await tx.row(
        f"SELECT thread_id, next_seq, end_kind FROM turns WHERE turn_id = :turn_id{lock}", turn_id=turn_id
    )


async def _unknown(tx: Connection, turn_id: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries not in the trail yet, each key once, up to and including the first end."""
    by_key = {entry.key: entry for entry in reversed(entries)}
    if not by_key:
        return []
    names, keys = in_clause("key", list(by_key))
    rows = await tx.rows(
        f"SELECT key FROM turn_events WHERE turn_id = :turn_id AND key IN ({names})", turn_id=turn_id, **keys
    )
    known = {row["key"] for row in rows}
    new = [entry for entry in entries if entry.key not in known and by_key[entry.key] is entry]
    end = next((index for index, entry in enumerate(new) if entry.event.kind in END_KINDS), len(new))
    return new[: end + 1]


def _numbered(turn_id: str, first: int, entries: Sequence[Entry]) -> list[Recorded]:
    at = now()
    return [Recorded(turn_id=turn_id, seq=first + i, at=at, event=entry.event) for i, entry in enumerate(entries)]


async def _write(tx: Connection, entries: Sequence[Entry], recorded: Sequence[Recorded]) -> None:
    await tx.execute_each(
        "INSERT INTO turn_events (turn_id, seq, key, at, kind, payload) "
        "VALUES (:turn_id, :seq, :key, :at, :kind, :payload)",
        [
            {
                "turn_id": new.turn_id,
                "seq": new.seq,
                "key": entry.key,
                "at": iso(new.at),
                "kind": new.event.kind,
                "payload": new.event.model_dump_json(),
            }
            for entry, new in zip(entries, recorded, strict=True)
        ],
    )
    last = recorded[-1]
    await tx.execute(
        "UPDATE turns SET next_seq = :next_seq WHERE turn_id = :turn_id", next_seq=last.seq + 1, turn_id=last.turn_id
    )
    if tx.dialect == "postgresql":
        await tx.rows(f"SELECT pg_notify('{CHANNEL}', :turn_id)", turn_id=last.turn_id)


async def _finish(tx: Connection, thread_id: str, last: Recorded) -> None:
    """If this is the end: mark the turn, and keep its report where follow-ups look for it."""
    if not last.is_end:
        return
    await tx.execute(
        "UPDATE turns SET end_kind = :kind, ended_at = :at WHERE turn_id = :turn_id",
        kind=last.event.kind,
        at=iso(last.at),
        turn_id=last.turn_id,
    )
    report = _report(last.event)
    if report is None:
        return
    await tx.execute(
        "INSERT INTO reports (turn_id, thread_id, kind, text, sources, notes, created_at) "
        "VALUES (:turn_id, :thread_id, :kind, :text, :sources, :notes, :at) ON CONFLICT (turn_id) DO UPDATE SET "
        "kind = excluded.kind, text = excluded.text, sources = excluded.sources, notes = excluded.notes, "
        "created_at = excluded.created_at",
        turn_id=last.turn_id,
        thread_id=thread_id,
        kind=last.event.kind,
        text=report.text,
        notes=to_json(list(report.notes)),
        sources=to_json([source.model_dump(mode="json") for source in report.sources]),
        at=iso(last.at),
    )


def _report(event: Event) -> Report | None:
    return event.report if isinstance(event, ReportReady | AnswerReady | TurnStopped) else None


def _turn(row: Row) -> Turn:
    fields = {name: row[name] for name in _TURN_COLUMNS.split(", ")}
    # Turns of before there were choices and attachments have none stored.
    later: dict[str, object] = {
        "models": from_json(row["models"]) or {},
        "attachments": from_json(row["attachments"]) or (),
    }
    return Turn.model_validate(fields | later)


def _recorded(row: Row) -> Recorded:
    return Recorded(turn_id=row["turn_id"], seq=row["seq"], at=row["at"], event=event_from_json(row["payload"]))
