"""Measures the program from outside: `make bench`, or `python -m benchmarks [name ...]` for some of it.

Real servers with real data directories answer a scripted client that speaks the page's own protocol; where there are
keys, the real SDKs talk to scripted providers, a process that logs when each request came and was answered. So
"overhead" is the time of a turn on the page, less the time in which at least one request was under way, and a token's
delay is counted from the moment at which the providers' script has it sent.

Everything runs on one machine: clients, providers and whatever else it does take from the same processors. The figures
are medians with their range; the targets beside them hold for two processors with nothing else to do. Nothing fails
for being slow.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable

from benchmarks import crowd, finding, pages, single_turns, starting
from benchmarks.figures import Figure, heading
from benchmarks.stage import Stage

MEASUREMENTS: dict[str, tuple[str, Callable[[Stage], Awaitable[list[Figure]]]]] = {
    "start": ("Cold start", starting.start),
    "turn": ("One turn", single_turns.turn),
    "reference": ("The reference turn", single_turns.reference),
    "alone": ("One turn at human pace", crowd.alone),
    "twenty": ("Twenty turns at once", crowd.twenty),
    "fifty": ("Fifty turns at once", crowd.fifty),
    "ranking": ("Passages found", finding.ranking),
    "excerpts": ("Passages quoted without a key", finding.excerpts),
    "page": ("In a browser", pages.page),
    "restart": ("Killed in the middle of a report", starting.restart),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"{', '.join(MEASUREMENTS)}; all of them if none is given"
    )
    names = parser.parse_args().names or list(MEASUREMENTS)
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        parser.error(f"there is no measurement {unknown[0]!r}; the names are {', '.join(MEASUREMENTS)}")
    asyncio.run(_measure(names))


async def _measure(names: list[str]) -> None:
    began_at = time.monotonic()
    with Stage() as stage:
        for name in names:
            title, measurement = MEASUREMENTS[name]
            load = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()} processors busy at its beginning"
            figures = await measurement(stage)
            print(heading(f"{title} ({name}; {load})"), *figures, sep="\n", flush=True)
    print(f"\nMeasured in {time.monotonic() - began_at:.0f} s.")


if __name__ == "__main__":
    main()
