"""The wire format of Anthropic's Messages API.

See https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming.
"""

import base64
import json
from collections.abc import Iterator

from tests.fakes.ask import Ask, Json, Shape, Tool, Turn, shapes_of_text, shapes_of_tools, strings
from tests.fakes.reply import Frame, Reply, pieces, shares
from tests.fakes.scenario import FoundSource, Sentence

_STOP_REASONS = {"max_tokens": "max_tokens", "refusal": "refusal"}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_REFUSED = {"type": "refusal", "category": "general_harms", "explanation": "Scripted refusal."}


def read(body: Json, path: str) -> Ask:
    web_search = next((t for t in body.get("tools", []) if str(t.get("type", "")).startswith("web_search_")), None)
    tools = tuple(Tool(t["name"], t["input_schema"]) for t in body.get("tools", []) if "input_schema" in t)
    config: Json = body.get("output_config") or {}
    output: Json = config.get("format") or {}
    shapes: tuple[Shape, ...] = shapes_of_text(output["schema"]) if output else shapes_of_tools(tools)
    return Ask(
        provider="anthropic",
        model=body["model"],
        stream=bool(body.get("stream")),
        system="\n".join(strings([block.get("text") for block in _blocks(body.get("system", ""))])),
        turns=tuple(_turns(body["messages"])),
        shapes=shapes,
        tools=tools,
        has_web_search=web_search is not None,
        # Newer versions call the search from code, and what is read there is never cited.
        cites_search=web_search is None
        or web_search["type"] == "web_search_20250305"
        or "direct" in (web_search.get("allowed_callers") or ()),
        input_tokens=len(json.dumps(body)) // 4,
    )


def whole(ask: Ask, reply: Reply) -> Json:
    return {
        **_message(ask, reply),
        "content": [_bare(block) for block in _content(ask, reply)],
        "stop_reason": _stop_reason(reply),
        **_stop_details(reply),
        "usage": {**_usage(ask, reply), "output_tokens": reply.tokens},
    }


def frames(ask: Ask, reply: Reply, tokens_per_frame: int) -> Iterator[Frame]:
    yield _event("message_start", message={**_message(ask, reply), "usage": {**_usage(ask, None), "output_tokens": 1}})
    yield _event("ping")
    blocks = list(_content(ask, reply))
    spoken = [_spoken(block) for block in blocks]
    for index, (block, text, tokens) in enumerate(zip(blocks, spoken, shares(spoken, reply.tokens), strict=True)):
        yield _event("content_block_start", index=index, content_block=_opened(block))
        for piece, count in pieces(text, tokens, tokens_per_frame):
            yield _event("content_block_delta", count, index=index, delta=_delta(block, piece))
        for citation in block.get("citations") or ():
            yield _event("content_block_delta", index=index, delta={"type": "citations_delta", "citation": citation})
        yield _event("content_block_stop", index=index)
    delta = {"stop_reason": _stop_reason(reply), "stop_sequence": None, **_stop_details(reply)}
    yield _event("message_delta", delta=delta, usage={**_usage(ask, reply), "output_tokens": reply.tokens})
    yield _event("message_stop")


def error(status: int, message: str | None, ask: Ask) -> Json:
    kind = _ERROR_TYPES.get(status, "api_error")
    known = {401: "invalid x-api-key", 404: f"model: {ask.model}", 529: "Overloaded"}
    text = message or known.get(status, f"Scripted {kind}")
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_scripted"}


def bad_key(ask: Ask) -> tuple[int, Json]:
    return 401, error(401, None, ask)


def error_frame(status: int, message: str | None, ask: Ask) -> Frame:
    return _event("error", **{k: v for k, v in error(status, message, ask).items() if k != "type"})


def heartbeat() -> Frame:
    """What the real one sends while it has nothing to say."""
    return _event("ping")


def _blocks(content: object) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)  # type: ignore[arg-type]


def _turns(messages: list[Json]) -> Iterator[Turn]:
    for message in messages:
        speaker = message["role"]
        blocks = _blocks(message["content"])
        results = [block for block in blocks if block["type"] == "tool_result"]
        if results:
            yield Turn("tool", "\n".join(strings([block.get("content") for block in results])))
        text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        if text or not results:
            yield Turn(speaker, text)


def _message(ask: Ask, reply: Reply) -> Json:
    return {
        "id": f"msg_{reply.id}",
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(ask: Ask, reply: Reply | None) -> Json:
    usage: Json = {"input_tokens": ask.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    if reply and reply.found:
        usage["server_tool_use"] = {"web_search_requests": 1, "web_fetch_requests": 0}
    return usage


def _stop_reason(reply: Reply) -> str:
    return _STOP_REASONS.get(reply.stop) or ("tool_use" if reply.calls else "end_turn")


def _stop_details(reply: Reply) -> Json:
    return {"stop_details": _REFUSED} if reply.stop == "refusal" else {}


def _content(ask: Ask, reply: Reply) -> Iterator[Json]:
    if reply.found:
        yield from _searched(reply, reply.found.sources)
        for sentence in reply.found.sentences:
            yield _cited(ask, sentence, reply.found.sources)
    elif reply.text:
        yield {"type": "text", "text": reply.text, "citations": None}
    for number, call in enumerate(reply.calls):
        yield {
            "type": "tool_use",
            "id": f"toolu_{reply.id}_{number}",
            "name": call.name,
            "input": call.parsed,
            "_json": call.arguments,
        }


def _searched(reply: Reply, sources: tuple[FoundSource, ...]) -> Iterator[Json]:
    yield {
        "type": "server_tool_use",
        "id": f"srvtoolu_{reply.id}",
        "name": "web_search",
        "input": {"query": reply.query},
    }
    yield {
        "type": "web_search_tool_result",
        "tool_use_id": f"srvtoolu_{reply.id}",
        "content": [
            {
                "type": "web_search_result",
                "url": source.url,
                "title": source.title,
                "encrypted_content": _sealed(source.passage),
                "page_age": None,
            }
            for source in sources
        ],
    }


def _cited(ask: Ask, sentence: Sentence, sources: tuple[FoundSource, ...]) -> Json:
    citations = [
        {
            "type": "web_search_result_location",
            "url": sources[i].url,
            "title": sources[i].title,
            "encrypted_index": _sealed(str(i)),
            "cited_text": sources[i].passage[:150],
        }
        for i in sentence.sources
    ]
    is_cited = citations and ask.cites_search
    return {"type": "text", "text": f"{sentence.text} ", "citations": citations if is_cited else None}


def _sealed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _bare(block: Json) -> Json:
    return {name: value for name, value in block.items() if name != "_json"}


def _spoken(block: Json) -> str:
    """The part of a block that is generated token by token."""
    match block["type"]:
        case "text":
            return block["text"]
        case "tool_use":
            return block["_json"]
        case "server_tool_use":
            return json.dumps(block["input"])
        case _:
            return ""


def _opened(block: Json) -> Json:
    """A block as its stream begins: empty, except for results, which come whole."""
    match block["type"]:
        case "text":
            return {"type": "text", "text": "", "citations": None}
        case "tool_use" | "server_tool_use":
            return {**_bare(block), "input": {}}
        case _:
            return block


def _delta(block: Json, piece: str) -> Json:
    if block["type"] == "text":
        return {"type": "text_delta", "text": piece}
    return {"type": "input_json_delta", "partial_json": piece}


def _event(kind: str, tokens: int = 0, /, **values: object) -> Frame:
    data = json.dumps({"type": kind, **values}, ensure_ascii=False)
    return Frame(f"event: {kind}\ndata: {data}\n\n".encode(), tokens)
