"""What the tests of the server share: a painter that waits for a sign, pages, and a served application."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading

import httpx
import numpy as np
from PIL import Image
from stubs import Painter

from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.settings import ServeSettings


class GatedPainter(Painter):
    """Paints red, and each page only when the gate is open; remembers what it painted, by their first pixels."""

    def __init__(self, *, is_open=True, settings="red"):
        super().__init__(settings=settings)
        self.gate, self.begun, self.order, self.threads = threading.Event(), threading.Event(), [], set()
        if is_open:
            self.gate.set()

    def colorize_page(self, page, hints=()):
        self.order.append(int(page.rgb[0, 0, 0]))
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.gate.wait(20)
        return super().colorize_page(page, hints)


def page_bytes(number=0, *, size=(40, 60), format="PNG"):
    """A grey page that tells its number in its first pixels, and that no two numbers share."""
    pixels = np.full((size[1], size[0]), 200, np.uint8)
    pixels[:8, :8] = number
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, quality=95)
    return buffer.getvalue()


def is_red(data):
    return (
        Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 30))[0]
        > 150
        > 90
        > Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 30))[1]
    )


@contextlib.asynccontextmanager
async def working(engine):
    """An engine at work."""
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


@contextlib.asynccontextmanager
async def served(
    services, painter=None, *, settings=None, cache=None, series=None, base_url="http://127.0.0.1:8800", **kwargs
):
    """A client of the application in this process, and the engine behind it."""
    settings = settings or ServeSettings()
    painter = painter or GatedPainter()
    engine = Engine(
        lambda: painter, cache=cache, queue_pages=settings.queue_pages, max_pixels=settings.max_pixels, series=series
    )
    made = [make(engine, settings) for make in services]
    flat = [one for some in made for one in (some if isinstance(some, list) else [some])]
    app = build_app(engine, settings, flat)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    # What goes on when a server starts and stops, goes on here.
    life = app.router.lifespan_context(app)
    async with life, httpx.AsyncClient(transport=transport, base_url=base_url, **kwargs) as client:
        client.engine, client.painter = engine, painter
        yield client


async def until(condition, seconds=10.0):
    """Wait for something that another task or thread is about to do."""
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen")
