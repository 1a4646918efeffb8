"""What the server's own API tells of pages that are not kept exactly, are not coloured, or fail.

Oracle: what `mangacolor colorize --json` tells of the same files; Pillow reading the answers; the contract in
docs/serve.md.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import zipfile

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from stubs import Painter
from web_stubs import GatedPainter, page_bytes, served, until

from mangacolor.cli import run as command
from mangacolor.colorize.page_cache import PageCache
from mangacolor.image import Note
from mangacolor.web.api import api_services
from mangacolor.web.painting import media_type

COLORIZE, BOOKS = "/api/v1/colorize", "/api/v1/books"
UNREADABLE = b"\x89PNG\r\n\x1a\nxxxx"
HINTS = '[{"x": 5, "y": 6, "color": "#d03030"}]'


def run(test):
    """Run a coroutine to its end; torch is loaded on the way."""
    return asyncio.run(asyncio.wait_for(test, 120))


class Leaving(GatedPainter):
    """Finds nothing to colour on any page."""

    def colorize_page(self, page, hints=()):
        super().colorize_page(page, hints)
        return page, "blank"


def noise(mode="L"):
    shape = (60, 40) if mode == "L" else (60, 40, len(mode))
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, np.uint8), mode)


def written(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def half(data):
    return data[: len(data) // 2]


def animation():
    frames = [Image.new("L", (20, 30), level) for level in (0, 90, 180)]
    return written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)


def book(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def events(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def kinds(answer):
    told = answer.headers.get("mangacolor-notes")
    return [] if told is None else told.split(", ")


# Options


def test_options_in_the_address_count_for_a_form_too():
    """Contract of openapi.json: the operation's parameters are those of every body; a field counts before them."""

    async def test():
        async with served((api_services,)) as client:

            async def ask(address, **fields):
                return await client.post(COLORIZE, files={"page": page_bytes(1)}, data=fields, params=address)

            assert (await ask({"format": "webp"})).headers["content-type"] == "image/webp"
            assert (await ask({"format": "webp"}, format="bmp")).headers["content-type"] == "image/bmp"
            assert (await ask({"format": "webp", "token": "any"})).status_code == 200
            for wrong in ({"format": "nonsense"}, {"quality": "0"}, {"seed": "1"}, {"series": "x"}):
                assert (await ask(wrong)).status_code == 422, wrong
            assert (await ask({}, token="any")).status_code == 422

    run(test())


def test_types_of_bodies_do_not_depend_on_case():
    """RFC 9110, 8.3.1."""

    async def test():
        async with served((api_services,)) as client:
            plain = await client.post(COLORIZE, content=page_bytes(1), headers={"content-type": "IMAGE/PNG"})
            assert plain.status_code == 200
            body = b'--x\r\nContent-Disposition: form-data; name="page"; filename="a"\r\n\r\n' + page_bytes(1)
            form = {"content-type": "Multipart/Form-Data; boundary=x"}
            answer = await client.post(COLORIZE, content=body + b"\r\n--x--\r\n", headers=form)
            assert answer.content == plain.content

    run(test())


def test_a_book_with_options_that_it_has_not_is_refused():
    async def test():
        async with served((api_services,)) as client:
            sent = book({"1.png": page_bytes(1)})
            for name in ("quality", "hints", "layers", "seed"):
                answer = await client.post(BOOKS, content=sent, params={name: "3"})
                assert (answer.status_code, name in answer.json()["error"]) == (422, True)
            assert (await client.post(BOOKS, content=sent, params={"token": "any", "format": "png"})).status_code == 202

    run(test())


# Notes of pages


