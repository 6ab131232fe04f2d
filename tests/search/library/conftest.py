"""A folder of documents, and libraries made of it, which are closed after the test."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chat_app.search.library.library import Library

MakeLibrary = Callable[..., Library]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "library"
    path.mkdir()
    return path


@pytest.fixture
async def make_library(tmp_path: Path, folder: Path) -> AsyncIterator[MakeLibrary]:
    made: list[Library] = []

    def make(**options: object) -> Library:
        library = Library(folder, tmp_path / "data" / "library.sqlite", **options)  # pyright: ignore[reportArgumentType]
        made.append(library)
        return library

    yield make
    for library in made:
        await library.close()
