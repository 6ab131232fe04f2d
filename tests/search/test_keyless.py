"""Searching without a key, against services on loopback."""

import asyncio
import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from chat_app.bootstrap import keyless_services
from chat_app.errors import ProviderError
from chat_app.research.evidence import Source
from chat_app.settings import Settings
from tests.fakes.searxng import Result
from tests.fakes.websites import Answer, FakeWebsites
from tests.fakes.wikipedia import Article

HEAT_PUMP = Article(
    title="Heat pump",
    extract=(
        "A heat pump is a device that moves heat from a cold place to a warm one.\n"
        "It uses much less energy than it delivers.\n\n\n"
        "== Operation ==\n"
        "A refrigerant evaporates outside and condenses inside.\n\n\n"
        "=== Cold climates ===\n"
        "In cold winters the capacity falls, yet models with vapour injection work down to −25 °C.\n\n\n"
        "== History ==\n"
        "William Cullen demonstrated artificial refrigeration in 1748.\n\n\n"
        "== See also ==\n"
    ),
)
COOLING = Article(
    title="Vapor-compression refrigeration", extract="Heat pumps work by this cycle, in cold winters too."
)
MERCURY = Article(title="Heat pump (disambiguation)", extract="Heat pump winter may refer to:", is_disambiguation=True)


@pytest.fixture
def websites() -> Iterator[FakeWebsites]:
    with FakeWebsites.start() as running:
        running.articles = {
            "en": [MERCURY, HEAT_PUMP, COOLING],
            "de": [Article(title="Wärmepumpe", extract="Eine Wärmepumpe befördert Wärme in ein Gebäude.")],
            "ja": [Article(title="ヒートポンプ", extract="ヒートポンプは熱を移動させる技術である。")],
            "ru": [Article(title="Тепловой насос", extract="Тепловой насос переносит тепло.")],
        }
        running.results = [
            Result(url="https://heat.example/pumps", title="Pumps", content="They work in winter, too."),
            Result(url="https://other.example/", title="Other", content="Something."),
        ]
        yield running


async def search(websites: FakeWebsites, name: str, query: str, language: str = "en") -> tuple[Source, ...]:
    listed = f"{websites.wikipedia},{websites.searxng}"
    services = keyless_services(Settings.from_environment({"CHAT_APP_WEB_SEARCH": listed}))
    return await services[name](query, language)


async def failure(websites: FakeWebsites, name: str = "Wikipedia") -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await search(websites, name, "heat pump")
    assert name in str(raised.value)
    return raised.value


def test_it_is_off_until_it_is_switched_on() -> None:
    assert not keyless_services(Settings.from_environment({}))
    switched_on = Settings.from_environment({"CHAT_APP_WEB_SEARCH": "wikipedia, searxng:https://searxng.example.org"})
    assert list(keyless_services(switched_on)) == ["Wikipedia", "SearXNG"]


