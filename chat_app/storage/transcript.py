"""What a thread shows: steps, messages and elements under fixed ids, written by our own code without Chainlit.

`StepRow.to_dict()` and `ElementRow.to_dict()` are what Chainlit's page expects, whether read from the store or emitted live.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self, cast
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from chat_app.errors import NotFound
from chat_app.research.turn import now
from chat_app.storage.engine import Connection, Database, Row, in_clause
from chat_app.storage.stored_forms import from_json, iso, parse_time, to_json

USER_MESSAGE = "user_message"
ASSISTANT_MESSAGE = "assistant_message"


class _StoredRow(BaseModel):
    """Fields are columns; the names of Chainlit's dictionary are theirs in camel case, but for `start` and `end`."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: str
    thread_id: str
    created_at: AwareDatetime

    def columns(self) -> dict[str, object]:
        return {name: _stored(name, getattr(self, name)) for name in type(self).model_fields}

    @classmethod
    def from_columns(cls, row: Mapping[str, Any]) -> Self:
        fields = {name: row[name] for name in cls.model_fields}
        return cls.model_validate(
            {name: from_json(value) if name in _JSON else value for name, value in fields.items()}
        )


class StepRow(_StoredRow):
    """A step or message of a thread."""

    parent_id: str | None = None
    type: str
    """`user_message`, `assistant_message`, or a kind of step: `run`, `tool`, `llm`, `undefined` ..."""
    name: str
    """Title of a step, author of a message."""
    input: str = ""
    output: str = ""
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    streaming: bool = False
    wait_for_answer: bool = False
    is_error: bool = False
    default_open: bool = False
    auto_collapse: bool = False
    show_input: bool | str = False
    """False, True, or the language to show the input in."""
    metadata: dict[str, JsonValue] = {}
    tags: tuple[str, ...] | None = None
    modes: dict[str, str] | None = None
    generation: dict[str, JsonValue] | None = None
    command: str | None = None
    language: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Chainlit's StepDict."""
        return _camel(self.model_dump(mode="json"))

    @classmethod
    def from_dict(cls, step: Mapping[str, Any]) -> "StepRow":
        """Read a StepDict; what is missing or null gets its default."""
        names = {_CAMEL.get(name, name): name for name in cls.model_fields}
        fields = {names[key]: value for key, value in step.items() if key in names and value is not None}
        times = {
            name: parse_time(fields[name]) for name in ("created_at", "started_at", "ended_at") if fields.get(name)
        }
        return cls.model_validate({"created_at": now(), **fields, **times})


class ElementRow(_StoredRow):
    """Something shown with a step: a component of `public/elements/<name>.jsx` with its props, or a file at a URL."""

    for_id: str | None = None
    """The step it belongs to."""
    type: str = "custom"
    name: str
    display: Literal["inline", "side", "page"] = "inline"
    props: dict[str, JsonValue] | None = None
    url: str | None = None
    mime: str | None = None
    size: str | None = None
    language: str | None = None
    page: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Chainlit's ElementDict. A custom element renders from its props alone: it has no file, so it survives a reload."""
        fields = _camel(self.model_dump(mode="json", exclude={"created_at"}))
        absent = dict.fromkeys(("chainlitKey", "objectKey", "path", "autoPlay", "playerConfig"))
        return absent | fields | {"props": fields["props"] or {}, "mime": self.mime or _MIME.get(self.type)}


class Transcript:
    """Writes threads and what they show. Trusts its caller: whose thread it may be is checked where requests come in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save_thread(self, thread_id: str, owner_identifier: str, name: str, created_at: datetime) -> None:
        """Make sure that the thread exists and has a name. A name that it has already stays, the person may have chosen it.

        Raises NotFound when the thread is somebody else's.
        """

        async def save(tx: Connection) -> None:
            user_id = await ensure_user(tx, owner_identifier)
            await ensure_thread(tx, thread_id, user_id, created_at)
            await tx.execute(
                "UPDATE threads SET name = :name WHERE id = :id AND COALESCE(name, '') = ''", id=thread_id, name=name
            )

        await self._db.run(save)

    async def thread_ids(self) -> frozenset[str]:
        """Of all people."""
        async with self._db.read() as tx:
            return frozenset(str(row["id"]) for row in await tx.rows("SELECT id FROM threads"))

    async def require_own_id(self, message_id: str, thread_id: str) -> None:
        """Raise NotFound when a step of that id stands in another thread, or is no question: ids come from clients."""
        async with self._db.read() as tx:
            row = await tx.row("SELECT thread_id, type FROM steps WHERE id = :id", id=message_id)
        if row is not None and (row["thread_id"], row["type"]) != (thread_id, USER_MESSAGE):
            raise NotFound(f"The message {message_id!r} cannot be stored: its id belongs to something else.")

    async def save_steps(self, steps: Sequence[StepRow], elements: Sequence[ElementRow] = ()) -> None:
        """Write all or nothing; a row under a known id takes its place. From then on Chainlit's own writes to it are ignored.

        Raises NotFound when a thread is gone, when an id belongs to another thread, or to a step of another type.
        """

        async def save(tx: Connection) -> None:
            await _require_threads(tx, {row.thread_id for row in (*steps, *elements)})
            for step in steps:
                await put_step(tx, step, ours=True)
            for element in elements:
                await put_element(tx, element, ours=True)

        await self._db.run(save)

    async def delete_rows(self, thread_id: str, ids: Sequence[str]) -> None:
        """Delete those steps and elements of the thread; ids that it does not have are ignored."""
        if not ids:
            return
        names, values = in_clause("id", ids)
        async with self._db.transaction() as tx:
            for table in ("elements", "steps"):
                await tx.execute(
                    f"DELETE FROM {table} WHERE thread_id = :thread_id AND id IN ({names})",
                    thread_id=thread_id,
                    **values,
                )


async def ensure_user(tx: Connection, identifier: str) -> str:
    """The user's id; the user is made if need be."""
    await tx.execute(
        "INSERT INTO users (id, identifier, metadata, created_at) VALUES (:id, :identifier, '{}', :at) "
        "ON CONFLICT (identifier) DO NOTHING",
        id=str(uuid4()),
        identifier=identifier,
        at=iso(now()),
    )
    row = await tx.row("SELECT id FROM users WHERE identifier = :identifier", identifier=identifier)
    return str(cast(Row, row)["id"])


