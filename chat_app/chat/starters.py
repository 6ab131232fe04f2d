"""The questions offered on an empty page."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from chat_app.languages.words import say


class StarterQuestion(BaseModel):
    model_config = ConfigDict(frozen=True)

    label: str
    question: str
    icon: str


_ABOUT_THE_PROJECT = (("history", "killed"), ("book", "formats"), ("check", "key"), ("scale", "postgres"))
_ABOUT_THE_WORLD = (("scale", "sodium"), ("history", "ai_act"), ("check", "heat_pumps"))


def about_the_project() -> tuple[StarterQuestion, ...]:
    """Answered from the project's own documents. These are in English, and so is what is asked: without a model, nobody
    would find their passages by words of another language."""
    return tuple(
        _starter(icon, say(f"starter.{name}"), question=say(f"starter.{name}", "en"))
        for icon, name in _ABOUT_THE_PROJECT
    )


def about_the_world() -> tuple[StarterQuestion, ...]:
    return tuple(_starter(icon, say(f"starter.{name}")) for icon, name in _ABOUT_THE_WORLD)


def about_documents(titles: Sequence[str]) -> tuple[StarterQuestion, ...]:
    """Questions about the person's own documents."""
    return tuple(_starter("book", say("starter.documents", title=title)) for title in list(dict.fromkeys(titles))[:3])


def _starter(icon: str, label: str, question: str | None = None) -> StarterQuestion:
    return StarterQuestion(label=label, question=question or label, icon=f"/public/icons/{icon}.svg")
