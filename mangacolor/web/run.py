"""The server as a process: opened, run until it is told to stop, and stopped without losing a page."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from mangacolor.web.api import api_services
from mangacolor.web.app import build_app
from mangacolor.web.extension import extension_service
from mangacolor.web.listening import listen
from mangacolor.web.root import root_service
from mangacolor.web.studio.owner import studio_held
from mangacolor.web.suwayomi import suwayomi_service
from mangacolor.web.translator import translator_service

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from mangacolor.web.engine import Engine
    from mangacolor.web.services import Service
    from mangacolor.web.settings import ServeSettings

FAREWELL_SECONDS = 60
"""How long a page in work, and whatever else is being answered, may take after the server was told to stop."""

CONNECTIONS = 512
"""More at a time are answered with 503; those who wait for pages are far fewer."""


def all_services(engine: Engine, settings: ServeSettings) -> list[Service]:
    """Return everything that the server speaks; a library behind it has `/` and `/api`."""
    services = [
        suwayomi_service(engine, settings),
        extension_service(engine, settings),
        translator_service(engine, settings),
    ]
    if settings.library is not None:
        from mangacolor.web.catalog import catalog_service
        from mangacolor.web.reader.routes import reader_service

        services += [catalog_service(engine, settings, settings.library), reader_service()]
    if settings.proxy:
        from mangacolor.web.proxy import proxy_service

        return [*services, proxy_service(engine, settings)]
    has_library = settings.library is not None
    if settings.studio is None:
        return [root_service(has_library=has_library), *services, *api_services(engine, settings)]
    from mangacolor.web.studio.routes import studio_index, studio_services
    from mangacolor.web.studio.studio import Studio

    studio = studio_services(Studio(engine, settings, settings.studio))
    index = partial(studio_index, has_library=has_library)
    return [root_service(index, has_library=has_library), *services, *studio, *api_services(engine, settings)]


def serve(engine: Engine, settings: ServeSettings, *, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; runs in the main thread.

    Args:
        engine: Colours pages; not started.
        settings: Where and for whom.
        on_ready: Called with the address as soon as requests are taken.

    Raises:
        UsageError: The address is taken, or none of this machine's; or another server has the studio's folder.
        CannotWriteError: The studio's folder cannot be written to.
    """
    with ExitStack() as stack:
        lock = None
        if settings.studio is not None and not settings.proxy:
            lock = stack.enter_context(studio_held(settings.studio))
        listeners = listen(settings.host, settings.port)
        for listener in listeners:
            stack.enter_context(listener)
        host, port = listeners[0].getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        if lock is not None:
            lock.note(f", at {url}")
        services = all_services(engine, settings)
        app = build_app(engine, settings, services)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=FAREWELL_SECONDS, h11_max_incomplete_event_size=64 << 10,
        )  # fmt: skip
        farewells = [engine.drain, *(one.farewell for one in services if one.farewell is not None)]
        server = _Server(config, farewells, lambda: on_ready(url))
        # When all is done, uvicorn sends the signal that ended it once more, for whoever was to hear of it before.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with suppress(KeyboardInterrupt):
                server.run(sockets=listeners)
        finally:
            signal.signal(signal.SIGTERM, before)


class _Server(uvicorn.Server):
    """Tells when it is ready, and says farewell to who waits as soon as it is told to stop."""

    def __init__(
        self, config: uvicorn.Config, farewells: Sequence[Callable[[], None]], on_ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._farewells, self._on_ready = farewells, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests."""
        self._loop = asyncio.get_running_loop()  # before the services open, in which it may be told to stop, too
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop taking pages, and stop when those in work are done; at once when told a second time."""
        super().handle_exit(sig, frame)
        for farewell in self._farewells:
            self._loop.call_soon_threadsafe(farewell)
