import asyncio
import io
import os
from pathlib import Path
from uuid import uuid4

import pytest

from chat_app.errors import AttachmentRefused
from chat_app.research.turn import now
from chat_app.search.attachment_names import clean_name, free_name, means_the_file
from chat_app.search.attachments import MAX_FILE_BYTES, MAX_FILES_PER_MESSAGE, Attachments
from chat_app.storage.caller import calling_as
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database
from chat_app.storage.transcript import Transcript

LEASE = b"# Lease\n\n## Notice\n\nThe tenant may end the lease with three months' notice.\n\n## Deposit\n\nTwo monthly rents.\n"
BIKE = b"# Bicycle\n\nThe chain of a bicycle is oiled once a month.\n"


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "attachments")


async def attach(attachments: Attachments, thread: str, name: str, content: bytes, owner: str = "anna") -> str:
    upload = await attachments.take(owner, name, io.BytesIO(content))
    (kept,) = await attachments.keep(owner, thread, [upload])
    return kept


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def no_threads() -> list[str]:
    return []


async def urls(attachments: Attachments, thread: str, query: str) -> list[str]:
    return [source.url for source in await attachments.search(thread, query)]


async def test_a_file_is_found_in_its_own_thread_only(attachments: Attachments) -> None:
    await attach(attachments, "one", "lease.md", LEASE)
    await attach(attachments, "two", "bike.md", BIKE)
    assert await urls(attachments, "one", "three months' notice of the tenant") == ["attachment:lease.md"]
    assert await urls(attachments, "two", "three months' notice of the tenant") == []
    assert await urls(attachments, "none", "three months' notice of the tenant") == []
    assert await attachments.text_of("two", "lease.md") is None
    assert attachments.path_of("two", "lease.md") is None


async def test_of_a_file_attached_to_the_question_there_is_always_something(attachments: Attachments) -> None:
    name = await attach(attachments, "one", "lease.md", LEASE)
    (source,) = await attachments.search("one", "What does it say?", [name])
    assert [passage.location for passage in source.passages] == ["Notice", "Deposit"]
    assert await attachments.search("one", "Which planets have rings?") == ()
    assert len(await attachments.search("one", "Summarize the attached file")) == 1


async def test_files_and_their_indexes_outlive_the_process(attachments: Attachments, tmp_path: Path) -> None:
    upload = await attachments.take("anna", "lease.md", io.BytesIO(LEASE))
    later = Attachments(tmp_path / "attachments")
    await later.tidy(no_threads)
    assert await later.keep("anna", "one", [upload]) == ("lease.md",)
    assert await urls(Attachments(tmp_path / "attachments"), "one", "notice of the tenant") == ["attachment:lease.md"]


async def test_the_same_question_sent_again_has_the_same_files(attachments: Attachments) -> None:
    uploads = [await attachments.take("anna", "a.md", io.BytesIO(content)) for content in (LEASE, BIKE)]
    first = await attachments.keep("anna", "one", uploads)
    assert first == await attachments.keep("anna", "one", uploads) == ("a.md", "a (2).md")
    path = attachments.path_of("one", "a (2).md")
    assert path is not None
    assert path.read_bytes() == BIKE


