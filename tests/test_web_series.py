"""Pages in the colours of the series that they belong to, while they are read.

Oracle: the contract in docs/serve.md, on series folders made here whose one colour paints the whole page; for what each
client says of a title, the same code of the clients as in `test_web_clients.py`, `test_web_proxy.py` and
`test_web_catalog.py`.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import zipfile

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from web_library import BASIC, BOOK, KEY, Library
from web_listening import listening
from web_other_libraries import Lanraragi, Stump
from web_stubs import GatedPainter, page_bytes, served, until

from mangacolor.cli import run as command
from mangacolor.colorize.page_cache import PageCache
from mangacolor.errors import BadInputError, ExitCode
from mangacolor.series import Part, set_colours
from mangacolor.web import followed
from mangacolor.web.api import api_services
from mangacolor.web.catalog import catalog_service
from mangacolor.web.extension import extension_service
from mangacolor.web.followed import SeriesShelf, spelt, without_volume
from mangacolor.web.proxy import proxy_service
from mangacolor.web.settings import ServeSettings
from mangacolor.web.suwayomi import suwayomi_service
from mangacolor.web.translator import translator_service

HAIR = Part("character", "rin", "hair")
COLOURS = {"red": (200, 40, 40), "green": (40, 160, 60), "blue": (40, 60, 200)}


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 60))


class Dyer(GatedPainter):
    """Paints every page in one colour."""

    def __init__(self, colour=COLOURS["red"]):
        super().__init__()
        self.colour, self.followed = colour, 0

    def colorize_page(self, page, hints=()):
        page, outcome = super().colorize_page(page, hints)
        page.rgb[:] = self.colour
        return page, outcome


def follow(painter, series):
    painter.followed += 1
    return Dyer(series.colours[HAIR])


def name_of(data):
    """Which of the colours a page has."""
    pixel = Image.open(io.BytesIO(data)).convert("RGB").getpixel((20, 30))
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], pixel, strict=True)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two series: `Rin & Aki` is green, `Blue` is blue."""
    monkeypatch.setattr(followed, "LOOK_SECONDS", 0.0)
    set_colours(tmp_path / "all" / "Rin & Aki.series", {HAIR: COLOURS["green"]})
    set_colours(tmp_path / "all" / "Blue.series", {HAIR: COLOURS["blue"]})
    (tmp_path / "all" / "notes.series").mkdir()
    return tmp_path / "all"


# The shelf


def test_names_are_compared_by_letters_and_digits(folder):
    shelf = SeriesShelf(None, folder)
    for name in ("Rin & Aki", "rin-aki", "RIN: AKI!", "\uff32in Aki"):
        assert shelf.choose(name).name == "Rin & Aki"
        assert shelf.choose(titles=["nothing", name, "Blue"]).name == "Rin & Aki"
    assert shelf.choose(titles=["", "other"]) is None
    assert SeriesShelf(folder / "Blue.series", folder).choose(titles=["other"]).name == "Blue"
    assert spelt("../Blue") == "blue"


@pytest.mark.parametrize("name", ["Rin", "../all/Blue.series", "/etc", "\0", "notes", "x" * 5000])
def test_a_name_that_is_none_is_told_and_is_no_path(folder, name):
    with pytest.raises(BadInputError, match="Blue, Rin & Aki") as caught:
        SeriesShelf(None, folder).choose(name)
    assert str(folder) not in str(caught.value)


def test_a_series_that_is_changed_is_another_and_one_that_is_broken_is_told_without_its_place(folder):
    shelf = SeriesShelf(None, folder)
    before = shelf.choose("Blue").digest
    assert shelf.choose("Blue").digest == before
    set_colours(folder / "Blue.series", {HAIR: (1, 2, 3)})
    assert shelf.choose("Blue").digest != before
    (folder / "Blue.series" / "series.toml").write_text("format = [")
    with pytest.raises(BadInputError, match="log") as caught:
        shelf.choose("Blue")
    assert str(folder) not in str(caught.value)
    shutil.rmtree(folder / "Blue.series")
    assert shelf.choose(titles=["Blue"]) is None


