"""Links to a thread for anyone who has them. The token itself is not stored: a copy of the database opens no page."""

import base64
import hashlib
import hmac
import secrets

from pydantic import SecretStr

from chat_app.errors import NotFound
from chat_app.research.turn import now
from chat_app.storage.engine import Connection, Database
from chat_app.storage.stored_forms import iso

_TOKEN_LENGTH = 43
"""32 bytes in base64url without padding."""


class Shares:
    """`secret` makes the tokens. After a change of it old links still open, and can be revoked, but not be shown again."""

    def __init__(self, db: Database, secret: SecretStr) -> None:
        self._db = db
        self._secret = secret.get_secret_value().encode()

    async def share(self, thread_id: str) -> str:
        """The token of the thread's link; the same one until it is revoked. Raises NotFound for an unknown thread."""
        async with self._db.transaction() as tx:
            if await tx.row(f"SELECT id FROM threads WHERE id = :id{tx.for_update}", id=thread_id) is None:
                raise NotFound(f"There is no conversation {thread_id!r}; it was deleted.")
            token = await self._live_token(tx, thread_id)
            return token or await self._new_token(tx, thread_id)

    async def token_of(self, thread_id: str) -> str | None:
        """The token of the thread's live link, if it has one."""
        async with self._db.read() as tx:
            return await self._live_token(tx, thread_id)

    async def revoke(self, thread_id: str) -> None:
        """Close every link of the thread, at once and for good."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE shares SET revoked_at = :at WHERE thread_id = :thread_id AND revoked_at IS NULL",
                at=iso(now()),
                thread_id=thread_id,
            )

    async def thread_of(self, token: str) -> str | None:
        """The thread a link leads to; None for an unknown or revoked token, or anything that is no token."""
        if len(token) != _TOKEN_LENGTH:
            return None
        async with self._db.read() as tx:
            row = await tx.row(
                "SELECT thread_id FROM shares WHERE token_hash = :token_hash AND revoked_at IS NULL",
                token_hash=_hash(token),
            )
        return None if row is None else str(row["thread_id"])

    async def _live_token(self, tx: Connection, thread_id: str) -> str | None:
        rows = await tx.rows(
            "SELECT nonce, token_hash FROM shares WHERE thread_id = :thread_id AND revoked_at IS NULL ORDER BY created_at",
            thread_id=thread_id,
        )
        tokens = ((self._token(thread_id, row["nonce"]), row["token_hash"]) for row in rows)
        return next((token for token, stored in tokens if _hash(token) == stored), None)

    async def _new_token(self, tx: Connection, thread_id: str) -> str:
        nonce = secrets.token_urlsafe(32)
        token = self._token(thread_id, nonce)
        await tx.execute(
            "INSERT INTO shares (token_hash, thread_id, nonce, created_at) VALUES (:token_hash, :thread_id, :nonce, :at)",
            token_hash=_hash(token),
            thread_id=thread_id,
            nonce=nonce,
            at=iso(now()),
        )
        return token

    def _token(self, thread_id: str, nonce: str) -> str:
        digest = hmac.new(self._secret, f"{thread_id}:{nonce}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
