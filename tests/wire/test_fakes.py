"""The scripted providers, asked through the real SDKs: what they say, and how fast."""

import time
import urllib.error
import urllib.request
from typing import Any, TypeGuard

import pytest
from pydantic_ai import Agent, NativeOutput, Tool, ToolOutput
from pydantic_ai.capabilities import Citations, WebSearch
from pydantic_ai.messages import Citation, CitationSource, NativeToolReturnPart, TextPart, WebCitationSource
from pydantic_ai.models import Model

from tests.fakes import FakeProviders, FoundSource, PlannedSearch, Scenario, SearchAnswer, Sentence
from tests.wire.asking import (
    CLAUDE,
    CLAUDE_WITH_TOOL_OUTPUT,
    GEMINI,
    GEMINI_WITHOUT_STEPS,
    OPENAI,
    OPENAI_CHAT,
    QUESTION,
    REPORT_PROMPT,
    Asking,
    Clarification,
    DirectAnswer,
    Plan,
)

pytestmark = [pytest.mark.provider_wire, pytest.mark.asyncio(loop_scope="module")]


def citations(messages: list[Any]) -> list[tuple[TextPart, Citation]]:
    parts = [part for message in messages for part in message.parts if isinstance(part, TextPart)]
    return [(part, citation) for part in parts for citation in part.citations or []]


def is_web(source: CitationSource) -> TypeGuard[WebCitationSource]:
    return isinstance(source, WebCitationSource)


# --- the planner ---


@pytest.mark.parametrize("model", [CLAUDE, CLAUDE_WITH_TOOL_OUTPUT, GEMINI, OPENAI, OPENAI_CHAT])
@pytest.mark.parametrize("output", [Plan, [Plan, DirectAnswer, Clarification]], ids=["plan", "choice"])
async def test_plan_arrives_whole_and_streamed(
    providers: FakeProviders, asking: Asking, model: str, output: Any
) -> None:
    agent = asking(model, output_type=output)
    plain = (await agent.run(QUESTION)).output
    async with agent.run_stream(QUESTION) as stream:
        streamed = await stream.get_output()

    assert isinstance(plain, Plan)
    assert streamed == plain
    assert [search.query for search in plain.searches][:2] == [
        "sky blue: overview and key terms",
        "sky blue: evidence and measurements",
    ]
    assert [(r.role, r.question, r.stream, r.outcome) for r in providers.log()] == [
        ("planner", QUESTION, False, "finished"),
        ("planner", QUESTION, True, "finished"),
    ]


@pytest.mark.parametrize("mode", [ToolOutput, NativeOutput])
async def test_claude_gives_structured_output_in_both_modes(
    providers: FakeProviders, asking: Asking, mode: Any
) -> None:
    agent = asking(CLAUDE, output_type=mode(Plan))
    result = await agent.run(QUESTION)

    body = providers.log()[0].body
    assert len(result.output.searches) == 4
    assert ("output_config" in body) is (mode is NativeOutput)
    assert any(tool["name"] == "final_result" for tool in body.get("tools", [])) is (mode is ToolOutput)


async def test_claude_may_stream_what_the_caller_wants_whole(
    providers: FakeProviders, models: dict[str, Model]
) -> None:
    """Without a bound on the answer's length the SDK insists on a stream."""
    result = await Agent(models[CLAUDE], output_type=Plan).run(QUESTION)

    assert len(result.output.searches) == 4
    assert providers.log()[0].stream


@pytest.mark.parametrize("model", [CLAUDE, GEMINI])
async def test_planner_decides_as_scripted(providers: FakeProviders, asking: Asking, model: str) -> None:
    agent = asking(model, output_type=[Plan, DirectAnswer, Clarification])
    providers.scenario(Scenario(decision="clarify"))
    assert isinstance((await agent.run(QUESTION)).output, Clarification)

    providers.scenario(Scenario(decision="answer"))
    answer = (await agent.run("Sources:\n[3] Light (https://light.example/)\n\nQuestion: and why?")).output
    assert "[3]" in answer.text

    providers.scenario(Scenario(plan=tuple(PlannedSearch(query=f"search {n}") for n in range(7))))
    assert len((await agent.run(QUESTION)).output.searches) == 7


