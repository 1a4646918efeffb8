"""Pictures that every viewer shows although their files are not whole.

Oracle: the picture before it was damaged, compared where its bytes are still there; white where they are not.
"""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mangacolor.errors import BadInputError
from mangacolor.image import decode

HEIGHT, WIDTH = 320, 240


def drawing():
    """Marks all over, and noise that no format makes small, so that a cut costs rows and not everything."""
    levels = np.full((HEIGHT, WIDTH), 255, np.uint8)
    levels[8::32] = 0
    levels[:, 40:100] = np.random.default_rng(0).integers(0, 256, (HEIGHT, 60))
    return levels


def file_of(format, levels=None, **options):
    buffer = io.BytesIO()
    Image.fromarray(drawing() if levels is None else levels).save(buffer, format, **options)
    return buffer.getvalue()


def found(data):
    page = decode(data, as_page=True)
    assert page.rgb.shape == (HEIGHT, WIDTH, 3)
    return page.rgb[..., 0].astype(int), [note.kind for note in page.notes]


def rows_kept(pixels, tolerance):
    """Count the rows from the top that look as drawn; a few levels off for what loses something."""
    good = np.abs(pixels - drawing()).mean(axis=1) <= tolerance
    return int(good.argmin()) if not good.all() else HEIGHT


@pytest.mark.parametrize("colours", ["grey", "RGB"])
@pytest.mark.parametrize("share", [0.5, 0.97])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "TIFF", "PPM"])
def test_a_cut_picture_keeps_the_rows_that_are_there(format, share, colours):
    levels = drawing() if colours == "grey" else np.repeat(drawing()[..., None], 3, axis=2)
    data = file_of(format, levels, **({"interlace": 0} if format == "GIF" else {}))
    pixels, notes = found(data[: int(len(data) * share)])
    assert notes[0] == "damaged"
    assert rows_kept(pixels, 12) >= HEIGHT * (share - 0.15)
    if share == 0.5:
        assert (pixels[-8:] == 255).all()
    if format == "JPEG":
        assert not ((pixels == 128).sum(axis=1) > 16).any()


@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
def test_a_cut_interlaced_gif_repeats_the_rows_that_are_there(share):
    """Every eighth row comes first, so that a part of the file shows the whole page coarsely."""
    data = file_of("GIF", interlace=1)
    pixels, notes = found(data[: int(len(data) * share)])
    assert notes == ["damaged"]
    drawn = drawing()
    assert (pixels[0] == drawn[0]).all()
    if share >= 0.4:
        assert (pixels[8::32, 120:] == 0).all()
    assert (pixels == 255).mean() > 0.5


@pytest.mark.parametrize("share", [0.3, 0.8, 0.99])
def test_a_cut_progressive_jpeg_is_coarser_or_whole(share):
    """Each scan sharpens the whole picture: what is left is like it everywhere."""
    data = file_of("JPEG", progressive=True, quality=90)
    pixels, notes = found(data[: int(len(data) * share)])
    assert notes == ["damaged"]
    bare = np.abs(pixels[:, 150:] - drawing()[:, 150:]).mean()
    assert bare < 25


def test_only_the_end_is_missing():
    """Every marker of an end, one after the other, costs nothing."""
    for format, end in (("JPEG", 2), ("PNG", 12), ("GIF", 1)):
        pixels, _ = found(file_of(format)[:-end])
        assert rows_kept(pixels, 12) == HEIGHT


@pytest.mark.parametrize("extra", [b"\0" * 4096, b"<html>", bytes(range(256)) * 9])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "AVIF"])
def test_bytes_after_the_end_are_no_damage(format, extra):
    pixels, notes = found(file_of(format) + extra)
    assert notes == []
    assert rows_kept(pixels, 20) == HEIGHT


def chunks(data):
    place = 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        yield kind, place, length
        place += 12 + length


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND", b"pHYs"])
def test_a_wrong_checksum_in_a_png_costs_nothing(kind):
    data = bytearray(file_of("PNG", dpi=(300, 300)))
    place, length = next((place, length) for name, place, length in chunks(data) if name == kind)
    data[place + 8 + length] ^= 0xFF
    pixels, notes = found(bytes(data))
    assert (pixels == drawing()).all()
    assert notes == ([] if kind == b"IEND" else ["damaged"])


