"""A turn belongs to its conversation, not to a page: others watch it, pages come and go, the server dies and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app_process import AppProcess
from tests.chainlit_client import ChainlitClient, opened, rows_of
from tests.fakes.providers import FakeProviders
from tests.protocol.conftest import QUICK, SLOW, Pages

pytestmark = pytest.mark.provider_wire

QUESTION = "What is known about the lighthouses of Brittany?"


@pytest.fixture(autouse=True)
def slow(providers: FakeProviders) -> None:
    providers.scenario(SLOW)


async def test_a_second_page_sees_the_same_live(pages: Pages) -> None:
    first = await pages.open()
    message = await first.ask(QUESTION)
    await first.until(lambda: first.page.turn(message).searches, "searches")
    second = await pages.open(first.page.thread_id)
    await second.until_writing(message)
    assert second.page.is_loading
    turns = [await page.until_ended(message) for page in (first, second)]

    assert len(second.pieces()) >= 5
    assert turns[0].shown() == turns[1].shown()


async def test_a_question_on_one_page_appears_on_the_other(pages: Pages, providers: FakeProviders) -> None:
    providers.scenario(QUICK)
    first = await pages.open()
    await first.until_ended(await first.ask(QUESTION))
    second = await pages.open(first.page.thread_id)
    message = await first.ask("And about the lighthouses of Cornwall?")
    await second.until(lambda: message in second.page.steps, "the question of the other page")
    assert second.page.is_loading
    turns = [await page.until_ended(message) for page in (first, second)]

    assert turns[0].shown() == turns[1].shown()
    assert first.page.questions == second.page.questions


async def test_a_page_that_lost_its_connection_gets_what_it_missed(pages: Pages) -> None:
    page = await pages.open()
    message = await page.ask(QUESTION)
    before = await page.until_writing(message)
    await page.disconnect()
    other = await pages.open(page.page.thread_id)
    await other.until_writing(message, len(before.text) + 300)
    await page.connect()
    await page.until_connected(2)
    await page.until(lambda: page.page.is_loading, "Stop in the place of Send")
    missed = len(before.text) + 300
    await page.until(lambda: len(page.page.turn(message).text) >= missed, "what was written meanwhile")
    turn = await page.until_ended(message)

    assert turn.shown() == (await other.until_ended(message)).shown()
    assert page.page.questions == [message]


async def test_a_page_that_connects_again_and_only_then_names_its_thread_is_shown_it(pages: Pages) -> None:
    asked = await pages.open()
    message = await asked.ask(QUESTION)
    await asked.until_ended(message)
    # Chainlit's page connects at once and, as soon as it has read its address, once more; the server sees both for a moment.
    opened = await pages.open()
    async with ChainlitClient(opened.url, opened.cookies, asked.page.thread_id, opened.session) as again:
        await again.until(lambda: message in again.page.steps, "the question of the thread")
        assert (await again.until_ended(message)).shown() == asked.page.turn(message).shown()


async def test_a_connection_that_is_replaced_before_the_server_notices_its_loss(
    pages: Pages, providers: FakeProviders
) -> None:
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until_writing(message)
    # The same session comes again while its first connection still stands, as it does after a network went away.
    again = ChainlitClient(page.url, page.cookies, page.page.thread_id, page.session)
    async with again:
        await again.until_connected(1)
        turn = await again.until_ended(message)
        heard_before = len(page.pieces())
        await page.disconnect()
        providers.scenario(QUICK)
        assert (await again.until_ended(await again.ask("And in Ireland?"))).end == "report_ready"

    assert turn.end == "report_ready"
    assert len(page.pieces()) == heard_before
    stored = await rows_of(page, page.page.thread_id)
    shown = {step["id"]: step["output"] for step in again.page.steps.values()}
    assert {step["id"]: step["output"] for step in stored["steps"]} == shown


async def test_a_reload_in_the_middle_shows_all_and_goes_on(pages: Pages) -> None:
    page = await pages.open()
    message = await page.ask(QUESTION)
    before = await page.until_writing(message)
    reloaded = await pages.open(page.page.thread_id)
    await reloaded.until_writing(message, len(before.text))
    turn = await reloaded.until_ended(message)

    assert reloaded.page.questions == [message]
    assert turn.shown() == (await page.until_ended(message)).shown()
    stored = await rows_of(page, page.page.thread_id)
    assert [step["id"] for step in stored["steps"]] == [step["id"] for step in reloaded.page.steps.values()]


async def test_a_turn_ends_without_any_page(pages: Pages, app: AppProcess) -> None:
    page = await pages.open()
    message = await page.ask(QUESTION)
    await page.until(lambda: page.page.turn(message).phases, "the first phase")
    thread = page.page.thread_id
    await page.clear_session()
    turn_id = f"{thread}:{message}:0"
    with app.client() as http, http.stream("GET", f"/api/turns/{turn_id}/events") as trail:
        last = list(trail.iter_lines())[-1]
    assert '"report_ready"' in last
    reopened = await pages.open(thread)
    turn = reopened.page.turn(message)
    assert turn.end == "report_ready"
    assert turn.text
    assert not reopened.page.is_loading


class TestAfterKill:
    """With a server of its own, because it dies."""

    @pytest.fixture
    def app(self, tmp_path: Path, providers: FakeProviders) -> Iterator[AppProcess]:
        process = AppProcess(tmp_path / "data", providers.environment("anthropic", "google"))
        process.start()
        yield process
        process.stop()

    @pytest.mark.kill
    async def test_an_open_page_goes_on_by_itself(self, app: AppProcess, providers: FakeProviders) -> None:
        async with opened(app.url, app.cookies()) as page:
            message = await page.ask(QUESTION)
            await page.until(lambda: page.page.turn(message).states.get("searching"), "the searches")
            await self.restart(app, page, 2)
            await page.until_writing(message)
            await self.restart(app, page, 3)
            turn = await page.until_ended(message)

            assert turn.end == "report_ready"
            assert page.page.questions == [message]
            stored = await rows_of(page, page.page.thread_id)
            assert {step["id"]: step["output"] for step in stored["steps"]} == {
                step["id"]: step["output"] for step in page.page.steps.values()
            }
            assert [request.role for request in providers.log()].count("planner") == 1
            providers.scenario(QUICK)
            # The page was free again and can ask on.
            assert (await page.until_ended(await page.ask("And in Wales?"))).end == "report_ready"

    async def restart(self, app: AppProcess, page: ChainlitClient, connection: int) -> None:
        app.kill()
        app.start()
        await page.until_connected(connection)
