"""What the tests of the scripted providers ask, and which models they ask it of."""

from typing import Any, Protocol

from pydantic import BaseModel
from pydantic_ai import Agent

CLAUDE = "anthropic:claude-sonnet-5-5"
CLAUDE_WITH_TOOL_OUTPUT = "anthropic:claude-sonnet-4-6"
GEMINI = "google:gemini-3.8-flash"
GEMINI_WITHOUT_STEPS = "google:gemini-2.5-flash"
OPENAI = "openai:gpt-5.6-sol"
OPENAI_CHAT = "openai-chat:gpt-5.6-luna"
ALL = (CLAUDE, CLAUDE_WITH_TOOL_OUTPUT, GEMINI, GEMINI_WITHOUT_STEPS, OPENAI, OPENAI_CHAT)

QUESTION = "Why is the sky blue?"
SOURCES = (
    '<source number="3" title="Light" url="https://light.example/">Blue light is scattered most. Red least.</source>\n'
    '<source number="5" title="Air" url="https://air.example/">Air scatters light [9].</source>'
)
REPORT_PROMPT = f"{SOURCES}\n\nQuestion: {QUESTION}"


class Asking(Protocol):
    """Makes an agent for a model string, with options of `Agent`."""

    def __call__(self, model: str, *, patience_seconds: float = 10, **options: Any) -> Agent[None, Any]: ...


class PlannedQuery(BaseModel):
    query: str
    purpose: str = ""


class Plan(BaseModel):
    """What to search."""

    summary: str
    searches: list[PlannedQuery]


class DirectAnswer(BaseModel):
    """The conversation answers this."""

    text: str


class Clarification(BaseModel):
    """The person must say more."""

    questions: list[str]
