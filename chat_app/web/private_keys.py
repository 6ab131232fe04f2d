"""Secrets that the installation makes for itself, once, as files in the data directory that only its account can read."""

import os
import re
import secrets
from pathlib import Path

from pydantic import SecretStr

from chat_app.errors import DataDirectoryError, SettingsError

AUTH_SECRET_FILE = "auth.secret"  # noqa: S105 -- a file name
CLIENT_KEY_FILE = "client.key"
MIN_GIVEN_SECRET_CHARACTERS = 32
"""256 bits at the least for HS256 (RFC 7518, section 3.2), if it is made of random letters and more."""

_MADE = re.compile(r"[A-Za-z0-9_-]{64,200}")


def auth_secret(data_dir: Path, given: SecretStr | None = None) -> SecretStr:
    """What signs the sign-in cookies: CHAINLIT_AUTH_SECRET if it is set, or else the one made for this data directory."""
    if given is None:
        return _made_once(data_dir / AUTH_SECRET_FILE, "everybody has to sign in again")
    length = len(given.get_secret_value())
    if length < MIN_GIVEN_SECRET_CHARACTERS:
        raise SettingsError(
            f"CHAINLIT_AUTH_SECRET has {length} characters; it must have {MIN_GIVEN_SECRET_CHARACTERS} or more, or be "
            "unset, so that a secret is made in the data directory."
        )
    return given


def client_key(data_dir: Path) -> SecretStr:
    """What the terminal client shows to the server that runs on the same data directory."""
    return _made_once(data_dir / CLIENT_KEY_FILE, "a running server has to be restarted")


def _made_once(path: Path, consequence: str) -> SecretStr:
    """The secret in the file, made now if there is none. Any number of processes may ask at once; all get the same one.

    Raises SettingsError for a file that is empty, malformed or open to others, DataDirectoryError if it cannot be written.
    """
    try:
        if not path.exists():
            _make(path)
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(1_000)
    except OSError as exc:
        raise DataDirectoryError(
            f"The secret {str(path)!r} cannot be made or read ({exc}); correct its rights, or set CHAT_APP_DATA_DIR to a "
            "directory that this account can write."
        ) from exc
    if mode & 0o077:
        raise SettingsError(f"The secret {str(path)!r} is open to other accounts; run: chmod 600 {path}")
    text = content.decode("ascii", "replace").strip()
    if not _MADE.fullmatch(text):
        what = "is empty" if not text else "is not one that this program made"
        raise SettingsError(f"The secret {str(path)!r} {what}; delete the file and a new one is made ({consequence}).")
    return SecretStr(text)


def _make(path: Path) -> None:
    """Written apart and linked into place, which fails if another process was first: nobody ever reads half a secret."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)  # a umask can take rights away, even the owner's
            file.write(secrets.token_urlsafe(64) + "\n")
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
