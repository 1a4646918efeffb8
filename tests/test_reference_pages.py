"""Following books: oracles are the same pictures given one by one, and the written contract of `read_references`."""

import io
import zipfile

import numpy as np
import pytest
from pictures import draw_art, greyed, save_image
from PIL import Image

from mangacolor.books import open_source
from mangacolor.cli import run
from mangacolor.colorize.reference_pages import PAGES_OF_A_BOOK, read_references
from mangacolor.errors import BadInputError, ExitCode


def as_png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write_book(path, pages):
    with zipfile.ZipFile(path, "w") as book:
        for number, data in enumerate(pages):
            book.writestr(f"{number:02}.png", data)
    return path


@pytest.fixture
def volume(tmp_path):
    """A cover in colour and two grey pages."""
    pages = [draw_art(1, 300, 220), greyed(draw_art(2, 300, 220)), greyed(draw_art(3, 300, 220))]
    return write_book(tmp_path / "vol1.cbz", [as_png(page) for page in pages])


def pages_of(book):
    with zipfile.ZipFile(book) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_a_book_can_follow_its_own_cover(volume, tmp_path, seeing_weights, installed_separator, monkeypatch):
    """Oracle: the cover given as a picture; without it the pages come out otherwise.

    Cell by cell, for with untrained weights whole things agree on no colour.
    """
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", str(seeing_weights))
    cover = save_image(tmp_path / "cover.png", draw_art(1, 300, 220))
    made = {}
    for name, words in {"own": [volume], "cover": [cover], "none": []}.items():
        options = [option for path in words for option in ("--reference", str(path))]
        target = ["--fast", "-o", str(tmp_path / f"{name}.cbz")]
        assert run(["colorize", str(volume), *target, *options]) == ExitCode.DONE
        made[name] = pages_of(tmp_path / f"{name}.cbz")
    assert made["own"] == made["cover"]
    assert made["own"]["00.png"] == made["none"]["00.png"]
    assert made["own"]["01.png"] != made["none"]["01.png"]


def test_pages_in_colour_are_chosen_evenly(tmp_path):
    """Contract: at most so many, the first always; grey, broken and too large pages are passed over."""
    colours = [draw_art(seed, 90, 70) for seed in range(12)]
    pages = [as_png(greyed(draw_art(20, 90, 70))), b"broken", as_png(draw_art(21, 400, 300)), *map(as_png, colours)]
    book = open_source(write_book(tmp_path / "book.cbz", pages))
    chosen = read_references(book, max_pixels=10_000)
    assert len(chosen) == PAGES_OF_A_BOOK
    for page, expected in zip(chosen, colours[:: len(colours) // PAGES_OF_A_BOOK], strict=True):
        np.testing.assert_array_equal(page, expected)
    few = open_source(write_book(tmp_path / "few.cbz", [pages[0], *pages[3:5]]))
    assert len(read_references(few)) == 2


def test_a_picture_by_itself_must_be_in_colour(tmp_path):
    """Contract: a grey one would take the colour from every page, without a word; a broken one is told as such."""
    picture = save_image(tmp_path / "cover.png", draw_art(0))
    (reference,) = read_references(open_source(picture))
    np.testing.assert_array_equal(reference, draw_art(0))
    with pytest.raises(BadInputError, match=r"grey\.png: it is not in colour, so there is nothing to follow"):
        read_references(open_source(save_image(tmp_path / "grey.png", greyed(draw_art(0)))))
    picture.write_bytes(b"broken")
    with pytest.raises(BadInputError, match="not a picture"):
        read_references(open_source(picture))


def test_a_book_without_colour_is_refused_before_anything_is_written(
    tmp_path, seeing_weights, installed_separator, monkeypatch, capsys
):
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", str(seeing_weights))
    book = write_book(tmp_path / "grey.cbz", [as_png(greyed(draw_art(seed))) for seed in range(3)])
    with pytest.raises(BadInputError, match="none of its pages is in colour"):
        read_references(open_source(book))
    assert run(["colorize", str(book), "--reference", str(book)]) == ExitCode.BAD_INPUT
    assert "grey.cbz" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grey.cbz"]
