"""The web application: our routes, then Chainlit mounted at "/", behind the guards.

Import it only when the environment holds what Chainlit reads at its own import: see `chainlit_environment`.
"""

# ruff: noqa: I001 -- the first import must come before Chainlit's
from chat_app import lean_imports  # noqa: F401  # pyright: ignore[reportUnusedImport]: works by being imported

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from chainlit.auth import create_jwt, get_token_from_cookies
from chainlit.auth.cookie import _auth_cookie_name  # pyright: ignore[reportPrivateUsage]: has no public name
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.utils import mount_chainlit
from fastapi import FastAPI
from jwt import PyJWTError
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chat_app import bootstrap
from chat_app.agents.roles import roles_of
from chat_app.bootstrap import Services
from chat_app.chat.audience import Audience
from chat_app.chat.callbacks import LOCAL_USER, local_user, sign_in_by
from chat_app.chat.choices import Offer
from chat_app.chat.conversation import Conversation
from chat_app.chat.interface import interface_route
from chat_app.chat.room import Room, enter
from chat_app.chat.socket_events import pages_of, take_over
from chat_app.chat.starters import StarterQuestion, about_documents, about_the_project, about_the_world
from chat_app.data_directory import DataDirectory
from chat_app.errors import NotFound
from chat_app.languages.words import say
from chat_app.search.attachments import MAX_FILE_BYTES, MAX_FILES_PER_MESSAGE
from chat_app.search.documents import FileTexts
from chat_app.search.library.folder import FORMATS
from chat_app.settings import Settings
from chat_app.storage.caller import calling_as
from chat_app.storage.chat_store import ChatStore
from chat_app.storage.preferences import Preferences
from chat_app.storage.shared_threads import SharedThreads
from chat_app.storage.shares import Shares
from chat_app.web.attachments import attachment_routes
from chat_app.web.exposure import SignIn
from chat_app.web.library_page import LibraryPage
from chat_app.web.local_login import LocalUser
from chat_app.web.page_language import words_route
from chat_app.web.pages import Mode, status_routes
from chat_app.web.perimeter import guarded
from chat_app.web.private_keys import auth_secret, client_key
from chat_app.web.share_page import SharePage
from chat_app.web.sharing import Sharing
from chat_app.web.source_page import source_routes
from chat_app.web.turns_api import turn_routes
from chat_app.web.users import UsersFile
from chat_app.workflows.inquiries import Inquiries

_APP_FILE = Path(__file__).with_name("app.py")


