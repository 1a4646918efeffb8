"""A book of the catalogue: pages as they came, covers in colour, and how far a coloured book is.

Oracles: the pixels (a page in colour is red), what the painter was given, what was read of the library, the file itself
for a page as it came, RFC 9110 for ETags, and RFC 7240 for `Prefer`.
"""

from __future__ import annotations

import asyncio
import io
import os
import zipfile

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from web_stubs import GatedPainter, is_red, page_bytes, served, until

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web import shelf
from mangacolor.web.catalog import catalog_service
from mangacolor.web.followed import SeriesShelf
from mangacolor.web.settings import ServeSettings

BOOK = f"/catalog/books/{shelf.key_of('Loose.cbz')}"
ALONE = ServeSettings(ahead=0)


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


def make_book(path, numbers, *, size=(40, 60), format="PNG"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for place, number in enumerate(numbers):
            archive.writestr(f"{place:03}.{format.lower()}", page_bytes(number, size=size, format=format))


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "LOOK_SECONDS", 0.0)
    folder = tmp_path / "library"
    make_book(folder / "Loose.cbz", (1, 2, 3))
    return folder


@pytest.fixture
def cache(tmp_path):
    return PageCache(tmp_path / "cache", 1 << 24)


def services_of(library):
    return [lambda engine, settings: catalog_service(engine, settings, library)]


@pytest.fixture
def reads(monkeypatch):
    """The pages that were read of the library, by number."""
    numbers, read = [], shelf.Shelf.page

    def counting(self, book, number):
        numbers.append(number)
        return read(self, book, number)

    monkeypatch.setattr(shelf.Shelf, "page", counting)
    return numbers


# Pages as they came


def test_a_page_comes_as_it_is_in_the_width_that_is_wanted_and_nothing_is_coloured(library, cache):
    async def test():
        make_book(library / "Wide.cbz", (7,), size=(300, 200), format="JPEG")
        wide = f"/catalog/books/{shelf.key_of('Wide.cbz')}/pages/0"
        async with served(services_of(library), cache=cache) as client:
            answer = await client.get(f"{BOOK}/pages/0?width=1280&original=1")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
            assert answer.headers["mangacolor-outcome"] == "original"
            shown = Image.open(io.BytesIO(answer.content))
            assert shown.size == (40, 60)
            assert abs(shown.convert("L").getpixel((20, 30)) - 200) <= 2
            narrow = await client.get(f"{wide}?width=150&original=1")
            assert Image.open(io.BytesIO(narrow.content)).size == (150, 100)
            whole = await client.get(f"{wide}?original=1")
            assert whole.content == page_bytes(7, size=(300, 200), format="JPEG"), "byte for byte"
            assert (client.painter.order, client.engine.waiting, client.engine.metrics.foreseen) == ([], 0, 0)
            assert len(cache) == 0
            assert is_red((await client.get(f"{BOOK}/pages/0?width=1280")).content)
            assert is_red((await client.get(f"{BOOK}/pages/0?width=1280&original=0")).content)

    run(test())


def test_a_page_as_it_came_is_kept_by_whoever_has_it_and_told_from_the_coloured_one(library):
    """RFC 9110, 8.8.3 and 13.1.2."""

    async def test():
        async with served(services_of(library), settings=ALONE) as client:
            plain, coloured = await client.get(f"{BOOK}/pages/1?original=1"), await client.get(f"{BOOK}/pages/1")
            assert plain.headers["etag"] != coloured.headers["etag"]
            assert plain.headers["cache-control"] == coloured.headers["cache-control"] == "private, no-cache"
            for tag, status in ((plain.headers["etag"], 304), (coloured.headers["etag"], 200)):
                again = await client.get(f"{BOOK}/pages/1?original=1", headers={"If-None-Match": tag})
                assert (again.status_code, bool(again.content)) == (status, status == 200)

    run(test())


def test_a_page_as_it_came_is_for_those_who_may_see_the_coloured_one(library):
    async def test():
        async with served(services_of(library), settings=ServeSettings(token="secret")) as client:
            assert (await client.get(f"{BOOK}/pages/0?original=1")).status_code == 401
            assert (await client.get(f"/token/secret{BOOK}/pages/0?original=1")).status_code == 200
            cross = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
            assert (await client.get(f"/token/secret{BOOK}/pages/0?original=1", headers=cross)).status_code == 403
            for number in ("3", "-1", "x", "9" * 5000):
                assert (await client.get(f"/token/secret{BOOK}/pages/{number}?original=1")).status_code == 404

    run(test())


