"""`-`: a picture or a book from stdin, and to stdout.

Oracles: Pillow and `zipfile`, which read what comes out; contracts in docs/guide.md.
"""

from __future__ import annotations

import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from book_files import is_red, page_bytes, zipped
from pictures import save_image
from PIL import Image
from stubs import Painter

from mangacolor.cli import run
from mangacolor.errors import ExitCode


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    return painter


@pytest.fixture
def piped(monkeypatch, capfdbinary):
    """Run the command with bytes on stdin; returns its exit status, what came out, and what it said."""

    def go(data, *words):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        status = run(["colorize", *map(str, words)])
        out, err = capfdbinary.readouterr()
        return status, out, err.decode()

    return go


@pytest.mark.parametrize("words", [["-"], ["-", "-o", "-"]])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_and_goes_in_its_format(piped, words, format):
    status, out, err = piped(page_bytes(1, format), *words)
    assert status == ExitCode.DONE
    assert Image.open(io.BytesIO(out)).format == format
    assert is_red(out)
    assert "Pages: 1 coloured." in err


def test_a_book_comes_and_goes(piped, tmp_path):
    files = {"1.png": page_bytes(1), "2.png": page_bytes(2), "note.txt": b"thanks"}
    status, out, _ = piped(zipped(tmp_path / "a.cbz", files).read_bytes(), "-")
    assert status == ExitCode.DONE
    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        assert archive.read("note.txt") == b"thanks"
        assert all(is_red(archive.read(name)) for name in ("1.png", "2.png"))


def test_stdin_goes_to_a_file_and_a_file_to_stdout(piped, tmp_path, painter):
    """Contract: what is in the file that is named is of another stdin, and is replaced; its path goes to stdout."""
    target = tmp_path / "out.png"
    for count in (1, 2):
        status, out, _ = piped(page_bytes(count), "-", "-o", target)
        assert (status, out.decode().splitlines()) == (ExitCode.DONE, [str(target)])
        assert painter.painted == count
    page = save_image(tmp_path / "page.png", np.zeros((20, 20), np.uint8))
    status, out, _ = piped(b"", page, "-o", "-")
    assert status == ExitCode.DONE
    assert is_red(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.png", "page.png"]


@pytest.mark.parametrize("data", [b"", b"junk"])
def test_what_is_no_picture_brings_nothing_out(piped, data):
    status, out, err = piped(data, "-")
    assert (status, out) == (ExitCode.BAD_INPUT, b"")
    assert "stdin" in err
    assert data or "stdin is empty.\nThe command before the pipe gave nothing" in err


@pytest.mark.parametrize(
    "words",
    [
        ["-", "a.png"], ["-", "-"], ["{folder}", "-o", "-"], ["-", "--json"], ["-", "--dry-run"], ["-", "--watch"],
        ["-", "--layers", "ora"], ["-", "--shard", "1/2"], ["a.png", "-o", "-", "--json"],
    ],
)  # fmt: skip
def test_what_goes_with_no_pipe_is_wrong_usage(piped, tmp_path, words):
    status, out, err = piped(page_bytes(1), *(word.format(folder=tmp_path) for word in words))
    assert (status, out) == (ExitCode.USAGE, b"")
    assert "Pipes" in err


def test_a_file_may_be_called_like_a_pipe(piped, tmp_path):
    """Contract: with its folder it is a file."""
    (tmp_path / "-").write_bytes(page_bytes(1))
    status, out, _ = piped(b"", tmp_path / "-", "-o", tmp_path / "out.png")
    assert (status, out.decode().splitlines()) == (ExitCode.DONE, [str(tmp_path / "out.png")])
