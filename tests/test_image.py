"""Decoding, encoding and resizing.

Oracles: Pillow's own conversion and `ImageOps.exif_transpose` for odd modes and turned pictures; arithmetic written out
here for 16-bit greys and luma; invariants under hypothesis for resizing and round trips; otherwise the contract in the
docstring under test.
"""

from __future__ import annotations

import inspect
import io
import math
import struct
import sys
import threading
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, features

from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import DecodedImage, as_decoded, decode, encode, read_image, resize, resize_to_each, to_gray

RANDOM = np.random.default_rng(7)


def picture(height=24, width=36, channels=3):
    """A gradient with some noise: no two rows, columns or channels alike."""
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 6, y * 9, x * 2 + y * 3, 255 - x * 4 - y], axis=-1)[..., :channels]
    return (base + RANDOM.integers(0, 8, base.shape)).clip(0, 255).astype(np.uint8)


def saved(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format=format, **options)
    return buffer.getvalue()


def reopened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def lab_picture():
    transform = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    return ImageCms.applyTransform(Image.fromarray(picture()), transform)


# --- modes: Pillow's own conversion is the oracle -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "format"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("L", "JPEG"),
        ("P", "GIF"),
        ("P", "PNG"),
        ("RGB", "PNG"),
        ("RGB", "BMP"),
        ("RGB", "WEBP"),
        ("RGB", "JPEG2000"),
        ("RGB", "PPM"),
        ("RGB", "TIFF"),
        ("YCbCr", "JPEG"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("LAB", "TIFF"),
    ],
)
def test_opaque_modes_decode_as_pillow_converts_them(mode, format):
    source = lab_picture() if mode == "LAB" else Image.fromarray(picture()).convert(mode)
    data = saved(source, format)
    expected = reopened(data)
    result = decode(data)
    np.testing.assert_array_equal(result.rgb, np.asarray(expected.convert("RGB")))
    assert result.alpha is None
    assert (result.format, result.mode) == (expected.format, expected.mode)
    assert result.rgb.dtype == np.uint8
    assert result.rgb.flags.c_contiguous


@pytest.mark.parametrize(("mode", "format"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_alpha_is_kept_apart(mode, format):
    data = saved(
        Image.fromarray(picture(channels=4)).convert(mode),
        format,
        **{"WEBP": {"lossless": True, "exact": True}}.get(format, {}),
    )
    expected = np.asarray(reopened(data).convert("RGBA"))
    result = decode(data)
    np.testing.assert_array_equal(result.rgb, expected[..., :3])
    np.testing.assert_array_equal(result.alpha, expected[..., 3])


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "1"])
def test_a_transparent_colour_becomes_alpha(mode):
    image = Image.new("RGB", (4, 2), "white")
    image.paste("black", (0, 0, 2, 2))
    image = image.convert(mode)
    key = image.getpixel((0, 0))
    result = decode(saved(image, "PNG", transparency=key))
    np.testing.assert_array_equal(result.alpha, [[0, 0, 255, 255]] * 2)
    np.testing.assert_array_equal(result.rgb[0, 3], [255] * 3)


def test_a_palette_with_many_transparencies():
    image = Image.fromarray(np.arange(4, dtype=np.uint8)[None])
    image.putpalette([0, 0, 0, 210, 220, 230, 140, 150, 160, 170, 180, 190])
    result = decode(saved(image, "PNG", transparency=bytes([0, 85, 170, 255])))
    np.testing.assert_array_equal(result.alpha, [[0, 85, 170, 255]])
    np.testing.assert_array_equal(result.rgb[0], [[255, 255, 255], [210, 220, 230], [140, 150, 160], [170, 180, 190]])


@pytest.mark.parametrize(
    "path", [["P", "PA"], ["LA", "La"], ["RGBa"], ["RGB", "RGBX"], ["RGB", "HSV"], ["RGB", "YCbCr"]]
)
def test_modes_that_live_only_in_memory(path):
    image = Image.fromarray(picture(channels=4))
    for mode in path:
        image = image.convert(mode)
    expected = np.asarray((image.convert("LA") if image.mode == "La" else image).convert("RGBA"))
    result = as_decoded(image)
    np.testing.assert_array_equal(result.rgb, expected[..., :3])
    assert (result.alpha is None) is (path[0] == "RGB")
    if result.alpha is not None:
        np.testing.assert_array_equal(result.alpha, expected[..., 3])


