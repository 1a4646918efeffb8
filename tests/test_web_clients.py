"""Requests as the clients' own code sends them get answers that the clients' own code takes.

Oracle: the code of each client, read at the commit that a test's docstring names; fields and checks are restated here.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import struct

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from web_stubs import GatedPainter, is_red, page_bytes, served, until

from mangacolor.web.extension import extension_service
from mangacolor.web.root import root_service
from mangacolor.web.settings import ServeSettings
from mangacolor.web.suwayomi import suwayomi_service
from mangacolor.web.translator import translator_service

SERVICES = (lambda engine, settings: root_service(), suwayomi_service, extension_service, translator_service)
SITE = {"Origin": "https://manga.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


def run(test):
    """Run a coroutine to its end."""
    return asyncio.run(asyncio.wait_for(test, 30))


class Refusing(GatedPainter):
    """Finds every page in colour already."""

    def colorize_page(self, page, hints=()):
        return page, "already_colored"


class Broken(GatedPainter):
    """Cannot paint."""

    def colorize_page(self, page, hints=()):
        raise RuntimeError("inside")


# Suwayomi


def suwayomi_form(data, mime="image/jpeg"):
    """The form of ConversionUtil.kt: one file `image`, named after a temporary file, with the page's MIME type."""
    return {"image": (f"conversion123.{mime.partition('/')[2]}", data, mime)}


def suwayomi_type(data):
    """Which kind Suwayomi takes an answer for, by the first twelve bytes as its ImageUtil.kt looks at them."""
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:4] == b"\x89PNG":
        return "image/png"
    if data[:4] == b"RIFF":
        return "image/webp"
    return None


