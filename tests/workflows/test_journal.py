import asyncio

import pytest

from chat_app.errors import NotFound
from chat_app.research.progress import (
    CostUpdated,
    Entry,
    PhaseStarted,
    PlanReady,
    ReportDelta,
    ReportReady,
    ReportStarted,
    SearchFinished,
    SearchStarted,
    TurnStarted,
    TurnStopped,
)
from chat_app.research.turn import Turn
from chat_app.storage.engine import Database
from chat_app.storage.hub import Hub
from chat_app.storage.thread_reading import read_thread
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from chat_app.transcript.projection import project
from chat_app.workflows.journal import Journal, ReportText
from tests.coming_true import comes_true
from tests.research.trails import PLAN, report, source
from tests.storage.places import open_turn

SOON_SECONDS = 0.02
READY = ReportReady(report=report("So [1].", 1))


async def begin(database: Database) -> tuple[Journal, Turn]:
    """A turn, and the journal of a process that has just started."""
    trail, turn = await open_turn(database)
    return journal_of(trail, database), turn


def journal_of(trail: Trail, database: Database) -> Journal:
    hub = Hub(trail)
    trail.on_commit = hub.committed
    return Journal(trail, Transcript(database), hub, save_after_seconds=SOON_SECONDS)


async def stored_steps(database: Database) -> dict[str, dict[str, object]]:
    async with database.read() as tx:
        thread = await read_thread(tx, "thread")
    assert thread is not None
    return {step["id"]: step for step in thread["steps"]}


async def assert_stored(database: Database, journal: Journal, turn: Turn) -> None:
    """The thread's rows are, after a moment, what the whole trail stands for."""
    feed = Hub(journal.trail).feed(turn.id)
    await feed.refresh()
    steps = {step.id: step.to_dict() for step in project(turn, feed.view).steps}
    expected = {step_id: {**step, "feedback": None} for step_id, step in steps.items()}

    async def are_stored() -> bool:
        return await stored_steps(database) == expected

    await comes_true(are_stored, "the rows are what the trail stands for")
    await asyncio.sleep(5 * SOON_SECONDS)
    assert await stored_steps(database) == expected, "and they stay so"


async def test_what_is_recorded_is_in_the_trail_the_view_and_the_history(database: Database) -> None:
    journal, turn = await begin(database)
    (started,) = await journal.record(turn, "started", TurnStarted(question="Why?"))
    await journal.record(turn, "planning", PhaseStarted(phase="planning"))
    assert await journal.trail.read(turn.id, after=0) == [(await journal.trail.read(turn.id))[1]]
    assert (await journal.trail.read(turn.id))[0] == started
    assert journal.hub.feed(turn.id).view.seq == 1
    await assert_stored(database, journal, turn)


async def test_a_replay_writes_nothing_twice(database: Database) -> None:
    journal, turn = await begin(database)
    entries = [Entry(key="a", event=TurnStarted(question="Why?")), Entry(key="b", event=PlanReady(plan=PLAN))]
    assert len(await journal.record_all(turn, entries)) == 2
    before = await stored_steps(database)
    assert await journal.record_all(turn, entries) == []
    after_restart = journal_of(Trail(database), database)
    assert await after_restart.record_all(turn, entries) == []
    assert len(await journal.trail.read(turn.id)) == 2
    assert await stored_steps(database) == before


async def test_a_process_that_takes_over_completes_the_history(database: Database) -> None:
    journal, turn = await begin(database)
    # As if the process had died between the trail and the history.
    await journal.trail.append(turn.id, Entry(key="a", event=TurnStarted(question="Why?")))
    assert await stored_steps(database) == {}
    after_restart = journal_of(Trail(database), database)
    await after_restart.record(turn, "planning", PhaseStarted(phase="planning"))
    await assert_stored(database, after_restart, turn)


async def test_nothing_is_recorded_after_the_end(database: Database) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "end", TurnStopped(report=None))
    assert await journal.record(turn, "late", PhaseStarted(phase="analyzing")) == []
    assert await journal.record(turn, "end", READY) == []
    assert [r.event.kind for r in await journal.trail.read(turn.id)] == ["turn_stopped"]
    await assert_stored(database, journal, turn)


async def test_what_a_turn_has_cost_is_appended_with_whatever_comes_next(database: Database) -> None:
    journal, turn = await begin(database)
    costs = [CostUpdated(usd=usd, input_tokens=1, output_tokens=1, searches=0) for usd in (0.1, 0.2)]
    for journal_now in (journal, journal_of(Trail(database), database)):
        for number, cost in enumerate(costs):
            await journal_now.record(turn, f"cost.{number}", cost)
        await journal_now.record(turn, "analyzing", PhaseStarted(phase="analyzing"))
    trail = await journal.trail.read(turn.id)
    assert [recorded.event for recorded in trail] == [*costs, PhaseStarted(phase="analyzing")]


