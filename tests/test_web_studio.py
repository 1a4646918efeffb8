"""The studio's routes, with small networks behind them.

Oracle: the contract in docs/studio.md; `Colorizer.open` for what a page looks like; the files on disk for what is kept.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from studio_stubs import FILL, PROJECTS, begin, book, colored, page, pixels_of, png, run
from web_described import misfits

from mangacolor import Colorizer
from mangacolor.errors import CannotWriteError
from mangacolor.web.studio.requests import PREFIX


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


@pytest.mark.slow
def test_a_book_has_its_pages_in_order_and_says_their_size_and_state(studio):
    async def test():
        async with studio() as client:
            project = await begin(client, book(0, 1, 2), "chapter.cbz")
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_locked_area_and_reset(studio):
    async def test():
        async with studio() as client:
            where = f"{await begin(client)}/pages/0"
            await client.post(f"{where}/steps", json=FILL)
            lock = {"kind": "lock", "x": 80, "y": 100, "locked": True}
            locked = (await client.post(f"{where}/steps", json=lock)).json()
            assert (locked["page"]["locks"], locked["patch"]) == ([{"x": 80.0, "y": 100.0}], None)
            before = await colored(client, where)
            await client.post(f"{where}/steps", json={"kind": "reset"})
            after = await colored(client, where)
            assert np.abs(after - before)[90:200, 60:140].mean() < 2
            record = (await client.get(where.removesuffix("/pages/0"))).json()["pages"][0]
            assert (record["hints"], record["locks"]) == ([], [{"x": 80.0, "y": 100.0}])

    run(test())


@pytest.mark.slow
def test_a_page_that_is_in_colour_stays_until_something_is_done_to_it(studio, seeing_weights, tiny_separator):
    own = np.dstack([page(), page() // 2, page() // 3])

    async def test():
        async with studio(Colorizer(seeing_weights, separator=tiny_separator)) as client:
            where = f"{await begin(client, png(own))}/pages/0"
            assert np.abs(await colored(client, where) - own).mean() < 3
            done = (await client.post(f"{where}/steps", json=FILL)).json()
            assert (done["patch"]["width"], done["patch"]["height"]) == (420, 560)
            assert np.abs(await colored(client, where) - own).mean() > 10
            await client.post(f"{where}/undo")
            assert np.abs(await colored(client, where) - own).mean() < 3

    run(test())


@pytest.mark.slow
def test_references_are_kept_followed_and_taken_away(studio):
    async def test():
        async with studio() as client:
            project = await begin(client)
            where = f"{project}/pages/0"
            before = await colored(client, where)
            cover = png(np.full((300, 200, 3), (230, 120, 40), np.uint8))
            told = (await client.post(f"{project}/references", content=cover, params={"name": "a/b.png"})).json()
            assert told["references"] == [{"name": "a/b.png", "width": 200, "height": 300}]
            assert (await client.get(f"{project}/references/a%2Fb.png")).content == cover
            step = {"kind": "reference", "name": "a/b.png"}
            done = (await client.post(f"{where}/steps", json=step)).json()
            assert done["page"]["reference"] == "a/b.png"
            assert (await colored(client, where) != before).any()
            assert (await client.post(f"{where}/steps", json={**step, "name": "no"})).status_code == 422
            assert (await client.post(f"{project}/references", content=b"x", params={"name": "b"})).status_code == 422
            assert (await client.post(f"{project}/references", content=cover)).status_code == 422
        async with studio() as client:
            assert (await colored(client, where) != before).any()
            assert (await client.delete(f"{project}/references/a%2Fb.png")).json()["references"] == []
            assert (await client.get(f"{project}/references/a%2Fb.png")).status_code == 404
            assert (await client.post(f"{where}/steps", json=step)).status_code == 422
            assert (await colored(client, where) != before).any()  # it goes on, until it is taken back
            await client.post(f"{where}/undo")
            np.testing.assert_array_equal(await colored(client, where), before)

    run(test())


@pytest.mark.slow
def test_a_colour_saved_to_the_series_is_followed_by_the_other_pages(studio, tmp_path):
    async def test():
        async with studio() as client:
            project = await begin(client, book(0, 1, 2), "rin 1.cbz")
            for number in range(2):
                await colored(client, f"{project}/pages/{number}")
            await client.put(f"{project}/pages/2/state", json={"state": "skipped"})
            said = {"character": "Rin", "part": "jacket", "color": "#d01010", "page": 0, "x": 80, "y": 100}
            told = (await client.post(f"{project}/series", json=said)).json()
            assert told["series"] == {"name": "rin 1", "characters": {"rin": {"jacket": "#d01010"}}}
            assert [one["revision"] for one in told["pages"]] == [0, 1, 0]
            assert [one["colored"] for one in told["pages"]] == [True, False, False]
            await colored(client, f"{project}/pages/1")
            assert (tmp_path / "studio/series/rin-1/learnt.safetensors").is_file()  # its example was looked at
            again = (await client.post(f"{project}/series", json=said)).json()
            assert again["series"] == told["series"]
            assert (tmp_path / "studio/series/rin-1/series.toml").read_text().count("[[example]]") == 1
            other = await begin(client, png(page(3)))
            assert (await client.get(f"{PREFIX}/series")).json() == [{"name": "rin 1"}]
            followed = (await client.put(f"{other}/series", json={"name": "rin 1"})).json()
            assert followed["series"] == told["series"]
            gone = await client.delete(f"{project}/series", params={"character": "rin", "part": "jacket"})
            assert gone.json()["series"]["characters"] == {}
            for wrong in ({"color": "red"}, {"part": 1}, {"page": 9}, {"x": -1}, {"character": " "}):
                assert (await client.post(f"{project}/series", json={**said, **wrong})).status_code == 422

    run(test())


def events(text):
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


@pytest.mark.slow
def test_a_batch_colours_what_has_no_colour_and_tells_of_it(studio, tmp_path):
    async def test():
        async with studio() as client:
            project = await begin(client, book(0, 1, 2), "chapter.cbz")
            await client.put(f"{project}/pages/1/state", json={"state": "skipped"})
            (folder,) = (tmp_path / "studio").glob("*/project.json")
            batches = client.studio.batches
            found = asyncio.create_task(collect(batches, client.studio.projects.get(folder.parent.name)))
            await asyncio.sleep(0)
            begun = await client.post(f"{project}/batch")
            assert (begun.status_code, begun.json()) == (202, {"waiting": 2})
            assert (await client.post(f"{project}/batch")).status_code == 409
            told = await found
            assert told[-1] == {"type": "end", "done": 2, "failed": 0}
            assert [text for one in told for text in misfits("StudioEvent", one)] == []
            pages = [one["page"] for one in told if one["type"] == "page"]
            assert [(one["number"], one["colored"]) for one in pages] == [(0, True), (2, True)]
            assert [one["done"] for one in told if one["type"] == "progress"] == [0, 1, 1, 2]
            (last,) = (await client.get(project)).json()["pages"][2:]
            found = asyncio.create_task(collect(batches, client.studio.projects.get(folder.parent.name)))
            await asyncio.sleep(0)
            await client.post(f"{project}/batch", json={"pages": [2], "again": True})
            await found
            assert (await client.get(project)).json()["pages"][2]["revision"] == last["revision"] + 1
            assert (await client.post(f"{project}/batch", json={"pages": [3]})).status_code == 422
            assert (await client.delete(f"{project}/batch")).status_code == 204
        async with studio() as client:
            assert [one["colored"] for one in (await client.get(project)).json()["pages"]] == [True, False, True]
            assert client.engine.metrics.pages == {}  # nothing was painted again

    run(test())


@pytest.mark.slow
def test_whoever_follows_a_project_hears_of_every_step_and_decision(studio):
    """Oracle: what is answered to whoever took the step."""

    async def test():
        async with studio() as client:
            project = await begin(client, book(0, 1), "chapter.cbz")
            where, batches = f"{project}/pages/0", client.studio.batches
            stream = batches.follow(client.studio.projects.get(project.rpartition("/")[2]))
            assert await anext(stream) == ": here\n\n"
            for ask, path, said in (
                (client.post, f"{where}/steps", FILL),
                (client.post, f"{where}/undo", {}),
                (client.post, f"{where}/redo", {}),
                (client.put, f"{where}/state", {"state": "approved"}),
            ):
                answer = (await ask(path, json=said)).json()
                (heard,) = events(await anext(stream))
                assert heard == {"type": "page", "page": answer.get("page", answer)}
            await client.put(f"{project}/series", json={"name": "Rin"})  # which the approved page does not follow
            (heard,) = events(await anext(stream))
            assert (heard["page"]["number"], heard["page"]["revision"]) == (1, 1)
            await stream.aclose()

    run(test())


async def collect(batches, project):
    found = []
    async for text in batches.follow(project):
        found += events(text)
        if found and found[-1]["type"] == "end":
            return found
    raise AssertionError("it did not end")


@pytest.mark.slow
def test_pages_and_books_are_given_out(studio):
    async def test():
        async with studio() as client:
            project = await begin(client, book(0, 1, 2), "chapter 1.cbz")
            await client.post(f"{project}/pages/0/steps", json=FILL)
            await client.put(f"{project}/pages/1/state", json={"state": "skipped"})
            one = await client.get(f"{project}/pages/0/export", params={"format": "png"})
            assert 'filename="0.png"' in one.headers["content-disposition"]
            assert np.abs(pixels_of(one.content) - await colored(client, f"{project}/pages/0")).mean() < 2
            same = await client.get(f"{project}/export")
            assert "chapter%201.cbz" in same.headers["content-disposition"]
            with zipfile.ZipFile(io.BytesIO(same.content)) as archive:
                names = [name for name in archive.namelist() if name.endswith(".png")]
                assert names == ["0.png", "1.png", "2.png"]
                np.testing.assert_array_equal(pixels_of(archive.read("0.png")), pixels_of(one.content))
                np.testing.assert_array_equal(pixels_of(archive.read("1.png"))[..., 0], page(1))
            cbz = await client.get(f"{project}/export", params={"format": "cbz"})
            with zipfile.ZipFile(io.BytesIO(cbz.content)) as archive:
                assert archive.namelist() == ["0001.png", "0002.png", "0003.png"]
            pdf = (await client.get(f"{project}/export", params={"format": "pdf"})).content
            assert pdf.startswith(b"%PDF")
            assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 3
            layered = await client.get(f"{project}/export", params={"format": "ora"})
            with zipfile.ZipFile(io.BytesIO(layered.content)) as archive:
                assert archive.namelist() == ["0001 0.ora", "0002 1.ora", "0003 2.ora"]
            assert (await client.get(f"{project}/export", params={"format": "doc"})).status_code == 422
            assert (await client.get(f"{project}/pages/0/export", params={"format": "doc"})).status_code == 422

    run(test())


def test_who_follows_is_let_go_when_the_server_stops(studio, monkeypatch):
    monkeypatch.setattr("mangacolor.web.studio.batches.LOOK_SECONDS", 0.02)

    async def test():
        async with studio() as client:
            project = client.studio.projects.get((await begin(client)).rpartition("/")[2])
            found = asyncio.create_task(_all(client.studio.batches.follow(project)))
            await asyncio.sleep(0)
            client.engine.drain()
            assert await asyncio.wait_for(found, 10) == [": here\n\n"]

    run(test())


async def _all(events):
    return [one async for one in events]


def test_a_damaged_project_is_told_and_the_others_are_there(studio, tmp_path):
    async def test():
        async with studio() as client:
            bad, good = await begin(client), await begin(client)
        path = tmp_path / "studio" / bad.rpartition("/")[2] / "project.json"
        path.write_text(path.read_text()[:-20])
        async with studio() as client:
            assert [f"{PROJECTS}/{one['id']}" for one in (await client.get(PROJECTS)).json()] == [good]
            answer = await client.get(bad)
            assert (answer.status_code, "damaged" in answer.json()["error"]) == (422, True)

    run(test())


@pytest.mark.slow
def test_a_step_that_cannot_be_written_down_is_not_done(studio, monkeypatch):
    def full(path, data, **words):
        raise CannotWriteError("The disk is full.")

    async def test():
        async with studio() as client:
            where = f"{await begin(client)}/pages/0"
            before = await colored(client, where)
            with monkeypatch.context() as patched:
                patched.setattr("mangacolor.web.studio.project.write_atomically", full)
                answer = await client.post(f"{where}/steps", json=FILL)
            assert (answer.status_code, answer.json()["error"]) == (500, "The disk is full.")
            np.testing.assert_array_equal(await colored(client, where), before)
            (record,) = (await client.get(where.removesuffix("/pages/0"))).json()["pages"]
            assert (record["steps"], record["hints"], record["revision"]) == (0, [], 0)

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
