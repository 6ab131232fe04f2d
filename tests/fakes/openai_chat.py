"""The wire format of OpenAI's chat completions, which Ollama and others speak too.

See https://platform.openai.com/docs/api-reference/chat.
"""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.fakes.ask import Ask, Json, Tool, Turn, shapes_of_text, shapes_of_tools
from tests.fakes.reply import Frame, Reply, pieces, shares

_FINISH_REASONS = {"max_tokens": "length", "refusal": "stop"}
_ERRORS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
_REFUSAL = "I'm sorry, I can't help with that."
# A constant, so that two runs of a scenario give the same bytes.
_CREATED = 1_767_225_600


def read(body: Json, path: str) -> Ask:
    offered: list[Json] = body.get("tools") or []
    functions = [tool["function"] for tool in offered if tool.get("type") == "function"]
    tools = tuple(Tool(function["name"], function.get("parameters") or {}) for function in functions)
    output: Json = body.get("response_format") or {}
    messages: list[Json] = body["messages"]
    return Ask(
        provider="openai",
        model=body["model"],
        stream=bool(body.get("stream")),
        system="\n".join(_text(m) for m in messages if m["role"] in {"system", "developer"}),
        turns=tuple(Turn(m["role"], _text(m)) for m in messages if m["role"] in {"user", "assistant", "tool"}),
        shapes=shapes_of_text(output["json_schema"]["schema"]) if "json_schema" in output else shapes_of_tools(tools),
        tools=tools,
        has_web_search="web_search_options" in body,
        input_tokens=len(json.dumps(body)) // 4,
    )


def whole(ask: Ask, reply: Reply) -> Json:
    text, annotations = cited_text(reply)
    message: Json = {"role": "assistant", "content": text or None, "refusal": None}
    if is_refused(reply):
        message["refusal"] = _REFUSAL
    if reply.calls:
        message["tool_calls"] = list(_calls(reply))
    if annotations:
        message["annotations"] = annotations
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(reply)}
    return {**_envelope(ask, reply, "chat.completion"), "choices": [choice], "usage": _usage(ask, reply)}


def frames(ask: Ask, reply: Reply, tokens_per_frame: int) -> Iterator[Frame]:
    yield _chunk(ask, reply, {"role": "assistant", "content": "" if reply.text else None, "refusal": None})
    if is_refused(reply):
        yield _chunk(ask, reply, {"refusal": _REFUSAL})
    text, annotations = cited_text(reply)
    spoken = [text, *(call.arguments for call in reply.calls)]
    text_tokens, *call_tokens = shares(spoken, reply.tokens)
    for piece, count in pieces(text, text_tokens, tokens_per_frame):
        yield _chunk(ask, reply, {"content": piece}, tokens=count)
    for index, (call, tokens) in enumerate(zip(_calls(reply), call_tokens, strict=True)):
        opened = {**call, "index": index, "function": {"name": call["function"]["name"], "arguments": ""}}
        yield _chunk(ask, reply, {"tool_calls": [opened]})
        for piece, count in pieces(call["function"]["arguments"], tokens, tokens_per_frame):
            yield _chunk(ask, reply, {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, tokens=count)
    if annotations:
        yield _chunk(ask, reply, {"annotations": annotations})
    yield _chunk(ask, reply, {}, finish_reason=_finish_reason(reply))
    yield _event({**_envelope(ask, reply, "chat.completion.chunk"), "choices": [], "usage": _usage(ask, reply)})
    yield Frame(b"data: [DONE]\n\n")


def error(status: int, message: str | None, ask: Ask) -> Json:
    kind, code = _ERRORS.get(status, ("server_error", None))
    known = {
        401: "Incorrect API key provided: scripted.",
        404: f"The model `{ask.model}` does not exist or you do not have access to it.",
    }
    text = message or known.get(status, f"Scripted {kind}")
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def bad_key(ask: Ask) -> tuple[int, Json]:
    return 401, error(401, None, ask)


def error_frame(status: int, message: str | None, ask: Ask) -> Frame:
    return _event(error(status, message, ask))


def is_refused(reply: Reply) -> bool:
    """Whether the model says that it refuses; in the middle of an answer a filter stops it instead."""
    return reply.stop == "refusal" and not reply.text and not reply.calls


def cited_text(reply: Reply) -> tuple[str, list[Json]]:
    """The text with a Markdown link after each supported sentence, and the annotations that mark these links."""
    if not reply.found:
        return reply.text, []
    text, annotations = "", list[Json]()
    for sentence in reply.found.sentences:
        text += f"{' ' if text else ''}{sentence.text}"
        for source in (reply.found.sources[i] for i in sentence.sources):
            marker = f" ([{urlsplit(source.url).hostname}]({source.url}))"
            where = {"start_index": len(text) + 1, "end_index": len(text) + len(marker)}
            text += marker
            citation = {**where, "url": source.url, "title": source.title}
            annotations.append({"type": "url_citation", "url_citation": citation})
    return text, annotations


def _text(message: Json) -> str:
    content: str | list[Json] | None = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or () if part.get("type") == "text")


def _calls(reply: Reply) -> Iterator[Json]:
    for number, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": call.arguments}
        yield {"id": f"call_{reply.id}_{number}", "type": "function", "function": function}


def _finish_reason(reply: Reply) -> str:
    if reply.stop == "refusal" and not is_refused(reply):
        return "content_filter"
    return _FINISH_REASONS.get(reply.stop) or ("tool_calls" if reply.calls else "stop")


def _usage(ask: Ask, reply: Reply) -> Json:
    return {
        "prompt_tokens": ask.input_tokens,
        "completion_tokens": reply.tokens,
        "total_tokens": ask.input_tokens + reply.tokens,
    }


def _envelope(ask: Ask, reply: Reply, kind: str) -> Json:
    return {"id": f"chatcmpl-{reply.id}", "object": kind, "created": _CREATED, "model": ask.model}


def _chunk(ask: Ask, reply: Reply, delta: Json, *, tokens: int = 0, finish_reason: str | None = None) -> Frame:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _event({**_envelope(ask, reply, "chat.completion.chunk"), "choices": [choice]}, tokens)


def _event(body: Json, tokens: int = 0) -> Frame:
    return Frame(f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode(), tokens)
