"""Chainlit's data layer on our database.

Chainlit calls most of this from tasks that it does not await, from sockets and from routes that do not check whose step,
element or feedback it is. So: writes of one step keep their order, what our own code stored is not overwritten, and a write
needs a known caller who owns the thread. NotFound is raised otherwise, for what exists and what does not alike.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4
from weakref import WeakValueDictionary

from chainlit.context import context_var
from chainlit.data.base import BaseDataLayer
from chainlit.data.utils import queue_until_user_message
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User

from chat_app.errors import NotFound
from chat_app.research.turn import now, title_of
from chat_app.storage.caller import caller
from chat_app.storage.engine import Connection, Database, Row
from chat_app.storage.ownership import lock_thread, owner_of_element, owner_of_feedback, owner_of_step, owner_of_thread
from chat_app.storage.preferences import PREFERENCES_KEY
from chat_app.storage.stored_forms import from_json, iso, to_json
from chat_app.storage.thread_list import ThreadQuery, find_threads
from chat_app.storage.thread_reading import favorite_steps, read_thread
from chat_app.storage.transcript import (
    ElementRow,
    StepRow,
    Transcript,
    ensure_thread,
    ensure_user,
    put_element,
    put_step,
)

MAX_TITLE_CHARACTERS = 200

# Chainlit opens a thread to every signed-in user when its metadata has these. Our links are the only way to share.
_SHARING_KEYS = frozenset({"is_shared", "shared_at"})

log = logging.getLogger(__name__)


class ChatStore(BaseDataLayer):
    def __init__(self, db: Database) -> None:
        self._db = db
        self._transcript = Transcript(db)
        self._step_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.on_thread_deleted: list[Callable[[str], Awaitable[None]]] = []
        """Awaited with the thread's id before its rows go; one that raises keeps the thread."""

    # Written by our own code: no caller needed.

    async def save_thread(self, thread_id: str, owner_identifier: str, name: str, created_at: datetime) -> None:
        """See Transcript.save_thread."""
        await self._transcript.save_thread(thread_id, owner_identifier, name, created_at)

    async def save_steps(self, steps: Sequence[StepRow], elements: Sequence[ElementRow] = ()) -> None:
        """See Transcript.save_steps."""
        await self._transcript.save_steps(steps, elements)

    # Who owns what, for routes that must know before they act; None for what does not exist.

    async def owner_of_step(self, step_id: str) -> str | None:
        async with self._db.read() as tx:
            return await owner_of_step(tx, step_id)

    async def owner_of_element(self, element_id: str) -> str | None:
        async with self._db.read() as tx:
            return await owner_of_element(tx, element_id)

    async def owner_of_feedback(self, feedback_id: str) -> str | None:
        async with self._db.read() as tx:
            return await owner_of_feedback(tx, feedback_id)

    # Users

    async def get_user(self, identifier: str) -> PersistedUser | None:
        async with self._db.read() as tx:
            row = await tx.row("SELECT * FROM users WHERE identifier = :identifier", identifier=identifier)
        return None if row is None else _persisted_user(row)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Make the user, or bring what is known of the user up to date. What the user has chosen on our pages stays."""
        given = cast(dict[str, Any], user.metadata)  # pyright: ignore[reportUnknownMemberType] Chainlit's is a bare Dict
        async with self._db.transaction() as tx:
            user_id = await ensure_user(tx, user.identifier)
            row = await tx.row(f"SELECT metadata FROM users WHERE id = :id{tx.for_update}", id=user_id)
            known = cast(dict[str, Any], (from_json(row["metadata"]) if row else None) or {})
            kept = {PREFERENCES_KEY: known[PREFERENCES_KEY]} if PREFERENCES_KEY in known else {}
            await tx.execute(
                "UPDATE users SET metadata = :metadata, display_name = COALESCE(:name, display_name) WHERE id = :id",
                id=user_id,
                metadata=to_json(given | kept),
                name=user.display_name,
            )
        return await self.get_user(user.identifier)

    # Threads

    async def get_thread_author(self, thread_id: str) -> str:
        """The owner's identifier; empty for an unknown thread, which Chainlit answers with 404."""
        async with self._db.read() as tx:
            return await owner_of_thread(tx, thread_id) or ""

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """All of a thread, in order. Whether the reader may see it is checked by those who ask."""
        async with self._db.read() as tx:
            thread = await read_thread(tx, thread_id)
        return None if thread is None else cast(ThreadDict, thread)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """A page of titles. `createdAt` is the last activity: the sidebar groups and sorts by it."""
        if not filters.userId:
            raise NotFound("A list of conversations needs a signed-in user.")
        query = ThreadQuery(
            user_id=filters.userId,
            first=pagination.first,
            cursor=pagination.cursor,
            search=filters.search,
            feedback=filters.feedback,
        )
        async with self._db.read() as tx:
            page = await find_threads(tx, query)
            user = await tx.row("SELECT identifier FROM users WHERE id = :id", id=filters.userId)
        return PaginatedResponse(
            pageInfo=PageInfo(hasNextPage=page.has_next, startCursor=page.start_cursor, endCursor=page.end_cursor),
            data=[
                ThreadDict(
                    id=thread.id,
                    createdAt=thread.updated_at,
                    name=thread.name,
                    userId=filters.userId,
                    userIdentifier=user["identifier"] if user else None,
                    tags=None,
                    metadata={},
                    steps=[],
                    elements=[],
                )
                for thread in page.threads
            ],
        )

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Change what is given; None means unchanged, and so does a key of `metadata` left out, while one with None goes.

        Makes the thread only when its owner is given: Chainlit writes a session's metadata when its page is closed, also
        after the thread was deleted. Inside a chat session `name` is the first message's text and gives way to any name.
        """
        async with self._db.transaction() as tx:
            await _refuse_strangers(tx, thread_id)
            if user_id is not None:
                await ensure_thread(tx, thread_id, user_id, now())
            row = await tx.row(f"SELECT name, metadata FROM threads WHERE id = :id{tx.for_update}", id=thread_id)
            if row is None:
                return
            await tx.execute(
                "UPDATE threads SET name = :name, metadata = :metadata, tags = COALESCE(:tags, tags) WHERE id = :id",
                id=thread_id,
                name=_title(row["name"], name, automatic=user_id is not None or _session_user() is not None),
                metadata=to_json(_merged(from_json(row["metadata"]), metadata or {})),
                tags=None if tags is None else to_json(tags),
            )

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread with its steps, elements, feedback, turns, trail, sources, reports and links."""
        async with self._db.read() as tx:
            await _refuse_strangers(tx, thread_id)
        for prepare in self.on_thread_deleted:
            await prepare(thread_id)
        async with self._db.transaction() as tx:
            await tx.rows(f"SELECT turn_id FROM turns WHERE thread_id = :id{tx.for_update}", id=thread_id)
            await tx.execute("DELETE FROM threads WHERE id = :id", id=thread_id)

    # Steps. Before a session's first message Chainlit's writes wait in its queue, so that an empty thread is not stored.

    @queue_until_user_message()
    async def create_step(self, step_dict: StepDict) -> None:
        """Store a step that is new. One that exists stays as it is: it has been updated, or stored by us, before this ran."""
        step = StepRow.from_dict(step_dict)
        async with self._lock(step.id), self._db.transaction() as tx:
            await _require_own_thread(tx, step.thread_id)
            if await _known_step(tx, step) is None:
                await put_step(tx, step, ours=False)

    @queue_until_user_message()
    async def update_step(self, step_dict: StepDict) -> None:
        """Store a step, new or known. Of one that our own code stored, only the favourite mark can be changed."""
        step = StepRow.from_dict(step_dict)
        async with self._lock(step.id), self._db.transaction() as tx:
            await _require_own_thread(tx, step.thread_id)
            known = await _known_step(tx, step)
            if known is None or not known["is_ours"]:
                await put_step(tx, step, ours=False)
            elif "favorite" in step.metadata:
                metadata = from_json(known["metadata"]) | {"favorite": bool(step.metadata["favorite"])}
                await tx.execute(
                    "UPDATE steps SET metadata = :metadata WHERE id = :id", id=step.id, metadata=to_json(metadata)
                )

    @queue_until_user_message()
    async def delete_step(self, step_id: str) -> None:
        """Delete a step that Chainlit stored, with its elements and feedback."""
        async with self._lock(step_id), self._db.transaction() as tx:
            row = await tx.row("SELECT thread_id, is_ours FROM steps WHERE id = :id", id=step_id)
            if row is None:
                return
            await _require_own_thread(tx, row["thread_id"])
            if row["is_ours"]:
                raise NotFound(f"The step {step_id!r} is part of a turn and stays until its conversation is deleted.")
            await tx.execute(
                "DELETE FROM elements WHERE for_id = :id AND thread_id = :thread", id=step_id, thread=row["thread_id"]
            )
            await tx.execute("DELETE FROM steps WHERE id = :id", id=step_id)

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        async with self._db.read() as tx:
            return [cast(StepDict, step) for step in await favorite_steps(tx, user_id)]

    # Feedback and elements

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Rate a step of one's own; one rating a step. Returns the rating's id."""
        async with self._db.transaction() as tx:
            _require_caller(await owner_of_step(tx, feedback.forId), "message", feedback.forId)
            row = await tx.row(
                "INSERT INTO feedbacks (id, step_id, value, comment, created_at) "
                "VALUES (:id, :step_id, :value, :comment, :at) "
                "ON CONFLICT (step_id) DO UPDATE SET value = excluded.value, comment = excluded.comment RETURNING id",
                id=str(uuid4()),
                step_id=feedback.forId,
                value=int(feedback.value),
                comment=feedback.comment,
                at=iso(now()),
            )
        return str(cast(Row, row)["id"])

    async def delete_feedback(self, feedback_id: str) -> bool:
        async with self._db.transaction() as tx:
            _require_caller(await owner_of_feedback(tx, feedback_id), "feedback", feedback_id)
            return bool(await tx.execute("DELETE FROM feedbacks WHERE id = :id", id=feedback_id))

    @queue_until_user_message()
    async def create_element(self, element: Element) -> None:
        """Store an element that needs no file: a custom one, or one at an address. Others are shown, but not kept."""
        if element.type != "custom" and not (element.url or "").startswith(("http://", "https://")):
            log.warning("The element %r of type %r has no address and is not stored.", element.name, element.type)
            return
        async with self._db.transaction() as tx:
            await _require_own_thread(tx, element.thread_id)
            await put_element(tx, _element_row(element), ours=False)

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        async with self._db.read() as tx:
            row = await tx.row(
                "SELECT * FROM elements WHERE id = :id AND thread_id = :thread_id", id=element_id, thread_id=thread_id
            )
        return None if row is None else cast(ElementDict, ElementRow.from_columns(row).to_dict())

    @queue_until_user_message()
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Delete an element of one's own. `thread_id` comes from the browser and is not relied on."""
        async with self._db.transaction() as tx:
            _require_caller(await owner_of_element(tx, element_id), "element", element_id)
            if not await tx.execute("DELETE FROM elements WHERE id = :id AND is_ours = 0", id=element_id):
                raise NotFound(
                    f"The element {element_id!r} is part of a turn and stays until its conversation is deleted."
                )

    async def build_debug_url(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to do: the database is closed by who opened it."""

    def _lock(self, step_id: str) -> asyncio.Lock:
        """Writers of one step take turns in the order in which they came; Chainlit starts them in the right order."""
        return self._step_locks.setdefault(step_id, asyncio.Lock())


def _session_user() -> str | None:
    """The user of the Chainlit session, in whose name a socket's handler runs."""
    chainlit_context = context_var.get(None)
    user = chainlit_context.session.user if chainlit_context else None
    return user.identifier if user else None


def _caller() -> str | None:
    """Who asks, or None when nobody is known; NotFound when session and request belong to different users."""
    by_session, by_request = _session_user(), caller()
    if by_session and by_request and by_session != by_request:
        raise NotFound("This page belongs to another user; reload it.")
    return by_session or by_request


def _require_caller(owner: str | None, what: str, identifier: str) -> None:
    if owner is None or owner != _caller():
        raise NotFound(f"There is no {what} {identifier!r} of yours.")


async def _refuse_strangers(tx: Connection, thread_id: str) -> None:
    """For what Chainlit's routes have checked already: refuse a caller who is known and is not the owner."""
    asking = _caller()
    owner = await owner_of_thread(tx, thread_id) if asking else None
    if owner is not None and owner != asking:
        raise NotFound(f"There is no conversation {thread_id!r} of yours.")


async def _require_own_thread(tx: Connection, thread_id: str) -> None:
    """The thread is the caller's, or is made now: Chainlit may store a first message before its thread."""
    asking = _caller()
    if asking is None:
        raise NotFound(f"There is no conversation {thread_id!r} without a signed-in user.")
    owner = await lock_thread(tx, thread_id)
    if owner is None and thread_id:
        await ensure_thread(tx, thread_id, await ensure_user(tx, asking), now())
        await lock_thread(tx, thread_id)
    elif owner != asking:
        raise NotFound(f"There is no conversation {thread_id!r} of yours.")


async def _known_step(tx: Connection, step: StepRow) -> Row | None:
    row = await tx.row(
        f"SELECT thread_id, type, is_ours, metadata FROM steps WHERE id = :id{tx.for_update}", id=step.id
    )
    if row and (row["thread_id"], row["type"]) != (step.thread_id, step.type):
        raise NotFound(f"The step {step.id!r} cannot be written: its id belongs to something else.")
    return row


def _title(current: str | None, given: str | None, *, automatic: bool) -> str | None:
    wanted = " ".join((given or "").split())
    if not wanted or (automatic and current):
        return current
    return title_of(wanted) if automatic else wanted[:MAX_TITLE_CHARACTERS]


def _merged(current: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**current, **changes}
    return {key: value for key, value in merged.items() if value is not None and key not in _SHARING_KEYS}


def _persisted_user(row: Row) -> PersistedUser:
    return PersistedUser(
        id=row["id"],
        identifier=row["identifier"],
        display_name=row["display_name"],
        metadata=from_json(row["metadata"]),
        createdAt=row["created_at"],
    )


def _element_row(element: Element) -> ElementRow:
    fields: dict[str, Any] = dict(element.to_dict())
    return ElementRow(
        id=element.id,
        thread_id=element.thread_id,
        created_at=now(),
        for_id=element.for_id or None,
        type=element.type,
        name=element.name,
        display=element.display,
        props=fields["props"],
        url=element.url,
        mime=element.mime,
        size=fields["size"],
        language=element.language,
        page=fields["page"],
    )
