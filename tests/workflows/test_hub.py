"""What is under way in memory: in order, whole, for any number of followers, whoever wrote it."""

import asyncio
import subprocess
import sys
import time

import pytest

from chat_app.research.progress import Entry, Event, PhaseStarted, Recorded, ReportDelta, ReportReady, ReportStarted
from chat_app.research.turn import Turn
from chat_app.research.view import TurnView, fold
from chat_app.settings import PROJECT_DIR, Settings
from chat_app.storage.engine import Database
from chat_app.storage.hub import FALLBACK_POLL_SECONDS, KEPT_FEEDS, Feed, Hub
from chat_app.storage.trail import Trail
from tests.coming_true import comes_true
from tests.research.trails import TURN, report, trail
from tests.storage.places import open_turn

READY = ReportReady(report=report("So [1].", 1))
EVENTS = trail(PhaseStarted(phase="planning"), PhaseStarted(phase="searching"), PhaseStarted(phase="analyzing"), READY)

_WRITER = """
import asyncio, sys
from pydantic import SecretStr
from chat_app.research.progress import Entry, PhaseStarted, ReportReady
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.storage.trail import Trail
from tests.research.trails import report
from tests.storage.places import turn_in

async def main() -> None:
    db = await Database.open(Settings(data_dir=sys.argv[1], database_url=SecretStr(sys.argv[2]) if sys.argv[2] else None))
    trail = Trail(db)
    await trail.append(turn_in().id, Entry(key="a", event=PhaseStarted(phase="planning")))
    await trail.append(turn_in().id, Entry(key="end", event=ReportReady(report=report("So [1].", 1))))
    await db.close()

asyncio.run(main())
"""


def delta(text: str, offset: int = 0) -> ReportDelta:
    return ReportDelta(attempt=1, offset=offset, text=text)


async def begin(database: Database) -> tuple[Trail, Turn, Hub]:
    trail, turn = await open_turn(database)
    hub = Hub(trail)
    trail.on_commit = hub.committed
    return trail, turn, hub


async def append(trail: Trail, turn: Turn, key: str, event: Event) -> None:
    await trail.append(turn.id, Entry(key=key, event=event))


async def views_of(feed: Feed) -> list[TurnView]:
    async with asyncio.timeout(10):
        return [view async for view in feed.views()]


@pytest.mark.parametrize(
    "batches",
    [
        [[0, 1, 2, 3]],
        [[0], [1], [2], [3]],
        [[3, 2, 1, 0]],
        [[1, 2], [0], [3]],
        [[3], [0, 0], [1, 2], [2]],
        [[0, 1], [1, 2, 3], [0]],
    ],
    ids=str,
)
async def test_events_are_taken_in_order_whatever_order_they_come_in(
    database: Database, batches: list[list[int]]
) -> None:
    feed = Feed(TURN.id, Trail(database))
    seen: list[int] = []
    for batch in batches:
        feed.add([EVENTS[n] for n in batch])
        seen.append(feed.view.seq)
    assert seen == sorted(seen)
    assert feed.view == fold(TURN.id, EVENTS)


async def test_what_comes_after_a_gap_waits_for_what_belongs_there(database: Database) -> None:
    feed = Feed(TURN.id, Trail(database))
    feed.add([EVENTS[0], EVENTS[2], EVENTS[3]])
    assert (feed.view.seq, feed.is_ended) == (0, False)
    feed.add([EVENTS[1]])
    assert (feed.view.seq, feed.is_ended) == (3, True)


async def test_a_pause_ends_with_the_turn(database: Database) -> None:
    feed = Feed(TURN.id, Trail(database))
    pause = asyncio.create_task(feed.end_or_pause(3600))
    feed.add(EVENTS[:-1])
    await asyncio.sleep(0)
    assert not pause.done()
    feed.add(EVENTS[-1:])
    async with asyncio.timeout(5):
        await pause
        await feed.end_or_pause(3600)  # it has ended already


async def test_a_piece_of_the_report_shows_before_it_is_committed_and_once(database: Database) -> None:
    trail, turn, hub = await begin(database)
    await append(trail, turn, "r", ReportStarted(attempt=1))
    hub.written(turn.id, delta("So "))
    hub.written(turn.id, delta("it is.", 3))
    feed = hub.feed(turn.id)
    assert (feed.view.text, feed.view.seq) == ("So it is.", 0)
    await append(trail, turn, "r.0", delta("So it is."))
    assert (feed.view.text, feed.view.seq) == ("So it is.", 1)


async def test_followers_see_each_turn_to_its_end_and_only_newer_views(database: Database) -> None:
    trail, turn, hub = await begin(database)
    followers = [asyncio.ensure_future(views_of(hub.feed(turn.id))) for _ in range(5)]
    await asyncio.sleep(0.02)
    for number, event in enumerate(recorded.event for recorded in EVENTS):
        await append(trail, turn, str(number), event)
    late = await views_of(hub.feed(turn.id))
    seen = await asyncio.gather(*followers)
    assert [view.seq for view in late] == [3]
    for views in seen:
        seqs = [view.seq for view in views]
        assert seqs == sorted(set(seqs))
        assert views[-1] == late[0]
        assert views[0].seq <= 0  # some begin before the first event, some see it at once
        assert views[-1].end == "report_ready"