def test_a_page_that_cannot_be_read_says_so_as_it_came_too(library):
    async def test():
        with zipfile.ZipFile(library / "Loose.cbz", "w") as archive:
            archive.writestr("1.jpg", "hello")
        async with served(services_of(library)) as client:
            answer = await client.get(f"{BOOK}/pages/0?original=1")
            assert answer.headers["mangacolor-outcome"] == "failed"
            assert answer.headers["cache-control"] == "no-store"
            assert Image.open(io.BytesIO(answer.content)).size == (640, 960)

    run(test())


# Covers


def test_a_cover_is_in_colour_once_its_page_is_and_colours_nothing_itself(library, cache, reads):
    async def test():
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            plain = await client.get(f"{BOOK}/cover")
            assert not is_red(plain.content)
            assert client.painter.order == []
            await client.get(f"{BOOK}/pages/1")
            assert (await client.get(f"{BOOK}/cover")).headers["etag"] == plain.headers["etag"], "of the first page"
            await client.get(f"{BOOK}/pages/0")
            del reads[:]
            known = {"If-None-Match": plain.headers["etag"]}
            coloured = await client.get(f"{BOOK}/cover", headers=known)
            assert coloured.status_code == 200
            assert is_red(coloured.content)
            assert coloured.headers["mangacolor-outcome"] == "cover colored"
            again = await client.get(f"{BOOK}/cover", headers={"If-None-Match": coloured.headers["etag"]})
            assert again.status_code == 304
            assert reads == [], "the library's disk is left alone"
            assert client.painter.order == [2, 1]

    run(test())


def test_a_cover_that_nobody_asked_for_before_is_in_colour_without_another_look_at_the_library(library, cache, reads):
    async def test():
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            await client.get(f"{BOOK}/pages/0")
            del reads[:]
            assert is_red((await client.get(f"{BOOK}/cover")).content)
            assert reads == []
        async with served(services_of(library), settings=ALONE, cache=cache) as client:  # after a restart
            assert is_red((await client.get(f"{BOOK}/cover")).content)
            assert reads == [0], "once, as for any cover"
            assert client.painter.order == []

    run(test())


def test_a_cover_is_in_colour_of_a_book_that_was_made_to_be_taken_away(library, cache):
    """Its pages are kept in their own format, not as readers get them."""

    async def test():
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            assert (await client.get(f"{BOOK}/coloured")).status_code == 200
            assert is_red((await client.get(f"{BOOK}/cover")).content)

    run(test())


def test_a_cover_has_the_colours_of_the_settings_that_are_in_force(library, cache):
    async def test():
        async with served(services_of(library), GatedPainter(settings="other"), settings=ALONE, cache=cache) as client:
            await client.get(f"{BOOK}/pages/0")
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            assert not is_red((await client.get(f"{BOOK}/cover")).content)

    run(test())


def test_a_cover_has_the_colours_of_its_series(library, cache, tmp_path):
    async def test():
        for name in ("rin", "kai"):
            (tmp_path / f"{name}.series").mkdir()
            colours = f'format = 1\n[character.{name}]\nhair = "#8a5a34"\n'
            (tmp_path / f"{name}.series" / "series.toml").write_text(colours)
        series = SeriesShelf(folder=tmp_path, follow=lambda colorizer, series: colorizer)
        async with served(services_of(library), settings=ALONE, cache=cache, series=series) as client:
            await client.get(f"/as/rin{BOOK}/pages/0")
            for path, wanted in ((f"/as/rin{BOOK}", True), (f"/as/kai{BOOK}", False), (BOOK, False)):
                answer = await client.get(f"{path}/cover")
                assert (answer.status_code, is_red(answer.content)) == (200, wanted), path
            answer = await client.get(f"/as/nobody{BOOK}/cover")
            assert (answer.status_code, is_red(answer.content)) == (200, False)

    run(test())


def test_a_cover_is_of_the_book_as_it_is_now(library, cache):
    async def test():
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            await client.get(f"{BOOK}/pages/0")
            assert is_red((await client.get(f"{BOOK}/cover")).content)
            make_book(library / "Loose.cbz", (9, 2, 3))
            os.utime(library / "Loose.cbz", (4e9, 4e9))
            assert not is_red((await client.get(f"{BOOK}/cover")).content)

    run(test())


def test_a_cover_whose_coloured_page_has_made_room_or_is_damaged_is_as_it_came(library, cache):
    async def test():
        async with served(services_of(library), settings=ALONE, cache=cache) as client:
            await client.get(f"{BOOK}/pages/0")
            (page,) = cache.folder.glob("?" * 64)
            whole = page.read_bytes()
            for damaged in (b"", b"unchanged", whole[:100]):
                page.write_bytes(damaged)
                answer = await client.get(f"{BOOK}/cover")
                assert (answer.status_code, is_red(answer.content)) == (200, False)
            page.write_bytes(whole)
            assert is_red((await client.get(f"{BOOK}/cover")).content)
            page.unlink()
            assert not is_red((await client.get(f"{BOOK}/cover")).content)
        async with served(services_of(library), settings=ALONE) as client:  # --cache-mb 0
            await client.get(f"{BOOK}/pages/0")
            assert not is_red((await client.get(f"{BOOK}/cover")).content)

    run(test())


