"""What a question finds that is put in other forms, other words or other spellings than its own."""

import asyncio
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat_app.search.library.irregular import other_forms_in_german
from chat_app.search.library.library import Library
from chat_app.search.library.ranking import ANSWERED_COVERAGE

OTHER = "The kitchen is open from nine to five and closed on public holidays."


@contextmanager
def indexed(folder: Path) -> Generator[Library]:
    library = Library(folder, folder.parent / "index.sqlite")
    library.refresh_now()
    yield library
    asyncio.run(library.close())


def found(tmp_path: Path, question: str, *texts: str) -> list[str]:
    """The texts that a question finds among these and others, best first."""
    folder = tmp_path / "library"
    folder.mkdir()
    for number, text in enumerate([*texts, OTHER]):
        (folder / f"{number}.txt").write_text(text, "utf-8")
    with indexed(folder) as library:
        return [hit.text for hit in library.search_now(question)]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wie kann ich die Verbindungen begrenzen?", "Jede Verbindung kostet Speicher, eine Begrenzung hilft."),
        ("Was ist ein Haus?", "Alle Häuser der Straße sind rot."),
        ("Wie wird das installiert?", "Die Installation dauert fünf Minuten."),
        ("Wo ist die Datenbankverbindung?", "Die Verbindung zur Datenbank wird zuerst geöffnet."),
        ("Darf ich die Laube vermieten?", "Lauben werden vom Verein nicht vermietet."),
        ("Wie viel Gewinn hat das Fest gebracht?", "Das Sommerfest brachte 640 Euro ein."),
        ("Wer hat den Vertrag verloren?", "Man verliert einen Vertrag leicht beim Umzug."),
        ("Comment est-ce que je limite les connexions ?", "Une connexion de plus dépasse la limite."),
        ("Comment installer le paquet ?", "L'installation des paquets est simple."),
        ("¿Cómo puedo limitar las conexiones?", "Cada conexión tiene un límite."),
        ("¿Cómo se instalan los paquetes?", "La instalación del paquete es sencilla."),
    ],
)
def test_other_forms_of_a_word_are_found(tmp_path: Path, question: str, text: str) -> None:
    assert found(tmp_path, question, text)[:1] == [text]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How do I give a column another name?", "ALTER TABLE can rename a column at any time."),
        ("How do I get rid of a user?", "An account is removed with the command dropuser."),
        ("Which permissions does a folder have?", "Each directory has a permission for its owner."),
        ("How long can a password be?", "The length of a passphrase is limited to 64 characters."),
    ],
)
def test_other_words_for_the_same_are_found(tmp_path: Path, question: str, text: str) -> None:
    assert found(tmp_path, question, text)[:1] == [text]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much does the machine weigh?", "Machine data: the weight is 12 kg."),
        ("When will the parcel be delivered?", "Delivery of a parcel takes three days."),
        ("Who wrote this line?", "To see who will write and who has written a row of the file, ask for its authors."),
        ("Which is the fastest disk?", "A fast drive is one without moving parts."),
        ("How are the indices made?", "An index is created when the first row arrives."),
        ("Where have the men gone?", "A man may go to the harbour."),
    ],
)
def test_irregular_forms_of_english_words_are_found(tmp_path: Path, question: str, text: str) -> None:
    assert found(tmp_path, question, text)[:1] == [text]


def test_a_list_of_changes_comes_after_a_page_that_explains_unless_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "news.md").write_text(
        "# Release notes\n\nA running total can now be excluded from the window frame.", "utf-8"
    )
    (folder / "total.md").write_text(
        "# Sums\n\nWith a frame a sum is the total of the rows so far, running on.", "utf-8"
    )
    with indexed(folder) as library:
        assert library.search_now("How do I make a running total?")[0].path == "total.md"
        assert library.search_now("Which release notes name a running total?")[0].path == "news.md"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Is this file system readonly?", "The filesystem is read-only."),
        ("Is this filesystem read-only?", "The filesystem is readonly."),
        ("What is the guest wifi password?", "The password of the guest Wi-Fi is printed on the card."),
    ],
)
def test_words_written_apart_or_together_are_found(tmp_path: Path, question: str, text: str) -> None:
    assert found(tmp_path, question, text)[:1] == [text]


@pytest.mark.parametrize("question", ["What is {}?", "Wie ist die {} für mich?"])
def test_what_is_too_long_for_a_word_is_not_taken_apart(tmp_path: Path, question: str) -> None:
    tracemalloc.start()
    assert found(tmp_path, question.format("kitchenopen" * 1_800), "The kitchen is warm.") == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_the_question_s_own_words_come_before_others_for_the_same(tmp_path: Path) -> None:
    own, other = "Rename the column in the table.", "Give the column of the table an alias."
    assert found(tmp_path, "How do I rename a column of a table?", other, own) == [own, other]


