"""What callers in Python give, and the kind of thing that they get back.

Oracles: Pillow, on what it reads of a file that it wrote; the same given in the plain way; the contract in
docs/python.md.
"""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from pictures import draw_art
from PIL import ExifTags, Image, ImageCms

from mangacolor import BadInputError, ColorizeOptions, Colorizer, Hint, UsageError
from mangacolor.image import as_decoded
from mangacolor.image.profile import srgb_profile


def drawn():
    page = np.full((60, 40), 255, np.uint8)
    page[20, :] = page[:, 10] = 0
    return page


@pytest.fixture(scope="module")
def colorizer(tiny_weights, tiny_separator):
    return Colorizer(tiny_weights, separator=tiny_separator, force=True, fast=True)


# What a Pillow image tells beside its pixels


def photographed(turn):
    """A JPEG of a page, 40 x 60, that says to be turned, with a title, a resolution and a profile."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.ImageDescription] = turn, "A page"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    Image.fromarray(drawn()).convert("RGB").save(file, "JPEG", exif=exif, dpi=(300, 200), icc_profile=profile)
    return Image.open(file)


@pytest.mark.parametrize(("turn", "size", "dpi"), [(1, (40, 60), (300, 200)), (6, (60, 40), (200, 300))])
def test_pillow_images_keep_resolution_exif_and_a_profile_and_are_upright(colorizer, turn, size, dpi):
    page = colorizer.colorize(photographed(turn))
    assert page.size == size
    assert page.info["dpi"] == dpi
    assert page.info["icc_profile"] == srgb_profile()
    assert page.getexif()[ExifTags.Base.ImageDescription] == "A page"
    assert ExifTags.Base.Orientation not in page.getexif()
    saved = io.BytesIO()
    page.save(saved, "PNG", dpi=page.info["dpi"], exif=page.getexif())
    again = Image.open(saved)
    assert again.info["dpi"] == pytest.approx(dpi, abs=0.1)
    assert again.info["icc_profile"] == srgb_profile()
    assert again.getexif()[ExifTags.Base.ImageDescription] == "A page"


def test_hints_count_in_the_upright_picture(colorizer):
    turned = photographed(6)
    assert turned.size == (40, 60)
    colorizer.colorize(turned, hints=[Hint(59, 39, "red")])
    with pytest.raises(BadInputError, match="off the page of 60 x 40"):
        colorizer.colorize(turned, hints=[Hint(39, 59, "red")])


def test_images_that_tell_nothing_come_back_without(colorizer):
    assert colorizer.colorize(Image.fromarray(drawn())).info == {}


# Pictures that are none


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_taken_as_the_array_that_it_is(colorizer):
    np.testing.assert_array_equal(colorizer.colorize(np.asmatrix(drawn())), colorizer.colorize(drawn()))


def test_masks_are_refused_unless_nothing_is_masked():
    page = np.ma.masked_less(drawn(), 5)
    with pytest.raises(BadInputError, match="filled"):
        as_decoded(page)
    bare = np.ma.masked_array(drawn())
    np.testing.assert_array_equal(as_decoded(bare).rgb, as_decoded(drawn()).rgb)


def closed_by(way, path):
    Image.fromarray(drawn()).save(path)
    if way == "file":
        with path.open("rb") as file:
            return Image.open(file)
    with Image.open(path) as image:
        if way == "loaded":
            image.load()
            image.close()
    return image


@pytest.mark.parametrize("way", ["with", "file", "loaded"])
def test_closed_images_are_told_from_damaged_ones(tmp_path, way):
    with pytest.raises(BadInputError, match="is closed") as caught:
        as_decoded(closed_by(way, tmp_path / "page.png"))
    assert "Open it again" in caught.value.advice
    broken = tmp_path / "broken.png"
    broken.write_bytes((tmp_path / "page.png").read_bytes()[:60])
    with Image.open(broken) as image, pytest.raises(BadInputError, match="damaged"):
        as_decoded(image)


def test_too_many_pixels_are_refused_before_anything_is_done(colorizer, monkeypatch):
    small = Colorizer.from_options(dataclasses.replace(colorizer.options, max_pixels=2399))
    for image in (drawn(), Image.fromarray(drawn())):
        for way in (small.colorize, small.open):
            with pytest.raises(BadInputError, match="max_pixels"):
                way(image)
    with pytest.raises(BadInputError, match="limit is 120 million"):
        colorizer.colorize(np.broadcast_to(np.uint8(255), (11_000, 11_000)))
    Colorizer.from_options(dataclasses.replace(colorizer.options, max_pixels=2400)).colorize(drawn())


# Other arguments


def test_a_single_hint_is_a_list_of_it(colorizer):
    hint = Hint(np.int64(20), np.float32(40), np.array([200, 40, 40]))
    assert (type(hint.x), type(hint.y)) == (int, float)
    np.testing.assert_array_equal(colorizer.colorize(drawn(), hints=hint), colorizer.colorize(drawn(), hints=[hint]))
    sitting = colorizer.open(drawn())
    np.testing.assert_array_equal(sitting.paint(hint), sitting.paint([hint]))


@pytest.mark.parametrize("wrong", [None, 3])
def test_what_is_no_list_is_told_by_its_name(colorizer, wrong):
    for way in (lambda: colorizer.colorize(drawn(), hints=wrong), lambda: colorizer.open(drawn()).paint(wrong)):
        with pytest.raises(UsageError, match="`hints` should be"):
            way()
    with pytest.raises(UsageError, match="`references` should be"):
        colorizer.following(wrong)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"weights": 3}, "weights should be a path, not 3"),
        ({"weights": ""}, "weights names no file"),
        ({"separator": b"x"}, "separator should be a path"),
        ({"seed": 2**64}, "seed should be less than"),
        ({"seed": -(2**63) - 1}, "seed should be greater than"),
    ],
)
def test_values_that_no_option_has_are_told_before_anything_is_loaded(given, told):
    with pytest.raises(UsageError, match=told):
        Colorizer(**given)


def test_the_largest_seeds_colour(tiny_weights, tiny_separator):
    """Oracle: torch, which takes seeds of 64 bits."""
    for seed in (2**64 - 1, -(2**63)):
        Colorizer(tiny_weights, separator=tiny_separator, force=True, fast=True, seed=seed).colorize(drawn())


def test_options_that_are_none_say_how_they_are_written():
    with pytest.raises(UsageError, match="ColorizeOptions") as caught:
        Colorizer.from_options({"fast": True})
    assert "ColorizeOptions(**options)" in caught.value.advice


def test_layers_are_not_made_where_nobody_gets_them(colorizer, monkeypatch):
    wanted = colorizer.colorize(drawn())
    layered = Colorizer.from_options(dataclasses.replace(colorizer.options, layers="ora"))
    monkeypatch.setattr("mangacolor.colorize.colorizer.layered_file", None)
    np.testing.assert_array_equal(layered.colorize(drawn()), wanted)


def test_colourisers_say_what_they_are(tiny_weights, tiny_separator):
    said = repr(Colorizer(tiny_weights, separator=tiny_separator, device="cpu", fast=True, saturation=1.5))
    assert f"weights={str(tiny_weights)!r}" in said
    assert "device='cpu'" in said
    assert "saturation=1.5, fast=True" in said
    assert "white_paper" not in said


def test_references_may_be_one_picture_when_opened(seeing_weights, tiny_separator):
    """Oracle: the list of it."""
    files = {"weights": seeing_weights, "separator": tiny_separator, "fast": True}
    one, listed = (Colorizer(**files, references=given) for given in (draw_art(1), [draw_art(1)]))
    assert one.engine.references.digest == listed.engine.references.digest
    opened = Colorizer.from_options(ColorizeOptions(**files), draw_art(1))
    assert opened.engine.references.digest == listed.engine.references.digest
