import json

import pytest
from chainlit.user import User

from chat_app.research.turn import RoleModels
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.engine import Database
from chat_app.storage.preferences import Choices, Preferences


async def test_who_has_chosen_nothing_has_the_defaults(database: Database) -> None:
    assert await Preferences(database).of("nobody") == Choices(depth="standard", models=RoleModels())


async def test_each_choice_is_kept_for_its_person_beside_the_others(database: Database) -> None:
    preferences = Preferences(database)
    await preferences.keep_depth("alice", "deep")
    await preferences.keep_models("alice", RoleModels(planner="openai:gpt-5.6"))
    await preferences.keep_depth("bob", "quick")
    assert await preferences.of("alice") == Choices(depth="deep", models=RoleModels(planner="openai:gpt-5.6"))
    assert await preferences.of("bob") == Choices(depth="quick")
    await preferences.keep_models("alice", RoleModels())
    assert await preferences.of("alice") == Choices(depth="deep")


async def test_signing_in_again_loses_no_choice(database: Database) -> None:
    store, preferences = ChatStore(database), Preferences(database)
    await store.create_user(User(identifier="alice", metadata={"provider": "github"}))
    await preferences.keep_depth("alice", "deep")
    user = await store.create_user(User(identifier="alice", metadata={"provider": "google"}))
    assert user is not None
    assert user.metadata["provider"] == "google"
    assert (await preferences.of("alice")).depth == "deep"


@pytest.mark.parametrize("stored", [{"depth": "bottomless"}, "deep", {"models": 3}, None])
async def test_what_cannot_be_read_counts_as_not_chosen(database: Database, stored: object) -> None:
    preferences = Preferences(database)
    await preferences.keep_depth("alice", "deep")
    async with database.transaction() as tx:
        await tx.execute("UPDATE users SET metadata = :metadata", metadata=json.dumps({"preferences": stored}))
    assert await preferences.of("alice") == Choices()
    await preferences.keep_depth("alice", "quick")
    assert (await preferences.of("alice")).depth == "quick"
