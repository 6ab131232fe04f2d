"""The model as pydantic-ai agents use it."""

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, UserError
from pydantic_ai.messages import ModelResponse, PartDeltaEvent, PartStartEvent, TextContent, TextPart, TextPartDelta

from chat_app.agents.brief import AnalystBrief, PastTurn, PlannerBrief
from chat_app.agents.excerpts import ExcerptsModel, report_text
from chat_app.agents.planner import planner_prompt
from chat_app.research.evidence import Finding, Passage, Source
from chat_app.research.plan import Clarification, DirectAnswer, Plan, Search

QUESTION = "What is MVCC and why does PostgreSQL use it?"
SOURCE = Source(
    number=1,
    title="Manual",
    url="library:mvcc.html",
    passages=(Passage(quote="MVCC is a way to let readers and writers work at once. It keeps versions [2] of rows."),),
)
BRIEF = AnalystBrief(
    question="What is MVCC?",
    plan=Plan(summary="", searches=(Search(query="What is MVCC?", where="library"),)),
    outcomes=(Finding(search=0, query="What is MVCC?", text="", sources=(SOURCE,)),),
)


def asked(question: str) -> list[TextContent]:
    return planner_prompt(PlannerBrief(question=question))


def to_write() -> list[TextContent]:
    return [TextContent("Write.", metadata=BRIEF)]


async def test_it_plans_through_the_output_tool_for_plans() -> None:
    agent = Agent(ExcerptsModel(), output_type=[Plan, DirectAnswer, Clarification])
    result = await agent.run(asked(QUESTION))
    assert isinstance(result.output, Plan)
    assert [search.query for search in result.output.searches] == [
        "What is MVCC?",
        "Why does PostgreSQL use it (MVCC)?",
    ]
    assert {search.where for search in result.output.searches} == {"library"}


async def test_it_asks_back_through_the_output_tool_for_that() -> None:
    agent = Agent(ExcerptsModel(), output_type=[Plan, DirectAnswer, Clarification])
    assert (await agent.run(asked("Why?"))).output == Clarification(
        questions=("What is your question about? Please name the subject.",)
    )


@pytest.mark.parametrize("question", [QUESTION, "Why?"])
async def test_it_always_plans_where_only_a_plan_is_taken(question: str) -> None:
    agent = Agent(ExcerptsModel(), output_type=Plan)
    assert (await agent.run(asked(question))).output.searches


@pytest.mark.parametrize("mode", [NativeOutput, PromptedOutput])
async def test_it_answers_in_json_where_output_is_text(mode: type[NativeOutput[Any]]) -> None:
    alone = Agent(ExcerptsModel(), output_type=mode(Plan))
    assert isinstance((await alone.run(asked(QUESTION))).output, Plan)
    among = Agent(ExcerptsModel(), output_type=mode([Plan, DirectAnswer, Clarification]))
    assert isinstance((await among.run(asked(QUESTION))).output, Plan)
    assert isinstance((await among.run(asked("Why?"))).output, Clarification)


async def test_it_refuses_an_output_that_is_no_plan() -> None:
    class Weather(BaseModel):
        degrees: float

    with pytest.raises(UserError, match="can only plan"):
        await Agent(ExcerptsModel(), output_type=Weather).run(asked(QUESTION))


async def test_it_refuses_messages_without_a_brief() -> None:
    with pytest.raises(LookupError):
        await Agent(ExcerptsModel()).run("What is MVCC?")


async def test_it_streams_the_report_in_pieces_of_a_few_words() -> None:
    pieces: list[str] = []
    async with Agent(ExcerptsModel()).iter(to_write()) as run:
        async for node in run:
            if Agent.is_model_request_node(node):
                async with node.stream(run.ctx) as stream:
                    async for event in stream:
                        match event:
                            case PartStartEvent(part=TextPart(content=text)):
                                pieces.append(text)
                            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                                pieces.append(text)
                            case _:
                                pass
    assert "".join(pieces) == report_text(BRIEF)
    assert len(pieces) > 5
    assert all(len(piece.split()) <= 4 for piece in pieces)
    assert all(piece.count("[") == piece.count("]") for piece in pieces)


async def test_a_streamed_plan_is_the_same_plan() -> None:
    agent = Agent(ExcerptsModel(), output_type=[Plan, DirectAnswer, Clarification])
    async with agent.run_stream(asked(QUESTION)) as stream:
        streamed = await stream.get_output()
    assert streamed == (await agent.run(asked(QUESTION))).output


async def test_it_costs_nothing_calls_no_tools_and_names_itself() -> None:
    agent = Agent(ExcerptsModel())

    @agent.tool_plain
    def extra_search(query: str) -> str:
        raise AssertionError(query)

    result = await agent.run(to_write())
    assert result.output == report_text(BRIEF)
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.tool_calls) == (0, 0, 0)
    response = result.all_messages()[-1]
    assert isinstance(response, ModelResponse)
    assert (response.provider_name, response.model_name) == ("excerpts", "local")


async def test_a_stream_costs_nothing_and_can_be_cancelled() -> None:
    async with Agent(ExcerptsModel()).run_stream(to_write()) as stream:
        async for _ in stream.stream_text(delta=True):
            break
        await stream.cancel()
    assert (stream.usage.input_tokens, stream.usage.output_tokens) == (0, 0)


async def test_a_thread_is_taken_into_account() -> None:
    past = (PastTurn(question="What is MVCC?", report=None),)
    agent = Agent(ExcerptsModel(), output_type=[Plan, DirectAnswer, Clarification])
    result = await agent.run(planner_prompt(PlannerBrief(question="Why?", past=past)))
    assert isinstance(result.output, Plan)
    assert result.output.searches[0].query == "Why (MVCC)?"
