"""How long a start takes, and how long a page waits for its turn to go on after a kill -9."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.figures import Figure, seconds
from benchmarks.server import MeasuredServer
from benchmarks.stage import Stage
from tests.chainlit_client import ChainlitClient, opened
from tests.fakes import Scenario

_STARTS = 3
_KILLS = 3
_ENDLESS = Scenario(tokens_per_second=40, report_tokens=2_000, searches=3)
"""Providers that take no time, but for a report that is still being written whenever the server is killed."""
_WRITTEN_CHARACTERS = 400


async def start(stage: Stage) -> list[Figure]:
    """From the start of the process to its first answers; the first start makes the data directory."""
    keyless, with_keys = stage.server(has_keys=False), stage.server(has_keys=True)
    first = await _started(keyless)
    again = [await _started(keyless) for _ in range(_STARTS)]
    keys = [await _started(with_keys) for _ in range(_STARTS)]
    return [
        seconds("no keys, new data directory: process start -> /healthz", [first.healthy], "< 4.5 s"),
        seconds("no keys: process start -> /healthz", [each.healthy for each in again], "< 4.5 s"),
        seconds("no keys: process start -> /readyz", [each.ready for each in again]),
        Figure("no keys: memory then", tuple(each.memory_mb for each in again), "MB"),
        seconds("with keys: process start -> /healthz", [each.healthy for each in keys], "< 4.5 s"),
        seconds("with keys: process start -> /readyz", [each.ready for each in keys]),
    ]


async def restart(stage: Stage) -> list[Figure]:
    """From kill -9 in the middle of a report, with the server started again at once, to what the open page hears."""
    stage.play(_ENDLESS)
    server = stage.server(has_keys=True)
    await asyncio.to_thread(server.start)
    resumed = [await _resumed(stage, server, number) for number in range(_KILLS)]
    await asyncio.to_thread(server.stop)
    return [
        seconds("kill -9 -> /healthz", [each.healthy for each in resumed], "< 4.9 s"),
        seconds("kill -9 -> the model is asked again", [each.asked_again for each in resumed]),
        seconds("kill -9 -> the page is connected and shows the thread", [each.shown for each in resumed]),
        seconds("kill -9 -> the page shows new text", [each.written for each in resumed], "< 7.6 s"),
    ]


@dataclass(frozen=True)
class _Started:
    healthy: float
    ready: float
    memory_mb: float


async def _started(server: MeasuredServer) -> _Started:
    await asyncio.to_thread(server.start)
    assert server.healthy_at is not None
    assert server.ready_at is not None
    memory = server.resident_mb() or 0.0
    server.stop()
    return _Started(server.healthy_at - server.started_at, server.ready_at - server.started_at, memory)


@dataclass(frozen=True)
class _Resumed:
    """Seconds since the kill."""

    healthy: float
    asked_again: float
    shown: float
    written: float


async def _resumed(stage: Stage, server: MeasuredServer, number: int) -> _Resumed:
    async with opened(server.url, server.cookies()) as page:
        message = await page.ask(f"What becomes of a report that is interrupted, case {number}?")
        await page.until_writing(message, _WRITTEN_CHARACTERS)
        stage.providers.clear_log()
        server.kill()
        killed_at = time.monotonic()
        await asyncio.to_thread(server.start)
        written_at = await page.until(lambda: _new_text_at(page, killed_at), "text written after the kill")
        shown_at = page.since_connection("resume_thread")[0].at
        await page.stop()
        await page.until_ended(message)
    asked_again = next(request for request in stage.providers.log("analyst"))
    assert server.healthy_at is not None
    return _Resumed(
        healthy=server.healthy_at - killed_at,
        asked_again=asked_again.at - time.time() + time.monotonic() - killed_at,
        shown=shown_at - killed_at,
        written=written_at - killed_at,
    )


def _new_text_at(page: ChainlitClient, killed_at: float) -> float | None:
    """When a piece was added to the report of the attempt that was begun after the kill."""
    news = [event for event in page.heard if event.at > killed_at]
    shown = next((index for index, event in enumerate(news) if event.name == "resume_thread"), len(news))
    pieces = [event for event in news[shown:] if event.name == "stream_token" and event.data["token"]]
    return pieces[0].at if pieces else None
