"""Books that were sent survive the server: stopped, killed, started twice.

Oracle: the contract in docs/serve.md; the painters of all runs together paint every page once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import json
import time
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

import httpx
from web_process import server
from web_stubs import GatedPainter, is_red, page_bytes, served, until

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web.api import api_services
from mangacolor.web.book_store import BookStore

PAGES = 4


def run(test):
    """Run a coroutine to its end; torch is loaded on the way."""
    return asyncio.run(asyncio.wait_for(test, 120))


def book(pages=PAGES, start=1):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(start, start + pages):
            archive.writestr(f"{number}.png", page_bytes(number))
    return buffer.getvalue()


def check(data, pages=PAGES, start=1):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [f"{number}.png" for number in range(start, start + pages)]
        assert all(is_red(archive.read(name)) for name in archive.namelist())


def states(text):
    return [json.loads(line[6:])["state"] for line in text.splitlines() if line.startswith("data: ")]


def names(text):
    return [line[4:] for line in text.splitlines() if line.startswith("id: ")]


def serving(folder, painter=None, **kwargs):
    return served([api_services], painter, cache=PageCache(folder, 1 << 24), **kwargs)


def test_a_server_that_is_stopped_goes_on_with_the_book_in_work_and_those_that_wait(tmp_path):
    async def test():
        first, second = GatedPainter(is_open=False), GatedPainter()
        async with serving(tmp_path, first) as client:
            where = [
                (await client.post("/api/v1/books", content=book(start=start))).headers["location"] for start in (1, 11)
            ]
            follows = [asyncio.create_task(client.get(f"{one}/events")) for one in where]
            await until(first.begun.is_set, 60)
            client.engine.drain()
            first.gate.set()
            told = [(await one).text for one in follows]
            assert [states(text)[-1] for text in told] == ["interrupted"] * 2
        async with serving(tmp_path, second) as client:
            for one, start, before in zip(where, (1, 11), told, strict=True):
                # A client that comes back with the name of the last event it had hears all of this run.
                heard = await client.get(f"{one}/events", headers={"last-event-id": names(before)[-1]})
                assert states(heard.text)[0] == "waiting" or start == 1
                assert states(heard.text)[-1] == "done"
                assert (await client.get(one)).json()["done"] == PAGES
                check((await client.get(f"{one}/result")).content, start=start)
        assert first.order + second.order == [1, 2, 3, 4, 11, 12, 13, 14]
        async with serving(tmp_path) as client:
            check((await client.get(f"{where[0]}/result")).content)
            assert states((await client.get(f"{where[0]}/events")).text) == ["done"]
            assert (await client.delete(where[0])).status_code == 204
            assert client.painter.painted == 0
        async with serving(tmp_path) as client:
            assert (await client.get(where[0])).status_code == 404
            assert (await client.get(where[1])).json()["state"] == "done"

    run(test())


def test_what_was_given_up_failed_or_cut_short_is_as_it_was(tmp_path):
    async def test():
        painter = GatedPainter(is_open=False)
        async with serving(tmp_path, painter) as client:
            first = (await client.post("/api/v1/books", content=book())).headers["location"]
            await until(painter.begun.is_set, 60)
            broken = (await client.post("/api/v1/books", content=b"no book")).headers["location"]
            await client.delete(first)
            painter.gate.set()
            await client.get(f"{broken}/events")
            cut = tmp_path / "sent" / ("x" * 22)
            cut.mkdir()
            (cut / "book").write_bytes(book())
            spoilt = tmp_path / "sent" / ("y" * 22)
            spoilt.mkdir()
            (spoilt / "job.json").write_text('{"state": ')
            (tmp_path / "sent" / "notes").mkdir()
        async with serving(tmp_path) as client:
            assert (await client.get(first)).status_code == 404
            job = (await client.get(broken)).json()
            assert (job["state"], job["error"].startswith("The book")) == ("failed", True)
            for one in (cut, spoilt):
                assert (await client.get(f"/api/v1/books/{one.name}")).status_code == 404
        left = {path.name for path in (tmp_path / "sent").iterdir()}
        assert left == {"notes", broken.rpartition("/")[2]}

    run(test())


def test_a_second_server_with_the_same_folder_leaves_the_books_of_the_first_alone(tmp_path):
    async def test():
        painter = GatedPainter(is_open=False)
        async with serving(tmp_path, painter) as one:
            where = (await one.post("/api/v1/books", content=book())).headers["location"]
            await until(painter.begun.is_set, 60)
            async with serving(tmp_path) as other:
                assert (await other.get(where)).status_code == 404
                own = (await other.post("/api/v1/books", content=book(1))).headers["location"]
                assert states((await other.get(f"{own}/events")).text)[-1] == "done"
            painter.gate.set()
            assert states((await one.get(f"{where}/events")).text)[-1] == "done"

    run(test())


def test_a_book_is_kept_for_a_day(tmp_path, monkeypatch):
    async def test():
        async with serving(tmp_path) as client:
            where = (await client.post("/api/v1/books", content=book(1))).headers["location"]
            await client.get(f"{where}/events")
        later = time.time() + 24 * 3600 + 1
        monkeypatch.setattr("mangacolor.web.book_jobs.time.time", lambda: later)
        async with serving(tmp_path) as client:
            assert (await client.get(where)).status_code == 404
        assert not list((tmp_path / "sent").iterdir())

    run(test())


@pytest.mark.slow
def test_killed_amid_a_book_the_next_server_goes_on_with_it(tmp_path):
    with server("--cache", tmp_path, seconds=0.4) as (process, url), httpx.Client(base_url=url, timeout=60) as client:
        where = client.post("/api/v1/books", content=book(8)).headers["location"]
        end = time.monotonic() + 60
        while client.get(where).json()["done"] < 3:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.kill()
        process.wait()
    with server("--cache", tmp_path) as (_, url), httpx.Client(base_url=url, timeout=60) as client:
        told = client.get(f"{where}/events").text
        assert states(told)[-1] == "done"
        check(client.get(f"{where}/result").content, 8)
        painted = client.get("/metrics").text.partition('mangacolor_pages_total{outcome="colored"} ')[2].split()[0]
        assert int(painted) <= 8 - 2, "what was on disk is not painted again"


@pytest.mark.parametrize("hidden", ["job.json", "book", "book_color.cbz"])
def test_a_book_that_cannot_be_looked_at_for_a_moment_is_there_the_next_time(tmp_path, monkeypatch, hidden, caplog):
    """Contract: a scanner, a backup or a share that hangs costs no book."""
    folder = tmp_path / ("k" * 22)
    folder.mkdir()
    said = {"format": "keep", "series": None, "state": "done", "pages": 1, "done": 1, "error": "", "sent": 1.0}
    (folder / "job.json").write_text(json.dumps({**said, "ended": 2.0, "output": "book_color.cbz"}))
    for name in ("book", "book_color.cbz"):
        (folder / name).write_bytes(book())

    def refused(real):
        def call(self, *args, **options):
            if self.name == hidden:
                raise PermissionError(errno.EACCES, "used by another process", str(self))
            return real(self, *args, **options)

        return call

    with contextlib.closing(BookStore(tmp_path)) as store:
        with monkeypatch.context() as patch:
            for name in ("read_bytes", "stat", "is_file"):
                patch.setattr(Path, name, refused(getattr(Path, name)))
            assert store.found() == []
        assert "used by another process" in caplog.text
        assert [one.key for one in store.found()] == [folder.name]
