"""What counts as evidence of a web search, with the real SDKs against scripted providers."""

from collections.abc import Iterator

import pytest

from tests.app_process import AppProcess, Event
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import PlannedSearch, Scenario, SearchAnswer, Sentence

pytestmark = [pytest.mark.provider_wire]

TWO_SEARCHES = (PlannedSearch(query="depth of the trench"), PlannedSearch(query="age of the trench"))
WITHOUT_SOURCES = SearchAnswer(containing="age", sentences=(Sentence(text="It is rather old."),))


@pytest.fixture(scope="module")
def providers() -> Iterator[FakeProviders]:
    with FakeProviders.start(Scenario(), process=True) as running:
        yield running


@pytest.fixture(scope="module")
def app(providers: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    process = AppProcess(tmp_path_factory.mktemp("evidence") / "data", providers.environment("anthropic", "google"))
    process.start()
    yield process
    process.stop()


def test_redirect_links_become_the_pages_behind_them(app: AppProcess, providers: FakeProviders) -> None:
    providers.scenario(Scenario(plan=TWO_SEARCHES, redirects=True))

    trail = app.ask("How deep is the trench?").finished()

    urls = [source["url"] for event in trail if event["kind"] == "search_finished" for source in event["sources"]]
    assert urls
    assert all(".example/" in url and "grounding-api-redirect" not in url for url in urls)


def test_googles_search_suggestions_come_with_each_search(app: AppProcess, providers: FakeProviders) -> None:
    providers.scenario(Scenario(plan=TWO_SEARCHES))

    trail = app.ask("How wide is the trench?").finished()

    suggested = {event["query"]: event["suggestions"] for event in trail if event["kind"] == "search_finished"}
    assert suggested == {
        "depth of the trench": [
            {"text": "depth of the trench", "url": "https://www.google.com/search?q=depth+of+the+trench"}
        ],
        "age of the trench": [
            {"text": "age of the trench", "url": "https://www.google.com/search?q=age+of+the+trench"}
        ],
    }


def test_a_search_without_sources_is_asked_once_more_and_then_failed(app: AppProcess, providers: FakeProviders) -> None:
    providers.scenario(Scenario(plan=TWO_SEARCHES, answers=(WITHOUT_SOURCES,)))
    providers.clear_log()

    trail = app.ask("How old is the trench?").finished()

    failed = [event for event in trail if event["kind"] == "search_failed"]
    assert [event["query"] for event in failed] == ["age of the trench"]
    assert "without naming a source" in failed[0]["error"]
    asked = [request.question for request in providers.log("search")]
    assert sum("age of the trench" in question for question in asked) == 2
    assert sum("depth of the trench" in question for question in asked) == 1
    assert trail[-1]["kind"] == "report_ready"
    assert "rather old" not in trail[-1]["report"]["text"]


def test_a_turn_whose_searches_all_failed_invents_no_report(app: AppProcess, providers: FakeProviders) -> None:
    providers.scenario(Scenario(plan=(TWO_SEARCHES[1],), answers=(WITHOUT_SOURCES,)))
    providers.clear_log()

    trail = app.ask("How old is it, really?").finished()

    assert trail[-1]["kind"] == "turn_failed"
    assert trail[-1]["error"]["retryable"]
    assert "without naming a source" in trail[-1]["error"]["message"]
    assert providers.log("analyst") == []


def test_follow_up_numbers_go_on_and_the_same_page_keeps_its_number(app: AppProcess, providers: FakeProviders) -> None:
    providers.scenario(Scenario(plan=TWO_SEARCHES))
    first = app.ask("What is known about the trench?")
    before = _numbers(first.finished())
    providers.scenario(Scenario(plan=(TWO_SEARCHES[0], PlannedSearch(query="life in the trench"))))

    after = _numbers(app.ask("And what lives there?", thread=first.thread).finished())

    assert sorted(before.values()) == list(range(1, len(before) + 1))
    shared = before.keys() & after.keys()
    assert shared
    assert all(before[url] == after[url] for url in shared)
    new = [number for url, number in after.items() if url not in before]
    assert sorted(new) == list(range(len(before) + 1, len(before) + len(new) + 1))


def _numbers(trail: list[Event]) -> dict[str, int]:
    found = [event["sources"] for event in trail if event["kind"] == "search_finished"]
    return {source["url"]: source["number"] for sources in found for source in sources}
