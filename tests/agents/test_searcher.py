from collections.abc import Iterator

import pytest
from pydantic_ai.messages import (
    Citation,
    ContentCitationAnchor,
    DocumentCitationSource,
    MarkerCitationAnchor,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    NativeToolCallPart,
    NativeToolReturnPart,
    TextPart,
    UserPromptPart,
    WebCitationSource,
)
from pydantic_ai.models import infer_model

from chat_app.agents.roles import CLAUDE, GEMINI, OPENAI
from chat_app.agents.searcher import cited_sources, google_suggestions, make_searcher, searcher_prompt, web_answer
from chat_app.research.evidence import Passage, Source, Suggestion
from chat_app.research.plan import Search
from tests.fakes import FakeProviders, FoundSource, Scenario, SearchAnswer, Sentence


def web(url: str, title: str | None = "A page", *excerpts: str) -> WebCitationSource:
    return WebCitationSource(url=url, title=title, excerpts=list(excerpts))


def answered(*parts: TextPart) -> list[ModelMessage]:
    return [ModelRequest(parts=[UserPromptPart("Why?")]), ModelResponse(parts=list(parts))]


def part(text: str, *cited: tuple[str, str]) -> TextPart:
    """A text that cites (words, URL), each by the words' place."""
    citations = [
        Citation(
            sources=[web(url)],
            anchor=ContentCitationAnchor(start=text.index(words), end=text.index(words) + len(words)),
        )
        for words, url in cited
    ]
    return TextPart(text, citations=citations)


def linked(text: str) -> TextPart:
    """A text whose Markdown links are OpenAI's citations."""
    citations: list[Citation] = []
    end = 0
    while (start := text.find("[", end)) >= 0:
        middle, end = text.index("](", start), text.index(")", start) + 1
        source = web(text[middle + 2 : end - 1], text[start + 1 : middle])
        citations.append(Citation(sources=[source], anchor=MarkerCitationAnchor(start=start, end=end)))
    return TextPart(text, citations=citations)


def said(source: Source) -> list[str]:
    return [passage.quote for passage in source.passages]


def test_words_of_the_page_are_quoted_word_for_word() -> None:
    citation = Citation(sources=[web("https://a.example/", "A page", " Its words. ", "", "More words.")])
    (source,) = cited_sources(answered(TextPart("It says so.", citations=[citation])))
    assert (source.title, source.quote) == ("A page", "Its words.")
    assert source.passages == (Passage(quote="Its words."), Passage(quote="More words."))


def test_where_the_page_is_not_quoted_the_answer_counts_as_what_was_said_about_it() -> None:
    (source,) = cited_sources(answered(part("Blue is scattered. Red is not.", ("Red is not.", "https://a.example/"))))
    assert source.quote is None
    assert source.passages == (Passage(quote="Red is not.", is_verbatim=False),)


def test_the_same_page_is_one_source_with_all_that_was_said_of_it() -> None:
    text = part(
        "One. Two. Three.",
        ("One.", "https://a.example/"),
        ("Two.", "https://b.example/"),
        ("Three.", "https://a.example/"),
    )
    first, second = cited_sources(answered(text))
    assert (first.url, said(first)) == ("https://a.example/", ["One.", "Three."])
    assert (second.url, said(second)) == ("https://b.example/", ["Two."])


def test_one_citation_may_name_several_pages_and_they_keep_their_order() -> None:
    citation = Citation(sources=[web("https://b.example/", None), web("https://a.example/")])
    sources = cited_sources(
        answered(TextPart("So.", citations=[citation]), part("And.", ("And.", "https://c.example/")))
    )
    assert [(s.url, s.title) for s in sources] == [
        ("https://b.example/", "b.example"),
        ("https://a.example/", "A page"),
        ("https://c.example/", "A page"),
    ]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//a.example/", "a.example"]
)
def test_what_is_no_page_of_the_web_is_no_source(url: str) -> None:
    assert cited_sources(answered(TextPart("So.", citations=[Citation(sources=[web(url)])]))) == ()


def test_files_at_the_provider_and_answers_without_citations_are_no_sources() -> None:
    document = Citation(sources=[DocumentCitationSource(title="A file")])
    assert cited_sources(answered(TextPart("So.", citations=[document]), TextPart("And so."))) == ()


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Blue light is scattered. ([a](https://a.example/))", ["Blue light is scattered."]),
        ("Red is not. Blue light is scattered ([a](https://a.example/)).", ["Blue light is scattered"]),
        ("Blue is scattered. ([a](https://a.example/)) Red is not. ([b](https://b.example/))", ["Blue is scattered.", "Red is not."]),
        ("Blue is scattered. ([a](https://a.example/), [b](https://b.example/))", ["Blue is scattered.", "Blue is scattered."]),
        ("Blue is scattered. ([a](https://a.example/)) ([b](https://b.example/))", ["Blue is scattered."] * 2),
        ("# Light\n\n- **Blue** is scattered [a](https://a.example/)\n", ["**Blue** is scattered"]),
        ("Blue is scattered.\n\n[a](https://a.example/)", ["Blue is scattered."]),
        ("蓝光被散射。红光不会。（[a](https://a.example/)）", ["红光不会。"]),
        ("1. Blue is scattered ([a](https://a.example/))", ["Blue is scattered"]),
        ("[a](https://a.example/) says that.", [""]),
    ],
)  # fmt: skip
def test_the_sentence_before_a_link_of_openai_is_what_the_link_stands_for(text: str, claims: list[str]) -> None:
    sources = cited_sources(answered(linked(text)))
    assert [said(source) for source in sources] == [[claim] if claim else [] for claim in claims]
    assert not any(passage.is_verbatim for source in sources for passage in source.passages)


