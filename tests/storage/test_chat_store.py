import asyncio
import uuid

import pytest
from chainlit.element import CustomElement
from chainlit.step import StepDict
from chainlit.types import Feedback
from chainlit.user import User

from chat_app.errors import NotFound
from chat_app.research.progress import Entry, NoEvidence, ReportReady
from chat_app.research.report import Report
from chat_app.storage.caller import calling_as
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database
from chat_app.storage.ownership import lock_thread
from chat_app.storage.shares import Shares
from chat_app.storage.sources import SourceRegister
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import ElementRow, put_step
from tests.storage.pages import dictionary, page_of, rows, user
from tests.storage.places import BEGINNING, at, delta, message, thread, turn_in
from tests.storage.test_shares import SECRET
from tests.storage.test_sources import source


async def outputs(store: ChatStore, thread_id: str = "thread") -> dict[str, str]:
    found = await store.get_thread(thread_id)
    assert found is not None
    return {step["id"]: step["output"] for step in found["steps"]}  # pyright: ignore[reportTypedDictNotRequiredAccess]


@pytest.fixture
def store(database: Database) -> ChatStore:
    return ChatStore(database)


# Users


async def test_a_user_is_made_once_and_brought_up_to_date(store: ChatStore):
    first = await user(store, "alice")
    second = await store.create_user(User(identifier="alice", display_name="Alice", metadata={"role": "admin"}))
    assert second is not None
    assert (second.id, second.display_name, second.metadata) == (first.id, "Alice", {"role": "admin"})
    assert await store.get_user("alice") == second
    assert await store.get_user("nobody") is None


# Threads


async def test_a_thread_comes_back_complete_and_in_order(store: ChatStore, database: Database):
    await thread(database)
    late = message("late", seconds=2, type="tool", name="Searching", metadata={"phase": "searching"}, default_open=True,
                   auto_collapse=True, show_input="json", input="q", language="json", is_error=True, tags=("t",),
                   started_at=at(2), ended_at=at(3), parent_id="early")  # fmt: skip
    early = message("early", command="deep", modes={"depth": "deep"})
    card = ElementRow(
        id="card", thread_id="thread", for_id="late", name="ProgressCard", props={"n": 1}, created_at=at(2)
    )
    await store.save_steps([late, early], [card])
    found = await store.get_thread("thread")
    assert found is not None
    assert (found["name"], found["userIdentifier"], found["metadata"]) == ("A question", "alice", {})
    assert found["steps"] == [row.to_dict() | {"feedback": None} for row in (early, late)]
    assert found["elements"] == [card.to_dict()] == [await store.get_element("thread", "card")]
    assert await store.get_element("other", "card") is None


async def test_an_unknown_thread_has_no_author_and_no_content(store: ChatStore):
    assert (await store.get_thread_author("gone"), await store.get_thread("gone")) == ("", None)


async def test_steps_sort_by_time_however_their_times_are_written(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        for step_id, created in (
            ("c", "2026-03-01T12:00:01.5Z"),
            ("a", "2026-03-01T12:00:01"),
            ("b", "2026-03-01T13:00:01.000001+01:00"),
        ):
            await store.create_step(dictionary(step_id, createdAt=created))
    assert list(await outputs(store)) == ["a", "b", "c"]


async def test_metadata_is_merged_and_what_is_not_given_stays(store: ChatStore, database: Database):
    await thread(database)
    await store.update_thread("thread", metadata={"a": 1, "b": 2}, tags=["x"])
    await store.update_thread("thread", metadata={"b": None, "c": 3})
    await store.update_thread("thread")
    found = await store.get_thread("thread")
    assert found is not None
    assert (found["metadata"], found["tags"], found["name"]) == ({"a": 1, "c": 3}, ["x"], "A question")
    assert await store.get_thread_author("thread") == "alice"


async def test_chainlits_own_sharing_is_never_stored(store: ChatStore, database: Database):
    await thread(database)
    await store.update_thread("thread", metadata={"is_shared": True, "shared_at": "now", "kept": 1})
    assert [row["metadata"] for row in await rows(database, "threads")] == ['{"kept": 1}']


async def test_the_first_message_names_a_thread_only_if_nothing_else_did(store: ChatStore, database: Database):
    alice = await user(store, "alice")
    with page_of(alice, "new"):
        await store.update_thread("new", name="What is a very long question " * 20, user_id=alice.id)
    await thread(database, "new", name="Given by us")
    named = await store.get_thread("new")
    await thread(database, "thread", name="Given by us")
    with page_of(alice, "thread"):
        await store.update_thread("thread", name="what was typed", user_id=alice.id)
        await store.update_thread("thread", name="what was typed")
    kept = await store.get_thread("thread")
    assert named
    assert kept
    assert (named["name"] or "").startswith("What is a very long question")
    assert len(named["name"] or "") <= 81
    assert kept["name"] == "Given by us"


async def test_a_person_renames_a_thread_and_the_name_stays(store: ChatStore, database: Database):
    await thread(database)
    await store.update_thread("thread", name="  My   name ")
    await thread(database, name="A question")
    await store.update_thread("thread", name="   ")
    found = await store.get_thread("thread")
    assert found is not None
    assert found["name"] == "My name"


async def test_closing_a_page_does_not_bring_a_deleted_thread_back(store: ChatStore):
    with page_of(await user(store, "alice"), "gone"):
        await store.update_thread("gone", metadata={"chat_settings": {}})
    assert await store.get_thread("gone") is None


async def test_a_thread_never_changes_hands(store: ChatStore, database: Database):
    await thread(database)
    bob = await user(store, "bob")
    for change in ({"user_id": bob.id}, {"name": "mine"}, {"metadata": {"a": 1}}):
        with page_of(bob, "thread"), pytest.raises(NotFound):
            await store.update_thread("thread", **change)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NotFound):
        await store.update_thread("thread", user_id=bob.id)
    assert await store.get_thread_author("thread") == "alice"