async def ensure_thread(tx: Connection, thread_id: str, user_id: str, created_at: datetime) -> None:
    """Make the thread if need be. Raises NotFound when it is another user's."""
    await tx.execute(
        "INSERT INTO threads (id, user_id, metadata, created_at, updated_at) VALUES (:id, :user_id, '{}', :at, :at) "
        "ON CONFLICT (id) DO NOTHING",
        id=thread_id,
        user_id=user_id,
        at=iso(created_at),
    )
    row = await tx.row("SELECT user_id FROM threads WHERE id = :id", id=thread_id)
    if row is None or row["user_id"] != user_id:
        raise NotFound(f"There is no conversation {thread_id!r} of yours; begin a new one.")


async def put_step(tx: Connection, step: StepRow, *, ours: bool) -> None:
    """Insert or replace. Raises NotFound when the id belongs to another thread or type, or is ours and the writer is not."""
    if not await tx.execute(_PUT_STEP, **step.columns(), is_ours=int(ours)):
        raise NotFound(f"The step {step.id!r} cannot be written: its id belongs to something else.")
    if step.type == USER_MESSAGE:
        await tx.execute(
            "UPDATE threads SET updated_at = :at WHERE id = :id AND updated_at < :at",
            id=step.thread_id,
            at=iso(step.created_at),
        )


async def put_element(tx: Connection, element: ElementRow, *, ours: bool) -> None:
    """Insert or replace. Raises NotFound as `put_step` does."""
    if not await tx.execute(_PUT_ELEMENT, **element.columns(), is_ours=int(ours)):
        raise NotFound(f"The element {element.id!r} cannot be written: its id belongs to something else.")


async def _require_threads(tx: Connection, thread_ids: set[str]) -> None:
    if not thread_ids:
        return
    names, values = in_clause("id", sorted(thread_ids))
    # The lock keeps a deletion from coming between this look and the writing.
    rows = await tx.rows(f"SELECT id FROM threads WHERE id IN ({names}){tx.for_update}", **values)
    missing = thread_ids - {row["id"] for row in rows}
    if missing:
        raise NotFound(f"There is no conversation {min(missing)!r}; it was deleted.")


_JSON = frozenset({"metadata", "tags", "modes", "generation", "show_input", "props"})
_CAMEL = {
    "thread_id": "threadId",
    "parent_id": "parentId",
    "created_at": "createdAt",
    "started_at": "start",
    "ended_at": "end",
    "wait_for_answer": "waitForAnswer",
    "is_error": "isError",
    "default_open": "defaultOpen",
    "auto_collapse": "autoCollapse",
    "show_input": "showInput",
    "for_id": "forId",
}
_MIME = {"custom": "application/json"}


def _camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {_CAMEL.get(name, name): value for name, value in fields.items()}


def _stored(name: str, value: object) -> object:
    if value is None:
        return None
    if name in _JSON:
        return to_json(value)
    if isinstance(value, datetime):
        return iso(value)
    return int(value) if isinstance(value, bool) else value


def _put(table: str, columns: Iterable[str]) -> str:
    """An upsert that leaves alone a row it has no right to: it changes 0 rows then."""
    names = (*columns, "is_ours")
    kept = {"id", "thread_id", "type"}
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in kept)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "
        f"ON CONFLICT (id) DO UPDATE SET {changes} "
        f"WHERE {table}.thread_id = excluded.thread_id AND {table}.type = excluded.type "
        f"AND {table}.is_ours <= excluded.is_ours"
    )


_PUT_STEP = _put("steps", StepRow.model_fields)
_PUT_ELEMENT = _put("elements", ElementRow.model_fields)
