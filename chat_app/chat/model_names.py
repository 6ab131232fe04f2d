"""What a model is called where a person chooses one: `anthropic:claude-sonnet-5-5` is "Claude Sonnet 5.5"."""

import re
from collections.abc import Iterable

from chat_app.agents.models import EXCERPTS, spoken_name

# Families whose names are made of words and version numbers; every other name stays as its maker writes it.
_FAMILIES = re.compile(r"(?:[a-z.]+[./])?(claude|gemini|gpt|grok)-(.+)", re.IGNORECASE)
_SPELLED = {"gpt": "GPT"}
_NUMBER = re.compile(r"\d{1,2}(?:\.\d+)?")


def model_name(model_id: str) -> str:
    """A name that a person recognises. Two models may share one."""
    provider, _, model = model_id.partition(":")
    if model_id == EXCERPTS or not model:
        return spoken_name(model_id)
    family = _FAMILIES.fullmatch(model)
    if family is None:
        return f"{spoken_name(model_id)} {model}"
    name = _SPELLED.get(family[1].lower(), family[1].capitalize())
    words = _words(family[2])
    joint = "-" if name == "GPT" else " "
    via = "" if provider in _OWN_PROVIDERS else f" ({provider})"
    return name + joint + " ".join(words) + via


def labels(model_ids: Iterable[str]) -> dict[str, str]:
    """Each model by a label of its own: its name, with the exact string where two would be called the same."""
    ids = list(model_ids)
    names = [model_name(each) for each in ids]
    return {name if names.count(name) == 1 else f"{name} ({each})": each for name, each in zip(names, ids, strict=True)}


_OWN_PROVIDERS = {"anthropic", "google", "openai", "openai-chat", "openai-responses", "xai"}


def _words(rest: str) -> list[str]:
    """The parts of a name; numbers that follow each other are one version: 5-5 is 5.5."""
    words: list[str] = []
    for part in rest.split("-"):
        if words and _NUMBER.fullmatch(part) and re.fullmatch(r"\d{1,2}", words[-1]):
            words[-1] += f".{part}"
        else:
            words.append(part if part[:1].isdigit() else part.capitalize())
    return words