async def test_deleting_a_thread_leaves_nothing_of_it(store: ChatStore, database: Database):
    await thread(database)
    turn, trail = turn_in(), Trail(database)
    await store.save_steps([message("m")], [ElementRow(id="e", thread_id="thread", name="Card", created_at=at(0))])
    with calling_as("alice"):
        await store.upsert_feedback(Feedback(forId="m", value=1))
    await trail.open_turn(turn)
    await SourceRegister(database).number_sources("thread", [source("a")])
    await Shares(database, SECRET).share("thread")
    seen: list[tuple[str, int]] = []

    async def prepare(thread_id: str) -> None:
        await trail.append(turn.id, delta("a"), Entry(key="end", event=NoEvidence(text="")))
        seen.append((thread_id, len(await rows(database, "steps"))))

    store.on_thread_deleted.append(prepare)
    with calling_as("bob"), pytest.raises(NotFound):
        await store.delete_thread("thread")
    assert seen == []
    with calling_as("alice"):
        await store.delete_thread("thread")
    assert seen == [("thread", 1)]
    tables = (
        "threads",
        "steps",
        "elements",
        "feedbacks",
        "turns",
        "turn_events",
        "thread_sources",
        "reports",
        "shares",
    )
    assert {table: await rows(database, table) for table in tables} == {table: [] for table in tables}


# Steps


