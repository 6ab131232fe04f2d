"""`python -m tests.kill.soak [--kills 30] [--postgres]`: kill -9 at random moments of 8-second turns, one turn at a time.

Prints what happened to each turn. Longer than a test may take, so it is run by hand before a release.
"""

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.app_process import AppProcess, Event
from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import Scenario
from tests.kill.test_kill import assert_whole, requests_after_completion
from tests.postgres import running_postgres

EIGHT_SECONDS = Scenario(
    latency=0.3,
    search_latency=0.2,
    tokens_per_second=100,
    plan_tokens=120,
    search_tokens=150,
    report_tokens=400,
    searches=3,
    extra_searches=("what is still missing",),
)
TURN_SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        providers = stack.enter_context(FakeProviders.start(EIGHT_SECONDS, process=True))
        environment = providers.environment("anthropic", "google")
        if options.postgres:
            server = stack.enter_context(running_postgres())
            environment["DATABASE_URL"] = server.url(server.create_database())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        app = AppProcess(directory / "data", environment)
        stack.callback(app.stop)
        app.start()
        app.ask("Warm-up: are the providers' libraries loaded?").finished()
        outcomes = [_killed_turn(app, providers, number, options.seed) for number in range(options.kills)]
    print(f"{outcomes.count(True)} of {options.kills} turns ended in a whole report without a finished call repeated.")
    return 0 if all(outcomes) else 1


def _killed_turn(app: AppProcess, providers: FakeProviders, number: int, seed: int) -> bool:
    moment = random.Random(f"{seed}/{number}").uniform(0, TURN_SECONDS)
    providers.clear_log()
    asked = app.ask(f"What is known about subject number {number}?")
    time.sleep(moment)
    killed_at = time.time()
    app.kill()
    app.start()
    restarted_after = time.time() - killed_at
    trail = asked.finished()
    repeated = _repeated(providers, killed_at)
    problem = _problem(trail, providers)
    print(
        f"turn {number:2}: killed at {moment:4.1f} s, ready after {restarted_after:.1f} s, {trail[-1]['kind']}, "
        f"answered before the kill and asked again: {repeated or 'nothing'}{problem}",
        flush=True,
    )
    return not problem and not repeated


def _repeated(providers: FakeProviders, killed_at: float) -> list[str]:
    """Requests that the provider had answered to the end before the kill, and got again after it."""
    before = {str(r.body): r.role for r in providers.log() if r.outcome == "finished" and (r.ended_at or 0) < killed_at}
    after = {str(request.body) for request in providers.log() if request.at > killed_at}
    return sorted(role for body, role in before.items() if body in after)


def _problem(trail: list[Event], providers: FakeProviders) -> str:
    try:
        assert_whole(trail)
    except AssertionError as error:
        return f"; not whole: {error}"
    late = requests_after_completion(trail, providers)
    return f"; asked again after completion: {[request.question for request in late]}" if late else ""


if __name__ == "__main__":
    sys.exit(main())
