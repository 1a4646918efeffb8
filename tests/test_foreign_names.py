"""Names as other systems take them, simulated where the system is missing.

Oracles: ntpath, Python's own rules for Windows; and the contract that no page is lost where two names mean one file.
"""

from __future__ import annotations

import errno
import ntpath
import os
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest
from book_files import colour, contents, is_red, page_bytes, skip_without_libarchive, tarred, zipped
from hypothesis import given
from hypothesis import strategies as st
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books import open_library, open_sinks, open_source, output_names, place_sources, write_atomically
from mangacolor.books.files import extended, tells_names_apart
from mangacolor.books.naming import same_file
from mangacolor.cli import run
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import CannotWriteError, ExitCode


@pytest.mark.parametrize("path", ["C:\\a", "C:\\" + "a" * 300, "\\\\server\\share\\" + "漫画\\" * 100 + "1.png"])
def test_long_paths_of_windows(path):
    """Contract of Windows: the long form names the same drive and file, and is taken once."""
    long = extended(path)
    assert (long == path) == (len(path) < 240)
    assert extended(long) == long
    assert long.endswith(path.removeprefix("\\\\"))
    drive = ntpath.splitdrive(path)[0].removeprefix("\\\\")
    assert ntpath.splitdrive(long)[0].endswith(drive)


def test_a_disk_that_takes_no_such_name_says_so(tmp_path, monkeypatch):
    """Contract: exFAT refuses colons, macOS bytes that are no UTF-8; the advice names both ways out."""
    for code in (errno.EINVAL, errno.EILSEQ):

        def refuse(self, target, code=code):
            raise OSError(code, "Invalid argument", str(target))

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", refuse)
            with pytest.raises(CannotWriteError) as caught:
                write_atomically(tmp_path / "a:b.png", b"1")
        assert "rename" in caught.value.advice
        assert list(tmp_path.iterdir()) == []


