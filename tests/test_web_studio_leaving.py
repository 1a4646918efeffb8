"""Pages of the studio whose client goes away before they are in colour."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")

import httpx
from studio_stubs import begin, book, run
from web_listening import listening
from web_stubs import GatedPainter, until

from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.routes import studio_services
from mangacolor.web.studio.studio import Studio


@contextlib.asynccontextmanager
async def listening_studio(folder, painter):
    """A client that can leave: of a studio at a port, with its engine."""
    settings = ServeSettings()
    engine = Engine(lambda: painter)
    app = build_app(engine, settings, studio_services(Studio(engine, settings, folder)))
    async with listening(app) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        client.engine = engine
        yield client


async def leave(asked):
    """Close the connection of a request."""
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)


def test_a_page_turned_away_from_leaves_the_queue(tmp_path):
    """Oracle: the engine's counts, with a first piece of work that holds up all others."""

    async def test():
        async with listening_studio(tmp_path / "studio", GatedPainter()) as client:
            gate = threading.Event()
            where = await begin(client, book(0, 1))
            held = asyncio.create_task(client.engine.run(lambda _: gate.wait(20)))
            await until(lambda: client.engine.is_at_work)
            asked = asyncio.create_task(client.get(f"{where}/pages/0/colored"))
            await until(lambda: client.engine.waiting == 1)
            await leave(asked)
            await until(lambda: client.engine.waiting == 0)
            assert client.engine.metrics.left == 1
            gate.set()
            assert await held

    run(test())


@pytest.mark.slow
def test_a_page_in_work_when_its_client_leaves_is_kept_for_whoever_comes_back(tmp_path, seeing_colorizer, monkeypatch):
    """Oracle: how often the page is looked at."""
    gate, looked = threading.Event(), []
    outcome_of = type(seeing_colorizer).outcome_of

    def slow(colorizer, rgb):
        looked.append(1)
        assert gate.wait(20)
        return outcome_of(colorizer, rgb)

    async def test():
        async with listening_studio(tmp_path / "studio", seeing_colorizer) as client:
            where = f"{await begin(client)}/pages/0"
            asked = asyncio.create_task(client.get(f"{where}/colored"))
            await until(lambda: looked)
            await leave(asked)
            await asyncio.sleep(0.3)  # until the server has seen it
            gate.set()
            await until(lambda: not client.engine.is_at_work, 60)
            assert (await client.get(f"{where}/colored")).status_code == 200
            assert len(looked) == 1

    monkeypatch.setattr(type(seeing_colorizer), "outcome_of", slow)
    run(test())