@pytest.mark.parametrize(("format", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_suwayomi_gets_the_raw_bytes_of_the_page_in_its_own_format(format, mime):
    """Suwayomi-Server 0902996, util/ConversionUtil.kt, lines 54-106: a POST of a form with the part `image`, whatever
    the status the body is the picture; manga/impl/Page.kt at 050e508, convertImageResponse: its kind is told from its
    first bytes by ImageUtil.findImageType at 338d174."""

    async def test():
        async with served(SERVICES) as client:
            answer = await client.post("/suwayomi", files=suwayomi_form(page_bytes(1, format=format), mime))
            assert answer.status_code == 200
            assert suwayomi_type(answer.content) == mime == answer.headers["content-type"]
            assert is_red(answer.content)

    run(test())


@pytest.mark.parametrize("painter", [Refusing, Broken])
def test_suwayomi_gets_its_page_back_when_there_is_nothing_to_colour_or_that_fails(painter):
    """The same files: whatever comes back is served, or stored with downloadConversions, in place of the page."""

    async def test():
        async with served(SERVICES, painter()) as client:
            data = page_bytes(1, format="JPEG")
            answer = await client.post("/suwayomi", files=suwayomi_form(data))
            assert (answer.status_code, answer.content) == (200, data)
            answer = await client.post("/suwayomi", files=suwayomi_form(b"no picture"))
            assert (answer.status_code, answer.content) == (200, b"no picture")

    run(test())


def test_suwayomi_gets_its_page_back_when_the_queue_is_full_or_it_takes_too_long():
    """The same files; a 503 would be stored as the page."""

    async def test():
        painter = GatedPainter(is_open=False)
        async with served(SERVICES, painter, settings=ServeSettings(queue_pages=1, wait_seconds=0.3)) as client:
            slow = asyncio.create_task(client.post("/suwayomi", files=suwayomi_form(page_bytes(0))))
            await until(lambda: painter.begun.is_set())
            waits = asyncio.create_task(client.post("/suwayomi", files=suwayomi_form(page_bytes(1))))
            await until(lambda: client.engine.waiting == 1)
            full = await client.post("/suwayomi", files=suwayomi_form(page_bytes(2)))
            assert (full.status_code, full.content) == (200, page_bytes(2))
            assert ((await slow).content, (await waits).content) == (page_bytes(0), page_bytes(1))
            assert client.engine.waiting == 0
            painter.gate.set()

    run(test())


def test_suwayomi_without_the_token_gets_its_page_back_and_nothing_is_coloured():
    """The same files; a 401 would be stored as the page. Headers are those of DownloadConversionType.kt at 0902996."""

    async def test():
        async with served(SERVICES, settings=ServeSettings(token="secret")) as client:
            answer = await client.post("/suwayomi", files=suwayomi_form(page_bytes(1)))
            assert (answer.status_code, answer.content) == (200, page_bytes(1))
            assert client.painter.painted == 0
            shown = {"Authorization": "Bearer secret"}
            assert is_red((await client.post("/suwayomi", files=suwayomi_form(page_bytes(1)), headers=shown)).content)

    run(test())


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("painter", [GatedPainter, Broken, Refusing])
def test_suwayomi_hears_something_while_a_page_takes_long(monkeypatch, format, painter):
    """Suwayomi-Server 05e6b13, eu/kanade/tachiyomi/network/NetworkHelper.kt: readTimeout(30, SECONDS); callTimeout may
    be set by the conversion, that may not. PNG, 11.3: any number of tEXt chunks may come between IHDR and IDAT."""
    monkeypatch.setattr("mangacolor.web.suwayomi.SILENT_SECONDS", 0.02)
    monkeypatch.setattr("mangacolor.web.suwayomi.COMMENT_SECONDS", 0.01)

    async def test():
        gated = GatedPainter(is_open=False)
        async with served(SERVICES, gated) as client:
            gated.colorize_page = lambda page, hints=(): (gated.gate.wait(20), painter().colorize_page(page))[1]
            data = page_bytes(1, format=format)
            slow = asyncio.create_task(client.post("/suwayomi", files=suwayomi_form(data)))
            await asyncio.sleep(0.2)
            gated.gate.set()
            answer = await slow
            assert answer.status_code == 200
            assert suwayomi_type(answer.content) == "image/png"
            assert answer.content.count(b"tEXtComment") > 2
            with Image.open(io.BytesIO(answer.content)) as image:
                image.load()
                assert image.size == (40, 60)
                if painter is GatedPainter:
                    assert is_red(answer.content)
                else:
                    came = Image.open(io.BytesIO(data)).convert("RGB")
                    assert image.convert("RGB").tobytes() == came.tobytes()

    run(test())


# The browser extension


def extension_request(number=0, **more):
    """What Frontend-Chrome/contentScript.js posts."""
    data = base64.b64encode(page_bytes(number)).decode()
    return {
        "imgName": "007.jpg", "imgWidth": 40, "imgHeight": 60, "cache": False, "denoise": True, "colorize": True,
        "upscale": True, "denoiseSigma": 25, "upscaleFactor": 4, "mangaTitle": "A", "mangaChapter": "Chapter 1",
        "imgData": f"data:image/png;base64,{data}", **more,
    }  # fmt: skip


def test_the_extension_gets_a_data_url():
    """BinitDOX/Manga-Colorizer 0f49021, Frontend-Chrome/contentScript.js, setColoredOrFetch and fetchColorizedImg: JSON
    is posted from a page of any site to `colorize-image-data`; of an answer that is ok, `colorImgData` becomes the
    picture's `src`."""

    async def test():
        async with served(SERVICES) as client:
            answer = await client.post("/colorize-image-data", json=extension_request(1), headers=SITE)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            head, data = answer.json()["colorImgData"].split(",", 1)
            assert head == "data:image/webp;base64"
            assert is_red(base64.b64decode(data))

    run(test())


def test_the_older_extension_for_any_site_is_served_too():
    """The same repository at 07a58ac, Frontend-Chrome-AnySite/contentScript.js: no height, no options, and the address
    is apiURL + '/colorize-image-data', which doubles a slash that the reader typed."""

    async def test():
        async with served(SERVICES) as client:
            asked = {key: extension_request(2)[key] for key in ("imgName", "imgWidth", "imgData")}
            assert "colorImgData" in (await client.post("/colorize-image-data", json=asked, headers=SITE)).json()
            assert (
                "colorImgData"
                in (await client.post("http://127.0.0.1:8800//colorize-image-data", json=asked, headers=SITE)).json()
            )

    run(test())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"imgData": "data:image/png;base64,AAAA"}, "not a picture|no picture"),
        ({"imgData": "AAAA"}, "no data URL"),
        ({"imgData": 7}, "no data URL"),
        ({"imgData": "data:image/png;base64,a"}, "no base64"),
        ({"imgData": None}, "Neither imgData nor imgURL"),
        ({"imgData": "", "imgURL": "https://manga.example/1.jpg"}, "--fetch"),
        ({"colorize": False}, "not asked for"),
        ({"denoiseSigma": "many", "upscaleFactor": None, "imgName": 5}, None),
    ],
)
def test_the_extension_is_told_what_is_wrong_as_its_own_server_does(more, said):
    """The same file: of a JSON answer `msg` is shown in the console; Backend/app-stream.py at 10eb33a answers errors of
    a picture with status 200 and `msg`."""

    async def test():
        async with served(SERVICES) as client:
            answer = await client.post("/colorize-image-data", json=extension_request(1, **more), headers=SITE)
            assert answer.status_code == 200
            if said:
                assert set(answer.json()) == {"msg"}
                assert re.search(said, answer.json()["msg"])
            else:
                assert "colorImgData" in answer.json()

    run(test())


