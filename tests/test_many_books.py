"""Thousands of books in one run: what is open at a time, and what is left of a process that was killed.

Oracles: the system's list of open files, and the folders that are there.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from book_files import page_bytes, skip_without_libarchive
from rar5 import stored_rar

from mangacolor.books import open_source
from mangacolor.books.scratch import scratch_folder, sweep_scratch
from mangacolor.books.shelved import MOST_OPEN
from mangacolor.errors import BadInputError


def shelf(folder, count):
    skip_without_libarchive()
    for number in range(count):
        (folder / f"{number}.cbr").write_bytes(stored_rar({"1.png": page_bytes(number)}))
    return [open_source(folder / f"{number}.cbr") for number in range(count)]


@pytest.mark.parametrize("order", ["one by one", "in turns"])
def test_few_books_are_unpacked_at_a_time(tmp_path, monkeypatch, order):
    """Invariant: in whatever order they are read, each gives its own page."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    books = shelf(tmp_path, 3 * MOST_OPEN)
    for number in [*range(len(books))] * (1 if order == "one by one" else 2):
        (entry,) = books[number]
        assert entry.container.read(entry.index) == page_bytes(number)
        assert len(list((tmp_path / "tmp").iterdir())) <= MOST_OPEN + 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux lists them")
@pytest.mark.parametrize("suffix", ["pdf", "cbt"])
def test_books_that_wait_hold_no_file(tmp_path, suffix):
    import tarfile

    pikepdf = pytest.importorskip("pikepdf")
    before = len(list(Path("/proc/self/fd").iterdir()))
    books = []
    for number in range(40):
        path = tmp_path / f"{number}.{suffix}"
        if suffix == "pdf":
            with pikepdf.new() as document:
                document.add_blank_page()
                document.save(path)
        else:
            (tmp_path / "1.png").write_bytes(page_bytes(number))
            with tarfile.open(path, "w") as archive:
                archive.add(tmp_path / "1.png", "1.png")
        books.append(open_source(path))
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3 * MOST_OPEN


def test_a_book_that_changed_while_it_waited_is_told(tmp_path):
    books = shelf(tmp_path, MOST_OPEN + 2)
    (tmp_path / "0.cbr").write_bytes(stored_rar({"2.png": page_bytes(1)}))
    with pytest.raises(BadInputError, match=r"0\.cbr has changed"):
        next(iter(books[0])).load()


def test_what_a_killed_process_unpacked_is_cleared_and_that_of_a_living_one_is_not(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from mangacolor.books.scratch import scratch_folder\n"
        "class Owner: pass\n"
        "owner = Owner(); folder, drop = scratch_folder(owner, Path(sys.argv[1]))\n"
        "print(folder, flush=True); time.sleep(100)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(sys.modules["mangacolor"].__file__).parents[1])}
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        theirs = Path(process.stdout.readline().strip())
        assert theirs.is_dir()
        ours, _ = scratch_folder(test_books_that_wait_hold_no_file, tmp_path)
        assert theirs.is_dir()
        process.kill()
        process.wait()
    sweep_scratch(tmp_path)
    another, drop = scratch_folder(test_books_that_wait_hold_no_file, tmp_path)
    assert not theirs.exists()
    assert ours.is_dir()
    assert another.is_dir()
    drop()
    assert not another.exists()
