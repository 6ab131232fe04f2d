import pytest

from chat_app.research.report import cited_numbers, replace_citations, settle_citations, unknown_numbers
from tests.research.trails import source

KNOWN = (source(1), source(2), source(3), source(12))


def settled(text: str) -> str:
    return settle_citations(text, KNOWN).text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("It is so [1].", "It is so [1]."),
        ("It is so [1, 2].", "It is so [1][2]."),
        ("It is so [1;2 , 12].", "It is so [1][2][12]."),
        ("It is so[1][2].", "It is so[1][2]."),
        ("It is so [1,\n2].", "It is so [1][2]."),
        ("天空是蓝色的[3]。", "天空是蓝色的[3]。"),
        ("| a [1] | b [2] |", "| a [1] | b [2] |"),
        ("They say [1]: it is so.", "They say [1]: it is so."),
        ("  \n It is so [1].\n\n", "It is so [1]."),
    ],
)
def test_citations_of_known_sources_are_kept_one_by_one(text: str, result: str) -> None:
    assert settled(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("It is so [7].", "It is so."),
        ("It is so [7] , they say.", "It is so, they say."),
        ("It is so [1, 7].", "It is so [1]."),
        ("It is so [7, 8] and so on [1].", "It is so  and so on [1]."),
        ("(see [7])", "(see)"),
        ("In [2024] it was so [0].", "In  it was so."),
        ("They say [7]: it is so.", "They say: it is so."),
        ("[7]", ""),
    ],
)
def test_numbers_that_nobody_found_are_taken_out(text: str, result: str) -> None:
    assert settled(text) == result


@pytest.mark.parametrize(
    "text",
    [
        "`a[7]` and ``b[7]``",
        "```\na[7]\n```",
        "```python\na[7]\n",
        "~~~\na[7]\n~~~",
        "> ```\n> a[7]\n> ```",
        "   ```\n   a[7]\n   ```",
        r"\[7] and \[7\]",
        "[7](https://a.example/)",
        "[7]: https://a.example/",
        "[^7] and [x7] and [7a] and [12345] and [ ] and []",
        "![7](https://a.example/a.png)",
    ],
)
def test_brackets_that_cite_nothing_stay_as_written(text: str) -> None:
    text = f"So:\n\n{text}\n\nAnd so on."
    assert settled(text) == text
    assert cited_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("It is so [1-3].", "It is so [1][2][3]."),
        ("It is so [1–3, 12].", "It is so [1][2][3][12]."),
        ("It is so [12; 1 — 2].", "It is so [12][1][2]."),
        ("It is so [2-3, 7].", "It is so [2][3]."),
    ],
)
def test_a_range_of_sources_cites_each_of_them(text: str, result: str) -> None:
    report = settle_citations(text, KNOWN)
    assert report.text == result
    assert {known.number for known in report.sources} == set(cited_numbers(result))


@pytest.mark.parametrize(
    "text", ["From [1990-2000].", "Between [2-4].", "From [3-1].", "`a[1-3]`", r"\[1-3]", "[1-3](https://a.example/)"]
)
def test_a_range_that_is_not_of_sources_stays_as_written(text: str) -> None:
    assert settled(text) == text
    assert unknown_numbers(text, KNOWN) == []


def test_an_unknown_number_beside_a_range_is_unknown() -> None:
    assert unknown_numbers("So [1-2, 7].", KNOWN) == [7]


def test_an_index_in_prose_is_read_as_a_citation_because_many_write_them_without_a_space() -> None:
    assert settled("The array a[1] and a[7].") == "The array a[1] and a."


def test_code_in_triple_backticks_within_a_line_ends_there() -> None:
    assert settled("```x[7]``` is so [1, 2].") == "```x[7]``` is so [1][2]."


def test_text_after_a_code_block_is_prose_again() -> None:
    assert settled("```\nx[7]\n```\nIt is so [7].") == "```\nx[7]\n```\nIt is so."


def test_a_report_has_exactly_the_sources_that_its_text_cites() -> None:
    report = settle_citations("B [12]. A [2, 7]. `[3]`", KNOWN)
    assert [known.number for known in report.sources] == [2, 12]
    assert settle_citations("Nothing is cited.", KNOWN).sources == ()


def test_sources_without_a_number_cannot_be_cited() -> None:
    unnumbered = source(1).model_copy(update={"number": None})
    assert settle_citations("So [1].", [unnumbered]).text == "So."


def test_settling_a_settled_report_changes_nothing() -> None:
    once = settle_citations("So [1, 7] and [3]: `[9]`, (see [8]).", KNOWN)
    assert settle_citations(once.text, once.sources) == once


def test_spaces_stay_where_no_number_was_taken_out() -> None:
    text = "a  .b , c"
    assert settled(text) == text


def test_numbers_are_reported_in_order_of_first_appearance() -> None:
    assert cited_numbers("[3] [1, 3] [2]") == [3, 1, 2]


def test_a_replacement_gets_each_group_whole() -> None:
    groups: list[list[int]] = []

    def note(numbers: list[int]) -> str:
        groups.append(numbers)
        return "*"

    assert replace_citations("a [1, 2] b [3] `[4]`", note) == "a * b * `[4]`"
    assert groups == [[1, 2], [3]]
