"""What a run tells: bars where somebody looks, one path for each output, a summary whatever ends it.

Oracle: the contract in the README, on a terminal that the test plays.
"""

from __future__ import annotations

import functools
import io
import json
import re
import sys
import zipfile

import numpy as np
import pytest
from book_files import page_bytes
from pictures import save_image
from stubs import Painter
from tqdm import tqdm

from mangacolor.cli import run
from mangacolor.cli.report import Report
from mangacolor.errors import BadInputError, ExitCode


class Terminal(io.StringIO):
    """A stderr that says it is one."""

    def isatty(self):
        return True


@pytest.fixture
def painter(monkeypatch):
    """In place of the networks; stops after as many pages as the test says."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    return painter


def make_book(path, pages=3):
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1, pages + 1):
            archive.writestr(f"{number}.png", page_bytes(number))
    return path


def drawn(monkeypatch, words):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    status = run(["colorize", *words])
    return status, terminal.getvalue()


def test_each_book_has_a_bar_and_several_have_one_of_books(tmp_path, monkeypatch, painter, capsys):
    """Contract: page, pages a second and time left for each book by name, books above it, and paths on stdout only."""
    books = [make_book(tmp_path / f"vol{number}.cbz") for number in (1, 2)]
    monkeypatch.setattr("mangacolor.cli.report.tqdm", _eager())
    status, told = drawn(monkeypatch, map(str, books))
    assert status == ExitCode.DONE
    assert re.search(r"vol1\.cbz: +100%.* 3/3 .*(page/s|s/page), 3\.png", told)
    assert re.search(r"vol2\.cbz: +67%.* 2/3 \[\d\d:\d\d<\d\d:\d\d", told)
    assert re.search(r"books: +50%.* 1/2 ", told)
    assert "Pages: 6 coloured." in told
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / f"vol{number}_color.cbz") for number in (1, 2)]


def test_pages_named_one_by_one_share_a_bar(tmp_path, monkeypatch, painter):
    """Contract: no bar of books, and none of a single page each."""
    pages = [save_image(tmp_path / f"{number}.png", np.zeros((20, 20), np.uint8)) for number in range(3)]
    monkeypatch.setattr("mangacolor.cli.report.tqdm", _eager())
    _, told = drawn(monkeypatch, map(str, pages))
    assert re.search(r"pages: +100%.* 3/3 ", told)
    assert "books:" not in told


@pytest.mark.parametrize("words", [[], ["--quiet"], ["--json"], ["--verbose"]])
def test_no_bars_where_nobody_looks_or_wants_them(tmp_path, monkeypatch, painter, words, capsys):
    """Contract: stderr that is no terminal, or an option, keeps them away; --quiet says nothing at all."""
    book = make_book(tmp_path / "a.cbz")
    if words:
        _, told = drawn(monkeypatch, [str(book), *words])
    else:
        run(["colorize", str(book)])
        told = capsys.readouterr().err
    assert "%" not in told
    assert bool(told) == (words not in (["--quiet"], ["--json"]))


def test_a_resumed_book_is_printed_even_if_no_page_was_left(tmp_path, painter, monkeypatch, capsys):
    """Contract: stdout names every output that this run completed; one that was complete before is not named."""
    book = make_book(tmp_path / "a.cbz")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("mangacolor.books.zip_writer.ZipWriter.add", full)
        assert run(["colorize", str(book)]) == ExitCode.CANNOT_WRITE
    told = capsys.readouterr()
    assert told.out == ""
    assert "Pages: " in told.err
    assert run(["colorize", str(book)]) == ExitCode.DONE
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(tmp_path / "a_color.cbz")]
    assert "Pages: 3 skipped, output exists." in told.err
    assert painter.painted == 3
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert capsys.readouterr().out == ""


def test_a_damaged_file_that_is_no_page_is_told(tmp_path, painter, capsys):
    """Contract: the book is there all the same, and the status says that something is wrong."""
    book = make_book(tmp_path / "a.cbz")
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("notes.txt", b"0123456789")
    book.write_bytes(book.read_bytes().replace(b"0123456789", b"9876543210"))
    assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(tmp_path / "a_color.cbz")]
    assert "notes.txt" in told.err


def test_a_book_that_cannot_be_completed_is_not_printed(tmp_path, painter, monkeypatch, capsys):
    """Contract: no path of a file that is not there."""
    book = make_book(tmp_path / "a.cbz")

    def refuse(*_):
        raise BadInputError("a.cbz is damaged.", advice="Copy it again.")

    monkeypatch.setattr("mangacolor.books.zipped.ZipContainer.rewrite", refuse)
    assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr()
    assert told.out == ""
    assert "a.cbz is damaged" in told.err


def test_a_run_that_skips_pages_says_how_to_do_them_anew(tmp_path, painter, capsys):
    """Contract: once, with the summary, and only where it helps; oracle: what the option then does."""
    book = make_book(tmp_path / "a.cbz")
    told = []
    for words in ([], ["--saturation", "2"], ["--saturation", "2", "--overwrite"]):
        assert run(["colorize", str(book), *words]) == ExitCode.DONE
        told.append(capsys.readouterr().err)
    assert [text.count("--overwrite") for text in told] == [0, 1, 0]
    assert told[1] == "Pages: 3 skipped, output exists. --overwrite does skipped ones anew.\n"
    assert painter.painted == 6


@pytest.mark.parametrize("words", [[], ["--json"]])
@pytest.mark.parametrize("pages", [0, 1, 8])
def test_an_interrupted_run_sums_up(tmp_path, painter, pages, words, capsys):
    """Contract: Ctrl-C gives the summary, then exit 130; it counts every page that was coloured, as all are written."""
    painter.stop_after = pages
    make_book(tmp_path / "a.cbz", pages=10)
    assert run(["colorize", str(tmp_path / "a.cbz"), *words]) == ExitCode.INTERRUPTED
    told = capsys.readouterr()
    if words:
        *lines, summary = map(json.loads, told.out.splitlines())
        assert [line["page"] for line in lines] == [f"{number}.png" for number in range(1, pages + 1)]
        assert summary["summary"]["colored"] == pages
    else:
        assert f"Pages: {pages} coloured." in told.err if pages else "Pages: none finished." in told.err
    assert "Interrupted" in told.err


def test_a_run_interrupted_between_its_pages_tells_what_is_written(tmp_path, painter, monkeypatch, capsys):
    """Contract: the same where Ctrl-C comes while a page is told; oracle: files on the disk."""
    for number in range(1, 10):
        save_image(tmp_path / "in" / f"{number}.png", np.zeros((20, 20), np.uint8))
    told_page = Report.page

    def page(report, result):
        told_page(report, result)
        if result.name == "1.png":
            raise KeyboardInterrupt

    monkeypatch.setattr(Report, "page", page)
    assert run(["colorize", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == ExitCode.INTERRUPTED
    told = capsys.readouterr()
    written = sorted(map(str, (tmp_path / "out").glob("*.png")))
    assert len(written) > 1
    assert told.out.splitlines() == written
    assert f"Pages: {len(written)} coloured." in told.err


def _eager():
    """Bars that draw each step, which otherwise depends on the clock."""
    made = functools.partial(tqdm, mininterval=0, miniters=1, ncols=100)
    made.external_write_mode = tqdm.external_write_mode
    return made
