"""Files that mean harm or are not what they seem: each is named and refused, or read safely, in bounded time and memory."""

import io
import os
import struct
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_app.errors import LibraryFileError
from chat_app.search.library import parsing
from chat_app.search.library.library import Library
from chat_app.search.library.readers import READER_COMMAND
from chat_app.search.library.snapshot import MAX_FILE_BYTES, sha256_of, take
from chat_app.search.library.states import LibraryFile
from tests.search.library import documents
from tests.search.library.conftest import MakeLibrary

SPACES = b" " * 70_000_000
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY s SYSTEM "file:///etc/passwd">]>'


async def listed(library: Library) -> dict[str, LibraryFile]:
    await library.refresh()
    return {file.path: file for file in library.files()}


def with_part(content: bytes, part: str, replacement: str | bytes) -> bytes:
    """An archive with one part replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        parts: dict[str, str | bytes] = {name: source.read(name) for name in source.namelist()}
    return documents.archive({**parts, part: replacement})


SLIDES = documents.slides(("Title", "A newt."))
BOOK = documents.ebook({"a.xhtml": "<p>A newt.</p>"}, title="Newts")
SLIDE, CHAPTER = "ppt/slides/slide1.xml", "OEBPS/text/a.xhtml"


def many_bombs() -> bytes:
    """Each part within bounds, all of them together far beyond."""
    return documents.ebook({f"{n}.xhtml": "<p>" + " " * 50_000_000 + "</p>" for n in range(5)})


def lying_about_its_size() -> bytes:
    """The central directory says that the chapter has 10 bytes."""
    content = bytearray(with_part(BOOK, CHAPTER, SPACES))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        size = struct.pack("<I", package.getinfo(CHAPTER).file_size)
    return bytes(content.replace(size, struct.pack("<I", 10)))


def of_many_parts() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(50_001):
            target.writestr(zipfile.ZipInfo(str(number)), b"")
    return out.getvalue()


def with_encrypted_pages() -> bytes:
    reference = f'<enc:CipherReference xmlns:enc="http://www.w3.org/2001/04/xmlenc#" URI="{CHAPTER}"/>'
    return documents.ebook({"a.xhtml": "garbage"}, encryption=f"<encryption>{reference}</encryption>")


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("bomb.pptx", lambda: with_part(SLIDES, SLIDE, SPACES), "unpacks to more than"),
        ("bomb.epub", lambda: with_part(BOOK, CHAPTER, SPACES), "unpacks to more than"),
        ("bombs.epub", many_bombs, "unpacks to more than"),
        ("liar.epub", lying_about_its_size, "damaged|no text"),
        ("crowd.pptx", of_many_parts, "archive of more than 50,000 parts"),
        ("entities.pptx", lambda: with_part(SLIDES, SLIDE, f"{ENTITIES}<x>&i;</x>"), "damaged|no text"),
        ("entities.epub", lambda: with_part(BOOK, "OEBPS/book.opf", f"{ENTITIES}<x>&i;</x>"), "damaged|no text"),
        ("deep.pptx", lambda: with_part(SLIDES, SLIDE, "<a>" * 100_000 + "</a>" * 100_000), "damaged"),
        ("deep.epub", lambda: with_part(BOOK, "OEBPS/toc.ncx", "<a>" * 100_000), "damaged"),
        ("cut.pptx", lambda: SLIDES[:400], "damaged or no presentation"),
        ("cut.epub", lambda: BOOK[:400], "damaged or no electronic book"),
        ("word.pptx", documents.word, "damaged or no presentation"),
        ("slides.epub", lambda: SLIDES, "damaged or no electronic book"),
        ("slides.docx", lambda: SLIDES, "damaged or no Word document"),
        ("locked.pptx", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "protected by a password"),
        ("locked.epub", with_encrypted_pages, "protected against copying"),
        ("zip.csv", lambda: SLIDES, "binary data"),
        ("pdf.txt", lambda: documents.pdf("A newt."), "is a .pdf file by its content"),
        ("rtf.md", lambda: rb"{\rtf1\ansi A newt.}", "is a .rtf file by its content"),
        ("noise.txt", lambda: bytes(range(1, 32)) * 50, "binary data"),
        ("page.pdf", lambda: b"<html><p>A newt.", "damaged or no PDF"),
        ("wide.csv", lambda: b"a," * 5_000, "no readable table"),
        ("cell.csv", lambda: b'"' + b"a" * 2_000_000 + b'",b', "no readable table"),
    ],
)
def test_it_is_refused_with_the_reason(tmp_path: Path, name: str, make: Callable[[], bytes], reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    started = time.monotonic()
    with pytest.raises(LibraryFileError, match=reason) as caught:
        parsing.parse(path, name)
    assert str(caught.value).startswith(f"'{name}' ")
    assert time.monotonic() - started < 20


def test_a_pdf_that_claims_a_billion_pages_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    content = documents.pdf("A newt.").replace(b"/Count 1 ", b"/Count 1000000000 ")
    path = tmp_path / "billion.pdf"
    path.write_bytes(content)
    started = time.monotonic()
    assert [section.text for section in parsing.parse(path, path.name).sections] == ["A newt."]
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("part", [SLIDE, "ppt/_rels/presentation.xml.rels"])
def test_no_entity_brings_a_file_of_the_machine_into_the_library(tmp_path: Path, part: str) -> None:
    path = tmp_path / "leak.pptx"
    path.write_bytes(with_part(SLIDES, part, f"{OUTSIDE}<x><a:t xmlns:a='a'>&s;</a:t></x>"))
    with pytest.raises(LibraryFileError):
        parsing.parse(path, path.name)


def test_parts_of_an_archive_are_never_files_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.xhtml").write_text("<p>A secret.</p>")
    package = "<package><manifest>{}</manifest><spine>{}</spine></package>"
    references = (
        "../secret.xhtml",
        "../../secret.xhtml",
        f"file://{tmp_path}/secret.xhtml",
        f"{tmp_path}/secret.xhtml",
    )
    items = [f'<item id="i{n}" href="{to}" media-type="text/html"/>' for n, to in enumerate(references)]
    spine = [f'<itemref idref="i{n}"/>' for n in range(len(references))]
    path = tmp_path / "leak.epub"
    path.write_bytes(with_part(BOOK, "OEBPS/book.opf", package.format("".join(items), "".join(spine))))
    with pytest.raises(LibraryFileError, match="no text"):
        parsing.parse(path, path.name)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("polyglot.html", b"<svg xmlns='x' onload='alert(1)'><script>alert(2)</script></svg><p>A newt.</p>", "A newt."),
        ("svg.html", b"<?xml version='1.0'?><!DOCTYPE svg><svg><script>alert(1)</script></svg><p>A newt.", "A newt."),
        ("gif.html", b"GIF89a/*<p>A newt.</p><script>*/=1;alert(1)</script>", "GIF89a/*\n\nA newt."),
        ("entities.html", f"{ENTITIES}<p>A newt. &i;</p>".encode(), "A newt. &i;"),
        ("latin.csv", "Tier;Größe\nMolch;klein\n".encode("latin-1"), "Tier: Molch; Größe: klein"),
        ("broken.md", b"A newt \xff\xfe\xc3( of no encoding.", "A newt ÿþÃ( of no encoding."),
        ("half.txt", "A newt.".encode("utf-16") + b"\x41", "A newt.�"),
        ("surrogate.html", b"<meta charset=utf-8><p>A newt \xed\xa0\x80&#xd800;.", None),
    ],
)
def test_it_is_read_as_text_and_nothing_in_it_is_run(
    tmp_path: Path, name: str, content: bytes, text: str | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    document = parsing.parse(path, name)
    found = "\n\n".join(section.text for section in document.sections)
    assert "alert" not in found
    assert found.encode("utf-8", errors="strict")
    assert text is None or found.removesuffix("]>") == text or text in found


async def test_half_a_gigabyte_of_nothing_is_refused_without_reading_it(
    make_library: MakeLibrary, folder: Path
) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(500_000_000)
    with (folder / "huge.docx").open("wb") as file:
        file.truncate(10**12)
    (folder / "a.md").write_text("A newt.")
    started = time.monotonic()
    found = await listed(make_library())
    assert time.monotonic() - started < 15
    assert {name: file.state for name, file in found.items()} == {
        "a.md": "indexed",
        "huge.docx": "failed",
        "huge.txt": "failed",
    }
    assert "larger than 100 MB" in found["huge.txt"].reason


async def test_what_is_no_file_is_skipped_and_links_do_not_lead_out(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("A secret newt.")
    os.mkfifo(folder / "pipe.md")
    (folder / "out.md").symlink_to(outside / "secret.md")
    (folder / "out").symlink_to(outside)
    (folder / "null.txt").symlink_to("/dev/zero")
    (folder / "one.md").symlink_to(folder / "two.md")
    (folder / "two.md").symlink_to(folder / "one.md")
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    (folder / "archive.zip").write_bytes(b"PK")
    (folder / "node_modules").mkdir()
    library = make_library()
    found = await listed(library)
    assert set(found) == {"pipe.md", "out.md", "out", "null.txt", "archive.zip", "node_modules/"}
    assert {file.state for file in found.values()} == {"skipped"}
    assert all(file.reason for file in found.values())
    assert await library.search("secret newt") == []


async def test_a_pipe_or_a_link_that_takes_the_place_of_a_file_is_not_waited_for(folder: Path, tmp_path: Path) -> None:
    pipe, link = folder / "a.md", folder / "b.md"
    os.mkfifo(pipe)
    (tmp_path / "secret.md").write_text("A secret newt.")
    link.symlink_to(tmp_path / "secret.md")
    for path in (pipe, link):
        with pytest.raises(LibraryFileError):
            take(path)
        assert sha256_of(path) == ""


async def test_odd_names_are_read_and_named_as_they_are(make_library: MakeLibrary, folder: Path) -> None:
    names = [
        "a\\..\\..\\up.md",
        "%2e%2e%2fup.md",
        "invoice\u202efdp.md",
        "two\nlines.md",
        " .md",
        "x" * 240 + ".md",
        "'; --.md",
    ]
    for name in names:
        (folder / name).write_text(f"A newt called {len(name)}.")
    library = make_library()
    found = await listed(library)
    assert set(found) == set(names)
    assert {file.state for file in found.values()} == {"indexed"}
    assert not any("\u202e" in file.title or "\n" in file.title for file in found.values())
    for name in names:
        assert str(library.path_of(name)).endswith(f"/library/{name}")


def test_a_file_that_is_being_written_to_is_not_read_by_halves(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"first line\n" * 2_000_000)
    stop = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(b"another line\n" * 50)
                file.flush()

    def take_often() -> None:
        # On a busy machine the writer may stand still during a whole reading, which is then none by halves.
        for _ in range(100):
            take(path)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(LibraryFileError, match="is being written to"):
            take_often()
    finally:
        stop.set()
        writer.join()
    assert len(take(path)[0]) == path.stat().st_size


async def test_a_file_that_could_not_be_read_whole_is_read_when_it_stays_still(
    make_library: MakeLibrary, folder: Path
) -> None:
    """Its size and time alone would not tell that it was never read."""
    path = folder / "slow.md"
    path.write_text("A newt.")
    moving = textwrap.dedent(
        """
        from chat_app.search.library import reading
        from chat_app.errors import LibraryFileError
        def take(path):
            raise LibraryFileError("is being written to")
        reading.take = take
        reading.main()
        """
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {READER_COMMAND[-1]!r})\n{moving}"]
    first = make_library(reader_command=command)
    assert (await listed(first))["slow.md"].state == "failed"
    await first.close()
    assert (await listed(make_library()))["slow.md"].state == "indexed"


async def test_a_parser_that_eats_memory_takes_only_its_file(make_library: MakeLibrary, folder: Path) -> None:
    (folder / "eater.md").write_text("A newt.")
    (folder / "other.md").write_text("An eft.")
    eating = textwrap.dedent(
        """
        from chat_app.search.library import parsing, reading
        def parse_bytes(data, name):
            if "eater" in name:
                hoard = [bytearray(100_000_000) for _ in range(200)]
            return parsing.parse_bytes(data, name)
        reading.parse_bytes = parse_bytes
        reading.main()
        """
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {READER_COMMAND[-1]!r})\n{eating}"]
    found = await listed(make_library(reader_command=command))
    assert (found["eater.md"].state, found["other.md"].state) == ("failed", "indexed")
    assert found["eater.md"].reason


async def test_a_process_that_talks_nonsense_takes_only_its_file(make_library: MakeLibrary, folder: Path) -> None:
    (folder / "a.md").write_text("A newt.")
    (folder / "b.md").write_text("An eft.")
    nonsense = "import sys\nprint('ready', flush=True)\nfor line in sys.stdin: print('{\"nonsense\"', flush=True)"
    found = await listed(make_library(reader_command=[sys.executable, "-c", nonsense]))
    assert {file.state for file in found.values()} == {"failed"}


async def test_a_process_that_reads_files_sees_no_key(
    make_library: MakeLibrary, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ("ANTHROPIC_API_KEY", "DATABASE_URL", "CHAINLIT_AUTH_SECRET", "OAUTH_GITHUB_CLIENT_SECRET", "ANY_OTHER")
    for name in secrets:
        monkeypatch.setenv(name, "s3cr3t-value")
    (folder / "a.md").write_text("A newt.")
    telling = textwrap.dedent(
        """
        import os
        from chat_app.errors import LibraryFileError
        from chat_app.search.library import reading
        def take(path):
            raise LibraryFileError(f"{sorted(os.environ)} {sorted(os.environ.values())}")
        reading.take = take
        reading.main()
        """
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {READER_COMMAND[-1]!r})\n{telling}"]
    told = (await listed(make_library(reader_command=command)))["a.md"].reason
    assert told is not None
    assert "PATH" in told
    assert [word for word in ("s3cr3t", *secrets) if word in told] == []


async def test_nothing_is_started_when_nothing_is_to_be_read(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    (folder / "a.md").write_text("A newt.")
    (folder / "empty.md").write_text("")
    first = make_library()
    await first.refresh()
    await first.close()
    noted = tmp_path / "started"
    second = make_library(reader_command=[sys.executable, "-c", f"open({str(noted)!r}, 'w')"])
    await second.refresh()
    assert not noted.exists()
    assert second.status().indexed == 1


async def test_reindexing_reads_everything_and_keeps_it_searchable(make_library: MakeLibrary, folder: Path) -> None:
    (folder / "a.md").write_text("A newt.")
    library = make_library()
    await library.refresh()
    await library.close()
    unable = make_library(reader_command=[sys.executable, "-c", "raise SystemExit(1)"])
    await unable.refresh()
    assert unable.status().failed == 0, "an unchanged file is not read again"
    await unable.reindex()
    assert unable.status().failed == 1, "every file is read again when that is asked for"
    assert not unable.status().is_reindex_wanted


def test_the_limit_of_size_is_that_of_the_documentation() -> None:
    assert MAX_FILE_BYTES == 100_000_000
