"""The proxy before a library that is played, in the loop of the test."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
from web_library import Library
from web_listening import listening
from web_stubs import GatedPainter

from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.proxy import proxy_service
from mangacolor.web.settings import ServeSettings


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 50))


@contextlib.asynccontextmanager
async def proxied(library=None, painter=None, *, cache=None, **settings):
    """A client of the proxy before a library, both of which listen; it has `library`, `painter`, `engine`, `behind`."""
    library, painter = library or Library(), painter or GatedPainter()
    async with listening(library.app) as behind:
        settings = ServeSettings(proxy=behind, **{"ahead": 0, **settings})
        engine = Engine(lambda: painter, cache=cache, queue_pages=settings.queue_pages)
        app = build_app(engine, settings, [proxy_service(engine, settings)])
        # Of certificates, which take longer to read than an answer, plain HTTP has none.
        async with listening(app) as own, httpx.AsyncClient(base_url=own, verify=False) as client:
            client.library, client.painter, client.engine, client.behind = library, painter, engine, behind
            yield client
