"""What a page is offered for the next question, and what of it is kept."""

from typing import Any

import pytest

from chat_app.agents.menu import Menu
from chat_app.chat.choices import Offer
from chat_app.research.turn import RoleModels
from chat_app.storage.engine import Database
from chat_app.storage.preferences import Preferences
from tests.chat.test_audience import RecordingPage

CLAUDE, OPUS, GEMINI = "anthropic:claude-sonnet-5-5", "anthropic:claude-opus-5", "google:gemini-3.8-flash"
MENU = Menu(planner=(CLAUDE, OPUS), searcher=(GEMINI,), analyst=(CLAUDE, OPUS, GEMINI))
KEYLESS = Menu(planner=("excerpts:local",), searcher=(), analyst=("excerpts:local",))


async def offered(database: Database, menu: Menu = MENU) -> RecordingPage:
    page = RecordingPage()
    await Offer(menu, Preferences(database)).show(page, "alice")
    return page


def data(page: RecordingPage, event: str) -> Any:
    return [data for name, data in page.sent if name == event][-1]


def depths(page: RecordingPage) -> dict[str, bool]:
    ((mode),) = data(page, "set_modes")
    assert mode["id"] == "depth"
    return {option["id"]: option["default"] for option in mode["options"]}


async def test_three_depths_are_offered_and_standard_is_chosen(database: Database) -> None:
    page = await offered(database)
    assert depths(page) == {"quick": False, "standard": True, "deep": False}
    (mode,) = data(page, "set_modes")
    assert [option["description"] for option in mode["options"]] == [
        "1-2 searches, a short answer",
        "up to 5 searches",
        "5 searches, a check for gaps, more searches",
    ]


async def test_the_depth_that_was_picked_is_chosen_from_then_on(database: Database) -> None:
    offer = Offer(MENU, Preferences(database))
    await offer.choose_depth("alice", "deep")
    assert depths(await offered(database)) == {"quick": False, "standard": False, "deep": True}


@pytest.mark.parametrize("depth", ["bottomless", None, 3, ["deep"]])
async def test_a_depth_that_does_not_exist_changes_nothing(database: Database, depth: object) -> None:
    await Offer(MENU, Preferences(database)).choose_depth("alice", depth)
    assert depths(await offered(database))["standard"]


async def test_without_a_model_nothing_is_promised_that_takes_one(database: Database) -> None:
    page = await offered(database, KEYLESS)
    (mode,) = data(page, "set_modes")
    assert "gaps" not in " ".join(option["description"] for option in mode["options"])
    assert "chat_settings" not in page.events()


async def test_roles_with_one_model_only_are_not_offered(database: Database) -> None:
    page = await offered(database)
    widgets = data(page, "chat_settings")
    assert [(widget["id"], widget["label"], widget["initial"]) for widget in widgets] == [
        ("model_planner", "Planning model", CLAUDE),
        ("model_analyst", "Writing model", CLAUDE),
    ]
    assert widgets[1]["items"] == [
        {"label": "Claude Sonnet 5.5", "value": CLAUDE},
        {"label": "Claude Opus 5", "value": OPUS},
        {"label": "Gemini 3.8 Flash", "value": GEMINI},
    ]
    assert data(page, "window_message")["names"]["Claude Opus 5"] == OPUS
    assert MENU.choice(page.chat_settings) == RoleModels()


async def test_models_that_were_chosen_go_for_all_pages_of_the_person_and_for_later_ones(database: Database) -> None:
    offer = Offer(MENU, Preferences(database))
    here, there = RecordingPage("here"), RecordingPage("there")
    await offer.choose_models([here, there], "alice", {"model_planner": OPUS, "model_analyst": CLAUDE})
    for page in (here, there, await offered(database)):
        assert MENU.choice(page.chat_settings) == RoleModels(planner=OPUS)
        assert data(page, "chat_settings")[0]["initial"] == OPUS


async def test_a_model_that_left_the_list_gives_way_to_the_default(database: Database) -> None:
    await Offer(MENU, Preferences(database)).choose_models(
        [], "alice", {"model_planner": OPUS, "model_analyst": GEMINI}
    )
    smaller = MENU.model_copy(update={"planner": (CLAUDE, GEMINI)})
    page = await offered(database, smaller)
    assert [widget["initial"] for widget in data(page, "chat_settings")] == [CLAUDE, GEMINI]
    assert smaller.choice(page.chat_settings) == RoleModels(analyst=GEMINI)


async def test_settings_stored_with_a_thread_do_not_count(database: Database) -> None:
    page = RecordingPage()
    page.chat_settings = {"model_planner": OPUS, "other": 1}
    await Offer(MENU, Preferences(database)).show(page, "alice")
    assert page.chat_settings == {"model_planner": CLAUDE, "model_analyst": CLAUDE}
