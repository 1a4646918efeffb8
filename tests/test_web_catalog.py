"""A folder of books as an OPDS catalogue.

Oracles: OPDS 1.2 (https://specs.opds.io/opds-1.2) and OPDS-PSE 1.2 (anansi-project/opds-pse 40d5590, v1.2.md), read by
an XML parser of the standard library; what KOReader asks for and takes (koreader/koreader, plugins/opds.koplugin:
opdsbrowser.lua at 008c2fd, lines 28-64: relations and types; opdspse.lua at 1afc1a9, streamPages: page numbers from 0,
`{maxWidth}` replaced, status 200 and a picture that it can render).
"""

from __future__ import annotations

import asyncio
import base64
import io
import os
import tarfile
import time
import xml.etree.ElementTree as ET
import zipfile

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from web_stubs import GatedPainter, is_red, page_bytes, served, until

from mangacolor.books import Limits
from mangacolor.colorize.page_cache import PageCache
from mangacolor.web import shelf
from mangacolor.web.catalog import catalog_service
from mangacolor.web.downloads import Downloads, note_use
from mangacolor.web.feeds import feed
from mangacolor.web.settings import ServeSettings

ATOM, PSE = "{http://www.w3.org/2005/Atom}", "{http://vaemendis.net/opds-pse/ns}"
STREAM, ACQUIRE = "http://vaemendis.net/opds-pse/stream", "http://opds-spec.org/acquisition"


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


