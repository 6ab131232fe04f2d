"""The composition root: from settings to everything that runs, and back."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from chat_app import telemetry
from chat_app.agents import models, tracing
from chat_app.agents.brief import PastTurn
from chat_app.agents.menu import Menu, menu_of
from chat_app.agents.models import model_of
from chat_app.agents.roles import EXCERPTS, Roles, roles_of
from chat_app.agents.waiting import DEFAULT_PATIENCE, Patience
from chat_app.data_directory import DataDirectory
from chat_app.errors import DataDirectoryError, ProviderError
from chat_app.research.budget import Budget
from chat_app.research.evidence import Source
from chat_app.research.turn import Turn
from chat_app.search.attachments import Attachments
from chat_app.search.documents import DocumentSearch
from chat_app.search.keyless import KeylessServices
from chat_app.search.library.library import Library
from chat_app.search.library.reranker import RERANKER_FOLDER, Reranker
from chat_app.search.redirects import Redirects
from chat_app.search.searxng import NAME as SEARXNG
from chat_app.search.searxng import SearXNG
from chat_app.search.wikipedia import API as WIKIPEDIA_API
from chat_app.search.wikipedia import NAME as WIKIPEDIA
from chat_app.search.wikipedia import Wikipedia
from chat_app.settings import PROJECT_DIR, Settings
from chat_app.storage.engine import Database
from chat_app.storage.hub import Hub
from chat_app.storage.reports import Reports
from chat_app.storage.sources import SourceRegister
from chat_app.storage.trail import Trail
from chat_app.storage.transcript import Transcript
from chat_app.workflows import conductor, engine, resources
from chat_app.workflows.journal import Journal
from chat_app.workflows.turns import Turns

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What a running program consists of."""

    settings: Settings
    database: Database
    trail: Trail
    transcript: Transcript
    hub: Hub
    journal: Journal
    turns: Turns
    library: Library
    attachments: Attachments
    roles: Roles
    menu: Menu


@asynccontextmanager
async def running(
    settings: Settings, directory: DataDirectory, patience: Patience | None = None
) -> AsyncGenerator[Services]:
    """Everything started, in the running loop; on leaving, what is under way is left for the next start."""
    services = _assemble(settings, await Database.open(settings))
    resources.bind(_resources(services, patience))
    engine.examine(settings.data_dir, _engine_url(settings))
    telemetry.configure(settings, engine.position)
    tracing.configure(settings)
    models.configure(settings)
    engine.configure(
        settings.data_dir,
        _engine_url(settings),
        conductor.connection(settings),
        executor_id=directory.instance_id,
        enable_otlp=telemetry.is_wanted(settings),
    )
    background = [
        asyncio.create_task(services.library.watch()),
        asyncio.create_task(services.attachments.watch(services.transcript.thread_ids)),
        asyncio.create_task(_listen(services)),
        asyncio.create_task(asyncio.to_thread(_warm_up, services.roles, settings.fallback_model)),
    ]
    try:
        await engine.launch()
        await conductor.resume_left_behind(directory.instance_id)
        await services.turns.settle()
        await services.attachments.tidy(services.transcript.thread_ids)
        yield services
    finally:
        services.journal.close()
        await engine.shut_down()
        await models.close()
        await _cancel(background)
        await services.library.close()
        await services.database.close()
        await asyncio.to_thread(telemetry.flush, settings)


def _assemble(settings: Settings, database: Database) -> Services:
    trail, transcript = Trail(database), Transcript(database)
    hub = Hub(trail)
    trail.on_commit = hub.committed
    journal = Journal(trail, transcript, hub)
    roles = roles_of(settings)
    return Services(
        settings=settings,
        database=database,
        trail=trail,
        transcript=transcript,
        hub=hub,
        journal=journal,
        turns=Turns(journal, transcript),
        library=open_library(settings),
        attachments=Attachments(settings.data_dir / "attachments"),
        roles=roles,
        menu=menu_of(settings, roles),
    )


def _resources(services: Services, patience: Patience | None) -> resources.Resources:
    """What the workflows work with."""
    settings = services.settings
    documents = DocumentSearch(services.library)
    return resources.Resources(
        journal=services.journal,
        roles=services.roles,
        fallback=settings.fallback_model,
        budget=Budget(limit_usd=settings.max_cost_usd),
        search_library=documents,
        nearest_in_library=documents.nearest,
        attachments=services.attachments,
        keyless=keyless_services(settings),
        evidence=_ThreadEvidence(services.database),
        redirects=Redirects(settings.google_url),
        patience=patience or DEFAULT_PATIENCE.times(settings.patience_seconds / DEFAULT_PATIENCE.gap_seconds),
    )


def open_library(settings: Settings) -> Library:
    """The documents of this installation. Raises DataDirectoryError when their index cannot be written."""
    index = settings.data_dir / "library.sqlite"
    try:
        return Library(
            settings.library_dir,
            index,
            _own_documents(),
            starter_root=PROJECT_DIR,
            reranker=Reranker.of(settings.data_dir / RERANKER_FOLDER),
        )
    except (OSError, sqlite3.OperationalError) as exc:
        raise DataDirectoryError(
            f"The library's index {str(index)!r} cannot be written ({exc}); correct the permissions of the directory."
        ) from exc


def keyless_services(settings: Settings) -> KeylessServices:
    """The search services that the settings switch on."""
    services: KeylessServices = {}
    for service in settings.web_search:
        if service.name == "wikipedia":
            services = {**services, WIKIPEDIA: Wikipedia(service.address or WIKIPEDIA_API, settings.contact)}
        elif service.address:
            services = {**services, SEARXNG: SearXNG(service.address, settings.contact)}
    return services


async def examine(settings: Settings) -> None:
    """Open what is stored and close it again. Raises SettingsError when a start would fail on it."""
    database = await Database.open(settings)
    await database.close()
    engine.examine(settings.data_dir, _engine_url(settings))


def _engine_url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url else None


def _own_documents() -> list[Path]:
    """The project's own documents, searched until the person has put some into the library folder."""
    return [PROJECT_DIR / "README.md", *sorted((PROJECT_DIR / "docs").glob("*.md"))]


class _ThreadEvidence:
    """What the workflows may know of a thread."""

    def __init__(self, database: Database) -> None:
        self._register = SourceRegister(database)
        self._reports = Reports(database)
        self._trail = Trail(database)

    async def number(self, thread_id: str, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        return await self._register.number_sources(thread_id, sources)

    async def past(self, turn: Turn) -> tuple[PastTurn, ...]:
        reports = {known.turn_id: known.report for known in await self._reports.of_thread(turn.thread_id)}
        earlier = [row.turn for row in await self._trail.turns_of(turn.thread_id) if row.turn.asked_at < turn.asked_at]
        return tuple(
            PastTurn(question=past.question, report=reports.get(past.id), attachments=past.attachments)
            for past in earlier
        )


async def _listen(services: Services) -> None:
    """Pass on what other processes commit."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def notified(turn_id: str | None) -> None:
        task = loop.create_task(services.hub.notified(turn_id))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    await services.trail.listen(notified)


def _warm_up(roles: Roles, fallback: str | None) -> None:
    for model_id in dict.fromkeys((roles.planner, roles.analyst, roles.searcher or EXCERPTS, fallback or EXCERPTS)):
        try:
            model_of(model_id)
        except ProviderError as error:
            # A missing key must not keep the server from starting: the turn will say it.
            logger.warning("A model is not ready: %s", error)


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
