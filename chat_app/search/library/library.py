"""The library: the files of one folder, kept indexed, searched for passages.

The core is synchronous and thread-safe; the `async` methods run it in threads, and files are read in processes of their own,
so that the event loop stays free.
"""

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from chat_app.search.library.asking import Asked
from chat_app.search.library.folder import FoundFile, scan, starter_files
from chat_app.search.library.index import Index, IndexedFile, StoredPassage, is_damage
from chat_app.search.library.passages import CutDocument
from chat_app.search.library.ranking import Hit, rank
from chat_app.search.library.readers import BASE_TIMEOUT_SECONDS, READER_COMMAND, Answer, Readers
from chat_app.search.library.reranker import CANDIDATES, Reranker
from chat_app.search.library.snapshot import sha256_of
from chat_app.search.library.states import FileState, LibraryFile, LibraryStatus

logger = logging.getLogger(__name__)

_BATCH_FILES = 50
_BATCH_SECONDS = 1.0
_OPTIMIZE_FROM_FILES = 200
_WATCH_SECONDS = 3.0
_WATCH_PAUSE_PER_LOOK = 20
"""A folder that takes long to look at is looked at less often."""
_READY_POLL_SECONDS = 0.05

T = TypeVar("T")


class LibraryText(BaseModel):
    """What the library holds of one file: its passages in reading order, which together are its text."""

    model_config = ConfigDict(frozen=True)

    title: str
    passages: tuple[StoredPassage, ...]


class _Change(BaseModel):
    """What a look at the folder found to be done."""

    model_config = ConfigDict(frozen=True)

    gone: tuple[str, ...]
    unread: tuple[FoundFile, ...]
    refused: tuple[FoundFile, ...]