async def test_an_upload_of_somebody_else_is_not_there(attachments: Attachments) -> None:
    upload = await attachments.take("anna", "lease.md", io.BytesIO(LEASE))
    for owner, upload_id in (("bob", upload), ("anna", str(uuid4())), ("anna", "../uploads"), ("anna", "")):
        for refuse in (attachments.require, attachments.keep):
            with pytest.raises(AttachmentRefused, match="attach it again"):
                await refuse(owner, "one", [upload_id])
    await attachments.require("anna", "one", [upload])
    assert await attachments.keep("anna", "one", [upload]) == ("lease.md",)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("run.exe", b"MZ", "'run.exe' cannot be read here; attach one of"),
        ("empty.txt", b"", "'empty.txt' is empty"),
        ("bad.docx", b"PK\3\4 nonsense", "'bad.docx' is damaged"),
        ("binary.txt", b"a\0b", "binary data"),
        ("big.txt", b"x " * (MAX_FILE_BYTES // 2 + 1), "'big.txt' is larger than 25 MB"),
        ("...", b"x", "cannot be read here"),
    ],
)
async def test_what_cannot_be_searched_is_refused_and_leaves_nothing(
    attachments: Attachments, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    with pytest.raises(AttachmentRefused, match=why):
        await attachments.take("anna", name, io.BytesIO(content))
    assert files_in(tmp_path) == []


async def test_too_many_files_are_refused(attachments: Attachments) -> None:
    with pytest.raises(AttachmentRefused, match="10 files at most"):
        await attachments.keep("anna", "one", [str(uuid4()) for _ in range(MAX_FILES_PER_MESSAGE + 1)])


async def test_nobody_fills_the_disk_of_all(tmp_path: Path) -> None:
    attachments = Attachments(tmp_path, max_bytes_per_person=len(LEASE) + len(BIKE))
    await attach(attachments, "one", "lease.md", LEASE)
    upload = await attachments.take("anna", "bike.md", io.BytesIO(BIKE))
    with pytest.raises(AttachmentRefused, match="Delete conversations"):
        await attachments.take("anna", "more.md", io.BytesIO(b"More."))
    await attach(attachments, "two", "bike.md", BIKE, owner="berta")
    assert await attachments.keep("anna", "one", [upload]) == ("bike.md",)
    await attachments.forget("one")
    await attach(attachments, "three", "lease.md", LEASE)


async def test_deleting_a_thread_takes_its_files_also_while_they_are_searched(
    attachments: Attachments, tmp_path: Path
) -> None:
    await attach(attachments, "one", "lease.md", LEASE)
    searches = [asyncio.create_task(attachments.search("one", "notice of the tenant")) for _ in range(3)]
    await asyncio.sleep(0)
    await attachments.forget("one")
    await asyncio.gather(*searches)
    assert await attachments.search("one", "notice of the tenant") == ()
    await attachments.tidy(no_threads)
    assert files_in(tmp_path) == []


async def test_a_file_that_comes_while_its_thread_is_deleted_does_not_stay(
    attachments: Attachments, database: Database, tmp_path: Path
) -> None:
    store, transcript = ChatStore(database), Transcript(database)
    await transcript.save_thread("kept", "anna", "", now())
    await attach(attachments, "kept", "bike.md", BIKE)
    await transcript.save_thread("one", "anna", "", now())
    upload = await attachments.take("anna", "lease.md", io.BytesIO(LEASE))

    async def sent_in_another_tab(thread_id: str) -> None:
        await attachments.keep("anna", thread_id, [upload])

    store.on_thread_deleted += [attachments.forget, sent_in_another_tab]
    with calling_as("anna"):
        await store.delete_thread("one")
    await attachments.tidy(transcript.thread_ids)
    assert [path.name for path in files_in(tmp_path / "attachments") if path.suffix == ".md"] == ["bike.md"]


async def test_files_of_a_new_thread_are_not_taken_for_those_of_a_deleted_one(attachments: Attachments) -> None:
    await attach(attachments, "one", "lease.md", LEASE)
    seen: list[list[str]] = []

    async def stored_meanwhile() -> list[str]:
        """The thread is stored between the look at the files and the look at the threads."""
        seen.append(["one"] if seen else [])
        return seen[-1]

    await attachments.tidy(stored_meanwhile)
    assert attachments.path_of("one", "lease.md") is not None


async def test_uploads_that_no_question_was_sent_with_go_after_a_day(attachments: Attachments, tmp_path: Path) -> None:
    upload = await attachments.take("anna", "lease.md", io.BytesIO(LEASE))
    os.utime(tmp_path / "attachments" / "uploads" / upload, (0, 0))
    await attachments.tidy(no_threads)
    with pytest.raises(AttachmentRefused, match="attach it again"):
        await attachments.keep("anna", "one", [upload])


async def test_no_thread_id_leads_out_of_the_folder(attachments: Attachments, tmp_path: Path) -> None:
    for thread in ("../../etc", "/etc", "a/b", "\0", "\ud800", "x" * 5_000):
        await attach(attachments, thread, "lease.md", LEASE)
        assert attachments.path_of(thread, "../index.sqlite") is None
    assert os.listdir(tmp_path) == ["attachments"]  # noqa: PTH208 -- a look at a few names


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\Lease.pdf", "Lease.pdf"),
        ("in\u202evoice\u2066fdp.exe\x00.md", "invoicefdp.exe.md"),
        ("#1?%20 100%.md", "#1?%20 100%.md"),
        (".hidden.md", "hidden.md"),
        ("~$lock.docx", "lock.docx"),
        ("a\n b\tc.txt", "a b c.txt"),
        ("Ärger.md", "Ärger.md"),
        ("\u202e", "file"),
    ],
)
def test_names_are_kept_as_far_as_they_are_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_long_names_keep_their_ending() -> None:
    assert clean_name("日" * 300 + ".pdf").endswith("日.pdf")
    assert len(clean_name("日" * 300 + ".pdf").encode()) <= 180
    assert len(clean_name("a." + "b" * 300).encode()) <= 180


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("a.md", {"a.md", "a (2).md"}) == "a (3).md"


@pytest.mark.parametrize(
    "question",
    ["Summarize this", "Fasse die Datei zusammen", "¿Qué dice el archivo?", "总结", "?", "What is in Lease 2.pdf"],
)
def test_questions_about_a_file_as_such_are_known(question: str) -> None:
    assert means_the_file(question)
    assert not means_the_file("How old is the moon?")
