"""A request as every provider means it: who is asked, for what, and what the prompt holds."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from tests.fakes.scenario import Provider, Role

Json = dict[str, Any]

_QUESTION = re.compile(
    r"<question\b[^>]*>([\s\S]*?)</question>|^[ \t]*(?:<[^>]*>)?(?:\w+ )?question[ \t]*:[ \t]*(\S.*)$", re.M | re.I
)
_QUERY = re.compile(
    r"<(?:query|search)\b[^>]*>([\s\S]*?)</(?:query|search)>|^[ \t]*(?:search )?query[ \t]*:[ \t]*(\S.*)$",
    re.M | re.I,
)
_SOURCE = re.compile(r"<source\b[^>]*?\bnumber=\"(\d+)\"([^>]*)>(.*?)</source>", re.S | re.I)
_NUMBER = re.compile(r"number=\"(\d+)\"")
_LISTED = re.compile(r"^\[(\d+)\] (\S.*)$", re.M)
_BLOCK = re.compile(r"<(\w+)\b[^>]*>.*?</\1>", re.S)
_RETRY = re.compile(
    r"^\s*(?:<system\b[^>]*>|Your previous response|Validation feedback|\d+ validation error|Fix the errors|Please )",
    re.I,
)
_LIMIT = re.compile(
    r"(?:at most|up to|no more than|maximum of|one to|1 to) (\d+|one|two|three|four|five)\b(?: \w+){0,2} search", re.I
)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True)
class Turn:
    """One speaker's text in a request's conversation."""

    speaker: Literal["user", "assistant", "tool"]
    text: str


@dataclass(frozen=True)
class Tool:
    """A function that the model may call, or must call to give its answer."""

    name: str
    schema: Json

    @property
    def is_answer(self) -> bool:
        return self.name.startswith("final_result")


@dataclass(frozen=True)
class Shape:
    """One of the structures in which the answer may be given: as a call of a tool, or as JSON text."""

    schema: Json
    tool: str | None = None
    kind: str | None = None
    """With a choice of structures as JSON text: the name that goes with this one, in an envelope."""

    @property
    def properties(self) -> Json:
        return self.schema.get("properties", {})


@dataclass(frozen=True)
class NumberedSource:
    """A source that the prompt offers for citation."""

    number: int
    title: str = ""
    passage: str = ""


@dataclass(frozen=True)
class Ask:
    provider: Provider
    model: str
    stream: bool
    system: str
    turns: tuple[Turn, ...]
    shapes: tuple[Shape, ...] = ()
    tools: tuple[Tool, ...] = ()
    has_web_search: bool = False
    cites_search: bool = True
    """Whether the web search tool is set up in a way that makes the provider return citations."""
    reports_search_steps: bool = False
    """Whether the provider is to return the steps of its web search among the parts of the answer."""
    input_tokens: int = 0

    @property
    def role(self) -> Role:
        if any("searches" in shape.properties for shape in self.shapes):
            return "planner"
        return "search" if self.has_web_search else "analyst"

    @property
    def prompt(self) -> str:
        """Everything the model reads."""
        return "\n".join([self.system, *(turn.text for turn in self.turns)])

    @property
    def latest(self) -> str:
        """The last thing a person or program asked, with the results of tools called and corrections asked for since."""
        asked = (i for i, turn in enumerate(self.turns) if turn.speaker == "user" and not _RETRY.match(turn.text))
        last = max(asked, default=0)
        return "\n".join(turn.text for turn in self.turns[last:])

    @property
    def has_tool_results(self) -> bool:
        return bool(self.turns) and self.turns[-1].speaker == "tool"

    @property
    def questions(self) -> tuple[str, ...]:
        """The thread's questions, the current one last."""
        return self._marked(_QUESTION) or (self._unmarked(),)

    @property
    def query(self) -> str:
        marked = self._marked(_QUERY)
        return marked[-1] if marked else self._unmarked().split("\n", 1)[0]

    @property
    def search_limit(self) -> int:
        """The number of searches that the prompt allows."""
        said = [_COUNTS.get(word.lower()) or int(word) for word in _LIMIT.findall(self.prompt)]
        return max(1, min(said, default=5))

    @property
    def sources(self) -> tuple[NumberedSource, ...]:
        """The sources of the latest prompt, else of the whole conversation, by number, each once."""
        return _numbered(self.latest) or _numbered(self.prompt) or _listed(self.prompt)

    def _marked(self, mark: re.Pattern[str]) -> tuple[str, ...]:
        users = [turn.text for turn in self.turns if turn.speaker == "user"]
        return tuple(_plain(match[1] or match[2]) for text in users for match in mark.finditer(text))

    def _unmarked(self) -> str:
        users = [turn.text for turn in self.turns if turn.speaker == "user" and not _RETRY.match(turn.text)]
        text = users[-1] if users else ""
        return (_BLOCK.sub(" ", text).strip() or _plain(text)).strip()


def shapes_of_text(schema: Json) -> tuple[Shape, ...]:
    """The structures that a JSON schema for the whole answer allows: one, or the members of a tagged union."""
    members = _resolve(schema.get("properties", {}).get("result", {}), schema).get("anyOf")
    if not members:
        return (Shape(_resolve(schema, schema)),)
    return tuple(_member(_resolve(member, schema), schema) for member in members)


def shapes_of_tools(tools: Iterable[Tool]) -> tuple[Shape, ...]:
    return tuple(Shape(_resolve(tool.schema, tool.schema), tool=tool.name) for tool in tools if tool.is_answer)


def strings(value: object) -> Iterator[str]:
    """All text in a piece of JSON, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(cast(Json, value).values()))
    elif isinstance(value, list):
        for item in cast(list[object], value):
            yield from strings(item)


def _member(member: Json, root: Json) -> Shape:
    kind: Json = member["properties"]["kind"]
    name = kind["const"] if "const" in kind else kind["enum"][0]
    return Shape(_resolve(member["properties"]["data"], root), kind=name)


def _resolve(schema: Json, root: Json) -> Json:
    reference = schema.get("$ref")
    return root["$defs"][reference.rsplit("/", 1)[-1]] if reference else schema


def _numbered(text: str) -> tuple[NumberedSource, ...]:
    known = {int(n): NumberedSource(int(n)) for n in _NUMBER.findall(text)}
    for number, attributes, body in _SOURCE.findall(text):
        title = re.search(r"title=\"([^\"]*)\"", attributes) or re.search(r"<title>(.*?)</title>", body, re.S)
        passage = re.sub(r"<title>.*?</title>|<url>.*?</url>", " ", body, flags=re.S)
        found = NumberedSource(int(number), html.unescape(title[1]).strip() if title else "", _plain(passage))
        if found.passage or not known[found.number].passage:
            known[found.number] = found
    return tuple(known[number] for number in sorted(known))


def _listed(text: str) -> tuple[NumberedSource, ...]:
    titles = {int(number): title for number, title in _LISTED.findall(text)}
    return tuple(NumberedSource(number, titles[number]) for number in sorted(titles))


def _plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