def test_a_wrong_checksum_over_a_palette_costs_nothing():
    buffer = io.BytesIO()
    Image.fromarray(drawing()).convert("P").save(buffer, "PNG")
    data = bytearray(buffer.getvalue())
    place, length = next((place, length) for name, place, length in chunks(data) if name == b"PLTE")
    data[place + 8 + length] ^= 0xFF
    pixels, notes = found(bytes(data))
    assert rows_kept(pixels, 30) == HEIGHT
    assert notes == ["damaged"]


def test_a_png_whose_packed_bytes_are_spoilt_keeps_the_rows_before():
    data = bytearray(file_of("PNG"))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    pixels, notes = found(bytes(data))
    assert notes == ["damaged"]
    assert rows_kept(pixels, 0) > HEIGHT * 0.3


def test_bytes_between_the_segments_of_a_jpeg_cost_nothing():
    data = file_of("JPEG")
    table = data.index(b"\xff\xdb")
    pixels, _ = found(data[:table] + b"\0\0junk" + data[table:])
    assert rows_kept(pixels, 12) == HEIGHT


def test_a_cut_webp_keeps_its_upper_part():
    data = file_of("WEBP", quality=90)
    pixels, notes = found(data[: int(len(data) * 0.7)])
    assert notes == ["damaged"]
    assert np.abs(pixels[:80] - drawing()[:80]).mean() < 15


def tiff_with(tag, kind, count, value):
    """A TIFF with one more tag in its list."""
    data = file_of("TIFF")
    (start,) = struct.unpack("<I", data[4:8])
    (number,) = struct.unpack("<H", data[start : start + 2])
    entries = [data[start + 2 + 12 * one : start + 14 + 12 * one] for one in range(number)]
    entries = [entry for entry in entries if struct.unpack("<H", entry[:2])[0] != tag]
    entries.append(struct.pack("<HHII", tag, kind, count, value))
    entries.sort()
    listed = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + listed


BAD_TAGS = {
    "unknown type": (305, 99, 1, 0),
    "text beyond the file": (305, 2, 500, 0x7FFFFFFF),
    "endless profile": (34675, 7, 0x0FFFFFFF, 8),
    "EXIF list beyond the file": (34665, 4, 1, 0x7FFFFFFF),
    "EXIF list that is its own": (34665, 4, 1, 8),
    "no rows a strip": (278, 4, 1, 0),
    "text for a number": (284, 2, 1, 0),
    "rational that is short": (282, 5, 1, 0x7FFFFFF0),
    "private": (65000, 13, 7, 3),
}


@pytest.mark.parametrize("name", BAD_TAGS)
def test_a_bad_tag_costs_a_tiff_nothing(name):
    pixels, _ = found(tiff_with(*BAD_TAGS[name]))
    assert (pixels == drawing()).all()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "AVIF"])
def test_a_picture_of_which_nothing_is_there_is_bad_input(format):
    data = file_of(format)
    start = {"PNG": data.find(b"IDAT") + 8, "JPEG": data.find(b"\xff\xda")}.get(format, 20)
    with pytest.raises(BadInputError, match=r"page 7 is (damaged: .|not a picture)") as caught:
        decode(data[:start], name="page 7", as_page=True)
    assert caught.value.advice


def test_only_pages_are_taken_as_they_are():
    """Contract: training and references want whole pictures."""
    data = file_of("PNG")
    with pytest.raises(BadInputError, match="damaged"):
        decode(data[: len(data) // 2])


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 3000), value=st.binary(min_size=1, max_size=8), cut=st.integers(0, 3000))
def test_any_damage_gives_a_picture_or_bad_input(place, value, cut):
    """Invariant for all formats at once: nothing else is raised, and the size is that of the head."""
    for format in ("PNG", "JPEG", "GIF", "TIFF", "WEBP"):
        data = bytearray(file_of(format, drawing()[:24, :40]))
        place %= len(data)
        data[place : place + len(value)] = value
        try:
            page = decode(bytes(data[: len(data) - cut % len(data)]), as_page=True, max_pixels=10**6)
        except BadInputError:
            continue
        assert page.rgb.ndim == 3
