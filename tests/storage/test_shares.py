import asyncio

import pytest
from pydantic import SecretStr

from chat_app.errors import NotFound
from chat_app.storage.engine import Database
from chat_app.storage.shares import Shares
from tests.storage.places import thread

SECRET = SecretStr("a secret of this installation")


async def test_a_link_leads_to_its_thread_and_stays_the_same(database: Database):
    await thread(database)
    shares = Shares(database, SECRET)
    assert await shares.token_of("thread") is None
    token = await shares.share("thread")
    assert len(token) == 43
    assert await shares.share("thread") == token == await shares.token_of("thread")
    assert await shares.thread_of(token) == "thread"


async def test_sharing_twice_at_once_makes_one_link(database: Database):
    await thread(database)
    shares = Shares(database, SECRET)
    assert len(set(await asyncio.gather(*(shares.share("thread") for _ in range(6))))) == 1


async def test_a_revoked_link_opens_nothing_and_the_next_one_is_another(database: Database):
    await thread(database)
    shares = Shares(database, SECRET)
    token = await shares.share("thread")
    await shares.revoke("thread")
    assert (await shares.thread_of(token), await shares.token_of("thread")) == (None, None)
    assert await shares.share("thread") != token


async def test_neither_guesses_nor_odd_tokens_open_anything(database: Database):
    await thread(database)
    shares = Shares(database, SECRET)
    token = await shares.share("thread")
    for wrong in ("", "thread", token[:-1] + "!", token.swapcase(), "\ud800" * 43, token * 1000):
        assert await shares.thread_of(wrong) is None


async def test_the_token_is_not_in_the_database(database: Database):
    await thread(database)
    token = await Shares(database, SECRET).share("thread")
    async with database.read() as tx:
        stored = str(await tx.rows("SELECT * FROM shares"))
    assert token not in stored


async def test_after_a_change_of_the_secret_old_links_still_open_and_can_be_revoked(database: Database):
    await thread(database)
    old = await Shares(database, SECRET).share("thread")
    shares = Shares(database, SecretStr("another secret"))
    assert await shares.token_of("thread") is None
    new = await shares.share("thread")
    assert [await shares.thread_of(token) for token in (old, new)] == ["thread", "thread"]
    await shares.revoke("thread")
    assert [await shares.thread_of(token) for token in (old, new)] == [None, None]


async def test_an_unknown_thread_cannot_be_shared(database: Database):
    with pytest.raises(NotFound, match="deleted"):
        await Shares(database, SECRET).share("gone")