def _refuse(monkeypatch, is_refused, error):
    """Let a disk refuse names as another system's would."""
    rename = Path.replace

    def replace(self, target):
        if is_refused(Path(target).name):
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EILSEQ, errno.ENAMETOOLONG, errno.EISDIR, errno.EACCES])
def test_a_name_that_a_disk_refuses_costs_that_page_alone(tmp_path, monkeypatch, code, capsys):
    """Contract: 6 with the others done, 4 where it is the only one, and the next run does it where it may."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())
    pages, out = tmp_path / "in", tmp_path / "out"
    pages.mkdir()
    for number, name in enumerate(["1.png", "a:b.png", "c.png"]):
        (pages / name).write_bytes(page_bytes(number))
    for name in ("d:e.cbz", "f.cbz"):
        with zipfile.ZipFile(pages / name, "w") as book:
            book.writestr("1.png", page_bytes(7))
    with monkeypatch.context() as patch:
        _refuse(patch, lambda name: ":" in name, OSError(code, "refused"))
        assert run(["colorize", str(pages), "-o", str(out)]) == ExitCode.SOME_PAGES_FAILED
        told = capsys.readouterr().err
        assert "a:b.png cannot be written" in told
        assert "d:e.cbz cannot be written" in told
        assert sorted(path.name for path in out.iterdir() if path.is_file()) == ["1.png", "c.png", "f.cbz"]
        assert run(["colorize", str(pages / "a:b.png"), "-o", str(tmp_path / "one")]) == ExitCode.CANNOT_WRITE
    assert run(["colorize", str(pages), "-o", str(out)]) == ExitCode.DONE
    assert len(list(out.iterdir())) == 5


class Locked(PermissionError):
    """As Windows raises it."""

    winerror = 32


def test_a_file_that_is_open_elsewhere_is_asked_for_again(tmp_path, monkeypatch):
    """Contract of Windows: a scanner for viruses has done soon, a viewer has not; the old file is whole either way."""
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    path = tmp_path / "1.png"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        _refuse(patch, lambda name: len(waits) < 2, Locked(errno.EACCES, "in use"))
        write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert len(waits) == 2
    _refuse(monkeypatch, lambda name: True, Locked(errno.EACCES, "in use"))
    with pytest.raises(CannotWriteError) as caught:
        write_atomically(path, b"newer")
    assert "Close the program" in caught.value.advice
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


UNTAKEN = [
    "CON.png",
    "nul.png",
    "com1.png",
    "a .png",
    "b./c.png",
    "d /e.png",
    "f:g.png",
    'h"i?.png',
    "j|k<l>.png",
    "m*.png",
]


@pytest.mark.parametrize("make", [zipped, tarred, lambda path, files: path.write_bytes(stored_rar(files))])
def test_names_inside_books_are_never_names_on_a_disk(tmp_path, monkeypatch, make):
    """Contract: what Windows takes for no file (devices, dots and spaces at an end, signs) is a page like any other.

    What it takes for a file on a drive gets another sign, as other programs unpack the book that is written.
    """
    if make not in (zipped, tarred):
        skip_without_libarchive()
    book = tmp_path / "book"
    files = {name: page_bytes(number) for number, name in enumerate(UNTAKEN)}
    make(book, files)
    made = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _AUDITS.append(lambda path, mode: made.append(path) if str(tmp_path) in path else None)
    try:
        results, target = colour(book, page=UNTAKEN[0])
    finally:
        _AUDITS.clear()
    assert {result.status for result in results} == {"colored"}
    assert contents(target).keys() == {name.replace("f:g", "f_g") for name in UNTAKEN}
    assert made
    for path in made:
        name = Path(path).name
        assert name.rstrip(". ") == name
        assert not set(name) & set('<>:"|?*\\')
        assert name.partition(".")[0].casefold() not in ("con", "nul", "com1")


_AUDITS = []


def _audit(event, facts):
    if _AUDITS and event in ("open", "os.mkdir", "os.rename"):
        for one in facts[:2]:
            if isinstance(one, str):
                _AUDITS[0](one, event)


sys.addaudithook(_audit)


def test_inputs_that_may_only_be_read_are_enough(tmp_path, monkeypatch):
    """Contract: nothing is written beside them but what was asked for, and outputs may be written over."""
    pages = tmp_path / "in"
    pages.mkdir()
    (pages / "1.png").write_bytes(page_bytes(1))
    zipped(pages / "a.cbz", {"1.png": page_bytes(2)})
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in pages.iterdir()}
    for path in (*pages.iterdir(), pages):
        path.chmod(0o555 if path.is_dir() else 0o444)
    made = []
    _AUDITS.append(lambda path, event: made.append(path) if event != "open" and str(pages) in path else None)
    try:
        sources, _ = open_library(pages)
        sinks = open_sinks(sources, tmp_path / "out")
        assert {result.status for result in colorize_pages(Painter(), sources, sinks)} == {"colored"}
    finally:
        _AUDITS.clear()
        pages.chmod(0o755)
    assert made == []
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in pages.iterdir()} == before
    for path in (tmp_path / "out").iterdir():
        assert os.access(path, os.W_OK)
        assert path.stat().st_mode & 0o200


def test_this_disk_is_known(tmp_path):
    """Oracle: two files whose names differ in case alone."""
    (tmp_path / "probe").touch()
    (tmp_path / "PROBE").touch()
    assert tells_names_apart(tmp_path) == (len(list(tmp_path.iterdir())) == 2)
    assert tells_names_apart(tmp_path / "not" / "there") == tells_names_apart(tmp_path)


NAMES = ["A.png", "a.png", "é.png", unicodedata.normalize("NFD", "é.png"), "b.jpg", "B.gif"]


def test_pages_that_such_a_disk_takes_for_one_are_all_written(tmp_path, monkeypatch):
    """Contract: where case and accents do not count, names that differ in nothing else get a number."""
    for number, name in enumerate(NAMES):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(page_bytes(number))
    if len(list((tmp_path / "in").iterdir())) < len(NAMES):
        pytest.skip("this disk takes them for one")
    for is_strict in (True, False):
        monkeypatch.setattr("mangacolor.books.sink.tells_names_apart", lambda folder, answer=is_strict: answer)
        sources = [open_source(tmp_path / "in")]
        sinks = open_sinks(sources, tmp_path / f"out {is_strict}")
        assert {result.status for result in colorize_pages(Painter(), sources, sinks)} == {"colored"}
        written = list((tmp_path / f"out {is_strict}").iterdir())
        assert len(written) == len(NAMES)
        assert all(is_red(path.read_bytes()) for path in written)
        meant = {same_file(path.name) for path in written}
        assert len(meant) == (len(NAMES) if not is_strict else len(NAMES) - 2)


def test_of_two_books_that_such_a_disk_takes_for_one_the_second_is_told(tmp_path, monkeypatch):
    """Contract of `place_sources`: no two books have one output, which the second would be skipped for."""
    books = [tmp_path / "A" / "Vol é.cbz", tmp_path / "B" / unicodedata.normalize("NFD", "vol é.cbz")]
    for path in books:
        path.parent.mkdir()
        zipped(path, {"1.png": page_bytes(1)})
    sources = [open_source(path) for path in books]
    monkeypatch.setattr("mangacolor.books.sink.tells_names_apart", lambda folder: False)
    placed, ((left_out, error),) = place_sources(sources, tmp_path / "out")
    assert [source.path for source, _ in placed] == books[:1]
    assert left_out == books[1]
    assert "Two inputs would be written to" in str(error)
    monkeypatch.setattr("mangacolor.books.sink.tells_names_apart", lambda folder: True)
    assert len(open_sinks(sources, tmp_path / "out")) == 2


@given(
    names=st.lists(st.sampled_from([*NAMES, "x/a.png", "X/a.png", "a", "a.png.png", "a (2).png"]), unique=True),
    choice=st.sampled_from(["keep", "png", "webp"]),
)
def test_every_page_has_a_name_of_its_own(names, choice):
    """Invariant: also where case and accents do not count, none is shared, and each stays in its folder."""
    outputs = output_names(names, choice, is_strict=False)
    assert list(outputs) != [] or not names
    assert outputs.keys() == set(names)
    assert len({same_file(output) for output in outputs.values()}) == len(names)
    assert all(Path(output).parent == Path(name).parent for name, output in outputs.items())
