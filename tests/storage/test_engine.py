import asyncio
import contextlib
import sqlite3
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from chat_app.errors import DataDirectoryError, SettingsError, StoreVersionError
from chat_app.settings import Settings
from chat_app.storage.engine import DATABASE_ERRORS, Connection, Database
from chat_app.storage.migrations import MIGRATIONS
from chat_app.storage.sqlite_file import FILE_NAME
from tests.coming_true import comes_true
from tests.postgres import PostgresServer
from tests.storage.places import at, message, thread


async def versions(db: Database) -> list[int]:
    async with db.read() as tx:
        return [row["version"] for row in await tx.rows("SELECT version FROM schema_migrations ORDER BY version")]


async def names(db: Database) -> list[str]:
    async with db.read() as tx:
        return [row["name"] for row in await tx.rows("SELECT name FROM threads ORDER BY id")]


def file_in(tmp_path: Path) -> Path:
    path = tmp_path / "data" / FILE_NAME
    path.parent.mkdir()
    return path


async def test_opening_again_keeps_what_is_stored(database: Database, database_settings: Settings):
    await thread(database)
    again = await Database.open(database_settings)
    assert (await names(again), await versions(again)) == (["A question"], list(range(1, len(MIGRATIONS) + 1)))
    await again.close()


async def test_several_processes_may_open_an_empty_database_at_once(database_settings: Settings):
    opened = await asyncio.gather(*(Database.open(database_settings) for _ in range(12)))
    assert [await versions(db) for db in opened] == [list(range(1, len(MIGRATIONS) + 1))] * 12
    for db in opened:
        await db.close()


async def test_closing_leaves_no_connection_behind_that_was_still_in_use(postgres_url: str, tmp_path: Path):
    db = await Database.open(Settings(data_dir=tmp_path, database_url=SecretStr(postgres_url)))
    reading, closed = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async with db.read() as tx:
            reading.set()
            await closed.wait()
            await tx.rows("SELECT 1")

    reader = asyncio.create_task(read())
    await reading.wait()
    await db.close()
    closed.set()
    await reader
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        # The server needs a moment to see that a client has gone.
        await comes_true(lambda: not admin.execute(others).fetchall(), "the server sees that they have gone")


async def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(
    database: Database, database_settings: Settings
):
    await thread(database)
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO schema_migrations (version, applied_at) VALUES (99, '2030')")
    with pytest.raises(StoreVersionError, match="schema is 99"):
        await Database.open(database_settings)
    assert await names(database) == ["A question"]


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path):
    path = file_in(tmp_path)
    path.write_bytes(b"notes of mine, and long enough to be looked at as if they were pages " * 40)
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match=r"is damaged .*not a database"):
        await Database.open(Settings(data_dir=path.parent))
    assert path.read_bytes() == before


async def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "data")
    db = await Database.open(settings)
    await thread(db)
    await db.close()
    path = tmp_path / "data" / FILE_NAME
    content = bytearray(path.read_bytes())
    content[8192:24576] = b"\xff" * 16384
    path.write_bytes(content)
    with pytest.raises(StoreVersionError, match=r"research\.sqlite' is damaged"):
        await Database.open(settings)
    assert path.read_bytes() == content


async def test_another_programs_sqlite_file_is_refused(tmp_path: Path):
    path = file_in(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreVersionError, match="another program"):
        await Database.open(Settings(data_dir=path.parent))


async def test_a_schema_with_other_tables_is_refused(postgres_url: str, tmp_path: Path):
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("CREATE SCHEMA research_chat")
        other.execute("CREATE TABLE research_chat.recipes (name TEXT)")
    with pytest.raises(StoreVersionError, match="another program"):
        await Database.open(Settings(data_dir=tmp_path, database_url=SecretStr(postgres_url)))


@pytest.mark.parametrize("place", ["file/data", "file"])
async def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path, place: str):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(DataDirectoryError, match=r"'.*/file.*' cannot be written to .*CHAT_APP_DATA_DIR"):
        await Database.open(Settings(data_dir=tmp_path / place))


async def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path):
    url = SecretStr("postgresql+psycopg://bob:geheim@127.0.0.1:1/research")
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:1/research.*DATABASE_URL") as caught:
        await Database.open(Settings(data_dir=tmp_path, database_url=url))
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("password", ["ge@heim", "ge/heim@x", "heim:@:heim"])
async def test_no_part_of_a_password_that_is_not_encoded_is_shown(tmp_path: Path, password: str):
    url = SecretStr(f"postgresql+psycopg://bob:{password}@127.0.0.1:1/research")
    with pytest.raises(SettingsError) as caught:
        await Database.open(Settings(data_dir=tmp_path, database_url=url))
    assert "heim" not in str(caught.value)


