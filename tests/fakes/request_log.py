"""The requests a server got: what each asked for, and how it ended. Holds no headers, so no keys."""

import time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tests.fakes.ask import Ask
from tests.fakes.scenario import FaultKind, Provider, Role

Outcome = Literal["running", "finished", "disconnected", "dropped"]


class LoggedRequest(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """From 1, in the order of arrival, also across a clearing of the log."""
    at: float
    """Unix time of the request."""
    provider: Provider
    role: Role
    model: str
    path: str
    stream: bool
    question: str
    """The question or query that was found in the prompt."""
    body: dict[str, Any]
    status: int | None = None
    """None until an answer begins."""
    fault: FaultKind | None = None
    first_byte_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome = "running"
    """`disconnected`: the client went before the end; `dropped`: the server closed the connection, as scripted."""
    tokens_sent: int = 0


class RequestLog:
    def __init__(self) -> None:
        self.requests: list[LoggedRequest] = []
        self._count = 0

    def begin(self, ask: Ask, path: str, body: dict[str, Any], fault: FaultKind | None) -> LoggedRequest:
        self._count += 1
        logged = LoggedRequest(
            number=self._count,
            at=time.time(),
            provider=ask.provider,
            role=ask.role,
            model=ask.model,
            path=path,
            stream=ask.stream,
            question=ask.query if ask.role == "search" else ask.questions[-1],
            body=body,
            fault=fault,
        )
        self.requests.append(logged)
        return logged

    def clear(self) -> None:
        self.requests = []
