"""`research-chat library`: what is indexed, what is not and why. It asks the server that runs on the data directory, if there
is one, and looks by itself otherwise."""

import asyncio
import importlib
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

import httpx
from pydantic import BaseModel, ConfigDict

from chat_app.data_directory import DataDirectory
from chat_app.errors import DataDirectoryLocked, ResearchChatError
from chat_app.research.characters import visible
from chat_app.search.library.library import Library
from chat_app.search.library.states import LibraryFile, LibraryStatus
from chat_app.settings import Settings
from chat_app.web.private_keys import client_key

_EXIT_ALL_READ, _EXIT_SOME_FAILED, _EXIT_NO_DOCUMENT = 0, 1, 3
_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 60
# What needs a person comes last: it stays on the screen of a terminal.
_ORDER = ("indexed", "skipped", "pending", "failed")


class Listing(BaseModel):
    model_config = ConfigDict(frozen=True)

    folder: str
    status: LibraryStatus
    files: tuple[LibraryFile, ...]


class Listed(Protocol):
    """A library, here or at a server."""

    async def begin(self, *, reindex: bool) -> None: ...

    async def listing(self) -> Listing: ...


async def list_library(settings: Settings, *, reindex: bool, as_json: bool) -> int:
    """Print every file with its state when all are read; returns the exit code: 0 all read, 1 some failed, 3 no document."""
    try:
        directory = DataDirectory.hold(settings.data_dir, None)
    except DataDirectoryLocked as locked:
        if locked.address is None:
            raise
        library = _of_server(settings, locked.address)
    else:
        library = _of_this_process(settings, directory)
    async with library as listed:
        await listed.begin(reindex=reindex)
        listing = await _when_read(listed, _Ticker())
    print_listing(listing, as_json=as_json)
    if listing.status.is_starter or not listing.status.total:
        return _EXIT_NO_DOCUMENT
    return _EXIT_SOME_FAILED if listing.status.failed else _EXIT_ALL_READ


def print_listing(listing: Listing, *, as_json: bool) -> None:
    files = sorted(listing.files, key=lambda file: (_ORDER.index(file.state), file.path))
    if as_json:
        for file in files:
            print(json.dumps(file.model_dump(), ensure_ascii=True))
        return
    for file in files:
        print(_line(file))
    status, folder = listing.status, visible(listing.folder)
    if status.is_starter or not status.total:
        print(f"{folder} holds no document yet. The project's own documents are searched.", file=sys.stderr)
    counts = f"{status.indexed} indexed in {status.passages} passages, {status.failed} failed, {status.skipped} skipped"
    print(f"{folder}: {counts}", file=sys.stderr)


def _line(file: LibraryFile) -> str:
    count = "1 passage" if file.passages == 1 else f"{file.passages} passages"
    details = count if file.state == "indexed" else visible(file.reason)
    return f"{file.state:<8} {visible(file.path)}{f'  ({details})' if details else ''}"


class _Ticker:
    """How far the reading is, in one line that is written over; nothing where no person watches."""

    def __init__(self) -> None:
        self._is_watched = sys.stderr.isatty()
        self._is_shown = False

    def show(self, status: LibraryStatus) -> None:
        if self._is_watched and status.pass_total:
            self._is_shown = True
            print(
                f"\r\x1b[KReading {status.pass_done} of {status.pass_total} files", end="", file=sys.stderr, flush=True
            )

    def end(self) -> None:
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def _when_read(listed: Listed, ticker: _Ticker) -> Listing:
    while True:
        listing = await listed.listing()
        if not (listing.status.is_indexing or listing.status.is_reindex_wanted):
            ticker.end()
            return listing
        ticker.show(listing.status)
        await asyncio.sleep(_POLL_SECONDS)


class _Local:
    def __init__(self, library: Library, folder: str) -> None:
        self._library = library
        self._folder = folder
        self._reading: asyncio.Task[None] | None = None

    async def begin(self, *, reindex: bool) -> None:
        self._reading = asyncio.create_task(self._library.reindex() if reindex else self._library.refresh())

    async def listing(self) -> Listing:
        assert self._reading is not None
        is_done = self._reading.done()
        if is_done:
            await self._reading  # raises what went wrong
        status = await asyncio.to_thread(self._library.status)
        files = await asyncio.to_thread(self._library.files) if is_done else []
        return Listing(
            folder=self._folder, status=status.model_copy(update={"is_indexing": not is_done}), files=tuple(files)
        )


@asynccontextmanager
async def _of_this_process(settings: Settings, directory: DataDirectory) -> AsyncGenerator[Listed]:
    try:
        # Imported here: whoever joins a server need not wait for the engine and the agents.
        library: Library = importlib.import_module("chat_app.bootstrap").open_library(settings)
        try:
            yield _Local(library, str(settings.library_dir))
        finally:
            await library.close()
    finally:
        directory.release()


class _Remote:
    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def begin(self, *, reindex: bool) -> None:
        if reindex:
            await self._answer("POST", "/api/library/reindex")

    async def listing(self) -> Listing:
        return Listing.model_validate((await self._answer("GET", "/api/library")).json())

    async def _answer(self, method: str, path: str) -> httpx.Response:
        try:
            response = await self._client.request(method, path)
        except httpx.TransportError as exc:
            raise ResearchChatError(
                f"The server at {self._address} does not answer ({exc}); try again, or stop it."
            ) from exc
        if response.is_error:
            raise ResearchChatError(f"The server at {self._address} refused this: {response.text.strip()[:200]}")
        return response


@asynccontextmanager
async def _of_server(settings: Settings, address: str) -> AsyncGenerator[Listed]:
    headers = {"Authorization": f"Bearer {client_key(settings.data_dir).get_secret_value()}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        yield _Remote(client, address)
