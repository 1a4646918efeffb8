"""Names as other systems take them, simulated where the system is missing.

Oracles: ntpath, Python's own rules for Windows; and the contract that no page is lost where two names mean one file.
"""

from __future__ import annotations

import errno
import ntpath
import unicodedata
from pathlib import Path

import pytest
from book_files import is_red, page_bytes
from hypothesis import given
from hypothesis import strategies as st
from stubs import Painter

from mangacolor.books import open_sinks, open_source, output_names, write_atomically
from mangacolor.books.files import extended, tells_names_apart
from mangacolor.books.naming import same_file
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import CannotWriteError


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
