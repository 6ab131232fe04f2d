from collections.abc import Callable
from pathlib import Path

import pytest

from chat_app.errors import LibraryFileError
from chat_app.search.library import parsing
from chat_app.search.library.outline import Document
from chat_app.search.library.snapshot import MAX_FILE_BYTES
from tests.search.library import documents

Parse = Callable[[str, bytes | str], Document]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    def parse_content(name: str, content: bytes | str) -> Document:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return parsing.parse(path, name)

    return parse_content


def outline(document: Document) -> list[tuple[str | None, str]]:
    return [(section.location, section.text) for section in document.sections]


def test_docbook_manual_keeps_terms_and_drops_navigation(parse: Parse) -> None:
    definition = "Determines the maximum number of concurrent connections. " * 6
    document = parse(
        "runtime.html",
        f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <html xmlns="http://www.w3.org/1999/xhtml"><head><title>20.3. Connections</title></head><body>
        <div class="navheader"><table><tr><td><a>Prev</a></td></tr></table></div>
        <div class="sect1"><div class="titlepage"><h2 class="title">20.3. Connections</h2></div>
        <div class="toc"><dl><dt><a href="#x">20.3.1. Settings</a></dt></dl></div>
        <p>Intro.</p>
        <div class="note"><h3 class="title">Note</h3><p>Mind the <code>pg_hba.conf</code>\n   file.</p></div>
        <div class="sect2"><h3 class="title">20.3.1. Settings</h3>
        <dl class="variablelist"><dt><span class="term"><code>max_connections</code> (<code>integer</code>)</span></dt>
        <dd><p>{definition}</p></dd><dt>port</dt><dd><p>5432 by default.</p></dd></dl></div></div>
        <div class="navfooter">Next</div></body></html>""",
    )
    assert document.title == "20.3. Connections"
    assert outline(document) == [
        (None, "Intro.\n\nNote\nMind the pg_hba.conf file."),
        ("20.3.1. Settings > max_connections (integer)", f"max_connections (integer)\n{definition.strip()}"),
        ("20.3.1. Settings", "port\n5432 by default."),
    ]


def test_sphinx_page_loses_sidebar_header_links_and_site_name(parse: Parse) -> None:
    document = parse(
        "bisect.html",
        """<!DOCTYPE html><html><head><meta charset="utf-8"><title>bisect — Bisection — Python 3.11 documentation</title>
        <script>var x = "<p>no</p>";</script></head><body><div class="related" role="navigation">index</div>
        <div class="document"><div class="body" role="main"><section id="navigation">
        <h1>bisect — Bisection<a class="headerlink" href="#b">¶</a></h1>
        <p>This module keeps a list in sorted order without having to sort the list after each insertion, and more.</p>
        <section id="examples"><h2>Examples<a class="headerlink">¶</a></h2>
        <div class="highlight"><pre><span></span>def index(a, x):
    return a
</pre></div></section></section></div></div>
        <div class="sphinxsidebar">Table of Contents</div><div class="footer">Copyright</div></body></html>""",
    )
    assert document.title == "bisect — Bisection"
    assert outline(document) == [
        (
            None,
            "This module keeps a list in sorted order without having to sort the list after each insertion, and more.",
        ),
        ("Examples", "def index(a, x):\n    return a"),
    ]


def test_webpage_keeps_tables_lists_and_article_headers(parse: Parse) -> None:
    document = parse(
        "page.htm",
        """<body><header>Site</header><nav>Menu</nav><article><header><h1>Title</h1></header>
        <ul><li>one<li>two <b>bold</b></ul>tail<table><tr><th>Name<th>Price<tr><td>Tea<td><p>3</p><p>EUR</p></table>
        <form><input>Search</form><p hidden>unseen</p><p>line<br>break</p></article><aside>Ads</aside></body>""",
    )
    assert outline(document) == [(None, "one\ntwo bold\n\ntail\n\nName | Price\nTea | 3 EUR\n\nline\nbreak")]


def test_layout_table_is_read_as_text(parse: Parse) -> None:
    document = parse(
        "old.html", "<table><tr><td><h1>A</h1><p>b</p></td><td><table><tr><td>1<td>2</table></td></tr></table>"
    )
    assert outline(document) == [(None, "b\n\n1 | 2")]


def test_page_that_is_all_navigation_is_kept_as_a_listing(parse: Parse) -> None:
    document = parse("links.html", "<nav><ul><li><a href=x>First link</a><li><a href=y>Second link</a></ul></nav>")
    assert [(s.text, s.is_listing) for s in document.sections] == [("First link\nSecond link", True)]


def test_deeply_nested_markup_does_not_break_the_parser(parse: Parse) -> None:
    document = parse("deep.html", "<p>before</p>" + "<div>" * 50_000 + "x" + "</div>" * 50_000)
    assert document.sections[0].text.startswith("before")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf<p>caf\xc3\xa9", "café"),
        ('<meta charset="iso-8859-1"><p>café €5'.encode("cp1252"), "café €5"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>日本語'.encode("cp932"), "日本語"),
        (b'<meta charset="hex"><p>caf\xc3\xa9', "café"),
        (b'<meta charset="undefined"><p>caf\xe9', "café"),
        (b'<meta charset="utf-8"><p>caf\xe9', "café"),
        ("\ufeff<p>café".encode("utf-16-le"), "café"),
    ],
)
def test_charset_is_found(parse: Parse, content: bytes, expected: str) -> None:
    assert parse("page.html", content).sections[0].text == expected


def test_markdown_is_read_as_rendered(parse: Parse) -> None:
    document = parse(
        "guide.md",
        "---\ntitle: The guide\n---\n# Guide\n\nSee [the **trail**](x.md) now.\n\n## Setup\n\n- one\n- two\n\n"
        "```sh\nmake run\n\nmake test\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    )
    assert document.title == "The guide"
    assert outline(document) == [
        (None, "See the trail now."),
        ("Setup", "one\ntwo\n\nmake run\n\nmake test\n\na | b\n1 | 2"),
    ]


def test_plain_text_has_underlined_headings_and_reflowed_paragraphs(parse: Parse) -> None:
    text = "Notes\n=====\n\nA line of prose that is long enough to have been wrapped\nby its author.\n\nshort\nlines\n\nPart\n----\nEnd.\n"
    document = parse("notes_2026.txt", text)
    assert document.title == "Notes"
    prose = "A line of prose that is long enough to have been wrapped by its author."
    assert outline(document) == [(None, f"{prose}\n\nshort\nlines"), ("Part", "End.")]
    assert parse("my_notes.txt", "Just words.").title == "my notes"


def test_columns_of_plain_text_keep_their_lines(parse: Parse) -> None:
    rows = [
        "Material                       Where to take it",
        "-----------------------------------------------------------",
        "Oil-based paint, solvents      Hazardous Waste Day (see below)",
        "Pesticides, pool chemicals     Hazardous Waste Day",
        "Household batteries            Drop boxes in the library and Town Hall",
        "                               on weekdays",
    ]
    text = "The following must never be placed in any cart.\n\n" + "\n".join(f"   {row}" for row in rows) + "\n"
    assert "\n".join(rows) in outline(parse("waste.txt", text))[0][1]


def test_justified_prose_is_no_table(parse: Parse) -> None:
    lines = [
        "The  quick brown  fox jumps over the  lazy dog and goes",
        "on to the   next field, where  it  meets another of its",
        "kind, and both  of  them  run  back to the wood, as they",
    ]
    assert outline(parse("fox.txt", "\n".join(lines))) == [(None, " ".join(lines))]


def test_restructured_text_loses_its_markup(parse: Parse) -> None:
    document = parse(
        "api.rst",
        "=====\n API\n=====\n\n.. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nUse :func:`open` with ``mode`` *now*, see `the site <http://x>`_::\n\n"
        "    with open() as f:\n\n        pass\n\n.. note:: Close it.\n\n.. a comment\n   goes on\n\nDetails\n-------\n\n"
        ".. code-block:: python\n   :linenos:\n\n   x = `1`\n",
    )
    assert document.title == "API"
    assert outline(document) == [
        (None, "Use open with mode now, see the site:\n\nwith open() as f:\n\n    pass\n\nClose it."),
        ("Details", "x = `1`"),
    ]


def test_pdf_has_a_section_a_page(parse: Parse) -> None:
    pages = [f"Annual report\nThe (net) result of year {n} was good.\nPage {n}" for n in range(1, 6)]
    document = parse("report.pdf", documents.pdf(*pages, title="Annual report 2026"))
    assert document.title == "Annual report 2026"
    assert outline(document)[1] == ("page 2", "The (net) result of year 2 was good.")
    assert len(document.sections) == 5


def test_heading_of_a_pdf_is_no_end_of_the_paragraph_before_it(parse: Parse) -> None:
    page = (
        "First use\nLet the appliance stand upright for two hours before you plug it in and start the fan.\n"
        "Emptying the tank\nWhen the tank is full, the red lamp lights up and the compressor stops at\nonce."
    )
    (section,) = parse("manual.pdf", documents.pdf(page)).sections
    assert section.text == (
        "First use\nLet the appliance stand upright for two hours before you plug it in and start the fan.\n\n"
        "Emptying the tank\nWhen the tank is full, the red lamp lights up and the compressor stops at once."
    )


def test_lines_of_a_column_below_a_wide_title_are_one_paragraph(parse: Parse) -> None:
    title = "Napping and the memory of older adults, a randomised crossover trial with eighty-four participants"
    column = (
        "Short naps improve memory in young\nadults, but evidence in people over\n65 is scarce and of poor quality.\n"
    )
    (section,) = parse("paper.pdf", documents.pdf(f"{title}\n{column * 5}".strip())).sections
    assert "memory in young adults, but evidence in people over 65 is scarce" in section.text


def test_word_document_keeps_headings_and_tables(parse: Parse) -> None:
    document = parse("policy.docx", documents.word())
    assert document.title == "Travel policy"
    assert outline(document) == [
        ("Trains", "Employees travel by train whenever the journey takes less than six hours."),
        ("Trains > First class", "First class is reimbursed for journeys of more than four hours."),
        ("Rates", "Country | Rate\nNorway | 92 EUR"),
    ]


def test_deleted_text_and_doubled_text_boxes_of_word_are_left_out(parse: Parse) -> None:
    body = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
      xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body><w:p><w:r><w:t>kept</w:t></w:r>
      <w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>
      <mc:AlternateContent><mc:Choice><w:r><w:t xml:space="preserve"> box</w:t></w:r></mc:Choice>
      <mc:Fallback><w:r><w:t> box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p></w:body></w:document>"""
    document = parse("a.docx", documents.word_with("word/document.xml", body.encode()))
    assert document.sections[0].text == "kept box"


def test_moved_text_of_word_is_read_where_it_was_moved_to(parse: Parse) -> None:
    body = """<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
      <w:p><w:moveFrom><w:r><w:t>The wheelbarrow is blue.</w:t></w:r></w:moveFrom></w:p><w:p><w:r><w:t>Pears are green.</w:t></w:r></w:p>
      <w:p><w:moveTo><w:r><w:t>The wheelbarrow is blue.</w:t></w:r></w:moveTo></w:p></w:body></w:document>"""
    document = parse("a.docx", documents.word_with("word/document.xml", body.encode()))
    assert document.sections[0].text == "Pears are green.\n\nThe wheelbarrow is blue."


def test_front_matter_in_toml_is_not_read_as_text(parse: Parse) -> None:
    document = parse(
        "bees.md", '+++\ntitle = "Bee calendar"\ndraft = false\n+++\n\nAdd a super to the hive in April.\n'
    )
    assert (document.title, outline(document)) == ("Bee calendar", [(None, "Add a super to the hive in April.")])


BOMB = b"<w:document>" + b" " * 70_000_000 + b"</w:document>"
ENTITIES = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><w>&b;&b;</w>'


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.txt", b"", "is empty"),
        ("blank.txt", b" \n \n", "has no text"),
        ("image.txt", b"\x89PNG\x00\x00\x00", "binary data"),
        ("archive.md", documents.word(), "binary data"),
        ("scan.pdf", documents.pdf("", "", ""), "run OCR"),
        ("secret.pdf", documents.pdf("hidden words", encrypted=True), "protected by a password"),
        ("broken.pdf", b"%PDF-1.4 nothing", "damaged or no PDF"),
        ("cut.docx", documents.word()[:2000], "damaged or no Word document"),
        ("other.docx", b"not a zip", "damaged or no Word document"),
        ("locked.docx", bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600, "protected by a password"),
        ("bomb.docx", documents.word_with("word/document.xml", BOMB), "unpacks to more than"),
        ("entities.docx", documents.word_with("word/document.xml", ENTITIES), "no text"),
        ("bad.docx", documents.word_with("word/document.xml", b"<w:document>"), "damaged"),
        ("data.xyz", b"a,b", "unknown format"),
    ],
)
def test_unreadable_file_names_itself_the_reason_and_the_remedy(
    parse: Parse, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(LibraryFileError, match=reason) as caught:
        parse(name, content)
    message = str(caught.value)
    assert message.startswith(f"'{name}' ")
    assert message.endswith(".")
    assert len(message) > len(name) + 20


def test_file_over_the_size_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(LibraryFileError, match="larger than 100 MB"):
        parsing.parse(path, "huge.txt")


def test_missing_file_is_a_library_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryFileError, match="cannot be read"):
        parsing.parse(tmp_path / "gone.txt", "gone.txt")


@pytest.mark.parametrize(
    "title", ["about:blank", "https://example.org/print?id=3", "Document1", "lease.html", "Unbenannt 2"]
)
def test_a_title_that_a_program_made_up_gives_way_to_the_files_name(parse: Parse, title: str) -> None:
    content = documents.pdf("The rent is due on the first day of each month.", title=title)
    assert parse("lease_2025.pdf", content).title == "lease 2025"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("cp932", "自転車置き場の利用料は年額三千円です。"),
        ("euc_jp", "本は二週間借りられます。"),
        ("gb18030", "健身房的会员卡有效期为一年，丢失补办费五十元。"),
        ("big5", "游泳池每天早上六點開放，週一休息。"),
        ("cp949", "도서관은 매일 아침 아홉 시에 문을 엽니다."),
        ("cp1252", "Größe: für Bären, Öl und Käse, 5 € – “schön”"),
        ("cp1252", "L'été, où êtes-vous allés ? À Orléans, naïf élève."),
    ],
)
def test_text_that_names_no_charset_is_read_in_its_own(parse: Parse, charset: str, text: str) -> None:
    assert parse("a.txt", text.encode(charset)).sections[0].text == text
