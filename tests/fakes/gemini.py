"""The wire format of the Gemini API: generateContent, streamGenerateContent and grounding with Google Search.

See https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/google-search.
"""

import base64
import json
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

from tests.fakes.ask import Ask, Json, Tool, Turn, shapes_of_text, shapes_of_tools, strings
from tests.fakes.reply import Frame, Reply, pieces
from tests.fakes.scenario import SearchAnswer

REDIRECT_PATH = "/grounding-api-redirect/"
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FINISH_REASONS = {
    "end": "STOP",
    "max_tokens": "MAX_TOKENS",
    "refusal": "SAFETY",
    "broken_call": "MALFORMED_FUNCTION_CALL",
}
_NO_ARGUMENTS: Json = {"type": "object", "properties": {}}
# The SDK sends the snake_case name inside an otherwise camelCase body, and the API accepts it.
_SCHEMA_KEYS = ("parametersJsonSchema", "parameters_json_schema", "parameters")


_SNIPPET = """\
<style>
.container {{
  align-items: center;
  display: flex;
}}
@media (prefers-color-scheme: dark) {{
  .chip {{ background-color: #2c2c2c; }}
}}
</style>
<div class="container">
  <div class="headline">
    <svg class="logo-light" width="18" height="18" viewBox="9 9 35 35" fill="none" xmlns="http://www.w3.org/2000/svg">
      <path fill-rule="evenodd" clip-rule="evenodd" d="M42.8622 27.0064" fill="#4285F4"/>
    </svg>
    <div class="gradient-container"><div class="gradient"></div></div>
  </div>
  <div class="carousel">
    <a class="chip" href="{href}">{words}</a>
  </div>
</div>
"""


def read(body: Json, path: str) -> Ask:
    model, _, method = path.rsplit("/", 1)[-1].partition(":")
    tools = tuple(_declared(body))
    config: Json = body.get("generationConfig") or {}
    tool_config: Json = body.get("toolConfig") or {}
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    return Ask(
        provider="google",
        model=model,
        stream=method == "streamGenerateContent",
        system="\n".join(strings(body.get("systemInstruction", {}).get("parts", []))),
        turns=tuple(_turns(body["contents"])),
        shapes=shapes_of_text(schema) if schema else shapes_of_tools(tools),
        tools=tools,
        has_web_search=any("googleSearch" in tool for tool in body.get("tools", [])),
        reports_search_steps=bool(tool_config.get("includeServerSideToolInvocations")),
        input_tokens=len(json.dumps(body)) // 4,
    )


def whole(ask: Ask, reply: Reply) -> Json:
    if reply.stop == "refusal" and not reply.text:
        return _refused(ask, reply)
    parts = [*_steps(ask, reply), *([{"text": reply.text}] if reply.text else []), *_calls(reply)]
    return _response(ask, reply, _candidate(parts, reply), reply.tokens)


def frames(ask: Ask, reply: Reply, tokens_per_frame: int) -> Iterator[Frame]:
    if reply.stop == "refusal" and not reply.text:
        yield _event(_refused(ask, reply))
        return
    if steps := _steps(ask, reply):
        yield _event(_response(ask, reply, _content(steps), 0))
    said = 0
    for piece, count in pieces(reply.text, reply.tokens, tokens_per_frame):
        said += count
        yield _event(_response(ask, reply, _content([{"text": piece}]), said), count)
    last = _candidate(_calls(reply) or ([{"text": ""}] if reply.text else []), reply)
    # A function call comes whole in one chunk: its tokens pass unseen before it.
    yield _event(_response(ask, reply, last, reply.tokens), reply.tokens - said)


def error(status: int, message: str | None, ask: Ask) -> Json:
    known = {
        404: f"models/{ask.model} is not found for API version v1beta, or is not supported for generateContent.",
        503: "The model is overloaded. Please try again later.",
    }
    name = _STATUSES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message or known.get(status, f"Scripted {name}"), "status": name}}


def with_retry_delay(body: Json, delay: str) -> Json:
    """The error with the wait that it asks for, which Gemini sends in the body and not as a header."""
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    return {"error": {**body["error"], "details": [info]}}


def bad_key(ask: Ask) -> tuple[int, Json]:
    body = error(400, "API key not valid. Please pass a valid API key.", ask)
    reason = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return 400, {"error": {**body["error"], "details": [reason]}}


def error_frame(status: int, message: str | None, ask: Ask) -> Frame:
    return _event(error(status, message, ask))