def test_words_that_only_begin_alike_are_not_forms_of_one_word(tmp_path: Path) -> None:
    assert found(tmp_path, "Was ist die Miete und wie hoch ist die?", "Der Mietling kam am Abend.") == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wie viele Urlaubstage habe ich?", "Der Jahresurlaub beträgt 30 Arbeitstage."),
        ("Kündigungsfrist", "Die Frist für eine Kündigung ist ein Monat."),
        ("Wer macht die Heizungswartung?", "Die Wartung der Heizung macht ein Fachbetrieb."),
        ("Was tun bei Läusen?", "Läuse kommen mit einer Behandlung nicht wieder."),
        ("Wann wurde das Haus gebaut?", "Wir bauen Häuser seit dem Jahr 1950."),
    ],
)
def test_german_compounds_and_participles_are_found_in_parts_and_inside_of_others(
    tmp_path: Path, question: str, text: str
) -> None:
    assert found(tmp_path, question, text, "Das Wetter ist heute schön.")[:1] == [text]


def test_a_file_is_found_by_what_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "dishwasher_manual.txt").write_text("Empty the filter once a week.", "utf-8")
    (folder / "car.txt").write_text("Change the filter once a year.", "utf-8")
    with indexed(folder) as library:
        best = library.search_now("Where is the filter of the dishwasher?")[0]
    assert (best.path, best.coverage) == ("dishwasher_manual.txt", 1.0)


def test_what_explains_a_thing_is_found_among_many_passages_that_name_it(tmp_path: Path) -> None:
    named = [f"Kestrel listens on port {number} and Kestrel logs every Kestrel request there." for number in range(80)]
    defined = "In the beginning there was one program. Kestrel is a small server for the files of a household."
    assert defined in found(tmp_path, "What is Kestrel?", *named, defined)[:8]


def test_strong_german_verbs_are_found_by_all_their_forms() -> None:
    assert {"abschließen", "abschließt", "abschloss"} <= set(other_forms_in_german("abgeschlossen"))
    assert {"verschließen", "verschloss"} <= set(other_forms_in_german("verschlossen"))
    assert "bringen" in other_forms_in_german("brachte")
    assert other_forms_in_german("zugang") == other_forms_in_german("angebot") == ()


def test_a_pair_of_characters_across_two_words_counts_less_where_documents_know_one_of_them(tmp_path: Path) -> None:
    text = "遗失门禁卡的业主请到物业办公室补办，工本费30元。"
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.txt").write_text(f"{text}\n\n电梯年检定于12月3日进行，期间请走楼梯。", "utf-8")
    library = Library(tmp_path / "library", tmp_path / "index.sqlite")
    library.refresh_now()
    assert library.search_now("门禁卡丢了怎么办？")[0].coverage >= ANSWERED_COVERAGE
    for question in ("公司门口有食堂吗？", "怎么办理签证？", "电影票多少钱？"):
        assert not [hit for hit in library.search_now(question) if hit.coverage >= ANSWERED_COVERAGE], question


def answered(tmp_path: Path, question: str, text: str) -> bool:
    """Whether a library of this text and another has this one, with most of what is asked."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a.txt").write_text(text, "utf-8")
    (folder / "b.txt").write_text(OTHER, "utf-8")
    with indexed(folder) as library:
        return [hit.text for hit in library.search_now(question) if hit.coverage >= ANSWERED_COVERAGE] == [text]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Can I keep a cat?", "Animals may be kept with written consent only."),
        ("Which doctor is there?", "Appointments with a physician are made by telephone."),
        ("Is it forbidden to smoke in the flat?", "Tobacco is not allowed inside the dwelling."),
        ("Darf ich einen Welpen halten?", "Die Haltung von Tieren bedarf der Zustimmung."),
        ("Est-ce que je peux avoir un lapin ?", "Les animaux ne sont pas admis."),
        ("¿Puedo tener un conejo?", "No se admiten animales."),
    ],
)
def test_an_everyday_word_finds_the_word_of_contracts_where_only_that_is_known(
    tmp_path: Path, question: str, text: str
) -> None:
    assert found(tmp_path, question, text)[:1] == [text]


def test_the_document_that_says_it_in_the_question_s_words_comes_first(tmp_path: Path) -> None:
    animals, cat = "Animals may be kept with consent.", "A cat may be kept with consent."
    assert found(tmp_path, "May a cat be kept?", animals, cat) == [cat, animals]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How is a guarentee claimed?", "A guarantee is claimed within two years."),
        ("Who gets a reimbursment?", "Reimbursement is paid to members."),
        ("Is there recyling?", "Recycling is collected on Mondays."),
        ("Where is my accomodation?", "Accommodation is listed in the annex."),
        ("When is insurence paid?", "Insurance is paid in March."),
        ("Who is my neighbor?", "Neighbours are asked first."),
        ("What does organization mean?", "The organisation of work is described here."),
        ("Was the event canceled?", "The event was cancelled."),
        ("Where are the tyres?", "The tires are kept in the shed."),
    ],
)
def test_a_slip_or_the_other_spelling_is_understood(tmp_path: Path, question: str, text: str) -> None:
    assert answered(tmp_path, question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the population of Latvia?", "The population of latvin cells grows."),
        ("Where does the marina lie?", "The marine lies to the north."),
        ("Who wrote the Paxlog manual?", "The manual of Maxlon is short."),
        ("Are there four?", "This is for all."),
    ],
)
def test_a_word_of_its_own_is_no_slip(tmp_path: Path, question: str, text: str) -> None:
    assert not answered(tmp_path, question, text)
