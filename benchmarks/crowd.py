"""Turns at once, at human pace: how late their tokens come, what they cost, and whether the server still answers."""

import asyncio
from contextlib import nullcontext

from benchmarks.figures import Figure, milliseconds, percentiles, seconds
from benchmarks.stage import Stage
from benchmarks.turns import TimedTurn, ask, provider_seconds, token_delays
from tests.fakes import HUMAN_PACE, LoggedRequest, Scenario

_TOKENS_PER_SECOND = 40.0
# Without questions to ask next, whose tokens come after the text and not onto the page.
_PACE = HUMAN_PACE.model_copy(
    update={"tokens_per_second": _TOKENS_PER_SECOND, "report_tokens": 400, "search_spread": 2.0, "follow_ups": ()}
)


async def alone(stage: Stage) -> list[Figure]:
    """Without asking /healthz all the while, which would be a third of the processor time of the one turn."""
    return await _crowd(stage, 1, delay_target="< 30 ms", has_pulse=False)


async def twenty(stage: Stage) -> list[Figure]:
    return await _crowd(stage, 20, delay_target="< 120 ms")


async def fifty(stage: Stage) -> list[Figure]:
    return await _crowd(stage, 50)


async def _crowd(stage: Stage, count: int, delay_target: str = "", *, has_pulse: bool = True) -> list[Figure]:
    stage.play(Scenario())
    await ask(stage.scripted, "Are the providers' libraries loaded?")
    stage.play(_PACE)
    server = stage.scripted
    # In marks of one length, so that none of them is part of another.
    marks = [f"lake{number:03}" for number in range(count)]
    before = server.cpu_seconds() or 0.0
    with server.pulse_felt() if has_pulse else nullcontext(list[float]()) as pulse:
        turns = await asyncio.gather(*(ask(server, f"How deep is {mark} in winter?") for mark in marks))
    used = (server.cpu_seconds() or 0.0) - before
    log = await asyncio.to_thread(stage.providers.settled_log)
    by_turn = {mark: [request for request in log if mark in request.question] for mark in marks}
    own = [turn.wall - provider_seconds(by_turn[mark]) for mark, turn in zip(marks, turns, strict=True)]
    delays = [delay for mark, turn in zip(marks, turns, strict=True) for delay in _delays(turn, by_turn[mark])]
    memory = server.resident_mb()
    return [
        *_several("message -> first step", [turn.to_first_step for turn in turns], "< 110 ms" if count == 1 else ""),
        seconds("time of a turn", [turn.wall for turn in turns]),
        seconds("overhead of a turn", own, "< 0.24 s" if count == 1 else ""),
        *percentiles("token due at the provider -> page", delays, delay_target),
        milliseconds("processor time a turn", [used / count] if used else [], "< 350 ms"),
        *(_pulse(pulse) if has_pulse else ()),
        Figure("memory of the server", (memory,) if memory else (), "MB"),
    ]


def _pulse(latencies: list[float]) -> list[Figure]:
    name = "answer of /healthz meanwhile"
    return [*percentiles(name, latencies), milliseconds(f"{name}, longest", [max(latencies)])]


def _several(name: str, values: list[float], target: str) -> list[Figure]:
    return [milliseconds(name, values, target)] if len(values) == 1 else percentiles(name, values, target)


def _delays(turn: TimedTurn, requests: list[LoggedRequest]) -> list[float]:
    (writing,) = (request for request in requests if request.role == "analyst")
    return token_delays(turn, writing, _TOKENS_PER_SECOND)