async def test_a_user_who_may_not_create_a_schema_is_told_what_to_grant(postgres_url: str, tmp_path: Path):
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS guest")
        admin.execute("CREATE ROLE guest LOGIN")
    url = SecretStr(postgres_url.replace("postgres@", "guest@"))
    with pytest.raises(SettingsError, match="grant CREATE on the database"):
        await Database.open(Settings(data_dir=tmp_path, database_url=url))


async def test_a_schema_made_for_the_user_beforehand_is_enough(postgres_url: str, tmp_path: Path):
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS tenant")
        admin.execute("CREATE ROLE tenant LOGIN")
        admin.execute("CREATE SCHEMA research_chat AUTHORIZATION tenant")
    url = SecretStr(postgres_url.replace("postgres@", "tenant@"))
    db = await Database.open(Settings(data_dir=tmp_path, database_url=url))
    await thread(db)
    assert await names(db) == ["A question"]
    await db.close()


async def test_check_says_when_the_server_is_gone_and_when_it_is_back(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
):
    db = await Database.open(Settings(data_dir=tmp_path, database_url=SecretStr(postgres_url)))
    assert await db.check() is None
    postgres_server.stop()
    try:
        assert "does not answer" in (await db.check() or "")
    finally:
        postgres_server.start()
    assert await db.check() is None
    await db.close()


async def test_a_transaction_that_raises_leaves_nothing(database: Database):
    await thread(database)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await _write_and_fail(tx)
    with pytest.raises(ZeroDivisionError):
        await database.run(_write_and_fail)
    assert await names(database) == ["A question"]


async def _write_and_fail(tx: Connection) -> None:
    await tx.execute("UPDATE threads SET name = 'changed'")
    raise ZeroDivisionError


async def test_a_whole_transaction_gives_what_its_body_returns(database: Database):
    await thread(database)

    async def rename(tx: Connection) -> list[str]:
        await tx.execute("UPDATE threads SET name = 'changed'")
        return [row["name"] for row in await tx.rows("SELECT name FROM threads")]

    assert await database.run(rename) == ["changed"] == await names(database)


async def test_a_whole_transaction_that_waits_for_something_else_is_refused_and_leaves_nothing(tmp_path: Path):
    database = await Database.open(Settings(data_dir=tmp_path / "data"))
    await thread(database)

    async def dawdle(tx: Connection) -> None:
        await tx.execute("UPDATE threads SET name = 'changed'")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="wait for nothing"):
        await database.run(dawdle)
    assert await names(database) == ["A question"]
    await database.close()


async def test_work_goes_on_after_callers_were_cancelled_at_any_moment(database: Database):
    await thread(database)

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute("UPDATE threads SET name = 'half'")
            await tx.execute("UPDATE threads SET name = 'A question'")

    async def write_whole() -> None:
        await database.run(halfway_and_back)

    async def halfway_and_back(tx: Connection) -> None:
        await tx.execute("UPDATE threads SET name = 'half'")
        await tx.execute("UPDATE threads SET name = 'A question'")

    async def read() -> None:
        async with database.read() as tx:
            await tx.rows("SELECT * FROM threads")
            await tx.rows("SELECT * FROM steps")

    for delay in range(60):
        tasks = [
            *(asyncio.create_task(each()) for each in (write, write_whole)),
            *(asyncio.create_task(read()) for _ in range(6)),
        ]
        await asyncio.sleep(delay * 0.0001)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(write(), write_whole(), *(read() for _ in range(20))), timeout=20)
    assert await names(database) == ["A question"]


async def test_reading_does_not_wait_for_a_writer(database: Database):
    await thread(database)
    async with database.transaction() as tx:
        await tx.execute("UPDATE threads SET name = 'not yet'")
        assert await asyncio.wait_for(names(database), timeout=5) == ["A question"]


async def test_what_a_database_refuses_in_text_is_left_out(database: Database):
    await thread(database)
    async with database.transaction() as tx:
        await tx.execute("UPDATE threads SET name = :name", name="a\x00b\ud83dc ü")
    assert await names(database) == ["ab?c ü"]


async def test_errors_of_the_database_are_raised(database: Database):
    with pytest.raises(DATABASE_ERRORS):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO steps (id) VALUES ('lonely')")


async def test_errors_do_not_repeat_what_people_wrote(database: Database):
    row = message("m", "thread", output="my secret plan", created_at=at(0)).columns() | {"is_ours": None}
    with pytest.raises(DATABASE_ERRORS) as caught:
        async with database.transaction() as tx:
            await tx.execute(
                f"INSERT INTO steps ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", **row
            )
    assert "my secret plan" not in str(caught.value).split("DETAIL")[0]