def test_only_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "lime", "blue")]
    for format in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if format == "WEBP" else {}
        data = saved(frames[0], format, save_all=True, append_images=frames[1:], **options)
        assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 3
        np.testing.assert_array_equal(decode(data).rgb, np.full((4, 5, 3), (255, 0, 0)))


def test_a_tiff_of_several_pages_is_refused_and_one_with_a_thumbnail_is_read():
    """Contract: no page is lost unheard; Pillow writes the tag that says which frame is a smaller copy (254)."""
    page, copy = Image.fromarray(picture()), Image.new("RGB", (5, 4))
    with pytest.raises(BadInputError, match="several pages"):
        decode(saved(page, "TIFF", save_all=True, append_images=[copy]))
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    np.testing.assert_array_equal(decode(saved(page, "TIFF", save_all=True, append_images=[copy])).rgb, page)


# --- greys of more than 8 bits: v * 255 / 65535, rounded -------------------------------------------------------------


def wide_ramp():
    return np.linspace(0, 65535, 600).round().astype(np.uint16).reshape(20, 30)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG2000"])
def test_16_bit_greys_are_scaled_and_not_clipped(format):
    result = decode(saved(Image.fromarray(wide_ramp()), format))
    expected = np.rint(wide_ramp() / 257.0)
    np.testing.assert_array_equal(result.rgb, np.repeat(expected[..., None], 3, axis=2))


@pytest.mark.parametrize("dtype", [">u2", "<u2"])
def test_16_bit_tiff_in_both_byte_orders(dtype):
    values = wide_ramp()
    mark = b"MM" if dtype == ">u2" else b"II"
    order = dtype[0]
    tags = [
        (256, 4, 30),
        (257, 4, 20),
        (258, 3, 16),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, 20),
        (279, 4, 1200),
    ]
    entries = b"".join(
        struct.pack(order + "HHI", tag, kind, 1)
        + struct.pack(order + ("I" if kind == 4 else "HH"), *([value] if kind == 4 else [value, 0]))
        for tag, kind, value in tags
    )
    pixels = values.astype(dtype).tobytes()
    data = (
        mark
        + struct.pack(order + "HI", 42, 8 + len(pixels))
        + pixels
        + struct.pack(order + "H", len(tags))
        + entries
        + struct.pack(order + "I", 0)
    )
    result = decode(data)
    assert result.mode == ("I;16B" if dtype == ">u2" else "I;16")
    np.testing.assert_array_equal(result.rgb[..., 0], np.rint(values / 257.0))


def test_32_bit_integers_find_their_white():
    """Contract: the smallest of 255 and 65535 that holds every value, else stretched over the whole range."""
    for top in (255, 65535, 2_000_000):
        values = np.linspace(0, top, 60).round().astype(np.int32).reshape(6, 10)
        result = as_decoded(Image.fromarray(values))
        assert result.mode == "I"
        np.testing.assert_array_equal(result.rgb[..., 1], np.rint(values * (255 / top)))


def test_floating_point_files_find_their_white():
    for top in (1.0, 255.0, 65535.0):
        values = np.linspace(0, top, 60, dtype=np.float32).reshape(6, 10)
        result = decode(saved(Image.fromarray(values), "TIFF"))
        assert result.mode == "F"
        np.testing.assert_allclose(result.rgb[..., 2], values.astype(float) * 255 / top, atol=0.51)


def test_a_flat_wide_image_survives():
    assert (as_decoded(Image.fromarray(np.zeros((3, 4), np.int32))).rgb == 0).all()
    assert as_decoded(Image.fromarray(np.full((3, 4), -5, np.int32))).rgb.shape == (3, 4, 3)


def test_transparent_value_of_a_16_bit_png():
    values = np.array([[0, 1000, 65535]], np.uint16)
    result = decode(saved(Image.fromarray(values), "PNG", transparency=1000))
    np.testing.assert_array_equal(result.alpha, [[255, 0, 255]])


