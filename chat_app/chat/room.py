"""What the callbacks work with. Chainlit finds them by decorator, so what they need is bound for the process."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from chainlit.data.base import BaseDataLayer

from chat_app.chat.choices import Offer
from chat_app.chat.conversation import Conversation
from chat_app.chat.starters import StarterQuestion


@dataclass(frozen=True)
class Room:
    store: BaseDataLayer
    conversation: Conversation
    offer: Offer
    starters: Callable[[], Sequence[StarterQuestion]]
    sign_in: Literal["local", "users", "oauth"]
    check_password: Callable[[str, str], Awaitable[bool]]
    is_known: Callable[[str], bool]
    """Whether somebody who had signed in still may: a socket outlives the account."""


_room: Room | None = None


def enter(room: Room | None) -> None:
    """Bind the room for this process; None at shutdown."""
    global _room
    _room = room


def current_room() -> Room:
    if _room is None:
        raise RuntimeError("Chainlit called back before the server was started.")
    return _room
