"""The bytes of one file as they were at one moment, with what identifies them."""

import hashlib
import os
import stat
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from chat_app.errors import LibraryFileError

MAX_FILE_BYTES = 100_000_000
TOO_LARGE = f"is larger than {MAX_FILE_BYTES // 1_000_000} MB; split it into smaller files"
_TRIES = 3
# Not blocking: a pipe that took the file's place would wait for a writer for ever. Not following: nor may a link lead elsewhere.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Version(BaseModel):
    """Which state of a file was read."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    mtime_ns: int
    sha256: str
    """Empty for a file whose content could not be had."""


UNREAD = Version(size_bytes=0, mtime_ns=0, sha256="")


def take(path: Path) -> tuple[bytes, Version]:
    """The content, whole. Raises LibraryFileError for what cannot be read, is too large, or does not stay still."""
    for _ in range(_TRIES):
        data, before, after = _read(path)
        if before[0] > MAX_FILE_BYTES or len(data) > MAX_FILE_BYTES:
            raise LibraryFileError(TOO_LARGE)
        if before == after and len(data) == before[0]:
            return data, Version(size_bytes=before[0], mtime_ns=before[1], sha256=hashlib.sha256(data).hexdigest())
    raise LibraryFileError("is being written to; it is read again when it has not changed for a while")


def sha256_of(path: Path) -> str:
    """Of the content; empty when it cannot be read or has no ordinary size, which equals no other."""
    try:
        with os.fdopen(_open(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                return ""
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, LibraryFileError):
        return ""


def _read(path: Path) -> tuple[bytes, tuple[int, int], tuple[int, int]]:
    """The content up to just above the limit, and size and time before and after."""
    try:
        with os.fdopen(_open(path), "rb") as file:
            before = _state(file.fileno())
            # Above the limit nothing is read: a sparse file of a terabyte takes no space to make.
            data = file.read(MAX_FILE_BYTES + 1) if before[0] <= MAX_FILE_BYTES else b""
            return data, before, _state(file.fileno())
    except OSError as exc:
        raise LibraryFileError(f"cannot be read ({exc.strerror}); check its permissions") from exc


def _open(path: Path) -> int:
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise LibraryFileError("is no ordinary file; put a copy here instead")
    return descriptor


def _state(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns
