"""Without a key: excerpts from the person's own files, word for word, through the same steps."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.app_process import AppProcess
from tests.chainlit_client import opened
from tests.small_library import GRANITE, KEEPER, LAMP, write_library


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder = tmp_path_factory.mktemp("excerpts")
    process = AppProcess(folder / "data", {"CHAT_APP_LIBRARY": str(write_library(folder / "library"))})
    process.start()
    yield process
    process.stop()


async def test_an_answer_quotes_the_files_word_for_word(app: AppProcess) -> None:
    async with opened(app.url, app.cookies()) as page:
        turn = await page.until_ended(await page.ask("How often does the keeper trim the lamp of Skerryvore?"))
        assert turn.end == "report_ready"
        assert list(turn.phases) == ["planning", "searching", "analyzing"]
        assert {search["metadata"]["state"] for search in turn.searches} == {"done"}
        assert KEEPER in turn.text
        links = re.findall(r"\[\\\[(\d+)\\\]\]\(([^)]+)\)", turn.text)
        assert links
        cited = {source["number"]: source for source in turn.sources if source["cited"]}
        assert {int(number) for number, _ in links} == set(cited)
        keeper = next(source for source in cited.values() if source["url"] == "library:keepers.md")
        assert any(KEEPER in passage["quote"] for passage in keeper["passages"])
        assert all(passage["verbatim"] for source in cited.values() for passage in source["passages"])
        assert "Duties of the keeper" in keeper["location"]
        async with page.http() as http:
            shown = await http.get(dict(links)[str(keeper["number"])], follow_redirects=True)
        assert shown.status_code == httpx.codes.OK
        assert "trims the lamp every four hours" in shown.text


async def test_a_question_that_no_file_answers_is_said_to_be_unanswered(app: AppProcess) -> None:
    async with opened(app.url, app.cookies()) as page:
        turn = await page.until_ended(await page.ask("Which spices belong into a Malaysian laksa?"))
        assert turn.end == "no_evidence"
        assert turn.text
        assert not re.search(r"\[\\\[\d", turn.text)
        assert turn.sources == []


async def test_a_follow_up_about_the_same_file_keeps_its_number(app: AppProcess) -> None:
    async with opened(app.url, app.cookies()) as page:
        first = await page.until_ended(await page.ask("How often does the keeper trim the lamp of Skerryvore?"))
        second = await page.until_ended(
            await page.ask("How many tons of granite is the tower of Skerryvore built from?")
        )
        numbers = {source["url"]: source["number"] for source in first.sources}
        assert GRANITE in second.text
        for source in second.sources:
            assert numbers.get(source["url"], source["number"]) == source["number"]
        every = [source["number"] for turn in (first, second) for source in turn.sources]
        assert set(every) == set(range(1, max(every) + 1))


async def test_a_turn_without_models_takes_less_than_a_second(app: AppProcess) -> None:
    async with opened(app.url, app.cookies()) as page:
        await page.until_ended(await page.ask("From how far away is the lamp of Skerryvore seen?"))
        message = await page.ask("What does the lamp of Skerryvore burn?")
        turn = await page.until_ended(message)
        assert LAMP in turn.text
        assert turn.card["endedAt"] - turn.card["startedAt"] < 1_000