def test_a_page_is_the_same_with_openais_trace_in_its_address() -> None:
    text = "One ([a](https://a.example/b?utm_source=openai)). Two ([a](https://a.example/b)). Three ([c](https://c.example/?d=1&utm_source=openai))."
    assert [s.url for s in cited_sources(answered(linked(text)))] == ["https://a.example/b", "https://c.example/?d=1"]


def test_two_places_in_a_page_are_one_source() -> None:
    text = "One ([a](https://a.example/b#first)). Two ([a](https://a.example/b#second))."
    (source,) = cited_sources(answered(linked(text)))
    assert (source.url, len(source.passages)) == ("https://a.example/b", 2)


BLUE = FoundSource(url="https://light.example/blue", title="On light", passage="Blue light is scattered most.")
RED = FoundSource(url="https://light.example/red", title="On red", passage="Red light passes.")
ANSWER = SearchAnswer(
    sentences=(
        Sentence(text="Blue light is scattered most of all.", sources=(0,)),
        Sentence(text="Red light goes straight on.", sources=(0, 1)),
        Sentence(text="Nobody says this."),
    ),
    sources=(BLUE, RED),
)


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeProviders]:
    with FakeProviders.start(Scenario(answers=(ANSWER,))) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.mark.provider_wire
@pytest.mark.parametrize("model_id", [CLAUDE, GEMINI, OPENAI])
async def test_the_searcher_brings_the_pages_that_each_provider_cites(providers: FakeProviders, model_id: str) -> None:
    async with infer_model(model_id) as model:
        result = await make_searcher().run(searcher_prompt(Search(query="Why is the sky blue?")), model=model)
    sources = cited_sources(result.new_messages())
    assert [source.url for source in sources] == [BLUE.url, RED.url]
    # Gemini calls a page by its host.
    host = "light.example"
    assert [source.title for source in sources] == ([host, host] if model_id == GEMINI else [BLUE.title, RED.title])
    quotes = {quote for source in sources for quote in said(source)}
    if model_id == CLAUDE:
        assert quotes == {BLUE.passage, RED.passage}
        assert sources[0].quote == BLUE.passage
    else:
        assert quotes == {"Blue light is scattered most of all.", "Red light goes straight on."}
        assert sources[0].quote is None
    assert "Nobody says this." not in quotes
    assert [request.role for request in providers.log()] == ["search"]


@pytest.mark.provider_wire
@pytest.mark.parametrize("model_id", [CLAUDE, GEMINI, OPENAI])
async def test_an_answer_that_no_page_supports_has_no_sources(providers: FakeProviders, model_id: str) -> None:
    providers.scenario(Scenario(answers=(SearchAnswer(sentences=(Sentence(text="I just know it."),)),)))
    async with infer_model(model_id) as model:
        result = await make_searcher().run("Why is the sky blue?", model=model)
    assert "I just know it." in result.output
    assert cited_sources(result.new_messages()) == ()


GEMINI_WITHOUT_STEPS = "google:gemini-2.5-flash"


@pytest.mark.provider_wire
@pytest.mark.parametrize(
    ("model_id", "suggested"), [(GEMINI, True), (GEMINI_WITHOUT_STEPS, True), (CLAUDE, False), (OPENAI, False)]
)
async def test_what_google_searched_for_is_suggested_and_nothing_for_other_providers(
    providers: FakeProviders, model_id: str, suggested: bool
) -> None:
    query = "Why is the sky blue & not green?"
    async with infer_model(model_id) as model:
        result = await make_searcher().run(searcher_prompt(Search(query=query)), model=model)
    suggestions = web_answer(result.output, result.new_messages()).suggestions
    url = "https://www.google.com/search?q=Why+is+the+sky+blue+%26+not+green%3F"
    assert suggestions == ((Suggestion(text=query, url=url),) if suggested else ())


def searched(
    content: object, args: str | dict[str, object] | None, provider: str | None = "google"
) -> list[ModelMessage]:
    call = NativeToolCallPart(tool_name="web_search", args=args, tool_call_id="1", provider_name=provider)
    back = NativeToolReturnPart(tool_name="web_search", content=content, tool_call_id="1", provider_name=provider)
    return [ModelResponse(parts=[call, back, TextPart("So.")])]


CHIP = '<a class="chip" href="https://vertexaisearch.cloud.google.com/grounding-api-redirect/AU">sky colour</a>'


@pytest.mark.parametrize(
    ("content", "args", "texts"),
    [
        ({"search_suggestions": CHIP}, {"queries": ["sky"]}, ["sky colour"]),
        ({"search_suggestions": "<script>alert(1)</script>"}, {"queries": ["sky"]}, ["sky"]),
        ({"search_suggestions": ["sky"]}, {"queries": ["sky", 7, None, "sky"]}, ["sky"]),
        ([{"uri": "https://a.example/"}], '{"queries": ["sky"]}', ["sky"]),
        (None, '{"queries": "sky"}', []),
        ("text", "{broken", []),
        (None, None, []),
    ],
)
def test_suggestions_come_from_googles_snippet_or_else_from_its_queries(
    content: object, args: str | dict[str, object] | None, texts: list[str]
) -> None:
    assert [each.text for each in google_suggestions(searched(content, args))] == texts
    assert google_suggestions(searched(content, args, "anthropic")) == ()
    assert google_suggestions(searched(content, args, None)) == ()


def test_an_address_that_is_none_is_no_source() -> None:
    assert cited_sources(answered(TextPart("So.", citations=[Citation(sources=[web("https://[")])]))) == ()
