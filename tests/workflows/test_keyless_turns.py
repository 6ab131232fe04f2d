"""Turns that search the web without a key: Wikipedia and SearXNG stand on loopback."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app_process import AppProcess, Event
from tests.fakes import FakeProviders, PlannedSearch, Scenario
from tests.fakes.searxng import Result
from tests.fakes.websites import Answer, FakeWebsites
from tests.fakes.wikipedia import Article

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


Start = Callable[..., AppProcess]


@pytest.fixture
def start(data: Path) -> Iterator[Start]:
    """Starts the program with settings."""
    started: list[AppProcess] = []

    def run(**environment: str) -> AppProcess:
        started.append(AppProcess(data, environment))
        started[-1].start()
        return started[-1]

    yield run
    for process in started:
        process.stop()


def events(trail: list[Event], kind: str) -> list[Event]:
    return [event for event in trail if event["kind"] == kind]


def found(trail: list[Event]) -> list[str]:
    return [event["source"]["url"] for event in events(trail, "source_found")]


def test_nothing_is_asked_until_it_is_switched_on(start: Start, websites: FakeWebsites) -> None:
    trail = start().ask("What is a compass?").finished()
    assert trail[-1]["kind"] == "no_evidence"
    assert trail[-1]["text"].startswith("Your documents don't answer this.")
    (planned,) = events(trail, "plan_ready")
    assert {search["where"] for search in planned["plan"]["searches"]} == {"library"}
    assert websites.visits == []


def test_without_a_key_wikipedia_is_quoted_like_the_library(start: Start, websites: FakeWebsites) -> None:
    app = start(CHAT_APP_WEB_SEARCH=websites.wikipedia)

    trail = app.ask("What is a compass?").finished()

    report = trail[-1]["report"]
    assert report["text"].startswith("Passages from pages and documents that were found, word for word;")
    assert "> A compass is a device that shows the cardinal directions used for navigation. [1]" in report["text"]
    (source,) = report["sources"]
    assert (source["title"], source["url"]) == ("Compass", "https://en.wikipedia.org/wiki/Compass")
    assert all(passage["is_verbatim"] for passage in source["passages"])
    assert source["retrieved_at"]
    (cost,) = events(trail, "cost_updated")[-1:]
    assert (cost["usd"], cost["searches"]) == (0, 1)

    trail = app.ask("What does a sextant measure?").finished()
    assert [source["url"] for source in trail[-1]["report"]["sources"]] == ["library:Sextants.md"]

    trail = app.ask("Was ist ein Kompass?").finished()
    assert trail[-1]["report"]["text"].startswith("Stellen aus gefundenen Seiten und Dokumenten")
    assert [source["url"] for source in trail[-1]["report"]["sources"]] == ["https://de.wikipedia.org/wiki/Kompass"]

    trail = app.ask("What is a zebrafish?").finished()
    assert trail[-1]["kind"] == "no_evidence"
    assert trail[-1]["text"].startswith("Nothing that was found answers this.")


def test_a_service_that_is_overloaded_is_waited_for_by_its_name(start: Start, websites: FakeWebsites) -> None:
    websites.instead = [Answer(status=429, headers={"retry-after": "1"})]
    trail = start(CHAT_APP_WEB_SEARCH=websites.wikipedia).ask("What is a compass?").finished()
    (waiting,) = events(trail, "waiting")
    assert (waiting["on"], waiting["search"], waiting["seconds"]) == ("Wikipedia", 0, 2)
    assert waiting["reason"] == "too many requests (429)"
    assert trail[-1]["kind"] == "report_ready"
    first, second = websites.visits[:2]
    assert second.at - first.at >= 2


def test_where_a_service_fails_the_others_are_evidence_and_it_is_said(start: Start, websites: FakeWebsites) -> None:
    app = start(CHAT_APP_WEB_SEARCH=f"{websites.wikipedia},{websites.searxng}")

    websites.instead = [Answer(status=404)]
    trail = app.ask("What is a compass?").finished()
    assert found(trail) == ["https://maps.example/"]
    (replaced,) = events(trail, "waiting")
    assert (replaced["on"], replaced["replaced_by"]) == ("Wikipedia", "SearXNG")
    assert "Wikipedia rejected the search (404)" in replaced["reason"]
    assert trail[-1]["kind"] == "report_ready"

    websites.instead = [Answer(status=404), Answer(status=403)]
    trail = app.ask("What does a sextant measure?").finished()
    others = [event["replaced_by"] for event in events(trail, "waiting")]
    assert others == ["SearXNG and the library", "Wikipedia and the library"]
    assert found(trail) == ["library:Sextants.md"]

    websites.instead = [Answer(status=404), Answer(status=403)]
    trail = app.ask("What is a compass?").finished()
    (failed,) = events(trail, "search_failed")
    assert failed["error"].startswith("Wikipedia rejected the search (404)")
    assert trail[-1]["error"]["kind"] == "all_searches_failed"


def test_a_model_that_cannot_search_gets_what_the_services_find(start: Start, websites: FakeWebsites) -> None:
    plan = (PlannedSearch(query="compass", where="web"), PlannedSearch(query="sextant star", where="both"))
    with FakeProviders.start(Scenario(plan=plan)) as providers:
        environment = {
            "OLLAMA_BASE_URL": f"{providers.url}/v1",
            "CHAT_APP_PLANNER_MODEL": "ollama:small",
            "CHAT_APP_ANALYST_MODEL": "ollama:small",
        }
        app = start(**environment, CHAT_APP_WEB_SEARCH=f"{websites.wikipedia},{websites.searxng}")
        trail = app.ask("How did sailors find their way?").finished()
        prompts = [str(request.body) for request in providers.log()]

    assert trail[-1]["kind"] == "report_ready"
    (planned,) = events(trail, "plan_ready")
    assert [search["where"] for search in planned["plan"]["searches"]] == ["web", "both"]
    assert set(found(trail)) == {
        "https://en.wikipedia.org/wiki/Compass",
        "https://maps.example/",
        "library:Sextants.md",
    }
    assert "They can look in the web and the library" in prompts[0]
    assert "The compass was invented during the Chinese Han dynasty" in prompts[-1]
    assert {request.parameters.get("srsearch") or request.parameters.get("q") for request in websites.visits} >= {
        "compass"
    }


def test_a_model_with_a_web_search_of_its_own_is_preferred(start: Start, websites: FakeWebsites) -> None:
    with FakeProviders.start(Scenario(searches=1)) as providers:
        app = start(**providers.environment("anthropic"), CHAT_APP_WEB_SEARCH=websites.wikipedia)
        assert app.ask("What is a compass?").finished()[-1]["kind"] == "report_ready"
        assert len(providers.log("search")) == 1
    assert websites.visits == []


def test_a_stop_ends_a_search_without_a_key_and_nothing_is_asked_any_more(start: Start, websites: FakeWebsites) -> None:
    websites.instead = [Answer(after_seconds=30)]
    turn = start(CHAT_APP_WEB_SEARCH=websites.wikipedia).ask("What is a compass?")
    while not websites.visits:
        time.sleep(0.02)
    begun = time.monotonic()
    turn.stop()
    assert turn.finished()[-1]["kind"] == "turn_stopped"
    assert time.monotonic() - begun < 2
    time.sleep(1)
    assert len(websites.visits) == 1
