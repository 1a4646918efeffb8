"""A library behind the proxy: pages in colour, all else byte for byte.

Oracles: RFC 9110 for what a proxy passes on; for pages and look-ups the code of Komga, Kavita and their readers, at the
commits that docstrings name, restated in `web_library.py`.
"""

from __future__ import annotations

import asyncio
import io

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

import httpx
import websockets
from PIL import Image
from starlette.requests import Request
from web_library import BASIC, BOOK, KEY, PAGES, Library
from web_listening import listening
from web_proxied import proxied, run
from web_stubs import GatedPainter, is_red, page_bytes, until, working

from mangacolor.colorize.page_cache import PageCache
from mangacolor.errors import UsageError
from mangacolor.web.answers import ClientGoneError
from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.library_pages import page_of
from mangacolor.web.proxy import Proxy, proxy_service
from mangacolor.web.settings import ServeSettings

KOMGA = f"/api/v1/books/{BOOK}/pages"
READER = {"Authorization": BASIC}


# Pages


def test_komga_pages_come_in_colour_for_whoever_may_read_them():
    """gotson/komga, CommonBookController.kt at 08cd089, getBookPageInternal: status 200, the picture's own type, its
    name in Content-Disposition, Last-Modified and Cache-Control; 401 for who shows nothing; BookController.kt at
    084997f: `convert` and `zero_based`; OpdsController.kt at 0f9eb12, getBookPageOpds: pages from 0 on."""

    async def test():
        async with proxied() as client:
            for path in (f"{KOMGA}/1", f"{KOMGA}/2?convert=jpeg", f"{KOMGA}/2?zero_based=true",
                         f"/opds/v1.2/books/{BOOK}/pages/3"):  # fmt: skip
                answer = await client.get(path, headers=READER)
                assert answer.status_code == 200, path
                assert answer.headers["content-type"] == "image/jpeg"
                assert answer.headers["x-frame-options"] == "DENY"
                assert "Vol%201" in answer.headers["content-disposition"]
                assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
                assert is_red(answer.content), path
            assert client.library.targets()[1] == f"{KOMGA}/2?convert=jpeg"
            assert client.painter.order == [1, 2, 3, 4]
            answer = await client.get(f"{KOMGA}/1")
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="Realm"')
            answer = await client.get(f"{KOMGA}/99", headers=READER)
            assert (answer.status_code, answer.text) == (400, "Page number does not exist")

    run(test())


def test_kavita_pages_come_in_colour():
    """Kareadita/Kavita, ReaderController.cs at 0ccf8e4, GetImage: `chapterId`, `page` from 0 on, `apiKey`,
    `extractPdf`, names in any case as ASP.NET takes them; OPDSController.cs at 31f878e, GetPageStreamedImage:
    `pageNumber`, the key in the path."""

    async def test():
        async with proxied() as client:
            for path in (
                f"/api/reader/image?chapterId=12&apiKey={KEY}&page=1",
                f"/api/Reader/image?chapterId=12&page=2&extractPdf=true&apiKey={KEY}",
                f"/api/opds/{KEY}/image?libraryId=2&seriesId=7&volumeId=1&chapterId=12&pageNumber=3",
            ):
                answer = await client.get(path)
                assert answer.status_code == 200
                assert is_red(answer.content), path
            assert (await client.get("/api/reader/image?chapterId=12&page=1")).status_code == 401

    run(test())


