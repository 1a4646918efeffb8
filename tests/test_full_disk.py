"""A disk that fills up: really, on a memory disk of a few hundred kilobytes where the tests may mount one.

Oracles: the exit status and message of the contract, and the disk itself: nothing half-written, the input as it was;
and a run with more room completes the job.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import re
import subprocess
import tarfile
import zipfile

import numpy as np
import pytest
from book_files import digest, skip_without_libarchive
from PIL import Image
from rar5 import stored_rar
from stubs import Painter

from mangacolor.books import open_sinks, open_source
from mangacolor.cli import run
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import CannotWriteError, ExitCode

pytestmark = pytest.mark.slow

PAGES = 8


class Noise(Painter):
    """Paints what does not pack: 22 KB a page."""

    settings = "noise"

    def colorize_page(self, page, hints=()):
        done, outcome = super().colorize_page(page, hints)
        done.rgb[:] = np.random.default_rng(self.painted).integers(0, 256, done.rgb.shape)
        return done, outcome


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, and a function that gives it another size."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a disk needs rights that this process has not")

    def resize(kilobytes):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(folder)], check=True)

    yield folder, resize
    subprocess.run(["umount", str(folder)], check=True)


def page_bytes(number):
    buffer = io.BytesIO()
    Image.new("L", (100, 75), 20 * number).save(buffer, "PNG")
    return buffer.getvalue()


def made(folder, kind):
    """Make a book, or a folder of pages."""
    path = folder / f"in.{kind}"
    pages = {f"{number}.png": page_bytes(number) for number in range(PAGES)}
    if kind == "folder":
        path.mkdir()
        for name, data in pages.items():
            (path / name).write_bytes(data)
    elif kind == "cbz":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in pages.items():
                archive.writestr(name, data)
    elif kind == "cbt":
        with tarfile.open(path, "w") as archive:
            for name, data in pages.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    elif kind == "cbr":
        skip_without_libarchive()
        path.write_bytes(stored_rar(pages))
    elif kind == "tif":
        images = [Image.open(io.BytesIO(data)) for data in pages.values()]
        images[0].save(path, save_all=True, append_images=images[1:])
    else:
        path.write_bytes(pytest.importorskip("img2pdf").convert(list(pages.values())))
        pytest.importorskip("pikepdf")
    return path


def no_room(self, folder):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def colour(path, output):
    sources = [open_source(path)]
    return list(colorize_pages(Noise(), sources, open_sinks(sources, output)))


@pytest.mark.parametrize(("kilobytes", "when"), [(100, "pages"), (250, "book")])
@pytest.mark.parametrize("kind", ["folder", "cbz", "cbt", "cbr", "tif", "pdf"])
def test_it_stops_with_the_space_it_needs_and_goes_on_with_more(tmp_path, disk, kind, kilobytes, when):
    """Contract: pages that are written are kept, and only the others are coloured by the second run."""
    output, resize = disk
    path = made(tmp_path, kind)
    before = digest(path) if path.is_file() else sorted(map(digest, path.iterdir()))
    resize(kilobytes)
    if kind == "folder" and when == "book":
        assert len(colour(path, output)) == PAGES  # no book to be made of them
        return
    with pytest.raises(CannotWriteError, match=r"it needs about [\d.]+ MB, [\d.]+ MB are free") as caught:
        colour(path, output)
    assert "free some space" in caught.value.advice
    needed, free = map(float, re.search(r"about ([\d.]+) MB, ([\d.]+) MB", str(caught.value)).groups())
    assert needed > free or kind == "folder"
    seen = [one for one in output.rglob("*") if one.is_file() and not any(p.startswith(".") for p in one.parts)]
    for page in seen:
        assert kind == "folder"
        Image.open(page).load()
    assert not list(output.rglob("*.part"))
    resize(2000)
    results = colour(path, output)
    kept = sum(result.status == "skipped" for result in results)
    assert {result.status for result in results} == {"skipped", "colored"} if when == "pages" else {"skipped"}
    assert kept >= 1
    assert before == (digest(path) if path.is_file() else sorted(map(digest, path.iterdir())))
    if kind != "folder":
        assert len(open_source(output / ("in.cbz" if kind == "cbr" else path.name))) == PAGES


def test_unpacking_where_temporary_files_have_no_room_goes_on_beside_the_book(tmp_path, disk, monkeypatch):
    """Contract: and nothing is left there."""
    folder, resize = disk
    book = tmp_path / "a.cbr"
    skip_without_libarchive()
    book.write_bytes(stored_rar({"1.png": page_bytes(1), "2": os.urandom(200_000)}))
    resize(64)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    results = colour(book, tmp_path / "out")
    assert [result.status for result in results] == ["colored"]
    monkeypatch.setattr("mangacolor.books.shelved.MOST_OPEN", 0)
    next(iter(open_source(book))).load()
    gc.collect()
    assert not list(tmp_path.glob(".mangacolor-*"))


def test_unpacking_on_a_full_disk_says_which_disk(tmp_path, disk, monkeypatch):
    """Contract: where there is no room beside the book either."""
    folder, resize = disk
    book = tmp_path / "a.cbr"
    skip_without_libarchive()
    book.write_bytes(stored_rar({"1.png": os.urandom(200_000)}))
    resize(64)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr("mangacolor.books.unpacked.UnpackedContainer._unpack", no_room)
    with pytest.raises(CannotWriteError, match=r"it needs about 0\.2 MB") as caught:
        next(iter(open_source(book))).load()
    assert "$TMPDIR" in caught.value.advice
    assert list(folder.iterdir()) == []


def test_the_command_ends_with_4(tmp_path, disk, tiny_weights, tiny_separator, capsys):
    """Contract of the exit status, and of the second run."""
    output, resize = disk
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        for number in range(3):
            noise = np.random.default_rng(number).integers(0, 256, (160, 120), np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(noise).save(buffer, "PNG")
            archive.writestr(f"{number}.png", buffer.getvalue())
    words = ["colorize", str(book), "-o", str(output), "-w", str(tiny_weights), "--separator", str(tiny_separator)]
    assert run([*words, "--force", "-q"]) == ExitCode.CANNOT_WRITE
    assert "needs about" in capsys.readouterr().err
    resize(4000)
    assert run([*words, "--force", "-q"]) == ExitCode.DONE
    assert (output / "a.cbz").exists()