async def test_plan_keeps_to_the_number_of_searches_in_the_prompt(providers: FakeProviders, asking: Asking) -> None:
    agent = asking(CLAUDE, output_type=Plan)
    result = await agent.run(f"<question>{QUESTION}</question>\n\nPlan at most 2 searches.")

    assert len(result.output.searches) == 2


async def test_follow_up_is_planned_with_the_question_before_it(providers: FakeProviders, asking: Asking) -> None:
    prompt = f"<earlier>Question: {QUESTION}\n\nReport:\nBlue.\n</earlier>\n\n<question>And the sunset?</question>"
    agent = asking(CLAUDE, output_type=Plan)
    result = await agent.run(prompt)

    assert providers.log()[0].question == "And the sunset?"
    assert result.output.searches[0].query == "sunset of sky blue: overview and key terms"


# --- the searcher ---


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, GEMINI_WITHOUT_STEPS, OPENAI])
async def test_search_cites_its_sources_whole_and_streamed(
    providers: FakeProviders, asking: Asking, model: str
) -> None:
    agent = asking(model, capabilities=[WebSearch(local=False), Citations()])
    result = await agent.run("sky blue: evidence and measurements")
    async with agent.run_stream("sky blue: evidence and measurements") as stream:
        text = await stream.get_output()

    found = citations(result.all_messages())
    assert {source.url for _, citation in found for source in citation.sources if is_web(source)} == {
        "https://journal.example/2024/reviews/sky-blue",
        "https://data.example/series/sky-blue",
    }
    assert "A review counts 41 studies of sky blue" in text
    assert result.usage.details["web_search_requests"] == 1
    assert [(r.role, r.question) for r in providers.log()] == [("search", "sky blue: evidence and measurements")] * 2
    assert [c for _, c in citations(stream.all_messages())] == [c for _, c in found]


async def test_gemini_citations_stand_at_their_sentences_also_in_other_scripts(
    providers: FakeProviders, asking: Asking
) -> None:
    sentences = (Sentence(text="Überraschung: 空は青い。"), Sentence(text="Tokyo — 東京 — agrees.", sources=(0,)))
    sources = (FoundSource(url="https://sky.example/", title="Sky"),)
    providers.scenario(Scenario(answers=(SearchAnswer(sentences=sentences, sources=sources),)))
    agent = asking(GEMINI, capabilities=[WebSearch(local=False), Citations()])
    result = await agent.run("空")

    [(part, citation)] = citations(result.all_messages())
    assert citation.anchor is not None
    assert part.content[citation.anchor.start : citation.anchor.end] == "Tokyo — 東京 — agrees."
    steps = [p for p in result.response.parts if isinstance(p, NativeToolReturnPart)]
    assert 'class="chip"' in str(steps[0].content)


async def test_claude_reports_the_words_it_cites_unless_the_search_runs_in_code(
    providers: FakeProviders, asking: Asking
) -> None:
    agent = asking(CLAUDE, capabilities=[WebSearch(local=False), Citations()])
    cited = citations((await agent.run("sky blue: recent developments")).all_messages())
    agent = asking(CLAUDE, capabilities=[WebSearch(local=False)])
    uncited = citations((await agent.run("sky blue: recent developments")).all_messages())

    source = cited[0][1].sources[0]
    assert isinstance(source, WebCitationSource)
    assert source.excerpts == ["Two groups published on sky blue this year, and both call their results preliminary."]
    assert uncited == []


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI])
async def test_search_may_find_no_sources(providers: FakeProviders, asking: Asking, model: str) -> None:
    nothing = SearchAnswer(containing="Atlantis", sentences=(Sentence(text="Nobody knows."),))
    providers.scenario(Scenario(answers=(nothing,)))
    agent = asking(model, capabilities=[WebSearch(local=False), Citations()])
    lost = await agent.run("Where is Atlantis?")
    found = await agent.run("Where is Rome?")

    assert lost.output.strip() == "Nobody knows."
    assert citations(lost.all_messages()) == []
    assert citations(found.new_messages()) != []


