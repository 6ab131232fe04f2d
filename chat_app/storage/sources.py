"""The register of a thread's sources: one number a page, counted through all turns of the thread."""

from collections.abc import Sequence

from chat_app.errors import NotFound
from chat_app.research.evidence import Source
from chat_app.storage.engine import Connection, Database


class SourceRegister:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def number_sources(self, thread_id: str, sources: Sequence[Source]) -> tuple[Source, ...]:
        """The same sources, in the same order, with their numbers; a URL seen in this thread before keeps its number.

        Asking again gives the same numbers. Raises NotFound when the thread is gone.
        """
        if not sources:
            return ()
        async with self._db.transaction() as tx:
            # One writer a thread: the lock, not a unique index, keeps URLs apart; a long URL does not fit PostgreSQL's index.
            if await tx.row(f"SELECT id FROM threads WHERE id = :id{tx.for_update}", id=thread_id) is None:
                raise NotFound(f"There is no conversation {thread_id!r}; it was deleted.")
            numbers = await _numbers(tx, thread_id)
            first = max(numbers.values(), default=0) + 1
            unknown = {source.url: source.title for source in reversed(sources) if source.url not in numbers}
            added = {url: number for number, url in enumerate(_in_order(sources, unknown), start=first)}
            await tx.execute_each(
                "INSERT INTO thread_sources (thread_id, number, url, title) VALUES (:thread_id, :number, :url, :title)",
                [
                    {"thread_id": thread_id, "number": number, "url": url, "title": unknown[url]}
                    for url, number in added.items()
                ],
            )
        numbers |= added
        return tuple(source.model_copy(update={"number": numbers[source.url]}) for source in sources)

    async def thread_sources(self, thread_id: str) -> tuple[Source, ...]:
        """All sources of a thread by number: title and address, without passages."""
        async with self._db.read() as tx:
            rows = await tx.rows(
                "SELECT number, url, title FROM thread_sources WHERE thread_id = :thread_id ORDER BY number",
                thread_id=thread_id,
            )
        return tuple(Source.model_validate(row) for row in rows)


async def _numbers(tx: Connection, thread_id: str) -> dict[str, int]:
    rows = await tx.rows("SELECT url, number FROM thread_sources WHERE thread_id = :thread_id", thread_id=thread_id)
    return {row["url"]: row["number"] for row in rows}


def _in_order(sources: Sequence[Source], unknown: dict[str, str]) -> list[str]:
    return list(dict.fromkeys(source.url for source in sources if source.url in unknown))
