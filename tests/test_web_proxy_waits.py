"""A library that is slow, silent or without end, before clients that leave and a server that is told to stop.

Oracles: the contract in docs/serve.md and docs/libraries.md (a client that goes away frees its place; told to stop, the
server finishes its page and ends), and HTML's section 9.2.3: who follows events connects again when a stream ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

import httpx
import websockets
from web_library import BASIC, BOOK, Library
from web_listening import listening
from web_process import server
from web_proxied import proxied, run
from web_stubs import GatedPainter, is_red, until

KOMGA = f"/api/v1/books/{BOOK}/pages"
READER = {"Authorization": BASIC}


# Told to stop


@contextlib.asynccontextmanager
async def process(*words, **kwargs):
    """A server as a process before a library in this one, and a client of it."""
    library = Library()
    async with listening(library.app) as behind:
        with server("--proxy", behind, *words, stderr=subprocess.PIPE, **kwargs) as (process, url):
            async with httpx.AsyncClient(base_url=url, verify=False, timeout=40) as client:
                client.library, client.process = library, process
                yield client
            # Tell what it has written, and leave its end to whoever started it.
            process.stderr.close()


async def ended(process):
    """Wait for a process; return its status and what it wrote."""
    _, written = await asyncio.to_thread(process.communicate)
    return process.returncode, written


@pytest.mark.slow
def test_told_to_stop_it_ends_streams_of_events_and_still_answers_the_page_in_work():
    async def test():
        async with process(seconds=3) as client:
            hub = f"ws{str(client.base_url).removeprefix('http').rstrip('/')}/hubs/messages?access_token=jwt"
            async with websockets.connect(hub) as socket, client.stream("GET", "/sse/v1/events") as stream:
                pieces = stream.aiter_raw()
                await anext(pieces)
                assert await socket.recv() == ""
                page = asyncio.create_task(client.get(f"{KOMGA}/1", headers=READER))
                await until(lambda: f"{KOMGA}/1" in client.library.targets())
                await asyncio.sleep(0.5)  # it is in work
                client.process.send_signal(signal.SIGTERM)
                # Ends as answers do: one that was cut off raises.
                assert [piece async for piece in pieces] == []
                assert not page.done()
                with pytest.raises(websockets.ConnectionClosed):
                    await asyncio.wait_for(socket.recv(), 5)
            await asyncio.wait_for(client.library.left.wait(), 5)
            assert is_red((await page).content)
            status, written = await asyncio.wait_for(ended(client.process), 20)
            assert (status, "Traceback" in written) == (0, False), written

    run(test())


@pytest.mark.slow
def test_told_to_stop_it_waits_a_moment_only_for_a_library_that_does_not_answer():
    async def test():
        async with process() as client:
            asked = [asyncio.create_task(client.get("/hang")), asyncio.create_task(client.post("/hang", content=b"x"))]
            asked.append(asyncio.create_task(client.get("/api/v1/books/hang/pages/1", headers=READER)))
            await until(lambda: client.library.hanging == 3)
            client.process.send_signal(signal.SIGTERM)
            for answer in await asyncio.gather(*asked):
                assert (answer.status_code, "about to stop" in answer.text) == (503, True)
                assert answer.headers["retry-after"]
            status, written = await asyncio.wait_for(ended(client.process), 20)
            assert (status, "Traceback" in written) == (0, False), written

    run(test())


# Clients that leave


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/hang"), ("POST", "/hang"), ("GET", "/api/v1/books/hang/pages/1"),
        ("GET", "/api/v1/books/half/pages/1"),
    ],
)  # fmt: skip
def test_the_library_hears_of_clients_that_have_left_before_it_answers(method, path):
    """As RFC 9110, 9.2.2, has it for whoever gives a request up: connection and work end with it."""

    async def test():
        async with proxied() as client:
            content = b"x" * 1000 if method == "POST" else None
            for _ in range(2):
                asked = [asyncio.create_task(client.request(method, path, content=content)) for _ in range(20)]
                await until(lambda: client.library.hanging == 20)
                for one in asked:
                    one.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
                await until(lambda: client.library.hanging == 0)
            assert is_red((await client.get(f"{KOMGA}/1", headers=READER)).content)

    run(test())


def test_the_library_hears_of_clients_that_have_left_while_it_is_asked_for_labels():
    async def test():
        async with proxied(only=("manga",)) as client:
            asked = asyncio.create_task(client.get("/api/v1/books/hanging/pages/1", headers=READER))
            await until(lambda: client.library.hanging == 1)
            asked.cancel()
            await until(lambda: client.library.hanging == 0)

    run(test())


def test_a_page_is_given_up_when_the_library_does_not_answer_for_long(monkeypatch):
    monkeypatch.setattr("mangacolor.web.library_server.ANSWER_SECONDS", 0.2)

    async def test():
        async with proxied() as client:
            for book in ("hang", "half"):
                answer = await client.get(f"/api/v1/books/{book}/pages/1", headers=READER)
                assert answer.status_code == (504 if book == "hang" else 502)
                assert client.behind in answer.json()["error"]
            await until(lambda: client.library.hanging == 0)
            # What is no page may be answered when something happens.
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/hang", timeout=1)

    run(test())


def test_clients_that_leave_are_no_bugs(caplog):
    """The log's own words: what it calls a bug is to be reported. 499 is the status of whoever did not wait."""

    async def test():
        painter = GatedPainter(is_open=False)
        async with proxied(painter=painter) as client:

            async def half():
                yield b"x" * 1000
                await asyncio.sleep(60)

            asked = [asyncio.create_task(client.get(f"{KOMGA}/1", headers=READER)),
                     asyncio.create_task(client.get("/hang")),
                     asyncio.create_task(client.post("/upload", content=half()))]  # fmt: skip
            await until(lambda: painter.begun.is_set() and client.library.hanging and "/upload" in targets(client))
            for one in asked:
                one.cancel()
            await until(lambda: len(lines()) == 3)
            painter.gate.set()

    def targets(client):
        return client.library.targets("POST")

    def lines():
        return [one.getMessage() for one in caplog.records if one.name == "mangacolor.web.requests"]

    with caplog.at_level("INFO"):
        run(test())
    assert [" 499 " in line for line in lines()] == [True] * 3, lines()
    worse = [one for one in caplog.records if one.levelname in ("WARNING", "ERROR", "CRITICAL")]
    assert [one.getMessage() for one in worse if one.name.startswith("mangacolor") or one.exc_info] == []
