"""Zip archives of XML (.docx, .pptx, .epub), read with bounds: what an archive says about its own size may be a lie."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import unquote

from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage] - lxml's own name for its type

from chat_app.errors import LibraryFileError

MAX_PART_BYTES = 64_000_000
MAX_UNPACKED_BYTES = 200_000_000
"""Over all parts that are read. Pictures are not."""
MAX_ENTRIES = 50_000
_MOST_BYTES_OF_AN_ENTRY = 160
"""In the directory: 46 and its name, and what programs add."""
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_END_RECORD = b"PK\x05\x06"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""What office programs write. LZMA could ask for gigabytes before its first byte."""


class Archive:
    """One open archive. `damaged` is the sentence for a file that cannot be what it says it is."""

    def __init__(self, package: zipfile.ZipFile, damaged: str) -> None:
        self._package = package
        self._damaged = damaged
        self._left = MAX_UNPACKED_BYTES

    def part(self, name: str) -> bytes | None:
        """The bytes of a part; None when there is none of this name. Raises LibraryFileError when it unpacks to too much."""
        try:
            entry = self._package.getinfo(name)
        except KeyError:
            return None
        if entry.compress_type not in _METHODS:
            raise LibraryFileError(self._damaged)
        with self._package.open(entry) as part:
            data = part.read(min(MAX_PART_BYTES, self._left) + 1)
        if len(data) > min(MAX_PART_BYTES, self._left):
            raise LibraryFileError(
                f"unpacks to more than {MAX_PART_BYTES // 1_000_000} MB of text; split it into smaller files"
            )
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Element | None:
        """A part as XML. Entities are not resolved, nothing else is loaded."""
        data = self.part(name)
        return None if data is None else self.parsed(data)

    def parsed(self, data: bytes) -> Element:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as exc:
            raise LibraryFileError(self._damaged) from exc

    def damage(self) -> LibraryFileError:
        return LibraryFileError(self._damaged)


@contextmanager
def opened(data: bytes, *, damaged: str, old: str) -> Generator[Archive]:
    """Raises LibraryFileError for what is no archive, or breaks while it is read; `old` for an old or locked Office file."""
    if data.startswith(_OLE_MAGIC):
        raise LibraryFileError(old)
    if _has_too_many_entries(data):
        raise LibraryFileError(f"is an archive of more than {MAX_ENTRIES:,} parts; split it into smaller files")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            yield Archive(package, damaged)
    # What zipfile raises for broken or hostile archives; NotImplementedError and RuntimeError: compression or encryption it lacks.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as exc:
        raise LibraryFileError(damaged) from exc


def relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Relation id -> (last word of its type, name of the part) of an Office part. What lies outside the archive is left out."""
    folder, file = posixpath.split(part)
    root = archive.xml(f"{folder}/_rels/{file}.rels")
    if root is None:
        return {}
    return {
        relation.get("Id", ""): (
            relation.get("Type", "").rsplit("/", 1)[-1],
            joined(folder, relation.get("Target", "")),
        )
        for relation in root.iter("{*}Relationship")
        if relation.get("TargetMode") != "External"
    }


def joined(folder: str, reference: str) -> str:
    """The name of the part that a reference in `folder` leads to. Names are looked up in the archive only, never on the disk."""
    path = unquote(reference.split("#", 1)[0])
    return posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path))


def _has_too_many_entries(data: bytes) -> bool:
    """By what the end of the archive states, before a list of them is made: each takes 600 bytes.

    zipfile goes by the size of the directory and not by the number, which may be a lie.
    """
    at = data.rfind(_END_RECORD, max(0, len(data) - 70_000))
    if at < 0:
        return False
    count, size_bytes = (int.from_bytes(data[at + first : at + last], "little") for first, last in ((10, 12), (12, 16)))
    return count > MAX_ENTRIES or size_bytes > MAX_ENTRIES * _MOST_BYTES_OF_AN_ENTRY
