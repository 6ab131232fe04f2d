"""Pages that watch turns: several of them, some that come late, reconnect or go away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from chat_app.chat.audience import Audience
from chat_app.research.progress import Entry, Event, PhaseStarted, Recorded, ReportReady, TurnStarted
from chat_app.research.turn import Turn
from chat_app.research.view import fold
from chat_app.storage.engine import Database
from chat_app.storage.hub import Feed, Hub
from chat_app.storage.trail import Trail
from tests.coming_true import comes_true
from tests.research.trails import report
from tests.storage.places import open_turn, turn_in

BEGUN: dict[str, Event] = {"started": TurnStarted(question="Why?"), "planning": PhaseStarted(phase="planning")}
READY = ReportReady(report=report("So [1].", 1))


class RecordingPage:
    def __init__(self, page_id: str = "page") -> None:
        self.id = page_id
        self.thread_id = "thread"
        self.chat_settings: dict[str, Any] = {}
        self.environ: dict[str, Any] = {}
        self.sent: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    async def emit(self, event: str, data: Any) -> None:
        self.sent.append((event, data))
        self._news.set()

    def events(self) -> list[str]:
        return [event for event, _ in self.sent]

    async def until(self, event: str) -> None:
        async with asyncio.timeout(5):
            while event not in self.events():
                self._news.clear()
                await self._news.wait()


class Stage:
    """A running turn with its feed, and the audience in front of it."""

    def __init__(self, trail: Trail, turn: Turn) -> None:
        self.trail = trail
        self.turn = turn
        self.hub = Hub(trail)
        self.audience = Audience()
        trail.on_commit = self.hub.committed

    @property
    def feed(self) -> Feed:
        return self.hub.feed(self.turn.id)

    async def play(self, **events: Event) -> None:
        await self.trail.append(self.turn.id, *(Entry(key=key, event=event) for key, event in events.items()))


@pytest_asyncio.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    stage = Stage(*await open_turn(database))
    yield stage
    await stage.audience.close()


async def test_a_page_keeps_what_was_announced_until_the_turn_has_come_so_far(stage: Stage) -> None:
    page = RecordingPage()
    further = (*BEGUN.values(), PhaseStarted(phase="analyzing"))
    trail = [Recorded(turn_id=stage.turn.id, seq=i, at=stage.turn.asked_at, event=e) for i, e in enumerate(further)]
    announced = fold(stage.turn.id, trail).model_copy(update={"seq": -1})
    await stage.audience.show([page], stage.turn, announced)
    before = len(page.sent)
    stage.audience.follow(page, stage.turn, stage.feed, announced)
    await stage.play(**BEGUN)
    await comes_true(lambda: page.events()[before:] == ["task_start"], "the page follows the turn")
    await asyncio.sleep(0.1)
    assert page.events()[before:] == ["task_start"]
    await stage.play(analyzing=PhaseStarted(phase="analyzing"), end=READY)
    await page.until("task_end")
    labels = [data["view"]["label"] for event, data in page.sent if event == "window_message"]
    assert "Planning" not in labels


async def test_a_page_follows_a_turn_to_its_end(stage: Stage) -> None:
    page = RecordingPage()
    stage.audience.follow(page, stage.turn, stage.feed)
    await stage.play(**BEGUN)
    await page.until("element")
    assert stage.audience.is_following(page.id)
    assert "task_end" not in page.events()
    await stage.play(end=READY)
    await page.until("task_end")
    assert page.events()[0] == "task_start"
    assert page.events()[-1] == "task_end"
    await asyncio.sleep(0)
    assert not stage.audience.is_following(page.id)


async def test_several_pages_see_the_same(stage: Stage) -> None:
    pages = [RecordingPage(f"page {n}") for n in range(3)]
    for page in pages:
        stage.audience.follow(page, stage.turn, stage.feed)
    await stage.play(**BEGUN, end=READY)
    for page in pages:
        await page.until("task_end")
    final = [[data for event, data in page.sent if event == "new_message"][-1] for page in pages]
    assert final[0]["output"] == "So [\\[1\\]](https://page1.example/)."
    assert final == [final[0]] * 3


async def test_attaching_again_does_not_show_the_turn_twice(stage: Stage) -> None:
    page = RecordingPage()
    await stage.play(**BEGUN)
    for _ in range(3):
        stage.audience.follow(page, stage.turn, stage.feed)
    await page.until("window_message")
    await stage.play(end=READY)
    await page.until("task_end")
    assert page.events().count("task_end") == 1
    assert page.events().count("task_start") == 1


async def test_a_page_that_left_is_sent_nothing_more(stage: Stage) -> None:
    page, other = RecordingPage(), RecordingPage("other")
    for each in (page, other):
        stage.audience.follow(each, stage.turn, stage.feed)
    await stage.play(**BEGUN)
    await page.until("window_message")
    stage.audience.leave(page.id)
    await asyncio.sleep(0)
    sent = len(page.sent)
    await stage.play(end=READY)
    await other.until("task_end")
    assert len(page.sent) == sent


async def test_a_page_that_watches_two_turns_is_busy_until_both_have_ended(stage: Stage) -> None:
    second = turn_in(message_id="second", seconds=5)
    await stage.trail.open_turn(second)
    page = RecordingPage()
    stage.audience.follow(page, stage.turn, stage.feed)
    stage.audience.follow(page, second, stage.hub.feed(second.id))
    await stage.play(**BEGUN, end=READY)
    await page.until("new_message")
    await asyncio.sleep(0.1)
    assert "task_end" not in page.events()
    await stage.trail.append(second.id, Entry(key="end", event=READY))
    await page.until("task_end")


async def test_a_turn_is_announced_before_it_has_a_trail(stage: Stage) -> None:
    page = RecordingPage()
    await stage.audience.announce([page], stage.turn)
    assert page.events()[:4] == ["task_start", "new_message", "new_message", "new_message"]
    names = [data["name"] for event, data in page.sent if event == "new_message"]
    assert names == ["alice", "Research Chat", "Planning"]
    announced = {data["id"]: data for event, data in page.sent if event == "new_message"}
    follower = RecordingPage("follower")
    await stage.play(**BEGUN)
    stage.audience.follow(follower, stage.turn, stage.feed)
    await follower.until("window_message")
    assert {data["id"] for event, data in follower.sent if event == "new_message"} == set(announced)


async def test_a_page_whose_connection_was_exchanged_is_sent_to_where_it_is_now(stage: Stage) -> None:
    page, after = RecordingPage(), RecordingPage()
    stage.audience.follow(page, stage.turn, stage.feed)
    await stage.play(**BEGUN)
    await page.until("window_message")
    page.emit = after.emit  # type: ignore[method-assign]
    await stage.play(end=READY)
    await after.until("task_end")
    assert "task_end" not in page.events()
