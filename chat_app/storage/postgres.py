"""The PostgreSQL side: the address, how connections behave, what can be wrong, and listening for what others commit."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from pydantic import SecretStr
from sqlalchemy import URL, TextClause, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from chat_app.errors import SettingsError

SCHEMA = "research_chat"
CHANNEL = "research_chat_events"

_CONNECT_TIMEOUT_SECONDS = 10
_HEARTBEAT_SECONDS = 30.0
_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

T = TypeVar("T")

log = logging.getLogger(__name__)


class PostgresStatements:
    """A connection of the pool, inside a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        result = await self._connection.execute(_clause(sql), parameters)
        return [dict(row) for row in result.mappings()]

    async def change(self, sql: str, parameters: Mapping[str, object]) -> int:
        return (await self._connection.execute(_clause(sql), parameters)).rowcount

    async def change_each(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        await self._connection.execute(_clause(sql), rows)


class PostgresPool:
    """Connections that see our schema only. Raises SettingsError for an address that cannot be read."""

    def __init__(self, address: SecretStr) -> None:
        url = _parsed(address)
        query = dict(url.query)
        options = query.pop("options", "")
        timeout = query.pop("connect_timeout", str(_CONNECT_TIMEOUT_SECONDS))
        self.place = _place(url)
        self.address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        """For a connection beside the pool. It holds the password."""
        self._engine = create_async_engine(
            url.set(query=query),
            connect_args={"options": f"{options} -c search_path={SCHEMA}".strip(), "connect_timeout": timeout},
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=10,
            hide_parameters=True,
        )
        self._closed = False
        event.listen(self._engine.sync_engine, "checkin", self._close_returned)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[PostgresStatements]:
        async with self._engine.begin() as connection:
            yield PostgresStatements(connection)

    async def run(self, body: Callable[[PostgresStatements], Coroutine[Any, Any, T]]) -> T:
        async with self.transaction() as statements:
            return await body(statements)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[PostgresStatements]:
        async with self._engine.connect() as connection:
            yield PostgresStatements(connection)

    async def close(self) -> None:
        """Close the connections. One that is in use is closed when its work is done."""
        self._closed = True
        await self._engine.dispose()

    def _close_returned(self, _: object, entry: ConnectionPoolEntry) -> None:
        # Disposing of the engine forgets the connections in use, and so would leave them open.
        if self._closed:
            entry.close()


@contextmanager
def explained(where: str) -> Generator[None]:
    """Turn errors of connecting and migrating into what the operator can do."""
    try:
        yield
    except DBAPIError as exc:
        cause = exc.orig or exc
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise SettingsError(
                f"The database ({where}) does not let this user create its tables ({reason(cause)}); "
                f"grant CREATE on the database, or create the schema {SCHEMA!r} and make the user its owner."
            ) from None
        raise SettingsError(
            f"The database ({where}) cannot be used ({reason(cause)}); start it, correct DATABASE_URL, "
            "or unset DATABASE_URL to keep everything in SQLite."
        ) from None


def reason(exc: BaseException) -> str:
    """What the database said, on one line. SQLAlchemy's wrapping, which repeats the statement, is left out."""
    cause = (exc.orig or exc) if isinstance(exc, DBAPIError) else exc
    return " ".join(str(cause).split()) or type(cause).__name__


async def listen(address: str, callback: Callable[[str | None], None]) -> None:
    """Call `callback` with the payload of each notification, for ever; cancel the task to end it.

    `callback(None)` means: something may have been missed, look at everything. It comes after each connecting, the first too.
    """
    failures = 0
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                failures = 0
                callback(None)
                await _forward(connection, callback)
        except (psycopg.Error, OSError) as exc:
            delay = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
            failures += 1
            log.warning("Lost the connection that listens for progress (%s); next try in %s s.", reason(exc), delay)
            await asyncio.sleep(delay)


async def _forward(connection: psycopg.AsyncConnection, callback: Callable[[str | None], None]) -> None:
    while True:
        async for notification in connection.notifies(timeout=_HEARTBEAT_SECONDS):
            callback(notification.payload)
        # A connection that a firewall forgot looks just silent; a query finds out.
        await connection.execute("SELECT 1")


@lru_cache(maxsize=512)
def _clause(sql: str) -> TextClause:
    return text(sql)


def _place(url: URL) -> str:
    """Where the database is: host, port and name, never user or password."""
    host = url.host or url.query.get("host") or "local socket"
    return f"PostgreSQL {host}:{url.port or 5432}/{url.database or ''}"


def _parsed(address: SecretStr) -> URL:
    try:
        url = make_url(address.get_secret_value())
    except (ArgumentError, ValueError):
        url = None
    # An "@" in the host is the tail of a password that was not percent-encoded: neither is repeated.
    if url is None or "@" in (url.host or "") or "@" in (url.database or ""):
        raise SettingsError(
            "DATABASE_URL cannot be read; it must be postgresql://user:password@host:port/database, "
            "with special characters of the password percent-encoded (@ is %40, / is %2F)."
        )
    return url
