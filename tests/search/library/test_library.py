import asyncio
import os
import sqlite3
import sys
import textwrap
import time
from pathlib import Path

import pytest

from chat_app.search.library.library import Library
from chat_app.search.library.ranking import ANSWERED_COVERAGE
from chat_app.search.library.readers import READER_COMMAND
from tests.coming_true import comes_true
from tests.search.library import documents
from tests.search.library.conftest import MakeLibrary

MANUAL = {
    "connections.md": "# Connections\n\nThe setting max_connections determines the maximum number of concurrent connections to the server.",
    "vacuum.md": "# Vacuum\n\nVACUUM reclaims storage occupied by dead rows. Autovacuum runs it automatically.",
    "locks.md": "# Locks\n\nTwo transactions that wait for each other are a deadlock; the server detects it and aborts one.",
    "backup.md": "# Backup\n\nThe program pg_dump makes consistent backups of a database while it is in use.",
}


def fill(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def later(path: Path) -> None:
    """A time stamp that differs, whatever the clock's resolution."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


async def paths(library: Library, query: str) -> list[str]:
    return [hit.path for hit in await library.search(query)]


async def test_files_of_every_format_are_found(make_library: MakeLibrary, folder: Path) -> None:
    fill(
        folder,
        {
            "a.md": "# Alpha\n\nA marmot hibernates.",
            "b.txt": "A marmot whistles.",
            "c.rst": "Gamma\n=====\n\nA marmot digs.",
            "d.html": "<title>Delta</title><p>A marmot eats.",
            "sub folder/e.htm": "<p>A marmot sleeps.",
            "f.pdf": documents.pdf("A marmot sunbathes.", title="Marmots"),
            "g.docx": documents.word(),
            "h.pptx": documents.slides(("Marmots", "A marmot naps.")),
            "i.epub": documents.ebook({"one.xhtml": "<h1>One</h1><p>A marmot burrows.</p>"}),
            "j.csv": "Animal,Habit\nmarmot,squeaks\nvole,gnaws\n",
        },
    )
    library = make_library()
    await library.refresh()
    found = {hit.path for hit in await library.search("marmots", limit=20)}
    assert found == {"a.md", "b.txt", "c.rst", "d.html", "sub folder/e.htm", "f.pdf", "h.pptx", "i.epub", "j.csv"}
    (hit,) = (hit for hit in await library.search("sunbathing marmots") if hit.path == "f.pdf")
    assert (hit.url, hit.title, hit.location, hit.text) == ("library:f.pdf", "Marmots", "page 1", "A marmot sunbathes.")
    assert (await library.search("first class reimbursed"))[0].location == "Trains > First class"
    assert library.path_of("sub folder/e.htm") == folder / "sub folder" / "e.htm"
    assert library.path_of("../data/library.sqlite") is None


async def test_answered_and_unanswered_questions_differ_in_coverage(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, dict(MANUAL))
    library = make_library()
    await library.refresh()
    answered = await library.search("How do I set the maximum number of connections?")
    assert answered[0].path == "connections.md"
    assert answered[0].coverage >= ANSWERED_COVERAGE
    for question in ("What is the capital of Mongolia?", "Who runs the bakery in Ulaanbaatar?"):
        hits = await library.search(question)
        assert max((hit.coverage for hit in hits), default=0.0) < ANSWERED_COVERAGE


async def test_changed_added_and_deleted_files_are_followed(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, dict(MANUAL))
    library = make_library()
    await library.refresh()
    fill(folder, {"vacuum.md": "# Vacuum\n\nNow about aardvarks.", "new.md": "Aardvarks dig."})
    later(folder / "vacuum.md")
    (folder / "locks.md").unlink()
    await library.refresh()
    assert set(await paths(library, "aardvarks")) == {"vacuum.md", "new.md"}
    assert await paths(library, "deadlock") == []
    assert await paths(library, "reclaims") == []
    assert {file.path for file in library.files()} == {"connections.md", "vacuum.md", "backup.md", "new.md"}


async def test_touched_file_with_the_same_content_is_not_read_again(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, dict(MANUAL))
    await make_library().refresh()
    later(folder / "vacuum.md")
    unable = make_library(reader_command=[sys.executable, "-c", "raise SystemExit(1)"])
    await unable.refresh()
    assert unable.status().failed == 0
    assert await paths(unable, "reclaims") == ["vacuum.md"]


async def test_unreadable_files_are_remembered_with_their_reason(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, {**MANUAL, "scan.pdf": documents.pdf(""), "x.docx": b"nonsense", "empty.txt": b""})
    library = make_library()
    await library.refresh()
    errors = {file.path: file.error or "" for file in library.files() if file.state == "failed"}
    assert set(errors) == {"scan.pdf", "x.docx", "empty.txt"}
    assert "run OCR" in errors["scan.pdf"]
    status = library.status()
    assert (status.total, status.indexed, status.failed, status.pending) == (7, 4, 3, 0)
    fill(folder, {"empty.txt": "Now it says quokka."})
    await library.refresh()
    assert await paths(library, "quokka") == ["empty.txt"]


async def test_starter_documents_are_searched_until_the_user_adds_some(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    fill(
        project,
        {"docs/durability.md": "# Durability\n\nEvery turn survives a crash.", "README.md": "Read about a crash."},
    )
    starter = [project / "docs/durability.md", project / "README.md", project / "docs/gone.md"]
    folder.joinpath("notes.xyz").write_text("unknown format")
    library = make_library(starter=starter, starter_root=project)
    await library.refresh()
    assert set(await paths(library, "crash")) == {"docs/durability.md", "README.md"}
    assert library.status().is_starter
    fill(folder, {"mine.md": "My own crash course."})
    await library.refresh()
    assert await paths(library, "crash") == ["mine.md"]
    assert not library.status().is_starter
    (folder / "mine.md").unlink()
    await library.refresh()
    assert "docs/durability.md" in await paths(library, "crash")


async def test_missing_folder_is_an_empty_library(tmp_path: Path) -> None:
    library = Library(tmp_path / "nowhere", tmp_path / "library.sqlite")
    await library.refresh()
    assert library.status().total == 0
    assert await library.search("anything") == []
    await library.close()


async def test_hidden_files_links_and_odd_names_are_not_followed(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    fill(secret, {"plans.md": "The secret wombat."})
    fill(folder, {"seen.md": "A wombat.", ".hidden.md": "A wombat.", ".git/x.md": "A wombat.", "~$a.docx": "lock"})
    (folder / "out.md").symlink_to(secret / "plans.md")
    (folder / "outside").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    (folder / "again.md").symlink_to(folder / "seen.md")
    os.mkfifo(folder / "pipe.txt")
    fill(folder, {os.fsdecode(b"caf\xe9.md"): "A wombat."})
    library = make_library()
    await library.refresh()
    assert await paths(library, "wombat") == ["seen.md"]
    errors = {file.path: file.error for file in library.files() if file.error}
    assert set(errors) == {"out.md", "outside", "caf\ufffd.md", "pipe.txt"}
    states = {file.path: file.state for file in library.files()}
    assert (states["out.md"], states["outside"], states["pipe.txt"]) == ("skipped", "skipped", "skipped")
    assert states["caf\ufffd.md"] == "failed"
    assert "leads out of the library folder" in (errors["out.md"] or "")
    assert library.path_of("out.md") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_folder_without_permission_is_reported(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, {"seen.md": "A wombat.", "closed/x.md": "A wombat."})
    (folder / "closed").chmod(0)
    library = make_library()
    await library.refresh()
    (folder / "closed").chmod(0o700)
    assert [file.error for file in library.files() if file.error] == [
        "'closed/' cannot be read (Permission denied); check its permissions."
    ]


async def test_scripts_without_spaces_are_found_by_parts_of_a_sentence(make_library: MakeLibrary, folder: Path) -> None:
    fill(
        folder,
        {
            "zh.md": "# 手册\n\n本数据库支持多版本并发控制，读者不会阻塞写者。",
            "ja.md": "# 手引き\n\nサーバーへの最大接続数を設定します。再起動が必要です。",
            "th.md": "# คู่มือ\n\nฐานข้อมูลนี้รองรับการสำรองข้อมูลอัตโนมัติทุกวัน",
            "ko.md": "# 안내서\n\n서버는 동시 연결의 최대 개수를 제한합니다.",
            "en.md": "# Manual\n\nNothing of the kind.",
        },
    )
    library = make_library()
    await library.refresh()
    for query, path in {
        "并发控制": "zh.md",
        "如何控制并发？": "zh.md",
        "阻塞": "zh.md",
        "锁": None,
        "最大接続数": "ja.md",
        "接続数の設定について教えてください": "ja.md",
        "สำรองข้อมูล": "th.md",
        "연결": "ko.md",
        "최대 개수": "ko.md",
    }.items():
        found = await paths(library, query)
        assert found[:1] == ([path] if path else []), query
    assert (await library.search("并发控制"))[0].coverage == 1.0
    assert (await library.search("蒙古的首都"))[:1] == []
    assert await paths(library, "者") == ["zh.md"]


async def test_no_query_breaks_the_search(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, dict(MANUAL))
    library = make_library()
    await library.refresh()
    odd = [
        "' OR 1=1 --",
        "a AND (b OR",
        "NEAR(x, 3)",
        "*",
        "col:x",
        "^x",
        "{}",
        "\x00",
        "-",
        "\ud800",
        "",
        "   ",
        "?!...",
        '"',
    ]
    for query in odd:
        assert all(hit.path in MANUAL for hit in await library.search(query)), query
    for query in ("?!...", "", "* - ( )", "\x00"):
        assert await library.search(query) == []


async def test_one_file_gives_three_passages_unless_the_question_is_about_it(
    make_library: MakeLibrary, folder: Path
) -> None:
    animals = ["aardvark", "badger", "cheetah", "dingo", "echidna", "ferret"]
    chapters = "\n\n".join(
        f"## {name}\n\nThe {name} eats {name} food while zebras watch number {n}." for n, name in enumerate(animals)
    )
    fill(
        folder,
        {"Menagerie.md": f"# Menagerie\n\n{chapters}", "other.md": "# Other\n\nSome zebras watch television at night."},
    )
    library = make_library()
    await library.refresh()
    found = await paths(library, "watch zebras")
    assert found.count("Menagerie.md") == 3
    assert "other.md" in found
    assert (await paths(library, "menagerie")).count("Menagerie.md") > 3


async def test_copies_of_a_file_give_one_passage(make_library: MakeLibrary, folder: Path) -> None:
    text = "The axolotl keeps its gills for life and regrows lost limbs within a few weeks."
    fill(folder, {"one.txt": text, "two.txt": text, "three.txt": text + " Really."})
    library = make_library()
    await library.refresh()
    assert len(await library.search("axolotl gills")) == 1


async def test_passage_with_all_terms_comes_before_one_that_repeats_a_rare_term(
    make_library: MakeLibrary, folder: Path
) -> None:
    fill(
        folder,
        {
            **MANUAL,
            "a.txt": "Tapir tapir tapir tapir.",
            "b.txt": "In the evening, when it rains, the tapir likes to swim in the river.",
        },
    )
    library = make_library()
    await library.refresh()
    assert (await paths(library, "does a tapir swim in the evening"))[0] == "b.txt"


CRASHING = textwrap.dedent(
    """
    import os, sys, time
    from chat_app.search.library import reading
    answer = reading.read
    def read(path, name):
        if "crash" in name:
            os.abort()
        if "hang" in name:
            time.sleep(60)
        return answer(path, name)
    reading.read = read
    reading.main()
    """
)


async def test_parser_that_crashes_or_hangs_takes_only_its_file(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, {**MANUAL, "crash.pdf": b"x", "hang.pdf": b"x", "z.md": "Zebras."})
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {READER_COMMAND[-1]!r})\n{CRASHING}"]
    library = make_library(reader_command=command, file_timeout_seconds=3.0)
    await library.refresh()
    errors = {file.path: file.error or "" for file in library.files() if file.error}
    assert set(errors) == {"crash.pdf", "hang.pdf"}
    assert "made its parser crash" in errors["crash.pdf"]
    assert "took longer than 3 seconds" in errors["hang.pdf"]
    assert library.status().indexed == len(MANUAL) + 1


async def test_watch_finds_a_dropped_file_and_ends_when_cancelled(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, dict(MANUAL))
    library = make_library()
    watching = asyncio.create_task(library.watch(interval_seconds=0.2))
    assert await library.ready(timeout_seconds=20)
    fill(folder, {"dropped.md": "A pangolin rolls up."})

    async def is_found() -> bool:
        return await paths(library, "pangolin") == ["dropped.md"]

    await comes_true(is_found, "the dropped file is found", within_seconds=15)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_ready_gives_up_in_time(make_library: MakeLibrary) -> None:
    assert not await make_library().ready(timeout_seconds=0.1)


async def test_closing_ends_a_running_refresh_at_once(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, {f"{n}.pdf": b"x" for n in range(10)})
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    library = make_library(reader_command=command)
    refreshing = asyncio.create_task(library.refresh())
    await comes_true(lambda: library.status().pending == 10, "the files are waiting")
    assert library.status().is_indexing
    started = time.monotonic()
    await library.close()
    await refreshing
    assert time.monotonic() - started < 2
    assert library.files() == [], "a file whose reading was cut short is not a failed file"


async def test_index_of_another_version_or_damaged_is_made_again(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    fill(folder, dict(MANUAL))
    path = tmp_path / "data" / "library.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever it is" * 100)
    library = make_library()
    await library.refresh()
    assert await paths(library, "deadlock") == ["locks.md"]
    await library.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    newer = make_library()
    assert newer.status().total == 0
    await newer.refresh()
    assert await paths(newer, "deadlock") == ["locks.md"]


async def test_index_damaged_while_running_heals_with_the_next_refresh(
    make_library: MakeLibrary, folder: Path, tmp_path: Path
) -> None:
    fill(folder, dict(MANUAL))
    library = make_library()
    await library.refresh()
    await library.close()
    path = tmp_path / "data" / "library.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    damaged = make_library()
    assert await damaged.search("deadlock") == []
    await damaged.refresh()
    assert await paths(damaged, "deadlock") == ["locks.md"]


async def test_event_loop_stays_free_while_indexing(make_library: MakeLibrary, folder: Path) -> None:
    fill(folder, {f"page{n}.html": f"<h1>Page {n}</h1>" + "<p>Some words to read. " * 200 for n in range(100)})
    library = make_library()
    refreshing = asyncio.create_task(library.refresh())
    longest = 0.0
    while not refreshing.done():
        started = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - started)
        library.status()
    await refreshing
    assert library.status().indexed == 100
    assert longest < 0.5


async def test_quotes_are_word_for_word_in_the_file(make_library: MakeLibrary, folder: Path) -> None:
    text = " ".join(f"Fact {n} about the okapi is that it has {n} stripes." for n in range(300))
    fill(folder, {"okapi.txt": text})
    library = make_library()
    await library.refresh()
    hits = await library.search("okapi stripes fact 17")
    assert hits
    assert all(hit.text in text for hit in hits)
