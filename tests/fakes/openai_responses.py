"""The wire format of OpenAI's Responses API, with its built-in web search.

See https://platform.openai.com/docs/api-reference/responses and .../responses-streaming.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import count

from tests.fakes import openai_chat
from tests.fakes.ask import Ask, Json, Tool, Turn, shapes_of_text, shapes_of_tools, strings
from tests.fakes.reply import Frame, Reply, pieces, shares

_REFUSAL = "I'm sorry, I can't help with that."
_CREATED = 1_767_225_600
_ERROR_CODES = {429: "rate_limit_exceeded"}

error = openai_chat.error
bad_key = openai_chat.bad_key


def read(body: Json, path: str) -> Ask:
    offered: list[Json] = body.get("tools") or []
    tools = tuple(Tool(t["name"], t.get("parameters") or {}) for t in offered if t["type"] == "function")
    text: Json = body.get("text") or {}
    output: Json = text.get("format") or {}
    return Ask(
        provider="openai",
        model=body["model"],
        stream=bool(body.get("stream")),
        system=body.get("instructions") or "",
        turns=tuple(_turns(body["input"])),
        shapes=shapes_of_text(output["schema"]) if "schema" in output else shapes_of_tools(tools),
        tools=tools,
        has_web_search=any(tool["type"].startswith("web_search") for tool in offered),
        input_tokens=len(json.dumps(body)) // 4,
    )


def whole(ask: Ask, reply: Reply) -> Json:
    return _response(ask, reply, _end(reply), list(_output(reply)))


def frames(ask: Ask, reply: Reply, tokens_per_frame: int) -> Iterator[Frame]:
    order = count()

    def event(kind: str, tokens: int = 0, /, **values: object) -> Frame:
        data = json.dumps({"type": kind, "sequence_number": next(order), **values}, ensure_ascii=False)
        return Frame(f"event: {kind}\ndata: {data}\n\n".encode(), tokens)

    begun = _response(ask, reply, "in_progress", [])
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    items = list(_output(reply))
    spoken = [_spoken(item) for item in items]
    for index, (item, text, tokens) in enumerate(zip(items, spoken, shares(spoken, reply.tokens), strict=True)):
        at: Json = {"output_index": index, "item_id": item["id"]}
        yield event("response.output_item.added", output_index=index, item=_opened(item))
        for kind, values in _opening(item):
            yield event(kind, **at, **values)
        for piece, number in pieces(text, tokens, tokens_per_frame):
            yield event(f"{_spoken_kind(item)}.delta", number, **at, **_part_of(item), delta=piece)
        for kind, values in _closing(item):
            yield event(kind, **at, **values)
        yield event("response.output_item.done", output_index=index, item=item)
    end = _end(reply)
    yield event(f"response.{end}", response=_response(ask, reply, end, items))


def error_frame(status: int, message: str | None, ask: Ask) -> Frame:
    code = _ERROR_CODES.get(status, "server_error")
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        failed = _response(ask, Reply(), "failed", []) | {
            "error": {"code": code, "message": message or "Scripted error"}
        }
        data = {"type": "response.failed", "sequence_number": 0, "response": failed}
        return Frame(f"event: response.failed\ndata: {json.dumps(data)}\n\n".encode())
    data = {"type": "error", "code": code, "message": message or f"Scripted {code}", "param": None}
    return Frame(f"event: error\ndata: {json.dumps({**data, 'sequence_number': 0})}\n\n".encode())


def _turns(items: str | list[Json]) -> Iterator[Turn]:
    if isinstance(items, str):
        yield Turn("user", items)
        return
    for item in items:
        if item.get("type") == "function_call_output":
            yield Turn("tool", "\n".join(strings(item["output"])))
        elif item.get("role") in {"user", "assistant"}:
            content: str | list[Json] = item["content"]
            texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
            yield Turn(item["role"], "\n".join(texts))


def _response(ask: Ask, reply: Reply, status: str, output: list[Json]) -> Json:
    reason = "content_filter" if reply.stop == "refusal" else "max_output_tokens"
    return {
        "id": f"resp_{reply.id}",
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": None,
        "model": ask.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None if status == "in_progress" else _usage(ask, reply),
    }


def _usage(ask: Ask, reply: Reply) -> Json:
    return {
        "input_tokens": ask.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": ask.input_tokens + reply.tokens,
    }


def _end(reply: Reply) -> str:
    is_filtered = reply.stop == "refusal" and not openai_chat.is_refused(reply)
    return "incomplete" if reply.stop == "max_tokens" or is_filtered else "completed"


def _output(reply: Reply) -> Iterator[Json]:
    if reply.found:
        action = {"type": "search", "query": reply.query, "queries": [reply.query]}
        yield {"type": "web_search_call", "id": f"ws_{reply.id}", "status": "completed", "action": action}
    if reply.text or openai_chat.is_refused(reply):
        text, citations = openai_chat.cited_text(reply)
        said: Json = {"type": "output_text", "text": text, "annotations": _annotations(citations), "logprobs": []}
        refused: Json = {"type": "refusal", "refusal": _REFUSAL}
        content = refused if openai_chat.is_refused(reply) else said
        message = {"type": "message", "id": f"msg_{reply.id}", "status": _end(reply), "role": "assistant"}
        yield {**message, "content": [content]}
    for number, call in enumerate(reply.calls):
        ids = {"id": f"fc_{reply.id}_{number}", "call_id": f"call_{reply.id}_{number}"}
        made = {"type": "function_call", "name": call.name, "arguments": call.arguments, "status": _end(reply)}
        yield {**made, **ids}


def _annotations(citations: list[Json]) -> list[Json]:
    return [{"type": "url_citation", **citation["url_citation"]} for citation in citations]


def _spoken(item: Json) -> str:
    """The part of an item that is generated token by token."""
    match item["type"]:
        case "message":
            part: Json = item["content"][0]
            return part.get("text") or part.get("refusal") or ""
        case "function_call":
            return item["arguments"]
        case _:
            return ""


def _spoken_kind(item: Json) -> str:
    if item["type"] == "function_call":
        return "response.function_call_arguments"
    return "response.refusal" if item["content"][0]["type"] == "refusal" else "response.output_text"


def _part_of(item: Json) -> Json:
    """Which part of a message an event is about, and what its pieces carry besides."""
    if item["type"] != "message":
        return {}
    is_text = item["content"][0]["type"] == "output_text"
    return {"content_index": 0, "logprobs": []} if is_text else {"content_index": 0}


def _opened(item: Json) -> Json:
    """An item as its stream begins: without what is still to be said."""
    fields: Json = {"message": {"content": []}, "function_call": {"arguments": ""}}
    return {**item, **fields.get(item["type"], {}), "status": "in_progress"}


def _opening(item: Json) -> Iterator[tuple[str, Json]]:
    if item["type"] == "web_search_call":
        for stage in ("in_progress", "searching", "completed"):
            yield f"response.web_search_call.{stage}", {}
    elif item["type"] == "message":
        part: Json = item["content"][0]
        empty: Json = {"text": "", "annotations": []} if part["type"] == "output_text" else {"refusal": ""}
        yield "response.content_part.added", {"content_index": 0, "part": {**part, **empty}}


def _closing(item: Json) -> Iterator[tuple[str, Json]]:
    if item["type"] == "function_call":
        yield f"{_spoken_kind(item)}.done", {"name": item["name"], "arguments": item["arguments"]}
    elif item["type"] == "message":
        part: Json = item["content"][0]
        for index, annotation in enumerate(part.get("annotations", [])):
            values = {"content_index": 0, "annotation_index": index, "annotation": annotation}
            yield "response.output_text.annotation.added", values
        said = {"text": part["text"]} if part["type"] == "output_text" else {"refusal": part["refusal"]}
        yield f"{_spoken_kind(item)}.done", {**_part_of(item), **said}
        yield "response.content_part.done", {"content_index": 0, "part": part}
