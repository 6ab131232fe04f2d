"""One turn at a time: how soon a page sees the first step, what the program adds to its providers' time, the reference turn."""

import asyncio
import statistics

from benchmarks.bare_agents import cpu_seconds_of_turns
from benchmarks.figures import Figure, milliseconds, seconds
from benchmarks.server import MeasuredServer
from benchmarks.stage import Stage
from benchmarks.turns import TimedTurn, ask, gaps, provider_seconds
from tests.fakes import Scenario

_TURNS = 8
_DELAYED_TURNS = 4
_REFERENCE_TURNS = 4
_SETTLING_SECONDS = 1.0
_FEW_CHARACTERS = Scenario(searches=5)
_DELAYED = Scenario(searches=5, latency=0.3)
_REFERENCE = Scenario(
    latency=0.3,
    search_latency=0.2,
    tokens_per_second=100,
    plan_tokens=120,
    search_tokens=150,
    report_tokens=400,
    searches=5,
)
_LIMIT_SECONDS = (0.3 + 1.2) + (0.5 + 1.5) + (0.3 + 4.0)
_LIMIT_TO_TEXT_SECONDS = (0.3 + 1.2) + (0.5 + 1.5) + 0.3


async def turn(stage: Stage) -> list[Figure]:
    """The program's own time: all of a turn without keys, and what is left of the others when no request is under way."""
    keyless, keyless_cpu = await _without_keys(stage)
    at_once, at_once_cpu, own = await _with_providers(stage, _FEW_CHARACTERS, _TURNS)
    _, _, own_of_delayed = await _with_providers(stage, _DELAYED, _DELAYED_TURNS)
    return [
        milliseconds("no keys: message -> first step on the page", [t.to_first_step for t in keyless], "< 110 ms"),
        milliseconds("no keys: message -> end of the turn", [t.wall for t in keyless], "< 250 ms"),
        milliseconds("no keys: processor time of a turn", keyless_cpu),
        milliseconds("providers at 0 ms: message -> first step", [t.to_first_step for t in at_once], "< 110 ms"),
        milliseconds("providers at 0 ms: message -> end of the turn", [t.wall for t in at_once]),
        milliseconds("providers at 0 ms: overhead of a turn", own, "< 240 ms"),
        milliseconds("providers at 0 ms: processor time of a turn", at_once_cpu, "< 350 ms"),
        milliseconds("providers at 300 ms: overhead of a turn", own_of_delayed, "< 240 ms"),
    ]


async def reference(stage: Stage) -> list[Figure]:
    """A turn whose providers need 7.8 s: 300 ms a call, 200 ms a search, 100 tokens a second."""
    await _warmed_up(stage)
    stage.play(_REFERENCE)
    turns, cpu = list[TimedTurn](), list[float]()
    for number in range(_REFERENCE_TURNS):
        before = stage.scripted.cpu_seconds()
        turns.append(await ask(stage.scripted, f"What is the physical limit of turn {number}?"))
        cpu += _used(stage.scripted, before)
    bare = await asyncio.to_thread(cpu_seconds_of_turns, stage.providers, _REFERENCE_TURNS)
    idle = await _used_when_idle(stage.scripted, statistics.median(turn.wall for turn in turns))
    times = [statistics.median(cpu) / statistics.median(bare)] if cpu and bare else []
    pauses = [pause for each in turns for pause in gaps(each)]
    return [
        Figure("time of the turn / its physical limit", tuple(t.wall / _LIMIT_SECONDS for t in turns), "x", "<= 1.030"),
        seconds("message -> first text of the report", [t.to_first_text for t in turns], "<= 4.10 s"),
        seconds("that, beyond its physical limit", [t.to_first_text - _LIMIT_TO_TEXT_SECONDS for t in turns]),
        milliseconds("pause between two pieces of the report", pauses),
        milliseconds("processor time of a turn", cpu, "< 350 ms"),
        milliseconds("of that, what the server takes when nothing is asked", idle),
        milliseconds("processor time of bare agents, without engine and page", bare),
        Figure("processor time of a turn / that of bare agents", tuple(times), "x"),
    ]


async def _without_keys(stage: Stage) -> tuple[list[TimedTurn], list[float]]:
    await ask(stage.keyless, "How is a lock file made?")
    turns, cpu = list[TimedTurn](), list[float]()
    for number in range(_TURNS):
        before = stage.keyless.cpu_seconds()
        turns.append(await ask(stage.keyless, f"How does a turn survive a crash of the server, {number} times?"))
        cpu += _used(stage.keyless, before)
    return turns, cpu


async def _with_providers(
    stage: Stage, scenario: Scenario, count: int
) -> tuple[list[TimedTurn], list[float], list[float]]:
    """Turns, and for each its processor time and its time without any request under way."""
    await _warmed_up(stage)
    stage.play(scenario)
    turns, cpu, own = list[TimedTurn](), list[float](), list[float]()
    for number in range(count):
        stage.providers.clear_log()
        before = stage.scripted.cpu_seconds()
        turns.append(await ask(stage.scripted, f"What takes time in turn {number}?"))
        cpu += _used(stage.scripted, before)
        own.append(turns[-1].wall - provider_seconds(stage.providers.settled_log()))
    return turns, cpu, own


async def _warmed_up(stage: Stage) -> None:
    """The first turn after a start waits until the providers' libraries are loaded."""
    stage.play(Scenario())
    await ask(stage.scripted, "Are the providers' libraries loaded?")


async def _used_when_idle(server: MeasuredServer, duration_seconds: float) -> list[float]:
    """Processor time in as many seconds in which nothing is asked."""
    await asyncio.sleep(_SETTLING_SECONDS)
    before = server.cpu_seconds()
    await asyncio.sleep(duration_seconds)
    return _used(server, before)


def _used(server: MeasuredServer, before: float | None) -> list[float]:
    now = server.cpu_seconds()
    return [] if now is None or before is None else [now - before]
