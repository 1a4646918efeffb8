"""The painter's model: ink over colour, taken apart and put together.

Oracles: drawings whose ink and colour are known, products by hand, and invariants.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mangacolor.image import resize
from mangacolor.page.ink import (
    BLACK_FLOOR,
    LINE_RADIUS_PX,
    Separation,
    colour_under_ink,
    compose,
    condition_array,
    deepen,
    even_out,
    separate_by_closing,
    times,
)
from mangacolor.page.spread import MOST_SHADING, Spread, shade, shading, spread

SKIN, SKY = (np.array(paint, np.float32) for paint in ((0.95, 0.75, 0.62), (0.15, 0.30, 0.80)))
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

WORST_LEAK = {2: 0.01, 4: 0.03, 8: 0.03}
"""Largest error in sRGB beside a closed 2 px line, by the factor from working size to page."""


def planes(most=24):
    sizes = st.tuples(st.integers(1, most), st.integers(1, most))
    return sizes.flatmap(lambda size: arrays.arrays(np.float32, size, elements=st.floats(0, 1, width=32)))


units = st.floats(0, 1, width=32)
colours = st.tuples(units, units, units)


# compose


@given(colours, units)
def test_multiply_laws(colour, ink):
    """Laws of multiplication: 1 is neutral on either side, 0 wins, the product is no lighter than either factor."""
    paint = np.array(colour, np.float32).reshape(1, 1, 3)
    line = np.array([[ink]], np.float32)
    one, zero = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)

    def to_bytes(values):
        return np.rint(values * np.float32(255))

    np.testing.assert_array_equal(compose(paint, one), to_bytes(paint))
    np.testing.assert_array_equal(compose(paint, zero), 0)
    np.testing.assert_array_equal(compose(np.ones_like(paint), line)[0, 0], to_bytes(line)[0, 0])
    page = compose(paint, line)
    assert page.dtype == np.uint8
    assert (page <= to_bytes(np.minimum(paint, ink))).all()


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_channels_are_multiplied_as_numpy_does(channels):
    """Oracle: a product of NumPy, also of a part of the channels and in double precision."""
    rng = np.random.default_rng(channels)
    colour, plane = rng.random((7, 9, channels), np.float32), rng.random((7, 9), np.float32)
    for taken in (colour, colour[..., : channels - 1], colour.astype(np.float64)):
        np.testing.assert_array_equal(times(taken, plane), taken * plane[..., None])


# separate_by_closing and deepen


def separate(gray, radius_px=LINE_RADIUS_PX):
    return deepen(separate_by_closing(gray, radius_px))


@settings(max_examples=60, deadline=None)
@given(planes(), st.integers(1, 4))
def test_ink_times_tone_is_the_page_up_to_the_tone(gray, radius_px):
    """Invariant: ink × tone = min(page, closed page), deepened or not, each within its range."""
    rough = separate_by_closing(gray, radius_px)
    ink, tone = deepen(rough)
    assert ink.shape == tone.shape == gray.shape
    assert ink.dtype == tone.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert tone.min() >= np.float32(BLACK_FLOOR)
    assert tone.max() <= 1 + 1e-6
    known = rough.tone >= 1 / 255  # below, nothing can be divided by it
    for product in (ink * tone, rough.ink * rough.tone):
        np.testing.assert_allclose(product[known], np.minimum(gray, rough.tone)[known], atol=1e-6)
        assert product[~known].max(initial=0) < 1 / 255


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (40, 30)])
def test_white_paper_has_neither_ink_nor_tone(size):
    """Hand-computed: a white page is 1 × 1."""
    ink, tone = separate(np.ones(size, np.float32))
    np.testing.assert_allclose(ink, 1, atol=1e-6)
    np.testing.assert_allclose(tone, 1, atol=1e-6)


def page_with_line(grey, width_px, side=61):
    page = np.full((side, side), grey, np.float32)
    first = side // 2 - width_px // 2
    page[:, first : first + width_px] = 0
    return page, np.s_[:, first : first + width_px]


@pytest.mark.parametrize("grey", [1.0, 0.7, 0.5])
@pytest.mark.parametrize("width_px", [1, 2])
def test_thin_line_is_ink_and_the_grey_below_stays_flat(grey, width_px):
    """Contract: a line narrower than the closing vanishes from the tone; a black one has ink 0, beside it ink is 1."""
    page, line = page_with_line(grey, width_px)
    ink, tone = separate(page)
    np.testing.assert_allclose(tone, grey, atol=0.03)
    assert (ink[line] == 0).all()
    away = np.ones(page.shape, bool)
    away[line] = False
    np.testing.assert_allclose(ink[away], 1, atol=0.03)


@pytest.mark.parametrize("radius_px", [2, 4, 6])
def test_radius_decides_which_lines_are_ink(radius_px):
    """Contract: the closing swallows lines as wide as its radius and keeps those wider than its diameter."""
    page, _ = page_with_line(0.8, radius_px)
    np.testing.assert_allclose(separate(page, radius_px).tone, 0.8, atol=0.05)
    page, _ = page_with_line(0.8, 4 * radius_px + 1)
    middle = np.s_[:, page.shape[1] // 2]
    np.testing.assert_allclose(separate(page, radius_px).tone[middle], BLACK_FLOOR, atol=1e-6)


@pytest.mark.parametrize("factor", [2, 3])
def test_radius_scales_with_the_page(factor):
    """Invariant: an enlarged page separated at the enlarged radius is the separation enlarged, but for its edges."""
    page, _ = page_with_line(0.6, 2)
    page[:, :15] = 0.9
    small = separate(page, LINE_RADIUS_PX).tone
    large = separate(page.repeat(factor, 0).repeat(factor, 1), LINE_RADIUS_PX * factor).tone
    difference = np.abs(large - small.repeat(factor, 0).repeat(factor, 1))
    assert difference.mean() < 0.01
    wrong = separate(page.repeat(factor, 0).repeat(factor, 1), 1).tone
    assert np.abs(wrong - small.repeat(factor, 0).repeat(factor, 1)).mean() > 3 * difference.mean()


def test_solid_black_and_dark_greys_go_to_the_ink():
    """Hand-computed: below BLACK_FLOOR the tone is BLACK_FLOOR and the ink carries the rest in proportion."""
    page = np.ones((60, 60), np.float32)
    page[10:30, 10:50] = 0
    page[35:55, 10:50] = 0.14
    ink, tone = separate(page)
    np.testing.assert_allclose(tone[15:25, 15:45], BLACK_FLOOR, atol=1e-6)
    np.testing.assert_array_equal(ink[15:25, 15:45], 0)
    np.testing.assert_allclose(tone[40:50, 15:45], BLACK_FLOOR, atol=1e-6)
    np.testing.assert_allclose(ink[40:50, 15:45], 0.14 / BLACK_FLOOR, atol=1e-5)


def test_condition_is_ink_tone_and_hints_in_that_order():
    """Contract of the six channels."""
    separation = separate(page_with_line(0.7, 1)[0])
    hints = np.random.default_rng(0).random((*separation.ink.shape, 4), dtype=np.float32)
    condition = condition_array(separation, hints)
    assert condition.dtype == np.float32
    np.testing.assert_array_equal(condition[..., 0], separation.ink)
    np.testing.assert_array_equal(condition[..., 1], separation.tone)
    np.testing.assert_array_equal(condition[..., 2:], hints)
    assert not condition_array(separation)[..., 2:].any()


@settings(max_examples=60, deadline=None)
@given(planes(12).flatmap(lambda ink: st.tuples(st.just(ink), arrays.arrays(np.float32, ink.shape, elements=units))))
def test_deepening_keeps_the_product(planes_of_page):
    """Invariant: ink × tone stays, tones end up at `BLACK_FLOOR` or above, ink at or below what it was."""
    ink, tone = planes_of_page
    deep = deepen(Separation(ink, tone))
    np.testing.assert_allclose(deep.ink * deep.tone, ink * tone, atol=1e-6)
    assert deep.tone.min() >= np.float32(BLACK_FLOOR)
    assert (deep.ink <= ink).all()
    light = tone >= BLACK_FLOOR
    np.testing.assert_array_equal(deep.ink[light], ink[light])
    np.testing.assert_array_equal(deep.tone[light], tone[light])


def test_closing_leaves_blacks_in_the_tone():
    """Contract: it is `deepen` that moves blacks to the ink; the closing alone takes a black area for tone."""
    page = np.ones((40, 40), np.float32)
    page[10:30, 10:30] = 0
    ink, tone = separate_by_closing(page)
    np.testing.assert_allclose(tone[15:25, 15:25], 0, atol=1e-6)
    np.testing.assert_array_equal(deepen(Separation(ink, tone)).ink[15:25, 15:25], 0)


# colour_under_ink


def flat_picture(line_px=1):
    """Two flats with a black line between them, and the flats alone."""
    flats = np.empty((48, 60, 3), np.float32)
    flats[:, :30], flats[:, 30:] = SKIN, (0.55, 0.75, 0.5)
    lined = flats.copy()
    lined[:, 30 : 30 + line_px] = 0
    return lined, flats


def test_colour_times_lines_is_the_picture_away_from_lines():
    """Invariant: page = colour × ink; on the line itself both are nearly black."""
    lined, _ = flat_picture()
    colour, lines = colour_under_ink(lined, lined @ LUMA)
    back = colour * lines[..., None]
    away = np.ones(60, bool)
    away[27:34] = False
    np.testing.assert_allclose(back[:, away], lined[:, away], atol=0.01)
    assert back[:, 30].max() < 0.02
    assert lines[:, 30].max() < 0.02


@pytest.mark.parametrize("line_px", [1, 2])
def test_line_is_removed_from_the_colour(line_px):
    """Oracle: the flats before the line was drawn; under the line either flat or a mixture of the two will do."""
    lined, flats = flat_picture(line_px)
    colour, _ = colour_under_ink(lined, lined @ LUMA)
    low, high = flats.min(axis=(0, 1)), flats.max(axis=(0, 1))
    assert (colour >= low - 0.02).all()
    assert (colour <= high + 0.02).all()
    away = np.r_[0:26, 36:60]
    np.testing.assert_allclose(colour[:, away], flats[:, away], atol=0.02)


def test_solid_black_needs_no_colour_of_its_own():
    """Contract: darkness below BLACK_FLOOR is in the lines, as `separate` has it, and the page is still the product."""
    rgb = np.full((40, 40, 3), 0.1, np.float32)
    colour, lines = colour_under_ink(rgb, rgb @ LUMA)
    np.testing.assert_allclose(lines, 0.1 / BLACK_FLOOR, atol=1e-4)
    np.testing.assert_allclose(colour, BLACK_FLOOR, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(planes(12).flatmap(lambda gray: st.tuples(st.just(gray), colours)))
def test_colour_and_lines_stay_in_range(case):
    """Invariant: both in [0, 1] for any picture of any size, black ones included."""
    gray, tint = case
    rgb = gray[..., None] * np.array(tint, np.float32)
    colour, lines = colour_under_ink(rgb, rgb @ LUMA)
    assert colour.shape == rgb.shape
    for part in (colour, lines):
        assert np.isfinite(part).all()
        assert part.min() >= -1e-6
        assert part.max() <= 1


# spread


@settings(max_examples=50, deadline=None)
@given(planes(40), st.integers(1, 12), st.integers(1, 12), colours)
def test_one_colour_stays_that_colour_under_any_ink(ink, h, w, colour):
    """Invariant: a weighted mean of equal values is that value, whatever the ink and the two sizes."""
    prediction = np.broadcast_to(np.array(colour, np.float32), (h, w, 3)).copy()
    result = spread(prediction, ink)
    assert result.shape == (*ink.shape, 3)
    np.testing.assert_allclose(result, np.broadcast_to(prediction[0, 0], result.shape), atol=2e-4)


@settings(max_examples=50, deadline=None)
@given(planes(40), planes(8))
def test_spread_invents_no_colour(ink, plane):
    """Invariant: a weighted mean lies between the smallest and the largest of its values, channel by channel."""
    prediction = np.stack([plane, 1 - plane, plane / 2], axis=2)
    result = spread(prediction, ink)
    assert np.isfinite(result).all()
    assert (result >= prediction.min(axis=(0, 1)) - 1e-3).all()
    assert (result <= prediction.max(axis=(0, 1)) + 1e-3).all()


def test_spread_of_the_same_size_changes_nothing():
    """Hand-computed: where there is nothing to enlarge, the colour is the prediction."""
    prediction = np.random.default_rng(0).random((20, 15, 3), dtype=np.float32)
    np.testing.assert_array_equal(spread(prediction, np.zeros((20, 15), np.float32)), prediction)


def boxed_flats(top, left, side=96, box=48):
    """Flats of two colours, the 2 px line around the inner one as ink, and the pixels right beside that line."""
    y, x = np.mgrid[:side, :side]

    def within(margin):
        rows = (y >= top - margin) & (y < top + box + margin)
        return rows & (x >= left - margin) & (x < left + box + margin)

    flats = np.where(within(0)[..., None], SKIN, SKY).astype(np.float32)
    line = within(1) & ~within(-1)
    beside = (cv2.dilate(line.astype(np.uint8), np.ones((5, 5))) > 0) & ~line
    return flats, np.where(line, 0, 1).astype(np.float32), beside


@pytest.mark.parametrize("factor", WORST_LEAK)
def test_colour_does_not_leak_through_a_closed_line(factor):
    """Oracle: the drawn flats. Their area means are the best any generator could predict at the working size."""
    worst = bilinear = 0.0
    for top, left in itertools.product(range(24, 24 + factor), repeat=2):
        flats, ink, beside = boxed_flats(top, left)
        prediction = resize(flats, 96 // factor, 96 // factor)
        worst = max(worst, float(np.abs(spread(prediction, ink) - flats)[beside].max()))
        bilinear = max(bilinear, float(np.abs(cv2.resize(prediction, (96, 96)) - flats)[beside].max()))
    assert bilinear > 0.15  # the scene is hard without the ink
    assert worst < WORST_LEAK[factor]


def test_smooth_shading_survives_the_spread():
    """Oracle: the shading itself, at full size; away from the border it may only be blurred over a few cells."""
    ramp = np.linspace(0, 1, 192, dtype=np.float32)
    shading = np.stack(np.broadcast_arrays(ramp[None], ramp[:, None], 0.5 + 0.4 * np.sin(9 * ramp)[None]), axis=2)
    result = spread(resize(np.ascontiguousarray(shading), 48, 48), np.ones((192, 192), np.float32))
    assert np.abs(result - shading)[16:-16, 16:-16].max() < 0.07
    assert np.abs(np.diff(result, 2, axis=1))[16:-16, 16:-16].max() < 0.005  # no blocks


# shade


@settings(max_examples=40, deadline=None)
@given(planes(16), colours)
def test_shading_by_the_tone_that_was_seen_changes_nothing(plane, colour):
    """Invariant: where the working size saw the page's own tone, colour stays as it is."""
    tone = np.maximum(plane, np.float32(BLACK_FLOOR))
    painted = np.broadcast_to(np.array(colour, np.float32), (*tone.shape, 3)).copy()
    np.testing.assert_allclose(shade(painted, shading(tone, tone)), painted, atol=1e-6)


