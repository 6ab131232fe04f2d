"""Which model plays which role, and why: filled from what is set explicitly, then from the keys there are."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from chat_app.settings import Settings

EXCERPTS = "excerpts:local"
CLAUDE = "anthropic:claude-sonnet-5-5"
GEMINI = "google:gemini-3.8-flash"
OPENAI = "openai:gpt-5.6-sol"

RoleName = Literal["planner", "searcher", "analyst"]

VARIABLES: dict[RoleName, str] = {
    "planner": "CHAT_APP_PLANNER_MODEL",
    "searcher": "CHAT_APP_SEARCH_MODEL",
    "analyst": "CHAT_APP_ANALYST_MODEL",
}

FALLBACK_VARIABLE = "CHAT_APP_FALLBACK_MODEL"
MENU_VARIABLE = "CHAT_APP_MODELS"

KEYS = {"anthropic": "ANTHROPIC_API_KEY", "google": "GOOGLE_API_KEY or GEMINI_API_KEY", "openai": "OPENAI_API_KEY"}
"""The variables of the keys from which roles are filled."""

# By the prefix of the model string: what stands in the names of those models that search the web themselves.
# Asking the model would import its provider's SDK; a test does, and compares.
_SEARCHES_WEB = {
    "anthropic": "",
    "azure-responses": "",
    "google": "",
    "google-cloud": "",
    "groq": "compound",
    "meta": "",
    "openai": "",
    "openai-chat": "-search-preview",
    "openai-chatgpt": "",
    "openai-responses": "",
    "openrouter": "",
    "xai": "",
}
_NO_KEY = "no key is set (ANTHROPIC_API_KEY, GOOGLE_API_KEY or OPENAI_API_KEY; one is enough)"


class Roles(BaseModel):
    """Model strings (`provider:model`) by role. `searcher` is None when only the library can be searched."""

    model_config = ConfigDict(frozen=True)

    planner: str
    searcher: str | None
    analyst: str

    @property
    def is_excerpts(self) -> bool:
        return self.analyst == EXCERPTS


class Choice(BaseModel):
    """A role's model, and why it is that one."""

    model_config = ConfigDict(frozen=True)

    model: str | None
    because: str
    ignored: str | None = None
    """The model string that was set for the role and cannot play it."""


def roles_of(settings: Settings) -> Roles:
    """One key is enough for everything, and so is one model that is set explicitly."""
    choices = choices_of(settings)
    return Roles(
        planner=choices["planner"].model or EXCERPTS,
        searcher=choices["searcher"].model,
        analyst=choices["analyst"].model or EXCERPTS,
    )


def choices_of(settings: Settings) -> dict[RoleName, Choice]:
    return {
        "planner": _writer(settings, "planner"),
        "searcher": _searcher(settings),
        "analyst": _writer(settings, "analyst"),
    }


def variables_of(settings: Settings) -> dict[str, str]:
    """Each model string that may be used, with the variable, or variables, by which it is replaced by another."""
    explicit = [(model, VARIABLES[role]) for role, model in _explicit(settings).items()]
    explicit.append((settings.fallback_model, FALLBACK_VARIABLE))
    explicit.extend((model, MENU_VARIABLE) for model in settings.choosable_models)
    by_default = [(choice.model, VARIABLES[role]) for role, choice in choices_of(settings).items()]
    return _joined(by_default) | _joined(explicit)


def searches_web(model_id: str) -> bool:
    """Whether the model searches the web by itself, on its provider's side."""
    provider, _, name = model_id.partition(":")
    mark = _SEARCHES_WEB.get(provider.removeprefix("gateway/"))
    return mark is not None and mark in name


def _joined(named: list[tuple[str | None, str]]) -> dict[str, str]:
    variables: dict[str, list[str]] = {}
    for model, variable in named:
        if model:
            variables.setdefault(model, []).append(variable)
    return {model: " and ".join(names) for model, names in variables.items()}


def _writer(settings: Settings, role: RoleName) -> Choice:
    own = _explicit(settings)[role]
    if own:
        return Choice(model=own, because=f"{VARIABLES[role]} is set")
    return _by_keys(settings) or _like_another(settings) or Choice(model=EXCERPTS, because=_NO_KEY)


def _searcher(settings: Settings) -> Choice:
    own = settings.search_model
    if own and not searches_web(own):
        return Choice(model=None, because=f"{VARIABLES['searcher']} is {own}, and {_cannot_search(own)}", ignored=own)
    if own:
        return Choice(model=own, because=f"{VARIABLES['searcher']} is set")
    if settings.google_key:
        return Choice(model=GEMINI, because=f"{KEYS['google']} is set")
    writer = _by_keys(settings) or _like_another(settings)
    if writer is None or writer.model is None:
        return Choice(model=None, because=_NO_KEY)
    if not searches_web(writer.model):
        return Choice(model=None, because=f"no key is set, and {_cannot_search(writer.model)}")
    return writer


def _by_keys(settings: Settings) -> Choice | None:
    """The model that writes, by the first key in the order of what this is made for."""
    models = {
        "anthropic": (settings.anthropic_key, CLAUDE),
        "google": (settings.google_key, GEMINI),
        "openai": (settings.openai_key, OPENAI),
    }
    found = ((KEYS[provider], model) for provider, (key, model) in models.items() if key)
    return next((Choice(model=model, because=f"{variable} is set") for variable, model in found), None)


def _like_another(settings: Settings) -> Choice | None:
    """Without keys: what was set for another role, best for the one that writes."""
    explicit = _explicit(settings)
    order: tuple[RoleName, ...] = ("analyst", "planner", "searcher")
    for role in order:
        if explicit[role]:
            return Choice(model=explicit[role], because=f"no key is set, and {VARIABLES[role]} is")
    return None


def _explicit(settings: Settings) -> dict[RoleName, str | None]:
    return {"planner": settings.planner_model, "searcher": settings.search_model, "analyst": settings.analyst_model}


def _cannot_search(model_id: str) -> str:
    return f"{model_id.partition(':')[0]} offers no web search for it that can be used here"
