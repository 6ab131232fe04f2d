import pytest
from pydantic import ValidationError

from chat_app.errors import InvalidQuestion
from chat_app.research.turn import MAX_QUESTION_CHARACTERS, Turn, clean_question, title_of
from tests.research.trails import TURN

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
PERSIAN = "می\u200cخواهم بدانم چرا آسمان آبی است؟"


@pytest.mark.parametrize(
    "question",
    [
        "Why?",
        f"What does {FAMILY} mean, and 🏳️\u200d🌈?",
        PERSIAN,
        "למה השמיים כחולים?",
        "为什么天空是蓝色的？",
        "for i in range(3):\n\tprint(i)",
        "New in Unicode 15: \U0001fae8 and \U000323af?",
        "Ȩ̷͉̓ combined",
    ],
)
def test_a_question_in_any_script_stays_as_it_is(question: str) -> None:
    assert clean_question(question) == question


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x00Why\x00?\x1b[31m\x7f", "Why?[31m"),
        ("Why\udcff\ud800?", "Why?"),
        ("\ufeffWhy\u202e?\u2066", "Why?"),
        ("  \n\t Why? \r\n", "Why?"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("100\u00a0km\u2009/\u3000h", "100 km / h"),
        ("line\u2028line\x0bline", "line line line"),
        ("tag\U000e0041\U000e0042s", "tags"),
    ],
)
def test_control_characters_go_and_words_stay_apart(text: str, cleaned: str) -> None:
    assert clean_question(text) == cleaned


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\x00\x01\x02", "\udcff", "\u200b\u2060\ufeff", "\u200d \u200c", "\u00a0"]
)
def test_a_question_without_a_visible_character_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuestion, match="empty; type"):
        clean_question(text)


def test_a_question_of_exactly_the_limit_is_taken_and_one_more_is_not() -> None:
    assert len(clean_question("x" * MAX_QUESTION_CHARACTERS + "  ")) == MAX_QUESTION_CHARACTERS
    with pytest.raises(InvalidQuestion, match=r"20,001 characters and the limit is 20,000; shorten it"):
        clean_question("x" * (MAX_QUESTION_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Why is the sky blue?", "Why is the sky blue?"),
        ("First   line \nand more", "First line"),
        ("word " * 30, "word " * 15 + "word…"),
        ("天" * 100, "天" * 80 + "…"),
        ("x" * 79 + "," + " y", "x" * 79 + "…"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_thread_is_named_after_the_first_line_of_its_question(question: str, title: str) -> None:
    assert title_of(question) == title


def test_a_title_does_not_end_in_half_a_family() -> None:
    assert title_of("x" * 77 + FAMILY).removesuffix("…")[-1] != "\u200d"


def test_asking_the_same_message_again_is_the_same_turn() -> None:
    assert TURN.id == f"{TURN.thread_id}:{TURN.message_id}:0"
    assert TURN.model_copy(update={"question": "Why?"}).id == TURN.id
    assert TURN.model_copy(update={"revision": 1}).id != TURN.id


def test_a_turn_has_a_time_that_means_the_same_everywhere() -> None:
    with pytest.raises(ValidationError):
        Turn.model_validate(TURN.model_dump() | {"asked_at": TURN.asked_at.replace(tzinfo=None)})