async def test_a_create_that_comes_late_does_not_wipe_an_update(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        await store.update_step(dictionary("s", output="done"))
        await store.create_step(dictionary("s"))
    assert await outputs(store) == {"s": "done"}


async def test_a_hundred_steps_created_and_updated_at_once_keep_their_output(store: ChatStore, database: Database):
    await thread(database)
    tasks: list[asyncio.Task[None]] = []
    with page_of(await user(store, "alice"), "thread"):
        for n in range(100):
            tasks.append(asyncio.create_task(store.create_step(dictionary(f"s{n}"))))
            tasks.append(asyncio.create_task(store.update_step(dictionary(f"s{n}", output="half"))))
            tasks.append(asyncio.create_task(store.update_step(dictionary(f"s{n}", output="whole"))))
        await asyncio.gather(*tasks)
    assert await outputs(store) == {f"s{n}": "whole" for n in range(100)}


async def test_what_chainlit_sends_before_the_first_message_waits_for_it(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread", has_asked=False) as session:
        await store.create_step(dictionary("greeting", output="Hello"))
        assert await outputs(store) == {}
        session.has_first_interaction = True
        await session.flush_method_queue()
    assert await outputs(store) == {"greeting": "Hello"}


async def test_a_first_message_that_is_stored_before_its_thread_makes_it(store: ChatStore):
    with page_of(await user(store, "alice"), "new"):
        await store.create_step(dictionary("m", "new", type="user_message", output="Why?"))
    assert await store.get_thread_author("new") == "alice"
    assert await outputs(store, "new") == {"m": "Why?"}


async def test_a_step_of_somebody_else_can_neither_be_overwritten_nor_moved_nor_deleted(
    store: ChatStore, database: Database
):
    await thread(database)
    await thread(database, "bobs", "bob")
    alice, bob = await user(store, "alice"), await user(store, "bob")
    with page_of(alice, "thread"):
        await store.create_step(dictionary("s", output="alice's"))
    with page_of(bob, "bobs"):
        for thread_id in ("bobs", "thread"):
            with pytest.raises(NotFound):
                await store.create_step(dictionary("s", thread_id, output="bob's"))
            with pytest.raises(NotFound):
                await store.update_step(dictionary("s", thread_id, output="bob's"))
        with pytest.raises(NotFound):
            await store.delete_step("s")
    assert (await outputs(store), await outputs(store, "bobs")) == ({"s": "alice's"}, {})


async def test_a_client_message_cannot_overwrite_what_a_turn_wrote(store: ChatStore, database: Database):
    await thread(database)
    await store.save_steps([message("report", type="assistant_message", output="It is so [1]."), message("question")])
    with page_of(await user(store, "alice"), "thread"):
        with pytest.raises(NotFound):
            await store.create_step(dictionary("report", type="user_message", output="mine"))
        await store.update_step(dictionary("report", type="assistant_message", output="edited"))
        await store.create_step(dictionary("question", type="user_message", output="Why?"))
        with pytest.raises(NotFound, match="part of a turn"):
            await store.delete_step("report")
    assert await outputs(store) == {"question": "Why?", "report": "It is so [1]."}


async def test_a_question_that_chainlit_stored_first_becomes_ours(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        await store.create_step(dictionary("q", type="user_message", output="Why?"))
        await store.save_steps([message("q", output="Why?", metadata={"revision": 0})])
        await store.update_step(dictionary("q", type="user_message", output="Edited?"))
    assert await outputs(store) == {"q": "Why?"}


async def test_a_question_may_be_stored_by_chainlit_and_by_us_at_once(store: ChatStore, database: Database):
    await thread(database)
    question = message("q", seconds=1)
    with page_of(await user(store, "alice"), "thread"):
        async with database.transaction() as tx:
            await lock_thread(tx, "thread")
            chainlits = asyncio.create_task(store.create_step(StepDict(**question.to_dict())))
            await asyncio.sleep(0.2)
            await put_step(tx, question, ours=True)
        await chainlits
    assert [row["is_ours"] for row in await rows(database, "steps")] == [1]


async def test_a_thread_may_be_deleted_while_a_turn_runs(store: ChatStore, database: Database):
    for n in range(8):
        await thread(database)
        trail, turn = Trail(database), turn_in(message_id=f"m{n}")
        await trail.open_turn(turn)
        entries = [delta("a"), Entry(key="end", event=ReportReady(report=Report(text="So.", sources=())))]
        await asyncio.gather(trail.append(turn.id, *entries), store.delete_thread("thread"), return_exceptions=True)
        assert await rows(database, "reports") == []
        with pytest.raises(NotFound):
            await trail.append(turn.id, delta("b"))


async def test_a_favourite_is_marked_and_listed_newest_first(store: ChatStore, database: Database):
    await thread(database)
    await store.save_steps(
        [message("a", metadata={"x": 1}), message("b", seconds=1), message("c", metadata={"x": '"favorite": true'})]
    )
    alice = await user(store, "alice")
    with page_of(alice, "thread"):
        for step_id in ("a", "b"):
            step = dictionary(step_id, type="user_message", metadata={"location": "here"})
            await store.set_step_favorite(step, True)
        await store.set_step_favorite(dictionary("b", type="user_message"), False)
    favorites = await store.get_favorite_steps(alice.id)
    assert [(step.get("id"), step.get("metadata")) for step in favorites] == [("a", {"x": 1, "favorite": True})]
    assert await store.get_favorite_steps((await user(store, "bob")).id) == []


async def test_a_step_that_chainlit_stored_is_deleted_with_its_elements(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        await store.create_step(dictionary("s"))
        await store.create_element(CustomElement(thread_id="thread", name="Card", for_id="s", props={"n": 1}))
        await store.delete_step("s")
        await store.delete_step("s")
    assert (await rows(database, "steps"), await rows(database, "elements")) == ([], [])


async def test_owners_are_named_and_unknown_ids_have_none(store: ChatStore, database: Database):
    await thread(database)
    await store.save_steps([message("m")])
    assert [await store.owner_of_step(step_id) for step_id in ("m", "gone")] == ["alice", None]
    assert (await store.owner_of_element("gone"), await store.owner_of_feedback("gone")) == (None, None)


async def test_a_write_that_fails_raises(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"), pytest.raises(ValueError, match="isoformat"):
        await store.create_step(dictionary("s", createdAt="yesterday"))


async def test_saving_through_the_store_needs_no_page(store: ChatStore):
    thread_id = str(uuid.uuid4())
    await store.save_thread(thread_id, "alice", "Title", BEGINNING)
    await store.save_steps([message("m", thread_id)])
    assert await outputs(store, thread_id) == {"m": "Why?"}
