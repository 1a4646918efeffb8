"""Who is let in, how much, and from where pictures are fetched.

Oracle: the written rules of `Guard`, `ServeSettings` and `Fetcher`; addresses by the IANA special-purpose registries.
"""

from __future__ import annotations

import asyncio
import base64
import logging

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

import httpcore
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route
from web_stubs import page_bytes, served

from mangacolor.errors import BadInputError, UsageError
from mangacolor.web.answers import small_number
from mangacolor.web.extension import extension_service
from mangacolor.web.fetching import Fetcher, is_public
from mangacolor.web.guard import PREFIX
from mangacolor.web.services import Service
from mangacolor.web.settings import ServeSettings, is_loopback


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


async def _read(request):
    return PlainTextResponse(f"{request.scope[PREFIX]}|{request.url.path}|{len(await request.body())}")


def inner(engine, settings):
    """Routes for this site alone."""
    routes = [Route("/inner", _read, methods=["GET", "POST"]), Route("/inner/{rest:path}", _read)]
    return Service(routes, paths=("/inner*",))


def open_to_pages(engine, settings):
    """A route that pages of other sites may use."""
    return Service([Route("/open", _read, methods=["GET", "POST"])], paths=("/open",), for_browsers=True)


def own_door(engine, settings):
    """A service that asks for passwords itself."""

    async def asks(request):
        return JSONResponse({"authorization": request.headers.get("authorization", "")})

    return Service([Route("/{rest:path}", asks)], paths=("/*",), checks_token=False)


SERVICES = (inner, open_to_pages, own_door)


async def status(client, path, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await client.get(path, headers=named)).status_code


# Names and origins


def test_only_addresses_and_known_names_are_its_own():
    """A page whose name was pointed at this machine sends that name as Host (DNS rebinding)."""

    async def test():
        async with served(SERVICES, settings=ServeSettings(hosts=("nas.lan",))) as client:
            for host in ("127.0.0.1:8800", "localhost:8800", "[::1]:8800", "192.168.1.9", "nas.lan:80", "a.localhost"):
                assert await status(client, "/inner", host=host) == 200, host
            for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8800", "nas.lan.x", ""):
                assert await status(client, "/inner", host=host) == 421, host
                assert await status(client, "/open", host=host) == 421, host
            for host in ("[", "[::1", "127.0.0.1]", "a@[b"):  # no names at all
                assert await status(client, "/inner", host=host) == 421, host

    run(test())


def test_pages_of_other_sites_use_what_is_made_for_them_and_nothing_else():
    async def test():
        async with served(SERVICES) as client:
            site = {"origin": "https://manga.example", "sec_fetch_site": "cross-site", "sec_fetch_mode": "cors"}
            assert await status(client, "/open", **site) == 200
            assert await status(client, "/inner", **site) == 403
            assert await status(client, "/inner", origin="null") == 403
            assert await status(client, "/inner", origin="http://[") == 403
            assert await status(client, "/health", **site) == 403
            # An <img> sends no origin, an old browser nothing at all, and the server's own pages name themselves.
            assert await status(client, "/inner", sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == 403
            assert await status(client, "/inner", origin="http://127.0.0.1:8800", sec_fetch_site="same-origin") == 200
            assert await status(client, "/inner", origin="http://127.0.0.1:9999") == 403
            assert await status(client, "/inner", sec_fetch_site="none", sec_fetch_mode="navigate") == 200
            assert await status(client, "/inner", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200
            assert await status(client, "/inner") == 200

    run(test())


def test_named_sites_alone_may_come_in_when_some_are_named():
    async def test():
        async with served(SERVICES, settings=ServeSettings(origins=("https://manga.example",))) as client:
            assert await status(client, "/open", origin="https://manga.example") == 200
            assert await status(client, "/open", origin="https://other.example") == 403
            preflight = {"origin": "https://other.example", "access-control-request-method": "POST"}
            assert (await client.options("/open", headers=preflight)).status_code == 403

    run(test())


# The token


def test_a_token_is_taken_in_every_way_that_a_client_can_show_it():
    async def test():
        basic = base64.b64encode(b"anyone:secret-1").decode()
        async with served(SERVICES, settings=ServeSettings(host="0.0.0.0", token="secret-1")) as client:
            assert await status(client, "/inner", authorization="Bearer secret-1", host="any.example") == 200
            assert await status(client, "/inner", authorization=f"Basic {basic}") == 200
            assert await status(client, "/inner?token=secret-1") == 200
            answer = await client.get("/token/secret-1/inner/a%20b")
            assert answer.text == "/token/secret-1|/inner/a b|0"
            for path in ("/inner", "/inner?token=secret-2", "/token/secret-2/inner", "/token/secret-1", "/health"):
                answer = await client.get(path)
                assert answer.status_code == (401 if path != "/token/secret-1" else 200), path
            for wrong in ("Bearer secret", "Bearer", "Basic !!", "Basic c2VjcmV0LTE=", "Digest secret-1", ""):
                assert await status(client, "/inner", authorization=wrong) == 401, wrong
            assert "www-authenticate" in (await client.get("/inner")).headers

    run(test())


def test_a_service_that_asks_for_passwords_itself_gets_them():
    async def test():
        async with served(SERVICES, settings=ServeSettings(token="secret-1")) as client:
            answer = await client.get("/library", headers={"authorization": "Basic YTpi"})
            assert answer.json() == {"authorization": "Basic YTpi"}

    run(test())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "nas.lan", "127.0.0.1.example"])
