import asyncio

import pytest

from chat_app.errors import NotFound
from chat_app.research.evidence import Passage, Source
from chat_app.storage.engine import Database
from chat_app.storage.sources import SourceRegister
from tests.storage.places import thread


def source(name: str, **fields: object) -> Source:
    return Source.model_validate({"title": name, "url": f"https://{name}.example/", **fields})


async def test_numbers_count_on_through_the_thread_and_a_page_keeps_its_number(database: Database):
    await thread(database)
    register = SourceRegister(database)
    first = await register.number_sources("thread", [source("a"), source("b"), source("a", title="again")])
    second = await register.number_sources(
        "thread", [source("c"), source("b", quote="so", passages=(Passage(quote="so"),))]
    )
    assert [found.number for found in first] == [1, 2, 1]
    assert [(found.number, found.quote) for found in second] == [(3, None), (2, "so")]
    known = await register.thread_sources("thread")
    assert [(found.number, found.title) for found in known] == [(1, "a"), (2, "b"), (3, "c")]


async def test_asking_again_gives_the_same_numbers(database: Database):
    await thread(database)
    register = SourceRegister(database)
    asked = [source("a"), source("b")]
    assert await register.number_sources("thread", asked) == await register.number_sources("thread", asked)
    assert await register.number_sources("thread", []) == ()


async def test_each_thread_counts_for_itself(database: Database):
    await thread(database)
    await thread(database, "other")
    register = SourceRegister(database)
    await register.number_sources("thread", [source("a"), source("b")])
    assert [found.number for found in await register.number_sources("other", [source("b")])] == [1]


async def test_searches_that_end_together_get_different_numbers(database: Database):
    await thread(database)
    register = SourceRegister(database)
    groups = [[source("shared"), source(f"p{n}"), source(f"q{n}")] for n in range(8)]
    numbered = await asyncio.gather(*(register.number_sources("thread", group) for group in groups))
    by_url = {(found.url, found.number) for group in numbered for found in group}
    assert sorted(number for _, number in by_url if number) == list(range(1, 18))


async def test_a_very_long_address_is_a_source_like_any_other(database: Database):
    await thread(database)
    register = SourceRegister(database)
    long = source("long", url="https://long.example/?" + "".join(f"{n}=ä&" for n in range(3000)))
    assert [found.number for found in await register.number_sources("thread", [long, long])] == [1, 1]


async def test_a_deleted_thread_numbers_nothing(database: Database):
    with pytest.raises(NotFound, match="deleted"):
        await SourceRegister(database).number_sources("gone", [source("a")])
