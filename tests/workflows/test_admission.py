import asyncio

from chat_app.workflows.admission import beginning, places_taken, take_place


async def test_a_turn_takes_one_place_from_its_hand_over_to_its_end() -> None:
    go_on = asyncio.Event()

    async def turn() -> None:
        take_place()
        await go_on.wait()

    with beginning():
        assert places_taken() == 1
    turns = [asyncio.create_task(turn()) for _ in range(3)]
    await asyncio.sleep(0)
    assert places_taken() == 3
    go_on.set()
    await asyncio.gather(*turns)
    await asyncio.sleep(0)
    assert places_taken() == 0


async def test_a_turn_that_breaks_gives_its_place_back() -> None:
    async def turn() -> None:
        take_place()
        raise ValueError

    await asyncio.gather(asyncio.create_task(turn()), return_exceptions=True)
    await asyncio.sleep(0)
    assert places_taken() == 0
