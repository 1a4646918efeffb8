"""Files of several pictures.

Oracle: Pillow opening what was written, for how many frames there are, how long each is shown and how often; invariants
for the pixels, which a painter of the test makes red.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mangacolor.image import Animation, DecodedImage, Frame, decode, encode, format_for
from mangacolor.image import frames as frames_module

DURATIONS = (100, 250, 40)


def drawings(mode="RGB", count=3, size=(24, 32)):
    """Frames that differ, or writers would join them."""
    pictures = []
    for number in range(count):
        levels = np.full((size[1], size[0]), 255, np.uint8)
        levels[4 * number : 4 * number + 4] = 40
        pictures.append(Image.fromarray(levels).convert(mode))
    if mode == "RGBA":
        for number, picture in enumerate(pictures):
            alpha = np.full((size[1], size[0]), 255, np.uint8)
            alpha[:, number] = 0
            picture.putalpha(Image.fromarray(alpha))
    return pictures


def animation(format, mode="RGB", **options):
    first, *others = drawings(mode)
    buffer = io.BytesIO()
    options = {"duration": list(DURATIONS), "loop": 3, **options}
    first.save(buffer, format, save_all=True, append_images=others, **options)
    return buffer.getvalue()


def played(data):
    """Every frame as RGBA, with its milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            shown.append((np.asarray(image.convert("RGBA")), round(image.info.get("duration", 0))))
        return shown, image.info.get("loop")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_an_animation_is_read_and_written_whole(format, mode):
    """Invariant: as another program plays it, frame for frame, as long, and as often."""
    data = animation(format, mode, **({"lossless": True} if format == "WEBP" else {}))
    before, _ = played(data)
    page = decode(data, as_page=True)
    assert page.animation is not None
    assert page.notes == ()
    assert page.animation.plays == (4 if format == "GIF" else 3)  # GIF counts repeats
    for target, exact in (("png", True), ("webp", False)):
        after, loop = played(encode(page, format=target))
        assert [ms for _, ms in after] == [ms for _, ms in before]
        assert loop == page.animation.plays
        for (one, _), (other, _) in zip(before, after, strict=True):
            assert (one[..., 3] == other[..., 3]).all()
            seen = one[..., 3] > 0
            assert np.abs(one[seen].astype(int) - other[seen]).max() <= (0 if exact else 40)


def test_an_animated_avif_is_read_and_written_whole():
    data = animation("AVIF")
    page = decode(data, as_page=True)
    after, _ = played(encode(page, format="avif"))
    assert [ms for _, ms in after] == list(DURATIONS)


def test_a_gif_that_says_nothing_is_played_once():
    first, *others = drawings("L")
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=100)
    page = decode(buffer.getvalue(), as_page=True)
    assert page.animation.plays == 1
    assert played(encode(page, format="png"))[1] == 1


@pytest.mark.parametrize("disposal", [0, 1, 2])
def test_frames_that_cover_a_part_are_seen_as_they_are_shown(disposal):
    """Oracle: Pillow playing the input; a page's frames are whole canvases, whatever the file stores."""
    data = animation("GIF", "L", disposal=disposal)
    before, _ = played(data)
    page = decode(data, as_page=True)
    for (shown, _), frame in zip(before[1:], page.animation.frames, strict=True):
        assert (shown[..., :3] == frame.rgb).all()


def test_the_still_picture_of_an_animated_png_stays_apart():
    """Contract of APNG: what cannot play shows a picture that is no part of the animation."""
    still, *others = drawings("L", 4)
    buffer = io.BytesIO()
    still.save(buffer, "PNG", save_all=True, append_images=others, default_image=True, duration=list(DURATIONS), loop=0)
    page = decode(buffer.getvalue(), as_page=True)
    with Image.open(io.BytesIO(encode(page, format="png"))) as image:
        assert image.default_image
        assert image.n_frames == 4
        assert (np.asarray(image.convert("L")) == np.asarray(still)).all()
    shown, _ = played(encode(page, format="webp"))
    assert [ms for _, ms in shown] == list(DURATIONS)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_all_frames_are_turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = decode(animation("WEBP", lossless=True, exif=exif.tobytes()), as_page=True)
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
    for drawn, frame in zip(drawings()[1:], page.animation.frames, strict=True):
        assert (np.asarray(drawn.transpose(turned[orientation])) == frame.rgb).all()