async def test_a_stopped_turn_keeps_what_it_had_cost_until_then(database: Database) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "cost.0", CostUpdated(usd=0.1, input_tokens=1, output_tokens=1, searches=0))
    await journal.record(turn, "end", TurnStopped(report=None))
    await journal.record(turn, "cost.1", CostUpdated(usd=0.2, input_tokens=1, output_tokens=1, searches=0))
    await journal.record(turn, "end", READY)
    assert [r.event.kind for r in await journal.trail.read(turn.id)] == ["cost_updated", "turn_stopped"]


async def test_a_deleted_conversation_takes_no_more(database: Database) -> None:
    journal, turn = await begin(database)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM threads WHERE id = :id", id="thread")
    with pytest.raises(NotFound):
        await journal.record(turn, "a", TurnStarted(question="Why?"))


async def test_many_writers_at_once_leave_the_history_of_the_whole_trail(database: Database) -> None:
    """Searches side by side, and a stop in the midst of them: whoever writes last, the history is the trail's."""
    journal, turn = await begin(database)
    await journal.record(turn, "plan", PlanReady(plan=PLAN))
    await journal.record(turn, "searching", PhaseStarted(phase="searching"))

    async def search(number: int) -> None:
        query = f"query {number}"
        await journal.record(turn, f"{number}.started", SearchStarted(search=number, query=query))
        await journal.record(
            turn, f"{number}.ended", SearchFinished(search=number, query=query, sources=(source(number + 1),))
        )

    async def stop() -> None:
        await asyncio.sleep(0.02)
        await journal.record(turn, "end", TurnStopped(report=None))

    await asyncio.gather(*(search(number) for number in range(16)), stop())
    trail = await journal.trail.read(turn.id)
    assert [recorded.seq for recorded in trail] == list(range(len(trail)))
    assert trail[-1].event.kind == "turn_stopped"
    await assert_stored(database, journal, turn)


async def test_the_history_of_a_running_turn_is_saved_once_for_all_that_happens_in_a_while(database: Database) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "started", TurnStarted(question="Why?"))
    begun = await stored_steps(database)
    assert len(begun) == 2  # the question, and the place of the answer
    await journal.record(turn, "planning", PhaseStarted(phase="planning"))
    await journal.record(turn, "plan", PlanReady(plan=PLAN))
    assert await stored_steps(database) == begun
    await assert_stored(database, journal, turn)


async def test_the_history_has_the_end_at_once(database: Database) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "planning", PhaseStarted(phase="planning"))
    await journal.record(turn, "end", READY)
    ended = await stored_steps(database)
    await assert_stored(database, journal, turn)
    assert await stored_steps(database) == ended


async def test_a_conversation_deleted_in_a_while_is_no_error(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "planning", PhaseStarted(phase="planning"))
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM threads WHERE id = :id", id="thread")
    await asyncio.sleep(5 * SOON_SECONDS)
    assert not caplog.records


async def test_a_closed_journal_writes_nothing_and_calls_nothing_an_error(database: Database) -> None:
    journal, turn = await begin(database)
    await journal.record(turn, "a", TurnStarted(question="Why?"))
    journal.close()
    writing = asyncio.ensure_future(journal.record(turn, "b", READY))
    await asyncio.sleep(0.05)
    assert not writing.done()
    writing.cancel()
    assert len(await journal.trail.read(turn.id)) == 1


class TestReport:
    """The text of a report while it is written."""

    async def test_text_is_shown_at_once_and_stored_in_batches(self, database: Database) -> None:
        journal, turn = await begin(database)
        text = await journal.begin_report(turn)
        await text.write("So ")
        await text.write("it is.")
        assert journal.hub.feed(turn.id).view.text == "So it is."
        assert [r.event.kind for r in await journal.trail.read(turn.id)] == ["report_started"]
        await text.close()
        deltas = [r.event for r in await journal.trail.read(turn.id, after=0)]
        assert deltas == [ReportDelta(attempt=1, offset=0, text="So it is.")]

    async def test_a_long_text_is_whole_and_has_few_rows(self, database: Database) -> None:
        journal, turn = await begin(database)
        text = await journal.begin_report(turn)
        words = [f"word{n} \N{GRINNING FACE} " for n in range(800)]
        for word in words:
            await text.write(word)
        await text.close()
        await text.close()
        deltas = [r.event for r in await journal.trail.read(turn.id) if isinstance(r.event, ReportDelta)]
        whole = "".join(words)
        assert "".join(delta.text for delta in deltas) == whole
        assert [whole[delta.offset :].startswith(delta.text) for delta in deltas] == [True] * len(deltas)
        assert len(deltas) <= len(whole) / ReportText.COMMIT_AFTER_CHARACTERS + 1
        assert journal.hub.feed(turn.id).view.text == whole

    async def test_a_report_that_begins_again_after_a_crash_is_the_next_attempt(self, database: Database) -> None:
        journal, turn = await begin(database)
        text = await journal.begin_report(turn)
        await text.write("The first try")
        await text.close()
        after_restart = journal_of(Trail(database), database)
        again = await after_restart.begin_report(turn)
        await again.write("Again")
        await again.close()
        starts = [r.event for r in await journal.trail.read(turn.id) if isinstance(r.event, ReportStarted)]
        assert [start.attempt for start in starts] == [1, 2]
        assert after_restart.hub.feed(turn.id).view.text == "Again"
