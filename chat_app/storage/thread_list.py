"""The list of a user's threads: a page at a time, newest activity first, with search and a filter by feedback. Reads titles only."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from chat_app.storage.engine import Connection, Row

MAX_PAGE = 100


class ThreadQuery(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    user_id: str
    first: int
    cursor: str | None = None
    """`ThreadPage.end_cursor` of the page before. Anything else begins at the start."""
    search: str | None = None
    """Text in a title or in a message, whatever the case."""
    feedback: Literal[0, 1] | None = None
    """Only threads with a step rated so."""


class ThreadTitle(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    name: str | None
    updated_at: str


class ThreadPage(BaseModel):
    model_config = ConfigDict(frozen=True)

    threads: tuple[ThreadTitle, ...]
    has_next: bool

    @property
    def start_cursor(self) -> str | None:
        return _cursor(self.threads[0]) if self.threads else None

    @property
    def end_cursor(self) -> str | None:
        return _cursor(self.threads[-1]) if self.threads else None


async def find_threads(tx: Connection, query: ThreadQuery) -> ThreadPage:
    """One page. Threads that get a new question while one pages are not shown twice within a page; deleted ones do no harm."""
    limit = max(1, min(query.first, MAX_PAGE))
    conditions, parameters = _conditions(tx, query)
    rows = await tx.rows(
        f"SELECT t.id, t.name, t.updated_at FROM threads t WHERE {' AND '.join(conditions)} "
        "ORDER BY t.updated_at DESC, t.id DESC LIMIT :limit",
        limit=limit + 1,
        **parameters,
    )
    return ThreadPage(threads=tuple(_title(row) for row in rows[:limit]), has_next=len(rows) > limit)


def _conditions(tx: Connection, query: ThreadQuery) -> tuple[list[str], dict[str, object]]:
    conditions, parameters = ["t.user_id = :user_id"], dict[str, object](user_id=query.user_id)
    search = (query.search or "").strip()
    if search:
        in_steps = f"EXISTS (SELECT 1 FROM steps s WHERE s.thread_id = t.id AND {tx.contains('s.output', 'search')})"
        conditions.append(f"({tx.contains('t.name', 'search')} OR {in_steps})")
        parameters["search"] = search
    if query.feedback is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM steps s JOIN feedbacks f ON f.step_id = s.id "
            "WHERE s.thread_id = t.id AND f.value = :feedback)"
        )
        parameters["feedback"] = query.feedback
    updated_at, separator, last_id = (query.cursor or "").partition("|")
    if separator:
        conditions.append("(t.updated_at, t.id) < (:updated_at, :last_id)")
        parameters |= {"updated_at": updated_at, "last_id": last_id}
    return conditions, parameters


def _title(row: Row) -> ThreadTitle:
    return ThreadTitle(id=row["id"], name=row["name"], updated_at=row["updated_at"])


def _cursor(thread: ThreadTitle) -> str:
    # Both sort keys, not the id alone: the thread may be deleted, or move to the top, before the next page is asked for.
    return f"{thread.updated_at}|{thread.id}"
