"""What a person does in a conversation: ask, stop, come back. Whose thread it is, is checked here."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, cast, get_args
from uuid import UUID

from chat_app.agents.menu import Menu
from chat_app.chat.audience import Audience, Page
from chat_app.chat.folding import Folding
from chat_app.errors import InvalidQuestion, NotFound
from chat_app.research.turn import Depth, RoleModels, Turn, clean_question, now
from chat_app.research.view import TurnView, tried_again
from chat_app.search.attachments import Attachments
from chat_app.storage.stored_forms import parse_time
from chat_app.storage.trail import Trail, TurnRow
from chat_app.storage.transcript import Transcript
from chat_app.transcript.projection import empty_answer, project, row_id
from chat_app.workflows.turns import Turns

logger = logging.getLogger(__name__)

Row = dict[str, Any]
PagesOf = Callable[[str], Iterable[Page]]
"""The attached pages of this process that show a thread."""
OnStored = Callable[[Turn], Awaitable[None]]
ReadThread = Callable[[str], Awaitable[Row | None]]
"""A thread as it is stored, with its rows."""


class Conversation:
    def __init__(
        self,
        turns: Turns,
        trail: Trail,
        transcript: Transcript,
        audience: Audience,
        pages_of: PagesOf,
        menu: Menu,
        read_thread: ReadThread,
        attachments: Attachments,
    ) -> None:
        self._turns = turns
        self._trail = trail
        self._transcript = transcript
        self._audience = audience
        self._pages_of = pages_of
        self._menu = menu
        self._read_thread = read_thread
        self._attachments = attachments
        self._folding = Folding()

    async def ask(
        self,
        page: Page,
        owner: str,
        message: dict[str, Any],
        on_stored: OnStored | None = None,
        uploads: Sequence[str] = (),
    ) -> Turn:
        """Begin a turn for a message of the page; everyone who has the thread open sees it. `uploads`: the files sent with it.

        `on_stored` is awaited once the question cannot be lost any more, before anything is shown of its turn. The same
        message again is the same turn. Raises InvalidQuestion, AttachmentRefused, or NotFound for a thread of somebody else.
        """
        models = self._menu.choice(page.chat_settings)
        attached = await self._keep(page.thread_id, owner, message, uploads) if uploads else ()
        turn, is_new = await self._turns.prepare(_turn(page.thread_id, owner, message, models, attached))
        if on_stored:
            await on_stored(turn)
        pages = list({known.id: known for known in (page, *self._pages_of(turn.thread_id))}.values())
        if is_new:
            await self._audience.announce(pages, turn)
        feed = await self._turns.start(turn)
        for each in pages:
            self._audience.follow(each, turn, feed)
        return turn

    async def show_begun(self, turn: Turn) -> None:
        """Show a turn that was asked from elsewhere on the pages that have its thread open. It need not be started yet."""
        pages = list(self._pages_of(turn.thread_id))
        await self._audience.announce(pages, turn)
        for page in pages:
            self._audience.follow(page, turn, self._turns.feed(turn.id))

    async def retry(self, turn_id: str, owner: str) -> Turn:
        """Try one's own failed turn again; everyone who has the thread open sees it at once. Asking again changes nothing.

        Raises NotFound, CannotRetry.
        """
        failed = await self._trail.turn(turn_id)
        if failed is None or failed.owner != owner:
            raise NotFound("There is no such research of yours.")
        announced: TurnView | None = None

        async def announce(turn: Turn) -> None:
            nonlocal announced
            announced = tried_again(self._turns.feed(turn_id).view, turn.id, now())
            pages = list(self._pages_of(turn.thread_id))
            if not await self._is_last(turn):
                for page in pages:
                    await self._show_again(page, turn.message_id)
            await self._audience.show(pages, turn, announced)

        turn = await self._turns.retry(turn_id, announce)
        if announced is None:
            turn = await self._newest_try(turn)
        for page in self._pages_of(turn.thread_id):
            self._audience.follow(page, turn, self._turns.feed(turn.id), announced)
        return turn

    async def stop(self, thread_id: str, owner: str) -> None:
        """Stop whatever runs in one's own thread."""
        for row in await self._running(thread_id):
            if row.turn.owner == owner:
                await self._turns.stop(row.turn.id)

    async def stop_turn(self, turn_id: str, owner: str) -> None:
        """Stop one's own turn. Raises NotFound for any other."""
        turn = await self._trail.turn(turn_id)
        if turn is None or turn.owner != owner:
            raise NotFound("There is no such research of yours.")
        await self._turns.stop(turn_id)

    async def bring_up_to_date(self, thread: Row, page: Page | None = None, needed: str = "") -> Row | None:
        """Complete a thread that is about to be shown with what its turns have come to, and fold its beginning.

        The stored rows lag behind while a turn runs, and lack the end when a crash came between. The question `needed` is
        not folded. Returns what the page must be told of what is.
        """
        steps: dict[str, Row] = {step["id"]: step for step in thread["steps"]}
        elements: dict[str, Row] = {element["id"]: element for element in thread["elements"]}
        turns = await self._trail.turns_of(thread["id"])
        for row in turns:
            feed = self._turns.feed(row.turn.id)
            if row.end_kind and _is_complete(steps, row):
                continue
            await feed.refresh()
            rows = project(row.turn, feed.view)
            if row.turn.revision:
                _drop_earlier_tries(row.turn, steps, elements)
            if row.turn.revision and not feed.is_ended and row is not turns[-1]:
                place = empty_answer(row.turn)
                steps[place.id] = place.to_dict()
            steps |= {step.id: step.to_dict() for step in rows.steps}
            elements |= {element.id: element.to_dict() for element in rows.elements}
            if feed.is_ended:
                await self._transcript.save_steps(rows.steps, rows.elements)
        thread["steps"] = sorted(steps.values(), key=_created_at)
        thread["elements"] = list(elements.values())
        running = [row.turn.message_id for row in turns if row.end_kind is None]
        return self._folding.fold(thread, page, [*running, needed])

    async def show_earlier(self, page: Page, owner: str) -> None:
        """Show the page more of the beginning of its thread. Raises NotFound for a thread of somebody else."""
        thread = await self._read_thread(page.thread_id)
        if thread is None or thread["userIdentifier"] != owner:
            raise NotFound("There is no such research of yours.")
        self._folding.show_more(page, thread)
        await self._show_again(page)

    async def attach(self, page: Page) -> None:
        """Show the page everything that still runs in its thread."""
        for row in await self._running(page.thread_id):
            self._audience.follow(page, row.turn, self._turns.feed(row.turn.id))

    async def _keep(self, thread_id: str, owner: str, message: Row, uploads: Sequence[str]) -> tuple[str, ...]:
        """Move the files into the thread; what is wrong with the message is said before."""
        if str(message.get("output") or "").strip():
            _turn(thread_id, owner, message, RoleModels())
        await self._attachments.require(owner, thread_id, uploads)
        # The thread first, so that nobody puts files into somebody else's. It gets its name from the question.
        await self._transcript.save_thread(thread_id, owner, "", now())
        return await self._attachments.keep(owner, thread_id, uploads)

    async def _is_last(self, turn: Turn) -> bool:
        """Whether no other question was asked in the thread after it."""
        return all(row.turn.asked_at <= turn.asked_at for row in await self._trail.turns_of(turn.thread_id))

    async def _newest_try(self, turn: Turn) -> Turn:
        """The last try of the turn's question: who asks with an old page in front of them sees how it went on."""
        rows = await self._trail.turns_of(turn.thread_id)
        return next((row.turn for row in rows if row.turn.message_id == turn.message_id), turn)

    async def _show_again(self, page: Page, needed: str = "") -> None:
        """Show the page its whole thread, as a reload would: only so do rows get a place among those that it has."""
        thread = await self._read_thread(page.thread_id)
        if thread is None:
            return
        earlier = await self.bring_up_to_date(thread, page, needed)
        await page.emit("resume_thread", thread)
        await page.emit("window_message", earlier)
        await self.attach(page)

    async def _running(self, thread_id: str) -> list[TurnRow]:
        return [row for row in await self._trail.turns_of(thread_id) if row.end_kind is None]


