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
from mangacolor.colorize.hints import REACH_PX, Hint, Hints, parse_hints, read_hints
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.page.ink import Separation


def gray_page(height=90, width=70):
    page = np.full((height, width), 255, np.uint8)
    page[20:60, 10:50] = 150
    page[20, 10:50] = 0
    return page


def follow_hints(colour, ink, tone, hints, page):
    """`Hints.follow` in sRGB; what does not move stays as it was to the last bit."""
    before = oklab_from_srgb(colour)
    after = Hints(tuple(hints), page).follow(before, Separation(ink, tone))
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


def test_hints_reach_the_generator(tiny_weights, tiny_separator):
    """Contract where no areas decide: as the condition's last four channels, which are empty without."""
    fast = Colorizer(tiny_weights, separator=tiny_separator, size=64, fast=True)
    colorizer, backend = with_backend(fast, HearingBackend)
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


def test_what_is_no_hint_is_told(colorizer):
    """Contract of docs/python.md: what a caller can mend is a `MangacolorError`."""
    with pytest.raises(BadInputError, match=r"is no hint(.|\n)*Write Hint"):
        colorizer.colorize(gray_page(), hints=[(30, 40, "red")])


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