def test_other_machines_need_a_token(host):
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="--token"):
        ServeSettings(host=host).check()
    ServeSettings(host=host, token="a-b_9").check()
    with pytest.raises(UsageError, match="token"):
        ServeSettings(host=host, token="a/b").check()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_this_machine_needs_none(host):
    ServeSettings(host=host).check()


# Size, time, the log


def test_a_request_that_is_too_large_is_refused_unread_or_as_soon_as_it_is():
    async def test():
        async with served(SERVICES, settings=ServeSettings(max_body=1 << 20)) as client:
            assert (await client.post("/inner", content=b"x" * (1 << 20))).text.endswith("|1048576")
            assert (await client.post("/inner", content=b"x" * ((1 << 20) + 1))).status_code == 413
            sent = 0

            async def endless():  # without a length
                nonlocal sent
                while True:
                    sent += 1 << 16
                    yield b"x" * (1 << 16)

            assert (await client.post("/inner", content=endless())).status_code == 413
            assert sent < 2 << 20

    run(test())


def test_a_request_that_is_too_slow_is_given_up():
    async def test():
        async with served(SERVICES, settings=ServeSettings(upload_seconds=0.2)) as client:

            async def slow():
                yield b"x"
                await asyncio.sleep(20)
                yield b"x"

            assert (await client.post("/inner", content=slow())).status_code == 408

    run(test())


def test_work_that_takes_longer_than_a_request_may_is_answered_whole(tmp_path):
    """Oracle: the file. `FileResponse` listens for the client to leave while it sends, so it receives late."""
    file = tmp_path / "book.cbz"
    file.write_bytes(b"page" * (1 << 16))

    async def works(request):
        if "read" in request.query_params:
            await request.body()
        await asyncio.sleep(0.3)
        return FileResponse(file)

    def slow_work(engine, settings):
        return Service([Route("/slow", works, methods=["GET", "POST"])], paths=("/slow",))

    async def test():
        async with served((slow_work,), settings=ServeSettings(upload_seconds=0.1)) as client:
            for answer in (
                await client.get("/slow"),
                await client.get("/slow?read"),
                await client.post("/slow?read", content=b"x" * 1000),
                await client.post("/slow", content=b"x" * 1000),
            ):
                assert (answer.status_code, answer.content) == (200, file.read_bytes())

    run(test())


def test_one_line_a_request_without_token_or_line_breaks(caplog):
    async def test():
        async with served(SERVICES, settings=ServeSettings(token="secret-1")) as client:
            await client.get("/token/secret-1/inner/a%0Ab?token=secret-1")
            await client.get("/token/secret-1/health")
            await client.get("/token/wrong/inner")

    with caplog.at_level(logging.INFO, "mangacolor.web.requests"):
        run(test())
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[1:4] for line in lines] == [["GET", "/inner/a%0Ab", "404"], ["GET", "/inner", "401"]]
    assert not any("secret" in line or "wrong" in line for line in lines)


def test_health_and_metrics_say_what_was_done():
    async def test():
        async with served((extension_service,)) as client:
            data = base64.b64encode(page_bytes(1)).decode()
            await client.post("/colorize-image-data", json={"imgData": f"data:image/png;base64,{data}"})
            health = (await client.get("/health")).json()
            assert (health["status"], health["waiting"], health["at_work"]) == ("ok", 0, False)
            lines = (await client.get("/metrics")).text.splitlines()
            values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
            assert values['mangacolor_pages_total{outcome="colored"}'] == "1"
            assert values["mangacolor_pages_misses_total"] == "1"
            assert values['mangacolor_requests_total{status="200"}'] == "2"
            typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
            assert {name.partition("{")[0] for name in values} <= typed

    run(test())


