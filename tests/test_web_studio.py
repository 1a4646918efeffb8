"""The studio's routes, with small networks behind them.

Oracle: the contract in docs/studio.md; `Colorizer.open` for what a page looks like; the files on disk for what is kept.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import zipfile

import cv2
import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from web_stubs import served

from mangacolor import Colorizer
from mangacolor.web.root import root_service
from mangacolor.web.studio.routes import PREFIX, studio_index, studio_service

PROJECTS = f"{PREFIX}/projects"
FILL = {"kind": "fill", "x": 70, "y": 90, "color": "#d03030"}


def run(test):
    return asyncio.run(asyncio.wait_for(test, 150))


def page(number=0):
    """A page of two rows of framed panels, with a toned box in each; told apart by a dot."""
    pixels = np.full((560, 420), 255, np.uint8)
    for top, left, bottom, right in ((20, 20, 270, 200), (20, 220, 270, 400), (290, 20, 540, 400)):
        cv2.rectangle(pixels, (left, top), (right, bottom), 0, 3)
        cv2.rectangle(pixels, (left + 30, top + 40), (right - 40, bottom - 40), 150, -1)
        cv2.rectangle(pixels, (left + 30, top + 40), (right - 40, bottom - 40), 0, 2)
    pixels[4:8, 4 + 8 * number : 8 + 8 * number] = 0
    return pixels


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def book(pages):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(pages):
            archive.writestr(f"{number}.png", png(page(number)))
    return buffer.getvalue()


def pixels_of(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def colorizer(seeing_weights, tiny_separator):
    return Colorizer(seeing_weights, separator=tiny_separator, force=True)


@pytest.fixture
def studio(colorizer, tmp_path):
    """Opens the studio over one folder, as often as it is entered."""

    @contextlib.asynccontextmanager
    async def open_studio():
        def make(engine, settings):
            return studio_service(engine, settings, tmp_path / "studio")

        async with served((make, lambda *_: root_service(studio_index)), colorizer, timeout=100) as client:
            yield client

    return open_studio


async def begin(client, data=None, name="page.png"):
    answer = await client.post(PROJECTS, content=data or png(page()), params={"name": name})
    assert answer.status_code == 201
    return f"{PROJECTS}/{answer.json()['id']}"


async def colored(client, where):
    answer = await client.get(f"{where}/colored")
    assert answer.status_code == 200
    return pixels_of(answer.content)


def test_a_click_fills_an_area_and_is_taken_back_and_found_again(studio):
    async def test():
        async with studio() as client:
            project = await begin(client)
            where = f"{project}/pages/0"
            before = await colored(client, where)
            done = (await client.post(f"{where}/steps", json=FILL)).json()
            assert (done["revision"], done["page"]["steps"], done["page"]["state"]) == (1, 1, "corrected")
            assert done["page"]["hints"] == [{"x": 70.0, "y": 90.0, "color": "#d03030"}]
            after = await colored(client, where)
            red, green, _ = after[80:220, 70:140].mean(axis=(0, 1))
            assert red > green + 30
            box = done["patch"]
            shown = pixels_of(base64.b64decode(box["image"].partition(",")[2]))
            assert shown.shape == (box["height"], box["width"], 3)
            patched = before.copy()
            patched[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = shown
            assert np.abs(patched - after).mean() < 2  # JPEG, twice
            undone = (await client.post(f"{where}/undo")).json()
            assert (undone["revision"], undone["page"]["steps"], undone["page"]["undone"]) == (2, 0, 1)
            np.testing.assert_array_equal(await colored(client, where), before)
            assert (await client.post(f"{where}/undo")).status_code == 409
            await client.post(f"{where}/redo")
            np.testing.assert_array_equal(await colored(client, where), after)
        async with studio() as client:
            (found,) = (await client.get(PROJECTS)).json()
            assert (f"{PROJECTS}/{found['id']}", found["name"], found["pages"]) == (project, "page.png", 1)
            np.testing.assert_array_equal(await colored(client, where), after)

    run(test())


def test_a_book_has_its_pages_in_order_and_says_their_size_and_state(studio):
    async def test():
        async with studio() as client:
            project = await begin(client, book(3), "chapter.cbz")
            told = (await client.get(project)).json()
            assert [one["name"] for one in told["pages"]] == ["0.png", "1.png", "2.png"]
            assert {(one["width"], one["height"], one["state"]) for one in told["pages"]} == {(420, 560, "new")}
            for number in range(3):
                source = await client.get(f"{project}/pages/{number}/source")
                np.testing.assert_array_equal(pixels_of(source.content)[..., 0], page(number))
            said = await client.put(f"{project}/pages/2/state", json={"state": "approved"})
            assert said.json()["state"] == "approved"
            assert (await client.put(f"{project}/pages/2/state", json={"state": "good"})).status_code == 422
            assert (await client.get(f"{project}/pages/3/source")).status_code == 404
            assert (await client.delete(project)).status_code == 204
            assert (await client.get(project)).status_code == 404
            assert (await client.get(PROJECTS)).json() == []

    run(test())


def test_areas_are_numbered_where_a_click_finds_them(studio):
    async def test():
        async with studio() as client:
            where = f"{await begin(client)}/pages/0"
            numbers = pixels_of((await client.get(f"{where}/areas")).content) @ (65536, 256, 1)
        assert numbers.shape == (560, 420)
        inside = numbers[90:200, 70:140]
        assert (inside == inside[0, 0]).all()
        assert inside[0, 0] != numbers[90, 300]
        assert inside.min() > 0

    run(test())


@pytest.mark.parametrize(
    ("step", "status"),
    [({"kind": "paint"}, 422), ({**FILL, "x": 5000}, 422), ({**FILL, "revision": 7}, 409), ([], 400)],
)
def test_steps_that_are_none_are_refused_and_change_nothing(studio, step, status):
    async def test():
        async with studio() as client:
            project = await begin(client)
            answer = await client.post(f"{project}/pages/0/steps", json=step)
            assert (answer.status_code, "error" in answer.json()) == (status, True)
            (record,) = (await client.get(project)).json()["pages"]
            assert (record["steps"], record["revision"]) == (0, 0)

    run(test())


def test_what_is_no_book_leaves_nothing_behind(studio, tmp_path):
    async def test():
        async with studio() as client:
            for data, status in ((b"", 422), (b"no book", 422)):
                assert (await client.post(PROJECTS, content=data, params={"name": "x.cbz"})).status_code == status
            assert (await client.get(PROJECTS)).json() == []
        assert list((tmp_path / "studio").iterdir()) == []

    run(test())


def test_clients_see_the_text_at_the_root_and_browsers_go_where_their_token_stays(studio):
    async def test():
        async with studio() as client:
            text = (await client.get("/", headers={"accept": "*/*"})).text
            assert text.startswith("Manga Colorizer is Up and Running!")
            for asked in ("/?token=abc", "/token/abc"):
                answer = await client.get(asked, headers={"accept": "text/html"})
                assert (answer.status_code, answer.headers["location"]) == (303, "/token/abc/")

    run(test())


@pytest.mark.parametrize("key", ["..%2f..%2fetc", "%2e%2e%2fprojects.py", "%00", "0" * 3000, "zz", "0"])
def test_no_path_of_a_request_reaches_the_disk(studio, key):
    async def test():
        async with studio() as client:
            assert (await client.get(f"{PROJECTS}/{key}")).status_code == 404
            assert (await client.get(f"/studio/{key}")).status_code == 404

    run(test())
