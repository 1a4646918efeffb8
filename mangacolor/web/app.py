"""The services behind one guard, as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from mangacolor import __version__
from mangacolor.errors import MangacolorError
from mangacolor.web.answers import ClientGoneError, error_answer
from mangacolor.web.guard import Guard
from mangacolor.web.metrics import prometheus_text
from mangacolor.web.requests_log import RequestsLog
from mangacolor.web.services import Service

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings


def build_app(engine: Engine, settings: ServeSettings, services: Sequence[Service]) -> Starlette:
    """Return the application; the engine works while it runs.

    Args:
        engine: Colours pages.
        settings: Who may ask for what.
        services: What is spoken, besides health and metrics; where paths meet, the first is asked.
    """
    everything = [health_service(engine), *services]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in reversed(everything):  # what is put on it first is done last
                if service.close is not None:
                    stack.push_async_callback(service.close)
            await engine.start()
            stack.push_async_callback(engine.stop)
            for service in everything:
                if service.open is not None:
                    await service.open()
            yield

    handlers = dict.fromkeys(
        (HTTPException, MangacolorError, MemoryError, ClientGoneError, ClientDisconnect, Exception), error_answer
    )
    app = Starlette(
        routes=[route for service in everything for route in service.routes],
        middleware=[
            Middleware(RequestsLog, metrics=engine.metrics),
            Middleware(Guard, settings=settings, services=everything),
        ],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    # The guard has taken token and series off the path, so that a redirect would lose them; it sees to slashes as well.
    app.router.redirect_slashes = False
    return app


def health_service(engine: Engine) -> Service:
    """Return what those ask who watch the server: whether it lives, and its numbers."""

    async def health(request: Request) -> Response:
        cache = engine.cache
        return JSONResponse(
            {
                "status": "stopping" if engine.is_stopping else "ok",
                "version": __version__,
                "waiting": engine.waiting,
                "at_work": engine.is_at_work,
                "cached_pages": len(cache) if cache else 0,
            },
            status_code=503 if engine.is_stopping else 200,
        )

    async def metrics(request: Request) -> Response:
        cache = engine.cache
        gauges = {
            "queue_pages": ("Pages that wait.", float(engine.waiting)),
            "at_work": ("Pages being coloured.", float(engine.is_at_work)),
            "cache_pages": ("Pages in the cache.", float(len(cache) if cache else 0)),
            "cache_bytes": ("Bytes in the cache.", float(cache.bytes if cache else 0)),
        }
        text = prometheus_text(engine.metrics, gauges)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    routes = [Route("/health", health), Route("/metrics", metrics)]
    return Service(routes, paths=("/health", "/metrics"))
