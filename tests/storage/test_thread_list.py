from typing import Any

import pytest
from chainlit.types import Feedback, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import User

from chat_app.errors import NotFound
from chat_app.storage.caller import calling_as
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database
from tests.storage.places import message, thread

Page = PaginatedResponse[ThreadDict]


async def page(db: Database, first: int = 35, cursor: str | None = None, owner: str = "alice", **filters: Any) -> Page:
    store = ChatStore(db)
    user = await store.create_user(User(identifier=owner))
    assert user is not None
    return await store.list_threads(Pagination(first=first, cursor=cursor), ThreadFilter(userId=user.id, **filters))


def ids(found: Page) -> list[str]:
    return [entry["id"] for entry in found.data]


async def asked(db: Database, *thread_ids: str, owner: str = "alice") -> None:
    """Threads with a question each, a second apart."""
    for seconds, thread_id in enumerate(thread_ids):
        await thread(db, thread_id, owner, name=f"Title of {thread_id}")
        await ChatStore(db).save_steps([message(f"{thread_id}-m", thread_id, seconds=seconds)])


async def test_pages_follow_each_other_newest_first(database: Database):
    await asked(database, "a", "b", "c", "d", "e")
    first = await page(database, 2)
    second = await page(database, 2, first.pageInfo.endCursor)
    third = await page(database, 2, second.pageInfo.endCursor)
    assert [ids(found) for found in (first, second, third)] == [["e", "d"], ["c", "b"], ["a"]]
    assert [found.pageInfo.hasNextPage for found in (first, second, third)] == [True, True, False]


async def test_threads_of_the_same_moment_are_each_listed_once(database: Database):
    for thread_id in "abcde":
        await thread(database, thread_id)
    first = await page(database, 3)
    assert ids(first) + ids(await page(database, 3, first.pageInfo.endCursor)) == list("edcba")


async def test_a_follow_up_brings_its_thread_to_the_top(database: Database):
    await asked(database, "a", "b")
    await ChatStore(database).save_steps([message("follow-up", "a", seconds=60)])
    found = await page(database)
    assert ids(found) == ["a", "b"]
    assert found.data[0]["createdAt"] == "2026-03-01T12:01:00.000000Z"


async def test_paging_goes_on_after_the_last_thread_of_a_page_was_deleted(database: Database):
    await asked(database, "a", "b", "c", "d")
    first = await page(database, 2)
    await ChatStore(database).delete_thread("c")
    assert ids(await page(database, 2, first.pageInfo.endCursor)) == ["b", "a"]


@pytest.mark.parametrize("cursor", ["nonsense", "", "|", "9|'; DROP TABLE threads; --"])
async def test_a_cursor_made_up_by_a_client_does_no_harm(database: Database, cursor: str):
    await asked(database, "a", "b")
    assert set(ids(await page(database, cursor=cursor))) <= {"a", "b"}
    assert ids(await page(database)) == ["b", "a"]


async def test_only_ones_own_threads_are_listed(database: Database):
    await asked(database, "hers")
    await asked(database, "his", owner="bob")
    assert ids(await page(database)) == ["hers"]
    with pytest.raises(NotFound):
        await ChatStore(database).list_threads(Pagination(first=5), ThreadFilter(userId=None))


async def test_the_list_holds_titles_and_no_content(database: Database):
    await asked(database, "a")
    (entry,) = (await page(database)).data
    assert (entry["name"], entry["userIdentifier"]) == ("Title of a", "alice")
    assert (entry["steps"], entry["elements"], entry["metadata"]) == ([], [], {})


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("GRÜNER", ["tea"]),
        ("title OF te", ["tea"]),
        ("100%", ["percent"]),
        ("100_", []),
        ("\\", ["slash"]),
        ("'", ["quote"]),
        ("%", ["percent"]),
        ("  ", ["quote", "slash", "percent", "tea"]),
        ("not there", []),
    ],
)
async def test_search_finds_text_in_titles_and_messages(database: Database, search: str, expected: list[str]):
    texts = {"tea": "Über grüner Tee", "percent": "It grew by 100% and 1000", "slash": "C:\\temp", "quote": "it's"}
    await asked(database, *texts)
    store = ChatStore(database)
    await store.save_steps(
        [message(f"{key}-r", key, type="assistant_message", output=text) for key, text in texts.items()]
    )
    assert ids(await page(database, search=search)) == expected


async def test_search_goes_page_by_page_too(database: Database):
    await asked(database, "a", "b", "c")
    first = await page(database, 2, search="why")
    assert (ids(first), ids(await page(database, 2, first.pageInfo.endCursor, search="why"))) == (["c", "b"], ["a"])


async def test_threads_are_filtered_by_rating_also_by_the_bad_one(database: Database):
    await asked(database, "good", "bad", "unrated")
    store = ChatStore(database)
    with calling_as("alice"):
        await store.upsert_feedback(Feedback(forId="good-m", value=1))
        await store.upsert_feedback(Feedback(forId="bad-m", value=0))
    assert [ids(await page(database, feedback=value)) for value in (1, 0, None)] == [
        ["good"], ["bad"], ["unrated", "bad", "good"],
    ]  # fmt: skip
