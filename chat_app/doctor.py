"""`research-chat doctor`: what is set up, who does what and why, and what is missing."""

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from chat_app.agents import models
from chat_app.agents.models import model_of, spoken_name
from chat_app.agents.probes import Verdict, probe_of
from chat_app.agents.roles import (
    EXCERPTS,
    FALLBACK_VARIABLE,
    KEYS,
    MENU_VARIABLE,
    VARIABLES,
    Choice,
    RoleName,
    choices_of,
)
from chat_app.bootstrap import keyless_services, open_library
from chat_app.data_directory import DataDirectory, holder_of
from chat_app.errors import DataDirectoryLocked, ProviderError, ResearchChatError
from chat_app.search.library.reranker import RERANKER_FOLDER, State, examined
from chat_app.settings import Settings
from chat_app.storage.engine import Database
from chat_app.web.exposure import sign_in_method
from chat_app.workflows import conductor


class Mark(StrEnum):
    FINE = "✓"
    NOTE = "!"
    PROBLEM = "✗"
    """A turn cannot run."""


class Finding(NamedTuple):
    mark: Mark
    text: str


async def examine(settings: Settings, *, offline: bool) -> int:
    """Print the findings; returns 0 when a turn can be run, 2 when not. `offline`: no provider is asked."""
    models.configure(settings)
    findings = [
        *await _models(settings, offline=offline),
        _keyless(settings),
        *_unused_keys(settings),
        *await _storage(settings),
        *_access(settings),
        *_conductor(settings),
        *await _library(settings),
    ]
    for mark, text in findings:
        print(f"{mark} {text}")
    return 2 if any(finding.mark is Mark.PROBLEM for finding in findings) else 0


async def _models(settings: Settings, *, offline: bool) -> list[Finding]:
    choices, others = choices_of(settings), _others(settings)
    places = " and ".join(["the library", *keyless_services(settings)])
    roles = [await asyncio.to_thread(_role, role, choice, places) for role, choice in choices.items()]
    spare = [await asyncio.to_thread(_other, model, variable) for model, variable in others]
    needed = {choice.model for choice in choices.values()}
    named = [*(choice.model for choice in choices.values()), *(model for model, _ in others)]
    usable = [model for model, finding in zip(named, [*roles, *spare], strict=True) if finding.mark is Mark.FINE]
    asked = [model for model in dict.fromkeys(usable) if model and model != EXCERPTS and not offline]
    answers = await asyncio.gather(*(_asked(model, settings, is_needed=model in needed) for model in asked))
    return [*roles, *spare, *answers]


def _others(settings: Settings) -> list[tuple[str, str]]:
    """Models that may be needed later, each with the variable that names it."""
    fallback = [(settings.fallback_model, FALLBACK_VARIABLE)] if settings.fallback_model else []
    return [*fallback, *((model, MENU_VARIABLE) for model in settings.choosable_models)]


def _other(model_id: str, variable: str) -> Finding:
    use = "Fallback" if variable == FALLBACK_VARIABLE else "On the menu"
    try:
        model_of(model_id)
    except ProviderError as error:
        return Finding(Mark.NOTE, f"{use}: {error}")
    return Finding(Mark.FINE, f"{use}: {_called(model_id)}, because {variable} names it")


def _role(role: RoleName, choice: Choice, places: str) -> Finding:
    """`places`: what is searched where no model searches."""
    name = role.capitalize()
    if choice.model is None:
        return Finding(Mark.NOTE if choice.ignored else Mark.FINE, f"{name}: {places} only, because {choice.because}")
    try:
        model_of(choice.model)
    except ProviderError as error:
        return Finding(Mark.PROBLEM, f"{name}: {error}")
    return Finding(Mark.FINE, f"{name}: {_called(choice.model)}, because {choice.because}")


def _called(model_id: str) -> str:
    return spoken_name(model_id) if model_id == EXCERPTS else f"{spoken_name(model_id)} ({model_id})"


