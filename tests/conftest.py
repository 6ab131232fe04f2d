"""What every test may rely on: no settings of this machine, a data directory of its own, no model, no network but loopback."""

import ipaddress
import os
import sys
from pathlib import Path

import pydantic_ai.models
import pytest

# First of all: Chainlit can only be imported after it (CONTRIBUTING.md, Dependencies).
from chat_app import lean_imports  # noqa: F401
from tests.postgres import database, database_settings, postgres_server, postgres_url  # noqa: F401

_SETTINGS = (
    "ANTHROPIC_", "CHAINLIT_", "CHAT_APP_", "DBOS_", "GEMINI_", "GOOGLE_", "LITERAL_", "LOGFIRE_", "OAUTH_", "OLLAMA_",
    "OPENAI_", "OTEL_", "PG",
)  # fmt: skip
_SINGLE_SETTINGS = {"DATABASE_URL", "DATABASE_URL_FILE", "HOST", "PORT"}

# Here and not in a fixture: fixtures of a whole session, and modules that read the environment when imported, come first.
for _name in list(os.environ):
    if _name.startswith(_SETTINGS) or _name in _SINGLE_SETTINGS:
        del os.environ[_name]


class NetworkUse(RuntimeError):
    """A test reached for the network. Not an OSError: the program would take that for an outage, and carry on."""


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        # Unix sockets have a path for an address; a connected datagram socket sends without one.
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host is not None and not _is_loopback(host):
        raise NetworkUse(f"{event} to {host!r}; tests may talk to 127.0.0.1 only.")


def _is_loopback(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


# An audit hook sees every socket of this process, also those that asyncio and the SDKs open. It cannot be taken off again.
sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def own_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is written into the checkout, also by code that reads its settings from the environment."""
    data = tmp_path / "data"
    monkeypatch.setenv("CHAT_APP_DATA_DIR", str(data))
    return data


@pytest.fixture(autouse=True)
def model_requests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real providers' models refuse to run, but in tests marked provider_wire, whose providers are fakes on loopback."""
    allowed = request.node.get_closest_marker("provider_wire") is not None
    monkeypatch.setattr(pydantic_ai.models, "ALLOW_MODEL_REQUESTS", allowed)