def _is_complete(steps: dict[str, Row], row: TurnRow) -> bool:
    """Whether the stored rows of an ended turn show its end."""
    progress = steps.get(row_id(row.turn, "progress"))
    if progress is None:
        return False
    metadata: Row = progress["metadata"]
    return (metadata.get("turn"), metadata.get("end")) == (row.turn.id, row.end_kind)


def _drop_earlier_tries(turn: Turn, steps: dict[str, Row], elements: dict[str, Row]) -> None:
    earlier = {turn.of_revision(revision).id for revision in range(turn.revision)}
    for step in list(steps.values()):
        if step["metadata"].get("turn") in earlier and step["id"] != turn.message_id:
            del steps[step["id"]]
    for element in list(elements.values()):
        props: Row = element["props"] or {}
        if props.get("turn") in earlier:
            del elements[element["id"]]


def _created_at(step: Row) -> datetime:
    # Not its text: without microseconds it has another length, and sorts after all that follow it.
    return parse_time(step["createdAt"])


def _turn(
    thread_id: str, owner: str, message: dict[str, Any], models: RoleModels, attached: tuple[str, ...] = ()
) -> Turn:
    text = str(message.get("output") or "")
    return Turn(
        thread_id=thread_id,
        message_id=_message_id(message.get("id")),
        # Files without a word are a question, too: what is in them?
        question=clean_question(text if text.strip() else ", ".join(attached)),
        owner=owner,
        asked_at=now(),
        depth=_depth(message.get("modes")),
        models=models,
        attachments=attached,
    )


def _message_id(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError as exc:
        raise InvalidQuestion(
            f"The message has the id {str(value)[:80]!r}, which is no UUID; reload the page."
        ) from exc


def _depth(modes: object) -> Depth:
    depth = cast(dict[str, object], modes).get("depth") if isinstance(modes, dict) else None
    return cast(Depth, depth) if depth in get_args(Depth) else "standard"