@pytest.mark.parametrize(
    ("title", "rest"),
    [
        ("Rin v02", "Rin"), ("Rin - Vol. 3", "Rin"), ("Rin #4", "Rin"), ("Rin 005 (2019) (Digital)", "Rin"),
        ("20th Century Boys", "20th Century Boys"), ("20th Century Boys v11", "20th Century Boys"), ("7", "7"),
        ("Rin ch.12.5", "Rin"), ("Rin_c001", "Rin"),
    ],
)  # fmt: skip
def test_a_book_is_of_the_series_that_stands_before_its_number(title, rest):
    assert without_volume(title) == rest


# What clients ask for


def rooms(*services):
    def at(folder, *, usual=None, **kwargs):
        return served(services, Dyer(), series=SeriesShelf(usual, folder, follow), **kwargs)

    return at


def test_our_own_api_takes_the_name_of_a_series(folder):
    async def test():
        async with rooms(api_services)(folder) as client:

            async def ask(**data):
                return await client.post("/api/v1/colorize", files={"page": page_bytes(1)}, data=data)

            asked = [await ask(**data) for data in ({}, {"series": "blue"}, {"series": "rin aki"})]
            assert [name_of(answer.content) for answer in asked] == ["red", "blue", "green"]
            plain = await client.post(
                "/api/v1/colorize?series=Blue", content=page_bytes(1), headers={"content-type": "image/png"}
            )
            assert name_of(plain.content) == "blue"
            refused = await ask(series="Red")
            assert refused.status_code == 422
            assert "Blue, Rin & Aki" in refused.json()["error"]
            assert "--series-dir DIR" in json.dumps(refused.json())
            (folder / "Blue.series" / "series.toml").write_text("format = [")
            assert (await ask(series="Blue")).status_code == 422

    run(test())


def test_books_are_coloured_after_a_series(folder, tmp_path):
    async def test():
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("1.png", page_bytes(1))
        async with rooms(api_services)(folder, cache=PageCache(tmp_path / "cache", 1 << 20)) as client:
            made = {}
            for series in ("", "Blue"):
                sent = await client.post("/api/v1/books", content=data.getvalue(), params={"series": series})
                where = sent.headers["location"]
                await client.get(f"{where}/events")
                book = (await client.get(f"{where}/result")).content
                made[series] = zipfile.ZipFile(io.BytesIO(book)).read("1.png")
            assert [name_of(page) for page in made.values()] == ["red", "blue"]
            assert (await client.post("/api/v1/books?series=Red", content=data.getvalue())).status_code == 422
            # The page that the book has need not be coloured for whoever asks for it alone.
            alone = await client.post("/api/v1/colorize", files={"page": page_bytes(1)}, data={"series": "Blue"})
            assert (alone.headers["mangacolor-outcome"], alone.content) == ("colored cached", made["Blue"])

    run(test())


def test_the_title_that_the_extension_sends_is_that_of_the_series(folder):
    """BinitDOX/Manga-Colorizer 0f49021, Frontend-Chrome/contentScript.js: `mangaTitle`."""

    async def test():
        async with rooms(extension_service)(folder) as client:
            data = f"data:image/png;base64,{base64.b64encode(page_bytes(1)).decode()}"
            for title, colour in (("Rin & Aki", "green"), ("Another", "red"), (None, "red"), (7, "red")):
                asked = {"imgName": "1.png", "mangaTitle": title, "imgData": data}
                answer = (await client.post("/colorize-image-data", json=asked)).json()["colorImgData"]
                assert name_of(base64.b64decode(answer.partition(",")[2])) == colour

    run(test())


def test_an_address_may_name_the_series_for_clients_that_know_no_titles(folder):
    async def test():
        settings = ServeSettings(token="secret")
        async with rooms(suwayomi_service, translator_service)(folder, settings=settings) as client:
            files = {"image": page_bytes(1)}
            for at, colour in (("", "red"), ("/as/rin%20%26%20aki", "green"), ("/as/Blue", "blue")):
                answer = await client.post(f"/token/secret{at}/suwayomi", files=files)
                assert name_of(answer.content) == colour
                answer = await client.post(f"/token/secret{at}/translate/with-form/image", files=files)
                assert name_of(answer.content) == colour
            answer = await client.post("/token/secret/as/Red/suwayomi", files=files)
            assert answer.content == page_bytes(1), "it keeps what comes back"
            answer = await client.post("/token/secret/as/Red/translate/with-form/image", files=files)
            assert answer.status_code == 422
            assert (await client.post("/as/Blue/translate/with-form/image", files=files)).status_code == 401

    run(test())


