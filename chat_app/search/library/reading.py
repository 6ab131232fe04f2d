"""The process that reads files: requests come a line at a time, answers go out a line at a time (JSON).

It ends when its input does. What may go wrong here is the reason why it is a process: see readers.py.
"""

import os
import resource
import signal
import sys
from pathlib import Path

from chat_app.errors import LibraryFileError
from chat_app.search.library.parsing import naming, parse_bytes
from chat_app.search.library.passages import cut
from chat_app.search.library.readers import Answer, Request
from chat_app.search.library.snapshot import UNREAD, take

_MEMORY_BYTES = 2_000_000_000
_OUT_OF_MEMORY_SCORE = "1000"
_NICENESS = 5
_ALARM_GRACE_SECONDS = 5


def read(path: Path, name: str) -> Answer:
    version = UNREAD
    try:
        with naming(name):
            data, version = take(path)
            return Answer(document=cut(parse_bytes(data, name)), version=version)
    except LibraryFileError as exc:
        return Answer(error=str(exc), version=version)


def main() -> None:
    """The process: answers requests until its input ends."""
    os.nice(_NICENESS)
    _limit()
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        request = Request.model_validate_json(line)
        # Should the parent be gone, nobody else would end a parser that hangs.
        signal.alarm(int(request.timeout_seconds) + _ALARM_GRACE_SECONDS)
        answer = read(request.path, request.name)
        signal.alarm(0)
        answers.write(answer.model_dump_json().encode() + b"\n")
        answers.flush()


def _limit() -> None:
    """Bound memory, write no files and no core dumps; should memory run out all the same, the kernel ends this process first."""
    _set_limit("RLIMIT_AS", _MEMORY_BYTES)
    _set_limit("RLIMIT_CORE", 0)
    _set_limit("RLIMIT_FSIZE", 0)
    try:
        Path("/proc/self/oom_score_adj").write_text(_OUT_OF_MEMORY_SCORE, encoding="ascii")
    except OSError:
        return  # not Linux


def _set_limit(name: str, value: int) -> None:
    try:
        resource.setrlimit(getattr(resource, name), (value, value))
    except (AttributeError, ValueError, OSError):
        return  # macOS has no limit of memory, and others allow none above their own
