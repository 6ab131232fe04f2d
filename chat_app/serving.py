"""`research-chat serve`: everything is checked before the first request can come."""

import asyncio
import contextlib
import importlib
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from chat_app.data_directory import DataDirectory
from chat_app.errors import SettingsError
from chat_app.settings import PROJECT_DIR, Settings
from chat_app.web.exposure import sign_in_method
from chat_app.web.private_keys import auth_secret

_SHUTDOWN_SECONDS = 5
_MAX_FRAME_BYTES = 2_000_000
_TICK_SECONDS = 1.0
"""For the date that answers carry. uvicorn's own tick, ten a second, took a fifth of what an idle server took."""


def serve(settings: Settings) -> int:
    """Serve until a signal ends it. Raises SettingsError, with everything left as it was, if that cannot work."""
    sign_in = sign_in_method(settings, settings.has_oauth)
    directory = DataDirectory.hold(settings.data_dir, settings.address)
    listener = _bind(settings)
    # From here on it is likely to succeed: what takes seconds to import comes after what is refused at once.
    asyncio.run(importlib.import_module("chat_app.bootstrap").examine(settings))
    _set_chainlit_environment(settings)
    server_module = importlib.import_module("chat_app.server")
    site = server_module.Site(settings, directory, sign_in)
    config = uvicorn.Config(
        site.application(),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=False,
        ws_max_size=_MAX_FRAME_BYTES,
    )
    server = _Server(config, settings.address, site.end_streams)
    server.run(sockets=[listener])
    return 0 if server.started else 2


class _Server(uvicorn.Server):
    """Says where the page is as soon as it can be opened, and lets go of streams when it is to stop."""

    def __init__(self, config: uvicorn.Config, address: str, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._address = address
        self._end_streams = end_streams
        self._is_to_end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            print(f"Research Chat is at {self._address}", flush=True)

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self._is_to_end.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._is_to_end.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named: asyncio sets TCP_NODELAY only then, and without it a small frame waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except (OSError, OverflowError) as exc:
        listener.close()
        raise SettingsError(
            f"{settings.address} cannot be served ({exc.strerror if isinstance(exc, OSError) else exc}); "
            "stop what uses that port, or set PORT to another one."
        ) from exc
    return listener


def _set_chainlit_environment(settings: Settings) -> None:
    """What Chainlit reads at its import."""
    os.environ["CHAINLIT_APP_ROOT"] = str(PROJECT_DIR)
    os.environ["CHAINLIT_AUTH_SECRET"] = auth_secret(settings.data_dir, settings.auth_secret).get_secret_value()
    sys.path[:0] = [] if str(PROJECT_DIR) in sys.path else [str(PROJECT_DIR)]
