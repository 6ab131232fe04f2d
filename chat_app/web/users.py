"""The users file: one `name:scrypt$N$r$p$salt$key` a line, salt and key in base64; empty lines and those with # are skipped.

Passwords are hashed with scrypt; see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
import unicodedata
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from chat_app.errors import SettingsError

logger = logging.getLogger(__name__)

MAX_PASSWORD_CHARACTERS = 1_000
MIN_PASSWORD_CHARACTERS = 8
_NAME = re.compile(r"[^\s:#\x00-\x1f\x7f][^\s:\x00-\x1f\x7f]{0,99}")
# 32 MB and a quarter of a second each: a flood of sign-ins may take no more than two of them at once.
_COST = (2**15, 8, 3)
_PARALLEL_CHECKS = 2
_KEY_BYTES = 32


class PasswordHash(NamedTuple):
    """Parameters, salt and derived key of scrypt."""

    n: int
    r: int
    p: int
    salt: bytes
    key: bytes

    def __str__(self) -> str:
        salt, key = (base64.b64encode(part).decode() for part in (self.salt, self.key))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${key}"


Users = MappingProxyType[str, PasswordHash]


class UsersFile:
    """The users as the file has them now: it is read again when it changes."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsError like `read_users`."""
        self._path = path
        self._stamp = _stamp(path)
        self._users = read_users(path)
        self._turnstile = asyncio.Semaphore(_PARALLEL_CHECKS)

    def knows(self, name: str) -> bool:
        """Whether there is (still) a user of that name."""
        return _normal(name) in self._current()

    async def verify(self, name: str, password: str) -> bool:
        """Whether the password is that user's. Takes as long for a name that does not exist."""
        async with self._turnstile:
            return await run_in_threadpool(verify, self._current(), name, password)

    def _current(self) -> Users:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._users = read_users(self._path)
            except SettingsError as exc:
                # Perhaps it is being edited: nobody is locked out by a slip, and the log says what is wrong.
                logger.error("The users file changed and is not used: %s The users read before remain.", exc)
        return self._users


def read_users(path: Path) -> Users:
    """All users of the file. Raises SettingsError naming the file, the line, and the remedy."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise SettingsError(f"The users file {str(path)!r} can be read by every account; run: chmod 600 {path}")
            lines = file.read().splitlines()
    except FileNotFoundError as exc:
        raise SettingsError(
            f"The users file {str(path)!r} does not exist; make it with `research-chat users add NAME`."
        ) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"The users file {str(path)!r} cannot be read ({exc}); correct CHAT_APP_USERS_FILE."
        ) from exc
    users: dict[str, PasswordHash] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            name, password = _read_line(line, f"Line {number} of the users file {str(path)!r}")
            if name in users:
                raise SettingsError(f"Line {number} of the users file {str(path)!r} names {name!r} again; delete it.")
            users[name] = password
    if not users:
        raise SettingsError(f"The users file {str(path)!r} names nobody; add one with `research-chat users add NAME`.")
    return MappingProxyType(users)


def verify(users: Users, name: str, password: str) -> bool:
    """Whether the password is that user's. Takes a quarter of a second of CPU, for a name that does not exist too."""
    known = users.get(_normal(name))
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return False
    expected = known or PasswordHash(*_COST, salt=bytes(16), key=bytes(_KEY_BYTES))
    key = _derive(password, expected.n, expected.r, expected.p, expected.salt)
    return hmac.compare_digest(key, expected.key) and known is not None


def hash_password(password: str) -> PasswordHash:
    """Raises SettingsError for a password that is too short or too long."""
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise SettingsError(
            f"The password has {len(password):,} characters; it must have {MIN_PASSWORD_CHARACTERS} to "
            f"{MAX_PASSWORD_CHARACTERS:,}."
        )
    salt = secrets.token_bytes(16)
    return PasswordHash(*_COST, salt=salt, key=_derive(password, *_COST, salt))


def add_user(path: Path, name: str, password: str) -> None:
    """Write the user into the file, made with mode 0600 if need be; a user of that name gets the new password.

    Raises SettingsError for a name or password that cannot be used, and for a file that cannot be written.
    """
    name = _normal(name)
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name[:200]!r} cannot be a user's name; use up to 100 characters without space and colon."
        )
    line = f"{name}:{hash_password(password)}"
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [known for known in lines if known.partition(":")[0] != name]
        _replace(path, "\n".join([*kept, line]) + "\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The users file {str(path)!r} cannot be written ({exc}); choose another path.") from exc


def _read_line(line: str, where: str) -> tuple[str, PasswordHash]:
    name, _, text = line.partition(":")
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{where} does not begin with a name and a colon; write name:hash, or delete the line.")
    # The rest of the line is not repeated: somebody may have written a password there.
    remedy = f"{where} holds no password hash for {name!r}; write it with `research-chat users add {name}`."
    try:
        kind, n, r, p, salt, key = text.strip().split("$")
        password = PasswordHash(
            int(n), int(r), int(p), base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
        )
    except (ValueError, binascii.Error) as exc:
        raise SettingsError(remedy) from exc
    is_power_of_two = password.n & (password.n - 1) == 0
    is_affordable = 2**14 <= password.n <= 2**20 and 1 <= password.r <= 32 and 1 <= password.p <= 16
    sizes_are_right = len(password.salt) >= 16 and len(password.key) == _KEY_BYTES
    if kind != "scrypt" or not (is_power_of_two and is_affordable and sizes_are_right):
        raise SettingsError(remedy)
    return _normal(name), password


def _derive(password: str, n: int, r: int, p: int, salt: bytes) -> bytes:
    secret = _normal(password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=2 * 128 * n * r, dklen=_KEY_BYTES)


def _normal(text: str) -> str:
    """The same letters, however a keyboard composes them (RFC 8265)."""
    return unicodedata.normalize("NFC", text)


def _stamp(path: Path) -> tuple[int, int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode


def _replace(path: Path, content: str) -> None:
    """Put a file in place, whole or not at all, with mode 0600 or what an existing one lets its owner and group do."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            _keep_owner(descriptor, path)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _keep_owner(descriptor: int, path: Path) -> None:
    """An administrator adds a user; the account of the server must be able to read the file as before."""
    if path.exists():
        stat = path.stat()
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, stat.st_uid, stat.st_gid)
        os.fchmod(descriptor, stat.st_mode & 0o770)
