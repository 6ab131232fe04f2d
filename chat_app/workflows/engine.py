"""The engine's life: configured, launched inside the running loop, its queue registered, ended."""

import asyncio
import logging
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig

from chat_app.agents import stopping
from chat_app.agents.failures import is_retryable, reason_of
from chat_app.errors import SettingsError, StoreVersionError, TurnStoppedError
from chat_app.workflows.serializer import AllowListedJSON

QUEUE = "turns"
_FILE_NAME = "workflows.sqlite"
APPLICATION_VERSION = "1"
"""Pinned: the engine's default, a hash of the source, would orphan every running turn at each edit. Raise it only with
a plan for the turns that are under way; smaller changes go through `DBOS.patch`."""
_QUEUE_POLL_SECONDS = 2.0
"""Only turns that found no room wait in the queue, behind dozens of others. Asking it once a second took a quarter of what
an idle server took."""
_QUEUED_TURNS_AT_ONCE = 8
"""Beside those that began without the queue; see `turns.TURNS_AT_ONCE`."""
_LAST_STEP_SECONDS = 1
"""For turns whose end is written already and only has to be recorded."""
POSTGRES_SCHEMA = "dbos"
_OLDEST_SQLITE = (3, 42) if sys.version_info >= (3, 12) else (3, 35)
"""The engine's: since Python 3.12 it asks SQLite for times in milliseconds."""


def examine(data_dir: Path, postgres_url: str | None) -> None:
    """Look whether the engine's store can be opened. Raises StoreVersionError for a damaged file; it stays as it is; and
    SettingsError for a SQLite that is too old.

    On SQLite it gets write-ahead logging here, which the engine does not ask for itself and the file remembers.
    """
    if postgres_url is not None:
        return
    _require_sqlite(sqlite3.sqlite_version_info)
    path = data_dir / _FILE_NAME
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as exc:
        raise StoreVersionError(
            f"The file of running turns {str(path)!r} cannot be used ({exc}); restore it from a backup, or move it away "
            "to start without the turns that were under way. Finished reports are not in it."
        ) from exc


def _require_sqlite(version: tuple[int, ...]) -> None:
    if version < _OLDEST_SQLITE:
        needed, found = (".".join(map(str, parts)) for parts in (_OLDEST_SQLITE, version))
        python = ".".join(map(str, sys.version_info[:2]))
        raise SettingsError(
            f"Python {python} comes with SQLite {found} here, and needs {needed} or newer; use Python 3.11 "
            "(rm -r .venv; make run PYTHON=python3.11), a Python with a newer SQLite, or PostgreSQL (DATABASE_URL)."
        )


def configure(
    data_dir: Path, postgres_url: str | None, connection: DBOSConfig, *, executor_id: str, enable_otlp: bool
) -> None:
    """Set the engine up for `launch`. `connection` leads to Conductor."""
    url = postgres_url or f"sqlite:///{data_dir / _FILE_NAME}"
    config = DBOSConfig(
        name="research-chat",
        system_database_url=url,
        application_version=APPLICATION_VERSION,
        executor_id=executor_id,
        serializer=AllowListedJSON(),
        enable_otlp=enable_otlp,
        otel_attribute_format="semconv",
        max_executor_threads=64,
        log_level="WARNING",
        # Log records hold the words of errors, and so of prompts; traces hold what is meant to leave.
        otlp_log_level="CRITICAL",
    )
    if postgres_url is None:
        config["db_engine_kwargs"] = {"connect_args": {"factory": _Connection}, "pool_pre_ping": False}
    else:
        config["dbos_system_schema"] = POSTGRES_SCHEMA
    config.update(connection)
    DBOS(config=config)
    DBOS.listen_queues([QUEUE])
    logging.getLogger("dbos").addFilter(is_worth_logging)


class _Connection(sqlite3.Connection):
    """To the engine's file. It waits for the disk at checkpoints only, as our own file does, not at each of 150 commits a turn.

    What is committed survives the end of the process at any moment; a power cut may take the last of it, never more.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous=NORMAL")


def position() -> tuple[str | None, int | None]:
    """The workflow that the caller is in, and the step, if any."""
    return DBOS.workflow_id, DBOS.step_id


async def launch() -> None:
    """Start the engine on this loop, which then runs all workflows, recovered ones as well."""
    DBOS.launch()
    await DBOS.register_queue_async(
        QUEUE,
        worker_concurrency=_QUEUED_TURNS_AT_ONCE,
        polling_interval_sec=_QUEUE_POLL_SECONDS,
        on_conflict="always_update",
    )


async def shut_down() -> None:
    """End the engine. Workflows under way stay pending; the next start goes on with them."""
    # In a thread: on the loop it would block for as long as it takes.
    await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=_LAST_STEP_SECONDS)
    # Workflows cut off now find their thread pool gone and would log that at length; nothing of it is recorded.
    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    # The engine had made its own thread pool the loop's, and has shut it down.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether to keep a line of the engine's log. A provider that fails is told in one line, without a traceback.

    A stop is no error, but the engine logs a traceback for each of its workflows and steps, and wonders who took them.
    """
    error = record.exc_info[1] if record.exc_info else None
    message = record.getMessage()
    if isinstance(error, TurnStoppedError) or "Cancelled" in type(error).__name__ or "cancelled" in message.lower():
        return False
    if "no longer owned" in message and stopping.is_about_stopped(message):
        return False
    if error is not None and is_retryable(error):
        record.msg, record.args, record.exc_info = f"{message}: {reason_of(error)}", (), None
    return True
