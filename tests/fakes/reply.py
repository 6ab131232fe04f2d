"""The answer to a request, before a provider's wire format gives it its form."""

import json
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Literal

from tests.fakes import screenplay
from tests.fakes.ask import Ask, Json, Shape
from tests.fakes.scenario import Fault, Scenario, SearchAnswer

Stop = Literal["end", "max_tokens", "refusal", "broken_call"]

_CHARACTERS_PER_TOKEN = 4
_UNKNOWN_SOURCE = 97


@dataclass(frozen=True)
class Call:
    """A function call. `arguments` is JSON, unless the answer was cut inside it."""

    name: str
    arguments: str

    @property
    def parsed(self) -> Json:
        """The arguments; those of a cut call are lost, as with the providers."""
        try:
            return json.loads(self.arguments)
        except ValueError:
            return {}


@dataclass(frozen=True)
class Reply:
    id: str = ""
    """Distinguishes this answer from the server's others."""
    text: str = ""
    calls: tuple[Call, ...] = ()
    query: str = ""
    found: SearchAnswer | None = None
    """What a web search by the provider found; the text is then made of its sentences."""
    stop: Stop = "end"
    tokens: int = 1
    latency: float = 0.0
    """Seconds before the first byte."""
    redirect_base: str | None = None
    """The server through which links to sources lead, if they are not direct."""


@dataclass(frozen=True)
class Frame:
    """Bytes of a stream that are sent together, `tokens` of the answer among them."""

    data: bytes
    tokens: int = 0


class UnfitRequest(Exception):
    """The request asks for something that no scenario describes."""


def reply_to(ask: Ask, scenario: Scenario, fault: Fault | None = None) -> Reply:
    """What the scenario says to this request. A fault of content shapes it; other faults strike when it is sent."""
    if ask.role == "planner":
        reply = _decision(ask, scenario)
    elif ask.role == "search":
        reply = _search(ask, scenario)
    else:
        reply = _analysis(ask, scenario)
    return _spoiled(reply, fault) if fault else reply


def shares(texts: Sequence[str], tokens: int) -> list[int]:
    """How many of the tokens fall to each text, by length."""
    lengths = [0, *accumulate(len(text) for text in texts)]
    total = lengths[-1] or 1
    return [round(end * tokens / total) - round(start * tokens / total) for start, end in pairwise(lengths)]


