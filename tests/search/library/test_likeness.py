"""What word vectors add to the ranking, with the vectors that the package ships."""

import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from flit_core import buildapi

from chat_app.search.library.asking import Asked
from chat_app.search.library.index import Index, IndexedFile
from chat_app.search.library.likeness import ENGLISH, cosine, word_vectors
from chat_app.search.library.passages import CutDocument, CutPassage
from chat_app.search.library.ranking import rank
from chat_app.search.library.wordpieces import pieces_of, words_of
from tests.app_process import PROJECT_DIR

QUESTION = "Why is the machine slow?"
PASSAGES = (
    "The machine is painted blue and stands beside the window of the hall.",
    "The machine: poor performance is caused by too little memory.",
    "The machine was bought by the town council in spring.",
)


def order(index_path: Path, passages: Sequence[str], question: str, vectors: Path = ENGLISH) -> list[str]:
    index = Index(index_path)
    for number, text in enumerate(passages):
        file = IndexedFile(path=f"{number}.txt", size_bytes=1, mtime_ns=1, sha256="1", title="", passages=1)
        passage = CutPassage(location=None, heading="", text=text, bigrams="")
        index.put([(file, CutDocument(title="", passages=(passage,)))])
    asked = Asked(question, index)
    found = [hit.text for hit in rank(asked, asked.candidates(), 10, vectors)]
    index.close()
    return found


def likeness(one: str, other: str) -> float:
    vectors = word_vectors(ENGLISH)
    assert vectors is not None
    return cosine(vectors.vector(one), vectors.vector(other))


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("My computer is slow", "Improving the performance of the system", "Printing a page of the calendar"),
        ("someone stole my password", "authentication and security of accounts", "colours of the window frame"),
        ("money", "The price of payments in dollars", "A mountain path through the forest"),
        ("buying a car", "The vehicle is sold by a dealer", "Boil the soup for an hour"),
    ],
)
def test_texts_about_the_same_are_alike_though_they_share_no_word(question: str, answer: str, other: str) -> None:
    assert likeness(question, answer) > likeness(question, other)


def test_a_text_is_most_like_itself_and_nothing_is_like_no_text() -> None:
    assert likeness("The price of a house.", "the PRICE, of a house") == pytest.approx(1)
    assert likeness("The price of a house.", "") == 0
    assert likeness("house", "☃") == 0


def test_of_passages_that_hold_the_same_words_the_one_that_is_about_the_question_comes_first(tmp_path: Path) -> None:
    assert order(tmp_path / "library.sqlite", PASSAGES, QUESTION)[0] == PASSAGES[1]


@pytest.mark.parametrize("content", [None, b"", b"words1", ENGLISH.read_bytes()[:-1], b"x" + ENGLISH.read_bytes()[1:]])
def test_without_good_vectors_words_alone_rank_and_the_log_says_so_once(
    content: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "english.bin"
    if content is not None:
        path.write_bytes(content)
    first = order(tmp_path / "one.sqlite", PASSAGES, QUESTION, path)
    assert order(tmp_path / "two.sqlite", PASSAGES, QUESTION, path) == first
    assert set(first) == set(PASSAGES)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(path) in caplog.text


@pytest.mark.parametrize(
    "question",
    [
        "Wie kann ich die Einstellungen des Servers ändern?",
        "Serverkonfiguration anpassen Verbindungseinstellungen",
        "¿Cómo puedo cambiar la configuración del servidor?",
        "Comment est-ce que je change les paramètres du serveur ?",
        "サーバーの設定を変更するには？",
        "如何更改服务器设置？",
        "จะเปลี่ยนการตั้งค่าได้อย่างไร",
        "Как изменить настройки сервера?",
        "?",
    ],
)
def test_the_vectors_keep_out_of_other_languages(question: str) -> None:
    vectors = word_vectors(ENGLISH)
    assert vectors is not None
    assert not vectors.knows(question)


@pytest.mark.parametrize("question", [QUESTION, "How do I let more clients connect at the same time?", "naïve café"])
def test_the_vectors_know_english(question: str) -> None:
    vectors = word_vectors(ENGLISH)
    assert vectors is not None
    assert vectors.knows(question)


def test_a_word_is_parted_into_the_longest_pieces_that_are_known() -> None:
    assert words_of("Naïve re-indexing, 2 times_over!") == ["naive", "re", "indexing", "2", "times", "over"]
    assert pieces_of("reindexing", {"re", "rein", "##index", "##dexing", "##ing"}) == ["rein", "##dexing"]
    assert pieces_of("rx", {"r"}) == []
    assert pieces_of("r" * 101, {"r", "##r"}) == []


def test_the_wheel_brings_the_vectors_with_their_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT_DIR)
    wheel = buildapi.build_wheel(str(tmp_path))
    with zipfile.ZipFile(tmp_path / wheel) as archive:
        folder = "chat_app/search/library/words/"
        assert {folder + name for name in ("english.bin", "LICENSE.txt", "NOTICE.txt")} <= set(archive.namelist())
        assert archive.read(folder + "english.bin") == ENGLISH.read_bytes()
