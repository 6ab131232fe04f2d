import asyncio
import json
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from chat_app.errors import NotFound
from chat_app.research.evidence import Passage, Source
from chat_app.research.progress import (
    ClarificationAsked,
    Entry,
    PhaseStarted,
    Recorded,
    ReportReady,
    ReportStarted,
    TurnStopped,
)
from chat_app.research.report import Report
from chat_app.settings import PROJECT_DIR, Settings
from chat_app.storage.engine import Database
from chat_app.storage.reports import Reports
from chat_app.storage.trail import Trail
from tests.postgres import PostgresServer
from tests.storage.places import delta, open_turn, thread, turn_in

REPORT = Report(
    text="It is so [1].",
    sources=(
        Source(
            number=1, title="Page", url="https://a.example/", quote="so", passages=(Passage(quote="so", location="2"),)
        ),
    ),
)

_WRITER = """
import asyncio, sys
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.storage.trail import Trail
from tests.storage.places import delta, turn_in

async def main() -> None:
    db = await Database.open(Settings.model_validate_json(sys.argv[1]))
    trail = Trail(db)
    for n in range(40):
        await trail.append(turn_in().id, delta(f"shared.{n}"), delta(f"other.{n}"))
    await db.close()

asyncio.run(main())
"""


def ready(key: str = "end") -> Entry:
    return Entry(key=key, event=ReportReady(report=REPORT))


async def test_events_are_read_as_they_were_appended(database: Database):
    trail, turn = await open_turn(database)
    appended = await trail.append(turn.id, Entry(key="a", event=PhaseStarted(phase="planning")), ready())
    assert [recorded.seq for recorded in appended] == [0, 1]
    assert await trail.read(turn.id) == appended
    assert await trail.read(turn.id, after=0) == appended[1:]
    assert await trail.turn(turn.id) == turn


async def test_a_turn_is_opened_once(database: Database):
    await thread(database)
    trail = Trail(database)
    assert [await trail.open_turn(turn_in()), await trail.open_turn(turn_in())] == [True, False]


@pytest.mark.parametrize(("thread_id", "owner"), [("thread", "bob"), ("elsewhere", "alice")])
async def test_a_turn_opens_only_in_a_thread_of_its_owner(database: Database, thread_id: str, owner: str):
    await thread(database)
    with pytest.raises(NotFound, match="begin a new one"):
        await Trail(database).open_turn(turn_in(thread_id, owner))


async def test_eight_writers_at_once_leave_no_gap_and_no_double(database: Database):
    trail, turn = await open_turn(database)

    async def write(name: str) -> list[Recorded]:
        new: list[Recorded] = []
        for n in range(15):
            new += await trail.append(turn.id, delta(f"shared.{n}"), delta(f"{name}.{n}"))
        return new

    committed = [recorded for new in await asyncio.gather(*map(write, "abcdefgh")) for recorded in new]
    stored = await trail.read(turn.id)
    assert [recorded.seq for recorded in stored] == list(range(15 * 9))
    assert sorted(committed, key=lambda recorded: recorded.seq) == stored


async def test_two_processes_leave_no_gap_and_no_double(database: Database, database_settings: Settings):
    trail, turn = await open_turn(database)
    fields = database_settings.model_dump(mode="json")
    if database_settings.database_url:
        fields["database_url"] = database_settings.database_url.get_secret_value()
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", _WRITER, json.dumps(fields), cwd=PROJECT_DIR)
    while not await trail.read(turn.id):
        assert other.returncode is None, "the other process ended before it wrote"
        await asyncio.sleep(0.002)
    for n in range(40):
        await trail.append(turn.id, delta(f"shared.{n}"), delta(f"own.{n}"))
    assert await other.wait() == 0
    assert [recorded.seq for recorded in await trail.read(turn.id)] == list(range(120))


async def test_a_replay_appends_nothing_twice(database: Database):
    trail, turn = await open_turn(database)
    first = await trail.append(turn.id, delta("a"), delta("b"))
    again = await trail.append(
        turn.id, delta("a", "other text"), delta("b"), delta("c"), delta("c", "twice in one call")
    )
    assert [recorded.seq for recorded in again] == [2]
    assert await trail.read(turn.id) == first + again


async def test_the_end_closes_the_turn(database: Database):
    trail, turn = await open_turn(database)
    ended = await trail.append(turn.id, delta("a"), ready(), delta("late"))
    assert [recorded.event.kind for recorded in ended] == ["report_delta", "report_ready"]
    assert (
        await trail.append(turn.id, delta("b"), Entry(key="end2", event=ClarificationAsked(questions=("What?",)))) == []
    )
    (row,) = await trail.turns_of("thread")
    assert (row.turn, row.end_kind, row.ended_at) == (turn, "report_ready", ended[-1].at)
    assert await trail.is_ended(turn.id)


async def test_the_report_is_kept_with_the_end(database: Database):
    trail, turn = await open_turn(database)
    assert await Reports(database).of_thread("thread") == []
    await trail.append(turn.id, ready())
    (kept,) = await Reports(database).of_thread("thread")
    assert (kept.question, kept.report, kept.kind, kept.turn_id) == ("Why?", REPORT, "report_ready", turn.id)


