"""Several inputs of which some are bad: the others are done, and each bad one is told with what to do.

Oracle: the contract of the exit status, and the outputs that are there.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from book_files import page_bytes
from pictures import save_image
from stubs import Painter

from mangacolor.cli import run
from mangacolor.colorize import work
from mangacolor.errors import ExitCode


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    return painter


@pytest.fixture
def page(tmp_path):
    return save_image(tmp_path / "good.png", np.zeros((20, 20), np.uint8))


def make_book(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", page_bytes(1))
    return path


def broken(path):
    path.write_text("not a book")
    return path


def unreadable(path, monkeypatch):
    """A file that may not be opened, played here because the tests may run as one who may do all."""
    path.write_bytes(b"x")
    opened = Path.open

    def refuse(self, *args, **options):
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    return path


BAD = {
    "no archive": lambda folder, patch: broken(folder / "bad.cbz"),
    "missing": lambda folder, patch: folder / "bad.png",
    "empty folder": lambda folder, patch: (folder / "bad").mkdir() or folder / "bad",
    "empty book": lambda folder, patch: zipfile.ZipFile(folder / "bad.cbz", "w").close() or folder / "bad.cbz",
    "empty page": lambda folder, patch: (folder / "bad.png").write_bytes(b"") or folder / "bad.png",
    "unreadable": lambda folder, patch: unreadable(folder / "bad.cbz", patch),
    "pipe": lambda folder, patch: os.mkfifo(folder / "bad.png") or folder / "bad.png",
    "loop": lambda folder, patch: (folder / "bad.png").symlink_to(folder / "bad.png") or folder / "bad.png",
    "name without end": lambda folder, patch: folder / ("bad" + "x" * 400 + ".png"),
}


@pytest.mark.skipif(os.name != "posix", reason="makes pipes and links")
@pytest.mark.parametrize("bad", BAD)
def test_one_bad_input_costs_only_itself(tmp_path, page, bad, monkeypatch, capsys):
    """Contract: before or after the good one; 6, and its name with a second line of advice; alone it is 3 or 4."""
    path = BAD[bad](tmp_path, monkeypatch)
    out = tmp_path / "out"
    for words in ([path, page], [page, path]):
        assert run(["colorize", *map(str, words), "-o", str(out), "--overwrite"]) == ExitCode.SOME_PAGES_FAILED
        assert (out / "good.png").exists()
        told = capsys.readouterr().err
        assert "mangacolor: " in told
        assert "bad" in told
        assert "1 coloured; 1 failed" in told
    assert run(["colorize", str(path)]) in (ExitCode.BAD_INPUT, ExitCode.CANNOT_WRITE)


def test_all_inputs_bad_is_3_with_each_told(tmp_path, capsys):
    first, second = broken(tmp_path / "a.cbz"), tmp_path / "b.png"
    assert run(["colorize", str(first), str(second), "--json"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert "a.cbz is no archive" in told.err
    assert "b.png does not exist" in told.err
    assert json.loads(told.out.splitlines()[-1])["summary"]["failed"] == 2


def test_a_library_that_is_missing_costs_only_its_books(tmp_path, page, monkeypatch, capsys):
    """Contract: named or in a folder."""
    monkeypatch.setitem(sys.modules, "libarchive", None)
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "a.cbr").write_bytes(b"Rar!\x1a\x07\x01\x00")
    make_book(folder / "b.cbz")
    words = ["colorize", str(folder), str(page), "-o", str(tmp_path / "out")]
    assert run(words) == ExitCode.SOME_PAGES_FAILED
    assert "mangacolor[archives]" in capsys.readouterr().err
    assert (tmp_path / "out" / "books" / "b.cbz").exists()
    assert (tmp_path / "out" / "good.png").exists()


def test_the_same_input_twice_is_done_once(tmp_path, page, painter, monkeypatch, capsys):
    """Contract: in whatever spelling."""
    monkeypatch.chdir(tmp_path)
    words = ["colorize", "good.png", str(page), "./good.png", "-o", "out"]
    assert run(words) == ExitCode.DONE
    assert painter.painted == 1
    assert capsys.readouterr().out.splitlines() == [str(Path("out") / "good.png")]


def test_an_input_inside_the_output_folder_is_left_alone(tmp_path, page, capsys):
    """Contract: it is told, and not written over; the others are done."""
    inside = save_image(tmp_path / "out" / "old.png", np.zeros((20, 20), np.uint8))
    before = inside.read_bytes()
    assert run(["colorize", str(inside), str(page), "-o", str(tmp_path / "out")]) == ExitCode.SOME_PAGES_FAILED
    assert "old.png is an input and would be overwritten" in capsys.readouterr().err
    assert inside.read_bytes() == before
    assert (tmp_path / "out" / "good.png").exists()


def test_of_two_inputs_with_one_output_the_first_is_done(tmp_path, painter, capsys):
    """Contract: the second is told by its path, and a run of its own does it."""
    first = save_image(tmp_path / "a" / "1.png", np.zeros((20, 20), np.uint8))
    second = save_image(tmp_path / "b" / "1.png", np.zeros((30, 30), np.uint8))
    out = tmp_path / "out"
    assert run(["colorize", str(first), str(second), "-o", str(out)]) == ExitCode.SOME_PAGES_FAILED
    assert f"{second} is left out" in capsys.readouterr().err
    assert painter.painted == 1
    assert run(["colorize", str(second), "-o", str(out / "b")]) == ExitCode.DONE


def test_a_folder_that_may_not_be_listed_costs_only_itself(tmp_path, monkeypatch, capsys):
    """Contract: in a library the rest is done; told by its name."""
    library = tmp_path / "library"
    save_image(library / "a" / "1.png", np.zeros((20, 20), np.uint8))
    save_image(library / "locked" / "1.png", np.zeros((20, 20), np.uint8))
    make_book(library / "z.cbz")
    listed = Path.iterdir

    def refuse(self):
        if self.name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    out = tmp_path / "out"
    assert run(["colorize", str(library), "-o", str(out)]) == ExitCode.SOME_PAGES_FAILED
    assert "locked cannot be listed: Permission denied" in capsys.readouterr().err
    assert (out / "a" / "1.png").exists()
    assert (out / "z.cbz").exists()


def test_a_book_that_vanishes_during_the_run_costs_only_itself(tmp_path, monkeypatch, capsys):
    first, second = make_book(tmp_path / "a.cbz"), make_book(tmp_path / "b.cbz")
    found = work.find_work

    def find(inputs, order):
        finding = found(inputs, order)
        first.unlink()
        return finding

    monkeypatch.setattr(work, "find_work", find)
    assert run(["colorize", str(first), str(second), "-o", str(tmp_path / "out")]) == ExitCode.SOME_PAGES_FAILED
    assert "a.cbz cannot be read" in capsys.readouterr().err
    assert (tmp_path / "out" / "b.cbz").exists()


@pytest.mark.parametrize("inputs", [["chapter", "good.png"], ["good.png"], ["a.cbz", "b.cbz"], ["library"]])
def test_an_output_that_ends_like_a_book_is_no_folder(tmp_path, page, painter, inputs, capsys):
    for folder in ("chapter", "library"):
        (tmp_path / folder).mkdir()
    (tmp_path / "chapter" / "1.png").write_bytes(page.read_bytes())
    for book in ("a.cbz", "b.cbz", "library/c.cbz"):
        make_book(tmp_path / book)
    output = tmp_path / "out.cbz"
    assert run(["colorize", *(str(tmp_path / name) for name in inputs), "-o", str(output), "-q"]) == ExitCode.USAGE
    assert "Name a folder" in capsys.readouterr().err
    assert not output.exists()
    assert not painter.painted
    assert run(["colorize", str(tmp_path / "a.cbz"), "-o", str(output), "-q"]) == ExitCode.DONE
    assert output.is_file()


# Runs that are repeated


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["pages", "books", "folders", "other formats"])
def test_a_run_with_a_pattern_can_be_repeated(tmp_path, kind, painter, capsys):
    """Contract of README: finished outputs are skipped, also where the pattern takes them for inputs."""
    if kind == "pages":
        save_image(tmp_path / "1.png", np.zeros((20, 20), np.uint8))
        save_image(tmp_path / "2.JPG", np.zeros((20, 20), np.uint8))
    elif kind == "other formats":
        save_image(tmp_path / "1.bmp", np.zeros((20, 20), np.uint8))  # "1_color.bmp" or ".png"
    elif kind == "books":
        make_book(tmp_path / "vol 1.cbz")
    else:
        (tmp_path / "ch").mkdir()
        save_image(tmp_path / "ch" / "1.png", np.zeros((20, 20), np.uint8))
    words = ["--format", "png"] if kind == "other formats" else []
    first = files_in(tmp_path)
    found = {}
    for _ in range(3):
        assert run(["colorize", *map(str, sorted(tmp_path.iterdir())), *words]) == ExitCode.DONE
        found.setdefault("files", files_in(tmp_path))
        assert files_in(tmp_path) == found["files"]
    assert len(found["files"]) == 2 * len(first) == 2 * painter.painted
    assert "was coloured by mangacolor before, and is skipped" in capsys.readouterr().err


def test_what_only_sounds_like_an_output_is_an_input(tmp_path, painter):
    """Contract: it is one where nothing beside it could have become it, and where outputs go elsewhere."""
    for name in ("a_color.png", "b.png", "c.png", "c_color.png"):
        save_image(tmp_path / name, np.zeros((20, 20), np.uint8))
    assert run(["colorize", str(tmp_path / "a_color.png"), str(tmp_path / "b.png")]) == ExitCode.DONE
    assert (tmp_path / "a_color_color.png").exists()
    assert run(["colorize", str(tmp_path / "c.png"), str(tmp_path / "c_color.png"), "-o", str(tmp_path / "out")]) == 0
    assert files_in(tmp_path / "out") == ["c.png", "c_color.png"]
    assert painter.painted == 4


# What would be written


def test_a_dry_run_names_each_output_once_on_stdout_as_the_run_does(tmp_path, capsys):
    """Oracle: the run. What is skipped is told on stderr."""
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        for name in ("1.png", "2.png"):
            archive.writestr(name, page_bytes(1))
    make_book(tmp_path / "b.cbz")
    save_image(tmp_path / "c.png", np.zeros((20, 20), np.uint8))
    words = ["colorize", *(str(tmp_path / name) for name in ("a.cbz", "b.cbz", "c.png")), "-o", str(tmp_path / "out")]
    assert run(["colorize", str(tmp_path / "b.cbz"), "-o", str(tmp_path / "out" / "b.cbz")]) == ExitCode.DONE
    capsys.readouterr()
    assert run([*words, "--dry-run"]) == ExitCode.DONE
    planned = capsys.readouterr()
    assert planned.err.splitlines() == [f"{tmp_path / 'out' / 'b.cbz'} exists, and is skipped."]
    assert run(words) == ExitCode.DONE
    assert planned.out == capsys.readouterr().out
    assert planned.out.splitlines() == [str(tmp_path / "out" / name) for name in ("a.cbz", "c.png")]


# Pages by another name


@pytest.mark.parametrize(("content", "name", "now"), [("PNG", "1.jpg", "JPEG"), ("JPEG", "1.png", "PNG")])
@pytest.mark.parametrize("in_book", [False, True])
def test_a_page_that_is_written_as_its_name_says_is_told(tmp_path, capsys, content, name, now, in_book):
    """Contract of the guide: whatever an output does not keep exactly is told."""
    data = page_bytes(1, content)
    path = tmp_path / ("a.cbz" if in_book else name)
    if in_book:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, data)
    else:
        path.write_bytes(data)
    assert run(["colorize", str(path), "-o", str(tmp_path / "out"), "--json"]) == ExitCode.DONE
    page, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert page["notes"] == [
        {"kind": "misnamed", "text": f"was {content} by another name, and is what its name says now"}
    ]
    assert summary["inexact"]["misnamed"] == 1
    assert run(["colorize", str(path), "-o", str(tmp_path / "again")]) == ExitCode.DONE
    assert "is what its name says now" in capsys.readouterr().err


def test_formats_that_are_asked_for_are_no_surprise(tmp_path, capsys):
    """Invariant: pages whose names say what they are have no such note, whatever they become."""
    for format, name in (("PNG", "1.png"), ("JPEG", "2.jpg"), ("BMP", "3.bmp")):
        (tmp_path / name).write_bytes(page_bytes(1, format))
    assert run(["colorize", str(tmp_path), "-o", str(tmp_path / "out"), "--format", "webp", "--json"]) == ExitCode.DONE
    assert not [page for page in map(json.loads, capsys.readouterr().out.splitlines()) if page.get("notes")]