class Site:
    """The web application of one process."""

    def __init__(self, settings: Settings, directory: DataDirectory, sign_in: SignIn) -> None:
        self._settings = settings
        self._sign_in: SignIn = sign_in
        self._directory = directory
        self._client_key = client_key(settings.data_dir).get_secret_value()
        self._users = UsersFile(settings.users_file) if settings.users_file else None
        self._services: Services | None = None
        self._share_page: SharePage | None = None
        self._closing = asyncio.Event()
        self._roles = roles_of(settings)

    def application(self) -> ASGIApp:
        config.project.allow_origins = [self._settings.address]
        _offer_uploads()
        app = FastAPI(
            title="Research Chat",
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            # A trace is of a turn. Spans of requests would send the addresses of shared pages, which are secret.
            telemetry={"exclude": lambda _scope: True},
        )
        # Chainlit answers every path, so ours come first; those that need the running services join at start-up.
        app.router.routes.extend([words_route(), interface_route()])
        app.router.routes.extend(
            status_routes(unready=self._unready, mode=self._mode, caller=self._caller, running=self._running_threads)
        )
        mount_chainlit(app, target=str(_APP_FILE), path="/")
        chainlit_server = import_module("chainlit.server")
        chainlit_server.app.add_exception_handler(NotFound, _not_found)
        take_over(chainlit_server.sio)
        # There is no page of text beside the chat, in no language; Chainlit would miss it at each visit.
        logging.getLogger("chainlit").addFilter(lambda record: "markdown file" not in record.getMessage())
        local = self._local_user() if self._sign_in == "local" else None
        return guarded(_CallerKnown(app, self._user_of), local)

    def end_streams(self) -> None:
        """End what would keep the server waiting: it closes connections before it calls anything else."""
        self._closing.set()
        if self._share_page:
            self._share_page.live.close()

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncGenerator[None]:
        async with bootstrap.running(self._settings, self._directory) as services:
            self._open(app, services)
            try:
                yield
            finally:
                await self._audience.close()
                self._services = None
                enter(None)

    def _open(self, app: FastAPI, services: Services) -> None:
        """Let people in."""
        store = ChatStore(services.database)
        store.on_thread_deleted += [services.turns.forget_thread, services.attachments.forget]
        self._audience = Audience()
        conversation = Conversation(
            services.turns,
            services.trail,
            services.transcript,
            self._audience,
            pages_of,
            services.menu,
            partial(_stored_thread, store),
            services.attachments,
        )
        room = Room(
            store=store,
            conversation=conversation,
            offer=Offer(services.menu, Preferences(services.database)),
            starters=partial(_starters, services),
            sign_in=self._sign_in,
            check_password=self._check_password,
            is_known=self._is_known,
        )
        enter(room)
        sign_in_by(room)
        shares = Shares(services.database, auth_secret(self._settings.data_dir, self._settings.auth_secret))
        threads = SharedThreads(shares, services.trail, services.hub)
        self._share_page = share_page = SharePage(threads)
        is_owner = partial(_is_owner, store)
        app.router.routes[0:0] = [
            *turn_routes(
                Inquiries(services.turns, services.trail, services.menu, conversation), self._caller, self._closing
            ),
            *Sharing(shares, self._caller, is_owner).routes(),
            *source_routes(threads.source, self._caller, is_owner, FileTexts(services.library, services.attachments)),
            *attachment_routes(services.attachments, self._caller, is_owner),
            *share_page.routes(),
            *LibraryPage(services.library, self._settings.library_dir, self._caller).routes(),
        ]
        self._services = services

    def _local_user(self) -> LocalUser:
        return LocalUser(
            port=self._settings.port,
            cookie_name=_auth_cookie_name,
            is_signed_in=lambda cookies: _user_of_cookies(cookies) is not None,
            issue_token=lambda: create_jwt(local_user()),
            lifetime_seconds=config.project.user_session_timeout,
        )

    async def _caller(self, request: Request) -> str | None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), self._client_key.encode()):
            return LOCAL_USER
        return self._user_of(request.scope)

    def _user_of(self, scope: Scope) -> str | None:
        """Whose cookie it is; nobody's when the user has been taken out of the users file since."""
        user = _user_of_cookies(cookie_parser("; ".join(Headers(scope=scope).getlist("cookie"))))
        return user if user is not None and self._is_known(user) else None

    def _is_known(self, user: str) -> bool:
        return self._users is None or self._users.knows(user)

    async def _check_password(self, name: str, password: str) -> bool:
        return self._users is not None and await self._users.verify(name, password)

    async def _unready(self) -> str | None:
        if self._services is None:
            return "The server is starting or stopping."
        return await self._services.database.check()

    async def _running_threads(self, user: str) -> list[str]:
        return await self._services.trail.running_threads(user) if self._services else []

    def _mode(self) -> Mode | None:
        if self._settings.demo:
            return Mode("demo", say("mode.demo"))
        return Mode("excerpts", say("mode.excerpts")) if self._roles.is_excerpts else None


class _CallerKnown:
    """ASGI middleware: tells the store whose request it is working for."""

    def __init__(self, app: ASGIApp, user_of: Callable[[Scope], str | None]) -> None:
        self._app = app
        self._user_of = user_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            return await self._app(scope, receive, send)
        user = self._user_of(scope)
        if user is None:
            # A cookie that is nobody's is no cookie for what comes behind, either.
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}
        with calling_as(user):
            await self._app(scope, receive, send)


def _offer_uploads() -> None:
    """What the composer takes; the same is checked again when a file arrives."""
    offered = config.features.spontaneous_file_upload
    if offered is not None:
        offered.enabled = True
        offered.accept = {"application/x-document": sorted(FORMATS)}
        offered.max_files = MAX_FILES_PER_MESSAGE
        offered.max_size_mb = MAX_FILE_BYTES // 1_000_000


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=404)


def _user_of_cookies(cookies: Mapping[str, str]) -> str | None:
    token = get_token_from_cookies(dict(cookies))
    if not token:
        return None
    try:
        return decode_jwt(token).identifier
    except (PyJWTError, KeyError, TypeError):
        return None


async def _is_owner(store: ChatStore, user: str, thread_id: str) -> bool:
    return await store.get_thread_author(thread_id) == user


async def _stored_thread(store: ChatStore, thread_id: str) -> dict[str, Any] | None:
    return cast(dict[str, Any] | None, await store.get_thread(thread_id))


def _starters(services: Services) -> Sequence[StarterQuestion]:
    if not services.roles.is_excerpts:
        return about_the_world()
    if services.library.status().is_starter:
        return about_the_project()
    titles = [file.title for file in services.library.files() if file.state == "indexed" and file.title]
    return about_documents(titles)