def book(path, pages=3, *, format="PNG", size=(40, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(pages):
            archive.writestr(f"{number + 1:03}.{format.lower()}", page_bytes(number + 1, format=format, size=size))
    return path


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Two books, one of them in a folder whose name needs care, and a folder of pictures."""
    monkeypatch.setattr(shelf, "LOOK_SECONDS", 0.0)
    folder = tmp_path / "library"
    book(folder / "Loose.cbz")
    book(folder / "Series <A> & co" / "Vol 1.cbz", 2, format="JPEG")
    (folder / "Pictures").mkdir()
    for number in (1, 2):
        (folder / "Pictures" / f"{number}.png").write_bytes(page_bytes(number))
    (folder / "broken.cbz").write_bytes(b"PK\x03\x04 nothing")
    (folder / "secret.txt").write_text("not a book")
    return folder


def catalog_of(folder):
    return lambda engine, settings: catalog_service(engine, settings, folder)


async def read(client, path, **kwargs):
    """Get a feed: its entries by title, and its links by relation."""
    answer = await client.get(path, **kwargs)
    assert answer.status_code == 200, answer.text
    root = ET.fromstring(answer.content)
    for part in [root, *root.iter(f"{ATOM}entry")]:  # RFC 4287, 4.1.1 and 4.1.2
        assert all(part.find(ATOM + name) is not None for name in ("id", "title", "updated"))
    entries = {entry.find(f"{ATOM}title").text: entry for entry in root.iter(f"{ATOM}entry")}
    return entries, {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}


def link(entry, relation):
    found = [one for one in entry.findall(f"{ATOM}link") if one.get("rel") == relation]
    return found[0] if found else None


def test_the_feeds_lead_to_every_book(library):
    async def test():
        async with served([catalog_of(library)]) as client:
            entries, links = await read(client, "/catalog")
            assert set(entries) == {"All books", "Newest books", "Series <A> & co"}
            assert {"self", "start", "search"} <= set(links)
            below = link(entries["Series <A> & co"], "subsection")
            assert below.get("type").endswith("kind=acquisition")
            assert set((await read(client, below.get("href")))[0]) == {"Vol 1"}
            everything, _ = await read(client, link(entries["All books"], "subsection").get("href"))
            assert set(everything) == {"Loose", "Vol 1", "Pictures"}, "broken.cbz has no pages"
            found, _ = await read(client, "/catalog/search", params={"q": "series VOL"})
            assert set(found) == {"Vol 1"}
            assert not (await read(client, "/catalog/search?q=%00%20nothing"))[0]
            form = await client.get("/catalog/search.xml")
            assert b"/catalog/search?q={searchTerms}" in form.content
            book(library / "New.cbz", 1)
            os.utime(library / "New.cbz", (4e9, 4e9))
            assert next(iter((await read(client, "/catalog/new"))[0])) == "New"

    run(test())


def test_the_root_counts_the_books_that_it_lists(library, monkeypatch):
    """Oracle: the list itself; until every book was opened, no number is said to be exact."""

    async def texts(client):
        entries, _ = await read(client, "/catalog")
        return {title: entry.find(f"{ATOM}content").text for title, entry in entries.items()}

    async def test():
        book(library / "Other" / "Vol 2.cbz")
        (library / "Other" / "broken.cbz").write_bytes(b"PK\x03\x04 nothing")
        async with served([catalog_of(library)]) as client:
            monkeypatch.setattr("mangacolor.web.catalog.ROOT_SECONDS", -1.0)
            assert (await texts(client))["All books"] == "up to 6 books"
            monkeypatch.setattr("mangacolor.web.catalog.ROOT_SECONDS", 20.0)
            told = await texts(client)
            listed, _ = await read(client, "/catalog/all")
            assert told["All books"] == told["Newest books"] == f"{len(listed)} books" == "4 books"
            assert told["Other"] == "1 book"

    run(test())


@pytest.mark.parametrize(("seconds", "year"), [(1e13, "9999"), (-9e12, "1970"), (float(2**40), "9999")])
def test_times_that_no_calendar_has_are_shown(seconds, year):
    """RFC 4287, 3.3 and RFC 3339: years have four digits; disks take more."""
    root = ET.fromstring(feed("all", "All books", seconds, [], []))
    assert root.find(f"{ATOM}updated").text.startswith(f"{year}-")


def test_long_lists_are_cut(library, monkeypatch):
    """OPDS 1.2, 2.1 and RFC 5005: `next` and `previous`."""
    monkeypatch.setattr("mangacolor.web.catalog.PER_FEED", 2)

    async def test():
        async with served([catalog_of(library)]) as client:
            seen, address = [], "/catalog/search?q="
            while address:
                entries, links = await read(client, address)
                seen += entries
                address = links.get("next")
            assert sorted(seen) == ["Loose", "Pictures", "Vol 1"]
            assert "previous" in links

    run(test())


def test_pages_are_streamed_in_colour(library, tmp_path):
    """OPDS-PSE: `type` is JPEG, PNG or GIF and what comes; `pse:count`; pages from 0 to N-1; not wider than asked."""

    async def test():
        book(library / "Wide.cbz", 1, size=(300, 200))
        cache = PageCache(tmp_path / "cache", 1 << 24)
        async with served([catalog_of(library)], settings=ServeSettings(ahead=2), cache=cache) as client:
            entries, _ = await read(client, "/catalog/all")
            stream = link(entries["Loose"], STREAM)
            assert (stream.get("type"), stream.get(f"{PSE}count")) == ("image/jpeg", "3")
            asked = stream.get("href").replace("{pageNumber}", "0").replace("{maxWidth}", "1072")
            answer = await client.get(asked)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
            assert is_red(answer.content)
            await until(lambda: client.engine.metrics.foreseen == 2)
            assert client.painter.order == [1, 2, 3]
            again = await client.get(asked, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
            assert (await client.get(asked.replace("/0?", "/3?"))).status_code == 404
            wide = link(entries["Wide"], STREAM).get("href").replace("{pageNumber}", "0")
            answer = await client.get(wide.replace("{maxWidth}", "150"))
            assert Image.open(io.BytesIO(answer.content)).size == (150, 100)
            answer = await client.get(wide)  # a reader that knows nothing of widths
            assert Image.open(io.BytesIO(answer.content)).size == (300, 200)
            pictures = link(entries["Pictures"], STREAM).get("href").replace("{pageNumber}", "1")
            assert is_red((await client.get(pictures)).content)
            for title, was_coloured in (("Loose", True), ("Vol 1", False)):
                cover = await client.get(link(entries[title], "http://opds-spec.org/image/thumbnail").get("href"))
                assert cover.headers["content-type"] == "image/jpeg"
                assert is_red(cover.content) == was_coloured

    run(test())


def test_pages_that_are_too_large_to_be_coloured_are_no_wider_than_wanted(library):
    """OPDS-PSE: `{maxWidth}`. As grey as they are, and not kept."""

    async def test():
        book(library / "Huge.cbz", 1, size=(300, 200), format="JPEG")
        async with served([catalog_of(library)], settings=ServeSettings(max_pixels=30_000)) as client:
            entries, _ = await read(client, "/catalog/all")
            stream = link(entries["Huge"], STREAM).get("href").replace("{pageNumber}", "0")
            answer = await client.get(stream.replace("{maxWidth}", "150"))
            assert Image.open(io.BytesIO(answer.content)).size == (150, 100)
            assert not is_red(answer.content)
            assert answer.headers["cache-control"] == "no-store"
            cover = await client.get(link(entries["Huge"], "http://opds-spec.org/image").get("href"))
            assert cover.status_code == 200

    run(test())


def test_locked_books_are_left_out_and_nobody_is_told_of_an_option_that_serve_does_not_have(library, caplog):
    """Oracles: pyzipper and pikepdf lock them; the options of `serve`."""
    pyzipper, pikepdf = pytest.importorskip("pyzipper"), pytest.importorskip("pikepdf")

    async def test():
        with pyzipper.AESZipFile(library / "Locked.cbz", "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(b"secret")
            archive.writestr("1.png", page_bytes(1))
        with pikepdf.new() as document:
            document.add_blank_page()
            document.save(library / "Locked too.pdf", encryption=pikepdf.Encryption(user="secret", owner="secret"))
        async with served([catalog_of(library)], cache=PageCache(library.parent / "cache", 1 << 24)) as client:
            entries, _ = await read(client, "/catalog/all")
            assert set(entries) == {"Loose", "Vol 1", "Pictures"}
            for what in ("cover", "pages/0", "coloured"):
                answer = await client.get(f"/catalog/books/{shelf.key_of('Locked.cbz')}/{what}")
                assert (answer.status_code, answer.json()) == (404, {"error": "There is no such book."})
        told = [one.getMessage() for one in caplog.records if "Locked" in one.getMessage()]
        assert len(told) == 2
        assert all("store it without one" in one and "--password" not in one for one in told)

    run(test())


def test_a_page_that_cannot_be_read_is_a_picture_that_says_so(library, caplog):
    """OPDS-PSE: `type` is what comes, for all pages of the count. Oracle: Pillow."""
    whole = book(library / "Whole.cbz", 2).read_bytes()
    second = whole.index(b"PK\x03\x04", 4)
    (library / "Cut off.cbz").write_bytes(whole[: second + 60])
    with zipfile.ZipFile(library / "Text.cbz", "w") as archive:
        archive.writestr("1.jpg", "hello")
        archive.writestr("2.png", page_bytes(2))

    async def test():
        async with served([catalog_of(library)]) as client:
            entries, _ = await read(client, "/catalog/all")
            for title, bad in (("Cut off", 1), ("Text", 0)):
                stream = link(entries[title], STREAM)
                assert stream.get(f"{PSE}count") == "2"
                for number in (0, 1):
                    answer = await client.get(stream.get("href").replace("{pageNumber}", str(number)))
                    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
                    shown = Image.open(io.BytesIO(answer.content)).convert("L")
                    assert (shown.size == (40, 60)) == (number != bad)
                    if number == bad:
                        assert answer.headers["mangacolor-outcome"] == "failed"
                        assert answer.headers["cache-control"] == "no-store"
                        assert (shown.getpixel((0, 0)), shown.getextrema()[0] < 128) == (255, True), "words on paper"
            cover = await client.get(link(entries["Text"], "http://opds-spec.org/image").get("href"))
            assert cover.status_code == 404
        assert any("Cut off.cbz" in one.getMessage() for one in caplog.records)

    run(test())


@pytest.mark.parametrize("is_late", [False, True])
def test_a_book_that_is_gone_is_told_at_once(library, monkeypatch, is_late):
    """RFC 9110, 15.5.5: 404. The folder is looked through once a minute here; a book may also go while it is read."""
    read_page = shelf.Shelf.page

    def deleting(self, one, number):
        one.path.unlink(missing_ok=True)
        return read_page(self, one, number)

    async def test():
        async with served([catalog_of(library)]) as client:
            entries, _ = await read(client, "/catalog/all")
            stream = link(entries["Loose"], STREAM).get("href")
            assert (await client.get(stream.replace("{pageNumber}", "0"))).status_code == 200
            monkeypatch.setattr(shelf, "LOOK_SECONDS", 60.0)
            if is_late:
                monkeypatch.setattr(shelf.Shelf, "page", deleting)
            else:
                (library / "Loose.cbz").rename(library / "Other.cbz")
            answer = await client.get(stream.replace("{pageNumber}", "1"))
            assert (answer.status_code, str(library) in answer.text) == (404, False)

    run(test())


class Broken(GatedPainter):
    """Cannot paint."""

    def colorize_page(self, page, hints=()):
        raise RuntimeError("inside")


def test_pages_that_cannot_be_coloured_are_streamed_as_they_are(library):
    async def test():
        async with served([catalog_of(library)], Broken()) as client:
            entries, _ = await read(client, "/catalog/all")
            answer = await client.get(link(entries["Loose"], STREAM).get("href").replace("{pageNumber}", "0"))
            assert answer.status_code == 200
            assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
            assert answer.headers["cache-control"] == "no-store"

    run(test())


def test_the_coloured_book_is_made_once_and_taken_away(library, tmp_path, monkeypatch):
    """OPDS 1.2, 5.3: the acquisition link has the type of what it leads to; RFC 9110, 14.2: ranges of it."""
    monkeypatch.setattr("mangacolor.web.catalog_books.HOLD_SECONDS", 0.05)

    async def test():
        painter, cache = GatedPainter(is_open=False), PageCache(tmp_path / "cache", 1 << 24)
        async with served([catalog_of(library)], painter, cache=cache) as client:
            entries, _ = await read(client, "/catalog/all")
            assert link(entries["Pictures"], ACQUIRE) is None
            acquire = link(entries["Vol 1"], ACQUIRE)
            assert acquire.get("type") == "application/vnd.comicbook+zip"
            answer = await client.get(acquire.get("href"))
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            entries, _ = await read(client, "/catalog/all")
            assert "of 2 pages coloured" in entries["Vol 1"].find(f"{ATOM}content").text
            painter.gate.set()
            await until(lambda: list((tmp_path / "cache" / "books").glob("*.cbz")))
            answer = await client.get(acquire.get("href"))
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/vnd.comicbook+zip"
            assert "Vol%201.cbz" in answer.headers["content-disposition"]
            pages = zipfile.ZipFile(io.BytesIO(answer.content))
            assert [is_red(pages.read(name)) for name in pages.namelist()] == [True, True]
            part = await client.get(acquire.get("href"), headers={"Range": "bytes=0-3"})
            assert (part.status_code, part.content) == (206, b"PK\x03\x04")
            assert len(painter.order) == 2
            # Another state of the book is another one to take away, and the old one goes.
            old = next((tmp_path / "cache" / "books").glob("*.cbz"))
            book(library / "Series <A> & co" / "Vol 1.cbz", 1, format="JPEG")
            os.utime(library / "Series <A> & co" / "Vol 1.cbz", (4e9, 4e9))
            await client.get(acquire.get("href"))
            await until(lambda: not old.exists() and list(old.parent.glob("*.cbz")))

    run(test())


@pytest.mark.parametrize(
    ("name", "mode", "taken_as", "kind"),
    [
        ("Vol 2.tar.gz", "w:gz", "Vol%202.tar.gz", "application/gzip"),
        ("Two.TGZ", "w:gz", "Two.TGZ", "application/gzip"),
        ("Two.tar", "w", "Two.tar", "application/x-tar"),
        ("Two.cbt", "w", "Two.cbt", "application/x-cbt"),
        ("Two.cbz", "w", "Two.cbt", "application/x-cbt"),  # it is what is in it
        ("Two.cbc", None, "Two.cbc", "application/x-cbc"),
        ("Two.cbr", None, "Two.cbz", "application/vnd.comicbook+zip"),
    ],
)
def test_books_are_taken_away_as_what_the_catalogue_says(tmp_path, name, mode, taken_as, kind):
    """OPDS 1.2, 5.3: the acquisition link has the type of what it leads to; opened by the standard library."""
    source = book(tmp_path / "library" / "two.zip", 2)
    path = source.with_name(name)
    if mode is None:
        source.rename(path)
    else:
        with zipfile.ZipFile(source) as pages, tarfile.open(path, mode) as packed:
            for one in pages.namelist():
                entry = tarfile.TarInfo(one)
                entry.size = pages.getinfo(one).file_size
                packed.addfile(entry, pages.open(one))
        source.unlink()

    async def test():
        async with served([catalog_of(path.parent)], cache=PageCache(tmp_path / "cache", 1 << 24)) as client:
            (entry,) = (await read(client, "/catalog/all"))[0].values()
            acquire = link(entry, ACQUIRE)
            answer = await client.get(acquire.get("href"))
            assert answer.status_code == 200
            assert (acquire.get("type"), answer.headers["content-type"]) == (kind, kind)
            disposition = answer.headers["content-disposition"]
            assert disposition.endswith((f"''{taken_as}", f'"{taken_as}"'))
            taken = io.BytesIO(answer.content)
            if mode is None:
                assert len(zipfile.ZipFile(taken).namelist()) == 2
            else:
                with tarfile.open(fileobj=taken, mode=mode.replace("w", "r")) as packed:
                    assert len(packed.getnames()) == 2

    run(test())


def test_a_book_whose_name_is_no_utf8_is_taken_away(library, tmp_path):
    """Linux takes any bytes as names; the reader sees the sign that stands for what is no letter (Unicode, U+FFFD)."""
    try:
        book(library / os.fsdecode(b"caf\xe9.cbz"))
    except OSError:
        pytest.skip("this disk takes UTF-8 alone")

    async def test():
        async with served([catalog_of(library)], cache=PageCache(tmp_path / "cache", 1 << 24)) as client:
            entries, _ = await read(client, "/catalog/all")
            answer = await client.get(link(entries["caf\ufffd"], ACQUIRE).get("href"))
            assert answer.status_code == 200
            assert "caf%EF%BF%BD.cbz" in answer.headers["content-disposition"]
            assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 3

    run(test())


def test_a_book_that_was_cut_short_goes_on_in_another_run(library, tmp_path, monkeypatch):
    monkeypatch.setattr("mangacolor.web.catalog_books.HOLD_SECONDS", 0.05)

    class Second(GatedPainter):
        """Stops before its second page."""

        def colorize_page(self, page, hints=()):
            if self.order:
                assert self.gate.wait(20)
            self.order.append(int(page.rgb[0, 0, 0]))
            return super(GatedPainter, self).colorize_page(page, hints)

    async def first():
        painter, cache = Second(is_open=False), PageCache(tmp_path / "cache", 1 << 24)
        async with served([catalog_of(library)], painter, cache=cache) as client:
            entries, _ = await read(client, "/catalog/all")
            await client.get(link(entries["Loose"], ACQUIRE).get("href"))
            await until(lambda: list((tmp_path / "cache" / "books").glob(".mangacolor-*/*[!n]")))
            client.engine.drain()
            painter.gate.set()
            await until(lambda: not client.engine.is_at_work)
        assert not list((tmp_path / "cache" / "books").glob("*.cbz"))
        for page in (tmp_path / "cache").glob("?" * 64):
            page.unlink()
        (half_made,) = (tmp_path / "cache" / "books").glob(".mangacolor-*")
        os.utime(half_made, (1e9, 1e9))

    async def second():
        # There is room for nothing but for the book that is made.
        painter, cache = GatedPainter(), PageCache(tmp_path / "cache", 1)
        async with served([catalog_of(library)], painter, cache=cache) as client:
            entries, _ = await read(client, "/catalog/all")
            address = link(entries["Loose"], ACQUIRE).get("href")
            while (answer := await client.get(address)).status_code == 503:
                pass
            assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 3
            assert 1 <= len(painter.order) < 3

    run(first())
    run(second())


def old_books(folder, sizes):
    """Books of these sizes that were made and used long ago, the first longest."""
    folder.mkdir()
    for number, size in enumerate(sizes):
        (folder / f"{number}-x.cbz").write_bytes(bytes(size))
        os.utime(folder / f"{number}-x.cbz", (number, number))
    return folder


def test_full_folders_lose_their_oldest_books(library, tmp_path):
    async def test():
        cache = PageCache(tmp_path / "cache", 2000)
        async with served([catalog_of(library)], cache=cache) as client:
            kept = old_books(tmp_path / "cache" / "books", (1000, 900))
            entries, _ = await read(client, "/catalog/all")
            assert (await client.get(link(entries["Vol 1"], ACQUIRE).get("href"))).status_code == 200
            assert not (kept / "0-x.cbz").exists()

    run(test())


def test_a_download_that_broke_off_goes_on(library, tmp_path):
    """RFC 9110, 8.8.3, 13.1.2 and 13.1.5: what does not change keeps its ETag, whoever has it is told so alone (304),
    and If-Range with it gives the rest alone."""

    async def test():
        async with served([catalog_of(library)], cache=PageCache(tmp_path / "cache", 1 << 24)) as client:
            entries, _ = await read(client, "/catalog/all")
            address = link(entries["Loose"], ACQUIRE).get("href")
            whole = await client.get(address)
            again = await client.get(address)
            assert again.headers["etag"] == whole.headers["etag"]
            assert again.headers["last-modified"] == whole.headers["last-modified"]
            known = await client.get(address, headers={"If-None-Match": whole.headers["etag"]})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", whole.headers["etag"])
            other = await client.get(address, headers={"If-None-Match": '"another"'})
            assert (other.status_code, other.content) == (200, whole.content)
            rest = await client.get(address, headers={"Range": "bytes=9-", "If-Range": whole.headers["etag"]})
            assert (rest.status_code, rest.content) == (206, whole.content[9:])

    run(test())


def test_the_books_used_longest_ago_make_room(library, tmp_path):
    async def test():
        async with served([catalog_of(library)], cache=PageCache(tmp_path / "cache", 2000)) as client:
            kept = old_books(tmp_path / "cache" / "books", (900, 1000))
            note_use(kept / "0-x.cbz")
            entries, _ = await read(client, "/catalog/all")
            assert (await client.get(link(entries["Vol 1"], ACQUIRE).get("href"))).status_code == 200
            assert {path.name for path in kept.glob("*-x.cbz")} == {"0-x.cbz"}

    run(test())


def test_half_made_books_count_and_make_room_but_those_that_may_be_in_work(library, tmp_path):
    async def test():
        cache = PageCache(tmp_path / "cache", 10_000)
        async with served([catalog_of(library)], cache=cache) as client:
            kept = tmp_path / "cache" / "books"
            now = time.time()
            for name, size, ago in ((".mangacolor-a", 9000, 9e5), (".mangacolor-b", 3000, 8e5), ("1-x.cbz", 4000, 7e5),
                                    (".mangacolor-c", 9000, 60)):  # fmt: skip
                place = kept / name / "1" if name.startswith(".") else kept / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(bytes(size))
                os.utime(kept / name, (now - ago, now - ago))
            entries, _ = await read(client, "/catalog/all")
            assert (await client.get(link(entries["Vol 1"], ACQUIRE).get("href"))).status_code == 200
            left = {path.name for path in kept.iterdir()} & {
                ".mangacolor-a",
                ".mangacolor-b",
                "1-x.cbz",
                ".mangacolor-c",
            }
            assert left == {".mangacolor-b", "1-x.cbz", ".mangacolor-c"}

    run(test())


def test_the_book_that_was_made_last_is_the_last_to_make_room(library, tmp_path):
    """Its file must not count as old as what it was made from."""

    async def test():
        os.utime(library / "Loose.cbz", (1e9, 1e9))
        async with served([catalog_of(library)], cache=PageCache(tmp_path / "cache", 1 << 24)) as client:
            shelf_of = shelf.Shelf(library, Limits())
            downloads = Downloads(client.engine, tmp_path / "books", 1 << 24, Limits())
            making = downloads.make(next(one for one in shelf_of.books().values() if one.title == "Loose"))
            before = time.time()
            await making.task
            assert making.output.stat().st_mtime >= before - 1

    run(test())


@pytest.mark.parametrize(
    "path",
    [
        "/catalog/books/..%2F..%2Fsecret.txt/pages/0", "/catalog/books/../secret.txt/coloured", "/catalog/secret.txt",
        "/catalog/folders/..%2F..", "/catalog/books/Loose.cbz/cover", "/catalog/books/%00/pages/0",
        "/catalog/books/x/pages/-1", "/catalog/books/x/pages/99999999999999999999",
        "/catalog/books/x/pages/" + "1" * 5000,
    ],
)  # fmt: skip
def test_no_path_reaches_the_disk(library, path):
    async def test():
        async with served([catalog_of(library)]) as client:
            assert (await client.get(path)).status_code == 404

    run(test())


def test_readers_show_the_token_as_a_password_or_in_the_address(library):
    """KOReader and its like send user and password (Basic) once they were asked for them with 401."""

    async def test():
        async with served([catalog_of(library)], settings=ServeSettings(token="secret")) as client:
            answer = await client.get("/catalog")
            assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic")
            shown = {"Authorization": "Basic " + base64.b64encode(b"me:secret").decode()}
            await read(client, "/catalog", headers=shown)
            entries, links = await read(client, "/token/secret/catalog/all")
            assert links["start"] == "/token/secret/catalog"
            address = link(entries["Loose"], STREAM).get("href").replace("{pageNumber}", "0")
            assert is_red((await client.get(address)).content)

    run(test())
