"""The callbacks that Chainlit calls. Each translates, calls, and translates back."""

from typing import Any, cast

import chainlit as cl
from chainlit.config import config
from chainlit.data.base import BaseDataLayer
from chainlit.types import ThreadDict

from chat_app.chat.audience import Page
from chat_app.chat.problems import spoken
from chat_app.chat.room import Room, current_room
from chat_app.chat.socket_events import pages_of_person
from chat_app.errors import CannotRetry, NotFound, SignedOut

LOCAL_USER = "local"


@cl.data_layer
def data_layer() -> BaseDataLayer:
    return current_room().store


@cl.set_starters
async def starters(user: cl.User | None) -> list[cl.Starter]:
    return [cl.Starter(label=s.label, message=s.question, icon=s.icon) for s in current_room().starters()]


async def on_chat_resume(thread: ThreadDict) -> None:
    page = cast(Page, cl.context.session)
    earlier = await current_room().conversation.bring_up_to_date(cast(dict[str, Any], thread), page)
    await page.emit("window_message", earlier)


async def on_stop_pressed(action: cl.Action) -> None:
    payload = cast(dict[str, object], action.payload)  # pyright: ignore[reportUnknownMemberType]
    turn_id = str(payload.get("turn"))
    try:
        await current_room().conversation.stop_turn(turn_id, _identifier())
    except NotFound as error:
        await cl.context.emitter.send_toast(spoken(error), "error")


async def on_retry_pressed(action: cl.Action) -> dict[str, bool]:
    """The answer tells the button whether the card will change."""
    payload = cast(dict[str, object], action.payload)  # pyright: ignore[reportUnknownMemberType]
    try:
        await current_room().conversation.retry(str(payload.get("turn")), _identifier())
    except (NotFound, CannotRetry) as error:
        await cl.context.emitter.send_toast(spoken(error), "error")
        return {"begun": False}
    return {"begun": True}


async def on_settings_update(settings: dict[str, Any]) -> None:
    try:
        owner = _identifier()
        await current_room().offer.choose_models(pages_of_person(owner), owner, settings)
    except NotFound as error:
        await cl.context.emitter.send_toast(spoken(error), "error")


async def on_window_message(data: object) -> None:
    """The page tells what a person has picked in the composer, which Chainlit tells only with a question, and asks for more."""
    message = cast(dict[str, object], data) if isinstance(data, dict) else {}
    try:
        if message.get("type") == "choose-depth":
            await current_room().offer.choose_depth(_identifier(), message.get("depth"))
        if message.get("type") == "show-earlier":
            await current_room().conversation.show_earlier(cast(Page, cl.context.session), _identifier())
    except NotFound as error:
        await cl.context.emitter.send_toast(spoken(error), "error")


# Chainlit's decorators have no complete types, so they are called here, where nothing depends on what they return.
cl.on_chat_resume(on_chat_resume)  # pyright: ignore[reportUnknownMemberType]
cl.on_settings_update(on_settings_update)  # pyright: ignore[reportUnknownMemberType]
cl.on_window_message(on_window_message)  # pyright: ignore[reportUnknownMemberType]
cl.action_callback("rc_stop")(on_stop_pressed)  # pyright: ignore[reportUnknownMemberType]
cl.action_callback("rc_retry")(on_retry_pressed)  # pyright: ignore[reportUnknownMemberType]


def local_user() -> cl.User:
    """The person at this machine."""
    return cl.User(identifier=LOCAL_USER, display_name="You")


def sign_in_by(room: Room) -> None:
    """Register the one way to sign in that this installation has."""
    if room.sign_in == "users":
        cl.password_auth_callback(_by_password)  # pyright: ignore[reportUnknownMemberType]
    elif room.sign_in == "oauth":
        cl.oauth_callback(_by_oauth)  # pyright: ignore[reportUnknownMemberType]
    else:
        # A page is signed in before it is loaded; a client without one asks here. Nobody else gets this far.
        config.code.header_auth_callback = _as_local_user


async def _by_password(name: str, password: str) -> cl.User | None:
    return cl.User(identifier=name) if await current_room().check_password(name, password) else None


async def _by_oauth(
    provider_id: str, token: str, raw_user_data: dict[str, Any], default_user: cl.User, id_token: str | None = None
) -> cl.User | None:
    return cl.User(identifier=f"{provider_id}:{default_user.identifier}", display_name=default_user.display_name)


async def _as_local_user(headers: Any) -> cl.User | None:
    return local_user()


def _identifier() -> str:
    user = cl.context.session.user
    if user is None or not current_room().is_known(user.identifier):
        raise SignedOut("You are signed out.")
    return user.identifier
