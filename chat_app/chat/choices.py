"""What a person can choose before a question: how deep to search, in the composer; and who does it, in a panel.

Both are kept per user (storage/preferences.py) and offered by the server, so that they are right at the first look, in any
browser; what a page stored by itself could not be put into Chainlit's composer.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast, get_args

from chainlit.input_widget import Select
from chainlit.mode import Mode, ModeOption

from chat_app.agents.menu import ROLE_NAMES, Menu
from chat_app.agents.models import EXCERPTS
from chat_app.chat.audience import Page
from chat_app.chat.model_names import labels
from chat_app.languages.choice import Language, preferred, reading
from chat_app.languages.words import say
from chat_app.research.turn import Depth, RoleModels
from chat_app.storage.preferences import Choices, Preferences

_DEPTHS: tuple[tuple[Depth, str], ...] = (("quick", "zap"), ("standard", "search"), ("deep", "telescope"))
_OTHER_WITHOUT_MODEL = {"quick", "deep"}


class Offer:
    """Shows people their choices, and keeps what they choose."""

    def __init__(self, menu: Menu, preferences: Preferences) -> None:
        self._menu = menu
        self._preferences = preferences

    async def show(self, page: Page, owner: str) -> None:
        """Put both into a page that has connected; it shows what the owner chose last."""
        choices = await self._preferences.of(owner)
        with reading(_language(page)):
            await page.emit("set_modes", [asdict(self._depths(choices.depth))])
            await self._show_models(page, choices)

    async def modes(self, owner: str) -> dict[str, str]:
        """What Chainlit's composer would send with the owner's next question."""
        return {"depth": (await self._preferences.of(owner)).depth}

    async def choose_depth(self, owner: str, depth: object) -> None:
        """From now on the owner's next question starts with this one. What is no depth is not kept."""
        if depth in get_args(Depth):
            await self._preferences.keep_depth(owner, cast(Depth, depth))

    async def choose_models(self, pages: Iterable[Page], owner: str, settings: dict[str, Any]) -> None:
        """What the owner has confirmed in the panel of one page goes for all of the owner's `pages`."""
        choices = Choices(models=self._menu.choice(settings))
        await self._preferences.keep_models(owner, choices.models)
        for page in pages:
            with reading(_language(page)):
                await self._show_models(page, choices)

    async def _show_models(self, page: Page, choices: Choices) -> None:
        widgets = self._panel(choices.models)
        # Chainlit has filled it with what was stored with the thread, whenever that was.
        page.chat_settings = {widget.id: widget.initial for widget in widgets}
        if not widgets:
            return
        names = {label: model for widget in widgets for label, model in widget.items.items()}
        await page.emit("window_message", {"type": "rc:models", "names": names})
        await page.emit("chat_settings", [widget.to_dict() for widget in widgets])

    def _depths(self, chosen: Depth) -> Mode:
        options = [
            ModeOption(
                id=depth,
                name=say(f"depth.{depth}"),
                description=self._what(depth),
                icon=icon,
                default=depth == chosen,
            )
            for depth, icon in _DEPTHS
        ]
        return Mode(id="depth", name=say("depth"), options=options)

    def _what(self, depth: Depth) -> str:
        is_other = self._menu.analyst == (EXCERPTS,) and depth in _OTHER_WITHOUT_MODEL
        return say(f"depth.{depth}.without_model" if is_other else f"depth.{depth}.what")

    def _panel(self, chosen: RoleModels) -> list[Select]:
        """A list of models for each role that leaves a choice. One that is not on the menu any more counts as none."""
        return [self._select(role, getattr(chosen, role)) for role in ROLE_NAMES if len(self._menu.of(role)) > 1]

    def _select(self, role: str, chosen: str | None) -> Select:
        models = self._menu.of(role)
        return Select(
            id=f"model_{role}",
            label=say(f"role.{role}"),
            description=say(f"role.{role}.what"),
            items=labels(models),
            initial_value=chosen if chosen in models else models[0],
        )


def _language(page: Page) -> Language:
    """A person may have pages open in several browsers, each in its own language."""
    return preferred(str(page.environ.get("HTTP_ACCEPT_LANGUAGE", "")))