async def test_redirect_links_lead_to_the_page(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(redirects=True))
    agent = asking(GEMINI, capabilities=[WebSearch(local=False), Citations()])
    result = await agent.run("sky blue: recent developments")
    link = citations(result.all_messages())[0][1].sources[0]
    assert isinstance(link, WebCitationSource)

    with pytest.raises(urllib.error.HTTPError) as redirect:
        urllib.request.build_opener(_NoRedirects).open(link.url)

    with redirect.value as answer:
        assert link.url.startswith(f"{providers.url}/grounding-api-redirect/")
        assert (answer.status, answer.headers["Location"]) == (302, "https://news.example/science/sky-blue")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


# --- the analyst ---


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI, OPENAI_CHAT])
async def test_report_cites_the_sources_of_the_prompt(providers: FakeProviders, asking: Asking, model: str) -> None:
    agent = asking(model)
    result = await agent.run(REPORT_PROMPT)

    assert result.output.startswith("*Scripted demo:")
    assert result.output.count("\n## ") == 3
    assert "According to **Light**, “Blue light is scattered most” [3]." in result.output
    assert "**Air** has it that “Air scatters light” [5]." in result.output
    assert providers.log()[0].role == "analyst"


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI, OPENAI_CHAT])
async def test_analyst_searches_once_more_and_then_writes(providers: FakeProviders, asking: Asking, model: str) -> None:
    asked: list[tuple[str, str]] = []

    def extra_search(query: str, purpose: str) -> str:
        """Search once more."""
        asked.append((query, purpose))
        return f'<source number="{6 + len(asked)}" title="More">Dust scatters, too.</source>'

    providers.scenario(Scenario(extra_searches=("dust", "haze")))
    agent = asking(model, tools=[Tool(extra_search, sequential=True)])
    result = await agent.run(REPORT_PROMPT)
    async with agent.run_stream(REPORT_PROMPT) as stream:
        streamed = await stream.get_output()

    assert [query for query, _ in asked] == ["dust", "haze"] * 2
    assert "“Dust scatters, too” [7]." in result.output
    assert "“Dust scatters, too” [9]." in streamed
    assert [r.role for r in providers.log()] == ["analyst"] * 4


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, OPENAI, OPENAI_CHAT])
async def test_report_arrives_in_pieces_at_its_pace(providers: FakeProviders, asking: Asking, model: str) -> None:
    arrivals: list[float] = []
    agent = asking(model)
    await agent.run("warm up")
    providers.scenario(Scenario(latency=0.1, tokens_per_second=100, report_tokens=40))
    started = time.monotonic()
    async with agent.run_stream(REPORT_PROMPT) as stream:
        async for _ in stream.stream_text(delta=True, debounce_by=None):
            arrivals.append(time.monotonic() - started)

    # On a busy machine pieces that are late arrive together, so the number of pieces has only a lower bound.
    assert len(arrivals) >= 10
    assert arrivals[0] >= 0.1
    assert arrivals[-1] - arrivals[0] >= 0.25
    assert 0.45 <= arrivals[-1] < 2
    assert stream.usage.output_tokens == 40


async def test_answer_that_is_not_streamed_takes_as_long(providers: FakeProviders, asking: Asking) -> None:
    providers.scenario(Scenario(latency=0.1, search_latency=0.1, tokens_per_second=100, search_tokens=20))
    agent = asking(GEMINI, capabilities=[WebSearch(local=False), Citations()])
    started = time.monotonic()
    result = await agent.run("sky")

    assert 0.4 <= time.monotonic() - started < 2
    assert result.usage.output_tokens == 20


async def test_one_scenario_gives_the_same_answer_twice(providers: FakeProviders, asking: Asking) -> None:
    agent = asking(CLAUDE)
    first = await agent.run(REPORT_PROMPT)
    second = await agent.run(REPORT_PROMPT)

    assert first.output == second.output
    assert first.response.provider_response_id != second.response.provider_response_id
