"""Files that people attach to their messages: kept on disk by thread, and searched in that thread only.

    <folder>/uploads/<id>/      taken from a person, not sent with a question yet: the file, its index, and whose it is
    <folder>/threads/<digest>/  of one thread: the files, its index, whose it is, and which upload became which file

Each thread has an index of its own, so nothing of a file can turn up anywhere else. Whose thread it is, is checked by the callers.
"""

import asyncio
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

from pydantic import BaseModel, ConfigDict, ValidationError

from chat_app.errors import AttachmentRefused
from chat_app.languages.words import say
from chat_app.research.evidence import ATTACHMENT_SCHEME, Passage, Source, merge_sources
from chat_app.search.attachment_names import clean_name, free_name, means_the_file
from chat_app.search.library.folder import FORMATS, is_known_format
from chat_app.search.library.library import Library, LibraryText
from chat_app.search.library.ranking import Hit
from chat_app.storage.engine import DATABASE_ERRORS

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 25_000_000
MAX_FILES_PER_MESSAGE = 10
MAX_FILES_PER_THREAD = 50
MAX_BYTES_PER_PERSON = 1_000_000_000
"""In all conversations together: nobody fills the disk of all."""
_MAX_WAITING = 40
"""Uploads of one person that no question was sent with yet."""
_WAITING_SECONDS = 24 * 3600
_SECONDS_BETWEEN_LOOKS = 3600
_CHECKED_AT_ONCE = 2
_PASSAGES = 8
_LATER_COVERAGE = 0.5
"""Of a question's words, for files that were attached to an earlier question: this one may be about something else."""
_OPENING_PASSAGES = 3
_OWNER = "owner"

ThreadIds = Callable[[], Awaitable[Iterable[str]]]
"""All threads that there are now."""


class Upload(BaseModel):
    """A file that was taken."""

    model_config = ConfigDict(frozen=True)

    owner: str
    name: str
    size_bytes: int