class TestWikipedia:
    async def test_articles_are_sources_with_their_passages_word_for_word(self, websites: FakeWebsites) -> None:
        pump, cooling = await search(websites, "Wikipedia", "How do heat pumps work in cold winters?", "en")
        assert (pump.title, pump.url) == ("Heat pump", "https://en.wikipedia.org/wiki/Heat_pump")
        assert cooling.url == "https://en.wikipedia.org/wiki/Vapor-compression_refrigeration"
        assert all(passage.is_verbatim for passage in pump.passages)
        for passage in pump.passages:
            assert all(line in HEAT_PUMP.extract for line in passage.quote.splitlines())
        places = {passage.location: passage.quote for passage in pump.passages}
        assert "vapour injection" in places["Operation > Cold climates"]
        assert "moves heat" in places[None]
        assert "History" not in places
        assert pump.quote == pump.passages[0].quote

    @pytest.mark.parametrize(
        ("query", "language", "title"),
        [
            ("Was ist eine Wärmepumpe?", "de", "Wärmepumpe"),
            ("ヒートポンプ", "ja", "ヒートポンプ"),
            ("Как работает тепловой насос", "en", "Тепловой насос"),
        ],
    )
    async def test_the_edition_is_in_the_language_of_the_question(
        self, websites: FakeWebsites, query: str, language: str, title: str
    ) -> None:
        websites.articles = {
            **websites.articles,
            "ru": [Article(title="Тепловой насос", extract="Как работает тепловой насос: переносит тепло.")],
        }
        (source,) = await search(websites, "Wikipedia", query, language)
        assert source.title == title

    async def test_nothing_found_is_no_source_and_one_request(self, websites: FakeWebsites) -> None:
        assert await search(websites, "Wikipedia", "zebrafish regeneration") == ()
        assert len(websites.visits) == 1

    async def test_it_is_a_polite_guest(self, websites: FakeWebsites) -> None:
        listed = Settings.from_environment({"CHAT_APP_WEB_SEARCH": websites.wikipedia})
        service = keyless_services(listed)["Wikipedia"]
        await asyncio.gather(*(service("heat pump", "en") for _ in range(3)))
        assert len(websites.visits) == 3 * 4
        assert all(first.ended_at and first.ended_at <= second.at for first, second in pairwise(websites.visits))
        for visit in websites.visits:
            assert re.fullmatch(r"ResearchChat/[\d.]+ httpx/[\d.]+", visit.headers["user-agent"])
            assert visit.headers["accept-encoding"] == "gzip"
            assert not {"cookie", "authorization", "referer"} & set(visit.headers)

    @pytest.mark.parametrize("contact", ["ops@example.org", "https://example.org/about_us?a=b"])
    async def test_whoever_runs_it_can_be_reached(self, websites: FakeWebsites, contact: str) -> None:
        listed = f"{websites.wikipedia},{websites.searxng}"
        variables = {"CHAT_APP_WEB_SEARCH": listed, "CHAT_APP_CONTACT": contact}
        for service in keyless_services(Settings.from_environment(variables)).values():
            await service("heat pump", "en")
        assert {visit.headers["user-agent"].split()[1] for visit in websites.visits} == {f"({contact})"}

    async def test_an_article_without_text_is_quoted_by_its_snippet(self, websites: FakeWebsites) -> None:
        snippet = 'The <span class="searchmatch">heat</span> &amp; the <b onclick="x()">pump</b> &lt;i&gt; <script>alert(1)</script>'
        websites.articles = {"en": [Article(title="Heat pump", snippet=snippet), Article(title="Heat pump two")]}
        websites.articles["en"][1] = websites.articles["en"][1].model_copy(update={"snippet": ""})
        (source,) = await search(websites, "Wikipedia", "heat pump")
        assert source.quote == "The heat & the pump <i> alert(1)"

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "http://127.0.0.1/wiki", "https://user@en.wikipedia.org/"])
    async def test_an_address_that_is_no_public_page_is_no_source(self, websites: FakeWebsites, url: str) -> None:
        websites.articles = {"en": [HEAT_PUMP.model_copy(update={"url": url})]}
        assert await search(websites, "Wikipedia", "heat pump") == ()

    async def test_a_hostile_title_is_plain_text_of_one_line(self, websites: FakeWebsites) -> None:
        title = "<img src=x onerror=alert(1)>Heat pump\u202e\n&lt;b&gt;\x00"
        websites.articles = {"en": [HEAT_PUMP.model_copy(update={"title": title})]}
        (source,) = await search(websites, "Wikipedia", "heat pump")
        assert source.title == "Heat pump <b>"

    @pytest.mark.parametrize(("code", "retryable"), [("ratelimited", True), ("maxlag", True), ("badvalue", False)])
    async def test_an_error_of_the_interface_is_a_failure(
        self, websites: FakeWebsites, code: str, retryable: bool
    ) -> None:
        websites.instead = [Answer(body=json.dumps({"error": {"code": code, "info": "…"}}))]
        error = await failure(websites)
        assert error.retryable is retryable
        assert code in str(error)

    @pytest.mark.parametrize(
        "body",
        [
            '{"query": {"search": [{"title": "x"}, 7, null, {"pageid": "1"}]}}', '{"query": {"search": {"pageid": 1}}}', '{"query": []}',
            '{"query": null}', '{"batchcomplete": true}', '{"error": "text"}', "{}",
        ],
    )  # fmt: skip
    async def test_json_without_articles_finds_nothing(self, websites: FakeWebsites, body: str) -> None:
        websites.instead = [Answer(body=body)]
        assert await search(websites, "Wikipedia", "heat pump") == ()

    @pytest.mark.parametrize(
        "body",
        [
            '{"query": {"pages": []}}', '{"query": {"pages": [{"pageid": 2, "missing": true}]}}', '{"query": {"pages": [7]}}',
            '{"query": {"pages": [{"fullurl": 7, "extract": ["x"]}]}}', '{"query": {"pages": {"2": {}}}}',
        ],
    )  # fmt: skip
    async def test_an_article_that_is_gone_leaves_the_others(self, websites: FakeWebsites, body: str) -> None:
        websites.articles = {"en": [HEAT_PUMP, COOLING]}
        websites.instead = [
            Answer(body='{"query": {"search": [{"pageid": 1, "title": "Gone"}, {"pageid": 2, "title": "B"}]}}'),
            Answer(body=body),
        ]
        (source,) = await search(websites, "Wikipedia", "heat pump")
        assert source.title == COOLING.title