async def _asked(model_id: str, settings: Settings, *, is_needed: bool) -> Finding:
    probe = probe_of(model_id, settings)
    if probe is None:
        return Finding(Mark.NOTE, f"{_called(model_id)}: could not be checked; its provider's list is not known here")
    answer = await probe.ask()
    marks = {Verdict.RIGHT: Mark.FINE, Verdict.NOT_CHECKED: Mark.NOTE}
    mark = marks.get(answer.verdict, Mark.PROBLEM if is_needed else Mark.NOTE)
    return Finding(mark, f"{_called(model_id)}: {answer.text}")


def _keyless(settings: Settings) -> Finding:
    services = keyless_services(settings)
    if not services:
        return Finding(Mark.FINE, "Keyless web search: off; CHAT_APP_WEB_SEARCH=wikipedia switches it on")
    is_used = choices_of(settings)["searcher"].model is None
    where = "used" if is_used else "not used, because a model searches the web"
    return Finding(Mark.FINE, f"Keyless web search: {' and '.join(services)}, {where}")


def _unused_keys(settings: Settings) -> Iterator[Finding]:
    keys = {"anthropic": settings.anthropic_key, "google": settings.google_key, "openai": settings.openai_key}
    named = [
        *(choice.model or "" for choice in choices_of(settings).values()),
        *(model for model, _ in _others(settings)),
    ]
    used = {model.partition(":")[0].partition("-")[0] for model in named}
    for provider, key in keys.items():
        if key and provider not in used:
            names = ", ".join(VARIABLES.values())
            yield Finding(Mark.NOTE, f"{KEYS[provider]} is set, but no role needs it (roles are set by {names})")


async def _storage(settings: Settings) -> list[Finding]:
    try:
        directory = DataDirectory.hold(settings.data_dir, None)
    except DataDirectoryLocked:
        holder = holder_of(settings.data_dir)
        where = holder.address if holder and holder.address else "another process"
        return [Finding(Mark.FINE, f"Data: {settings.data_dir}, in use by {where}")]
    except ResearchChatError as error:
        return [Finding(Mark.PROBLEM, str(error))]
    try:
        database = await Database.open(settings)
        reason = await database.check()
        await database.close()
    except ResearchChatError as error:
        return [Finding(Mark.PROBLEM, str(error))]
    finally:
        directory.release()
    return [Finding(Mark.PROBLEM, reason) if reason else Finding(Mark.FINE, f"Data: {database.place}")]


def _access(settings: Settings) -> Iterator[Finding]:
    try:
        method = sign_in_method(settings, oauth_configured=settings.has_oauth)
    except ResearchChatError as error:
        yield Finding(Mark.PROBLEM, str(error))
        return
    who = "the local user" if method == "local" else method
    yield Finding(Mark.FINE, f"Address: {settings.address}; sign-in: {who}")


def _conductor(settings: Settings) -> Iterator[Finding]:
    if settings.conductor_key is None:
        return
    obstacle = conductor.obstacle()
    if obstacle:
        yield Finding(Mark.NOTE, f"DBOS Conductor: DBOS_CONDUCTOR_KEY is set but not used, because {obstacle}")
    else:
        yield Finding(Mark.FINE, "DBOS Conductor: connected while the server runs, because DBOS_CONDUCTOR_KEY is set")


async def _library(settings: Settings) -> list[Finding]:
    if not settings.data_dir.is_dir():
        return []
    library = open_library(settings)
    try:
        await library.refresh()
        status, files = library.status(), library.files()
    finally:
        await library.close()
    what = "the project's own documents" if status.is_starter else str(settings.library_dir)
    line = f"Library: {what}, {status.indexed} files in {status.passages} passages"
    if status.is_starter:
        line += f"; put your own into {settings.library_dir}"
    unread = (Finding(Mark.NOTE, f"  {file.error}") for file in files if file.state == "failed")
    left_out = f"  {status.skipped} other files are left out; `research-chat library` names them"
    skipped = [Finding(Mark.FINE, left_out)] if status.skipped else []
    return [Finding(Mark.FINE, line), *unread, *skipped, await asyncio.to_thread(_reranker, settings)]


def _reranker(settings: Settings) -> Finding:
    mark = {State.READY: Mark.FINE, State.OFF: Mark.FINE}
    report = examined(settings.data_dir / RERANKER_FOLDER)
    return Finding(mark.get(report.state, Mark.NOTE), f"Reranker: {report.text}")