def redirect_target(token: str) -> str:
    return base64.urlsafe_b64decode(token.encode()).decode()


def _declared(body: Json) -> Iterator[Tool]:
    for tool in body.get("tools", []):
        for function in tool.get("functionDeclarations", []):
            schema: Json = next((function[key] for key in _SCHEMA_KEYS if key in function), _NO_ARGUMENTS)
            yield Tool(function["name"], schema)


def _turns(contents: list[Json]) -> Iterator[Turn]:
    for content in contents:
        parts: list[Json] = content.get("parts", [])
        results = [part["functionResponse"].get("response") for part in parts if "functionResponse" in part]
        if results:
            yield Turn("tool", "\n".join(strings(results)))
        text = "\n".join(part["text"] for part in parts if "text" in part)
        if text or not results:
            yield Turn("assistant" if content.get("role") == "model" else "user", text)


def _content(parts: list[Json]) -> Json:
    return {"content": {"role": "model", "parts": parts}, "index": 0}


def _candidate(parts: list[Json], reply: Reply) -> Json:
    finish: Json = {"finishReason": _FINISH_REASONS[reply.stop], "index": 0}
    grounding = {"groundingMetadata": _grounding(reply, reply.found)} if reply.found else {}
    return {**_content(parts), **finish, **grounding} if parts else finish


def _calls(reply: Reply) -> list[Json]:
    if reply.stop != "end":
        return []
    return [
        {"functionCall": {"id": f"call_{reply.id}_{i}", "name": call.name, "args": call.parsed}}
        for i, call in enumerate(reply.calls)
    ]


def _steps(ask: Ask, reply: Reply) -> list[Json]:
    """The search as parts of the answer, which the request has to ask for."""
    if not reply.found or not ask.reports_search_steps:
        return []
    step: Json = {"id": f"search_{reply.id}", "toolType": "GOOGLE_SEARCH_WEB"}
    return [
        {"toolCall": {**step, "args": {"queries": [reply.query]}}},
        {"toolResponse": {**step, "response": {"search_suggestions": _suggestions(reply.query)}}},
    ]


def _grounding(reply: Reply, found: SearchAnswer) -> Json:
    grounding: Json = {
        "webSearchQueries": [reply.query],
        "searchEntryPoint": {"renderedContent": _suggestions(reply.query)},
    }
    if found.sources:
        grounding["groundingChunks"] = [
            {"web": {"uri": _uri(source.url, reply.redirect_base), "title": urlsplit(source.url).hostname}}
            for source in found.sources
        ]
        grounding["groundingSupports"] = list(_supports(found))
    return grounding


def _supports(found: SearchAnswer) -> Iterator[Json]:
    """Where in the text each supported sentence stands, in bytes of UTF-8."""
    position = 0
    for sentence in found.sentences:
        end = position + len(sentence.text.encode())
        if sentence.sources:
            segment: Json = {"startIndex": position, "endIndex": end, "text": sentence.text}
            if position == 0:
                del segment["startIndex"]  # protobuf JSON leaves zeros out
            yield {"segment": segment, "groundingChunkIndices": list(sentence.sources)}
        position = end + 1


def _uri(url: str, redirect_base: str | None) -> str:
    if redirect_base is None:
        return url
    return redirect_base + REDIRECT_PATH + base64.urlsafe_b64encode(url.encode()).decode()


def _suggestions(query: str) -> str:
    """Google's snippet as it is sent, with shorter styles: a chip leads to its search through an expiring redirect."""
    token = base64.urlsafe_b64encode(query.encode()).decode()
    return _SNIPPET.format(href=f"https://vertexaisearch.cloud.google.com{REDIRECT_PATH}{token}", words=escape(query))


def _response(ask: Ask, reply: Reply, candidate: Json, tokens: int) -> Json:
    usage = {"promptTokenCount": ask.input_tokens, "candidatesTokenCount": tokens}
    return {
        "candidates": [candidate],
        "usageMetadata": {**usage, "totalTokenCount": ask.input_tokens + tokens},
        "modelVersion": ask.model,
        "responseId": f"response_{reply.id}",
    }


def _refused(ask: Ask, reply: Reply) -> Json:
    response = _response(ask, reply, {}, 0)
    return {**{k: v for k, v in response.items() if k != "candidates"}, "promptFeedback": {"blockReason": "SAFETY"}}


def _event(body: Json, tokens: int = 0) -> Frame:
    return Frame(f"data: {json.dumps(body, ensure_ascii=False)}\r\n\r\n".encode(), tokens)