def test_not_a_number_is_refused_by_name():
    data = saved(Image.fromarray(np.array([[0.5, np.nan]], np.float32)), "TIFF")
    with pytest.raises(BadInputError, match="page 3"):
        decode(data, name="page 3")


# --- orientation: ImageOps.exif_transpose is the oracle --------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(0, 10))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied_and_gone_after_encoding(orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(picture()), format, exif=exif)
    expected = ImageOps.exif_transpose(reopened(data)).convert("RGB")
    result = decode(data)
    np.testing.assert_array_equal(result.rgb, np.asarray(expected))
    assert result.rgb.flags.c_contiguous
    for target in ("png", "jpg", "webp"):
        again = Image.open(io.BytesIO(encode(result, format=target)))
        assert again.getexif().get(0x0112, 1) == 1
        assert again.size == expected.size


def test_turning_swaps_the_resolution_and_turns_the_alpha():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(picture(channels=4))
    result = decode(saved(image, "PNG", exif=exif, dpi=(300, 600)))
    assert result.dpi == pytest.approx((600, 300), abs=0.1)
    np.testing.assert_array_equal(result.alpha, np.asarray(image.transpose(Image.Transpose.ROTATE_270))[..., 3])


def test_broken_exif_costs_neither_the_page_nor_a_warning():
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0\xff\xff"
    image = Image.fromarray(picture())
    sound, broken = saved(image, "JPEG"), saved(image, "JPEG", exif=exif)
    np.testing.assert_array_equal(decode(broken).rgb, decode(sound).rgb)
    with pytest.warns(UserWarning, match="EXIF"):
        Image.open(io.BytesIO(broken))  # what is kept quiet


# --- colour profiles -------------------------------------------------------------------------------------------------


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """An sRGB profile with the names of its red and green primaries exchanged: converting swaps the two channels."""
    return srgb_profile().replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")


