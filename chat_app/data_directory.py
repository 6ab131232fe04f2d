"""The data directory: made, checked, and held by one process for as long as it lives."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from chat_app.errors import DataDirectoryError, DataDirectoryLocked

_LOCK_NAME = "engine.lock"
_INSTANCE_NAME = "instance-id"


class Holder(BaseModel):
    """Who holds a data directory."""

    model_config = ConfigDict(frozen=True)

    pid: int
    address: str | None = None


class DataDirectory:
    """Held from `hold` until `release`, or until the process dies in any way: the kernel lets go of the lock."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def hold(cls, path: Path, address: str | None) -> Self:
        """Take the directory, made if need be.

        Raises DataDirectoryLocked, with the holder's address, if another process has it; DataDirectoryError if it
        cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (path / _LOCK_NAME).open("a+", encoding="utf-8")
        except OSError as exc:
            raise DataDirectoryError(
                f"The data directory {str(path)!r} cannot be written ({exc.strerror}); "
                "correct its permissions, or set CHAT_APP_DATA_DIR to another one."
            ) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            lock.close()
            raise _locked(path) from exc
        except OSError as exc:
            lock.close()
            raise DataDirectoryError(
                f"The data directory {str(path)!r} cannot be locked ({exc.strerror}); "
                "set CHAT_APP_DATA_DIR to a directory on a local disk."
            ) from exc
        lock.seek(0)
        lock.truncate()
        lock.write(Holder(pid=os.getpid(), address=address).model_dump_json())
        lock.flush()
        return cls(path, lock)

    @property
    def instance_id(self) -> str:
        """A name for this installation that stays the same over restarts."""
        file = self.path / _INSTANCE_NAME
        name = file.read_text(encoding="ascii").strip() if file.exists() else ""
        if not name:
            name = uuid4().hex
            file.write_text(name, encoding="ascii")
        return name

    def release(self) -> None:
        self._lock.close()


def holder_of(path: Path) -> Holder | None:
    """Who holds the directory, as far as its lock file says."""
    try:
        return Holder.model_validate(json.loads((path / _LOCK_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None


def _locked(path: Path) -> DataDirectoryLocked:
    holder = holder_of(path)
    who = f"process {holder.pid}" if holder else "another process"
    where = f", which serves {holder.address}" if holder and holder.address else ""
    return DataDirectoryLocked(
        f"The data directory {str(path)!r} is in use by {who}{where}; "
        "use that one, stop it first, or set CHAT_APP_DATA_DIR to another directory.",
        holder.address if holder else None,
    )