async def test_reports_come_in_the_order_of_the_questions(database: Database):
    await thread(database)
    trail = Trail(database)
    later, earlier = turn_in(message_id="later", seconds=5), turn_in(message_id="earlier")
    stopped, nothing = turn_in(message_id="stopped", seconds=9), turn_in(message_id="nothing", seconds=10)
    for turn in (later, earlier, stopped, nothing):
        await trail.open_turn(turn)
    await trail.append(later.id, ready())
    await trail.append(earlier.id, ready())
    await trail.append(stopped.id, Entry(key="end", event=TurnStopped(report=REPORT)))
    await trail.append(nothing.id, Entry(key="end", event=TurnStopped(report=None)))
    kept = await Reports(database).of_thread("thread")
    assert [report.turn_id for report in kept] == [earlier.id, later.id, stopped.id]


async def test_unfinished_turns_are_found_again(database: Database):
    await thread(database)
    await thread(database, "other", "bob")
    trail = Trail(database)
    ended, running = turn_in(message_id="ended"), turn_in(message_id="running", seconds=1)
    of_bob = turn_in("other", "bob", seconds=2)
    for turn in (ended, running, of_bob):
        await trail.open_turn(turn)
    await trail.append(ended.id, ready())
    assert await trail.unfinished() == [running, of_bob]
    assert await trail.running_threads("alice") == ["thread"]
    assert [row.turn for row in await trail.turns_of("thread")] == [ended, running]


async def test_attempts_count_up_from_those_that_were_begun(database: Database):
    trail, turn = await open_turn(database)
    assert await trail.next_attempt(turn.id) == 1
    for attempt in (1, 2, 10):
        await trail.append(turn.id, Entry(key=f"r{attempt}", event=ReportStarted(attempt=attempt)))
    assert await trail.next_attempt(turn.id) == 11


async def test_a_turn_that_is_gone_takes_no_events(database: Database):
    with pytest.raises(NotFound, match="deleted"):
        await Trail(database).append("gone", delta("a"))
    assert (await Trail(database).turn("gone"), await Trail(database).is_ended("gone")) == (None, False)


async def test_listeners_of_this_process_hear_what_is_new_after_it_is_committed(database: Database):
    trail, turn = await open_turn(database)
    heard: list[list[Recorded]] = []
    trail.on_commit = heard.append
    first = await trail.append(turn.id, delta("a"))
    await trail.append(turn.id, delta("a"))
    second = await trail.append(turn.id, delta("a"), delta("b"))
    assert heard == [first, second]


async def test_an_append_whose_caller_is_cancelled_is_complete_and_announced(database: Database):
    trail, turn = await open_turn(database)
    heard: list[Recorded] = []
    trail.on_commit = heard.extend
    for n in range(20):
        caller = asyncio.create_task(trail.append(turn.id, delta(f"a{n}"), delta(f"b{n}")))
        await asyncio.sleep(0.0002 * n)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
    await trail.append(turn.id, ready())
    stored = await trail.read(turn.id)
    assert heard == stored
    assert len(stored) % 2 == 1, "both entries of a call are there, or none"


async def test_an_append_that_is_under_way_when_the_database_is_closed_is_complete(database_settings: Settings):
    database = await Database.open(database_settings)
    trail, turn = await open_turn(database)
    callers = [asyncio.create_task(trail.append(turn.id, delta(f"a{n}"), delta(f"b{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    await database.close()
    again = await Database.open(database_settings)
    assert len(await Trail(again).read(turn.id)) == 40
    await again.close()


async def test_listening_to_sqlite_ends_at_once(tmp_path: Path):
    db = await Database.open(Settings(data_dir=tmp_path))
    await asyncio.wait_for(Trail(db).listen(lambda _: None), timeout=1)
    await db.close()


async def test_commits_of_another_process_are_heard_also_after_the_server_was_away(
    postgres_server: PostgresServer, postgres_url: str, tmp_path: Path
):
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(postgres_url))
    listening, writing = await Database.open(settings), await Database.open(settings)
    trail, turn = await open_turn(writing)
    heard: asyncio.Queue[str | None] = asyncio.Queue()
    listener = asyncio.create_task(Trail(listening).listen(heard.put_nowait))
    assert await asyncio.wait_for(heard.get(), 10) is None

    began = time.monotonic()
    await trail.append(turn.id, delta("a"))
    assert await asyncio.wait_for(heard.get(), 10) == turn.id
    assert time.monotonic() - began < 1

    postgres_server.stop()
    postgres_server.start()
    assert await asyncio.wait_for(heard.get(), 10) is None
    await trail.append(turn.id, delta("a"), delta("b"))
    assert await asyncio.wait_for(heard.get(), 10) == turn.id

    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
    await listening.close()
    await writing.close()


async def test_an_append_to_sqlite_takes_a_few_milliseconds_at_most(tmp_path: Path):
    db = await Database.open(Settings(data_dir=tmp_path))
    trail, turn = await open_turn(db)
    took: list[float] = []
    for n in range(100):
        began = time.perf_counter()
        await trail.append(turn.id, delta(f"{n}"))
        took.append(time.perf_counter() - began)
    await db.close()
    # Half a millisecond on an idle machine; the bound only says that nothing waits for a disk or a poll.
    assert sorted(took)[50] < 0.010