async def test_a_slow_follower_skips_what_came_in_between_and_holds_up_nobody(database: Database) -> None:
    trail, turn, hub = await begin(database)
    slow = hub.feed(turn.id).views()
    assert (await anext(slow)).seq == -1
    for number, recorded in enumerate(EVENTS):
        await append(trail, turn, str(number), recorded.event)
    assert (await anext(slow)).end == "report_ready"
    with pytest.raises(StopAsyncIteration):
        await anext(slow)


async def test_a_follower_that_leaves_does_not_disturb_the_others(database: Database) -> None:
    trail, turn, hub = await begin(database)
    leaving, staying = (asyncio.ensure_future(views_of(hub.feed(turn.id))) for _ in range(2))
    await asyncio.sleep(0.02)
    leaving.cancel()
    await append(trail, turn, "end", READY)
    assert (await staying)[-1].end == "report_ready"


async def test_whoever_waits_for_a_change_is_told_whether_there_was_one(database: Database) -> None:
    trail, turn, hub = await begin(database)
    feed = hub.feed(turn.id)
    assert await feed.changed(0.01) is False
    change = asyncio.ensure_future(feed.changed(5))
    await asyncio.sleep(0)
    await append(trail, turn, "a", PhaseStarted(phase="planning"))
    assert await change is True
    ended = asyncio.ensure_future(feed.ended())
    await append(trail, turn, "end", READY)
    assert (await ended).end == "report_ready"


async def test_a_feed_made_late_reads_what_was_committed_before(database: Database) -> None:
    trail, turn, _ = await begin(database)
    await append(trail, turn, "a", PhaseStarted(phase="planning"))
    feed = Hub(trail).feed(turn.id)
    assert feed.view.seq == -1
    assert (await anext(feed.views())).seq == 0


async def test_a_turn_has_one_feed(database: Database) -> None:
    hub = Hub(Trail(database))
    assert hub.feed("a") is hub.feed("a")
    assert hub.feed("a") is not hub.feed("b")


async def test_feeds_of_ended_turns_are_let_go_and_running_ones_kept(database: Database) -> None:
    hub = Hub(Trail(database))
    running = hub.feed("running")
    first = hub.feed("ended 0")
    for number in range(KEPT_FEEDS + 10):
        ended = Recorded(turn_id=f"ended {number}", seq=0, at=TURN.asked_at, event=READY)
        hub.committed([ended])
    assert hub.feed("running") is running
    assert hub.feed("ended 0") is not first


async def test_no_event_is_nobodys_news(database: Database) -> None:
    hub = Hub(Trail(database))
    hub.committed([])
    await hub.notified("a turn that nobody watches")


async def test_events_of_another_process_arrive(database: Database, database_settings: Settings) -> None:
    """By notification from PostgreSQL, by looking from time to time in SQLite."""
    trail, turn = await open_turn(database)
    hub = Hub(trail)
    tasks: set[asyncio.Task[None]] = set()

    def notified(turn_id: str | None) -> None:
        task = asyncio.ensure_future(hub.notified(turn_id))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = asyncio.ensure_future(trail.listen(notified))
    following = asyncio.ensure_future(views_of(hub.feed(turn.id)))
    await asyncio.sleep(0.1)
    url = database_settings.database_url
    command = [sys.executable, "-c", _WRITER, str(database_settings.data_dir), url.get_secret_value() if url else ""]
    writer = await asyncio.create_subprocess_exec(*command, cwd=PROJECT_DIR, stderr=subprocess.PIPE)
    views = await following
    assert await writer.wait() == 0, await writer.stderr.read() if writer.stderr else ""
    assert views[-1].end == "report_ready"
    assert views[-1].seq == 1
    listening.cancel()
    await asyncio.gather(listening, *tasks, return_exceptions=True)


@pytest.mark.postgres
async def test_a_notification_brings_an_event_sooner_than_looking_would(postgres_url: str) -> None:
    settings = Settings.model_validate({"database_url": postgres_url})
    here, there = await Database.open(settings), await Database.open(settings)
    trail, turn = await open_turn(here)
    hub = Hub(trail)
    heard: list[str | None] = []

    def notified(turn_id: str | None) -> None:
        heard.append(turn_id)
        _spawn(hub, turn_id)

    listening = asyncio.ensure_future(trail.listen(notified))
    following = asyncio.ensure_future(views_of(hub.feed(turn.id)))
    await comes_true(lambda: None in heard, "the notifications are listened for")
    begun = time.monotonic()
    await Trail(there).append(turn.id, Entry(key="end", event=READY))
    await following
    assert time.monotonic() - begun < FALLBACK_POLL_SECONDS / 2
    listening.cancel()
    await asyncio.gather(listening, *_spawned, return_exceptions=True)
    await here.close()
    await there.close()


_spawned: set[asyncio.Task[None]] = set()


def _spawn(hub: Hub, turn_id: str | None) -> None:
    task = asyncio.ensure_future(hub.notified(turn_id))
    _spawned.add(task)
    task.add_done_callback(_spawned.discard)