class TestSearXNG:
    async def test_results_are_sources_with_their_snippets(self, websites: FakeWebsites) -> None:
        first, second = await search(websites, "SearXNG", "Wärmepumpe & Winter", "de")
        assert (first.title, first.url, first.quote) == (
            "Pumps",
            "https://heat.example/pumps",
            "They work in winter, too.",
        )
        assert first.passages[0].is_verbatim
        assert second.title == "Other"
        (visit,) = websites.visits
        assert visit.path == "/searxng/search"
        assert visit.parameters == {"q": "Wärmepumpe & Winter", "format": "json", "language": "de"}

    async def test_only_pages_of_the_public_web_that_say_something_are_sources(self, websites: FakeWebsites) -> None:
        hostile = [
            "javascript:alert(1)",
            "http://localhost/",
            "http://10.0.0.1/",
            "https://u:p@a.example/",
            "https://[",
        ]
        websites.results = [
            *(Result(url=url, content="Words.") for url in hostile),
            Result(url="https://silent.example/", content=None),
            Result(url="https://tags.example/", content="<p></p> "),
            Result(url="https://a.example/", title="<b>Bold</b>\n&lt;x&gt;", content="A <em>hit</em> &amp; more"),
            Result(url="https://a.example/", title="Again", content="Something else"),
            Result(url="https://b.example/", title="", content="x" * 9_000),
        ]
        first, second = await search(websites, "SearXNG", "x")
        assert (first.title, first.quote) == ("Bold <x>", "A hit & more")
        assert [passage.quote for passage in first.passages] == ["A hit & more", "Something else"]
        assert (second.title, len(second.quote or "")) == ("https://b.example/", 2_000)

    async def test_there_are_a_few_at_most(self, websites: FakeWebsites) -> None:
        websites.results = [Result(url=f"https://a.example/{n}", content="Words.") for n in range(50)]
        assert len(await search(websites, "SearXNG", "x")) == 8

    async def test_an_instance_that_gives_no_json_says_what_to_do(self, websites: FakeWebsites) -> None:
        websites.instead = [Answer(status=403, body="<html>Forbidden</html>")]
        error = await failure(websites, "SearXNG")
        assert not error.retryable
        assert "`json` under `search.formats`" in str(error)

    @pytest.mark.parametrize(
        "body", ['{"results": {"url": "x"}}', '{"results": [7, null, {"url": 7, "content": 8}]}', "{}"]
    )
    async def test_odd_json_finds_nothing(self, websites: FakeWebsites, body: str) -> None:
        websites.instead = [Answer(body=body)]
        assert await search(websites, "SearXNG", "x") == ()


@pytest.mark.parametrize("name", ["Wikipedia", "SearXNG"])
class TestFailures:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [("7", 7.0), ("", None), ("soon", None), ("-3", None), ("1.5", None), ("9" * 40, 999_999_999.0)],
    )
    async def test_too_many_requests_say_how_long_to_wait(
        self, websites: FakeWebsites, name: str, value: str, seconds: float | None
    ) -> None:
        websites.instead = [Answer(status=429, headers={"retry-after": value})]
        error = await failure(websites, name)
        assert (error.kind, error.retryable, error.retry_after) == ("web_search_rate_limit", True, seconds)

    async def test_the_wait_may_be_told_as_a_date(self, websites: FakeWebsites, name: str) -> None:
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
        websites.instead = [Answer(status=503, headers={"retry-after": at})]
        error = await failure(websites, name)
        assert error.retry_after == pytest.approx(30, abs=3)
        assert (error.kind, error.retryable) == ("web_search_unavailable", True)

    @pytest.mark.parametrize(
        ("status", "body", "retryable"),
        [(500, "", True), (502, "<html>", True), (400, "{}", False), (401, "", False), (404, "", False)],
    )
    async def test_errors_are_typed(
        self, websites: FakeWebsites, name: str, status: int, body: str, retryable: bool
    ) -> None:
        websites.instead = [Answer(status=status, body=body)]
        error = await failure(websites, name)
        assert error.retryable is retryable
        assert str(status) in str(error)

    @pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "[1, 2]", '"text"', "null", "[" * 100_000])
    async def test_what_is_no_json_object_is_a_failure(self, websites: FakeWebsites, name: str, body: str) -> None:
        websites.instead = [Answer(body=body)]
        assert not (await failure(websites, name)).retryable

    async def test_no_redirect_is_followed(self, websites: FakeWebsites, name: str) -> None:
        websites.instead = [Answer(status=302, headers={"location": f"{websites.url}/en/w/api.php"})]
        error = await failure(websites, name)
        assert "redirect (302)" in str(error)
        assert len(websites.visits) == 1

    async def test_an_answer_without_end_is_not_read(self, websites: FakeWebsites, name: str) -> None:
        packed = gzip.compress(b"[" + b" " * 50_000_000)
        websites.instead = [Answer(body=packed, headers={"content-encoding": "gzip"})]
        assert not (await failure(websites, name)).retryable

    async def test_a_service_that_is_down_may_come_back(self, websites: FakeWebsites, name: str) -> None:
        websites.stop()
        error = await failure(websites, name)
        assert (error.kind, error.retryable) == ("web_search_unavailable", True)
        assert "could not be reached" in str(error)