def grey_profile(gamma):
    """The smallest ICC 2.1 profile for grey: a white point and a gamma curve."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    body, table, offset = b"", b"", 128 + 4 + 2 * 12
    for tag, element in ((b"wtpt", white), (b"kTRC", curve)):
        table += tag + struct.pack(">II", offset + len(body), len(element))
        body += element
    header = struct.pack(">I4sI4s4s4s", 132 + len(table + body), b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", 2) + table + body


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_an_srgb_profile_leaves_the_pixels_exactly_alone(format):
    data = saved(Image.fromarray(picture()), format, icc_profile=srgb_profile())
    result = decode(data)
    assert result.icc_tagged
    np.testing.assert_array_equal(result.rgb, np.asarray(reopened(data).convert("RGB")))


def test_another_rgb_profile_is_converted():
    rgb = picture()
    result = decode(saved(Image.fromarray(rgb), "PNG", icc_profile=swapped_profile()))
    np.testing.assert_allclose(result.rgb.astype(int), rgb[..., [1, 0, 2]], atol=2)


def test_alpha_does_not_go_through_the_profile():
    rgba = picture(channels=4)
    result = decode(saved(Image.fromarray(rgba), "PNG", icc_profile=swapped_profile()))
    np.testing.assert_array_equal(result.alpha, rgba[..., 3])
    np.testing.assert_allclose(result.rgb.astype(int), rgba[..., [1, 0, 2]], atol=2)


def test_a_grey_page_with_an_rgb_profile_stays_as_it_is():
    grey = picture()[..., 0]
    result = decode(saved(Image.fromarray(grey), "PNG", icc_profile=srgb_profile()))
    assert result.icc_tagged
    np.testing.assert_array_equal(result.rgb, np.repeat(grey[..., None], 3, axis=2))


@pytest.mark.parametrize("wide", [False, True])
def test_a_grey_profile_changes_the_tone_and_adds_no_colour(wide):
    """Oracle: decode the gamma, encode sRGB (IEC 61966-2-1)."""
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(grey.astype(np.uint16) * 257 if wide else grey)
    result = decode(saved(image, "TIFF" if wide else "PNG", icc_profile=grey_profile(1.0)))
    linear = grey / 255
    expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    np.testing.assert_allclose(result.rgb[..., 0], expected, atol=1)
    assert int(np.ptp(result.rgb.astype(int), axis=2).max()) <= 1


@pytest.mark.parametrize("profile", [b"not a profile", srgb_profile()[:200], grey_profile(1.0)])
def test_a_profile_that_is_broken_or_meant_for_other_pixels_is_ignored(profile):
    rgb = picture()
    result = decode(saved(Image.fromarray(rgb), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(result.rgb, rgb)
    assert not result.icc_tagged


def test_a_tagged_picture_is_written_with_an_srgb_profile_and_an_untagged_one_without():
    for tagged in (True, False):
        for format in ("png", "jpg", "webp"):
            image = Image.open(io.BytesIO(encode(DecodedImage(picture(), icc_tagged=tagged), format=format)))
            profile = image.info.get("icc_profile")
            assert (profile is not None) is tagged
            if profile:
                assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_truncated_files_are_refused_by_name_with_advice(format, share):
    data = saved(Image.fromarray(RANDOM.integers(0, 255, (64, 64, 3), dtype=np.uint8)), format)
    with pytest.raises(BadInputError, match="chapter/3") as caught:
        decode(data[: int(len(data) * share)], name="chapter/3")
    assert caught.value.advice


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 500, b"%PDF-1.7 nothing", b"PK\3\4 zip", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_not_a_picture_is_refused(data):
    with pytest.raises(BadInputError, match="page 9") as caught:
        decode(data, name="page 9")
    assert caught.value.advice


def test_postscript_is_refused_before_another_program_could_run():
    with pytest.raises(BadInputError, match="not a picture"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")


@given(position=st.integers(0, 400), value=st.integers(0, 255), format=st.sampled_from(["PNG", "JPEG", "GIF", "TIFF"]))
@settings(max_examples=150, deadline=None)
def test_a_damaged_byte_gives_a_picture_or_bad_input_and_nothing_else(position, value, format):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = bytearray(
        saved(Image.fromarray(np.full((9, 7, 3), 90, np.uint8)), format, **({} if format == "GIF" else {"exif": exif}))
    )
    data[position % len(data)] = value
    with suppress(BadInputError):
        assert decode(bytes(data), max_pixels=10_000).rgb.shape[2] == 3


def png_header(width, height):
    """A PNG that claims a size and holds no pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [11_000, 13_000, 30_000])
def test_too_large_is_told_from_the_header_alone(side):
    with pytest.raises(BadInputError, match="too large") as caught:
        decode(png_header(side, side), name="poster", max_pixels=120_000_000)
    assert "poster" in str(caught.value)
    assert "limit" in str(caught.value)
    assert "120 million" in str(caught.value)  # ours, also where Pillow's own is met first
    assert "--max-pixels" in caught.value.advice


