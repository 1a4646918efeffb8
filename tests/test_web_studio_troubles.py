"""The studio in trouble: several at once, full disks, killed servers, odd names, and requests that are too large.

Oracle: the contract in docs/studio.md (a step is written before it is answered; who asks again gets what is so), and
the files on disk.
"""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from studio_stubs import FILL, PROJECTS, begin, book, colored, page, png, run, studio_over
from web_stubs import GatedPainter

from mangacolor.errors import CannotWriteError
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.exports import write_cbz, write_each, write_pdf
from mangacolor.web.studio.palettes import file_stem
from mangacolor.web.studio.project import PageRecord, Project
from mangacolor.web.studio.projects import LEFT_SECONDS, Projects

BROKEN = b"\x89PNG\r\n\x1a\nand no more"


@pytest.fixture
def quick_studio(tmp_path):
    """Opens the studio without networks: pages are not looked at."""
    return lambda **options: studio_over(tmp_path / "studio", GatedPainter(), **options)


def project_of(client, where):
    return client.studio.projects.get(where.rpartition("/")[2])


def written(tmp_path, where):
    return json.loads((tmp_path / "studio" / where.rpartition("/")[2] / "project.json").read_text())


# Several at once


def test_the_file_of_a_project_holds_what_was_said_last(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow_at_first(path, data, **words):
        if not begun.is_set():
            begun.set()
            go_on.wait(20)
        path.write_bytes(data)

    monkeypatch.setattr("mangacolor.web.studio.project.write_atomically", slow_at_first)
    project = Project("0", tmp_path, "first", [])
    one, two = threading.Thread(target=project.save), threading.Thread(target=project.save)
    one.start()
    begun.wait(20)
    project.name = "second"
    two.start()
    two.join(0.3)
    go_on.set()
    one.join()
    two.join()
    assert json.loads((tmp_path / "project.json").read_text())["name"] == "second"


def test_a_project_that_was_deleted_is_not_written_again(tmp_path):
    folder = tmp_path / "project"
    project = Project("0", folder, "gone", [])
    project.save()
    project.delete()
    project.save()
    assert not folder.exists()


@pytest.mark.slow
def test_a_step_counts_that_came_while_another_could_not_be_written_down(studio, tmp_path, monkeypatch):
    from mangacolor.web.studio import project as module

    write, tries = module.write_atomically, []

    def fails_once(path, data, **words):
        tries.append(path)
        if len(tries) == 1:
            raise CannotWriteError("The disk is full.")
        write(path, data, **words)

    async def test():
        async with studio() as client:
            where = await begin(client)
            await colored(client, f"{where}/pages/0")
            monkeypatch.setattr(module, "write_atomically", fails_once)
            steps = [{**FILL, "color": color} for color in ("#d03030", "#3030d0")]
            answers = await asyncio.gather(*(client.post(f"{where}/pages/0/steps", json=step) for step in steps))
            assert [one.status_code for one in answers] == [500, 200]
            (record,) = (await client.get(where)).json()["pages"]
            assert (record["steps"], record["revision"]) == (1, 1)
            assert [one["color"] for one in written(tmp_path, where)["pages"][0]["steps"]] == ["#3030d0"]

    run(test())


@pytest.mark.slow
def test_a_page_that_somebody_holds_stays_open_whatever_room_there_is(studio, monkeypatch):
    monkeypatch.setattr("mangacolor.web.studio.pages.OPEN_PIXELS", 1)

    async def test():
        async with studio() as client:
            where = await begin(client, book(0, 1), "book.cbz")
            project, pages = project_of(client, where), client.studio.pages
            async with pages.lock(project, 0):
                opened = await pages.open(project, 0)
                async with pages.lock(project, 1):
                    await pages.open(project, 1)
                assert await pages.open(project, 0) is opened
            again = asyncio.create_task(client.get(f"{where}/pages/1/areas"))
            async with pages.lock(project, 0):
                assert await pages.open(project, 0) is opened
            assert (await again).status_code == 200

    run(test())


@pytest.mark.slow
def test_a_browser_is_not_told_that_an_older_picture_is_the_one_of_now(studio):
    """A page goes on in its colours when a colour of it is saved, until it is opened again."""

    async def test():
        async with studio() as client:
            where = await begin(client)
            before = await client.get(f"{where}/pages/0/colored")
            said = {"character": "Rin", "part": "jacket", "color": "#d01010", "page": 0, "x": 80, "y": 100}
            assert (await client.post(f"{where}/series", json=said)).status_code == 200
            still = await client.get(f"{where}/pages/0/colored")
            assert (still.content, still.headers["etag"]) == (before.content, before.headers["etag"])
        async with studio() as client:
            known = {"if-none-match": f"W/{before.headers['etag']}"}  # as a proxy that packs answers has it
            assert (await client.get(f"{where}/pages/0/colored", headers=known)).status_code == 200
            known["if-none-match"] = (await client.get(f"{where}/pages/0/colored")).headers["etag"]
            assert (await client.get(f"{where}/pages/0/colored", headers=known)).status_code == 304

    run(test())


def test_references_that_come_at_once_are_kept_apart_and_replaced_ones_go(quick_studio, tmp_path):
    covers = {name: png(np.full((30, 20, 3), shade, np.uint8)) for name, shade in (("a", 10), ("b", 200))}

    async def test():
        async with quick_studio() as client:
            where = await begin(client)

            async def add(name, data):
                answer = await client.post(f"{where}/references", content=data, params={"name": name})
                assert answer.status_code == 200

            await asyncio.gather(*(add(name, data) for name, data in covers.items()))
            for name, data in covers.items():
                assert (await client.get(f"{where}/references/{name}")).content == data
            await add("a", covers["b"])
            assert (await client.get(f"{where}/references/a")).content == covers["b"]
        assert len(list((tmp_path / "studio").glob("*/references/*"))) == 2

    run(test())


@pytest.mark.parametrize("number", ["2", "-1", "one", "²", "1" * 5000])
def test_a_page_that_is_none_is_not_found(quick_studio, number):
    async def test():
        async with quick_studio() as client:
            where = await begin(client, book(0, 1))
            assert (await client.get(f"{where}/pages/{number}/source")).status_code == 404
            assert (await client.get(f"{where}/pages/1/source")).status_code == 200

    run(test())


def test_whoever_follows_a_project_is_let_go_when_it_is_deleted(quick_studio):
    async def test():
        async with quick_studio() as client:
            where = await begin(client)
            follows = asyncio.create_task(client.get(f"{where}/events"))
            await asyncio.sleep(0.1)
            assert (await client.delete(where)).status_code == 204
            assert (await asyncio.wait_for(follows, 10)).status_code == 200

    run(test())


def test_as_many_exports_at_once_as_the_loop_has_threads_are_all_given_out(quick_studio):
    """Invariant: what an export waits for needs a thread of the loop, so that an export itself may keep none."""

    async def test():
        async with quick_studio() as client:
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
            where = await begin(client, book(0, 1), "chapter.cbz")
            for number in range(2):
                await client.put(f"{where}/pages/{number}/state", json={"state": "skipped"})
            asked = [client.get(f"{where}/export", params={"format": "ora"}) for _ in range(4)]
            answers = await asyncio.wait_for(asyncio.gather(*asked), 30)
            assert [answer.status_code for answer in answers] == [200] * 4
            for answer in answers:
                with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                    assert archive.namelist() == ["0001 0.ora", "0002 1.ora"]

    run(test())


def test_no_export_is_begun_when_the_server_stops(quick_studio):
    async def test():
        async with quick_studio() as client:
            where = await begin(client, book(0, 1), "chapter.cbz")
            for number in range(2):
                await client.put(f"{where}/pages/{number}/state", json={"state": "skipped"})
            client.engine.drain()
            assert (await client.get(f"{where}/export", params={"format": "cbz"})).status_code == 503

    run(test())


def test_a_project_that_goes_while_they_are_listed_is_left_out(tmp_path, monkeypatch):
    projects = Projects(tmp_path)
    for name in ("a", "b"):
        key, path = projects.room()
        path.write_bytes(png(page()))
        projects.add(key, name)
    get = projects.get

    def deletes(key):
        found = get(key)
        if found.name == "a":
            projects.remove(key)
        return found

    monkeypatch.setattr(projects, "get", deletes)
    assert [project.name for project, _ in projects.all()] == ["b"]


# Disks


@pytest.mark.parametrize(("path", "said"), [("", {"name": "other"}), ("/pages/0/state", {"state": "skipped"})])
def test_what_cannot_be_written_down_is_not_so(quick_studio, monkeypatch, path, said):
    def full(path, data, **words):
        raise CannotWriteError("The disk is full.")

    async def test():
        async with quick_studio() as client:
            where = await begin(client)
            before = (await client.get(where)).json()
            with monkeypatch.context() as patched:
                patched.setattr("mangacolor.web.studio.project.write_atomically", full)
                answer = await client.put(f"{where}{path}", json=said)
            assert (answer.status_code, answer.json()["error"]) == (500, "The disk is full.")
            assert (await client.get(where)).json() == before

    run(test())


def test_a_book_for_which_there_is_no_room_is_told_and_leaves_nothing(quick_studio, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def test():
        async with quick_studio() as client:
            monkeypatch.setattr("mangacolor.web.answers.os.fsync", full)
            answer = await client.post(PROJECTS, content=png(page()))
            assert (answer.status_code, "--studio" in answer.json()["error"]) == (500, True)
        assert list((tmp_path / "studio").iterdir()) == []

    run(test())


class Full(io.FileIO):
    """A file on a full disk."""

    def __init__(self, path, mode="wb"):
        super().__init__(path, mode)

    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("write", "opened"),
    [
        (lambda project, folder: write_cbz(project, lambda number: None, folder), "zipfile.io.open"),
        (lambda project, folder: write_each(project, lambda number: b"page", ".ora", folder), "zipfile.io.open"),
        (lambda project, folder: write_pdf(project, lambda number: None, folder), "PIL.Image.builtins.open"),
    ],
)
def test_an_export_for_which_there_is_no_room_is_told(tmp_path, monkeypatch, write, opened):
    (tmp_path / "book").write_bytes(book(0))
    project = Project("0", tmp_path, "full", [PageRecord("0.png", 420, 560)])
    project.entries[0].load()

    def opens(path, *words, real=open, **named):
        return Full(path) if "coloured" in str(path) else real(path, *words, **named)

    with monkeypatch.context() as patched:
        patched.setattr(opened, opens)
        with pytest.raises(CannotWriteError, match="coloured") as caught:
            write(project, tmp_path)
    assert "$TMPDIR" in caught.value.advice


def test_where_temporary_files_have_no_place_it_is_told(quick_studio, tmp_path, monkeypatch):
    async def test():
        async with quick_studio() as client:
            where = await begin(client, book(0), "a.cbz")
            await client.put(f"{where}/pages/0/state", json={"state": "skipped"})
            said = {"character": "rin", "part": "hair", "color": "#d03030", "page": 0, "x": 70, "y": 90}
            monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
            for answer in (
                await client.get(f"{where}/export", params={"format": "cbz"}),
                await client.post(f"{where}/series", json=said),
            ):
                assert (answer.status_code, "$TMPDIR" in answer.json()["error"]) == (500, True)

    run(test())


def test_what_a_killed_server_was_sent_is_cleared_away_after_a_day(quick_studio, tmp_path):
    kinds = {"old": 2 * LEFT_SECONDS, "fresh": 0, "kept": 2 * LEFT_SECONDS}
    folders = {name: tmp_path / "studio" / f"{number:016x}" for number, name in enumerate(kinds)}
    for name, folder in folders.items():
        folder.mkdir(parents=True)
        (folder / "book").write_bytes(b"half a book")
        os.utime(folder / "book", (time.time() - kinds[name],) * 2)
    (folders["kept"] / "project.json").write_text("damaged")

    async def test():
        async with quick_studio():
            pass

    run(test())
    assert [name for name, folder in folders.items() if folder.exists()] == ["fresh", "kept"]


@pytest.mark.slow
def test_a_book_with_a_broken_page_is_given_out_in_layers(studio):
    async def test():
        async with studio() as client:
            where = await begin(client, book(0, BROKEN), "book.cbz")
            answer = await client.get(f"{where}/export", params={"format": "ora"})
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                assert archive.namelist() == ["0001 0.ora"]
            page = await client.get(f"{where}/pages/0/export", params={"format": "jpg"})
            assert page.headers["content-type"] == "image/jpeg"

    run(test())


# Names and sizes


@pytest.mark.parametrize("name", ["漫" * 200, "a/b\0c", "..", "…"])
def test_names_of_any_letters_and_length_are_names_of_files(name, tmp_path):
    stem = file_stem(name)
    assert len(stem.encode()) <= 200
    assert not set(stem) & set("/\\.\0")
    (tmp_path / f"x{stem}.png").touch()


def test_a_colour_of_a_book_with_a_long_name_is_saved(quick_studio):
    async def test():
        async with quick_studio() as client:
            where = await begin(client, name=f"{'漫' * 180}.png")
            said = {"character": "Rin", "part": "hair", "color": "#d01010", "page": 0, "x": 80, "y": 100}
            told = (await client.post(f"{where}/series", json=said)).json()
            assert told["series"]["characters"] == {"rin": {"hair": "#d01010"}}

    run(test())


def test_half_a_character_is_no_name(quick_studio):
    async def test():
        async with quick_studio() as client:
            where = await begin(client)
            for method, path, said in (
                ("PUT", "", '{"name": "\\ud800"}'),
                ("PUT", "/series", '{"name": "a\\udfff"}'),
                ("POST", "/series", '{"character": "\\ud800", "part": "hair", "color": "#d01010"}'),
            ):
                assert (await client.request(method, where + path, content=said)).status_code == 422
            assert (await client.put(f"{where}/pages/0/state", json={"state": "skipped"})).status_code == 200

    run(test())


def test_books_alone_may_be_larger_than_other_requests(quick_studio):
    """Everything but a book is held in memory."""

    async def test():
        async with quick_studio(settings=ServeSettings(max_body=20_000)) as client:
            large = book(*(np.random.default_rng(0).bytes(9000) for _ in range(4)), 0)
            assert len(large) > 30_000
            where = await begin(client, large, "book.cbz")
            for path in ("/references?name=a", "/pages/4/steps", "/batch"):
                assert (await client.post(where + path, content=large)).status_code == 413

    run(test())