@pytest.mark.parametrize(
    ("data", "format", "there"),
    [
        (page_bytes(1), "keep", False),
        (half(written(noise(), "PNG")), "keep", True),
        (half(written(noise(), "JPEG")), "webp", True),
        (written(Image.fromarray(np.full((60, 40), 40_000, np.uint16)), "PNG"), "keep", True),
        (written(noise("CMYK"), "JPEG"), "keep", True),
        (written(noise("RGBA"), "PNG"), "jpg", True),
        (written(noise(), "JPEG", comment=b"by hand"), "keep", True),
    ],
    ids=["sound", "half a PNG", "half a JPEG", "16 bits", "CMYK", "transparent", "comment"],
)
def test_a_page_tells_what_the_command_line_tells_of_it(data, format, there, tmp_path, monkeypatch, capsys):
    """Also where the page comes out of the cache, which keeps no notes."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())
    suffix = ".png" if data.startswith(b"\x89PNG") else ".jpg"
    (tmp_path / f"page{suffix}").write_bytes(data)
    command(["colorize", str(tmp_path / f"page{suffix}"), "-o", str(tmp_path / "out"), "--format", format, "--json"])
    wanted = [note["kind"] for note in json.loads(capsys.readouterr().out.splitlines()[0])["notes"]]
    assert bool(wanted) == there

    async def test():
        async with served((api_services,), cache=PageCache(tmp_path / "cache", 1 << 24)) as client:
            for outcome in ("colored", "colored cached"):
                answer = await client.post(COLORIZE, files={"page": data}, data={"format": format})
                assert answer.headers["mangacolor-outcome"] == outcome
                assert kinds(answer) == wanted

    run(test())


def test_a_page_that_a_book_has_left_in_the_cache_tells_its_damage(tmp_path):
    async def test():
        async with served((api_services,), cache=PageCache(tmp_path, 1 << 24)) as client:
            data = half(written(noise(), "PNG"))
            where = (await client.post(BOOKS, content=book({"1.png": data}))).headers["location"]
            assert events((await client.get(f"{where}/events")).text)[-1]["state"] == "done"
            answer = await client.post(COLORIZE, files={"page": data})
            assert answer.headers["mangacolor-outcome"] == "colored cached"
            assert kinds(answer) == ["damaged"]

    run(test())


def test_what_only_the_colouriser_knows_is_told_each_time(tmp_path):
    """A hint where nothing is drawn: neither the page nor its coloured file says so."""

    class OnPaper(GatedPainter):
        def colorize_page(self, page, hints=()):
            done, outcome = super().colorize_page(page, hints)
            return dataclasses.replace(done, notes=(*done.notes, Note("paper", "has a hint")) if hints else ()), outcome

    async def test():
        async with served((api_services,), OnPaper(), cache=PageCache(tmp_path, 1 << 24)) as client:
            for fields, wanted in (({"hints": HINTS}, ["paper"]), ({}, [])) * 2:
                answer = await client.post(COLORIZE, files={"page": page_bytes(1)}, data=fields)
                assert kinds(answer) == wanted

    run(test())


# Pages that are not coloured


def test_a_page_that_is_not_coloured_has_the_format_that_was_asked_for(tmp_path):
    """Oracle: the pixels of the page, by Pillow. Its own format, `keep` and animations come byte for byte."""
    page, transparent = page_bytes(1), written(noise("RGBA"), "PNG")

    async def test():
        async with served((api_services,), Leaving(), cache=PageCache(tmp_path, 1 << 24)) as client:

            async def ask(data, **fields):
                return await client.post(COLORIZE, files={"page": data}, data=fields)

            for outcome in ("blank", "unchanged cached"):
                answer = await ask(page, format="bmp")
                assert answer.headers["mangacolor-outcome"] == outcome
                assert answer.headers["content-type"] == "image/bmp"
                shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
                np.testing.assert_array_equal(shown, np.asarray(Image.open(io.BytesIO(page))))
                for fields in ({}, {"format": "keep"}, {"format": "png", "quality": "5"}):
                    assert (await ask(page, **fields)).content == page
                held = await ask(transparent, format="jpg")
                assert (held.headers["content-type"], kinds(held)) == ("image/png", ["format"])
            assert (await ask(animation(), format="jpg")).content == animation()

    run(test())


def test_a_page_without_colours_has_no_layers_and_says_so(tmp_path):
    class InLayers(Leaving):
        def with_layers(self, format):
            return self

    async def test():
        async with served((api_services,), InLayers()) as client:
            plain = await client.post(COLORIZE, files={"page": page_bytes(1)}, data={"layers": "ora"})
            assert (plain.content, plain.headers["mangacolor-outcome"]) == (page_bytes(1), "blank")
            fields = {"layers": "ora", "format": "webp"}
            other = await client.post(COLORIZE, files={"page": page_bytes(1)}, data=fields)
            assert (other.headers["content-type"], other.headers["mangacolor-outcome"]) == ("image/webp", "blank")

    run(test())


def test_pages_in_layers_have_the_types_that_are_registered_for_them():
    """Oracle: IANA's list of media types, and the OpenRaster specification, 0.0.5."""
    assert media_type(written(noise("RGB"), "PNG")) == "image/png"
    assert media_type(b"8BPS\0\x01" + bytes(60)) == "image/vnd.adobe.photoshop"
    stack = io.BytesIO()
    with zipfile.ZipFile(stack, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
    assert media_type(stack.getvalue()) == "image/openraster"


# Books


def test_a_book_tells_of_each_page_and_counts_those_that_failed():
    files = {
        "1.png": page_bytes(1), "2.png": UNREADABLE, "3.png": half(written(noise(), "PNG")), "4.png": UNREADABLE,
    }  # fmt: skip

    async def test():
        async with served((api_services,)) as client:
            where = (await client.post(BOOKS, content=book(files))).headers["location"]
            told = events((await client.get(f"{where}/events")).text)
            pages = [one for one in told if "page" in one]
            assert [(one["page"], one["status"], one["notes"], bool(one["error"])) for one in pages] == [
                ("1.png", "colored", [], False),
                ("2.png", "failed", [], True),
                ("3.png", "colored", ["damaged"], False),
                ("4.png", "failed", [], True),
            ]
            assert "4.png is not a picture" in pages[3]["error"]
            job = (await client.get(where)).json()
            assert (job["state"], job["pages"], job["done"], job["failed"]) == ("done", 4, 4, 2)
            assert job["notes"] == {"damaged": 1}
            assert "2.png is not a picture" in job["error"]
            assert told[-1] == {key: job[key] for key in ("state", "pages", "done", "failed", "error")}
            assert "/book" not in json.dumps([told, job])

    run(test())


def test_what_is_wrong_with_a_whole_book_is_no_page_of_it():
    """Contract: a file beside the pages that is damaged is told, also after a page that failed, and counted nowhere."""
    sent = book({"1.png": page_bytes(1), "2.png": UNREADABLE, "notes.txt": b"as it was written"})
    sent = sent.replace(b"as it was written", b"as it was wrIttEn")

    async def test():
        async with served((api_services,)) as client:
            where = (await client.post(BOOKS, content=sent)).headers["location"]
            told = events((await client.get(f"{where}/events")).text)
            job = (await client.get(where)).json()
            assert (job["state"], job["pages"], job["done"], job["failed"]) == ("done", 2, 2, 1)
            assert "notes.txt" in job["error"]
            assert [one["page"] for one in told if "page" in one] == ["1.png", "2.png"]

    run(test())


def test_notes_and_failures_are_known_after_a_restart(tmp_path):
    """Pages that are done are not looked at again, and yet a damaged one among them counts."""
    files = {"1.png": half(written(noise(), "PNG")), "2.png": UNREADABLE}
    files |= {f"{number}.png": page_bytes(number) for number in range(3, 10)}

    class Slow(GatedPainter):
        def colorize_page(self, page, hints=()):
            if page.rgb[0, 0, 0] != 8:
                return Painter.colorize_page(self, page, hints)
            return super().colorize_page(page, hints)

    async def test():
        painter = Slow(is_open=False)
        async with served((api_services,), painter, cache=PageCache(tmp_path, 1 << 24)) as client:
            where = (await client.post(BOOKS, content=book(files))).headers["location"]
            await until(painter.begun.is_set, 60)
            while (await client.get(where)).json()["done"] < 2:
                await asyncio.sleep(0.01)
            client.engine.drain()
            painter.gate.set()
            await client.get(f"{where}/events")
        async with served((api_services,), cache=PageCache(tmp_path, 1 << 24)) as client:
            told = events((await client.get(f"{where}/events")).text)
            first = next(one for one in told if one.get("page") == "1.png")
            assert (first["status"], first["notes"]) == ("skipped", ["damaged"])
            job = (await client.get(where)).json()
            assert (job["state"], job["done"], job["failed"], job["notes"]) == ("done", 9, 1, {"damaged": 1})
            assert "2.png" in job["error"]
        (state,) = tmp_path.glob("sent/*/job.json")
        noted = json.loads(state.read_text())
        state.write_text(json.dumps({name: noted[name] for name in noted if name not in ("failed", "notes")}))
        async with served((api_services,), cache=PageCache(tmp_path, 1 << 24)) as client:
            job = (await client.get(where)).json()  # as a server noted it that counted neither
            assert (job["state"], job["failed"], job["notes"]) == ("done", 0, {})

    run(test())