def test_sizes_at_which_pillow_warns_do_work_and_those_it_refuses_are_bad_input(monkeypatch):
    """Pillow warns above its limit and refuses above twice that; a small limit stands for its 89 million."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert as_shape(saved(Image.new("L", (50, 39)), "PNG")) == (39, 50)
    with pytest.raises(BadInputError, match="too large") as caught:
        decode(saved(Image.new("L", (50, 41)), "PNG"))
    assert "0.002 million" in str(caught.value)  # whoever calls may have allowed more, but Pillow does not
    assert caught.value.advice


def test_the_default_limit_lies_below_what_pillow_refuses():
    limit = inspect.signature(decode).parameters["max_pixels"].default
    assert Image.MAX_IMAGE_PIXELS < limit < 2 * Image.MAX_IMAGE_PIXELS


def as_shape(data):
    return decode(data).rgb.shape[:2]


def test_global_state_of_pillow_and_warnings_is_left_alone():
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    decode(saved(Image.fromarray(picture()), "JPEG"))
    with pytest.raises(BadInputError):
        decode(b"broken")
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))


def test_threads_decode_alike_and_leave_the_warning_filters_as_they_were():
    before = list(warnings.filters)
    data = saved(Image.fromarray(picture(200, 300)), "PNG")
    results = []
    threads = [threading.Thread(target=lambda: results.extend(decode(data).rgb for _ in range(10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 40
    assert all((result == results[0]).all() for result in results)
    assert list(warnings.filters) == before


def test_read_image_names_the_file(tmp_path):
    path = tmp_path / "ページ 1.png"
    path.write_bytes(saved(Image.fromarray(picture()), "PNG"))
    assert read_image(path).rgb.shape == (24, 36, 3)
    path.write_bytes(b"nothing")
    for bad in (path, tmp_path / "missing.png", tmp_path):
        with pytest.raises(BadInputError, match=bad.name) as caught:
            read_image(bad)
        assert caught.value.advice


# --- encoding --------------------------------------------------------------------------------------------------------


@given(rgb=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3))))
@settings(max_examples=30, deadline=None)
def test_png_round_trips_exactly(rgb):
    alpha = rgb[..., 0] | 128  # nothing is hidden
    result = decode(encode(DecodedImage(rgb, alpha, (300.0, 300.0)), format="png"))
    np.testing.assert_array_equal(result.rgb, rgb)
    np.testing.assert_array_equal(result.alpha, alpha)
    assert result.dpi == pytest.approx((300, 300), abs=0.1)


def test_webp_keeps_alpha_and_jpeg_lays_it_on_white():
    alpha = np.repeat(np.uint8([[0, 255]]), 8, axis=1).repeat(16, axis=0)
    image = DecodedImage(np.full((16, 16, 3), 200, np.uint8), alpha)
    np.testing.assert_array_equal(decode(encode(image, format="webp")).alpha, image.alpha)
    flat = decode(encode(image, format="jpg", quality=100))
    assert flat.alpha is None
    assert flat.rgb[:, :8].min() > 250
    assert np.abs(flat.rgb[:, 8:].astype(int) - 200).max() < 5


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_quality_of_a_jpeg_is_found_again(mode):
    """Oracle: the quality that Pillow was given, for every one."""
    image = Image.fromarray(picture()).convert(mode)
    assert [decode(saved(image, "JPEG", quality=quality)).quality for quality in range(1, 101)] == list(range(1, 101))


def test_tables_of_other_programs_give_the_nearest_quality():
    """Oracle: a table between those of two qualities."""
    tables = Image.open(io.BytesIO(saved(Image.fromarray(picture()), "JPEG", quality=80))).quantization
    tables[0][40] += 3
    assert decode(saved(Image.fromarray(picture()), "JPEG", qtables=tables)).quality in (79, 80)


@pytest.mark.parametrize(("before", "after"), [(20, 70), (70, 70), (83, 83), (95, 95), (100, 95)])
def test_a_jpeg_is_written_about_as_well_as_it_came(before, after):
    """Contract of `QUALITY_RANGE`, and --quality goes before it."""
    page = decode(saved(Image.fromarray(picture()), "JPEG", quality=before))
    assert decode(encode(page, format="jpg")).quality == after
    assert decode(encode(page, format="jpg", quality=33)).quality == 33
    assert encode(page, format="webp") == encode(DecodedImage(page.rgb), format="webp")


def test_a_lossless_webp_stays_so():
    """Oracle: the pixels themselves; asked for a quality, it is lossy."""
    page = decode(saved(Image.fromarray(picture()), "WEBP", lossless=True))
    np.testing.assert_array_equal(decode(encode(page, format="webp")).rgb, page.rgb)
    assert (decode(encode(page, format="webp", quality=80)).rgb != page.rgb).any()


def needs(format):
    if format == "avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    if format == "jxl":
        pytest.importorskip("pylibjxl", reason="JPEG XL comes with mangacolor[jxl]")


@pytest.mark.parametrize("format", ["png", "jpg", "webp", "tif", "bmp", "avif", "jxl"])
def test_every_format_comes_back_with_pixels_alpha_resolution_and_profile(format):
    """Oracle: what was put in, within what the format can hold."""
    needs(format)
    alpha = np.full((24, 36), 255, np.uint8)
    alpha[:12] = 40
    image = DecodedImage(picture(), alpha, dpi=(300.0, 300.0), icc_tagged=True)
    back = decode(encode(image, format=format, quality=95))
    assert back.dpi == pytest.approx((300, 300), abs=0.1)
    assert back.icc_tagged or format == "bmp"
    visible = np.abs(back.rgb.astype(int) - image.rgb)[12:]
    assert visible.mean() <= (0 if format in ("png", "tif", "bmp") else 8)
    if format not in ("jpg", "bmp"):
        np.testing.assert_array_equal(back.alpha, alpha)


def test_without_its_library_jpeg_xl_says_what_to_install(monkeypatch):
    """Contract: a page that fails, and an error that names the pip command."""
    monkeypatch.setitem(sys.modules, "pylibjxl", None)
    for start in (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"):
        with pytest.raises(BadInputError, match=r"mangacolor\[jxl\]"):
            decode(start + b"rest")
    with pytest.raises(UsageError, match=r"mangacolor\[jxl\]"):
        encode(DecodedImage(picture()), format="jxl")


def exif_of_everything():
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription], exif[ExifTags.Base.Artist] = "page 1", "me"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2020:01:01 00:00:00",
        ExifTags.Base.ExifImageWidth: 36,
        ExifTags.Base.MakerNote: b"x" * 99,
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N"}
    return exif.tobytes()


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("format", ["png", "jpg", "webp", "tif", "avif", "jxl"])
def test_exif_is_kept_but_for_what_is_no_longer_true(source, format):
    """Oracle: Pillow's own reader on the file written; the page was turned, so nothing may turn it again."""
    needs(format)
    page = decode(saved(Image.fromarray(picture()), source, exif=exif_of_everything(), dpi=(300, 300)))
    assert page.rgb.shape == (36, 24, 3)
    data = encode(page, format=format)
    found = Image.open(io.BytesIO(data))
    found.load()
    exif = found.getexif()
    assert exif[ExifTags.Base.ImageDescription] == "page 1"
    assert ExifTags.Base.Artist in exif
    assert ExifTags.Base.Orientation not in exif
    assert found.size == (24, 36)
    if format != "tif":
        assert exif.get_ifd(ExifTags.IFD.Exif) == {ExifTags.Base.DateTimeOriginal: "2020:01:01 00:00:00"}
        assert exif.get_ifd(ExifTags.IFD.GPSInfo) == {1: "N"}
    if source != "WEBP":
        assert decode(data).dpi == pytest.approx((300, 300), abs=0.1)


