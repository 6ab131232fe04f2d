"""Whose a rating or an element is must be known, from the page or from the request."""

import pytest
from chainlit.element import CustomElement, Text
from chainlit.types import Feedback

from chat_app.errors import NotFound
from chat_app.storage.caller import calling_as
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database
from chat_app.storage.transcript import ElementRow
from tests.storage.pages import dictionary, page_of, rows, user
from tests.storage.places import at, message, thread


@pytest.fixture
def store(database: Database) -> ChatStore:
    return ChatStore(database)


async def test_one_rates_ones_own_step_and_once(store: ChatStore, database: Database):
    await thread(database)
    await store.save_steps([message("m")])
    with calling_as("alice"):
        first = await store.upsert_feedback(Feedback(forId="m", value=1))
        again = await store.upsert_feedback(Feedback(forId="m", value=0, id="made up", comment="no"))
    found = await store.get_thread("thread")
    assert first == again
    assert found is not None
    assert found["steps"][0].get("feedback") == {"id": first, "forId": "m", "value": 0, "comment": "no"}
    assert await store.owner_of_feedback(first) == "alice"
    with calling_as("alice"):
        assert await store.delete_feedback(first)
    assert await rows(database, "feedbacks") == []


@pytest.mark.parametrize("stranger", ["bob", None])
async def test_nobody_rates_a_step_of_somebody_else(store: ChatStore, database: Database, stranger: str | None):
    await thread(database)
    await store.save_steps([message("m")])
    with calling_as("alice"):
        rating = await store.upsert_feedback(Feedback(forId="m", value=1))
    with calling_as(stranger):
        with pytest.raises(NotFound):
            await store.upsert_feedback(Feedback(forId="m", value=0, id=rating))
        with pytest.raises(NotFound):
            await store.delete_feedback(rating)
    with calling_as("alice"), pytest.raises(NotFound):
        await store.upsert_feedback(Feedback(forId="no such step", value=0))
    assert [row["value"] for row in await rows(database, "feedbacks")] == [1]


async def test_a_request_in_one_name_on_a_page_of_another_is_refused(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"), calling_as("bob"), pytest.raises(NotFound, match="reload"):
        await store.create_step(dictionary("s"))


async def test_a_custom_element_is_kept_with_its_props_and_without_a_file(store: ChatStore, database: Database):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        element = CustomElement(id="e", thread_id="thread", name="Card", for_id="s", props={"n": 1})
        await store.create_element(element)
        element.props["n"] = 2
        await store.create_element(element)
    found = await store.get_element("thread", "e")
    assert found is not None
    assert (found.get("props"), found.get("type"), found.get("forId"), found.get("chainlitKey")) == (
        {"n": 2},
        "custom",
        "s",
        None,
    )
    assert await store.owner_of_element("e") == "alice"


async def test_an_element_of_somebody_else_can_neither_be_changed_nor_deleted(store: ChatStore, database: Database):
    await thread(database)
    await thread(database, "bobs", "bob")
    await store.save_steps(
        [], [ElementRow(id="ours", thread_id="thread", name="Card", props={"n": 1}, created_at=at(0))]
    )
    with page_of(await user(store, "alice"), "thread"):
        await store.create_element(
            CustomElement(id="hers", thread_id="thread", name="Card", for_id="s", props={"n": 1})
        )
        for thread_id in ("thread", ""):
            with pytest.raises(NotFound):
                await store.create_element(CustomElement(id="ours", thread_id=thread_id, name="Card", props={"n": 2}))
        with pytest.raises(NotFound, match="part of a turn"):
            await store.delete_element("ours")
    with page_of(await user(store, "bob"), "bobs"):
        for element_id in ("ours", "hers"):
            for thread_id in ("thread", "bobs"):
                with pytest.raises(NotFound):
                    await store.create_element(
                        CustomElement(id=element_id, thread_id=thread_id, name="Card", props={"n": 2})
                    )
            with pytest.raises(NotFound):
                await store.delete_element(element_id, "bobs")
    assert [row["props"] for row in await rows(database, "elements")] == ['{"n": 1}'] * 2


async def test_an_element_that_would_need_a_file_is_not_kept(
    store: ChatStore, database: Database, caplog: pytest.LogCaptureFixture
):
    await thread(database)
    with page_of(await user(store, "alice"), "thread"):
        await store.create_element(Text(thread_id="thread", name="notes", content="text", for_id="s"))
        await store.create_element(Text(thread_id="thread", name="page", url="https://a.example/", for_id="s"))
    assert [row["name"] for row in await rows(database, "elements")] == ["page"]
    assert "'notes'" in caplog.text
