"""Asks a provider for its list of models: does it answer, does it take the key, does it know the model.

Costs nothing and runs no model. Says only what the provider itself says: what stands in its place need not have a list.
"""

import asyncio
from enum import StrEnum
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr

from chat_app.agents.roles import KEYS
from chat_app.settings import Settings

_SECONDS = 5.0
_REFUSED_STATUSES = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class Verdict(StrEnum):
    RIGHT = "right"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNKNOWN_MODEL = "unknown model"
    NOT_CHECKED = "not checked"


class Answer(BaseModel):
    """What came of it, in a sentence that follows the provider's name."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    text: str


class Probe(BaseModel):
    """Where a provider lists its models."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    url: str
    headers: dict[str, SecretStr]
    key: str | None
    """The variable of the key, if one is sent."""
    model: str

    async def ask(self) -> Answer:
        """Returns an answer whatever happens, after some seconds at most."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        try:
            async with asyncio.timeout(_SECONDS), httpx.AsyncClient(timeout=_SECONDS) as client:
                return await self._asked(client, headers)
        except (TimeoutError, httpx.TimeoutException):
            return self._unreachable(f"gave no answer in {_SECONDS:.0f} s")
        except (UnicodeError, httpx.LocalProtocolError):
            # Its words would repeat the key.
            return Answer(verdict=Verdict.REFUSED, text=f"{self.key} holds characters that no key has; set a valid key")
        except httpx.ConnectError as exc:
            return self._unreachable(f"could not be reached ({exc})")
        except (httpx.HTTPError, httpx.InvalidURL):
            return self._unreachable("could not be reached")

    def _unreachable(self, what: str) -> Answer:
        text = f"{self._place} {what}; check the address and the network"
        return Answer(verdict=Verdict.UNREACHABLE, text=text)

    async def _asked(self, client: httpx.AsyncClient, headers: dict[str, str]) -> Answer:
        listed = await client.get(self.url, headers=headers)
        refused = self._refused(listed)
        if refused:
            return refused
        names = _names(listed)
        if names is None:
            text = f"could not be checked: {self._place} has no list of models ({listed.status_code})"
            return Answer(verdict=Verdict.NOT_CHECKED, text=text)
        accepted = f"{self.key} is accepted" if self.key else f"{self._place} answers"
        if any(name == self.model or name.startswith((f"{self.model}-", f"{self.model}:")) for name in names):
            return Answer(verdict=Verdict.RIGHT, text=f"{accepted}, and {self.model} is there")
        # A list can be a page of many, and leaves out what is only another name: the model itself decides.
        single = await client.get(f"{self.url.partition('?')[0]}/{quote(self.model)}", headers=headers)
        if single.status_code == HTTPStatus.NOT_FOUND and _provider_error(single):
            text = f"{accepted}, but the model {self.model!r} is not known there; set another one"
            return Answer(verdict=Verdict.UNKNOWN_MODEL, text=text)
        if single.is_success and _json(single).keys() & {"id", "name"}:
            return Answer(verdict=Verdict.RIGHT, text=f"{accepted}, and {self.model} is there")
        return Answer(
            verdict=Verdict.NOT_CHECKED, text=f"{accepted}; whether {self.model} is there could not be checked"
        )

    def _refused(self, response: httpx.Response) -> Answer | None:
        error = _provider_error(response)
        is_refused = response.status_code == HTTPStatus.UNAUTHORIZED or (
            error is not None and (response.status_code in _REFUSED_STATUSES or "API_KEY_INVALID" in str(error))
        )
        if not is_refused:
            return None
        key = self.key or "a request without a key"
        text = f"{key} was refused ({response.status_code}); set a valid key"
        return Answer(verdict=Verdict.REFUSED, text=text)

    @property
    def _place(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def probe_of(model_id: str, settings: Settings) -> Probe | None:
    """None for a provider whose list is not known here."""
    provider, _, model = model_id.partition(":")
    match provider:
        case "anthropic":
            base = settings.anthropic_url or "https://api.anthropic.com"
            headers = {"x-api-key": settings.anthropic_key, "anthropic-version": SecretStr("2023-06-01")}
            url = f"{base.rstrip('/')}/v1/models?limit=1000"
        case "google":
            base = settings.google_url or "https://generativelanguage.googleapis.com"
            headers = {"x-goog-api-key": settings.google_key}
            url = f"{base.rstrip('/')}/v1beta/models?pageSize=1000"
        case "openai" | "openai-chat" | "openai-responses":
            base = settings.openai_url or "https://api.openai.com/v1"
            headers = {"authorization": _bearer(settings.openai_key)}
            url = f"{base.rstrip('/')}/models"
        case "ollama" if settings.ollama_url:
            headers = {"authorization": _bearer(settings.ollama_key)}
            url = f"{settings.ollama_url.rstrip('/')}/models"
        case _:
            return None
    sent = {name: value for name, value in headers.items() if value}
    key = (
        {**KEYS, "ollama": "OLLAMA_API_KEY"}[provider.partition("-")[0]] if set(sent) - {"anthropic-version"} else None
    )
    return Probe(url=url, headers=sent, key=key, model=model)


def _bearer(key: SecretStr | None) -> SecretStr | None:
    return SecretStr(f"Bearer {key.get_secret_value()}") if key else None


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return cast(dict[str, Any], body) if isinstance(body, dict) else {}


def _names(response: httpx.Response) -> list[str] | None:
    """The models of a list in one of the providers' forms; None when it is none."""
    body = _json(response)
    models = body.get("data", body.get("models"))
    if not response.is_success or not isinstance(models, list) or not models:
        return None
    listed = [cast(dict[str, Any], model) for model in cast(list[Any], models) if isinstance(model, dict)]
    names = (model.get("id") or model.get("name") for model in listed)
    return [str(name).removeprefix("models/") for name in names if name] or None


def _provider_error(response: httpx.Response) -> dict[str, Any] | None:
    """The error object that each of the providers sends, which a proxy does not."""
    error = _json(response).get("error") if response.is_error else None
    return cast(dict[str, Any], error) if isinstance(error, dict) else None