def test_a_page_is_kept_once_a_series_and_a_changed_series_is_another(folder, tmp_path):
    async def test():
        cache = PageCache(tmp_path / "cache", 1 << 20)
        async with rooms(api_services)(folder, usual=folder / "Blue.series", cache=cache) as client:

            async def ask(**data):
                answer = await client.post("/api/v1/colorize", files={"page": page_bytes(1)}, data=data)
                return name_of(answer.content), "cached" in answer.headers["mangacolor-outcome"]

            assert [await ask(), await ask(), await ask(series="Blue")] == [
                ("blue", False), ("blue", True), ("blue", True),
            ]  # fmt: skip
            assert [await ask(series="Rin & Aki"), await ask(series="Rin & Aki")] == [("green", False), ("green", True)]
            assert client.painter.followed == 2
            set_colours(folder / "Blue.series", {HAIR: COLOURS["red"]})
            assert await ask() == ("red", False)

    run(test())


def test_a_series_that_cannot_be_followed_is_told_and_the_next_page_is_coloured(folder):
    def fails(painter, series):
        raise BadInputError(f"{series.folder}: an example is grey.")

    async def test():
        async with served([api_services], Dyer(), series=SeriesShelf(None, folder, fails)) as client:
            refused = await client.post("/api/v1/colorize", files={"page": page_bytes(1)}, data={"series": "Blue"})
            assert refused.status_code == 422
            assert str(folder) not in refused.text
            answer = await client.post("/api/v1/colorize", files={"page": page_bytes(1)})
            assert name_of(answer.content) == "red"

    run(test())


# Libraries


def test_the_catalogue_goes_by_folder_and_title(folder, tmp_path):
    async def test():
        library = tmp_path / "library"
        for name in ("Rin & Aki/Vol 1.cbz", "Blue v03 (2020).cbz", "Other 1.cbz"):
            (library / name).parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(library / name, "w") as archive:
                archive.writestr("1.jpg", page_bytes(1, format="JPEG"))
        made = rooms(lambda engine, settings: catalog_service(engine, settings, library))
        async with made(folder, cache=PageCache(tmp_path / "cache", 1 << 20)) as client:
            feed = (await client.get("/catalog/all")).text
            found = {}
            for entry in feed.split("<entry>")[1:]:
                title = entry.partition("<title>")[2].partition("</title>")[0]
                key = entry.partition("/catalog/books/")[2].partition("/")[0]
                page = (await client.get(f"/catalog/books/{key}/pages/0")).content
                book = (await client.get(f"/catalog/books/{key}/coloured")).content
                inside = zipfile.ZipFile(io.BytesIO(book)).read("1.jpg")
                found[title] = (name_of(page), name_of(inside))
            assert found == {"Vol 1": ("green",) * 2, "Blue v03 (2020)": ("blue",) * 2, "Other 1": ("red",) * 2}
            # The same picture three times, once for each series: the books needed no painting of their own.
            assert client.engine.metrics.hits + client.engine.metrics.misses == 3
            assert client.engine.metrics.pages["colored"] == 3

    run(test())


KOMGA = f"/api/v1/books/{BOOK}/pages/"
KAVITA = f"/api/reader/image?chapterId=12&apiKey={KEY}&page="
LANRARAGI = f"/api/archives/{Lanraragi.ARCHIVE}/page?path="
STUMP = f"/api/v2/media/{Stump.BOOK}/page/"


