"""A first answer of each provider, read from memory before a real one comes.

An SDK builds what reads an answer when the first one is there, for 50 to 150 ms in which nothing else moves on the event
loop: the first turn after a start would be slow, and what a provider has said and is paid for would be kept that much later.
"""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
from pydantic_ai.messages import ModelMessage, ModelRequest
from pydantic_ai.models import ModelRequestParameters, infer_model
from pydantic_ai.providers import Provider, infer_provider_class
from pydantic_ai.settings import ModelSettings

logger = logging.getLogger(__name__)

_Json = dict[str, Any]

# A field that an answer leaves out is one whose reader is not built, so these have all that real ones have.
_CLAUDE: _Json = {
    "id": "msg", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "end_turn", "stop_sequence": None,
    "content": [{"type": "text", "text": "Yes.", "citations": None}], "container": None, "context_management": None,
    "usage": {
        "input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "service_tier": "standard", "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    },
}  # fmt: skip
_CLAUDE_EVENTS: list[_Json] = [
    {"type": "message_start", "message": _CLAUDE | {"content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Yes."}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 1},
    },
    {"type": "message_stop"},
]
_GROUNDED = {
    "webSearchQueries": ["ready"],
    "searchEntryPoint": {"renderedContent": ""},
    "groundingChunks": [{"web": {"uri": "https://example.com", "title": "Yes"}}],
    "groundingSupports": [{"segment": {"endIndex": 4, "text": "Yes."}, "groundingChunkIndices": [0]}],
}
_GEMINI_CONTENT = {"role": "model", "parts": [{"text": "Yes."}]}
_GEMINI: _Json = {
    "candidates": [{"content": _GEMINI_CONTENT, "finishReason": "STOP", "groundingMetadata": _GROUNDED}],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
}
_OPENAI: _Json = {
    "id": "resp", "object": "response", "created_at": 0, "status": "completed", "error": None, "incomplete_details": None,
    "instructions": None, "model": "gpt", "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    "output": [{
        "type": "message", "id": "msg", "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": "Yes.", "annotations": [], "logprobs": []}],
    }],
    "usage": {
        "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2,
    },
}  # fmt: skip
_OPENAI_EVENTS: list[_Json] = [
    {"type": "response.created", "sequence_number": 0, "response": _OPENAI | {"status": "in_progress", "output": []}},
    {"type": "response.completed", "sequence_number": 1, "response": _OPENAI},
]
_awaiting = {"anthropic", "google", "openai"}
"""Providers whose first answer in this process is still to come."""


def rehearse(model_id: str) -> None:
    """Have the model's SDK ready for answers when this returns; at once if it is. For one caller at a time."""
    provider = model_id.partition(":")[0]
    if provider not in _awaiting:
        return
    _awaiting.discard(provider)
    try:
        # In a thread of its own, since the caller's may run an event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _ask(model_id)).result()
    except (
        Exception
    ):  # of an SDK that is not as expected, or of a program that ends: the first answer takes longer, no more
        logger.debug("The first answer of %s could not be prepared", model_id, exc_info=True)


async def _ask(model_id: str) -> None:
    messages: list[ModelMessage] = [ModelRequest.user_text_prompt("Are you ready?")]
    # Without a limit, Claude's SDK streams where nobody asked for it.
    settings = ModelSettings(max_tokens=1_000)
    parameters = ModelRequestParameters()
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(_answer), timeout=60) as client:

        def provider(name: str) -> Provider[Any]:
            kind: Any = infer_provider_class(name)
            return kind(api_key="none", http_client=client)

        model = infer_model(model_id, provider)
        await model.request(messages, settings, parameters)
        async with model.request_stream(messages, settings, parameters) as response:
            async for _ in response:
                pass


def _answer(request: httpx2.Request) -> httpx2.Response:
    path, is_streamed = request.url.path, bool(json.loads(request.content).get("stream"))
    if path.endswith("/messages"):
        return _events(_CLAUDE_EVENTS) if is_streamed else httpx2.Response(200, json=_CLAUDE)
    if path.endswith("/responses"):
        return _events(_OPENAI_EVENTS) if is_streamed else httpx2.Response(200, json=_OPENAI)
    return _events([_GEMINI]) if path.endswith(":streamGenerateContent") else httpx2.Response(200, json=_GEMINI)


def _events(events: list[_Json]) -> httpx2.Response:
    # Gemini's have no name, and its SDK takes none.
    names = (f"event: {event['type']}\n" if "type" in event else "" for event in events)
    sent = (f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, events, strict=True))
    return httpx2.Response(200, text="".join(sent), headers={"content-type": "text/event-stream"})
