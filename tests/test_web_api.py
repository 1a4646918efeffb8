"""The server's own API: pages with hints and options, books with progress.

Oracle: the description that the server gives of itself (OpenAPI 3.1), the WHATWG rules for server-sent events, and the
contracts in docs/serve.md and docs/studio.md.
"""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image, ImageChops
from web_stubs import GatedPainter, is_red, page_bytes, served, until

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web.api import api_services
from mangacolor.web.services import Service
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.openapi import studio_paths
from mangacolor.web.studio.requests import PREFIX
from mangacolor.web.studio.routes import studio_services
from mangacolor.web.studio.studio import Studio

HINTS = '[{"x": 5, "y": 6, "color": "#d03030"}]'


def run(test):
    """Run a coroutine to its end; torch is loaded on the way."""
    return asyncio.run(asyncio.wait_for(test, 120))


class Noting(GatedPainter):
    """Remembers the hints."""

    def colorize_page(self, page, hints=()):
        self.hints = hints
        return super().colorize_page(page, hints)


def book(*numbers):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in numbers:
            archive.writestr(f"{number}.png", page_bytes(number))
        archive.writestr("notes.txt", "kept")
    return buffer.getvalue()


def events(text):
    """Take a stream apart as the WHATWG rules have it: blocks of `name: value`, comments left out."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


# Pages


def test_a_page_with_hints_and_options_as_a_form_or_as_it_is():
    async def test():
        async with served((api_services,), Noting()) as client:
            data = {"hints": HINTS, "format": "webp", "quality": "80"}
            form = await client.post("/api/v1/colorize", files={"page": ("a.png", page_bytes(1))}, data=data)
            assert form.status_code == 200
            assert Image.open(io.BytesIO(form.content)).format == "WEBP"
            assert (form.headers["mangacolor-outcome"], form.headers["content-type"]) == ("colored", "image/webp")
            (hint,) = client.painter.hints
            assert (hint.x, hint.y, hint.rgb) == (5, 6, (0xD0, 0x30, 0x30))
            plain = await client.post(
                "/api/v1/colorize", content=page_bytes(1), params=data, headers={"content-type": "image/png"}
            )
            assert plain.content == form.content
            kept = await client.post("/api/v1/colorize", content=page_bytes(1), headers={"content-type": "image/png"})
            assert (kept.headers["content-type"], is_red(kept.content)) == ("image/png", True)

    run(test())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "gif"}, "format"), ({"quality": "0"}, "quality"), ({"quality": "high"}, "quality"),
        ({"hints": "{"}, "JSON"), ({"hints": "[1]"}, "hint 1"), ({"hints": "[" * 5000}, "JSON"),
        ({"series": "x"}, "series"), ({"quality": "²"}, "quality"), ({"layers": "xcf"}, "layers"),
        ({"seed": "1"}, "seed"), ({"quality": "1" * 5000}, "quality"), ({"quality": "\u0665\u0660"}, "quality"),
    ],
)  # fmt: skip
def test_options_that_are_none_are_told(options, said):
    async def test():
        async with served((api_services,)) as client:
            answer = await client.post("/api/v1/colorize", files={"page": page_bytes(1)}, data=options)
            assert answer.status_code == 422
            assert said in answer.json()["error"]
            assert client.painter.painted == 0

    run(test())


@pytest.mark.slow
def test_a_page_in_layers_is_the_page_that_comes_without(tiny_weights, installed_separator, tmp_path):
    """OpenRaster 0.0.5 (https://www.openraster.org): a ZIP whose first entry, stored, is `mimetype`; `stack.xml` names
    the layers, `mergedimage.png` is the whole."""
    from mangacolor import Colorizer

    painter = Colorizer(tiny_weights, separator=installed_separator, force=True)
    drawn = np.full((240, 200), 255, np.uint8)
    drawn[30:200, 30:170] = 160
    drawn[30:200, 28:32] = drawn[30:34, 30:170] = 0
    data = io.BytesIO()
    Image.fromarray(drawn).save(data, "PNG")

    async def test():
        async with served((api_services,), painter, cache=PageCache(tmp_path, 1 << 24)) as client:

            async def ask(**options):
                return await client.post("/api/v1/colorize", files={"page": data.getvalue()}, data=options)

            plain, layers, again = await ask(), await ask(layers="ora"), await ask(layers="ora", format="webp")
            assert layers.headers["content-type"] == again.headers["content-type"] == "image/openraster"
            assert layers.content == again.content
            assert again.headers["mangacolor-outcome"] == "colored cached"
            with zipfile.ZipFile(io.BytesIO(layers.content)) as archive:
                first = archive.infolist()[0]
                assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
                names = [one.get("name") for one in ElementTree.fromstring(archive.read("stack.xml")).iter("layer")]
                assert (names[0], names[-1]) == ("ink", "paper")
                whole = Image.open(io.BytesIO(archive.read("mergedimage.png"))).convert("RGB")
            page = Image.open(io.BytesIO(plain.content)).convert("RGB")
            assert ImageChops.difference(whole, page).getextrema() == ((0, 0),) * 3
            hinted = await ask(layers="ora", hints=HINTS)
            assert hinted.headers["content-type"] == "image/openraster"
            assert hinted.content != layers.content

    run(test())


def test_what_goes_wrong_has_its_own_status():
    class Broken(GatedPainter):
        def colorize_page(self, page, hints=()):
            if page.rgb[0, 0, 0] == 7:
                raise MemoryError
            if page.rgb[0, 0, 0] == 8:
                raise RuntimeError("/secret/path")
            return super().colorize_page(page, hints)

    async def test():
        painter = Broken(is_open=False)
        async with served((api_services,), painter, settings=ServeSettings(queue_pages=1, wait_seconds=0.3)) as client:

            async def send(data):
                return await client.post("/api/v1/colorize", files={"page": data})

            assert (await send(b"no picture")).status_code == 422
            assert (await send(b"")).status_code == 422
            assert (await client.get("/api/v1/colorize")).status_code == 405
            assert (await client.get("/api/v1/nothing")).status_code == 404
            slow = asyncio.create_task(send(page_bytes(1)))
            await until(lambda: painter.begun.is_set())
            waits = asyncio.create_task(send(page_bytes(2)))
            await until(lambda: client.engine.waiting == 1)
            full = await send(page_bytes(3))
            assert full.status_code == 503
            assert int(full.headers["retry-after"]) >= 1
            assert (await slow).status_code == (await waits).status_code == 504
            painter.gate.set()
            assert "memory" in (await send(page_bytes(7))).json()["error"]
            broken = await send(page_bytes(8))
            assert broken.status_code == 500
            assert "secret" not in broken.text
            assert (await send(page_bytes(9))).status_code == 200

    run(test())


# Books


def test_a_book_comes_back_coloured_and_its_pages_are_told_as_they_are_done():
    async def test():
        async with served((api_services,)) as client:
            taken = await client.post("/api/v1/books", content=book(1, 2, 3), params={"format": "webp"})
            assert taken.status_code == 202
            where = taken.headers["location"]
            told = events((await client.get(f"{where}/events")).text)
            assert [name.partition("-")[2] for name, *_ in told] == [str(number) for number in range(len(told))]
            pages = [data for _, _, data in told if "page" in data]
            assert [(one["page"], one["status"], one["pages"]) for one in pages] == [
                (f"{number}.png", "colored", 3) for number in (1, 2, 3)
            ]
            assert (told[-1][1], told[-1][2]["done"]) == ("done", 3)
            again = await client.get(f"{where}/events", headers={"last-event-id": told[-2][0]})
            assert events(again.text) == told[-1:]
            for name in ("of another run-3", told[0][0] + "0" * 5000):  # no event of this run is called so
                other = await client.get(f"{where}/events", headers={"last-event-id": name})
                assert events(other.text) == told
            assert (await client.get(where)).json()["state"] == "done"
            result = await client.get(f"{where}/result")
            assert "coloured.cbz" in result.headers["content-disposition"]
            with zipfile.ZipFile(io.BytesIO(result.content)) as archive:
                assert archive.namelist() == ["1.webp", "2.webp", "3.webp", "notes.txt"]
                assert is_red(archive.read("2.webp"))
            assert (await client.delete(where)).status_code == 204
            assert (await client.get(where)).status_code == 404

    run(test())


def test_pages_that_are_asked_for_do_not_wait_for_books():
    async def test():
        painter = GatedPainter(is_open=False)
        async with served((api_services,), painter) as client:

            def ask(number):
                return asyncio.create_task(client.post("/api/v1/colorize", files={"page": page_bytes(number)}))

            asked = [ask(8)]
            await until(lambda: painter.begun.is_set())
            where = (await client.post("/api/v1/books", content=book(1, 2, 3))).headers["location"]
            await until(lambda: client.engine.waiting == 1, 60)
            assert (await client.get(f"{where}/result")).status_code == 425
            asked.append(ask(9))
            await until(lambda: client.engine.waiting == 2)
            painter.gate.set()
            await asyncio.gather(*asked)
            await client.get(f"{where}/events")
        assert painter.order == [8, 9, 1, 2, 3]

    run(test())


def test_a_book_in_work_keeps_no_thread_from_pages():
    async def test():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        painter = GatedPainter(is_open=False)
        async with served((api_services,), painter) as client:
            where = (await client.post("/api/v1/books", content=book(1))).headers["location"]
            await until(painter.begun.is_set, 60)
            asked = asyncio.create_task(client.post("/api/v1/colorize", files={"page": page_bytes(9)}))
            try:
                await until(lambda: client.engine.waiting == 1)
            finally:
                painter.gate.set()
            assert (await asked).status_code == 200
            assert events((await client.get(f"{where}/events")).text)[-1][1] == "done"

    run(test())


def test_a_book_that_waits_while_others_fill_the_queue_is_coloured_after_them():
    """Contract of docs/serve.md: a book that was taken is coloured; 503 is for pages that are asked for."""

    async def test():
        painter = GatedPainter(is_open=False)
        async with served((api_services,), painter, settings=ServeSettings(queue_pages=1)) as client:
            others = [asyncio.create_task(client.engine.run(lambda _: painter.gate.wait(20)))]
            await until(lambda: client.engine.is_at_work)
            others.append(asyncio.create_task(client.engine.run(lambda _: None)))
            await until(lambda: client.engine.waiting == 1)
            where = (await client.post("/api/v1/books", content=book(1, 2))).headers["location"]
            while not (await client.get(where)).json()["pages"]:
                await asyncio.sleep(0.01)
            await until(lambda: client.engine.waiting == 2)
            painter.gate.set()
            await asyncio.gather(*others)
            assert events((await client.get(f"{where}/events")).text)[-1][1] == "done"
            assert painter.order == [1, 2]

    run(test())


def test_a_book_that_is_none_and_one_that_is_given_up():
    async def test():
        painter = GatedPainter(is_open=False)
        async with served((api_services,), painter) as client:
            assert (await client.post("/api/v1/books", content=b"")).status_code == 422
            assert (await client.post("/api/v1/books", content=b"x", params={"format": "gif"})).status_code == 422
            where = (await client.post("/api/v1/books", content=b"no book")).headers["location"]
            told = events((await client.get(f"{where}/events")).text)
            assert told[-1][1] == "failed"
            job = (await client.get(where)).json()
            assert job["error"] == "The book cannot be read as a book.\nSend a CBZ, PDF, EPUB or the like."
            assert (await client.get(f"{where}/result")).status_code == 409
            first = (await client.post("/api/v1/books", content=book(1, 2))).headers["location"]
            second = (await client.post("/api/v1/books", content=book(3))).headers["location"]
            await until(lambda: painter.begun.is_set(), 60)
            follows = asyncio.create_task(client.get(f"{first}/events"))
            await asyncio.sleep(0.3)  # it listens before the book goes
            for where in (first, second):
                assert (await client.delete(where)).status_code == 204
            painter.gate.set()
            assert events((await follows).text)[-1][1] == "cancelled"
            assert (await client.get(second)).status_code == 404
            await until(lambda: not client.engine.is_at_work)
        assert painter.order == [1]

    run(test())


def test_the_log_names_a_book_as_its_sender_does(caplog):
    """Contract: the key is what the sender was told; where the server keeps the book is its own business."""

    async def test():
        async with served((api_services,)) as client:
            where = (await client.post("/api/v1/books", content=book(1))).headers["location"]
            await client.get(f"{where}/events")
            key = where.rpartition("/")[2]
            assert f"Book {key} is given back as .cbz." in caplog.messages
            assert not [line for line in caplog.messages if "/book is" in line]

    run(test())


def test_a_book_in_a_form_is_refused_with_advice():
    """RFC 9110, 15.5.16; what is between the parts of a form is no part of the book."""

    async def test():
        async with served((api_services,)) as client:
            answer = await client.post("/api/v1/books", files={"book": ("vol.cbz", book(1))})
            assert answer.status_code == 415
            assert "--data-binary" in answer.json()["error"]

    run(test())


def test_only_so_many_books_wait(monkeypatch):
    monkeypatch.setattr("mangacolor.web.book_jobs.BOOKS", 2)

    async def test():
        painter = GatedPainter(is_open=False)
        async with served((api_services,), painter) as client:
            for number in (1, 2):
                assert (await client.post("/api/v1/books", content=book(number))).status_code == 202
            refused = await client.post("/api/v1/books", content=book(3))
            assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
            painter.gate.set()

    run(test())


def test_a_book_for_which_there_is_no_room_is_told(monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def test():
        async with served((api_services,)) as client:
            monkeypatch.setattr("mangacolor.web.answers.os.fsync", full)
            answer = await client.post("/api/v1/books", content=book(1))
            assert (answer.status_code, "--cache" in answer.json()["error"]) == (500, True)

    run(test())


def test_services_are_closed_whatever_happens_to_others():
    closed = []

    def service(number):
        async def close():
            closed.append(number)
            if number == 1:
                raise RuntimeError("nobody thought of this")

        return lambda *_: Service([], paths=(), close=close)

    async def test():
        async with served([service(number) for number in (1, 2)]) as client:
            pass
        return client

    with pytest.raises(RuntimeError, match="nobody"):
        run(test())
    assert closed == [1, 2]


@pytest.mark.parametrize("key", ["..%2f..%2fetc", "%00", "x" * 3000, "..", "coloured"])
def test_no_path_of_a_request_reaches_the_disk(key):
    async def test():
        async with served((api_services,)) as client:
            for end in ("", "/events", "/result"):
                assert (await client.get(f"/api/v1/books/{key}{end}")).status_code == 404

    run(test())


def documented_routes(text):
    """The routes of docs/studio.md: methods without a path have the next one, endings follow the path before."""
    routes = set()
    for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE):
        methods, path = [], ""
        for said in re.findall(r"`([^`]+)`", row):
            method, _, named = said.rpartition(" ") if "/" in said else (said, "", "")
            if method:
                methods = [method] if path else [*methods, method]
            if named and not method:
                path = f"{path.rpartition('/')[0]}{named}"
            elif named:
                path = named.partition("?")[0].replace("ID", "{key}").replace("NAME", "{name}")
                path = path.replace("/N/", "/{number}/")
            routes |= {(path, one) for one in methods if path}
    return routes


def test_the_studios_documentation_names_every_route_and_no_other():
    text = (Path(__file__).parents[1] / "docs" / "studio.md").read_text(encoding="utf-8")
    there = {
        (path.removeprefix(PREFIX), method.upper())
        for path, methods in studio_paths().items()
        for method in methods
        if method != "parameters"
    }
    assert documented_routes(text.partition("## For programs")[2]) == there


def test_the_description_names_every_route_and_no_other(tmp_path):
    async def test():
        async with served((api_services,)) as client:
            told = (await client.get("/api/v1/openapi.json")).json()
            studio = Studio(client.engine, ServeSettings(), tmp_path)
            services = [*api_services(client.engine, ServeSettings()), *studio_services(studio)]
        assert told["openapi"].startswith("3.1")
        said = {
            (path.replace("{id}", "{key}"), method.upper())
            for path, methods in told["paths"].items()
            for method in methods
            if method != "parameters"
        }
        there = {
            (re.sub(":[a-z]+}", "}", route.path), method)
            for service in services
            for route in service.routes
            for method in route.methods - {"HEAD"}
            if not route.path.endswith("openapi.json") and route.path.startswith("/api")
        }
        assert said == there

    run(test())
