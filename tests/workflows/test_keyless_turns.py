"""Turns that search the web without a key: Wikipedia and SearXNG stand on loopback."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.coming_true import comes_true
from tests.fakes import FakeProviders, PlannedSearch, Scenario
from tests.fakes.searxng import Result
from tests.fakes.websites import Answer, FakeWebsites
from tests.fakes.wikipedia import Article
from tests.workflows.engine_room import engine_room
from tests.workflows.program import Event, Program, events, prompt

pytestmark = [pytest.mark.provider_wire, pytest.mark.timeout(120)]

COMPASS = Article(
    title="Compass",
    extract=(
        "A compass is a device that shows the cardinal directions used for navigation.\n\n\n"
        "== History ==\n"
        "The compass was invented during the Chinese Han dynasty between the 2nd century BC and 1st century AD."
    ),
)
KOMPASS = Article(title="Kompass", extract="Ein Kompass ist ein Instrument zur Bestimmung der Himmelsrichtung.")


@pytest.fixture
def websites() -> Iterator[FakeWebsites]:
    with FakeWebsites.start() as running:
        running.articles = {"en": [COMPASS], "de": [KOMPASS]}
        running.results = [Result(url="https://maps.example/", title="Maps", content="A compass points north.")]
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """With a library of one document, about something else."""
    (tmp_path / "data" / "library").mkdir(parents=True)
    (tmp_path / "data" / "library" / "Sextants.md").write_text(
        "# Sextants\n\nA sextant measures the angle of a star.\n"
    )
    return tmp_path / "data"


@asynccontextmanager
async def without_keys(data: Path, **settings: str) -> AsyncGenerator[Program]:
    async with engine_room(data, settings) as room:
        yield Program(room.services)


def found(trail: list[Event]) -> list[str]:
    return [event["source"]["url"] for event in events(trail, "source_found")]


async def test_nothing_is_asked_until_it_is_switched_on(data: Path, websites: FakeWebsites) -> None:
    async with without_keys(data) as running:
        trail = await running.answered("What is a compass?")
    assert trail[-1]["kind"] == "no_evidence"
    assert trail[-1]["text"].startswith("Your documents don't answer this.")
    (planned,) = events(trail, "plan_ready")
    assert {search["where"] for search in planned["plan"]["searches"]} == {"library"}
    assert websites.visits == []


async def test_where_the_documents_don_t_answer_the_nearest_place_is_named(data: Path) -> None:
    async with without_keys(data) as running:
        near = await running.answered("How hot is a distant star?")
        far = await running.answered("What is a compass?")
    assert (near[-1]["kind"], far[-1]["kind"]) == ("no_evidence", "no_evidence")
    assert "something else:\n\n- Sextants\n\n" in near[-1]["text"]
    assert "Sextants" not in far[-1]["text"]
    assert found(near) == []


async def test_without_a_key_wikipedia_is_quoted_like_the_library(data: Path, websites: FakeWebsites) -> None:
    async with without_keys(data, CHAT_APP_WEB_SEARCH=websites.wikipedia) as running:
        compass = await running.answered("What is a compass?")
        sextant = await running.answered("What does a sextant measure?")
        german = await running.answered("Was ist ein Kompass?")
        zebrafish = await running.answered("What is a zebrafish?")

    report = compass[-1]["report"]
    assert report["text"].startswith("Passages from pages and documents that were found, word for word;")
    assert "> A compass is a device that shows the cardinal directions used for navigation. [1]" in report["text"]
    (source,) = report["sources"]
    assert (source["title"], source["url"]) == ("Compass", "https://en.wikipedia.org/wiki/Compass")
    assert all(passage["is_verbatim"] for passage in source["passages"])
    assert source["retrieved_at"]
    cost = events(compass, "cost_updated")[-1]
    assert (cost["usd"], cost["searches"]) == (0, 1)

    assert [source["url"] for source in sextant[-1]["report"]["sources"]] == ["library:Sextants.md"]

    assert german[-1]["report"]["text"].startswith("Stellen aus gefundenen Seiten und Dokumenten")
    assert [source["url"] for source in german[-1]["report"]["sources"]] == ["https://de.wikipedia.org/wiki/Kompass"]

    assert zebrafish[-1]["kind"] == "no_evidence"
    assert zebrafish[-1]["text"].startswith("Nothing that was found answers this.")


async def test_a_service_that_is_overloaded_is_waited_for_by_its_name(data: Path, websites: FakeWebsites) -> None:
    websites.instead = [Answer(status=429, headers={"retry-after": "1"})]
    async with without_keys(data, CHAT_APP_WEB_SEARCH=websites.wikipedia) as running:
        trail = await running.answered("What is a compass?")
    (waiting,) = events(trail, "waiting")
    assert (waiting["on"], waiting["search"], waiting["reason"]) == ("Wikipedia", 0, "too many requests (429)")
    assert waiting["seconds"] >= 1
    assert trail[-1]["kind"] == "report_ready"
    first, second = websites.visits[:2]
    assert second.at - first.at >= 1


async def test_a_service_that_stays_down_is_given_up_after_four_tries(data: Path, websites: FakeWebsites) -> None:
    websites.instead = [Answer(status=503)] * 4
    async with without_keys(data, CHAT_APP_WEB_SEARCH=websites.wikipedia) as running:
        trail = await running.answered("What is a compass?")
    assert len(websites.visits) == 4
    assert [event["on"] for event in events(trail, "waiting")] == ["Wikipedia"] * 3
    (failed,) = events(trail, "search_failed")
    assert failed["error"] == "Wikipedia is not available at the moment (503); try again later."


async def test_where_a_service_fails_the_others_are_evidence_and_it_is_said(data: Path, websites: FakeWebsites) -> None:
    async with without_keys(data, CHAT_APP_WEB_SEARCH=f"{websites.wikipedia},{websites.searxng}") as running:
        websites.instead = [Answer(status=404)]
        compass = await running.answered("What is a compass?")
        websites.instead = [Answer(status=404), Answer(status=403)]
        sextant = await running.answered("What does a sextant measure?")
        websites.instead = [Answer(status=404), Answer(status=403)]
        nothing = await running.answered("What is a compass?")

    assert found(compass) == ["https://maps.example/"]
    (replaced,) = events(compass, "waiting")
    assert (replaced["on"], replaced["replaced_by"]) == ("Wikipedia", "SearXNG")
    assert "Wikipedia rejected the search (404)" in replaced["reason"]
    assert compass[-1]["kind"] == "report_ready"

    others = [event["replaced_by"] for event in events(sextant, "waiting")]
    assert others == ["SearXNG and the library", "Wikipedia and the library"]
    assert found(sextant) == ["library:Sextants.md"]

    (failed,) = events(nothing, "search_failed")
    assert failed["error"].startswith("Wikipedia rejected the search (404)")
    assert nothing[-1]["error"]["kind"] == "all_searches_failed"


async def test_a_model_that_cannot_search_gets_what_the_services_find(
    data: Path, websites: FakeWebsites, providers: FakeProviders
) -> None:
    plan = (PlannedSearch(query="compass", where="web"), PlannedSearch(query="sextant star", where="both"))
    providers.scenario(Scenario(plan=plan))
    settings = {
        "OLLAMA_BASE_URL": f"{providers.url}/v1",
        "CHAT_APP_PLANNER_MODEL": "ollama:small",
        "CHAT_APP_ANALYST_MODEL": "ollama:small",
        "CHAT_APP_WEB_SEARCH": f"{websites.wikipedia},{websites.searxng}",
    }
    async with without_keys(data, **settings) as running:
        trail = await running.answered("How did sailors find their way?")
    prompts = [prompt(request) for request in providers.log()]

    assert trail[-1]["kind"] == "report_ready"
    (planned,) = events(trail, "plan_ready")
    assert [search["where"] for search in planned["plan"]["searches"]] == ["web", "both"]
    pages = {"https://en.wikipedia.org/wiki/Compass", "https://maps.example/", "library:Sextants.md"}
    assert set(found(trail)) == pages
    assert "They can look in the web and the library" in prompts[0]
    assert "The compass was invented during the Chinese Han dynasty" in prompts[-1]
    asked = {visit.parameters.get("srsearch") or visit.parameters.get("q") for visit in websites.visits}
    assert asked >= {"compass", "sextant star"}


async def test_a_model_with_a_web_search_of_its_own_is_preferred(
    data: Path, websites: FakeWebsites, providers: FakeProviders
) -> None:
    providers.scenario(Scenario(searches=1))
    settings = {**providers.environment("anthropic"), "CHAT_APP_WEB_SEARCH": websites.wikipedia}
    async with without_keys(data, **settings) as running:
        assert (await running.answered("What is a compass?"))[-1]["kind"] == "report_ready"
    assert len(providers.log("search")) == 1
    assert websites.visits == []


async def test_a_stop_ends_a_search_without_a_key_and_nothing_is_asked_any_more(
    data: Path, websites: FakeWebsites
) -> None:
    websites.instead = [Answer(after_seconds=30)]
    async with without_keys(data, CHAT_APP_WEB_SEARCH=websites.wikipedia) as running:
        turn = await running.ask("What is a compass?")
        await running.comes_to(turn, "search_started")
        await comes_true(lambda: bool(websites.visits), "the encyclopedia is asked")
        begun = time.monotonic()
        await running.stop(turn)
        assert (await running.finished(turn))[-1]["kind"] == "turn_stopped"
        assert time.monotonic() - begun < 2
        await asyncio.sleep(1)
    assert len(websites.visits) == 1
