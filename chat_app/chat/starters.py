"""The questions offered on an empty page."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class StarterQuestion(BaseModel):
    model_config = ConfigDict(frozen=True)

    label: str
    question: str
    icon: str


def _starter(icon: str, question: str) -> StarterQuestion:
    return StarterQuestion(label=question, question=question, icon=f"/public/icons/{icon}.svg")


ABOUT_THE_PROJECT = (
    _starter("history", "What happens to a running research when the server is killed?"),
    _starter("book", "Which file formats can the library read, and how are they searched?"),
    _starter("check", "How do I add an API key, and which keys are enough?"),
    _starter("scale", "When should I use PostgreSQL instead of SQLite?"),
)
"""Answered from the project's own documents."""

ABOUT_THE_WORLD = (
    _starter("scale", "Are sodium-ion batteries ready to replace LFP in home storage?"),
    _starter("history", "What has changed in the EU AI Act this year?"),
    _starter("check", "Check a claim: heat pumps stop working below -15 °C."),
)


def about_documents(titles: Sequence[str]) -> tuple[StarterQuestion, ...]:
    """Questions about the person's own documents."""
    return tuple(_starter("book", f"What do my documents say about {title}?") for title in titles[:3])
