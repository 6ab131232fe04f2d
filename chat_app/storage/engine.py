"""One database under one interface: SQLite in the data directory, or PostgreSQL.

SQL is written once, for both, with named parameters. Rows come back as dictionaries. What the database refuses at run time is
raised as it comes, one of DATABASE_ERRORS; only opening translates errors, into what the operator can do.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from chat_app.settings import Settings
from chat_app.storage import postgres, sqlite_file
from chat_app.storage.migrations import migrate

DATABASE_ERRORS = (sqlite3.Error, SQLAlchemyError, OSError)

Dialect = Literal["sqlite", "postgresql"]
Row = dict[str, Any]
T = TypeVar("T")

_CHECK_TIMEOUT_SECONDS = 3.0
_CLOSE_TIMEOUT_SECONDS = 3.0


class Statements(Protocol):
    """What a database's driver does inside one transaction."""

    async def fetch(self, sql: str, parameters: Mapping[str, object]) -> list[Row]: ...
    async def change(self, sql: str, parameters: Mapping[str, object]) -> int: ...
    async def change_each(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None: ...


class Store(Protocol):
    """The connections to one database."""

    def transaction(self) -> AbstractAsyncContextManager[Statements]: ...
    async def run(self, body: Callable[[Statements], Coroutine[Any, Any, T]]) -> T: ...
    def read(self) -> AbstractAsyncContextManager[Statements]: ...
    async def close(self) -> None: ...


class Connection:
    """A connection inside a transaction. All strings given to it are stored without what a database refuses."""

    def __init__(self, statements: Statements, dialect: Dialect) -> None:
        self._statements = statements
        self.dialect: Dialect = dialect

    @property
    def for_update(self) -> str:
        """Clause that locks the selected rows; SQLite's write transactions lock the whole file already."""
        return " FOR NO KEY UPDATE" if self.dialect == "postgresql" else ""

    def contains(self, column: str, parameter: str) -> str:
        """Condition: `column` contains the parameter's text, whatever the case; every character stands for itself."""
        if self.dialect == "postgresql":
            return f"strpos(lower({column}), lower(:{parameter})) > 0"
        return f"instr(casefold({column}), casefold(:{parameter})) > 0"

    async def rows(self, sql: str, **parameters: object) -> list[Row]:
        return await self._statements.fetch(sql, _storable(parameters))

    async def row(self, sql: str, **parameters: object) -> Row | None:
        return next(iter(await self.rows(sql, **parameters)), None)

    async def execute(self, sql: str, **parameters: object) -> int:
        """Run a statement that returns no rows; returns how many it changed."""
        return await self._statements.change(sql, _storable(parameters))

    async def execute_each(self, sql: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Run a statement once for each of `rows`."""
        bound = [_storable(row) for row in rows]
        if bound:
            await self._statements.change_each(sql, bound)


class Database:
    """All of the program's own storage. Belongs to the event loop in which it was opened."""

    def __init__(self, store: Store, dialect: Dialect, place: str) -> None:
        self._store = store
        self.dialect: Dialect = dialect
        self.place = place
        """Where the data is, as shown to the operator; without a password."""
        self._to_complete: set[asyncio.Future[Any]] = set()

    @classmethod
    async def open(cls, settings: Settings) -> "Database":
        """Open, create or upgrade the database. Raises SettingsError when that is impossible; what is stored stays as it was."""
        if settings.database_url is None:
            path = settings.data_dir / sqlite_file.FILE_NAME
            await asyncio.to_thread(sqlite_file.examine, path)
            database = cls(sqlite_file.SqliteFile(path), "sqlite", str(path))
            explained = sqlite_file.explained(path)
        else:
            pool = postgres.PostgresPool(settings.database_url)
            database = cls(pool, "postgresql", pool.place)
            explained = postgres.explained(pool.place)
        with explained:
            await database._migrate()
        return database

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """Read and write. Committed at the end of the block, undone when it raises."""
        async with self._store.transaction() as statements:
            yield Connection(statements, self.dialect)

    async def run(self, body: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
        """A whole transaction, as `transaction`, at a fifth of its cost on SQLite: for what is done dozens of times a turn.

        `body` may wait for nothing but the connection that it is given, and must not touch what belongs to the event loop.
        """
        return await self._store.run(lambda statements: body(Connection(statements, self.dialect)))

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it to its end, also when the caller is cancelled meanwhile. `close` waits for it, for some seconds."""
        task = asyncio.ensure_future(work)
        self._to_complete.add(task)
        task.add_done_callback(self._to_complete.discard)
        return await asyncio.shield(task)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Connection]:
        """Read only; on SQLite a snapshot that no writer blocks."""
        async with self._store.read() as statements:
            yield Connection(statements, self.dialect)

    async def listen(self, callback: Callable[[str | None], None]) -> None:
        """Call back for each notification of other processes, until cancelled; see postgres.listen. Returns at once on SQLite."""
        if isinstance(self._store, postgres.PostgresPool):
            await postgres.listen(self._store.address, callback)

    async def check(self) -> str | None:
        """Why the database does not answer; None when it does. Never takes longer than a few seconds."""
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_SECONDS), self.read() as connection:
                await connection.row("SELECT MAX(version) AS version FROM schema_migrations")
        except TimeoutError:
            return f"The database ({self.place}) does not answer within {_CHECK_TIMEOUT_SECONDS:.0f} seconds."
        except DATABASE_ERRORS as exc:
            return f"The database ({self.place}) does not answer: {postgres.reason(exc)}"
        return None

    async def close(self) -> None:
        if self._to_complete:
            await asyncio.wait(self._to_complete, timeout=_CLOSE_TIMEOUT_SECONDS)
        await self._store.close()

    async def _migrate(self) -> None:
        try:
            async with self.transaction() as connection:
                await migrate(connection, self.place)
        except BaseException:
            await self.close()
            raise


def in_clause(prefix: str, values: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Named parameters for `IN (...)`: the list of names, and their values. `values` must not be empty."""
    named = {f"{prefix}{index}": value for index, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named


def _storable(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: _text(value) if isinstance(value, str) else value for name, value in parameters.items()}


def _text(value: str) -> str:
    """PostgreSQL has no NUL in text, and neither database has half a surrogate pair; both come with pages of the web."""
    if "\x00" in value:
        value = value.replace("\x00", "")
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
