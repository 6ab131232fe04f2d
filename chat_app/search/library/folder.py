"""What lies in the library folder: a cheap look that opens no file."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.snapshot import MAX_FILE_BYTES, TOO_LARGE

FORMATS = frozenset(".md .markdown .txt .rst .html .htm .xhtml .pdf .docx .pptx .epub .csv .tsv".split())
MAX_FILES = 50_000
_MAX_SKIPPED = 5_000
"""So many files of other formats are listed; a folder of a million pictures is no reason to hold a million names."""
_MAX_DEPTH = 32
_SKIPPED_FOLDERS = frozenset({"_sources", "_static", "node_modules", "__pycache__", "__MACOSX"})
"""`_sources` and `_static` are Sphinx's: the pages' own sources once more, and scripts."""
_SKIPPED_PREFIXES = (".", "~$")
"""Hidden files, and the locks that Word leaves beside an open document."""


class FoundFile(BaseModel):
    """A document, or something that looks like one and cannot be one."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """Path relative to the folder, with `/`."""
    path: Path
    size_bytes: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    """Changes with the permissions, too."""
    problem: str | None = None
    """Why it will not be read; None for a file to read."""
    is_skipped: bool = False
    """Left out as no document that could be read here, rather than one that should be and cannot."""


def is_known_format(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in FORMATS


def scan(folder: Path) -> list[FoundFile]:
    """Documents of known formats by name; what is skipped, and what may not be read, with the reason.

    A folder that does not exist is empty.
    """
    found: list[FoundFile] = []
    skipped: list[FoundFile] = []
    for file in _walk(folder):
        if file.is_skipped:
            if len(skipped) < _MAX_SKIPPED:
                skipped.append(file)
            continue
        if len(found) >= MAX_FILES:
            reason = f"{folder.name!r} holds more than {MAX_FILES:,} documents; the rest is left out. Choose a smaller folder."
            found.append(FoundFile(name="…", path=folder, problem=reason))
            break
        found.append(file)
    return sorted(found + skipped, key=lambda file: file.name)


def starter_files(files: Sequence[Path], root: Path) -> list[FoundFile]:
    """Files given one by one, named relative to `root`; those that are not there are left out."""
    found: list[FoundFile] = []
    for path in files:
        try:
            status = path.stat()
        except OSError:
            continue
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        place = path.resolve()  # files are opened without following links
        found.append(FoundFile(name=name, path=place, size_bytes=status.st_size, mtime_ns=status.st_mtime_ns))
    return sorted(found, key=lambda file: file.name)


def _walk(folder: Path) -> Iterator[FoundFile]:
    """Depth first, without following links: one that leads in is a file known already, one that leads out is none of ours."""
    root = os.path.realpath(folder)
    pending = [(root, "", 0)]
    while pending:
        directory, prefix, depth = pending.pop()
        try:
            entries = list(os.scandir(directory))
        except FileNotFoundError:
            continue
        except OSError as exc:
            yield FoundFile(
                name=prefix.rstrip("/") or ".", path=Path(directory), problem=_unreadable(prefix or "./", exc)
            )
            continue
        for entry in entries:
            if entry.name.startswith(_SKIPPED_PREFIXES):
                continue
            name = prefix + entry.name
            if not _is_text(name):
                yield _badly_named(name)
            elif entry.is_symlink():
                yield from _link(entry, name, root)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name in _SKIPPED_FOLDERS:
                    yield _skipped(name + "/", entry, "is a folder that programs fill, and is not read.")
                elif depth >= _MAX_DEPTH:
                    yield _skipped(name + "/", entry, f"lies more than {_MAX_DEPTH} folders deep; move it further up.")
                else:
                    pending.append((entry.path, name + "/", depth + 1))
            else:
                yield from _file(entry, name)


def _file(entry: os.DirEntry[str], name: str) -> Iterator[FoundFile]:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return  # gone since the folder was listed
    if not stat.S_ISREG(status.st_mode):
        yield _skipped(name, entry, "is a pipe, a socket or a device, and not opened.")
    elif not is_known_format(name):
        yield _skipped(name, entry, "is of a format that the library does not read; save it as PDF or text.")
    else:
        yield FoundFile(
            name=name,
            path=Path(entry.path),
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            ctime_ns=status.st_ctime_ns,
            problem=f"{name!r} {TOO_LARGE}." if status.st_size > MAX_FILE_BYTES else None,
        )


def _link(entry: os.DirEntry[str], name: str, root: str) -> Iterator[FoundFile]:
    """A link within the folder leads to a file that is known anyway."""
    target = os.path.realpath(entry.path)
    is_inside = target == root or target.startswith(root.rstrip(os.sep) + os.sep)
    if not is_inside and (Path(target).is_dir() or is_known_format(name)):
        yield _skipped(name, entry, "is a link that leads out of the library folder; put a copy here instead.")


def _skipped(name: str, entry: os.DirEntry[str], reason: str) -> FoundFile:
    return FoundFile(name=name, path=Path(entry.path), problem=f"{name!r} {reason}", is_skipped=True)


def _badly_named(name: str) -> FoundFile:
    readable = name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    return FoundFile(name=readable, path=Path(), problem=f"{readable!r} has a name that is not UTF-8; rename it.")


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _unreadable(name: str, exc: OSError) -> str:
    return f"{name!r} cannot be read ({exc.strerror}); check its permissions."