@pytest.mark.parametrize(
    ("library", "target", "other", "headers"),
    [
        (Library, f"{KOMGA}1", f"{KOMGA}2", {"Authorization": BASIC}),
        (Library, f"{KAVITA}0", f"{KAVITA}1", {}),
        (Lanraragi, f"{LANRARAGI}{Lanraragi.FILES[0]}", f"{LANRARAGI}{Lanraragi.FILES[1]}",
         {"Authorization": Lanraragi.BEARER}),
        (Stump, f"{STUMP}1", f"{STUMP}2", {"Authorization": f"Bearer {Stump.KEY}"}),
    ],
)  # fmt: skip
def test_the_proxy_goes_by_the_librarys_name_for_the_series(folder, library, target, other, headers, tmp_path):
    """gotson/komga, SeriesDto.kt at 496ebb0: `name`, `metadata.title`; Kareadita/Kavita, ChapterInfoDto.cs at 0f24a1b:
    `SeriesName`, in camel case as ASP.NET writes JSON; for the others `test_web_other_libraries.py`."""

    async def test():
        async with listening(library(title="Rin & Aki").app) as behind:
            settings = ServeSettings(proxy=behind, ahead=1)
            cache = PageCache(tmp_path / "cache", 1 << 20)
            async with rooms(proxy_service)(folder, settings=settings, cache=cache) as client:
                page = await client.get(target, headers=headers)
                assert name_of(page.content) == "green"
                await until(lambda: client.engine.metrics.foreseen == 1)
                page = await client.get(other, headers=headers)
                assert (name_of(page.content), page.headers["mangacolor-outcome"]) == ("green", "colored cached")
                (folder / "Rin & Aki.series" / "series.toml").write_text("format = [")
                page = await client.get(target, headers=headers)
                assert (page.status_code, page.headers["mangacolor-outcome"]) == (200, "failed")

    run(test())


def test_an_archive_without_a_tag_for_its_series_goes_by_its_title(folder):
    """The contract in docs/serve.md, for LANraragi."""

    async def test():
        library = Lanraragi(chapter="Blue v02 (2019)", title="Nothing")
        async with listening(library.app) as behind:
            settings = ServeSettings(proxy=behind, ahead=0)
            async with rooms(proxy_service)(folder, settings=settings) as client:
                page = await client.get(f"{LANRARAGI}05.jpg", headers={"Authorization": Lanraragi.BEARER})
                assert name_of(page.content) == "blue"

    run(test())


def test_without_series_by_title_the_library_is_not_asked_for_any(folder):
    async def test():
        library = Library(title="Rin & Aki")
        async with listening(library.app) as behind:
            settings = ServeSettings(proxy=behind, ahead=0)
            async with rooms(proxy_service)(None, usual=folder / "Blue.series", settings=settings) as client:
                page = await client.get(f"/api/v1/books/{BOOK}/pages/1", headers={"Authorization": BASIC})
                assert name_of(page.content) == "blue"
                assert len(library.asked) == 1

    run(test())


# The commands


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--series-dir", "nowhere"], ExitCode.USAGE, "--series-dir"),
        (["--series", "nowhere.series", "--cache-mb", "0"], ExitCode.BAD_INPUT, "nowhere.series"),
    ],
)
def test_the_command_tells_what_is_wrong_with_series_before_it_listens(words, status, said, monkeypatch, capsys):
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Areas())
    assert command(["serve", *words]) == status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--series-dir"], ["--series"], ["--series", "--series-dir"]])
def test_the_fast_way_follows_no_series(folder, given, monkeypatch, capsys):
    """Contract: what is to be left out is named as it was given, and nothing that was not."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: GatedPainter())
    places = {"--series-dir": str(folder), "--series": str(folder / "Blue.series")}
    words = [word for option in given for word in (option, places[option])]
    assert command(["serve", *words, "--cache-mb", "0", "--fast"]) == ExitCode.USAGE
    assert f"Leave out --fast or {' and '.join(given)}, or take" in capsys.readouterr().err


class Areas(GatedPainter):
    """Says that it decides by areas."""

    decides_by_areas = True


def test_the_field_is_described(folder):
    async def test():
        async with rooms(api_services)(folder) as client:
            told = (await client.get("/api/v1/openapi.json")).json()
            paths = json.dumps(told["paths"]["/api/v1/colorize"]), json.dumps(told["paths"]["/api/v1/books"])
            assert all('"series"' in path for path in paths)

    run(test())


def test_files_of_a_series_are_stated_by_time_and_size(folder):
    shelf = SeriesShelf(None, folder)
    before = shelf.choose("Blue")
    os.utime(folder / "Blue.series" / "series.toml", (1, 1))
    assert shelf.choose("Blue") is not before
    assert shelf.choose("Blue") == before