class Attachments:
    """Keep one a folder and process. Its methods are for the event loop; files are read, written and indexed in threads."""

    def __init__(self, folder: Path, max_bytes_per_person: int = MAX_BYTES_PER_PERSON) -> None:
        self._max_bytes_per_person = max_bytes_per_person
        self._uploads = folder / "uploads"
        self._threads = folder / "threads"
        self._gone = folder / "gone"
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        self._checking = asyncio.Semaphore(_CHECKED_AT_ONCE)

    async def take(self, owner: str, name: str, content: BinaryIO) -> str:
        """Keep an uploaded file until a question is sent with it, and return its id.

        Raises AttachmentRefused for a file that could not be searched, saying why.
        """
        name = clean_name(name)
        if not is_known_format(name):
            raise AttachmentRefused(f"{name!r} cannot be read here; attach one of {', '.join(sorted(FORMATS))}.")
        await asyncio.to_thread(self._make_room, owner)
        upload_id = str(uuid4())
        place = self._uploads / upload_id
        try:
            size_bytes = await asyncio.to_thread(_write, content, place / "files" / name, name)
            await self._check(place)
            upload = Upload(owner=owner, name=name, size_bytes=size_bytes)
            await asyncio.to_thread(_write_text, place / "upload.json", upload.model_dump_json())
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
            raise
        return upload_id

    async def keep(self, owner: str, thread_id: str, upload_ids: Sequence[str]) -> tuple[str, ...]:
        """Move the person's uploads into the thread; returns the files' names there. The same uploads again are the same files.

        Raises AttachmentRefused for an upload that is not there, or is somebody else's.
        """
        ids = list(dict.fromkeys(upload_ids))
        place = self._place(thread_id)
        async with self._lock(place):
            return await asyncio.to_thread(self._keep, owner, place, ids)

    async def require(self, owner: str, thread_id: str, upload_ids: Sequence[str]) -> None:
        """Raises AttachmentRefused for what `keep` would refuse; changes nothing."""
        await asyncio.to_thread(self._new, owner, self._place(thread_id), list(dict.fromkeys(upload_ids)))

    async def search(
        self, thread_id: str, query: str, attached_now: Sequence[str] = (), limit: int = _PASSAGES
    ) -> tuple[Source, ...]:
        """Passages of the thread's files, best first.

        Of files attached to this very question there is always something: a question such as "What does it say?" holds
        no word of the file that it is about, and gets the file's beginning.
        """
        if not _has_files(self._place(thread_id)):
            return ()
        async with self._library(thread_id) as library:
            hits = await library.search(query, limit=limit * 2)
            if not attached_now and means_the_file(query):
                attached_now = sorted(_files(self._place(thread_id)))[:MAX_FILES_PER_MESSAGE]
            now = set(attached_now)
            sources = [_source(hit) for hit in hits if hit.path in now or hit.coverage >= _LATER_COVERAGE][:limit]
            found = {source.url for source in sources}
            for name in attached_now:
                if f"{ATTACHMENT_SCHEME}{name}" not in found:
                    sources += _opening(name, await library.text_of(name))
        return merge_sources(tuple(sources))

    async def text_of(self, thread_id: str, name: str) -> LibraryText | None:
        """The text of a file of the thread; None for any other name."""
        if not _has_files(self._place(thread_id)):
            return None
        async with self._library(thread_id) as library:
            return await library.text_of(name)

    def path_of(self, thread_id: str, name: str) -> Path | None:
        """Where a file of the thread lies. Compared with what is there, so that no name leads anywhere else."""
        return _files(self._place(thread_id)).get(name)

    async def forget(self, thread_id: str) -> None:
        """Delete the thread's files and all that was made of them."""
        place = self._place(thread_id)
        async with self._lock(place):
            await asyncio.to_thread(self._throw_away, place)

    async def tidy(self, thread_ids: ThreadIds) -> None:
        """At a start: finish deletions that were cut off, and drop what nobody can reach."""
        await asyncio.to_thread(shutil.rmtree, self._gone, ignore_errors=True)
        await self._drop_unreachable(thread_ids)

    async def watch(self, thread_ids: ThreadIds) -> None:
        """Drop what nobody can reach, every hour. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            try:
                await self._drop_unreachable(thread_ids)
            except DATABASE_ERRORS as error:
                logger.warning("Attached files that nobody can reach stay for another hour: %s", error)

    async def _drop_unreachable(self, thread_ids: ThreadIds) -> None:
        """Uploads that no question was sent with in a day, and files of threads that are gone."""
        await asyncio.to_thread(self._waiting)
        places = set(await asyncio.to_thread(_entries, self._threads))
        for place in places - {self._place(thread_id) for thread_id in await thread_ids()}:
            async with self._lock(place):
                # Asked again: a thread is stored before its files, so this one may be new, but not now that the lock is held.
                if all(self._place(thread_id) != place for thread_id in await thread_ids()):
                    await asyncio.to_thread(self._throw_away, place)

    @asynccontextmanager
    async def _library(self, thread_id: str) -> AsyncGenerator[Library]:
        """The thread's index, brought up to date. Opened for each use: a thread rarely has files, and hardly ever many."""
        place = self._place(thread_id)
        async with self._lock(place):
            if not _has_files(place):  # deleted while this waited
                place = self._gone / str(uuid4())
            async with _opened(place) as library:
                yield library

    def _place(self, thread_id: str) -> Path:
        """Not the id itself: it comes from outside, and may hold anything."""
        return self._threads / hashlib.sha256(thread_id.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def _lock(self, place: Path) -> asyncio.Lock:
        return self._locks.setdefault(place, asyncio.Lock())

    async def _check(self, place: Path) -> None:
        """Whether the file can be read: said now, while the person is looking, and not by a search that finds nothing."""
        async with self._checking, _opened(place) as library:
            errors = [file.error for file in library.files() if file.error]
            if errors or not library.files():
                raise AttachmentRefused(errors[0] if errors else "The file has a name that cannot be kept; rename it.")

    def _keep(self, owner: str, place: Path, ids: Sequence[str]) -> tuple[str, ...]:
        kept, new = _receipts(place), self._new(owner, place, ids)
        _write_text(place / _OWNER, owner)
        for upload_id, upload in new.items():
            # The receipt first: cut off in between, the same call goes on from here.
            kept[upload_id] = free_name(upload.name, set(kept.values()))
            _write_text(place / "receipts" / upload_id, kept[upload_id])
        for upload_id in ids:
            self._move(upload_id, place / "files" / kept[upload_id])
        return tuple(kept[upload_id] for upload_id in ids)

    def _new(self, owner: str, place: Path, ids: Sequence[str]) -> dict[str, Upload]:
        """Those of the uploads that the thread does not have yet."""
        if len(ids) > MAX_FILES_PER_MESSAGE:
            raise AttachmentRefused(f"A message takes {MAX_FILES_PER_MESSAGE} files at most; these are {len(ids)}.")
        kept = _receipts(place)
        new = {upload_id: self._upload(owner, upload_id) for upload_id in ids if upload_id not in kept}
        if len(kept) + len(new) > MAX_FILES_PER_THREAD:
            raise AttachmentRefused(
                f"A conversation takes {MAX_FILES_PER_THREAD} attached files at most; begin a new one, "
                "or put them into the library folder."
            )
        return new

    def _move(self, upload_id: str, target: Path) -> None:
        sources = list(_files(self._uploads / upload_id).values())
        if sources:
            target.parent.mkdir(parents=True, exist_ok=True)
            sources[0].replace(target)
            shutil.rmtree(self._uploads / upload_id, ignore_errors=True)
        elif not target.exists():
            raise AttachmentRefused(f"The attached file {target.name!r} is not there any more; attach it again.")

    def _upload(self, owner: str, upload_id: str) -> Upload:
        upload = _read_upload(self._uploads / upload_id) if _is_id(upload_id) else None
        if upload is None or upload.owner != owner:
            raise AttachmentRefused("An attached file is not there any more; attach it again.")
        return upload

    def _make_room(self, owner: str) -> None:
        waiting = [upload.size_bytes for upload in self._waiting() if upload.owner == owner]
        if len(waiting) >= _MAX_WAITING:
            raise AttachmentRefused(
                f"{_MAX_WAITING} attached files wait for a question already; send them, or try again tomorrow."
            )
        places = [place for place in _entries(self._threads) if _owner(place) == owner]
        if sum(waiting) + sum(map(_size_bytes, places)) >= self._max_bytes_per_person:
            raise AttachmentRefused(say("problem.attachments_full", size=self._max_bytes_per_person // 1_000_000))

    def _waiting(self) -> list[Upload]:
        """The uploads that wait for a question; older ones are deleted."""
        waiting: list[Upload] = []
        oldest = time.time() - _WAITING_SECONDS
        for place in _entries(self._uploads):
            try:
                is_old = place.stat().st_mtime < oldest
            except FileNotFoundError:
                continue
            if is_old:
                shutil.rmtree(place, ignore_errors=True)
            elif upload := _read_upload(place):
                waiting.append(upload)
        return waiting

    def _throw_away(self, place: Path) -> None:
        if place.exists():
            self._gone.mkdir(parents=True, exist_ok=True)
            hidden = self._gone / str(uuid4())
            place.replace(hidden)  # at once and as a whole; what follows may be cut off
            shutil.rmtree(hidden, ignore_errors=True)


@asynccontextmanager
async def _opened(place: Path) -> AsyncGenerator[Library]:
    library = await asyncio.to_thread(Library, place / "files", place / "index.sqlite")
    try:
        await library.refresh()
        yield library
    finally:
        await library.close()


def _source(hit: Hit) -> Source:
    return _quoting(hit.path, hit.title, hit.text, hit.location)


def _opening(name: str, text: LibraryText | None) -> list[Source]:
    passages = text.passages[:_OPENING_PASSAGES] if text else ()
    return [_quoting(name, text.title if text else name, passage.text, passage.location) for passage in passages]


def _quoting(name: str, title: str, quote: str, location: str | None) -> Source:
    passage = Passage(quote=quote, location=location)
    return Source(title=title, url=f"{ATTACHMENT_SCHEME}{name}", quote=quote, location=location, passages=(passage,))


def _has_files(place: Path) -> bool:
    return (place / "files").is_dir()


def _files(place: Path) -> dict[str, Path]:
    try:
        return {
            entry.name: Path(entry.path)
            for entry in os.scandir(place / "files")
            if entry.is_file(follow_symlinks=False)
        }
    except FileNotFoundError:
        return {}


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _owner(place: Path) -> str | None:
    try:
        return (place / _OWNER).read_text(encoding="utf-8")
    except OSError:
        return None  # just deleted


def _size_bytes(place: Path) -> int:
    """Of the thread's files; what was just deleted is nothing."""
    try:
        return sum(path.stat().st_size for path in _files(place).values())
    except FileNotFoundError:
        return 0


def _receipts(place: Path) -> dict[str, str]:
    """Which upload became which file."""
    receipts = sorted(_entries(place / "receipts"))
    return {path.name: path.read_text(encoding="utf-8") for path in receipts if _is_id(path.name)}


def _read_upload(place: Path) -> Upload | None:
    try:
        return Upload.model_validate(json.loads((place / "upload.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError):
        return None  # not complete: the process ended, or it is being written now


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _write(content: BinaryIO, path: Path, name: str) -> int:
    """To the disk, so that a crash of the machine cannot leave a question with half a file."""
    path.parent.mkdir(parents=True, mode=0o700)
    written = 0
    try:
        with path.open("xb") as file:
            while piece := content.read(1_000_000):
                written += len(piece)
                if written > MAX_FILE_BYTES:
                    raise AttachmentRefused(
                        f"{name!r} is larger than {MAX_FILE_BYTES // 1_000_000} MB; "
                        "attach a part of it, or put it into the library folder."
                    )
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise AttachmentRefused(f"{name!r} could not be stored ({exc.strerror}).") from exc
    return written


def _write_text(path: Path, text: str) -> None:
    """All or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
