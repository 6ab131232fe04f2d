"""The models that a person may choose from, role by role."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from chat_app.agents.models import Roles, searches_web
from chat_app.errors import InvalidQuestion
from chat_app.research.turn import RoleModels
from chat_app.settings import Settings

ROLE_NAMES = ("planner", "searcher", "analyst")


class Menu(BaseModel):
    """Model strings (`provider:model`) by role, the installation's own first. A role with one is no choice."""

    model_config = ConfigDict(frozen=True)

    planner: tuple[str, ...]
    searcher: tuple[str, ...]
    analyst: tuple[str, ...]

    def of(self, role: str) -> tuple[str, ...]:
        return {"planner": self.planner, "searcher": self.searcher, "analyst": self.analyst}[role]

    def require(self, models: RoleModels) -> None:
        """Raises InvalidQuestion for a model that is not on the menu."""
        for role in ROLE_NAMES:
            model = getattr(models, role)
            if model is not None and model not in self.of(role):
                raise InvalidQuestion(
                    f"The model {model[:80]!r} cannot be chosen as {role}; CHAT_APP_MODELS lists those that can."
                )

    def choice(self, settings: Mapping[str, object]) -> RoleModels:
        """What was chosen in a settings panel, without what is not, or no longer, on the menu."""
        picked = {role: settings.get(f"model_{role}") for role in ROLE_NAMES}
        # The first one stays unsaid, so that the turn follows the installation if that changes before it runs.
        return RoleModels.model_validate(
            {role: model for role, model in picked.items() if isinstance(model, str) and model in self.of(role)[1:]}
        )


def menu_of(settings: Settings, roles: Roles) -> Menu:
    """The models of `CHAT_APP_MODELS` for each role; searching needs one that can search the web."""

    def listed(own: str, *, needs_web: bool = False) -> tuple[str, ...]:
        more = (model for model in settings.choosable_models if searches_web(model) or not needs_web)
        return tuple(dict.fromkeys((own, *more)))

    return Menu(
        planner=listed(roles.planner),
        searcher=listed(roles.searcher, needs_web=True) if roles.searcher else (),
        analyst=listed(roles.analyst),
    )
