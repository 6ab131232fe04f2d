"""The questions after a report: found, cleaned, and never shown as text."""

import pytest

from chat_app.research.follow_ups import Parting, part

SECTION = "\n\n<ask_next>\nHow cold is it?\nWho measured it?\n</ask_next>"


def streamed(text: str, size: int) -> tuple[list[str], Parting]:
    parting = Parting()
    shown = [parting.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return [*shown, parting.close()], parting


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_report_is_passed_on_without_its_section_however_it_comes(size: int) -> None:
    shown, parting = streamed(f"It is 3 < 4 and <b>cold</b> [1].{SECTION}", size)
    assert "".join(shown).rstrip() == "It is 3 < 4 and <b>cold</b> [1]."
    assert parting.follow_ups == ("How cold is it?", "Who measured it?")


def test_a_text_without_a_section_is_a_report() -> None:
    text = "Cold [1]. Compare a<b, <ask, and <ask_nothing>."
    assert part(text) == (text, ())
    assert part("Cold <") == ("Cold <", ())


def test_lists_citations_and_marks_are_taken_off_and_three_remain() -> None:
    section = "<ASK_NEXT>\n1. **Why so cold [3][4]?**\n- “Who?”\n\n* Who?\n• Wie kalt wird es? [1, 2]\n+ And then?\n</Ask_Next>"
    assert part(f"Cold [1].\n{section}").follow_ups == ("Why so cold?", "Who?", "Wie kalt wird es?")


def test_what_is_no_question_to_press_is_left_out() -> None:
    section = f"<ask_next>\n<none/>\n{'long ' * 50}?\nSafe\u202e?\n</ask_next>"
    assert part(f"Cold.\n{section}").follow_ups == ("Safe?",)


def test_a_section_that_breaks_off_loses_the_question_it_broke_off_in() -> None:
    assert part("Cold.\n\n<ask_next>\nHow cold is it?\nWho meas") == ("Cold.", ("How cold is it?",))
    assert part("Cold.\n\n<ask_next>\nHow cold is it?") == ("Cold.", ("How cold is it?",))
    assert part("Cold.\n\n<ask_ne") == ("Cold.\n\n", ())


def test_text_after_the_section_stays_in_the_report() -> None:
    parted = part(f"Cold.{SECTION}\n\nAnd dry [2].")
    assert parted.text.split() == ["Cold.", "And", "dry", "[2]."]
    assert parted.follow_ups == ("How cold is it?", "Who measured it?")


def test_a_section_that_never_ends_gives_the_report_back() -> None:
    rest = "\nHow cold?\n" + "And much more of the report [1]. " * 100
    assert part(f"Cold.<ask_next>{rest}") == (f"Cold.{rest}", ())


def test_a_line_drawn_before_the_section_goes_with_it() -> None:
    assert part(f"Cold [1].\n\n---{SECTION}").text == "Cold [1]."
    assert part("Cold [1].\n\n---").text == "Cold [1].\n\n---"


def test_the_tag_in_code_is_text() -> None:
    shown, _ = streamed("Write `<ask_next>` there.", 1)
    assert "".join(shown) == "Write `<ask_next>` there."


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_letters_that_grow_in_lower_case_shift_nothing(size: int) -> None:
    shown, parting = streamed(f"{'İstanbul ' * 20}[1].{SECTION}", size)
    assert "".join(shown).rstrip() == f"{'İstanbul ' * 20}[1]."
    assert parting.follow_ups == ("How cold is it?", "Who measured it?")
