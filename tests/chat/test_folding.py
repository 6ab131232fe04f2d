"""Long conversations: shown from one of the last questions on, and further back when asked for."""

from typing import Any, cast

from chat_app.chat.audience import Page
from chat_app.chat.folding import TURNS_MORE, TURNS_SHOWN, Folding

Row = dict[str, Any]


class Tab:
    """A page, as far as it matters here."""


def tab() -> Page:
    return cast(Page, Tab())


def thread(turns: int, name: str = "thread") -> Row:
    steps: list[Row] = []
    elements: list[Row] = []
    for number in range(turns):
        steps += [
            {"id": f"q{number}", "type": "user_message"},
            {"id": f"c{number}", "type": "assistant_message"},
            {"id": f"r{number}", "type": "assistant_message"},
        ]
        view = {"view": {"cost": {"usd": 0.5, "knownUsd": 0.5, "inputTokens": 1}}}
        elements += [{"forId": f"c{number}", "props": view}, {"forId": f"r{number}", "props": {}}]
    return {"id": name, "steps": steps, "elements": elements}


def questions(shown: Row) -> list[str]:
    return [step["id"] for step in shown["steps"] if step["type"] == "user_message"]


def test_a_short_conversation_is_shown_whole() -> None:
    shown = thread(TURNS_SHOWN)
    assert Folding().fold(shown, tab(), []) == {"type": "rc:earlier", "thread": "thread", "turns": 0, "costs": []}
    assert shown == thread(TURNS_SHOWN)


def test_the_last_turns_are_shown_with_all_that_belongs_to_them() -> None:
    shown = thread(TURNS_SHOWN + 3)
    told = Folding().fold(shown, tab(), [])
    assert questions(shown)[0] == "q3"
    assert len(shown["steps"]) == 3 * TURNS_SHOWN
    assert [element["forId"] for element in shown["elements"]][:2] == ["c3", "r3"]
    assert told is not None
    assert told["turns"] == 3
    assert told["costs"] == [{"usd": 0.5, "knownUsd": 0.5}] * 3


def test_a_turn_that_runs_is_never_folded() -> None:
    shown = thread(TURNS_SHOWN + 9)
    Folding().fold(shown, tab(), ["q4", "", "unknown"])
    assert questions(shown)[0] == "q4"


def test_a_page_that_asked_for_more_shows_it_again_when_it_reconnects_and_new_turns_too() -> None:
    folding, page, turns = Folding(), tab(), TURNS_SHOWN + TURNS_MORE + 5
    folding.fold(thread(turns), page, [])
    folding.show_more(page, thread(turns))
    for now in (turns, turns + 7):
        shown = thread(now)
        folding.fold(shown, page, [])
        assert questions(shown)[0] == "q5"
    folding.show_more(page, thread(turns))
    told = folding.fold(shown := thread(turns), page, [])
    assert questions(shown)[0] == "q0"
    assert told is not None
    assert told["turns"] == 0


def test_another_page_and_another_conversation_begin_folded() -> None:
    folding, page = Folding(), tab()
    folding.show_more(page, thread(90))
    folding.fold(other := thread(90, "other"), page, [])
    folding.fold(elsewhere := thread(90), tab(), [])
    assert questions(other)[0] == questions(elsewhere)[0] == f"q{90 - TURNS_SHOWN}"


def test_an_empty_conversation_stays_empty() -> None:
    folding, page = Folding(), tab()
    folding.show_more(page, thread(0))
    assert folding.fold(thread(0), page, [""]) is not None
