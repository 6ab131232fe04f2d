"""Presentations, electronic books and tables: where each passage stands, and that it is understood by itself."""

from pathlib import Path

import pytest

from chat_app.search.library.ebook import parse_ebook
from chat_app.search.library.outline import Document
from chat_app.search.library.passages import MAX_WORDS, cut, word_count
from chat_app.search.library.slides import parse_slides
from chat_app.search.library.table import parse_table
from tests.search.library import documents


def outline(document: Document) -> list[tuple[str | None, str]]:
    return [(section.location, section.text) for section in document.sections]


def test_slides_come_in_their_shown_order_with_tables_and_notes() -> None:
    content = documents.slides(
        ("Goals", "Sell more kayaks.\nWaste less glue."),
        ("Prices", "All in euros"),
        table=(("Model", "Price"), ("Otter", "900")),
        notes="Mention the discount.",
    )
    document = parse_slides(content, "plan.pptx")
    assert document.title == "Goals"
    assert outline(document) == [
        ("slide 1", "Goals\n\nSell more kayaks.\nWaste less glue."),
        ("slide 2", "Prices\n\nAll in euros\n\nModel | Price\nOtter | 900\n\nNotes: Mention the discount."),
    ]


def test_a_slide_without_words_keeps_its_number_free() -> None:
    document = parse_slides(documents.slides(("One", "a"), ("", ""), ("Three", "c"), title="The deck"), "x.pptx")
    assert document.title == "The deck"
    assert [section.location for section in document.sections] == ["slide 1", "slide 3"]


def test_chapters_of_a_book_have_the_path_of_their_headings() -> None:
    content = documents.ebook(
        {
            "b one.xhtml": "<h1>Rivers</h1><p>They flow.</p><h2>Deltas</h2><p>They spread.</p>",
            "a.xhtml": "<p>No heading here.</p>",
            "c.xhtml": "<h1>Lakes</h1><p>They lie still.</p>",
        },
        title="On water",
        labels={"a.xhtml": "Interlude"},
    )
    document = parse_ebook(content, "water.epub")
    assert document.title == "On water"
    assert outline(document) == [
        ("Rivers", "They flow."),
        ("Rivers > Deltas", "They spread."),
        ("Interlude", "No heading here."),
        ("Lakes", "They lie still."),
    ]


def test_a_book_that_names_no_order_is_read_in_that_of_its_parts() -> None:
    chapters = {"b.xhtml": "<h1>Rivers</h1><p>They flow.</p>", "a.xhtml": "<h1>Lakes</h1><p>They lie still.</p>"}
    document = parse_ebook(documents.ebook(chapters, title="On water", has_order=False), "water.epub")
    assert outline(document) == [("Rivers", "They flow."), ("Lakes", "They lie still.")]


def test_a_book_without_a_title_is_called_after_its_file() -> None:
    content = documents.ebook({"a.xhtml": "<p>Words.</p>"})
    assert parse_ebook(content, "shelf/my_novel.epub").title == "my novel"


def test_each_row_of_a_table_says_what_its_values_are() -> None:
    document = parse_table(b"Country;Rate;Note\nNorway;92;\nPeru;44;by train\n", "rates.csv")
    assert document.title == "rates"
    assert outline(document) == [("rows 2–3", "Country: Norway; Rate: 92\nCountry: Peru; Rate: 44; Note: by train")]


def test_long_tables_are_cut_between_rows_and_every_passage_has_the_header() -> None:
    rows = "".join(f"{n},City number {n},{n * 1000}\n" for n in range(1, 301))
    passages = cut(parse_table(f"Rank,City,People\n{rows}".encode(), "cities.csv")).passages
    assert len(passages) > 5
    assert passages[0].location is not None
    assert passages[0].location.startswith("rows 2–")
    assert passages[-1].location is not None
    assert passages[-1].location.endswith("–301")
    for passage in passages:
        assert word_count(passage.text) <= MAX_WORDS
        assert all(line.startswith("Rank: ") and "; People: " in line for line in passage.text.split("\n"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a\tb\n1\t2\n", [("row 2", "a: 1; b: 2")]),
        ("1,2\n3,4\n", [("rows 1–2", "1 | 2\n3 | 4")]),
        ('name,text\nx,"two\nlines, one cell"\n', [("row 2", "name: x; text: two lines, one cell")]),
        ("only,a,header\n", [("row 1", "only | a | header")]),
        ("a,b\n1,2,3\n\n,,\n4\n", [("rows 2–5", "a: 1; b: 2; 3\na: 4")]),
        ("\ufeffnaïve,größe\nja,nein\n", [("row 2", "naïve: ja; größe: nein")]),
    ],
)
def test_tables_of_all_kinds(content: str, expected: list[tuple[str, str]]) -> None:
    assert outline(parse_table(content.encode(), "t.csv")) == expected


def test_titles_do_not_repeat_marks_that_turn_the_direction_of_writing(tmp_path: Path) -> None:
    assert parse_table(b"a,b\n1,2\n", "invoice\u202efdp.csv").title == "invoicefdp"