# Coloured books


ASYNC = {"Prefer": "respond-async"}


def test_whoever_prefers_not_to_wait_is_told_how_far_the_book_is(library, cache):
    """RFC 7240, 4.1: 202 and `Preference-Applied`; asking how far it is begins nothing."""

    async def test():
        painter = GatedPainter(is_open=False)
        make_book(library / "Other.cbz", (11, 12))
        other = BOOK.replace(shelf.key_of("Loose.cbz"), shelf.key_of("Other.cbz"))
        async with served(services_of(library), painter, cache=cache) as client:

            async def state(book=BOOK):
                answer = await client.get(f"{book}/coloured/progress")
                assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
                return answer.json()

            assert await state() == {"state": "none", "pages": 0, "done": 0, "error": ""}
            begun = await client.get(f"{BOOK}/coloured", headers=ASYNC)
            assert (begun.status_code, begun.headers["preference-applied"]) == (202, "respond-async")
            assert begun.json()["state"] == "waiting"
            await until(painter.begun.is_set)
            assert await state() == {"state": "making", "pages": 3, "done": 0, "error": ""}
            behind = await client.get(f"{other}/coloured", headers=ASYNC)
            assert (behind.status_code, behind.json()["state"]) == (202, "waiting")
            painter.gate.set()
            await until(lambda: len(list((cache.folder / "books").glob("*.cbz"))) == 2)
            while (await state())["state"] != "done":
                pass
            whole = await client.get(f"{BOOK}/coloured", headers=ASYNC)
            assert whole.status_code == 200
            assert len(zipfile.ZipFile(io.BytesIO(whole.content)).namelist()) == 3
            assert sorted(painter.order) == [1, 2, 3, 11, 12]

    run(test())


def test_why_a_book_was_not_made_is_told_until_it_is_tried_again(library, cache, monkeypatch):
    async def test():
        async with served(services_of(library), cache=cache) as client:
            (cache.folder / "books").write_bytes(b"no folder")
            assert (await client.get(f"{BOOK}/coloured", headers=ASYNC)).status_code == 202

            async def state():
                return (await client.get(f"{BOOK}/coloured/progress")).json()

            while (said := await state())["state"] in ("waiting", "making"):
                await asyncio.sleep(0.005)
            assert said["state"] == "failed"
            assert said["error"]
            assert str(library) not in said["error"]
            (cache.folder / "books").unlink()
            assert (await client.get(f"{BOOK}/coloured")).status_code == 200
            assert (await state())["state"] == "done"

    run(test())


def test_a_whole_book_says_that_a_page_of_it_was_not_coloured(library, cache):
    class Fussy(GatedPainter):
        def colorize_page(self, page, hints=()):
            if int(page.rgb[0, 0, 0]) == 2:
                raise RuntimeError("disliked")
            return super().colorize_page(page, hints)

    async def test():
        async with served(services_of(library), Fussy(), cache=cache) as client:
            whole = zipfile.ZipFile(io.BytesIO((await client.get(f"{BOOK}/coloured")).content))
            assert [is_red(whole.read(name)) for name in whole.namelist()] == [True, False, True]
            said = (await client.get(f"{BOOK}/coloured/progress")).json()
            assert said["state"] == "done"
            assert said["error"] == "001.png could not be coloured: RuntimeError: disliked."

    run(test())


def test_of_what_cannot_be_taken_away_nobody_is_told_how_far_it_is(library, cache):
    async def test():
        (library / "Pictures").mkdir()
        (library / "Pictures" / "1.png").write_bytes(page_bytes(1))
        pictures = f"/catalog/books/{shelf.key_of('Pictures')}"
        async with served(services_of(library), cache=cache) as client:
            for path in (pictures, BOOK.replace("/books/", "/books/x")):
                for what in ("coloured", "coloured/progress"):
                    assert (await client.get(f"{path}/{what}", headers=ASYNC)).status_code == 404
        async with served(services_of(library)) as client:  # --cache-mb 0
            assert (await client.get(f"{BOOK}/coloured/progress")).status_code == 404
        async with served(services_of(library), cache=cache, settings=ServeSettings(token="secret")) as client:
            assert (await client.get(f"{BOOK}/coloured/progress")).status_code == 401

    run(test())
