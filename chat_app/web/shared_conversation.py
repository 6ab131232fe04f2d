"""What the shared page needs to know about conversations; the storage of links and trails stays behind it."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from chat_app.research.view import TurnView


class SharedConversation(Protocol):
    """Reading, by somebody who holds a link."""

    async def thread_of(self, token: str) -> str | None:
        """The thread that the link shows; None for an unknown link and a withdrawn one alike."""
        ...

    async def turns(self, thread_id: str) -> Sequence[TurnView]:
        """The turns of the thread as they are now, oldest first."""
        ...

    def changes(self, thread_id: str) -> AsyncIterator[None]:
        """One item after each change of the thread; several may be one. What changes while nobody waits counts for the next."""
        ...


class ShareLinks(Protocol):
    """The links of one's own threads. A thread has one at most."""

    async def token_of(self, thread_id: str) -> str | None: ...

    async def share(self, thread_id: str) -> str:
        """Token of the thread's link, made now if there is none. Raises NotFound for a thread that is gone."""
        ...

    async def revoke(self, thread_id: str) -> None:
        """From now on the link shows nothing; a later one is new."""
        ...
