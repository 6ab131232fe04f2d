"""One turn on one connected page, with the times at which the page hears of it."""

import re
import time
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.server import MeasuredServer
from tests.chainlit_client import ChainlitClient, Heard, opened
from tests.fakes import LoggedRequest

# What the page gets in place of the model's own characters: a link for a citation, an escape for a colon.
_LINK = re.compile(r"\[\\\[(\d+)\\\]\]\([^)]*\)")


@dataclass(frozen=True)
class TimedTurn:
    """Times are those of the monotonic clock, when the page heard of it."""

    question: str
    asked_at: float
    first_step_at: float
    ended_at: float
    end: str
    text: tuple[tuple[float, int], ...]
    """When a piece of the report came, and how many of the model's characters the page has had by then."""

    @property
    def wall(self) -> float:
        return self.ended_at - self.asked_at

    @property
    def to_first_step(self) -> float:
        return self.first_step_at - self.asked_at

    @property
    def to_first_text(self) -> float:
        return self.text[0][0] - self.asked_at


async def ask(server: MeasuredServer, question: str) -> TimedTurn:
    """Ask on a new page. The time to connect it is not part of any figure."""
    async with opened(server.url, server.cookies()) as page:
        return await ask_on(page, question)


async def ask_on(page: ChainlitClient, question: str) -> TimedTurn:
    asked_at = time.monotonic()
    message = await page.ask(question)
    turn = await page.until_ended(message)
    ended_at = time.monotonic()
    heard = [event for event in page.heard if event.at >= asked_at]
    return TimedTurn(
        question=question,
        asked_at=asked_at,
        first_step_at=next(event.at for event in heard if _is_phase(event)),
        ended_at=ended_at,
        end=turn.end or "",
        text=tuple(_growth(heard)),
    )


def provider_seconds(requests: list[LoggedRequest]) -> float:
    """For how long at least one of the requests was under way: what a turn would take if the program took no time."""
    spans = sorted((request.at, request.ended_at or request.at) for request in requests)
    total, reached = 0.0, 0.0
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def token_delays(turn: TimedTurn, writing: LoggedRequest, tokens_per_second: float) -> list[float]:
    """For each token of the report: how long after the moment at which it was due to be sent the page had it.

    The provider's lateness counts as ours, so the true delay is no longer than this.
    """
    to_monotonic = time.monotonic() - time.time()
    began_at = (writing.first_byte_at or writing.at) + to_monotonic
    length = turn.text[-1][1]
    delays: list[float] = []
    for token in range(writing.tokens_sent):
        needed = (token + 1) * length // writing.tokens_sent
        came_at = next((at for at, characters in turn.text if characters >= needed), turn.ended_at)
        delays.append(came_at - began_at - token / tokens_per_second)
    return delays


def gaps(turn: TimedTurn) -> list[float]:
    """Between one piece of the report and the next."""
    return [later - earlier for (earlier, _), (later, _) in pairwise(turn.text)]


def _is_phase(event: Heard) -> bool:
    return event.name == "new_message" and "phase" in (event.data.get("metadata") or {})


def _growth(heard: list[Heard]) -> list[tuple[float, int]]:
    """The report as it grows on the page, by time."""
    text, grown = "", list[tuple[float, int]]()
    for event in heard:
        if event.name == "stream_start":
            text = event.data["output"]
        elif event.name == "stream_token":
            text = event.data["token"] if event.data["isSequence"] else text + event.data["token"]
        elif event.name == "new_message" and _is_answer(event):
            text = event.data["output"]
        else:
            continue
        if length := len(_LINK.sub(r"[\1]", text).replace("\\:", ":")):
            grown.append((event.at, length))
    return grown


def _is_answer(event: Heard) -> bool:
    return event.data.get("type") == "assistant_message" and "end" not in event.data.get("metadata", {})
