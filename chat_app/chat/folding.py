"""A long conversation is shown from one of its last questions on; what stands before comes when it is asked for.

Chainlit's page draws all that it is sent: two hundred turns took it over twenty seconds.
"""

from collections.abc import Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from chat_app.chat.audience import Page
from chat_app.storage.transcript import USER_MESSAGE

TURNS_SHOWN = 10
TURNS_MORE = 20
"""How many each further look back shows."""

Row = dict[str, Any]


class Folding:
    """Knows from which question on each page shows its thread, so that a page that reconnects shows the same again."""

    def __init__(self) -> None:
        self._first: WeakKeyDictionary[Page, tuple[str, str]] = WeakKeyDictionary()
        """Thread and id of the first question shown, by page."""

    def fold(self, thread: Row, page: Page | None, needed: Sequence[str]) -> Row | None:
        """Take the rows before the first question shown out of the thread, whose rows are in order.

        The questions `needed` stay. Returns what the page must know of what it is not shown; None without a page.
        """
        questions = [step["id"] for step in thread["steps"] if step["type"] == USER_MESSAGE]
        first = self._index(questions, thread["id"], page)
        first = min([first, *(questions.index(each) for each in needed if each in questions)])
        costs = _cut(thread, questions[first]) if first > 0 else []
        if page is None:
            return None
        if questions:
            self._first[page] = (thread["id"], questions[max(first, 0)])
        return {"type": "rc:earlier", "thread": thread["id"], "turns": max(first, 0), "costs": costs}

    def show_more(self, page: Page, thread: Row) -> None:
        """At the next `fold` the page shows more of the thread, which is whole yet."""
        questions = [step["id"] for step in thread["steps"] if step["type"] == USER_MESSAGE]
        first = max(self._index(questions, thread["id"], page) - TURNS_MORE, 0)
        if questions:
            self._first[page] = (thread["id"], questions[first])

    def _index(self, questions: list[str], thread_id: str, page: Page | None) -> int:
        known = self._first.get(page) if page is not None else None
        if known and known[0] == thread_id and known[1] in questions:
            return questions.index(known[1])
        return max(len(questions) - TURNS_SHOWN, 0)


def _cut(thread: Row, question: str) -> list[Row]:
    """Cut off what stands before the question; returns what those turns have cost."""
    steps = cast(list[Row], thread["steps"])
    at = next(index for index, step in enumerate(steps) if step["id"] == question)
    cut = {step["id"] for step in steps[:at]}
    elements = cast(list[Row], thread["elements"])
    gone = [element for element in elements if element.get("forId") in cut]
    thread["steps"] = steps[at:]
    thread["elements"] = [element for element in elements if element.get("forId") not in cut]
    return [cost for element in gone if (cost := _cost(element))]


def _cost(element: Row) -> Row | None:
    view = cast(Row, cast(Row, element.get("props") or {}).get("view") or {})
    cost = cast(Row | None, view.get("cost"))
    return {"usd": cost["usd"], "knownUsd": cost["knownUsd"]} if cost else None