def test_exif_too_long_for_a_file_is_dropped():
    """Contract: the page is written all the same."""
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "long " * 20_000
    page = decode(saved(Image.fromarray(picture()), "PNG", exif=exif.tobytes()))
    assert decode(encode(page, format="jpg")).exif == b""


def test_strips_of_65000_pixels_come_back():
    """Contract: as wide as a JPEG can be, and PNG and TIFF beyond."""
    strip = DecodedImage(np.tile(picture(4, 100), (1, 650, 1)))
    for format in ("png", "tif", "jpg"):
        assert as_shape(encode(strip, format=format)) == (4, 65_000)


def test_jpeg_keeps_full_colour_resolution_from_quality_90():
    """Oracle: the sampling factors in the file's own frame header (SOF)."""
    for quality, factor in ((89, 0x22), (90, 0x11), (100, 0x11)):
        data = encode(DecodedImage(picture()), format="jpg", quality=quality)
        frame = data.index(b"\xff\xc0")
        assert data[frame + 11] == factor


def test_jpeg_keeps_the_resolution():
    assert decode(encode(DecodedImage(picture(), dpi=(600.0, 600.0)), format="jpg")).dpi == (600, 600)


def test_quality_matters():
    for format in ("jpg", "webp"):
        small, large = (len(encode(DecodedImage(picture(99, 99)), format=format, quality=q)) for q in (10, 95))
        assert small < large


def test_equal_pictures_give_equal_bytes_on_any_day():
    data = encode(DecodedImage(picture(), icc_tagged=True), format="png")
    year = struct.unpack(">H", Image.open(io.BytesIO(data)).info["icc_profile"][24:26])[0]
    assert year == 2024


