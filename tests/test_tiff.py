"""TIFF files of several pages. Oracle: Pillow, which made the input, reads each frame of the output."""

from __future__ import annotations

import io

import numpy as np
import pytest
from book_files import colour, digest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from stubs import RED, Painter

from mangacolor.books import open_library, open_source
from mangacolor.books.tiff_frames import FrameWriter, read_frames
from mangacolor.errors import BadInputError


def grey(number, size=(20, 30)):
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, size[::-1], dtype=np.uint8))


def made(path, pages, **options):
    pages[0].save(path, save_all=True, append_images=pages[1:], **options)
    return path


def frames(path):
    with Image.open(path) as image:
        return [frame.copy() for frame in ImageSequence.Iterator(image)]


def is_red(image):
    return (np.asarray(image) == RED).all()


@pytest.fixture
def book(tmp_path):
    return made(tmp_path / "vol1.tif", [grey(number) for number in range(11)], compression="tiff_lzw", dpi=(300, 300))


def test_each_page_is_coloured_and_written_back(book):
    """Contract: pages in their order, lossless, with their resolution; the input untouched."""
    before = digest(book)
    results, target = colour(book, page="page 01.tif")
    assert [result.name for result in results] == [f"page {number:02}.tif" for number in range(1, 12)]
    assert target.name == "vol1_color.tif"
    assert all(is_red(page) and page.size == (20, 30) for page in frames(target))
    assert len(frames(target)) == 11
    assert frames(target)[4].info["dpi"] == (300, 300)
    assert digest(book) == before
    assert {result.status for result in colour(book, page="page 01.tif")[0]} == {"skipped"}


def test_an_interrupted_file_goes_on(book):
    """Contract: as for archives."""
    with pytest.raises(KeyboardInterrupt):
        colour(book, Painter(stop_after=3), page="page 01.tif")
    results, target = colour(book, page="page 01.tif")
    assert [result.status for result in results] == ["skipped"] * 3 + ["colored"] * 8
    assert all(is_red(page) for page in frames(target))


class FailsOnTheSecond(Painter):
    def colorize_page(self, page, hints=()):
        if page.rgb.shape[:2] == (31, 21):
            raise BadInputError("no")
        return super().colorize_page(page, hints)


@pytest.mark.parametrize("big", [False, True])
def test_a_page_that_fails_keeps_its_pixels_and_its_packing(tmp_path, big):
    """Contract: 1-bit pages packed as fax stay so beside coloured ones."""
    bits = Image.fromarray(np.eye(31, 21, dtype=np.uint8) * 255).convert("1")
    book = made(tmp_path / "a.tif", [grey(1).convert("1"), bits], compression="group4", big_tiff=big)
    results, target = colour(book, FailsOnTheSecond(), page="page 1.tif")
    assert [result.status for result in results] == ["colored", "failed"]
    first, second = frames(target)
    assert is_red(first)
    assert (second.mode, second.info["compression"]) == ("1", "group4")
    np.testing.assert_array_equal(np.asarray(second), np.asarray(bits))


def test_a_thumbnail_is_no_page_and_a_single_page_no_book(tmp_path):
    """Contract: the tag that says so decides (254, bit 0)."""
    copy = grey(2, (5, 7))
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    with_thumbnail = made(tmp_path / "a.tif", [grey(1), copy])
    assert [page.name for page in open_source(with_thumbnail)] == ["a.tif"]
    both = made(tmp_path / "b.tif", [grey(1), copy, grey(3)])
    results, target = colour(both, page="page 1.tif")
    assert [result.name for result in results] == ["page 1.tif", "page 3.tif"]
    np.testing.assert_array_equal(np.asarray(frames(target)[1]), np.asarray(copy))


def test_a_library_takes_them_for_books_and_others_for_pages(tmp_path):
    """Contract: told by content, and no page is lost."""
    made(tmp_path / "several.tif", [grey(1), grey(2)])
    grey(3).save(tmp_path / "one.tif")
    (tmp_path / "broken.tif").write_bytes(b"II*\0rubbish and more rubbish")
    sources, broken = open_library(tmp_path)
    assert [[page.name for page in source] for source in sources] == [
        ["broken.tif", "one.tif"], ["page 1.tif", "page 2.tif"],
    ]  # fmt: skip
    assert broken == []


@given(
    mode=st.sampled_from(["1", "L", "RGB", "I;16", "P", "CMYK", "F"]),
    compression=st.sampled_from([None, "tiff_lzw", "packbits", "tiff_adobe_deflate"]),
    sizes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=3),
    # Pillow cannot read a BigTIFF in big-endian order.
    kind=st.sampled_from([("<", False), (">", False), ("<", True)]),
    from_big=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_copied_frames_are_the_same_pictures(mode, compression, sizes, kind, from_big):
    """Oracle: Pillow, for any mode, packing, byte order and kind; 16 bits and more keep their order."""
    images = [grey(number, size).convert("L" if mode == "I;16" else mode) for number, size in enumerate(sizes)]
    if mode == "I;16":
        images = [Image.fromarray(np.asarray(image).astype(np.uint16) * 257) for image in images]
    source, result = io.BytesIO(), io.BytesIO()
    images[0].save(source, "TIFF", save_all=True, append_images=images[1:], compression=compression, big_tiff=from_big)
    found, own_order, _ = read_frames(source, most=10)
    order, is_big = kind
    writer = FrameWriter(result, order=own_order if mode in ("I;16", "F") else order, is_big=is_big)
    for frame in found:
        writer.add(source, frame)
    with Image.open(result) as copy:
        for image, frame in zip(images, ImageSequence.Iterator(copy), strict=True):
            np.testing.assert_array_equal(np.asarray(frame), np.asarray(image))


@given(place=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_bad_input_or_another_file(place, value, cut):
    """Invariant: one byte changed, or the end missing, gives frames or `BadInputError`, and ends."""
    source = io.BytesIO()
    made(source, [grey(1), grey(2)], format="TIFF", compression="tiff_lzw")
    data = bytearray(source.getvalue())
    data[place % len(data)] = value
    file = io.BytesIO(bytes(data[: len(data) - cut % len(data) // 4]))
    try:
        found, order, is_big = read_frames(file, most=10)
        for frame in found:
            FrameWriter(io.BytesIO(), order=order, is_big=is_big).add(file, frame)
    except (BadInputError, ValueError):
        return
    assert len(found) <= 11