def test_shading_restores_the_edge_of_a_flat_tone():
    """Oracle: the flats. Paint × tone at an eighth of the size is soft at the edge; shaded it is as on the page."""
    tone = np.ones((64, 64), np.float32)
    tone[:, 27:] = 0.7
    flats = SKIN * tone[..., None]
    seen = resize(tone, 8, 8)
    soft = cv2.resize(SKIN * seen[..., None], (64, 64), interpolation=cv2.INTER_LINEAR)
    sharp = shade(soft, shading(seen, tone))
    assert np.abs(soft - flats).max() > 0.1
    np.testing.assert_allclose(sharp, flats, atol=1e-5)


def test_shading_is_bounded_and_stays_in_range():
    """Contract of `MOST_SHADING`: unseen tone brightens and darkens no further; colours end at 1."""
    colour = np.full((4, 4, 3), 0.5, np.float32)
    dark, light = np.full((2, 2), BLACK_FLOOR, np.float32), np.ones((4, 4), np.float32)
    np.testing.assert_allclose(shade(colour, shading(dark, light)), 0.5 * MOST_SHADING, atol=1e-6)
    np.testing.assert_allclose(
        shade(colour, shading(np.ones((2, 2), np.float32), 0.1 * light)), 0.5 / MOST_SHADING, atol=1e-6
    )
    assert shade(2 * colour, shading(dark, light)).max() == 1


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(6, 40), st.integers(6, 40)), st.floats(0.3, 1.5), st.data())
def test_a_part_is_spread_as_the_whole_is(size, scale, data):
    """Invariant: what lies farther away than the margin has no say."""
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    small = tuple(max(1, round(side * scale)) for side in size)
    ink, colour = (rng.random(shape, np.float32) for shape in (size, (*small, 3)))
    part = tuple(
        slice(start := data.draw(st.integers(0, side - 1)), data.draw(st.integers(start + 1, side))) for side in size
    )
    carry = Spread(ink, small)
    found = carry(np.ascontiguousarray(colour[carry.cells(part)]), part)
    np.testing.assert_allclose(found, spread(colour, ink)[part], atol=1e-5)