@pytest.mark.parametrize(
    ("format", "side", "other"), [("webp", 16_384, "jpg"), ("jpg", 65_501, "png"), ("webp", 65_501, "png")]
)
def test_sides_beyond_the_format_name_one_that_fits(format, side, other):
    for shape in ((1, side, 3), (side, 1, 3)):
        with pytest.raises(BadInputError, match=str(side)) as caught:
            encode(DecodedImage(np.zeros(shape, np.uint8)), format=format)
        assert other in caught.value.advice
        assert ("jpg" in caught.value.advice) is (side <= 65_500)


def test_the_longest_sides_do_work():
    for format, side in (("webp", 16_383), ("jpg", 65_500)):
        assert as_shape(encode(DecodedImage(np.zeros((1, side, 3), np.uint8)), format=format)) == (1, side)


@pytest.mark.parametrize(("format", "quality"), [("png", 0), ("jpg", 101), ("gif", 90)])
def test_unknown_formats_and_qualities_are_refused(format, quality):
    with pytest.raises(UsageError):
        encode(DecodedImage(picture()), format=format, quality=quality)


def test_odd_resolutions_are_dropped():
    image = Image.fromarray(picture())
    for dpi in [(0, 0), "rubbish", (math.nan, 300), (300,), None]:
        image.info["dpi"] = dpi
        assert as_decoded(image).dpi is None


# --- what Python callers pass ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, np.float16, np.bool_])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4)])
def test_arrays_of_every_kind(dtype, shape):
    unit = RANDOM.random(shape)
    if shape[2:] == (4,):
        unit[..., 3] = 0.6 + 0.4 * unit[..., 3]  # nothing is hidden
    full = {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)
    array = (unit > 0.5) if dtype is np.bool_ else (unit * full).astype(dtype)
    expected = np.rint(array.astype(float) * (255 / full)).reshape(5, 7, -1)
    before = array.copy()
    result = as_decoded(array)
    colours = expected[..., :3] if len(shape) == 3 and shape[2] >= 3 else np.repeat(expected, 3, axis=2)
    np.testing.assert_array_equal(result.rgb, colours)
    assert (result.alpha is None) is (shape[-1] != 4)
    result.rgb[:] = 0
    np.testing.assert_array_equal(array, before)


def test_views_and_read_only_arrays_are_fine():
    array = picture()[::2, ::-1]
    array.flags.writeable = False
    result = as_decoded(array)
    np.testing.assert_array_equal(result.rgb, array)
    assert result.rgb.flags.c_contiguous


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((0, 4)),
        np.zeros((4, 4, 2)),
        np.zeros((4, 4, 5)),
        np.zeros(4),
        np.zeros((1, 4, 4, 3)),
        np.full((4, 4), np.nan),
        np.full((4, 4), np.inf),
        np.full((4, 4), 200.0),
        np.full((4, 4), -0.5),
        np.zeros((4, 4), np.int64),
        np.zeros((4, 4), complex),
        np.array([["a"]]),
        [[1, 2], [3, 4]],
        "page.png",
        None,
    ],
    ids=lambda bad: f"{type(bad).__name__}{getattr(bad, 'shape', '')}{getattr(bad, 'dtype', '')}",
)
def test_what_is_no_image_is_refused_with_advice(bad):
    with pytest.raises(BadInputError) as caught:
        as_decoded(bad)
    assert caught.value.advice


def test_a_pillow_image_is_left_as_it_was():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.open(io.BytesIO(saved(Image.fromarray(picture()), "JPEG", exif=exif)))
    result = as_decoded(image)
    assert result.rgb.shape == (36, 24, 3)
    assert image.size == (36, 24)
    assert image.getexif()[0x0112] == 6
    assert result.rgb.flags.writeable


