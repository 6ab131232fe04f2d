"""The SQLite side: examining the file before it is opened for writing, and how connections to it behave."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from chat_app.errors import DataDirectoryError, StoreVersionError
from chat_app.storage.migrations import foreign_database, newer_database, version_known

FILE_NAME = "research.sqlite"

_READERS = 4
_BUSY_TIMEOUT_MS = 30_000
_BUSY_PAUSE_SECONDS = 0.02
# A deferred transaction that turns into a write fails at once when another one wrote meanwhile, whatever the timeout.
# See: https://www.sqlite.org/lang_transaction.html
_BEGIN_WRITING = "BEGIN IMMEDIATE"
# Reading a whole file takes 2 ms a MB of start-up; larger ones report damage when the damaged page is read.
_EXAMINED_BYTES = 64 * 1024 * 1024

T = TypeVar("T")


class _AtOnce:
    """Statements for code that runs on the connection's own thread: nothing of it waits."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(sql, parameters).fetchall()]

    async def change(self, sql: str, parameters: Mapping[str, object]) -> int:
        return self._connection.execute(sql, parameters).rowcount

    async def change_each(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        self._connection.executemany(sql, rows)


class SqliteStatements:
    """One connection to the file, on a thread of its own: a statement costs one hop to it, 0.05 ms.

    A driver that makes cursors, fetches and closes in hops of their own takes seven times as long for a small transaction.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="research-sqlite")
        self._connection: sqlite3.Connection | None = None

    async def fetch(self, sql: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        return await self._run(lambda db: [dict(row) for row in db.execute(sql, parameters).fetchall()])

    async def change(self, sql: str, parameters: Mapping[str, object]) -> int:
        return await self._run(lambda db: db.execute(sql, parameters).rowcount)

    async def change_each(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        await self._run(lambda db: db.executemany(sql, rows))

    async def run(self, body: Callable[[_AtOnce], Coroutine[Any, Any, T]]) -> T:
        """A whole transaction in one hop. It is done to its end, or not begun, also for a caller that is cancelled."""
        return await self._run(lambda db: _transaction(db, body))

    async def begin(self) -> None:
        await self._run(lambda db: db.execute("BEGIN" if self._read_only else _BEGIN_WRITING))

    async def commit(self) -> None:
        await self._run(sqlite3.Connection.commit)

    def rollback(self) -> Awaitable[None]:
        """Undo what is open, if anything. The thread has it to do when this returns, also if nobody can wait for it."""
        return asyncio.shield(self._submit(sqlite3.Connection.rollback))

    async def close(self) -> None:
        if self._connection is not None:
            await self._run(sqlite3.Connection.close)
        self._thread.shutdown(wait=False)

    async def _run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        return await self._submit(function)

    def _submit(self, function: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(self._connected()))

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self._path, read_only=self._read_only)
        return self._connection


class SqliteFile:
    """One connection that writes and a few that read beside it. Belongs to one event loop."""

    def __init__(self, path: Path) -> None:
        self._writer = SqliteStatements(path, read_only=False)
        # SQLite has one writer. Waiting here is woken at once; waiting in SQLite polls with sleeps up to 100 ms.
        self._writing = asyncio.Lock()
        self._readers = [SqliteStatements(path, read_only=True) for _ in range(_READERS)]
        self._idle = asyncio.LifoQueue[SqliteStatements]()
        for reader in self._readers:
            self._idle.put_nowait(reader)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[SqliteStatements]:
        async with self._writing:
            try:
                await self._writer.begin()
                yield self._writer
                await self._writer.commit()
            except BaseException:
                await self._writer.rollback()
                raise

    async def run(self, body: Callable[[_AtOnce], Coroutine[Any, Any, T]]) -> T:
        async with self._writing:
            return await self._writer.run(body)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[SqliteStatements]:
        reader = await self._idle.get()
        try:
            await reader.begin()
            yield reader
        finally:
            undone = reader.rollback()
            self._idle.put_nowait(reader)
            await undone

    async def close(self) -> None:
        for statements in (*self._readers, self._writer):
            await statements.close()


def examine(path: Path) -> None:
    """Make the directory, and refuse a file that is damaged, foreign or newer. Changes nothing in an existing file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        size_bytes = path.stat().st_size if path.exists() else 0
    except OSError as exc:
        raise _unusable_directory(path, exc) from exc
    if size_bytes == 0:
        _try_writing(path)
        return
    try:
        # rw, not ro: a file left by a killed process needs its write-ahead log played in.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
            _examine_content(connection, path, complete=size_bytes <= _EXAMINED_BYTES)
    except sqlite3.DatabaseError as exc:
        raise _explanation(exc, path) from exc


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn SQLite's errors into what the operator can do."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _explanation(exc, path) from exc


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    # The driver must not begin transactions by itself: it would begin them without IMMEDIATE.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    _write_ahead(connection)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", f"query_only={int(read_only)}"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Waits where SQLite does not: of several processes that change the mode of a new file, some hear at once that it is locked."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_SECONDS)


def _transaction(connection: sqlite3.Connection, body: Callable[[_AtOnce], Coroutine[Any, Any, T]]) -> T:
    connection.execute(_BEGIN_WRITING)
    try:
        result = _completed(body(_AtOnce(connection)))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return result


def _completed(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("The body of a transaction may wait for nothing but its own statements.")


def _casefold(value: object) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _examine_content(connection: sqlite3.Connection, path: Path, *, complete: bool) -> None:
    names = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if complete:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict))
    if "schema_migrations" in names:
        (version,) = connection.execute("SELECT MAX(version) FROM schema_migrations").fetchone()
        if not version_known(version):
            raise newer_database(str(path), version)
    elif names:
        raise foreign_database(str(path))


def _try_writing(path: Path) -> None:
    try:
        with path.open("ab"):
            pass
    except OSError as exc:
        raise _unusable_directory(path, exc) from exc


def _unusable_directory(path: Path, exc: OSError) -> DataDirectoryError:
    return DataDirectoryError(
        f"The data directory {str(path.parent)!r} cannot be written to ({exc.strerror or exc}); "
        "make it writable, or set CHAT_APP_DATA_DIR to another one."
    )


def _explanation(exc: BaseException, path: Path) -> DataDirectoryError | StoreVersionError:
    reason = " ".join(str(exc).split())
    if isinstance(exc, sqlite3.OperationalError):
        return DataDirectoryError(
            f"The database {str(path)!r} cannot be used ({reason}); "
            "make the file and its directory writable, or set CHAT_APP_DATA_DIR to another directory."
        )
    return StoreVersionError(
        f"The database {str(path)!r} is damaged ({reason}); put a backup in its place, "
        "or move it away to begin with an empty one. Nothing was changed."
    )