@pytest.mark.parametrize("limit", ["frames", "pixels"])
def test_one_that_is_too_long_is_to_be_copied(limit, monkeypatch):
    """Contract: it is told, and nothing of it is read into memory."""
    data = animation("GIF", "L")
    if limit == "frames":
        monkeypatch.setattr(frames_module, "MAX_FRAMES", 2)
    page = decode(data, as_page=True, max_pixels=2 * 24 * 32 if limit == "pixels" else 10**6)
    assert page.is_fixed
    assert page.animation is None
    assert [note.kind for note in page.notes] == ["frames"]
    assert "3 frames" in page.notes[0].text


def test_a_cut_animation_keeps_the_frames_that_are_there():
    data = animation("PNG", "L")
    page = decode(data[: data.rindex(b"fdAT") + 6], as_page=True)
    assert "damaged" in {note.kind for note in page.notes}
    assert len(page.animation.frames) == 1


def test_the_further_pictures_of_a_camera_are_told():
    """Contract: of MPO the first is the page, and the others are named."""
    first, *others = drawings()
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=others)
    page = decode(buffer.getvalue(), as_page=True)
    assert page.format == "MPO"
    assert [note.kind for note in page.notes] == ["frames"]


def test_the_sizes_of_an_icon_are_told():
    buffer = io.BytesIO()
    drawings(size=(64, 64))[0].save(buffer, "ICO", sizes=[(16, 16), (32, 32), (64, 64)])
    page = decode(buffer.getvalue(), as_page=True)
    assert page.rgb.shape[:2] == (64, 64)
    assert [note.kind for note in page.notes] == ["frames"]


def moving(alpha=None):
    pixels = np.zeros((4, 4, 3), np.uint8)
    return DecodedImage(pixels, animation=Animation((Frame(pixels, alpha),), (10.0, 10.0)))


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        ("png", "png"),
        ("webp", "webp"),
        ("avif", "avif"),
        ("jpg", "webp"),
        ("bmp", "png"),
        ("tif", "png"),
        ("jxl", "webp"),
    ],
)
def test_an_animation_goes_where_it_moves(wanted, held):
    assert format_for(moving(), wanted) == held


@pytest.mark.parametrize("duration", [0, 1, 33.4, 999.9, 12_345.6, 61_500, 10_000_000])
def test_every_duration_can_be_written(duration):
    """Invariant: about as long, where that is less than ten minutes; files may say anything."""
    data = animation("PNG", "L", duration=duration)
    page = decode(data, as_page=True)
    for format in ("png", "webp", "avif"):
        after, _ = played(encode(page, format=format))
        assert after[0][1] == pytest.approx(min(duration, 600_000), rel=0.02, abs=1)


@pytest.mark.parametrize(("height", "width"), [(9, 9), (3, 4), (2, 9), (4, 6)])
def test_frames_of_another_size_are_laid_on_the_canvas_of_the_first(height, width):
    """Contract: the first says how large the page is, and nothing beyond is shown; found by fuzzing."""
    drawn = np.random.default_rng(0).integers(0, 200, (height, width, 3), np.uint8)
    frame = frames_module._on_canvas(Frame(drawn, drawn[..., 0].copy()), 4, 6)
    assert frame.rgb.shape == (4, 6, 3)
    assert (frame.rgb[:height, :width] == drawn[:4, :6]).all()
    assert (frame.alpha[:height, :width] == drawn[:4, :6, 0]).all()
    assert (frame.rgb[height:] == 255).all()


def test_a_frame_far_larger_than_the_picture_is_not_unpacked():
    """Contract: the limit on pixels holds for every frame; found by fuzzing, in a file of 274 bytes."""
    pieces = []
    for height in (8, 4000):
        buffer = io.BytesIO()
        drawings("L", size=(6, height))[0].save(buffer, "GIF")
        data = buffer.getvalue()
        pieces.append((data[: data.index(b",\0\0\0\0")], data[data.index(b",\0\0\0\0") : -1]))
    (head, first), (_, second) = pieces
    page = decode(head + first + second + b";", max_pixels=10_000, as_page=True)
    assert page.rgb.shape == (8, 6, 3)
    assert page.animation is None
    assert [note.kind for note in page.notes] == ["damaged"]
    assert decode(head + first + second + b";", max_pixels=100_000, as_page=True).animation is not None
