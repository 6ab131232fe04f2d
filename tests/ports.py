"""Ports for servers that a test starts, each given to one test process of this machine only."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

# Below those that systems give to connections and to servers that ask for any port (Linux: 32768 and up).
_RANGE = range(20_000, 32_000)
_LOCKS = Path(tempfile.gettempdir()) / f"research-chat-test-ports-{os.getuid()}"
_held: list[IO[bytes]] = []
"""Never given back: a server may be killed and started again on its port for as long as this process lives."""


def free_port(among: range = _RANGE) -> int:
    """A port on which nobody listens, and which no other test process is given while this one lives."""
    _LOCKS.mkdir(exist_ok=True)
    for port in random.sample(among, len(among)):
        lock = (_LOCKS / str(port)).open("ab")
        if _is_taken(lock) or not _is_silent(port):
            lock.close()
            continue
        _held.append(lock)
        return port
    raise RuntimeError(f"All ports from {among.start} to {among.stop - 1} are in use.")


def _is_taken(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _is_silent(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
