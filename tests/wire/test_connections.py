"""How providers are connected to, with servers that speak HTTP word for word."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, TextPart
from pydantic_ai.models import Model, ModelRequestParameters

from chat_app.agents import models
from chat_app.agents.failures import failure_of, is_retryable
from chat_app.agents.models import REQUEST_SETTINGS, model_of

pytestmark = pytest.mark.provider_wire

CLAUDE, OTHER_CLAUDE = "anthropic:claude-sonnet-5-5", "anthropic:claude-sonnet-4-6"
EVENTS = (
    {
        "type": "message_start",
        "message": {
            "id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Blue "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "light."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)  # fmt: skip
BODY = b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in EVENTS)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"


class Server:
    """Answers each request with the same bytes and closes the connection."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.requests: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.splitlines() if line.lower().startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        self.requests.append(head.splitlines()[0])
        writer.write(self._answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def answering(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Server]:
    server = Server(answer)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{port}")
        try:
            yield server
        finally:
            await models.close()


async def written(model: Model) -> str:
    messages: list[ModelMessage] = [ModelRequest.user_text_prompt("Why is the sky blue?")]
    async with model, model.request_stream(messages, REQUEST_SETTINGS, ModelRequestParameters()) as response:
        async for _ in response:
            pass
        return "".join(part.content for part in response.get().parts if isinstance(part, TextPart))


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"\r\n" + BODY,
        HEAD + f"Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY,
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY),
        b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"\r\n" + BODY,
    ],
    ids=["to the end", "with its length", "packed", "after an interim answer"],
)
async def test_an_answer_is_read_however_it_is_sent(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(answer, monkeypatch):
        assert await written(model_of(CLAUDE)) == "Blue light."


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            HEAD + b"Content-Length: 99999\r\n\r\n" + BODY[:-40],
            "could not be reached (the connection broke off); check",
        ),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n" + BODY[:-40],
            "could not be reached (the connection broke off)",
        ),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + BODY, "sent an answer that broke off or could not be read"),
        (b"220 mail.example ESMTP\r\n\r\n", "could not be reached"),
        (b"", "could not be reached"),
    ],
    ids=["too short", "cut in a piece", "packed otherwise", "no HTTP", "nothing"],
)
async def test_an_answer_that_breaks_off_is_a_failure_to_be_tried_again(
    answer: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(answer, monkeypatch) as server:
        with pytest.raises(Exception) as raised:  # noqa: PT011 -- which, the two assertions say
            await written(model_of(CLAUDE))
        assert is_retryable(raised.value)
        assert message in failure_of(raised.value).message
        assert len(server.requests) == 1


async def test_no_key_follows_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    redirect = b"HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with answering(redirect, monkeypatch) as server:
        with pytest.raises(Exception, match="307"):
            await written(model_of(CLAUDE))
        assert [line for line in server.requests if "elsewhere" in line] == []


async def test_closed_connections_are_made_anew_for_the_next_model(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(HEAD + b"\r\n" + BODY, monkeypatch) as server:
        for model in (CLAUDE, OTHER_CLAUDE, CLAUDE):
            assert await written(model_of(model)) == "Blue light."
            await models.close()
        assert len(server.requests) == 3
