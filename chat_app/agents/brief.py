"""What an agent is told: a prompt for a language model, with the same facts attached in typed form for our own model.

The typed form travels as the metadata of a `TextContent`, which pydantic-ai never sends to a provider.
"""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic_ai.messages import ModelMessage, ModelRequest, TextContent, UserPromptPart

from chat_app.research.evidence import Outcome
from chat_app.research.plan import Plan
from chat_app.research.report import Report
from chat_app.research.turn import Depth


class PastTurn(BaseModel):
    """An earlier question of the thread and how it was answered."""

    model_config = ConfigDict(frozen=True)

    question: str
    report: Report | None
    attachments: tuple[str, ...] = ()
    """Names of the files that were attached to it."""


class PlannerBrief(BaseModel):
    """What the planner decides on."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    question: str
    past: tuple[PastTurn, ...] = ()
    """The thread so far, oldest first."""
    max_searches: int = 5
    has_web: bool = False
    has_library: bool = True
    attachments: tuple[str, ...] = ()
    """Names of the files attached to this question."""


class AnalystBrief(BaseModel):
    """What the analyst writes from. Every source carries its number in the thread."""

    model_config = ConfigDict(frozen=True)

    question: str
    plan: Plan
    outcomes: tuple[Outcome, ...]
    past: tuple[PastTurn, ...] = ()
    depth: Depth = "standard"


_Brief = TypeVar("_Brief", PlannerBrief, AnalystBrief)


def brief_of(kind: type[_Brief], messages: Sequence[ModelMessage]) -> _Brief:
    """The typed brief in a conversation with a model. Raises LookupError when there is none."""
    for message in messages:
        if not isinstance(message, ModelRequest):
            continue
        for part in message.parts:
            if not isinstance(part, UserPromptPart) or isinstance(part.content, str):
                continue
            for content in part.content:
                if isinstance(content, TextContent) and isinstance(content.metadata, kind):
                    return content.metadata
    raise LookupError(f"The messages carry no {kind.__name__}.")
