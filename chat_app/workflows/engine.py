"""The engine's life: configured, launched inside the running loop, its queue registered, ended."""

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbos import DBOS, DBOSConfig

from chat_app.workflows.serializer import AllowListedJSON

QUEUE = "turns"
APPLICATION_VERSION = "1"
"""Pinned: the engine's default, a hash of the source, would orphan every running turn at each edit. Raise it only with
a plan for the turns that are under way; smaller changes go through `DBOS.patch`."""
_QUEUE_POLL_SECONDS = 0.1
_MAX_TURNS_AT_ONCE = 64
_LAST_STEP_SECONDS = 1
"""For turns whose end is written already and only has to be recorded."""
POSTGRES_SCHEMA = "dbos"


def configure(data_dir: Path, postgres_url: str | None, *, executor_id: str) -> None:
    """Set the engine up for `launch`. SQLite gets write-ahead logging, which the engine does not ask for itself."""
    if postgres_url is None:
        path = data_dir / "workflows.sqlite"
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
        url = f"sqlite:///{path}"
    else:
        url = postgres_url
    config = DBOSConfig(
        name="research-chat",
        system_database_url=url,
        application_version=APPLICATION_VERSION,
        executor_id=executor_id,
        serializer=AllowListedJSON(),
        max_executor_threads=64,
        log_level="WARNING",
    )
    if postgres_url is not None:
        config["dbos_system_schema"] = POSTGRES_SCHEMA
    DBOS(config=config)
    DBOS.listen_queues([QUEUE])
    logging.getLogger("dbos").addFilter(_quiet_about_stops)


async def launch() -> None:
    """Start the engine on this loop, which then runs all workflows, recovered ones as well."""
    DBOS.launch()
    await DBOS.register_queue_async(
        QUEUE,
        worker_concurrency=_MAX_TURNS_AT_ONCE,
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


def _quiet_about_stops(record: logging.LogRecord) -> bool:
    """A stop is no error, but the engine logs a traceback for each of its workflows."""
    return "cancelled" not in record.getMessage().lower()