# Evenness


def two_fields():
    """A page of two fields parted by a thin line, and a patchy prediction of two colours for them."""
    rng = np.random.default_rng(0)
    ink = np.ones((120, 160), np.float32)
    ink[:, 79:81] = 0
    colour = np.where(np.arange(160)[None, :, None] < 80, np.float32([0.8, 0.4, 0.3]), np.float32([0.3, 0.5, 0.8]))
    patches = cv2.resize(rng.normal(0, 0.08, (12, 16, 3)).astype(np.float32), (160, 120))
    return ink, np.ones_like(ink), (colour + patches).clip(0, 1).astype(np.float32)


def test_even_areas_keep_their_mean_and_stop_at_lines():
    """Invariants: patches go, the mean of an area stays, and a two pixel line keeps two areas apart."""
    ink, tone, colour = two_fields()
    even = even_out(colour, ink, tone)
    for side in (np.s_[:, 4:76], np.s_[:, 84:156]):
        assert even[side].std(axis=(0, 1)).max() < 0.35 * colour[side].std(axis=(0, 1)).max()
        np.testing.assert_allclose(even[side].mean(axis=(0, 1)), colour[side].mean(axis=(0, 1)), atol=0.02)


def test_even_areas_stop_where_the_tone_changes():
    """Invariant: as above, with a step from paper to grey tone instead of a line."""
    _, _, colour = two_fields()
    tone = np.where(np.arange(160)[None] < 80, np.float32(1), np.float32(0.7)) * np.ones((120, 1), np.float32)
    even = even_out(colour, np.ones_like(tone), tone)
    for side in (np.s_[:, 4:76], np.s_[:, 84:156]):
        np.testing.assert_allclose(even[side].mean(axis=(0, 1)), colour[side].mean(axis=(0, 1)), atol=0.02)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_one_colour_stays_that_colour(height, width, ink):
    """Invariant, at any size and under any ink."""
    colour = np.full((height, width, 3), (0.2, 0.6, 0.9), np.float32)
    plane = np.full((height, width), ink, np.float32)
    np.testing.assert_allclose(even_out(colour, plane, plane), colour, atol=2e-3)
