"""Scripted providers as a program: `python -m tests.fakes --port 8090 --human`."""

import argparse
import contextlib
import sys
from pathlib import Path

from tests.fakes.providers import FakeProviders
from tests.fakes.scenario import HUMAN_PACE, Scenario
from tests.fakes.server import listening, server


def main() -> None:
    options = _arguments().parse_args()
    try:
        bound = listening(options.host, options.port)
    except OSError as exc:
        sys.exit(f"Cannot listen on {options.host}:{options.port} ({exc.strerror}); choose another --port.")
    with bound, contextlib.suppress(KeyboardInterrupt):
        host, port = bound.getsockname()
        providers = FakeProviders(f"http://{host}:{port}")
        # The first line's last word is the address: programs that start this one read it.
        print(f"Scripted providers listen on {providers.url}", flush=True)
        for name, value in providers.environment().items():
            print(f"export {name}={value}", flush=True)
        server(_scenario(options)).run([bound])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0: one that is free")
    parser.add_argument("--human", action="store_true", help="the pace of a real turn, unless an option says otherwise")
    parser.add_argument("--scenario", type=Path, help="a scenario as JSON; options change it")
    parser.add_argument("--latency", type=float, help="seconds before the first byte of an answer")
    parser.add_argument("--search-latency", type=float, help="seconds more for a search")
    parser.add_argument("--search-spread", type=float, help="up to these seconds more, by the words of the query")
    parser.add_argument("--tokens-per-second", type=float)
    parser.add_argument("--tokens-per-frame", type=int, help="tokens in one event of a stream")
    parser.add_argument("--plan-tokens", type=int, help="length of a plan, whatever its text")
    parser.add_argument("--search-tokens", type=int)
    parser.add_argument("--report-tokens", type=int)
    parser.add_argument("--searches", type=int, help="searches in a plan")
    return parser


def _scenario(options: argparse.Namespace) -> Scenario:
    start = HUMAN_PACE if options.human else Scenario()
    if options.scenario:
        start = Scenario.model_validate_json(options.scenario.read_bytes())
    changes = {name: value for name, value in vars(options).items() if value is not None and name in _CHANGES}
    return Scenario.model_validate({**start.model_dump(), **changes})


_CHANGES = set(Scenario.model_fields) - {"scenario"}


if __name__ == "__main__":
    main()
