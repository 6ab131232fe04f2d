"""A real PostgreSQL server for tests: started once, a fresh database for each test. A missing server is an error, not a skip.

The server lives in a temporary directory of its own, on 127.0.0.1 and a free port, and runs as another user where tests run
as root, because PostgreSQL refuses root.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from chat_app.settings import Settings
from chat_app.storage.engine import Database
from tests.ports import free_port

_START_SECONDS = 60.0
_HINT = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql; macOS: brew install postgresql)"


class PostgresServer:
    """A running server. `stop()` and `start()` may be called by tests that need it gone for a while."""

    def __init__(self, directory: Path, binaries: Path, user: str | None) -> None:
        self._directory = directory
        self._binaries = binaries
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._run(
            "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._directory,
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "64MB",
            "max_connections": 200,
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", "data", *settings],
                cwd=self._directory, user=self._user, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait_until_ready()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)  # "fast": open connections are closed
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def create_database(self) -> str:
        """Returns its name."""
        name = f"test_{uuid.uuid4().hex}"
        self._administer(f'CREATE DATABASE "{name}"')
        return name

    def drop_database(self, name: str) -> None:
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as db:
            db.execute(statement.encode())

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [self._binaries / str(command[0]), *map(str, command[1:])],
            cwd=self._directory, user=self._user, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self._administer("SELECT 1")
            except psycopg.OperationalError as exc:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    log = (self._directory / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from exc
            time.sleep(0.05)


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts; its files are gone afterwards."""
    binaries, user = _binaries(), _unprivileged_user()
    directory = Path(tempfile.mkdtemp(prefix="research-chat-postgres-"))
    try:
        if user is not None:
            shutil.chown(directory, user)
        server = PostgresServer(directory, binaries, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of an empty database of its own, as settings hold it."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings for an empty store, once for each database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return Settings.model_validate({"data_dir": tmp_path / "data", "database_url": url})


@pytest_asyncio.fixture
async def database(database_settings: Settings) -> AsyncIterator[Database]:
    """An empty store, open, once for each database."""
    db = await Database.open(database_settings)
    yield db
    await db.close()


def _binaries() -> Path:
    """Directory of `initdb` and `postgres`: the newest packaged version, or what PATH names."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    for candidate in (*reversed(packaged), *map(Path, filter(None, [shutil.which("initdb")]))):
        directory = candidate.resolve().parent
        if (directory / "postgres").exists():
            return directory
    raise RuntimeError(f"The tests need a PostgreSQL server, and `initdb` was not found; {_HINT}.")


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in ("postgres", "nobody") if name in names), None)
    if user is None:
        raise RuntimeError(
            "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`; create one."
        )
    return user
