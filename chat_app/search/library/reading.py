"""The process that reads files: requests come a line at a time, answers go out a line at a time (JSON).

It ends when its input does. What may go wrong here is the reason why it is a process: see readers.py.
"""

import os
import resource
import signal
import sys
from pathlib import Path

from chat_app.errors import LibraryFileError
from chat_app.search.library.parsing import parse
from chat_app.search.library.passages import cut
from chat_app.search.library.readers import Answer, Request

_MEMORY_BYTES = 3_000_000_000
_NICENESS = 5
_ALARM_GRACE_SECONDS = 5


def read(path: Path, name: str) -> Answer:
    try:
        return Answer(document=cut(parse(path, name)))
    except LibraryFileError as exc:
        return Answer(error=str(exc))


def main() -> None:
    """The process: answers requests until its input ends."""
    os.nice(_NICENESS)
    _limit_memory()
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


def _limit_memory() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    except (ValueError, OSError):
        return  # macOS does not have this limit
