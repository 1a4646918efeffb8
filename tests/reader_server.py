"""The server over a library, in a thread beside a browser, with a painter that paints red and does what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import zipfile

from web_listening import listening
from web_stubs import GatedPainter, page_bytes

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.run import all_services
from mangacolor.web.settings import ServeSettings


class Fussy(GatedPainter):
    """Paints no page whose number is in `disliked`."""

    def __init__(self):
        super().__init__()
        self.disliked = set()

    def colorize_page(self, page, hints=()):
        if int(page.rgb[0, 0, 0]) in self.disliked:
            raise RuntimeError("disliked")
        return super().colorize_page(page, hints)


def make_book(path, numbers, *, wide=()):
    """A CBZ of grey pages by the numbers that they show; those in `wide` are as wide as two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for place, number in enumerate(numbers):
            size = (90, 60) if number in wide else (40, 60)
            archive.writestr(f"{place:03}.png", page_bytes(number, size=size))


def behind(path, app):
    """An application as a proxy serves it below a path of its own, of which it knows nothing."""

    async def passed_on(scope, receive, send):
        if scope["type"] == "http":
            assert scope["path"].startswith(f"{path}/"), "an address that leads out of the path"
            raw_path = scope["raw_path"].removeprefix(path.encode())
            scope = {**scope, "path": scope["path"].removeprefix(path), "raw_path": raw_path}
        await app(scope, receive, send)

    return passed_on


@contextlib.contextmanager
def reader_server(library, *, below="", cache=None, **settings):
    """Serve a library; yields its address, with what paints (`painter`) and counts (`engine`).

    Args:
        library: Folder of the books.
        below: Path of a proxy before the server.
        cache: Folder of coloured pages and books; None keeps none.
        settings: Of the server.
    """
    painter = Fussy()
    engine = Engine(lambda: painter, cache=None if cache is None else PageCache(cache, 1 << 26))
    words = ServeSettings(library=library, ahead=0, **settings)
    ready, done = threading.Event(), threading.Event()
    url = ""

    async def serve():
        nonlocal url
        app = build_app(engine, words, all_services(engine, words))
        async with listening(behind(below, app) if below else app) as address:
            url = address + below
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield _Server(url, painter, engine)
    finally:
        painter.gate.set()
        done.set()
        thread.join(30)
        assert not thread.is_alive()


class _Server:
    def __init__(self, url, painter, engine):
        self.url, self.painter, self.engine = url, painter, engine
