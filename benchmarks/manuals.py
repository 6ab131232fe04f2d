"""Documents that this project did not write, taken from Debian's packages: seven English manuals, and one of them in five languages."""

import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chat_app.search.library.library import Library

_KEPT = Path(tempfile.gettempdir()) / "research-chat-manuals"
_SHARED = Path("usr/share")
_HANDBOOK = ("debian-handbook", "doc/debian-handbook/html")
OTHERS = "en-others"
"""English manuals that nothing was tuned on, in place of a language."""
_MANUALS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "postgresql": ("postgresql-doc-15", "doc/postgresql-doc-15/html"),
        "python": ("python3.11-doc", "doc/python3.11/html"),
        "git": ("git-doc", "doc/git-doc"),
        "handbook": (_HANDBOOK[0], f"{_HANDBOOK[1]}/en-US"),
    },
    OTHERS: {
        "sqlite": ("sqlite3-doc", "doc/sqlite3"),
        "apache": ("apache2-doc", "doc/apache2-doc/manual/en"),
        "debref": ("debian-reference-en", "debian-reference"),
    },
    "de": {"": (_HANDBOOK[0], f"{_HANDBOOK[1]}/de-DE")},
    "fr": {"": (_HANDBOOK[0], f"{_HANDBOOK[1]}/fr-FR")},
    "es": {"": (_HANDBOOK[0], f"{_HANDBOOK[1]}/es-ES")},
    "ja": {"": (_HANDBOOK[0], f"{_HANDBOOK[1]}/ja-JP")},
    "zh": {"": (_HANDBOOK[0], f"{_HANDBOOK[1]}/zh-CN")},
}
LANGUAGES = tuple(name for name in _MANUALS if name != OTHERS)
MISSING = (
    "The manuals are not there: this needs Debian 12 with `apt-get` and `dpkg`, the network, and `apt-get update` once before. "
    "It downloads 65 MB into the folder for temporary files and installs nothing."
)


class ManualsMissing(Exception):
    """Says why the documents could not be had."""


def folder(language: str) -> Path:
    """The web pages of a language as a folder for a library. Raises ManualsMissing."""
    pages = _KEPT / "pages" / language
    if not pages.exists():
        with _made_whole(pages) as made:
            for name, (package, place) in _MANUALS[language].items():
                _copy_pages(_unpacked(package) / _SHARED / place, made / name)
    return pages


def library(language: str, index_folder: Path) -> Library:
    """Over the pages of a language, not indexed yet. Raises ManualsMissing."""
    return Library(folder(language), index_folder / f"{language}.sqlite")


def _unpacked(package: str) -> Path:
    unpacked = _KEPT / package
    if not unpacked.exists():
        with tempfile.TemporaryDirectory() as download, _made_whole(unpacked) as made:
            _run(["apt-get", "download", package], Path(download))
            (file,) = Path(download).glob("*.deb")
            _run(["dpkg", "-x", str(file), str(made)], Path(download))
    return unpacked


@contextmanager
def _made_whole(folder: Path) -> Generator[Path]:
    """A new folder that gets this name only when everything in it is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as directory:
        made = Path(directory) / folder.name
        yield made
        made.rename(folder)


def _run(command: Sequence[str], directory: Path) -> None:
    try:
        subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)
    except FileNotFoundError as exc:
        raise ManualsMissing(f"{MISSING} There is no program {command[0]!r}.") from exc
    except subprocess.CalledProcessError as exc:
        raise ManualsMissing(f"{MISSING} {' '.join(command)!r} said: {exc.stderr.strip()}") from exc


def _copy_pages(source: Path, target: Path) -> None:
    for page in source.rglob("*.html"):
        place = page.relative_to(source)
        if not any(part.startswith("_") for part in place.parts):
            copy = target / place
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, copy)
