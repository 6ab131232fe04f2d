"""When the analyst may call its tool, and what it is told when it may not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from chat_app.agents.analyst import AnalystDeps, ReportText, make_analyst
from chat_app.research.evidence import Finding, Outcome

GOOD = {"query": "moss", "purpose": "more"}
WRONG = {"question": "moss?"}


@dataclass
class Conversation:
    """A model that plays a script, and what each of its requests offered."""

    answers: Sequence[dict[str, str] | str]
    searches: int
    offered: list[tuple[bool, object]] = field(default_factory=list[tuple[bool, object]])
    searched: list[str] = field(default_factory=list[str])

    def answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.offered.append((bool(info.function_tools), (info.model_settings or {}).get("tool_choice")))
        said = self.answers[min(len(self.offered), len(self.answers)) - 1]
        if isinstance(said, str) or not info.function_tools:
            return ModelResponse(parts=[TextPart("Moss grows.")], finish_reason="stop")
        return ModelResponse(parts=[ToolCallPart("extra_search", said)], finish_reason="tool_call")

    async def extra_search(self, query: str, purpose: str) -> Outcome:
        self.searched.append(query)
        return Finding(search=0, query=query, text=purpose, sources=())

    async def held(self) -> str:
        deps = AnalystDeps(
            extra_search=self.extra_search,
            begin_text=_no_text,
            unknown_numbers=lambda _: (),
            may_search=lambda: len(self.searched) < self.searches,
            may_repair=lambda: True,
            send_back=lambda: None,
        )
        run = await make_analyst().run("Write.", deps=deps, model=FunctionModel(self.answer))
        return run.output


async def _no_text() -> ReportText:
    raise AssertionError("Nothing is streamed here.")


@pytest.mark.parametrize(
    ("answers", "searches", "offered"),
    [
        (["Moss."], 0, [(False, None)]),
        ([GOOD, "Moss."], 2, [(True, None), (True, None)]),
        ([GOOD, GOOD, "Moss."], 2, [(True, None), (True, None), (True, "none")]),
        ([WRONG, "Moss."], 2, [(True, None), (True, "none")]),
        ([WRONG, WRONG, "Moss."], 2, [(True, None), (True, "none"), (True, "none")]),
    ],
)
async def test_who_has_searched_sees_the_tool_still_and_is_told_to_write(
    answers: list[dict[str, str] | str], searches: int, offered: list[tuple[bool, object]]
) -> None:
    conversation = Conversation(answers, searches)
    assert await conversation.held() == "Moss grows."
    assert conversation.offered == offered


async def test_a_model_that_calls_on_loses_the_tool() -> None:
    conversation = Conversation([GOOD], searches=2)
    assert await conversation.held() == "Moss grows."
    assert [is_offered for is_offered, _ in conversation.offered] == [True] * 7 + [False]
