"""Which passage is quoted first, which of its sentences, and what is left out."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chat_app.agents.brief import AnalystBrief, PlannerBrief
from chat_app.agents.excerpts import report_text
from chat_app.agents.excerpts.planning import decide
from chat_app.agents.excerpts.quotation import block_quote
from chat_app.agents.excerpts.segments import segments_of
from chat_app.agents.excerpts.selection import excerpts_for
from chat_app.research.evidence import Finding, Passage, Source
from chat_app.research.plan import Plan
from chat_app.search.documents import DocumentSearch
from chat_app.search.library.library import Library

DEFINED = "A deadlock is a state in which two transactions wait for each other. Neither can go on."
USED = "The server looks for a deadlock after one second. The check costs time, so the deadlock timeout should not be short."


def source(number: int, *quotes: str, title: str = "Manual", location: str | None = None) -> Source:
    passages = tuple(Passage(quote=quote, location=location) for quote in quotes)
    return Source(number=number, title=title, url=f"library:{number}.html", quote=quotes[0], passages=passages)


def quoted(query: str, sources: Sequence[Source]) -> list[str]:
    return [" ".join(segment.text for segment in excerpt.segments) for excerpt in excerpts_for(query, sources)]


async def answer(folder: Path, question: str) -> str:
    """The report on a question to the documents of a folder, from the plan to the text."""
    library = Library(folder, folder.parent / "index.sqlite")
    await library.refresh()
    plan = decide(PlannerBrief(question=question, has_library=True))
    assert isinstance(plan, Plan)
    outcomes: list[Finding] = []
    numbers: dict[str, int] = {}
    for i, search in enumerate(plan.searches):
        found = await DocumentSearch(library)(search)
        numbered = [s.model_copy(update={"number": numbers.setdefault(s.url, len(numbers) + 1)}) for s in found]
        outcomes.append(Finding(search=i, query=search.query, text="", sources=tuple(numbered)))
    await library.close()
    return report_text(AnalystBrief(question=question, plan=plan, outcomes=tuple(outcomes)))


def first_line(report: str) -> str:
    return next(line.removeprefix("> ") for line in report.splitlines() if line.startswith("> "))


@pytest.mark.parametrize(
    "title", ["What's New In Tool 3", "Changelog", "Release 15.11", "Versionshinweise", "更新日志"]
)
def test_a_list_of_changes_gives_way_to_the_manual(title: str) -> None:
    changes = source(
        1, "Fix a race between a backup of one table and its restore (Jane Roe). Speed up the backup.", title=title
    )
    manual = source(2, "To back up one table, run the backup with the option --table and its name.", title="Commands")
    assert quoted("How do I back up one table?", [changes, manual])[0].startswith("To back up one table")


def test_a_question_about_changes_is_answered_by_the_list_of_changes() -> None:
    changes = source(
        1, "The release adds a backup of one table, which the new option --table asks for.", title="Changelog"
    )
    manual = source(2, "To back up one table, run the backup with the option --table and its name.", title="Commands")
    assert "release adds" in quoted("What is new about the backup of one table?", [changes, manual])[0]


def test_of_passages_that_say_as_much_the_search_decides() -> None:
    one = source(1, "Set the option cache_size to the size of the cache in megabytes, and start the server again.")
    two = source(2, "Change the option cache_size when the cache has the wrong size for the machine that it runs on.")
    assert "start the server again" in quoted("How do I set the cache size?", [one, two])[0]


def test_what_a_thing_is_comes_first_and_what_merely_names_it_is_left_out() -> None:
    assert quoted("What is a deadlock?", [source(1, USED), source(2, DEFINED)]) == [DEFINED]


@pytest.mark.parametrize(
    ("question", "named", "defined"),
    [
        ("什么是离心机？", "使用离心机之前，必须检查转子是否平衡。", "离心机是一种利用高速旋转分离液体中颗粒的设备。"),
        (
            "キャッシュとは何ですか？",
            "設定ではキャッシュの大きさを変更できます。",
            "キャッシュとは、よく使う値を手元に置く仕組みです。",
        ),
        (
            "Was ist eine Wärmepumpe?",
            "Prüfen Sie im Herbst, ob die Wärmepumpe dicht ist.",
            "Eine Wärmepumpe ist ein Gerät, das Wärme aus der Luft holt.",
        ),
        (
            "Qu'est-ce que le détartrage ?",
            "Après le détartrage, il est bon de rincer deux fois.",
            "Le détartrage est une opération qui enlève le calcaire.",
        ),
    ],
)
def test_in_other_languages_too_a_definition_stands_alone(question: str, named: str, defined: str) -> None:
    assert quoted(question, [source(1, named), source(2, defined)]) == [defined]


def test_an_entry_of_a_glossary_defines_its_heading() -> None:
    entry = source(
        2,
        "A mechanism that lets transactions read and write the same rows without waiting for each other.",
        title="Glossary",
        location="Multi-version concurrency control (MVCC)",
    )
    other = source(
        1, "An index scan that uses MVCC snapshots has no problem with new occupants of a slot in the table."
    )
    assert quoted("What is MVCC?", [other, entry])[0].startswith("A mechanism")


def test_the_end_of_a_clause_is_no_definition() -> None:
    alternatives = (
        "Celery: a broker, and a task that dies begins again.\nCheckpoints of our own: what Tempo is, with fewer tests."
    )
    context = "A research must survive the death of the process. Tempo is a library that stores the result of each step of a workflow."
    assert "Tempo is a library" in quoted("What is Tempo?", [source(1, alternatives, context, title="Decision")])[0]


def test_a_list_is_quoted_to_its_end() -> None:
    passage = (
        "The number of searches depends on the depth, which is picked beside the question:\n"
        "quick: one or two searches and a short answer.\nstandard: up to five searches, and three more while writing.\n"
        "deep: up to five searches, a check of what is missing, and a longer report.\n\n"
        "The limits can be changed by an operator who knows what they cost in money and in time."
    )
    (text,) = quoted("How many searches does the depth quick make?", [source(1, passage)])
    assert text.endswith("and a longer report.")


def test_of_a_list_too_long_to_quote_no_half_is_announced() -> None:
    items = "\n".join(
        f"--option{n}: changes how the report number {n} is laid out on the pages of the printer." for n in range(30)
    )
    passage = f"These options lay out the report:\n{items}"
    (text,) = quoted("How do I change the report with --option7?", [source(1, passage)])
    assert "These options" not in text
    assert "--option7:" in text


def test_a_listing_is_not_quoted_in_half() -> None:
    passage = (
        "To write log messages to a file, pass its name to the function basicConfig before the first message is logged. "
        "A longer way is a class of your own:\n\n"
        "class FileLog:\n    def __init__(self, name):\n        self.name = name\n\n    def write(self, message):\n        pass"
    )
    (text,) = quoted("How do I write log messages to a file?", [source(1, passage)])
    assert "class FileLog" not in text or "def write" in text
    assert text.startswith("To write log messages")


def test_a_notice_about_versions_does_not_open_a_quotation() -> None:
    passage = (
        "New in version 3.3.\n\nSource code: Lib/venv/\n\n"
        "The venv module creates virtual environments. A virtual environment has packages of its own, apart from the others."
    )
    assert quoted("What is a virtual environment?", [source(1, passage)])[0].startswith(
        ("The venv module", "A virtual")
    )


def test_a_quotation_does_not_begin_with_what_refers_back() -> None:
    passage = (
        "Restarting takes a minute. On top of this, you should edit the file once more. "
        "You set the firewall with the program nft, which reads its rules from a file and applies them at once."
    )
    assert quoted("How do I set the firewall?", [source(1, passage)])[0].startswith("You set the firewall")


def test_a_subject_that_was_carried_over_is_not_the_question() -> None:
    about = source(
        1, "Research Chat is a program that answers questions. It has traces of each research and each chat."
    )
    assert quoted("How do I install it (Research Chat)?", [about]) == []
    install = source(
        2, "Research Chat is installed with one command: it makes its folders when it is started for the first time."
    )
    assert quoted("How do I install it (Research Chat)?", [about, install])[0].startswith("Research Chat is installed")


def test_one_word_of_several_is_no_answer() -> None:
    hooks = source(1, "Hooks are programs that run before a commit. You can write hooks in any language that you like.")
    assert quoted("How do hooks work?", [hooks]) != []
    assert quoted("How do React hooks work?", [hooks]) == []


def test_a_word_of_katakana_is_one_word() -> None:
    passage = "サポートの担当者はパスワードを更新します。ポートの番号は設定ファイルで変更できます。"
    assert quoted("パスポートを更新するには？", [source(1, passage)]) == []


def test_both_words_of_a_bare_subject_are_held() -> None:
    cost = source(
        1, "Without a key a research costs nothing. Calls of a research that were finished are not made again."
    )
    deep = source(2, "Deep research looks for what is missing and searches for it, which takes longer than the others.")
    assert quoted("deep research", [cost, deep]) == [deep.quote]


DOCUMENTS = {
    "heizung.md": "# Heizung der Werkstatt\n\nDie Heizung ist eine Gastherme mit 24 kW Leistung.\n\n## Entlüften\n\nUm die Heizkörper zu "
    "entlüften, drehen Sie das Ventil nach links. Schließen Sie es wieder, sobald Wasser kommt.\n",
    "cafe.md": "# Machine à café\n\nElle se trouve au deuxième étage.\n\n## Détartrage\n\nPour détartrer la machine, versez un sachet "
    "d'acide citrique dans le réservoir et lancez le programme C3. Rincez ensuite deux fois.\n",
    "huerto.md": "# El huerto\n\nAbre todos los días.\n\n## Riego\n\nLos tomates se riegan cada dos días por la mañana. Para ahorrar agua, "
    "use el riego por goteo.\n",
    "kaigi.md": "# 会議室の使い方\n\n会議室は三階に二つあります。\n\n## 予約\n\n会議室を予約するには、社内ポータルを開き、「確定」を"
    "押してください。\n",
    "shebei.md": "# 实验室设备手册\n\n离心机是一种利用高速旋转分离液体中颗粒的设备。\n\n## 废液处理\n\n有机废液倒入红色桶。"
    "每周五由后勤人员统一收走。\n",
    "raan.md": "# คู่มือร้านกาแฟ\n\nร้านเปิดทุกวันตั้งแต่เวลา 7 โมงเช้า\n\n## การคืนเงิน\n\nลูกค้าขอคืนเงินได้ภายใน 7 วันหากมีใบเสร็จ\n",
}


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("Wie entlüfte ich die Heizkörper?", "Um die Heizkörper zu entlüften, drehen Sie"),
        ("Comment détartrer la machine à café ?", "Pour détartrer la machine, versez"),
        ("¿Cada cuánto se riegan los tomates?", "Los tomates se riegan cada dos días"),
        ("会議室を予約するには？", "会議室を予約するには、社内ポータルを開き"),
        ("什么是离心机？", "离心机是一种利用高速旋转"),
        ("如何处理有机废液？", "有机废液倒入红色桶"),
        ("ลูกค้าขอคืนเงินได้ภายในกี่วัน", "ลูกค้าขอคืนเงินได้ภายใน 7 วัน"),
    ],
)
async def test_an_answer_opens_with_the_sentence_that_answers(tmp_path: Path, question: str, opening: str) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    assert first_line(await answer(folder, question)).startswith(opening)


async def test_a_comparison_is_quoted_as_a_whole_and_its_sides_once_each(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "storage.md").write_text(
        "# Storage\n\n## When to use Postgres instead of SQLite\n\nUse SQLite for yourself, since it needs no server. Use Postgres instead "
        "of SQLite when the data has to live on another machine.\n\n## Copies\n\nSQLite is copied as a file while the program is stopped. "
        "The copy of SQLite takes seconds.\n\n## Sizes\n\nSQLite files of 200 GB are no problem on a disk. SQLite grows page by page.\n"
        "\n## Users\n\nPostgres keeps users of its own. A user of Postgres has a password and rights.\n",
        "utf-8",
    )
    report = await answer(folder, "SQLite vs Postgres")
    whole, one, other = (section.split("\n\n") for section in report.split("## ")[1:])
    assert whole[0] == "SQLite vs Postgres"
    assert "Use SQLite for yourself" in whole[1]
    assert [sum(block.startswith(">") for block in side) for side in (one, other)] <= [1, 1]


async def test_a_part_without_an_answer_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a.md").write_text(
        "# Heron\n\nHeron is a program that draws maps. It reads any list of places.\n", "utf-8"
    )
    report = await answer(folder, "What is Heron and how do I install it?")
    assert "## What is Heron?" in report
    assert "Your documents don't answer: How do I install it (Heron)?" in report


async def test_a_part_is_quoted_even_where_its_passage_answered_another(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a.md").write_text(
        "# Handbook\n\n## Remote access\n\nThe VPN is a tunnel into the office network. To install it, download the client from the portal "
        "and import the file:\n\n```\nwg-quick up acme\n```\n\nIf the VPN does not connect, check the clock of your computer first.\n",
        "utf-8",
    )
    report = await answer(folder, "What is the VPN and how do I install it?")
    what, how = report.split("## ")[1:]
    assert "The VPN is a tunnel into the office network. [1]" in what
    assert "To install it, download the client" in how


def test_why_alone_is_answered_by_a_reason_only() -> None:
    text = "If the VPN does not connect, check the clock of your computer first. Then call the help desk."
    assert quoted("And why (VPN)?", [source(1, text)]) == []
    reason = "Use the VPN, because the office network is closed to everybody outside."
    assert quoted("And why (VPN)?", [source(1, text), source(2, reason)]) == [reason]


def test_a_sentence_is_not_quoted_without_the_code_that_ends_it() -> None:
    passage = (
        "You find the commit that broke the program with bisect, which halves the range of commits each time until one is left. "
        "To skip a commit that broke something else, run\n\ngit bisect skip\n\nand go on."
    )
    assert not quoted("Which commit broke the program?", [source(1, passage)])[0].endswith("run")


def test_formulas_are_not_quoted_before_sentences() -> None:
    formulas = "box ( 1,1 ) → box box(1,1) → (1,1),(0,0) circle ( 1 ) → box box(2,1) → (2,1),(0,0) 1 + 2 → 3"
    prose = "A box is made from two corners, which are points with two coordinates each and lie opposite to each other."
    assert quoted("How is a box made?", [source(1, formulas), source(2, prose)])[0] == prose


def test_what_not_to_do_is_quoted_where_the_title_alone_names_the_subject() -> None:
    page = (
        "Put in\nVegetable peelings, tea leaves and coffee grounds belong here.\n\n"
        "Never\nNo meat, no fish and no cooked food, because they attract rats at night.\n\n"
        "Turning\nTurn it every four weeks. Compost is ready when it is dark."
    )
    text = quoted("What must not go on the compost?", [source(1, page, title="Compost leaflet")])[0]
    assert "No meat" in text


def test_a_question_that_the_document_asks_is_answered_from_there() -> None:
    asked = source(1, "How old is Kestrel? It was begun in the summer of 2009 by two students.", title="Questions")
    named = source(2, "An old Kestrel keeps its logs in a folder called old.")
    assert "2009" in quoted("How old is Kestrel?", [named, asked])[0]


PRICES = """Article: Oak floorboard; Price in euros: 64.90; Unit: m2
Article: Pine floorboard; Price in euros: 29.50; Unit: m2
Article: Cork tile; Price in euros: 38.00; Unit: m2
Article: Floor oil; Price in euros: 24.90; Unit: litre"""


def test_of_a_table_the_row_that_is_asked_for_is_quoted_alone() -> None:
    assert quoted("What is the price of cork tiles?", [source(1, PRICES, title="Prices")]) == [PRICES.splitlines()[2]]


def test_of_a_table_several_rows_are_quoted_where_none_is_asked_for() -> None:
    (quotation,) = quoted("What are the prices of the articles?", [source(1, PRICES, title="Floors")])
    assert quotation.count("Article:") > 1


def test_a_row_in_a_script_without_spaces_is_no_code() -> None:
    rows = "商品: 折りたたみ自転車; 価格(円): 48000; 納期: 一週間\n商品: 電動自転車; 価格(円): 139800; 納期: 二週間"
    assert quoted("電動自転車の価格は？", [source(1, rows, title="価格表")]) == [rows.splitlines()[1]]
    assert "```" not in block_quote(segments_of(rows), 1)


def test_rows_behind_the_one_that_is_asked_for_are_left_out() -> None:
    rows = (
        "Programme | Heat | Duration",
        "Cotton | 60 °C | 2 h 40 min",
        "Quick | 30 °C | 28 min",
        "Wool | cold | 45 min",
    )
    table = "\n".join(rows)
    (quotation,) = quoted("How long is the duration of the quick programme?", [source(1, table, title="Washing")])
    assert quotation.startswith("Programme |")
    assert quotation.endswith("28 min")


def test_an_irregular_form_in_the_text_counts_as_the_word_of_the_question() -> None:
    text = source(
        1, "Put the filter in first. The weight of the machine is 12 kg without its water tank.", title="Data"
    )
    assert "12 kg" in quoted("How much does the machine weigh?", [text])[0]


def test_a_title_that_nothing_stands_below_is_no_answer() -> None:
    title = "Project Heron: Kick-off"
    assert quoted("project Heron", [source(1, title, title=title)]) == []


def test_the_lines_of_a_slide_are_quoted_with_its_title() -> None:
    slide = "Risks\n\nThe old system has no export of attachments\nHalf of the support staff are on leave in August"
    title = "Project Heron: Kick-off"
    assert quoted("What are the risks of project Heron?", [source(1, title, slide, title=title)])[0] == slide.replace(
        "\n\n", " "
    ).replace("\n", " ")


def test_a_quotation_keeps_to_the_section_of_a_page_that_answers() -> None:
    page = (
        "Fuel\nThe car is handed over with a full tank and must be returned full.\n\n"
        "Deposit\nA deposit of 600 euros is blocked on your credit card when you collect the car.\n\n"
        "Cancellation\nYou may cancel free of charge up to 48 hours before the rental begins. After that we keep the price of one day."
    )
    (quotation,) = quoted("Can I cancel the car for free?", [source(1, page, title="Terms", location="page 1")])
    assert quotation.removeprefix("Cancellation ").startswith("You may cancel free of charge")


def test_characters_across_two_words_do_not_hide_that_both_words_are_held() -> None:
    rule = "公司实行弹性工作制，上班时间为上午九点至十点之间。迟到三次以上将影响当月绩效。"
    assert quoted("上班迟到会怎么样？", [source(1, rule, title="员工手册")]) == [rule.replace("。", "。 ").strip()]