def test_a_lazily_opened_truncated_image_is_bad_input():
    data = saved(Image.fromarray(RANDOM.integers(0, 255, (64, 64, 3), dtype=np.uint8)), "PNG")
    with pytest.raises(BadInputError, match="damaged"):
        as_decoded(Image.open(io.BytesIO(data[: len(data) // 2])))


def test_an_image_without_pixels_is_bad_input():
    with pytest.raises(BadInputError, match="no pixels"):
        as_decoded(Image.new("RGB", (0, 5)))


# --- resizing and luma -----------------------------------------------------------------------------------------------


sizes = st.integers(1, 40)


@given(
    array=hnp.array_shapes(min_dims=2, max_dims=3, max_side=24).flatmap(
        lambda shape: hnp.arrays(np.uint8, shape) | hnp.arrays(np.float32, shape, elements=st.floats(-4, 4, width=32))
    ),
    height=sizes,
    width=sizes,
)
@settings(max_examples=120, deadline=None)
def test_resize_keeps_kind_and_range(array, height, width):
    before = array.copy()
    result = resize(array, height, width)
    assert result.shape == (height, width, *array.shape[2:])
    assert result.dtype == array.dtype
    assert result.flags.c_contiguous
    assert result.min() >= array.min()
    assert result.max() <= array.max()
    assert not np.shares_memory(result, array)
    np.testing.assert_array_equal(array, before)


@given(height=sizes, width=sizes, value=st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_resize_leaves_flat_areas_flat(height, width, value):
    assert (resize(np.full((13, 17, 3), value, np.uint8), height, width) == value).all()


def test_reducing_averages_so_that_screentone_becomes_grey():
    tone = (np.indices((96, 96)).sum(axis=0) % 2).astype(np.float32)
    np.testing.assert_allclose(resize(tone, 12, 12), 0.5, atol=1e-6)
    # The axis that shrinks must average even while the other grows.
    np.testing.assert_allclose(resize(tone, 12, 200), 0.5, atol=1e-6)


def test_reducing_by_whole_factors_is_the_block_mean():
    array = RANDOM.random((24, 36)).astype(np.float32)
    np.testing.assert_allclose(resize(array, 8, 9), array.reshape(8, 3, 9, 4).mean(axis=(1, 3)), atol=1e-6)


def test_many_channels_scale_like_each_alone():
    array = RANDOM.random((15, 22, 11)).astype(np.float32)
    alone = np.stack([resize(array[..., channel], 9, 20) for channel in range(11)], axis=-1)
    np.testing.assert_allclose(resize(array, 9, 20), alone, atol=1e-5)


def test_resize_takes_views():
    array = picture(30, 40)
    np.testing.assert_array_equal(resize(array[::2, ::-1], 7, 9), resize(array[::2, ::-1].copy(), 7, 9))


@pytest.mark.parametrize(
    ("array", "height", "width"),
    [
        (np.zeros((4, 4), np.uint8), 0, 3),
        (np.zeros((4, 4), np.uint8), 3, -1),
        (np.zeros((0, 4), np.uint8), 3, 3),
        (np.zeros((4, 4)), 3, 3),
        (np.zeros((4, 4), bool), 3, 3),
        (np.zeros(4, np.uint8), 3, 3),
        (np.zeros((1, 4, 4, 3), np.uint8), 3, 3),
    ],
)
def test_resize_refuses_other_arrays(array, height, width):
    with pytest.raises(ValueError, match="resize needs"):
        resize(array, height, width)


@given(st.tuples(st.integers(1, 60), st.integers(1, 60)), st.lists(st.tuples(st.integers(1, 70), st.integers(1, 70))))
@settings(max_examples=200, deadline=None)
def test_copies_of_several_sizes_are_those_of_one(shape, sizes):
    """Oracle: `resize`, to the last bit."""
    plane = np.random.default_rng(shape).uniform(0.2, 0.9, shape).astype(np.float32)
    for copy, size in zip(resize_to_each(plane, sizes), sizes, strict=True):
        np.testing.assert_array_equal(copy, resize(plane, *size))


def test_luma_of_greys_is_exact():
    greys = np.arange(256, dtype=np.uint8)
    result = to_gray(np.repeat(greys[None, :, None], 3, axis=2))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result[0], greys.astype(np.float32) / np.float32(255))


@given(rgb=hnp.arrays(np.uint8, (6, 5, 3)))
@settings(max_examples=50, deadline=None)
def test_luma_is_rec_601(rgb):
    result = to_gray(rgb)
    assert result.shape == (6, 5)
    np.testing.assert_allclose(result, rgb @ np.array([0.299, 0.587, 0.114]) / 255, atol=1e-6)
    assert result.min() >= 0
    assert result.max() <= 1
