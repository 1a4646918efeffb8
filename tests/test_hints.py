"""Hints and references: from what the user says to what the generator is given.

Oracles: contracts of file and planes, colours by hand, and invariants by hypothesis.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from stubs import HearingBackend, with_backend

from mangacolor import Colorizer
from mangacolor.cli import run
from mangacolor.colorize import steps
from mangacolor.colorize.hints import LARGEST_FILL, REACH_PX, Hint, Hints, parse_hints, read_hints
from mangacolor.colorize.predict import Predicted
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.models.backend import Guess
from mangacolor.page.areas import find_areas
from mangacolor.page.ink import Separation


def gray_page(height=90, width=70):
    page = np.full((height, width), 255, np.uint8)
    page[20:60, 10:50] = 150
    page[20, 10:50] = 0
    return page


def closed_box(height=120, width=90):
    page = np.full((height, width), 255, np.uint8)
    page[30:80, 20:60] = 0
    page[33:77, 23:57] = 150
    return page


def follow_hints(colour, ink, tone, hints, page):
    """`Hints.follow` in sRGB; what does not move stays as it was to the last bit."""
    before = oklab_from_srgb(colour)
    after = Hints(tuple(hints), page).follow(before, Separation(ink, tone))
    return np.where((after == before).all(axis=-1, keepdims=True), colour, srgb_from_oklab(after))


def fill_areas(colour, ink, labels, hints, page):
    """`Hints.fill` in sRGB, likewise."""
    before = oklab_from_srgb(colour)
    after = Hints(tuple(hints), page).fill(before, ink, labels)
    return np.where((after == before).all(axis=-1, keepdims=True), colour, srgb_from_oklab(after))


@pytest.fixture
def colorizer(tiny_weights, tiny_separator):
    return Colorizer(tiny_weights, separator=tiny_separator, size=64)


# Reading


def test_hints_are_read_from_json(tmp_path):
    """Contract of the file."""
    path = tmp_path / "hints.json"
    path.write_text('[{"x": 12, "y": 8.5, "color": "#D0300a"}]', encoding="utf-8")
    assert read_hints(path) == [Hint(12, 8.5, (208, 48, 10))]


@pytest.mark.parametrize(
    ("color", "rgb"),
    [("navy", (0, 0, 128)), ("#732", (119, 51, 34)), ([122, 59, 46], (122, 59, 46)), ("brownish", None),
     ("#00000", None), ([1, 2, 256], None), (None, None), ({"r": 1}, None)],
)  # fmt: skip
def test_hints_take_the_colours_that_series_take(color, rgb):
    """Contract of both; what is none is refused with all ways to write one."""
    text = json.dumps([{"x": 1, "y": 2, "color": color}])
    if rgb is not None:
        assert parse_hints(text, "hints") == [Hint(1, 2, rgb)]
        return
    with pytest.raises(BadInputError, match=r"hints: hint 1: .* is no colour") as caught:
        parse_hints(text, "hints")
    assert all(way in caught.value.advice for way in ("#7a3b2e", "[122, 59, 46]", "navy"))


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[1]", '[{"x": 1, "y": 2}]', '[{"x": "1", "y": 2, "color": "#000000"}]',
     '[{"x": true, "y": 2, "color": "#000000"}]', '[{"x": 1, "y": 2, "color": "#000000", "z": 1}]'],
)  # fmt: skip
def test_files_of_something_else_are_refused_with_an_example(tmp_path, text):
    """Contract: bad input names the file and shows what it should hold."""
    path = tmp_path / "hints.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"hints\.json") as caught:
        read_hints(path)
    assert "#d03030" in caught.value.advice


# Following them


def drawn_box(width_px=2):
    """A page with a closed box, its ink and tone, and the inside of the box without its border."""
    ink, tone = np.ones((120, 100), np.float32), np.ones((120, 100), np.float32)
    ink[30:90, 20:70] = 0
    ink[30 + width_px : 90 - width_px, 20 + width_px : 70 - width_px] = 1
    inside = np.zeros(ink.shape, bool)
    inside[34:86, 24:66] = True
    return ink, tone, inside


@pytest.mark.parametrize("color", [(200, 60, 40), (40, 90, 200), (250, 250, 250), (60, 120, 60)])
@pytest.mark.parametrize("prediction", [(0.9, 0.9, 0.9), (0.8, 0.6, 0.3)])
def test_a_hint_colours_its_area_and_stops_at_the_line(color, prediction):
    """Oracle: the bars of the field, 8 CIEDE2000 (scikit-image's) through the area; nothing outside of it moves."""
    ink, tone, inside = drawn_box()
    colour = np.full((120, 100, 3), prediction, np.float32)
    followed = follow_hints(colour, ink, tone, [Hint(90, 120, color)], (240, 200))
    asked = np.broadcast_to(rgb2lab(np.array(color) / 255.0), (*ink.shape, 3))
    assert deltaE_ciede2000(rgb2lab(followed), asked)[inside].max() < 8
    outside = ink.copy()
    outside[30:90, 20:70] = 0
    assert np.abs(followed - colour)[outside == 1].max() < 0.02


def test_two_hints_share_an_area_by_nearness():
    """Invariant: with two hints in one area each is obeyed where it was set."""
    ink, tone, _ = drawn_box()
    hints = [Hint(30, 40, (200, 60, 40)), Hint(60, 80, (40, 90, 200))]
    followed = follow_hints(np.full((120, 100, 3), 0.9, np.float32), ink, tone, hints, (120, 100))
    for hint in hints:
        np.testing.assert_allclose(followed[int(hint.y), int(hint.x)] * 255, hint.rgb, atol=8)


def test_hints_keep_the_shading():
    """Invariant: what is lighter than its neighbour before is lighter after."""
    ink, tone, inside = drawn_box()
    shading = np.linspace(0.6, 0.9, 100, dtype=np.float32)
    colour = np.repeat(np.tile(shading, (120, 1))[..., None], 3, axis=2)
    followed = follow_hints(colour, ink, tone, [Hint(45, 60, (180, 90, 70))], (120, 100))
    lightness = rgb2lab(followed)[60, 26:64, 0]
    assert inside[60, 26:64].all()
    assert (np.diff(lightness) > 0).all()


def test_hints_under_ink_set_nothing():
    """Contract: no colour shows there."""
    ink, tone, _ = drawn_box()
    colour = np.full((120, 100, 3), 0.7, np.float32)
    assert np.array_equal(follow_hints(colour, ink, tone, [Hint(20.5, 50, (255, 0, 0))], (120, 100)), colour)


def test_hints_do_not_cross_to_another_tone():
    """Invariant: a flat screentone ends where its tone does, line or not."""
    ink = np.ones((80, 80), np.float32)
    tone = np.where(np.arange(80) < 40, 0.5, 1.0).astype(np.float32) * np.ones((80, 1), np.float32)
    followed = follow_hints(np.full((80, 80, 3), 0.7, np.float32), ink, tone, [Hint(15, 40, (200, 40, 40))], (80, 80))
    chroma = followed.max(axis=2) - followed.min(axis=2)
    assert chroma[:, :36].min() > 0.4
    assert chroma[:, 44:].max() < 0.05


# Filling areas


def boxed(share):
    """Ink of a page with a square of this share of it in its middle, the areas, and the square without its border."""
    ink = np.ones((120, 100), np.float32)
    half = int(np.sqrt(share * ink.size) / 2)
    ink[60 - half : 60 + half, 50 - half : 50 + half] = 0
    ink[62 - half : 58 + half, 52 - half : 48 + half] = 1
    inside = np.zeros(ink.shape, bool)
    inside[62 - half : 58 + half, 52 - half : 48 + half] = True
    return ink, find_areas(ink, np.ones_like(ink)).labels, inside


def shaded():
    """Brown that grows lighter from left to right."""
    shade = np.linspace(0.35, 0.55, 100, dtype=np.float32)[None, :, None]
    return np.tile(shade * np.array([1.1, 1, 0.8], np.float32), (120, 1, 1))


def test_a_hint_fills_its_area_up_to_the_line_and_nothing_else():
    """Contract: a and b of the hint to the last pixel, the lightness of its middle, and the shading as it was."""
    ink, labels, inside = boxed(LARGEST_FILL / 2)
    colour, rgb = shaded(), (150, 110, 120)
    filled = fill_areas(colour, ink, labels, [Hint(100, 120, rgb)], (240, 200))
    asked, before, after = (
        oklab_from_srgb(np.asarray(rgbs, np.float32)) for rgbs in (np.divide(rgb, 255), colour, filled)
    )
    assert np.abs(after[inside] - asked)[:, 1:].max() < 1e-4
    assert np.median(after[inside][:, 0]) == pytest.approx(asked[0], abs=1e-2)
    lighter = (after - before)[inside][:, 0]
    np.testing.assert_allclose(lighter, lighter[0], atol=1e-4)
    outside = (ink == 1) & ~inside
    np.testing.assert_array_equal(filled[outside], colour[outside])
    np.testing.assert_array_equal(colour, shaded())


RED, TEAL = (150, 100, 100), (90, 130, 130)


@pytest.mark.parametrize(
    ("share", "hints"),
    [
        (LARGEST_FILL / 2, [Hint(45, 60, RED), Hint(55, 60, TEAL)]), (1.5 * LARGEST_FILL, [Hint(50, 60, RED)]),
        (LARGEST_FILL / 2, []),
    ],
    ids=["two colours", "too large", "no hint"],
)  # fmt: skip
def test_areas_that_are_not_filled_stay(share, hints):
    """Contract: which of two colours is meant is not guessed, and what fills most of a page has leaked."""
    ink, labels, _ = boxed(share)
    np.testing.assert_array_equal(fill_areas(shaded(), ink, labels, hints, (120, 100)), shaded())


def test_hints_on_ink_fill_nothing():
    """Contract: no colour shows there, though every pixel of a line belongs to an area."""
    ink, labels, inside = boxed(LARGEST_FILL / 2)
    column = int(np.flatnonzero(inside.any(axis=0))[0]) - 1
    assert ink[60, column] == 0
    on_line = Hint(column + 0.5, 60.5, TEAL)
    np.testing.assert_array_equal(fill_areas(shaded(), ink, labels, [on_line], (120, 100)), shaded())
    alone, both = (
        fill_areas(shaded(), ink, labels, hints, (120, 100))
        for hints in ([Hint(50, 60, RED)], [Hint(50, 60, RED), on_line])
    )
    np.testing.assert_array_equal(alone, both)
    assert not np.array_equal(alone, shaded())


def test_several_hints_of_one_colour_fill_as_one_does():
    """Invariant: and each area that is hinted gets its own."""
    ink = np.ones((120, 100), np.float32)
    ink[:, 24:26] = ink[:, 40:42] = 0
    labels = find_areas(ink, np.ones_like(ink)).labels
    one = fill_areas(shaded(), ink, labels, [Hint(10, 60, RED), Hint(33, 60, TEAL)], (120, 100))
    more = fill_areas(shaded(), ink, labels, [Hint(10, 60, RED), Hint(33, 60, TEAL), Hint(12, 9, RED)], (120, 100))
    np.testing.assert_array_equal(one, more)
    for column, rgb in ((10, RED), (33, TEAL)):
        asked = oklab_from_srgb(np.divide(rgb, 255).astype(np.float32))
        np.testing.assert_allclose(oklab_from_srgb(one[:, column])[:, 1:], np.tile(asked[1:], (120, 1)), atol=1e-4)


def test_hints_fill_their_areas_in_pages_but_not_in_the_fast_way(tiny_weights, tiny_separator):
    """Contract of `obey`: the fast way has no areas."""
    gray = closed_box().astype(np.float32) / 255
    hints = Hints((Hint(26, 36, RED),), gray.shape)
    for fast in (True, False):
        engine = Colorizer(tiny_weights, separator=tiny_separator, size=64, fast=fast).engine
        layers = steps.separate(gray, engine)
        lab = oklab_from_srgb(shaded()[:, :90])
        seen = steps.find(layers, engine)
        followed = hints.follow(lab, layers.page)
        obeyed = steps.obey(lab, Predicted(Guess(shaded()), layers.page), seen, hints)
        assert np.allclose(obeyed, followed, atol=1e-6) == fast
        assert np.ptp(obeyed[40:70, 30:50, 1:], axis=(0, 1)).max() < (np.inf if fast else 1e-6)


# The condition


@given(st.floats(0, 0.999), st.floats(0, 0.999))
def test_a_hint_lands_where_it_was_set(right, down):
    """Invariant: its cell and those around it carry colour and mask, nothing else does."""
    page, size = (300, 200), (60, 40)
    planes = Hints((Hint(right * page[1], down * page[0], (255, 0, 51)),), page).planes(size)
    row, column = int(down * size[0]), int(right * size[1])
    np.testing.assert_allclose(planes[row, column], [1, 0, 0.2, 1], rtol=1e-6)
    rows, columns = np.nonzero(planes[..., 3])
    assert np.abs(rows - row).max() <= REACH_PX
    assert np.abs(columns - column).max() <= REACH_PX
    assert not planes[planes[..., 3] == 0].any()


@pytest.mark.parametrize("place", [(-1, 5), (5, -0.1), (200, 5), (5, 300)])
def test_hints_off_the_page_are_refused(place):
    """Contract: a clear error rather than a hint that has no effect."""
    with pytest.raises(BadInputError, match="off the page"):
        Hints((Hint(*place, (0, 0, 0)),), (300, 200))


def test_hints_reach_the_generator(colorizer):
    """Contract: as the condition's last four channels, which are empty without."""
    colorizer, backend = with_backend(colorizer, HearingBackend)
    colorizer.colorize(gray_page())
    colorizer.colorize(gray_page(), hints=[Hint(30, 40, (255, 0, 0))])
    plain, hinted = backend.asked
    assert not plain[..., 2:].any()
    assert hinted[0, ..., 5].sum() == (2 * REACH_PX + 1) ** 2


def test_settings_tell_runs_with_other_references_apart(seeing_weights, tiny_separator):
    """Contract of `Colorizer.settings`."""
    picture = np.full((20, 20, 3), (200, 60, 60), np.uint8)
    none, same, other = (
        Colorizer(seeing_weights, separator=tiny_separator, size=64, references=pictures)
        for pictures in ([], [], [picture])
    )
    assert none.settings == same.settings != other.settings


def test_references_need_weights_that_can_compare(colorizer):
    """Contract: a clear error rather than a reference that has no effect."""
    with pytest.raises(UsageError, match="cannot follow references"):
        colorizer.following([np.full((20, 20, 3), (200, 60, 60), np.uint8)])


def test_with_hints_any_page_is_coloured(colorizer):
    """Contract: whoever sets hints wants colour, on a blank page too."""
    blank = np.full((90, 70), 255, np.uint8)
    assert (colorizer.colorize(blank) == 255).all()
    assert colorizer.colorize(blank, hints=[Hint(30, 40, (255, 0, 0))]).shape == (90, 70, 3)


# Command line


def test_command_line_takes_hints_and_references(tmp_path, seeing_weights, tiny_separator, capsys):
    """Contract: --hints for one page, --reference as often as wanted."""
    page, hints, cover = tmp_path / "page.png", tmp_path / "hints.json", tmp_path / "cover.png"
    Image.fromarray(gray_page()).save(page)
    Image.new("RGB", (20, 20), (200, 60, 60)).save(cover)
    hints.write_text(json.dumps([{"x": 30, "y": 40, "color": "#ff0000"}]), encoding="utf-8")
    words = ["-w", str(seeing_weights), "--separator", str(tiny_separator), "-q"]
    steer = ["--hints", str(hints), "--reference", str(cover), "--reference", str(cover)]
    assert run(["colorize", str(page), *words, *steer]) == ExitCode.DONE
    assert (tmp_path / "page_color.png").exists()
    capsys.readouterr()
    assert run(["colorize", str(page), str(cover), *words, *steer, "-o", str(tmp_path / "out")]) == ExitCode.USAGE
    assert "single page" in capsys.readouterr().err
    hints.write_text(json.dumps([{"x": 3000, "y": 40, "color": "#ff0000"}]), encoding="utf-8")
    assert run(["colorize", str(page), *words, *steer, "--overwrite"]) == ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    "rgb", ["#d03030", [208, 48, 48], np.array([208, 48, 48]), (np.uint8(208), np.int64(48), 48)], ids=str
)
def test_a_hint_has_its_colour_in_whole_numbers(rgb):
    """Contract of `Hint`: however it is written."""
    hint = Hint(np.float32(1), 2, rgb)
    assert hint == Hint(1, 2, (208, 48, 48))
    assert all(type(one) is int for one in hint.rgb)


@pytest.mark.parametrize(
    "given",
    [
        *[(1, 1, rgb) for rgb in ((256, 0, 0), (-1, 0, 0), (0.5, 0, 0), (1, 2), (1, 2, 3, 4), [[1, 2, 3]])],
        *[(1, 1, rgb) for rgb in ("#12", "", None, 7)],
        *[(x, 1, (0, 0, 0)) for x in ("1", None, True, [1])],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_hint_is_refused(given):
    """Contract of `Hint`: an error that a caller can do something about."""
    with pytest.raises(BadInputError):
        Hint(*given)
