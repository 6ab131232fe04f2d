"""One turn on one attached page: what changed in its view becomes socket events.

Knows the events of Chainlit's protocol, not where the view comes from.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from chat_app.research.turn import Turn
from chat_app.research.view import TurnView
from chat_app.storage.transcript import StepRow
from chat_app.transcript.projection import answer_text, project, row_id

Emit = Callable[[str, Any], Awaitable[None]]
"""(event, data) to one page; does nothing when the page is gone."""

# Chainlit's page parses the whole Markdown again for every piece (measured: a 6,000-word report in pieces of 60
# characters ran at 15 frames a second, in pieces of 400 at 45), so the pause between pieces grows with the text.
# Short until the text begins; then 25 pieces a second, which read as smoothly as 50 and cost half of the processor.
_PAUSES_SECONDS = ((1, 0.02), (3_000, 0.04), (20_000, 0.1), (60_000, 0.3))
_LONGEST_PAUSE_SECONDS = 0.5


def pause_seconds(shown_characters: int) -> float:
    """How long to wait before the next batch goes to the page, unless the turn ends."""
    return next((pause for limit, pause in _PAUSES_SECONDS if shown_characters < limit), _LONGEST_PAUSE_SECONDS)


class Screen:
    """Shows a turn in one session. Each `show` sends only what differs from the last one."""

    def __init__(self, emit: Emit, turn: Turn) -> None:
        self._emit = emit
        self._turn = turn
        self._answer_id = row_id(turn, "report")
        self._answer: str | None = None
        self._view: TurnView | None = None
        self._sent: dict[str, dict[str, Any]] = {}
        self._card_moment: object = None

    async def show(self, view: TurnView) -> None:
        shown, self._view = self._view, view
        if self._answer and shown is not None and _differs_in_text_only(view, shown):
            # Dozens of times a second while a report is written; projecting all rows for it costs three times as much.
            await self._write_answer(answer_text(self._turn, view))
            return
        rows = project(self._turn, view)
        if shown is None and self._turn.revision and not any(step.id == self._answer_id for step in rows.steps):
            await self._clear_answer()
        for step in rows.steps:
            if step.id != self._answer_id:
                await self._upsert(step)
        card, *others = (element.to_dict() for element in rows.elements)
        await self._show_card(view, card)
        for element in others:
            await self._send_once("element", element)
        answer = next((step for step in rows.steps if step.id == self._answer_id), None)
        if answer:
            await self._show_answer(answer, is_final=view.end is not None)
        elif self._answer:
            await self._write_answer("")  # the report began again and has no text yet
        elif view.end and self._turn.revision:
            await self._emit("delete_message", {"id": self._answer_id})

    async def _clear_answer(self) -> None:
        """Take what the try before this one had written off the page; its place stays, since new rows go to the end."""
        await self._emit("update_message", {"id": self._answer_id, "output": "", "streaming": False})
        await self._emit("remove_element", {"id": row_id(self._turn, "sources")})

    async def _upsert(self, step: StepRow) -> None:
        await self._send_once("update_message" if step.id in self._sent else "new_message", step.to_dict())

    async def _send_once(self, event: str, row: dict[str, Any]) -> None:
        if self._sent.get(row["id"]) != row:
            self._sent[row["id"]] = row
            await self._emit(event, row)

    async def _show_card(self, view: TurnView, card: dict[str, Any]) -> None:
        """Phase changes replace the card; what ticks in between travels beside it.

        Every element event makes the page render all messages of the thread again.
        """
        moment = (tuple(phase.phase for phase in view.phases), view.end)
        if moment != self._card_moment:
            self._card_moment = moment
            await self._send_once("element", card)
        props = card["props"]
        if self._sent.get("card") != props:
            self._sent["card"] = props
            await self._emit("window_message", {"type": "rc:progress", "turn": self._turn.id, "view": props["view"]})

    async def _show_answer(self, step: StepRow, *, is_final: bool) -> None:
        if is_final:
            await self._send_once("new_message", step.to_dict())
        elif self._answer is None:
            await self._emit("stream_start", {**step.to_dict(), "streaming": True})
        else:
            await self._write_answer(step.output)
        self._answer = step.output

    async def _write_answer(self, text: str) -> None:
        """Bring an answer that the page has begun to this text."""
        shown, self._answer = self._answer or "", text
        if text == shown:
            return
        # When a report begins again: the page takes a sequence as the whole text.
        is_new = not text.startswith(shown)
        token = {"token": text if is_new else text[len(shown) :], "isSequence": is_new, "isInput": False}
        await self._emit("stream_token", {"id": self._answer_id, **token})


def _differs_in_text_only(view: TurnView, shown: TurnView) -> bool:
    """Whether at most the text has changed. Views share what did not change, so this compares no contents."""
    return all(getattr(view, name) is getattr(shown, name) for name in TurnView.model_fields if name != "text")