def pieces(text: str, tokens: int, tokens_per_frame: int) -> Iterator[tuple[str, int]]:
    """The text cut into frames of equal numbers of tokens, each with that number."""
    if not text:
        return
    tokens = max(tokens, 1)
    for start in range(0, tokens, tokens_per_frame):
        end = min(start + tokens_per_frame, tokens)
        yield text[start * len(text) // tokens : end * len(text) // tokens], end - start


def _decision(ask: Ask, scenario: Scenario) -> Reply:
    if any(shape.properties.keys() == {"searches"} for shape in ask.shapes):
        return _gaps(ask.shapes[0], scenario)
    properties = {"plan": "searches", "answer": "text", "clarify": "questions"}
    shape = next((s for s in ask.shapes if properties[scenario.decision] in s.properties), None)
    if shape is None:
        raise UnfitRequest(f"No structure of this request can hold the scripted decision {scenario.decision!r}.")
    match scenario.decision:
        case "plan":
            count = min(scenario.searches, ask.search_limit)
            searches = scenario.plan or screenplay.planned_searches(ask.questions, count)
            values = screenplay.plan(ask.questions, searches, scenario.summary)
        case "answer":
            values = {"text": scenario.answer} if scenario.answer else screenplay.direct_answer(ask.sources)
        case "clarify":
            values = screenplay.clarification(ask.questions)
    return _structured(shape, _filled(shape, values), scenario)


def _gaps(shape: Shape, scenario: Scenario) -> Reply:
    return _structured(shape, _filled(shape, {"searches": [s.model_dump() for s in scenario.gaps]}), scenario)


def _structured(shape: Shape, answer: str, scenario: Scenario) -> Reply:
    tokens = scenario.plan_tokens or _tokens(answer)
    if shape.tool:
        return Reply(calls=(Call(shape.tool, answer),), tokens=tokens, latency=scenario.latency)
    return Reply(text=answer, tokens=tokens, latency=scenario.latency)


def _filled(shape: Shape, values: Json) -> str:
    known = {name: value for name, value in values.items() if name in shape.properties}
    return json.dumps({"result": {"kind": shape.kind, "data": known}} if shape.kind else known, ensure_ascii=False)


def _search(ask: Ask, scenario: Scenario) -> Reply:
    query = ask.query
    scripted = (a for a in scenario.answers if a.containing.lower() in query.lower())
    found = next(scripted, None) or screenplay.search_answer(query)
    # The spread is fixed by the words of the query, so that a run can be repeated exactly.
    spread = scenario.search_spread * (zlib.crc32(query.encode()) % 1000) / 1000
    text = " ".join(sentence.text for sentence in found.sentences)
    return Reply(
        text=text,
        query=query,
        found=found,
        tokens=scenario.search_tokens or _tokens(text),
        latency=scenario.latency + scenario.search_latency + spread,
    )


def _analysis(ask: Ask, scenario: Scenario) -> Reply:
    tool = next((t for t in ask.tools if t.name == "extra_search"), None)
    if tool and scenario.extra_searches and not ask.has_tool_results:
        others = dict.fromkeys(tool.schema.get("required", []), "Something the findings lack")
        calls = tuple(Call(tool.name, json.dumps({**others, "query": query})) for query in scenario.extra_searches)
        return Reply(calls=calls, tokens=sum(_tokens(c.arguments) for c in calls), latency=scenario.latency)
    text = screenplay.report(ask.questions, ask.sources) if scenario.report is None else scenario.report
    text += screenplay.follow_ups(ask.questions, scenario.follow_ups)
    return Reply(text=text, tokens=scenario.report_tokens or _tokens(text), latency=scenario.latency)


def _spoiled(reply: Reply, fault: Fault) -> Reply:
    match fault.kind:
        case "empty":
            return replace(reply, text="", calls=(), found=None, tokens=0)
        case "refusal":
            return replace(reply, text="", calls=(), found=None, tokens=0, stop="refusal")
        case "max_tokens":
            return _cut(reply, fault.after)
        case "refusal_midway":
            return replace(_cut(reply, fault.after), stop="refusal")
        case "broken_call":
            return replace(reply, text="", calls=(), found=None, tokens=0, stop="broken_call")
        case "invalid":
            wrong = json.dumps({"summary": 7, "searches": []})
            calls = tuple(replace(call, arguments=wrong) for call in reply.calls)
            return replace(reply, calls=calls, text=_wrong_text(reply.text))
        case _:
            return reply


def _wrong_text(text: str) -> str:
    if text.startswith("{"):
        return json.dumps({"summary": 7, "searches": []})
    return f"{text} This sentence cites a source that was never found [{_UNKNOWN_SOURCE}]." if text else ""


def _cut(reply: Reply, share: float) -> Reply:
    text = reply.text[: int(len(reply.text) * share)]
    calls = tuple(replace(c, arguments=c.arguments[: int(len(c.arguments) * share)]) for c in reply.calls)
    found = reply.found
    if found:
        sentences = found.sentences[: int(len(found.sentences) * share)]
        found, text = found.model_copy(update={"sentences": sentences}), " ".join(s.text for s in sentences)
    return replace(reply, text=text, calls=calls, found=found, stop="max_tokens", tokens=round(reply.tokens * share))


def _tokens(text: str) -> int:
    return max(1, math.ceil(len(text) / _CHARACTERS_PER_TOKEN))
