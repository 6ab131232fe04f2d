"""All settings, read once from the environment; nothing else reads it.

Secrets may also come from a file: `ANTHROPIC_API_KEY_FILE=/run/secrets/anthropic`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from chat_app.errors import SettingsError

PROJECT_DIR = Path(__file__).resolve().parent.parent
"""The checkout: Chainlit finds `public/` and `.chainlit/` here."""

_READ_BY_SDKS = ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY")

_SHORTEST_SECRET = 8

_CONTACT = re.compile(r"(https?://|[!#-'*+\-.\w]+@)[!#-'*-~]+", re.ASCII)
"""Goes into a comment of a header: no blanks, no parentheses."""

_NEEDED_BY_PYTHON = (
    "PATH", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip
"""What leads a Python to its modules, and to the encoding that this one uses for the names of files."""


def bare_environment() -> dict[str, str]:
    """Of this process's environment, what a Python needs to run: for processes that have no business with keys."""
    return {name: os.environ[name] for name in _NEEDED_BY_PYTHON if name in os.environ}


class WebService(BaseModel):
    """A search service that needs no key, and where it is reached; None: at its own address."""

    model_config = ConfigDict(frozen=True)

    name: Literal["wikipedia", "searxng"]
    address: str | None = None


class Settings(BaseModel):
    """Frozen after start-up. An unset variable means its default; a set but malformed one is an error."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    port: int = 8000
    database_url: SecretStr | None = None
    """PostgreSQL; None means SQLite in the data directory."""
    data_dir: Path = Path("data")
    library_dir: Path = Path("data/library")
    planner_model: str | None = None
    search_model: str | None = None
    analyst_model: str | None = None
    fallback_model: str | None = None
    """Asked instead when the model of a role stays down."""
    choosable_models: tuple[str, ...] = ()
    """Models that a person may pick for a role, besides those that the installation has given it."""
    max_cost_usd: float | None = None
    """The most that a turn may cost; None: no limit."""
    patience_seconds: float = 60
    """Silence after which a request to a model is given up."""
    web_search: tuple[WebService, ...] = ()
    """Searched without a key, where no model searches the web."""
    contact: str | None = None
    """An address or page of whoever runs this, told to the services of `web_search`."""
    users_file: Path | None = None
    anthropic_key: SecretStr | None = None
    google_key: SecretStr | None = None
    openai_key: SecretStr | None = None
    ollama_key: SecretStr | None = None
    anthropic_url: str | None = None
    google_url: str | None = None
    openai_url: str | None = None
    ollama_url: str | None = None
    logfire_token: SecretStr | None = None
    otlp_endpoint: str | None = None
    trace_content: bool = False
    conductor_key: SecretStr | None = None
    auth_secret: SecretStr | None = None
    has_oauth: bool = False
    """Whether one of Chainlit's OAuth providers is set up (`OAUTH_<PROVIDER>_CLIENT_ID`)."""
    demo: bool = False
    """Set by `make demo`: the providers are scripted, and the screen says so."""

    def secrets(self) -> tuple[str, ...]:
        """The values that nothing may tell. Not those so short that they would be found in ordinary words."""
        fields = (getattr(self, name) for name in type(self).model_fields)
        values = (field.get_secret_value() for field in fields if isinstance(field, SecretStr))
        return tuple(value for value in values if len(value) >= _SHORTEST_SECRET)

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Raises SettingsError naming the variable, its value and the remedy.

        A provider's key that stands in a file is put into this process's environment, where the provider's SDK looks.
        """
        if environment is None:
            settings = cls.from_environment(os.environ)
            os.environ.update(_Environment(os.environ).in_files(_READ_BY_SDKS))
            return settings
        env = _Environment(environment)
        data_dir = Path(env.text("CHAT_APP_DATA_DIR") or "data").expanduser().absolute()
        library = env.text("CHAT_APP_LIBRARY")
        users_file = env.text("CHAT_APP_USERS_FILE")
        return cls(
            host=env.text("HOST") or "127.0.0.1",
            port=env.port("PORT", 8000),
            database_url=env.postgres_url("DATABASE_URL"),
            data_dir=data_dir,
            library_dir=Path(library).expanduser().absolute() if library else data_dir / "library",
            planner_model=env.model("CHAT_APP_PLANNER_MODEL"),
            search_model=env.model("CHAT_APP_SEARCH_MODEL"),
            analyst_model=env.model("CHAT_APP_ANALYST_MODEL"),
            fallback_model=env.model("CHAT_APP_FALLBACK_MODEL"),
            choosable_models=env.models("CHAT_APP_MODELS"),
            max_cost_usd=env.dollars("CHAT_APP_MAX_COST_USD"),
            patience_seconds=env.seconds("CHAT_APP_PATIENCE_SECONDS", 60),
            web_search=env.web_services("CHAT_APP_WEB_SEARCH"),
            contact=env.contact("CHAT_APP_CONTACT"),
            users_file=Path(users_file).expanduser().absolute() if users_file else None,
            anthropic_key=env.secret("ANTHROPIC_API_KEY"),
            google_key=env.secret("GOOGLE_API_KEY") or env.secret("GEMINI_API_KEY"),
            openai_key=env.secret("OPENAI_API_KEY"),
            ollama_key=env.secret("OLLAMA_API_KEY"),
            anthropic_url=env.url("ANTHROPIC_BASE_URL"),
            google_url=env.url("GOOGLE_GEMINI_BASE_URL"),
            openai_url=env.url("OPENAI_BASE_URL"),
            ollama_url=env.url("OLLAMA_BASE_URL"),
            logfire_token=env.secret("LOGFIRE_TOKEN"),
            otlp_endpoint=env.url("OTEL_EXPORTER_OTLP_ENDPOINT") or env.url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
            conductor_key=env.secret("DBOS_CONDUCTOR_KEY"),
            trace_content=env.flag("CHAT_APP_TRACE_CONTENT"),
            auth_secret=env.secret("CHAINLIT_AUTH_SECRET"),
            has_oauth=env.has_any("OAUTH_", "_CLIENT_ID"),
            demo=env.flag("CHAT_APP_DEMO"),
        )


class _Environment:
    """Typed access to variables, with errors that name them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str) -> str | None:
        value = self._variables.get(name, "").strip()
        return value or None

    def secret(self, name: str) -> SecretStr | None:
        direct, file = self.text(name), self.text(f"{name}_FILE")
        if direct and file:
            raise SettingsError(f"{name} and {name}_FILE are both set; unset one of them.")
        if file is None:
            return SecretStr(direct) if direct else None
        try:
            content = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingsError(f"{name}_FILE names {file!r}, which cannot be read ({exc}); correct the path.") from exc
        if not content:
            raise SettingsError(
                f"{name}_FILE names {file!r}, which is empty; write the secret into it, or unset {name}_FILE."
            )
        return SecretStr(content)

    def in_files(self, names: Iterable[str]) -> dict[str, str]:
        """Those secrets of `names` that stand in files."""
        secrets = {name: self.secret(name) for name in names if self.text(f"{name}_FILE")}
        return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}

    def has_any(self, prefix: str, suffix: str) -> bool:
        return any(
            name.startswith(prefix) and name.endswith(suffix) and value for name, value in self._variables.items()
        )

    def port(self, name: str, default: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
            raise SettingsError(f"{name} is {value!r}; it must be a number from 1 to 65535.")
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name)
        if value not in {None, "0", "1"}:
            raise SettingsError(f"{name} is {value!r}; it must be 0 or 1.")
        return value == "1"

    def url(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and _scheme(value) not in {"http", "https"}:
            raise SettingsError(f"{name} is {value!r}; it must be an http:// or https:// address.")
        return value

    def postgres_url(self, name: str) -> SecretStr | None:
        secret = self.secret(name)
        if secret is None:
            return None
        # Without a host it is the server's local socket: no `netloc` needed, as `_scheme` would have it.
        scheme, _, rest = secret.get_secret_value().partition("://")
        if not rest:
            scheme = ""
        if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
            # Only the scheme is repeated: the rest of the value may hold a password.
            raise SettingsError(
                f"{name} {f'begins with {scheme!r}' if scheme else 'is no address'}; it must be "
                "postgresql://user:password@host/database, or be unset to keep everything in SQLite."
            )
        return SecretStr(f"postgresql+psycopg://{rest}")

    def dollars(self, name: str) -> float | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            amount = float(value.removeprefix("$"))
        except ValueError:
            amount = 0.0
        if not 0 < amount < float("inf"):
            raise SettingsError(f"{name} is {value!r}; it must be an amount in US dollars above 0, such as 0.50.")
        return amount

    def seconds(self, name: str, default: float) -> float:
        value = self.text(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 3600):
            raise SettingsError(f"{name} is {value!r}; it must be a number of seconds from 1 to 3600.")
        return float(value)

    def contact(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not _CONTACT.fullmatch(value):
            raise SettingsError(f"{name} is {value!r}; it must be an e-mail address, or the http(s) address of a page.")
        return value

    def model(self, name: str) -> str | None:
        value = self.text(name)
        return None if value is None else _model(name, value)

    def web_services(self, name: str) -> tuple[WebService, ...]:
        parts = (part.strip() for part in (self.text(name) or "").split(","))
        services = [_web_service(name, part) for part in parts if part]
        if len({service.name for service in services}) < len(services):
            raise SettingsError(f"{name} names a service twice; name each once.")
        return tuple(services)

    def models(self, name: str) -> tuple[str, ...]:
        parts = (part.strip() for part in (self.text(name) or "").split(","))
        return tuple(dict.fromkeys(_model(name, part) for part in parts if part))


def _web_service(variable: str, value: str) -> WebService:
    name, _, address = value.partition(":")
    if name == "wikipedia" and not address:
        return WebService(name=name)
    if name not in {"wikipedia", "searxng"} or _scheme(address) not in {"http", "https"}:
        raise SettingsError(
            f"{variable} names {value!r}; it must list 'wikipedia', 'searxng:https://your.instance', or both with a comma."
        )
    return WebService.model_validate({"name": name, "address": address})


def _model(name: str, value: str) -> str:
    if ":" not in value or value.startswith(":") or value.endswith(":"):
        raise SettingsError(f"{name} is {value!r}; it must be provider:model, such as 'anthropic:claude-sonnet-5-5'.")
    return value


def _scheme(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.scheme if parts.netloc else ""
