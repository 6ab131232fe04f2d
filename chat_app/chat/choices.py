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
from chat_app.research.turn import Depth, RoleModels
from chat_app.storage.preferences import Choices, Preferences

_DEPTHS: tuple[tuple[Depth, str, str, str], ...] = (
    ("quick", "Quick", "1-2 searches, a short answer", "zap"),
    ("standard", "Standard", "up to 5 searches", "search"),
    ("deep", "Deep", "5 searches, a check for gaps, more searches", "telescope"),
)
_WITHOUT_MODEL: dict[Depth, str] = {"quick": "1-2 searches", "deep": "as Standard: the rest takes an AI model"}
_ROLES = {
    "planner": ("Planning model", "Plans the searches, and checks for gaps in a deep research"),
    "searcher": ("Search model", "Searches the web"),
    "analyst": ("Writing model", "Writes the report from what was found"),
}


class Offer:
    """Shows people their choices, and keeps what they choose."""

    def __init__(self, menu: Menu, preferences: Preferences) -> None:
        self._menu = menu
        self._preferences = preferences

    async def show(self, page: Page, owner: str) -> None:
        """Put both into a page that has connected; it shows what the owner chose last."""
        choices = await self._preferences.of(owner)
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
        described = _WITHOUT_MODEL if self._menu.analyst == (EXCERPTS,) else {}
        options = [
            ModeOption(id=depth, name=name, description=described.get(depth, what), icon=icon, default=depth == chosen)
            for depth, name, what, icon in _DEPTHS
        ]
        return Mode(id="depth", name="Depth", options=options)

    def _panel(self, chosen: RoleModels) -> list[Select]:
        """A list of models for each role that leaves a choice. One that is not on the menu any more counts as none."""
        return [self._select(role, getattr(chosen, role)) for role in ROLE_NAMES if len(self._menu.of(role)) > 1]

    def _select(self, role: str, chosen: str | None) -> Select:
        models = self._menu.of(role)
        label, what = _ROLES[role]
        return Select(
            id=f"model_{role}",
            label=label,
            description=f"{what}.",
            items=labels(models),
            initial_value=chosen if chosen in models else models[0],
        )