def test_the_extension_leaves_a_coloured_page_alone():
    """Backend/app-stream.py at 10eb33a: a page in colour is answered with `msg` alone, so that the picture stays."""

    async def test():
        async with served(SERVICES, Refusing()) as client:
            answer = await client.post("/colorize-image-data", json=extension_request(), headers=SITE)
            assert set(answer.json()) == {"msg"}

    run(test())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"imgData"', b"\xff"])
def test_what_is_no_json_object_is_refused(body):
    async def test():
        async with served(SERVICES) as client:
            answer = await client.post("/colorize-image-data", content=body, headers=SITE)
            assert answer.status_code == 400

    run(test())


def test_the_preflight_of_a_public_page_is_answered():
    """WICG Private Network Access, 3.1.2: Access-Control-Request-Private-Network is answered with
    Access-Control-Allow-Private-Network; Fetch standard, 4.8: method and headers are allowed by name."""

    async def test():
        asked = {
            **SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
            "Access-Control-Request-Private-Network": "true",
        }  # fmt: skip
        for settings in (ServeSettings(), ServeSettings(token="secret")):
            async with served(SERVICES, settings=settings) as client:
                answer = await client.options("/colorize-image-data", headers=asked)
                assert answer.status_code == 204
                assert answer.headers["access-control-allow-origin"] == "*"
                assert "POST" in answer.headers["access-control-allow-methods"]
                assert answer.headers["access-control-allow-headers"] == "content-type"
                assert answer.headers["access-control-allow-private-network"] == "true"

    run(test())


# manga-image-translator, as ComicReadScript uses it


def translator_form(data):
    """What createFormData of MangaImageTranslator/index.ts makes for the newer API."""
    config = {"detector": {"detector": "default", "detection_size": 1536}, "translator": {"translator": "mangacolor"}}
    return {"files": {"image": ("image.png", data, "image/png")}, "data": {"config": json.dumps(config)}}


def frames(stream):
    """Take a stream apart as `wait` of MangaImageTranslator/index.ts does; the result ends it."""
    found = []
    while len(stream) >= 5:
        (size,) = struct.unpack(">I", stream[1:5])
        assert len(stream) >= 5 + size
        found.append((stream[0], stream[5 : 5 + size]))
        stream = stream[5 + size :]
    assert not stream
    return found


