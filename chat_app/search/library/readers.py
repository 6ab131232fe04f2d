"""Files are read in processes of their own: a parser that crashes, hangs or eats memory takes one file with it and nothing else."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from chat_app.search.library.folder import FoundFile
from chat_app.search.library.passages import CutDocument
from chat_app.search.library.snapshot import Version
from chat_app.settings import PROJECT_DIR, bare_environment

READER_COMMAND = (
    sys.executable,
    "-c",
    "import sys; sys.path.insert(0, sys.argv[1]); from chat_app.search.library.reading import main; main()",
    str(PROJECT_DIR),
)
BASE_TIMEOUT_SECONDS = 30.0
_TIMEOUT_SECONDS_PER_MB = 2.0
_START_TIMEOUT_SECONDS = 60.0
_FILES_PER_PROCESS = 500
"""Then a fresh one takes over: whatever a parser leaked is gone."""
_MAX_READERS = 2
"""More would take the processors from the people who are asking meanwhile."""
_FILES_FOR_TWO = 60
_BYTES_FOR_TWO = 4_000_000
_MAX_ANSWER_BYTES = 300_000_000
"""Far above what the longest text makes. A process that says more has lost its mind."""


class Request(BaseModel):
    model_config = ConfigDict(frozen=True)

    path: Path
    name: str
    timeout_seconds: float


class Answer(BaseModel):
    """Either a document or an error."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    document: CutDocument | None = None
    version: Version | None = None
    """Which state of the file this is about; None when its reader did not live to say so."""
    error: str | None = None


class Reader:
    """A process that reads one file at a time. It is started with the first file and again after a crash.

    `read` is for one thread; `close` may be called from any.
    """

    def __init__(
        self, command: Sequence[str] = READER_COMMAND, base_timeout_seconds: float = BASE_TIMEOUT_SECONDS
    ) -> None:
        self._command = command
        self._base_timeout_seconds = base_timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._is_closed = False
        self._starting = threading.Lock()

    def read(self, file: FoundFile) -> Answer | None:
        """A crash and a timeout are answers too. None when the reader was closed meanwhile."""
        timeout = self._base_timeout_seconds + _TIMEOUT_SECONDS_PER_MB * file.size_bytes / 1_000_000
        process = self._running()
        if process is None:
            return None
        if self._files == 1:
            # Its own start is no file's fault: it says when it is ready.
            with _Deadline(process, _START_TIMEOUT_SECONDS):
                _line(process)
        with _Deadline(process, timeout) as deadline:
            line = _exchange(process, Request(path=file.path, name=file.name, timeout_seconds=timeout))
        answer = _understood(line)
        if answer is not None:
            return answer
        self._end()
        if self._is_closed:
            return None
        if deadline.is_over:
            return Answer(
                error=f"{file.name!r} took longer than {timeout:.0f} seconds to read; split it, or use another format."
            )
        return Answer(
            error=f"{file.name!r} made its parser crash; open it in the program that made it and save it again."
        )

    def close(self) -> None:
        """End the process, also in the middle of a file. It is not started again."""
        with self._starting:
            self._is_closed = True
        self._end()

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._files >= _FILES_PER_PROCESS:
            self._end()
        with self._starting:
            if self._is_closed:
                return None
            if self._process is None:
                self._files = 0
                # A session of its own: Ctrl-C in the terminal is for the server, which ends its readers.
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    # A file that takes over its parser finds no keys. Pydantic's plugins (Logfire brings one) would
                    # double the time until the first file is read.
                    env=bare_environment() | {"PYDANTIC_DISABLE_PLUGINS": "__all__"},
                    start_new_session=True,
                )
            self._files += 1
            return self._process

    def _end(self) -> None:
        with self._starting:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close_pipe(pipe)


class _Deadline:
    """Kills the process when the block takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.is_over = False
        self._process = process
        self._timer = threading.Timer(seconds, self._kill)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _kill(self) -> None:
        self.is_over = True
        self._process.kill()


class Readers:
    """Reads with one process, or with two when there is much to read. For one caller at a time; `close` from any thread."""

    def __init__(self, command: Sequence[str], base_timeout_seconds: float) -> None:
        self._command = command
        self._base_timeout_seconds = base_timeout_seconds
        self._open: list[Reader] = []
        self._is_closed = False

    def read(self, files: Sequence[FoundFile]) -> Iterator[tuple[FoundFile, Answer]]:
        """Each file with its answer, as they come; after `close`, no more. Raises OSError when no process can be started."""
        waiting: SimpleQueue[FoundFile] = SimpleQueue()
        for file in files:
            waiting.put(file)
        answered: SimpleQueue[tuple[FoundFile, Answer] | OSError | None] = SimpleQueue()
        self._open = [Reader(self._command, self._base_timeout_seconds) for _ in range(_reader_count(files))]
        if self._is_closed:
            return
        for reader in self._open:
            threading.Thread(target=_work, args=(reader, waiting, answered), daemon=True).start()
        working = len(self._open)
        try:
            while working:
                result = answered.get()
                if isinstance(result, OSError):
                    raise result
                if result is None:
                    working -= 1
                else:
                    yield result
        finally:
            for reader in self._open:
                reader.close()

    def close(self) -> None:
        self._is_closed = True
        for reader in self._open:
            reader.close()


def _work(
    reader: Reader, waiting: SimpleQueue[FoundFile], answered: SimpleQueue[tuple[FoundFile, Answer] | OSError | None]
) -> None:
    try:
        while (answer := reader.read(file := waiting.get_nowait())) is not None:
            answered.put((file, answer))
    except Empty:
        pass
    except OSError as exc:
        answered.put(exc)
    finally:
        reader.close()
        answered.put(None)


def _exchange(process: subprocess.Popen[bytes], request: Request) -> bytes:
    """The answer's line, or nothing when the process has ended."""
    assert process.stdin is not None
    try:
        process.stdin.write(request.model_dump_json().encode() + b"\n")
        process.stdin.flush()
    except (OSError, ValueError):  # a broken pipe; ValueError: closed by another thread
        return b""
    return _line(process)


def _understood(line: bytes) -> Answer | None:
    """None for nothing, and for what a parser that has gone mad may have written."""
    try:
        return Answer.model_validate_json(line) if line else None
    except ValidationError:
        return None


def _line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    try:
        line = process.stdout.readline(_MAX_ANSWER_BYTES)
    except (OSError, ValueError):
        return b""
    return line if line.endswith(b"\n") else b""


def _close_pipe(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # a request that the process no longer took


def _reader_count(files: Sequence[FoundFile]) -> int:
    if not files:
        return 0
    is_much = len(files) > _FILES_FOR_TWO or sum(file.size_bytes for file in files) > _BYTES_FOR_TWO
    return min(_MAX_READERS, os.cpu_count() or 1) if is_much else 1
