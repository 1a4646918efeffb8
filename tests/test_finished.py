"""Finished means finished: what a next run does about pages that failed, and about inputs and settings that changed.

Oracle: the contract in the README; the pages painted by a painter that counts them.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile

import pytest
from book_files import colour, contents, is_red, page_bytes, skip_without_libarchive
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books.zipped import ZipContainer
from mangacolor.cli import run
from mangacolor.errors import ExitCode


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    return painter


def make(path, files, changed=None):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    if changed is not None:
        os.utime(path, ns=changed)
    return path


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


GOOD, BAD = page_bytes(1), b"\x89PNG\r\n\x1a\n broken"


def test_a_book_whose_pages_all_failed_is_not_written_and_is_tried_again(tmp_path, capsys):
    """Contract: the same status as before, and nothing that looks finished."""
    book = make(tmp_path / "a.cbz", {"1.png": BAD, "2.png": b""})
    for _ in range(2):
        assert run(["colorize", str(book)]) == ExitCode.BAD_INPUT
        assert "Pages: 2 failed." in capsys.readouterr().err
        assert [path.name for path in tmp_path.iterdir()] == ["a.cbz"]


def test_pages_that_failed_are_tried_again_until_they_are_done(tmp_path, painter, monkeypatch, capsys):
    """Contract: 6 until then, and no page that was done is painted twice; then nothing hidden is left."""
    book = make(tmp_path / "a.cbz", {"1.png": GOOD, "2.png": page_bytes(2), "3.png": page_bytes(3), "x.xml": b"<x/>"})
    paint = painter.colorize_page

    def short_of_memory(page, hints=()):
        if page.rgb[0, 0, 0] == 80:
            raise MemoryError
        return paint(page, hints)

    with monkeypatch.context() as patch:
        patch.setattr(painter, "colorize_page", short_of_memory)
        assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
        assert "2.png needs more memory" in capsys.readouterr().err
        first = contents(tmp_path / "a_color.cbz")
        assert [is_red(first[name]) for name in ("1.png", "2.png", "3.png")] == [True, False, True]
        assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
        told = capsys.readouterr()
        assert told.out == ""
        assert "2 skipped, output exists; 1 failed" in told.err
    assert painter.painted == 2
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert painter.painted == 3
    assert capsys.readouterr().out.strip() == str(tmp_path / "a_color.cbz")
    last = contents(tmp_path / "a_color.cbz")
    assert all(is_red(last[name]) for name in ("1.png", "2.png", "3.png"))
    assert last["x.xml"] == b"<x/>"
    assert hidden(tmp_path) == []
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert painter.painted == 3


def test_a_rar_whose_page_failed_is_completed_in_the_zip_that_it_became(tmp_path, painter, monkeypatch):
    """Invariant: folders of the RAR have no entry in the ZIP, and the right page is replaced all the same."""
    skip_without_libarchive()
    book = tmp_path / "a.cbr"
    book.write_bytes(stored_rar({"a/": b"", "a/1.png": GOOD, "b/": b"", "b/2.png": page_bytes(2), "c.txt": b"notes"}))
    with monkeypatch.context() as patch:
        paint = painter.colorize_page
        patch.setattr(
            painter,
            "colorize_page",
            lambda page, hints=(): 1 / 0 if page.rgb[0, 0, 0] == 80 else paint(page, hints),
        )
        results, target = colour(book, painter, page="a/1.png")
    assert [result.status for result in results] == ["colored", "failed"]
    assert "ZeroDivisionError" in results[1].error
    colour(book, painter, page="a/1.png")
    done = contents(target)
    assert is_red(done["a/1.png"])
    assert is_red(done["b/2.png"])
    assert done["c.txt"] == b"notes"
    assert painter.painted == 2


def test_a_repaired_book_is_done_anew(tmp_path, painter):
    """Contract: with another input, what was left of the last run is not mixed in."""
    book = make(tmp_path / "a.cbz", {"1.png": GOOD, "2.png": BAD}, changed=(10**18, 10**18))
    assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
    make(book, {"1.png": GOOD, "2.png": page_bytes(2)}, changed=(10**18, 2 * 10**18))
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert painter.painted == 3
    assert all(is_red(data) for data in contents(tmp_path / "a_color.cbz").values())
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("words", [["--overwrite"], ["--quality", "80"]])
def test_other_settings_and_overwrite_do_an_unfinished_book_anew(tmp_path, painter, words):
    """Contract: one book is never of two settings. A finished one is left alone unless --overwrite is said."""
    book = make(tmp_path / "a.cbz", {"1.png": GOOD, "2.png": BAD})
    assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
    assert run(["colorize", str(book), *words]) == ExitCode.SOME_PAGES_FAILED
    assert painter.painted == 2
    whole = make(tmp_path / "b.cbz", {"1.png": GOOD})
    run(["colorize", str(whole)])
    assert run(["colorize", str(whole), *words]) == ExitCode.DONE
    assert painter.painted == (4 if words == ["--overwrite"] else 3)


def test_overwriting_that_fails_leaves_the_book_and_its_status_honest(tmp_path, painter, monkeypatch):
    """Contract: the old book stays, and the next run goes on."""
    book = make(tmp_path / "a.cbz", {"1.png": GOOD})
    assert run(["colorize", str(book)]) == ExitCode.DONE
    with monkeypatch.context() as patch:
        patch.setattr(painter, "colorize_page", lambda page, hints=(): 1 / 0)
        assert run(["colorize", str(book), "--overwrite"]) == ExitCode.BAD_INPUT
    assert is_red(contents(tmp_path / "a_color.cbz")["1.png"])
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert painter.painted == 2


@pytest.mark.parametrize("trouble", ["unreadable", "fewer", "size"])
def test_a_book_that_did_not_come_out_whole_does_not_take_its_place(tmp_path, monkeypatch, trouble, capsys):
    """Contract: the run fails, its pages wait, and the next one completes the book."""
    book = make(tmp_path / "a.cbz", {"1.png": GOOD, "2.png": page_bytes(2)})
    container = ZipContainer
    rewrite = container.rewrite

    def spoil(self, target, replacements):
        damage = rewrite(self, target, replacements)
        if trouble == "unreadable":
            target.write_bytes(target.read_bytes()[:-30])
        elif trouble == "fewer":
            make(target, {"1.png": GOOD})
        else:
            make(target, {"1.png": GOOD, "2.png": page_bytes(2, size=(5, 5))})
        return damage

    with monkeypatch.context() as patch:
        patch.setattr(container, "rewrite", spoil)
        assert run(["colorize", str(book)]) == ExitCode.SOME_PAGES_FAILED
    assert "did not come out whole" in capsys.readouterr().err
    assert not (tmp_path / "a_color.cbz").exists()
    assert run(["colorize", str(book)]) == ExitCode.DONE
    assert "Pages: 2 skipped" in capsys.readouterr().err
    assert hidden(tmp_path) == []


def test_an_input_that_changed_since_is_told_once_and_left(tmp_path, painter, capsys):
    """Contract: finished outputs are skipped, whatever changed; JSON counts the pages."""
    page, book = tmp_path / "1.png", make(tmp_path / "a.cbz", {"1.png": GOOD, "2.png": page_bytes(2)})
    page.write_bytes(GOOD)
    words = ["colorize", str(page), str(book), "-o", str(tmp_path / "out")]
    assert run(words) == ExitCode.DONE
    capsys.readouterr()
    assert run(words) == ExitCode.DONE
    assert "changed" not in capsys.readouterr().err
    for path in (page, book):
        os.utime(path, (2**32, 2**32))
    assert run(words) == ExitCode.DONE
    told = capsys.readouterr().err
    assert told.count("--overwrite") == 2
    assert run([*words, "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["inexact"]["stale"] == 3
    assert painter.painted == 3


@pytest.mark.parametrize(("words", "is_seen"), [([], False), (["--verify"], True), (["--no-verify"], False)])
def test_files_are_read_again_where_that_is_asked_for(tmp_path, monkeypatch, words, is_seen):
    """Contract: what came out as something else is no output, and the next run makes it."""
    page = tmp_path / "1.png"
    page.write_bytes(GOOD)
    module = sys.modules["mangacolor.books.folder_sink"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_atomically", lambda path, data, **words: path.write_bytes(data[:-9]))
        status = run(["colorize", str(page), *words])
    assert status == (ExitCode.BAD_INPUT if is_seen else ExitCode.DONE)
    assert (tmp_path / "1_color.png").exists() == (not is_seen)
