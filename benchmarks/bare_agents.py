"""The same planner, searches and report by pydantic-ai alone: no engine, database, page or evidence. `python -m` runs turns.

What the libraries themselves take is the floor of a turn's processor time, and moves with the machine as the turn's does.
"""

import asyncio
import os
import subprocess
import sys
import time

from pydantic_ai import Agent
from pydantic_ai.capabilities import WebSearch

from chat_app.agents.roles import CLAUDE, GEMINI
from chat_app.research.plan import Plan
from tests.fakes import FakeProviders


def cpu_seconds_of_turns(providers: FakeProviders, count: int) -> list[float]:
    """Processor time of each of `count` turns in a process of its own, after a first one that is not counted."""
    command = [sys.executable, "-m", "benchmarks.bare_agents", str(count)]
    environment = os.environ | providers.environment("anthropic", "google")
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


async def _run(count: int) -> None:
    planner = Agent(CLAUDE, output_type=Plan)
    searcher = Agent(GEMINI, capabilities=[WebSearch()])
    analyst = Agent(CLAUDE)

    async def turn(question: str) -> None:
        asked = f"<question>{question}</question>"
        plan = (await planner.run(asked)).output
        found = await asyncio.gather(*(searcher.run(search.query) for search in plan.searches))
        async with analyst.run_stream("\n".join([asked, *(each.output for each in found)])) as report:
            async for _ in report.stream_text(delta=True, debounce_by=None):
                pass

    await turn("Are the libraries loaded?")
    for number in range(count):
        before = time.process_time()
        await turn(f"What do the libraries alone take in turn {number}?")
        print(time.process_time() - before)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
