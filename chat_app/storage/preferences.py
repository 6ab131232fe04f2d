"""What a person has chosen for the questions to come. It belongs to the person, not to a page: kept with the user's row."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from chat_app.research.turn import Depth, RoleModels
from chat_app.storage.engine import Connection, Database
from chat_app.storage.stored_forms import from_json, to_json
from chat_app.storage.transcript import ensure_user

PREFERENCES_KEY = "preferences"
"""In a user's metadata."""


class Choices(BaseModel):
    model_config = ConfigDict(frozen=True)

    depth: Depth = "standard"
    models: RoleModels = RoleModels()


class Preferences:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, identifier: str) -> Choices:
        """What the user chose last; the defaults for one who has chosen nothing, or is unknown."""
        async with self._db.read() as tx:
            return _choices(await _metadata(tx, identifier))

    async def keep_depth(self, identifier: str, depth: Depth) -> None:
        await self._keep(identifier, depth=depth)

    async def keep_models(self, identifier: str, models: RoleModels) -> None:
        await self._keep(identifier, models=models)

    async def _keep(self, identifier: str, **changes: object) -> None:
        async with self._db.transaction() as tx:
            user_id = await ensure_user(tx, identifier)
            metadata = await _metadata(tx, identifier, tx.for_update)
            choices = _choices(metadata).model_copy(update=changes)
            await tx.execute(
                "UPDATE users SET metadata = :metadata WHERE id = :id",
                id=user_id,
                metadata=to_json(metadata | {PREFERENCES_KEY: choices.model_dump(mode="json", exclude_none=True)}),
            )


async def _metadata(tx: Connection, identifier: str, lock: str = "") -> dict[str, Any]:
    row = await tx.row(f"SELECT metadata FROM users WHERE identifier = :identifier{lock}", identifier=identifier)
    return (from_json(row["metadata"]) if row else None) or {}


def _choices(metadata: dict[str, Any]) -> Choices:
    try:
        return Choices.model_validate(metadata.get(PREFERENCES_KEY) or {})
    except ValidationError:
        return Choices()  # written by another version, which knows other choices