def test_the_script_takes_the_server_for_the_newer_api_and_finds_its_translator():
    """hymbz/ComicReadScript 6523689, src/components/Manga/actions/translation/translator/MangaImageTranslator/index.ts:
    `init` takes a `/` with the marker for the older API; `updateMitTranslators` reads the list after it."""

    async def test():
        async with served(SERVICES) as client:
            answer = await client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://manga.example"})
            assert answer.status_code == 200
            assert 'value="S">1024px</' not in answer.text
            listed = re.search(r"(?<=validTranslators: )\[.+?\](?=,)", answer.text, re.DOTALL)[0]
            assert json.loads(re.sub(r"\s|,\s*(?=\])", "", listed).replace("'", '"')) == ["mangacolor"]
            # Its first line is what the server of the extension says (Backend/app-stream.py at 10eb33a).
            assert answer.text.startswith("Manga Colorizer is Up and Running!")
            assert (await client.head("/")).status_code == 200

    run(test())


def test_the_script_gets_frames_up_to_the_page():
    """The same file, `uploadByStream` and `wait`: status 200, from a page of any site; 3 is a place in the queue, `0`
    and 4 are waiting, 1 what is being done, without a colon; 0 the picture as PNG, after which nothing is read."""

    async def test():
        async with served(SERVICES) as client:
            form = translator_form(page_bytes(1, format="JPEG"))
            answer = await client.post("/translate/with-form/image/stream", headers=SITE, **form)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            *before, (status, data) = frames(answer.content)
            assert status == 0
            assert Image.open(io.BytesIO(data)).format == "PNG"
            assert is_red(data)
            assert {status for status, _ in before} <= {1, 3, 4}
            assert not any(b":" in text for status, text in before if status == 1)

    run(test())


def test_the_script_is_told_of_places_and_errors():
    """The same file: 2 ends the wait with the text as its reason."""

    async def test():
        painter = GatedPainter(is_open=False)
        async with served(SERVICES, painter) as client:
            first = asyncio.create_task(client.post("/suwayomi", files=suwayomi_form(page_bytes(0))))
            await until(lambda: painter.begun.is_set())
            form = translator_form(page_bytes(1))
            second = asyncio.create_task(client.post("/translate/with-form/image/stream", headers=SITE, **form))
            await until(lambda: client.engine.waiting == 1)
            painter.gate.set()
            told = frames((await second).content)
            assert [(status, text) for status, text in told[:-1]] == [(4, b""), (3, b"1"), (1, b"colorizing")]
            await first
            broken = await client.post("/translate/with-form/image/stream", **translator_form(b"no picture"))
            assert frames(broken.content)[-1][0] == 2

    run(test())


def test_the_script_without_streams_gets_the_picture():
    """The same file, `uploadByNoStream`: taken where the stream cannot be fetched; the answer is the picture, and
    src/userscript/main/request.ts at 46b06a9 takes any status but 200 for a failure."""

    async def test():
        async with served(SERVICES) as client:
            answer = await client.post("/translate/with-form/image", headers=SITE, **translator_form(page_bytes(1)))
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            assert is_red(answer.content)
            answer = await client.post("/translate/with-form/image", headers=SITE, **translator_form(b""))
            assert answer.status_code == 422

    run(test())


@pytest.mark.parametrize("path", ["/suwayomi", "/translate/with-form/image", "/translate/with-form/image/stream"])
def test_forms_without_the_page_are_refused(path):
    async def test():
        async with served(SERVICES) as client:
            for asked in (
                {"files": {"picture": ("a.png", b"x")}},
                {"data": {"image": "text"}},
                {"content": b"x", "headers": {"content-type": "image/png"}},
                {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
                {"content": b"x" * 999, "headers": {"content-type": "multipart/form-data; boundary=a"}},
                {"files": [("image", ("a.png", b"x")), ("image", ("b.png", b"y"))]},
            ):
                answer = await client.post(path, **asked)
                assert answer.status_code in (400, 415, 422), answer.text

    run(test())


def test_the_extensions_request_must_be_a_json_object():
    async def test():
        async with served((extension_service,)) as client:
            for body in (b"", b"{", b"[]", b"[" * 100_000, b'{"a": "\xff"}'):
                answer = await client.post("/colorize-image-data", content=body, headers=SITE)
                assert (answer.status_code, "JSON" in answer.json()["error"]) == (400, True)

    run(test())