# Fetching


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "2001:db8::1", "text", "",
        "64:ff9b:1::a00:1", "::7f00:1", "fec0::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_public_web(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_are(address):
    assert is_public(address)


class Web(httpcore.AsyncMockBackend):
    """A web of one server whose answers are given, which remembers to which addresses it was connected."""

    def __init__(self, *answers):
        self.answers, self.connected = list(answers), []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append((host, port))
        return httpcore.AsyncMockStream([self.answers.pop(0)])


def answer(status=200, body=b"", **headers):
    head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n"
    return (head + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode() + body


@pytest.fixture
def names(monkeypatch):
    """Names of a web without a network."""
    known = {"manga.example": "93.184.216.34", "cdn.example": "1.1.1.1", "inside.example": "10.0.0.7"}

    async def getaddrinfo(self, host, port, **_):
        address = known.get(host, host)
        if not address[0].isdigit():
            raise OSError("no such name")
        return [(2, 1, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)


def test_a_picture_is_fetched_from_the_address_that_was_looked_at(names):
    web = Web(answer(302, Location="//cdn.example/2.png"), answer(body=b"picture"))
    assert run(Fetcher(100, backend=web).fetch("http://manga.example/1.png?key=1", {"referer": "x"})) == b"picture"
    assert web.connected == [("93.184.216.34", 80), ("1.1.1.1", 80)]


@pytest.mark.parametrize(
    ("url", "answers", "said"),
    [
        ("http://inside.example/1.png", [], "public"),
        ("http://127.0.0.1:8800/health", [], "public"),
        ("http://2130706433/", [], "public|no server"),
        ("http://[::1]/", [], "public|no server"),
        ("http://nowhere.example/", [], "no server"),
        ("ftp://manga.example/", [], "no address"),
        ("file:///etc/passwd", [], "no address"),
        ("manga.example", [], "no address"),
        ("http://", [], "no address"),
        ("http://[", [], "no address"),
        ("http://manga.example/ä.png", [], "percent-encoded"),
        ("http://manga.example/", [b"HTTP/1.1 302 OK\r\nContent-Length: 0\r\nLocation: /\xe9\r\n\r\n"], "no address"),
        ("http://manga.example/", [answer(302, Location="http://inside.example/")], "public"),
        ("http://manga.example/", [answer(302, Location="file:///etc/passwd")], "no address"),
        ("http://manga.example/", [answer(302, Location="/")] * 9, "elsewhere"),
        ("http://manga.example/", [answer(404)], "404"),
        ("http://manga.example/", [answer(body=b"x" * 101)], "larger"),
        ("http://manga.example/", [b"rubbish\r\n\r\n"], "cannot be fetched"),
    ],
)
def test_what_is_not_fetched(names, url, answers, said):
    with pytest.raises(BadInputError, match=said):
        run(Fetcher(100, backend=Web(*answers)).fetch(url, {}))


def test_a_picture_that_takes_too_long_is_given_up(names):
    class Slow(Web):
        async def connect_tcp(self, *_, **__):
            await asyncio.sleep(20)

    with pytest.raises(BadInputError, match="within"):
        run(Fetcher(100, seconds=0.1, backend=Slow()).fetch("http://manga.example/", {}))


def test_the_extension_fetches_when_it_may(names):
    web = Web(answer(body=page_bytes(1)))

    def service(engine, settings):
        return extension_service(engine, settings, fetcher=Fetcher(1 << 20, backend=web))

    async def test():
        async with served((service,), settings=ServeSettings(fetch=True)) as client:
            asked = {"imgName": "1.png", "imgURL": "http://manga.example/1.png"}
            got = await client.post("/colorize-image-data", json=asked, headers={"origin": "https://manga.example"})
            assert got.json()["colorImgData"].startswith("data:image/webp")
            asked["imgURL"] = "http://127.0.0.1/1.png"
            assert "public" in (await client.post("/colorize-image-data", json=asked)).json()["msg"]

    run(test())


@given(number=st.integers(0, 10**9 - 1))
def test_numbers_of_clients_are_read(number):
    """Oracle: Python's own spelling of numbers."""
    assert small_number(str(number), 9) == number
    assert small_number(f"0{number}", 10) == number
    assert small_number(str(number), len(str(number)) - 1) is None


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "-1", "+1", "1_0", "1.0", "\u00b2", "\u0665\u0660", "\uff11", "1" * 5000]
)
def test_what_else_clients_write_is_no_number(text):
    assert small_number(text, 9) is None