def test_a_kept_page_is_compared_with_the_coloured_one(tmp_path):
    """RFC 9110, 13.1: a client's copy from before, uncoloured, is no match, whatever the library says of its own;
    Komga answers 304 to If-Modified-Since (CommonBookController.kt, checkNotModified)."""

    async def test():
        async with proxied(cache=PageCache(tmp_path, 1 << 20)) as client:
            old = {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT", "Range": "bytes=0-9", **READER}
            answer = await client.get(f"{KOMGA}/1", headers=old)
            assert answer.status_code == 200
            assert is_red(answer.content)
            assert answer.headers["cache-control"] == "private, no-cache"
            assert "last-modified" not in answer.headers
            tag = answer.headers["etag"]
            again = await client.get(f"{KOMGA}/1", headers={"If-None-Match": f'"x", W/{tag}', **READER})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert client.painter.order == [1]
            other = await client.get(f"{KOMGA}/1", headers={"If-None-Match": tag[:-2] + '"', **READER})
            assert other.status_code == 200
            head = await client.head(f"{KOMGA}/1", headers=READER)
            assert head.status_code == 200
            assert "content-length" not in head.headers

    run(test())


class Broken(GatedPainter):
    """Cannot paint."""

    def colorize_page(self, page, hints=()):
        raise RuntimeError("inside")


def test_a_page_that_cannot_be_coloured_is_passed_on(tmp_path):
    async def test():
        async with proxied(painter=Broken()) as client:
            answer = await client.get(f"{KOMGA}/1", headers=READER)
            assert (answer.status_code, answer.content) == (200, page_bytes(1, format="JPEG"))
            assert answer.headers["cache-control"] == "no-store"
        painter = GatedPainter(is_open=False)
        async with proxied(painter=painter, cache=PageCache(tmp_path, 1 << 20), wait_seconds=0.05) as client:
            answer = await client.get(f"{KOMGA}/1", headers=READER)
            assert answer.content == page_bytes(1, format="JPEG")
            painter.gate.set()
            await until(lambda: client.engine.metrics.pages["colored"] == 1)  # it is there the next time
        async with proxied(Library(media_type="application/pdf")) as client:
            answer = await client.get(f"{KOMGA}/1", headers=READER)
            assert (answer.headers["content-type"], answer.content) == ("application/pdf", page_bytes(1, format="JPEG"))
            assert "last-modified" in answer.headers
        async with proxied(max_body=100) as client:
            answer = await client.get(f"{KOMGA}/1", headers=READER)
            assert answer.content == page_bytes(1, format="JPEG")

    run(test())


@pytest.mark.parametrize(
    ("format", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_what_is_told_of_a_page_is_what_comes_with_it(format, media_type):
    """RFC 9110, 9.3.2: HEAD has the fields of GET, but for those that only making the answer would tell. A GIF becomes
    a picture of another type in colour, and stays one where it is in colour before."""

    async def test():
        async with proxied(Library(format=format, media_type=media_type)) as client:
            head = await client.head(f"{KOMGA}/1", headers=READER)
            assert client.painter.order == [], "nobody wants it yet"
            answer = await client.get(f"{KOMGA}/1", headers=READER)
            own = ("date", "transfer-encoding")
            told = {name: value for name, value in head.headers.items() if name not in own}
            assert told.items() <= answer.headers.items()
            assert ("content-type" in told) is ("content-disposition" in told) is (format != "GIF")
            assert (head.status_code, head.content) == (200, b"")

    run(test())


def test_thumbnails_are_passed_on():
    """BookController.kt at 084997f, getBookPageThumbnail: `/pages/{n}/thumbnail`."""

    async def test():
        async with proxied() as client:
            answer = await client.get(f"{KOMGA}/1/thumbnail", headers=READER)
            assert answer.content == page_bytes(9, format="JPEG")
            assert client.painter.order == []

    run(test())


# Pages ahead


def test_the_next_pages_are_coloured_with_the_readers_password_and_asked_for_once(tmp_path):
    async def test():
        async with proxied(ahead=2, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(f"{KOMGA}/1?convert=png", headers=READER)
            await until(lambda: client.engine.metrics.foreseen == 2)
            assert client.library.targets() == [f"{KOMGA}/{n}?convert=png" for n in (1, 2, 3)]
            assert {headers["authorization"] for _, _, headers in client.library.asked} == {BASIC}
            await client.get(f"{KOMGA}/2?convert=png", headers=READER)
            await until(lambda: client.engine.metrics.foreseen == 3)
            assert [target[-13] for target in client.library.targets()] == list("12324")
            # At the end of the book there is nothing more to bring.
            await client.get(f"{KOMGA}/{PAGES}", headers=READER)
            await until(lambda: len(client.library.asked) == 8)

    run(test())


def test_pages_ahead_of_a_kavita_catalogue_do_not_count_as_read(tmp_path):
    """OPDSController.cs at 31f878e, GetPageStreamedImage saves the progress of whoever asks; ReaderController.cs,
    GetImage, does not."""

    async def test():
        async with proxied(ahead=1, cache=PageCache(tmp_path, 1 << 20)) as client:
            await client.get(f"/api/opds/{KEY}/image?libraryId=2&seriesId=7&volumeId=1&chapterId=12&pageNumber=3")
            await until(lambda: client.engine.metrics.foreseen == 1)
            assert client.library.targets()[1:] == [
                f"/api/reader/image?chapterId=12&apiKey={KEY}&extractPdf=true&page=4"
            ]

    run(test())


# Some libraries, some tags


@pytest.mark.parametrize(("only", "is_colored"), [("manga", True), ("Colour me", True), ("drama", True), ("x", False)])
def test_komga_says_in_which_library_a_book_is_and_how_it_is_tagged(only, is_colored):
    """Komga, BookDto.kt at 0fd783c: `seriesId`, `libraryId`, `metadata.tags`; SeriesDto.kt at 496ebb0: `metadata` with
    `tags` and `genres`; LibraryController.kt at 1d6485c, getOne: `name`, for whoever may see the library."""

    async def test():
        async with proxied(only=(only,)) as client:
            for _ in range(2):
                answer = await client.get(f"{KOMGA}/1", headers=READER)
                assert is_red(answer.content) is is_colored
            assert ("last-modified" in answer.headers) is not is_colored
            asked = [target for target in client.library.targets() if "/pages/" not in target]
            assert len(asked) == 3, "what is known is not asked again"
            if not is_colored:  # then it is the library's own affair
                since = {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"}
                assert (await client.get(f"{KOMGA}/1", headers={**READER, **since})).status_code == 304

    run(test())


@pytest.mark.parametrize(("only", "is_colored"), [("manga", True), ("COLOUR ME", True), ("comics", False)])
def test_kavita_says_it_to_a_key(only, is_colored):
    """Kavita, ReaderController.cs at 0ccf8e4, GetChapterInfo: `seriesId`, `libraryId`; LibraryController.cs at 113f646,
    GetLibraries: `id`, `name`; SeriesController.cs at 08bf2a1, GetSeriesMetadata: `tags` and `genres` with `title`;
    PluginController.cs at 34df9e7, Authenticate: a POST changes the key for a token."""

    async def test():
        async with proxied(only=(only,)) as client:
            answer = await client.get(f"/api/reader/image?chapterId=12&page=1&apiKey={KEY}")
            assert is_red(answer.content) is is_colored

    run(test())


def test_a_library_that_does_not_say_gets_its_pages_as_they_are():
    async def test():
        library = Library()
        library.is_silent = True
        async with proxied(library, only=("manga",)) as client:
            for _ in range(2):
                answer = await client.get(f"{KOMGA}/1", headers=READER)
                assert (answer.status_code, answer.content) == (200, page_bytes(1, format="JPEG"))
            assert len([target for target in library.targets() if "/pages/" not in target]) == 1

    run(test())


# All else


def test_what_is_no_page_is_passed_through():
    """RFC 9110, 7.6: hop-by-hop fields and those that Connection names end at the proxy; the rest goes on, unknown
    methods, encoded paths and queries too. 7.6.3 aside, X-Forwarded-* are what Spring's ForwardedHeaderFilter reads
    (Komga's application.yml at 0364621: `forward-headers-strategy: framework`)."""

    async def test():
        async with proxied() as client:
            sent = {"X-One": "1", "Connection": "keep-alive, X-Gone", "X-Gone": "2", "Cookie": "a=1; b=2"}
            answer = await client.get("/books/a%2Fb%20c?q=%C3%A9&q=2", headers=sent)
            assert answer.headers["x-path"] == "/books/a%2Fb%20c"
            assert client.library.targets() == ["/books/a%2Fb%20c?q=%C3%A9&q=2"]
            told = dict(answer.json())
            own = str(client.base_url).removeprefix("http://").rstrip("/")
            assert told["x-one"] == "1"
            assert told["cookie"] == "a=1; b=2"
            assert "x-gone" not in told
            assert told["host"] == client.behind.removeprefix("http://")
            assert (told["x-forwarded-host"], told["x-forwarded-proto"]) == (own, "http")
            assert told["x-forwarded-for"] == "127.0.0.1"
            assert "x-hop" not in answer.headers
            assert answer.headers.get_list("date") == [answer.headers["date"]]
            assert (await client.delete("/api/v1/books/x")).status_code == 200
            assert (await client.head("/x")).headers["content-length"]
            answer = await client.get("/file", headers={"Range": "bytes=2-4"})
            assert (answer.status_code, answer.content) == (206, b"\x02\x03\x04")
            assert answer.headers["content-range"] == "bytes 2-4/256"

    run(test())


def test_redirects_and_cookies_are_those_of_the_proxy():
    """RFC 6265, 4.1.2.3: a cookie without Domain goes back to the server that gave it; RFC 9110, 10.2.2: Location may
    be a path."""

    async def test():
        async with proxied() as client:
            answer = await client.get("/login")
            assert (answer.status_code, answer.headers["location"]) == (302, "/libraries?x=1")
            first, second = answer.headers.get_list("set-cookie")
            assert first == "KOMGA-SESSION=abc; Path=/; HttpOnly; SameSite=Lax"
            assert second == "remember=me; Path=/"
            assert (await client.get("/leave")).headers["location"] == "https://elsewhere.example/x"

    run(test())


def test_bodies_flow_both_ways():
    """Events come as they are sent, uploads go on without a limit of this server's, and each side hears when the other
    leaves. Komga's reader follows `/sse/v1/events`."""

    async def test():
        async with proxied(max_body=1000) as client:
            async with client.stream("GET", "/sse/v1/events") as answer:
                assert (await anext(answer.aiter_raw())).startswith(b"event: TaskQueueStatus")
            await asyncio.wait_for(client.library.left.wait(), 5)

            async def pieces():
                for _ in range(20):
                    yield b"x" * 10_000

            answer = await client.post("/upload", content=pieces())
            assert (answer.status_code, answer.text) == (202, "200000")
            answer = await client.put("/upload", content=b"y" * 5000)
            assert answer.text == "205000"

    run(test())


def test_a_library_that_is_away_is_told():
    async def test():
        settings = ServeSettings(proxy="http://127.0.0.1:1")
        engine = Engine(GatedPainter)
        app = build_app(engine, settings, [proxy_service(engine, settings)])
        async with listening(app) as own, httpx.AsyncClient(base_url=own, verify=False) as client:
            answer = await client.get("/")
            assert answer.status_code == 502
            assert "127.0.0.1:1 cannot be reached" in answer.json()["error"]
            assert (await client.get("/health")).status_code == 200
            with pytest.raises(websockets.InvalidStatus) as raised:
                await websockets.connect(f"ws{own.removeprefix('http')}/hubs/messages")
            assert raised.value.response.status_code == 502

    run(test())


def test_websockets_are_passed_through():
    """Kavita's pages follow `/hubs/messages?access_token=…` (SignalR over a websocket)."""

    async def test():
        async with proxied() as client:
            url = f"ws{str(client.base_url).removeprefix('http').rstrip('/')}/hubs/messages"
            async with websockets.connect(
                f"{url}?access_token=jwt", additional_headers={"Cookie": "c=1"}, subprotocols=["json"]
            ) as socket:
                assert socket.subprotocol == "json"
                assert await socket.recv() == "c=1"
                await socket.send("abc")
                assert await socket.recv() == b"cba"
                await socket.send(b"\0\1" * 40_000)
                assert await socket.recv() == b"\1\0" * 40_000
                await socket.send("bye")
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await socket.recv()
                assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "enough")
            async with websockets.connect(f"{url}?access_token=jwt") as socket:
                await socket.recv()
            await asyncio.wait_for(client.library.left.wait(), 5)
            with pytest.raises(websockets.InvalidStatus) as raised:
                await websockets.connect(url)
            assert raised.value.response.status_code == 401

    run(test())


# Addresses


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("/komga/api/v1/books/0B5/pages/12", "convert=png", ("komga", "/komga", "0B5", 12)),
        ("/opds/v2/books/0B5/pages/3/raw", "", ("komga", "", "0B5", 3)),
        ("/api/v1/books/0B5/pages/1/thumbnail", "", None),
        ("/api/v1/books/0B5/pages", "", None),
        ("/api/v1/books/a%2F..%2Fb/pages/1", "", None),
        ("/API/Reader/Image", "CHAPTERID=4&Page=2", ("kavita", "", "4", 2)),
        ("/api/reader/image", "chapterId=4", ("kavita", "", "4", 0)),
        ("/api/reader/image", "chapterId=4&page=x", None),
        ("/api/reader/thumbnail", "chapterId=4&pageNum=2", None),
        ("/kavita/api/opds/k/image", "chapterId=4&pageNumber=2", ("kavita", "/kavita", "4", 2)),
    ],
)
def test_which_requests_are_for_pages(path, query, found):
    page = page_of(path, query)
    assert (page and (page.server, page.base, page.book, page.number)) == found


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy": "nas:25600"}, {"proxy": "ftp://nas"}, {"proxy": "http://u:p@nas"}, {"proxy": "http://nas/komga"},
        {"proxy": "http://nas:99999"}, {"only": ("x",)}, {"proxy": "http://nas", "ahead": -1},
    ],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(settings):
    with pytest.raises(UsageError):
        ServeSettings(**settings).check()
    ServeSettings(proxy="http://nas:25600").check()


def test_keys_in_addresses_are_not_logged(caplog):
    async def test():
        async with proxied() as client:
            with caplog.at_level("INFO", logger="mangacolor.web.requests"):
                await client.get(f"/api/opds/{KEY}/image?chapterId=12&pageNumber=3")
                await client.get(f"/api/reader/image?chapterId=12&apiKey={KEY}&page=1")

    run(test())
    lines = [record.getMessage() for record in caplog.records if record.name == "mangacolor.web.requests"]
    assert len(lines) == 2
    assert KEY not in "".join(lines)


def test_a_client_that_is_gone_before_its_answer_begins_holds_no_connection():
    scope = {
        "type": "http", "method": "GET", "scheme": "http", "path": "/", "raw_path": b"/", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "asgi": {"spec_version": "2.3"},
    }  # fmt: skip

    async def nowhere(message):
        pass

    async def test():
        has_left = asyncio.Event()

        async def leaves():
            await has_left.wait()
            return {"type": "http.disconnect"}

        async with listening(Library().app) as behind, working(Engine(GatedPainter)) as engine:
            proxy = Proxy(engine, ServeSettings(proxy=behind))
            answer = await proxy.pass_on(Request(scope, leaves))
            has_left.set()
            await answer(scope, leaves, nowhere)
            assert proxy._library.pool.connections
            assert all(one.is_idle() or one.is_closed() for one in proxy._library.pool.connections)
            with pytest.raises(ClientGoneError):
                await proxy.pass_on(Request(scope, leaves))
            assert all(one.is_idle() or one.is_closed() for one in proxy._library.pool.connections)
            await proxy.close()

    run(test())


def test_a_reader_who_may_not_see_a_book_does_not_make_others_forget_what_it_is(monkeypatch):
    monkeypatch.setattr("mangacolor.web.remembered.KNOWN_SECONDS", 0)

    async def test():
        async with proxied(only=("manga",)) as client:
            for headers, status in ((READER, 200), ({}, 401), (READER, 200)):
                answer = await client.get(f"{KOMGA}/1", headers=headers)
                assert answer.status_code == status
            assert is_red(answer.content)

    run(test())
