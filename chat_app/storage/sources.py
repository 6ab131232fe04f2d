"""The register of a thread's sources: one number a page, counted through all turns of the thread."""

from collections.abc import Sequence

from chat_app.errors import NotFound
from chat_app.research.evidence import Source
from chat_app.research.turn import now
from chat_app.storage.engine import Connection, Database, Row
from chat_app.storage.stored_forms import iso, parse_time


class SourceRegister:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def number_sources(self, thread_id: str, sources: Sequence[Source]) -> tuple[Source, ...]:
        """The same sources, in the same order, with their numbers and when each was first retrieved: now, if it is new.

        A URL seen in this thread before keeps both.
        Asking again gives the same numbers. Raises NotFound when the thread is gone.
        """
        if not sources:
            return ()

        async def number(tx: Connection) -> dict[str, Row]:
            # One writer a thread: the lock, not a unique index, keeps URLs apart; a long URL does not fit PostgreSQL's index.
            if await tx.row(f"SELECT id FROM threads WHERE id = :id{tx.for_update}", id=thread_id) is None:
                raise NotFound(f"There is no conversation {thread_id!r}; it was deleted.")
            known = await _known(tx, thread_id)
            first = max((entry["number"] for entry in known.values()), default=0) + 1
            unknown = {source.url: source.title for source in reversed(sources) if source.url not in known}
            at = iso(now())
            added: dict[str, Row] = {
                url: {"number": number, "retrieved_at": at}
                for number, url in enumerate(_in_order(sources, unknown), start=first)
            }
            await tx.execute_each(
                "INSERT INTO thread_sources (thread_id, number, url, title, retrieved_at) "
                "VALUES (:thread_id, :number, :url, :title, :retrieved_at)",
                [{"thread_id": thread_id, "url": url, "title": unknown[url], **entry} for url, entry in added.items()],
            )
            return known | added

        entries = {url: _entry(entry) for url, entry in (await self._db.run(number)).items()}
        return tuple(source.model_copy(update=entries[source.url]) for source in sources)

    async def thread_sources(self, thread_id: str) -> tuple[Source, ...]:
        """All sources of a thread by number: title, address and when retrieved, without passages."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT number, url, title, retrieved_at FROM thread_sources "
                "WHERE thread_id = :thread_id ORDER BY number",
                thread_id=thread_id,
            )
        return tuple(Source.model_validate(row) for row in rows)


async def _known(tx: Connection, thread_id: str) -> dict[str, Row]:
    rows = await tx.rows(
        "SELECT url, number, retrieved_at FROM thread_sources WHERE thread_id = :thread_id", thread_id=thread_id
    )
    return {row["url"]: row for row in rows}


def _entry(row: Row) -> dict[str, object]:
    at = row["retrieved_at"]
    return {"number": row["number"], "retrieved_at": parse_time(at) if at else None}


def _in_order(sources: Sequence[Source], unknown: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(source.url for source in sources if source.url in unknown))