class Library:
    """`starter` files are searched while `folder` holds no document of a known format or does not exist."""

    def __init__(
        self,
        folder: Path,
        index_path: Path,
        starter: Sequence[Path] = (),
        *,
        starter_root: Path | None = None,
        reranker: Reranker | None = None,
        reader_command: Sequence[str] = READER_COMMAND,
        file_timeout_seconds: float = BASE_TIMEOUT_SECONDS,
    ) -> None:
        """`starter_root` is what starter files are named relative to. Raises OSError or sqlite3.OperationalError when the
        index cannot be written there."""
        self._folder = folder
        self._starter = tuple(starter)
        self._starter_root = starter_root or Path()
        self._index = Index(index_path)
        self._reranker = reranker
        self._readers = Readers(reader_command, file_timeout_seconds)
        self._refreshing = threading.Lock()
        self._found: dict[str, FoundFile] = {}
        self._seen: dict[str, FoundFile] | None = None
        """What the index stands for: `_found` of the last refresh that went through."""
        self._pending: frozenset[str] = frozenset()
        self._pass_total = 0
        self._reads_all = False
        """The next pass reads every file, whatever the index knows."""
        self._is_reading_all = False
        self._woken = asyncio.Event()
        self._is_starter = False
        self._is_indexing = False
        self._is_ready = threading.Event()
        self._stopping = threading.Event()

    async def refresh(self) -> None:
        """Look at the folder and index what changed. Returns when that is done; a second call meanwhile waits, then looks again."""
        await asyncio.to_thread(self.refresh_now)

    def reindex_soon(self) -> None:
        """Have `watch` read every file again, at once. To be called from the loop that runs it; asking twice is asking once."""
        if not self._is_reading_all:
            self._reads_all = True
            self._woken.set()

    async def reindex(self) -> None:
        """Read every file again. Returns when that is done; what is indexed stays searchable meanwhile."""
        self._reads_all = True
        await self.refresh()

    async def search(self, query: str, limit: int = 8) -> list[Hit]:
        """The best passages for a question, best first; none when it has no words or nothing matches."""
        if self._reranker is None:
            return await asyncio.to_thread(self.search_now, query, limit)
        hits = await asyncio.to_thread(self.search_now, query, max(limit, CANDIDATES))
        return (await asyncio.to_thread(self._reranker.reranked, query, hits))[:limit]

    async def text_of(self, name: str) -> LibraryText | None:
        """The text of a file by its relative name; None for what is not, or not any more, a readable file of the library."""
        return await asyncio.to_thread(self._text_of, name)

    async def ready(self, timeout_seconds: float) -> bool:
        """Wait until the first refresh is through; False when that took longer."""
        deadline = time.monotonic() + timeout_seconds
        while not self._is_ready.is_set() and time.monotonic() < deadline:  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(_READY_POLL_SECONDS)
        return self._is_ready.is_set()

    async def watch(self, interval_seconds: float = _WATCH_SECONDS) -> None:
        """Refresh now and whenever the folder changes, until cancelled, which also ends a running refresh for good.

        To be run as a task. Survives a full disk and the like with a warning.
        """
        try:
            while True:
                look_seconds = 0.0
                try:
                    look_seconds = await asyncio.to_thread(self._refresh_if_changed)
                except (OSError, sqlite3.Error) as exc:
                    logger.warning("The library cannot be indexed (%s); trying again.", exc)
                await self._pause(max(interval_seconds, look_seconds * _WATCH_PAUSE_PER_LOOK))
        finally:
            self._stop()

    async def close(self) -> None:
        """End a running refresh and all processes; what is indexed so far is kept."""
        self._stop()
        await asyncio.to_thread(self._close_index)

    def status(self) -> LibraryStatus:
        pending = self._pending
        skipped = sum(file.is_skipped for file in self._found.values())
        read = self._undamaged(lambda: self._index.summary(pending))
        return LibraryStatus(
            total=read.files + len(pending),
            indexed=read.files - read.failed,
            failed=read.failed,
            pending=len(pending),
            passages=read.passages,
            is_indexing=self._is_indexing,
            is_starter=self._is_starter,
            skipped=skipped,
            pass_total=self._pass_total,
            is_reindex_wanted=self._reads_all,
        )

    def files(self) -> list[LibraryFile]:
        """All files by name, those not read yet and those left out too."""
        pending, found = self._pending, self._found
        known = [_library_file(file) for file in self._undamaged(self._index.files) if file.path not in pending]
        waiting = [
            LibraryFile(path=name, state="pending", size_bytes=found[name].size_bytes if name in found else 0)
            for name in pending
        ]
        skipped = [
            LibraryFile(path=file.name, state="skipped", error=file.problem)
            for file in found.values()
            if file.is_skipped
        ]
        return sorted(known + waiting + skipped, key=lambda file: file.path)

    def path_of(self, name: str) -> Path | None:
        """Where a file of the library lies, by its relative name; None for any other name."""
        file = self._found.get(name)
        return file.path if file is not None and file.problem is None else None

    def search_now(self, query: str, limit: int = 8) -> list[Hit]:
        if limit < 1:
            return []

        def find() -> list[Hit]:
            asked = Asked(query, self._index)
            return rank(asked, asked.candidates(), limit)

        return self._undamaged(find)

    def refresh_now(self) -> None:
        with self._refreshing:
            self._is_indexing = True
            try:
                self._undamaged(self._refresh)
                if not self._stopping.is_set():
                    self._seen = self._found
                    self._is_ready.set()
            finally:
                self._pending = frozenset()
                self._pass_total = 0
                self._is_indexing = self._is_reading_all = False

    def _text_of(self, name: str) -> LibraryText | None:
        found = self._undamaged(lambda: self._index.passages_of(name))
        return None if found is None else LibraryText(title=found[0], passages=tuple(found[1]))

    def _refresh_if_changed(self) -> float:
        """Returns how many seconds the look at the folder took."""
        started = time.monotonic()
        found = self._look()
        look_seconds = time.monotonic() - started
        if found != self._seen or self._reads_all:
            self.refresh_now()
        return look_seconds

    async def _pause(self, seconds: float) -> None:
        """Cut short by `reindex_soon`."""
        try:
            # Not wait_for: in Python 3.11 that can swallow the cancellation that ends `watch`.
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def _look(self) -> dict[str, FoundFile]:
        files = scan(self._folder)
        self._is_starter = not any(file.problem is None for file in files)
        if self._is_starter:
            files = [file for file in files if file.problem] + starter_files(self._starter, self._starter_root)
        return {file.name: file for file in files}

    def _refresh(self) -> None:
        self._found = self._look()
        self._is_reading_all, self._reads_all = self._reads_all, False
        change = self._changes(self._index.files())
        self._pending = frozenset(file.name for file in change.unread)
        self._pass_total = len(change.unread)
        if change.gone:
            self._index.remove(change.gone)
        if change.refused:
            self._index.put([(_failed(file, file.problem), None) for file in change.refused])
        self._read(change.unread)

    def _changes(self, indexed: Sequence[IndexedFile]) -> _Change:
        known = {file.path: file for file in indexed}
        unread: list[FoundFile] = []
        refused: list[FoundFile] = []
        for file in self._found.values():
            before = known.get(file.name)
            if file.is_skipped:
                continue
            if file.problem is not None:
                if before is None or before.error != file.problem:
                    refused.append(file)
            elif before is None or self._is_reading_all or not self._is_same(before, file):
                unread.append(file)
        gone = tuple(path for path in known if path not in self._found or self._found[path].is_skipped)
        return _Change(gone=gone, unread=tuple(unread), refused=tuple(refused))

    def _is_same(self, before: IndexedFile, file: FoundFile) -> bool:
        """By size and time; else by content, and then the new time is remembered."""
        if before.error and not before.sha256:
            # It could not be opened, which permissions may have changed; they leave size and time as they are.
            return not os.access(file.path, os.R_OK)
        if (before.size_bytes, before.mtime_ns) == (file.size_bytes, file.mtime_ns):
            return True
        if before.size_bytes != file.size_bytes or before.sha256 != sha256_of(file.path):
            return False
        self._index.touch(before.model_copy(update={"mtime_ns": file.mtime_ns}))
        return True

    def _read(self, files: Sequence[FoundFile]) -> None:
        """Read in processes, write in batches: a transaction a file would cost more than reading it."""
        batch: list[tuple[IndexedFile, CutDocument | None]] = []
        written = time.monotonic()
        for file, answer in self._readers.read(files):
            batch.append((_entry(file, answer), answer.document))
            if len(batch) >= _BATCH_FILES or time.monotonic() - written > _BATCH_SECONDS:
                self._write(batch)
                batch, written = [], time.monotonic()
        self._write(batch)
        if len(files) >= _OPTIMIZE_FROM_FILES and not self._stopping.is_set():
            self._index.optimize()

    def _write(self, batch: list[tuple[IndexedFile, CutDocument | None]]) -> None:
        if batch:
            self._index.put(batch)
            self._pending = self._pending - {file.path for file, _ in batch}

    def _undamaged(self, work: Callable[[], T]) -> T:
        """Do it; when the index turns out to be damaged, begin with an empty one, which the next refresh fills."""
        try:
            return work()
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            logger.warning("The library index is damaged (%s); it is made again.", exc)
            self._index.rebuild()
            self._seen = None
            return work()

    def _stop(self) -> None:
        self._stopping.set()
        self._readers.close()

    def _close_index(self) -> None:
        with self._refreshing:
            self._index.close()


def _library_file(file: IndexedFile) -> LibraryFile:
    state: FileState = "failed" if file.error else "indexed"
    return LibraryFile(
        path=file.path,
        state=state,
        passages=file.passages,
        error=file.error,
        title=file.title,
        size_bytes=file.size_bytes,
    )


def _entry(file: FoundFile, answer: Answer) -> IndexedFile:
    """What is remembered is the file as it was when it was read: the next look sees what has changed since."""
    version = answer.version
    if version is None:
        return _failed(file, answer.error, sha256_of(file.path))
    if not version.sha256:
        return _failed(file, answer.error)
    document = answer.document
    return IndexedFile(
        path=file.name,
        size_bytes=version.size_bytes,
        mtime_ns=version.mtime_ns,
        sha256=version.sha256,
        title=document.title if document else "",
        passages=len(document.passages) if document else 0,
        error=answer.error,
    )


def _failed(file: FoundFile, error: str | None, sha256: str = "") -> IndexedFile:
    return IndexedFile(
        path=file.name,
        size_bytes=file.size_bytes,
        mtime_ns=file.mtime_ns,
        sha256=sha256,
        error=error or "It cannot be read.",
    )
