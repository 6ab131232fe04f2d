"""The tables, as numbered migrations: each is SQL for both databases, run once, in order, all in one transaction.

`{key}` stands for text that is compared and sorted byte by byte (ids, times in ISO 8601); PostgreSQL would sort it by language.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chat_app.errors import StoreVersionError

if TYPE_CHECKING:
    from chat_app.storage.engine import Connection

_LOCK = 7_105_881_221
"""Any number nobody else uses for an advisory lock in this database."""

_FIRST = """
CREATE TABLE users (
    id {key} PRIMARY KEY,
    identifier {key} NOT NULL UNIQUE,
    display_name TEXT,
    metadata TEXT NOT NULL,
    created_at {key} NOT NULL
);
CREATE TABLE threads (
    id {key} PRIMARY KEY,
    user_id {key} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT,
    tags TEXT,
    metadata TEXT NOT NULL,
    created_at {key} NOT NULL,
    updated_at {key} NOT NULL
);
CREATE INDEX threads_by_user ON threads (user_id, updated_at, id);
CREATE TABLE steps (
    id {key} PRIMARY KEY,
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    parent_id {key},
    type {key} NOT NULL,
    name TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    created_at {key} NOT NULL,
    started_at {key},
    ended_at {key},
    streaming INTEGER NOT NULL,
    wait_for_answer INTEGER NOT NULL,
    is_error INTEGER NOT NULL,
    default_open INTEGER NOT NULL,
    auto_collapse INTEGER NOT NULL,
    show_input TEXT NOT NULL,
    metadata TEXT NOT NULL,
    tags TEXT,
    modes TEXT,
    generation TEXT,
    command TEXT,
    language TEXT,
    is_ours INTEGER NOT NULL
);
CREATE INDEX steps_by_thread ON steps (thread_id, created_at, id);
CREATE TABLE elements (
    id {key} PRIMARY KEY,
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    for_id {key},
    type {key} NOT NULL,
    name TEXT NOT NULL,
    display {key} NOT NULL,
    props TEXT,
    url TEXT,
    mime TEXT,
    size TEXT,
    language TEXT,
    page INTEGER,
    created_at {key} NOT NULL,
    is_ours INTEGER NOT NULL
);
CREATE INDEX elements_by_thread ON elements (thread_id, created_at, id);
CREATE INDEX elements_by_step ON elements (for_id);
CREATE TABLE feedbacks (
    id {key} PRIMARY KEY,
    step_id {key} NOT NULL UNIQUE REFERENCES steps (id) ON DELETE CASCADE,
    value INTEGER NOT NULL,
    comment TEXT,
    created_at {key} NOT NULL
);
CREATE TABLE turns (
    turn_id {key} PRIMARY KEY,
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    message_id {key} NOT NULL,
    revision INTEGER NOT NULL,
    owner {key} NOT NULL,
    question TEXT NOT NULL,
    asked_at {key} NOT NULL,
    depth {key} NOT NULL,
    next_seq INTEGER NOT NULL,
    end_kind {key},
    ended_at {key}
);
CREATE INDEX turns_by_thread ON turns (thread_id, asked_at);
CREATE INDEX turns_unfinished ON turns (asked_at) WHERE end_kind IS NULL;
CREATE TABLE turn_events (
    turn_id {key} NOT NULL REFERENCES turns (turn_id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    key {key} NOT NULL,
    at {key} NOT NULL,
    kind {key} NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (turn_id, seq),
    UNIQUE (turn_id, key)
);
CREATE TABLE thread_sources (
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    url {key} NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (thread_id, number)
);
CREATE TABLE reports (
    turn_id {key} PRIMARY KEY REFERENCES turns (turn_id) ON DELETE CASCADE,
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    kind {key} NOT NULL,
    text TEXT NOT NULL,
    sources TEXT NOT NULL,
    created_at {key} NOT NULL
);
CREATE INDEX reports_by_thread ON reports (thread_id, created_at);
CREATE TABLE shares (
    token_hash {key} PRIMARY KEY,
    thread_id {key} NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    nonce {key} NOT NULL,
    created_at {key} NOT NULL,
    revoked_at {key}
);
CREATE INDEX shares_by_thread ON shares (thread_id)
"""

_CHOICES_AND_PROVENANCE = """
ALTER TABLE turns ADD COLUMN models TEXT;
ALTER TABLE reports ADD COLUMN notes TEXT;
ALTER TABLE thread_sources ADD COLUMN retrieved_at {key}
"""

_ATTACHMENTS = """
ALTER TABLE turns ADD COLUMN attachments TEXT
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _CHOICES_AND_PROVENANCE, _ATTACHMENTS)
"""Migration n is at index n - 1. Never change one that was released; add the next."""


async def migrate(connection: "Connection", where: str) -> None:
    """Bring the database to the newest version. Raises StoreVersionError for one that is newer, or not ours."""
    if connection.dialect == "postgresql":
        await _prepare_postgres(connection)
    version = await _version(connection, where)
    if not version_known(version):
        raise newer_database(where, version)
    for number in range(version + 1, len(MIGRATIONS) + 1):
        for statement in statements(number, connection.dialect):
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO schema_migrations (version, applied_at) VALUES (:version, :at)",
            version=number,
            at=datetime.now(UTC).isoformat(),
        )


def statements(number: int, dialect: str) -> list[str]:
    """The statements of one migration. None of ours holds a semicolon inside."""
    key = 'TEXT COLLATE "C"' if dialect == "postgresql" else "TEXT"
    return [part for part in MIGRATIONS[number - 1].replace("{key}", key).split(";") if part.strip()]


def version_known(version: int | None) -> bool:
    return (version or 0) <= len(MIGRATIONS)


def newer_database(where: str, version: int | None) -> StoreVersionError:
    return StoreVersionError(
        f"The database ({where}) was written by a newer version of this program: its schema is {version}, "
        f"the newest known here is {len(MIGRATIONS)}. Install the newer version, or use another database."
    )


def foreign_database(where: str) -> StoreVersionError:
    return StoreVersionError(
        f"The database ({where}) holds tables of another program; use an empty one. Nothing was changed."
    )


async def _prepare_postgres(connection: "Connection") -> None:
    """One process at a time from here on; and the schema, whose creation needs a right that its mere use does not."""
    await connection.rows("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
    if await connection.row("SELECT 1 FROM pg_namespace WHERE nspname = 'research_chat'") is None:
        await connection.execute("CREATE SCHEMA research_chat")


async def _version(connection: "Connection", where: str) -> int:
    tables = await _tables(connection)
    if "schema_migrations" not in tables:
        if tables:
            raise foreign_database(where)
        await connection.execute(
            "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
        )
    row = await connection.row("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations")
    return int(row["version"]) if row else 0


async def _tables(connection: "Connection") -> set[str]:
    if connection.dialect == "postgresql":
        rows = await connection.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'research_chat'")
    else:
        rows = await connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {str(row["name"]) for row in rows}
