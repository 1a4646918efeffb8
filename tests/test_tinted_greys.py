"""Greys that nobody meant get a tint.

Oracle: the contract of `tint_greys` on a page of two panels written here, whose areas are its quarters: the upper two
are one panel, the lower two another.
"""

from __future__ import annotations

import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.bare_grounds import LEAST_GROUND
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.paint import Paint, means_of, polar
from mangacolor.colorize.tinted_greys import COLOURED, COOL, TINT, tint_greys
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIDE = 200
WALL, CABINET, SHIRT, OTHER = range(4)
"""Upper left and right, lower left and right."""

BROWN, GREY, SHADOW = 70.0, 0.7, 0.8


class Page:
    """All is grey and toned; the wall may have a colour."""

    def __init__(self, tone=GREY):
        ink = np.ones((2 * SIDE, 2 * SIDE), np.float32)
        ink[SIDE - 2 : SIDE + 2] = ink[:, SIDE - 2 : SIDE + 2] = 0
        found = find(Separation(ink, np.full_like(ink, tone)), lambda _: [])
        self.tone = np.full_like(ink, tone)
        self.area = [int(found.areas.labels[y, x]) for y in (50, 250) for x in (50, 250)]
        numbers = np.repeat([1, 2], SIDE)[:, None] * np.ones((1, 2 * SIDE), np.int32)
        self.found, count = in_panels(found, numbers.astype(np.int32)), len(found.areas.sizes)
        assert sorted(set(self.area)) == sorted(self.area)
        self.said, self.ground = np.zeros(count, bool), np.zeros(count, np.float32)
        self.masks = {}
        self.lightness = np.full_like(ink, SHADOW)
        self.chroma = np.zeros((*ink.shape, 2), np.float32)

    def paint(self, quarter, hue, length):
        inside = self.found.areas.labels == self.area[quarter]
        self.chroma[inside] = polar(hue, np.full(1, length))
        return self

    def tinted(self, quarter):
        """Hue in degrees and chroma of a quarter's middle, after tinting."""
        labels = self.found.areas.labels
        chances = np.full((len(self.ground), len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
        paint = Paint(self.lightness.copy(), self.chroma.copy(), self.tone, labels)
        tint_greys(
            paint,
            means_of(paint, len(self.ground)),
            self.found,
            kinds_told(chances, ground=self.ground, **self.masks),
            self.said,
        )
        np.testing.assert_array_equal(paint.lightness, self.lightness)
        a, b = paint.chroma[labels == self.area[quarter]].mean(axis=0)
        return np.degrees(np.arctan2(b, a)) % 360, np.hypot(a, b)


def test_grey_is_as_cool_as_shadows_are():
    assert Page().tinted(SHIRT) == pytest.approx((COOL, TINT), abs=0.02)


def test_in_a_brown_room_what_is_part_of_it_is_brownish_and_no_more():
    """Not what is part of somebody there, nor what is in the room of another panel."""
    page = Page().paint(WALL, BROWN, 2 * COLOURED)
    page.ground[page.area[WALL]] = page.ground[page.area[CABINET]] = page.ground[page.area[OTHER]] = 0.9
    assert page.tinted(CABINET) == pytest.approx((BROWN, TINT), abs=0.02)
    assert page.tinted(OTHER) == pytest.approx((COOL, TINT), abs=0.02)
    page.ground[page.area[CABINET]] = 0.9 * LEAST_GROUND
    assert page.tinted(CABINET) == pytest.approx((COOL, TINT), abs=0.02)


def test_skin_and_clothes_do_not_show_the_colour_of_a_room():
    page = Page().paint(WALL, BROWN, 2 * COLOURED)
    page.ground[:] = 0.9
    count = len(page.ground)
    page.masks["is_dressed"] = np.arange(count) == page.area[WALL]
    assert page.tinted(CABINET) == pytest.approx((COOL, TINT), abs=0.02)


def test_what_has_a_colour_keeps_it_and_a_faint_one_is_half_tinted():
    assert Page().paint(SHIRT, BROWN, COLOURED).tinted(SHIRT) == pytest.approx((BROWN, COLOURED), abs=0.02)
    faint, tint = polar(BROWN, np.full(1, COLOURED / 2)), polar(COOL, np.full(1, TINT / 2))
    length = float(np.linalg.norm(faint + tint))
    assert Page().paint(SHIRT, BROWN, COLOURED / 2).tinted(SHIRT)[1] == pytest.approx(length, abs=1e-3)


def test_white_and_what_somebody_has_said_stay():
    page = Page()
    page.lightness[:] = 1
    assert page.tinted(SHIRT)[1] == 0
    page = Page()
    page.said[page.area[SHIRT]] = True
    assert page.tinted(SHIRT)[1] == 0
    assert page.tinted(OTHER)[1] > 0


@pytest.mark.parametrize("kind", ["is_hair", "is_fur"])
def test_hair_and_fur_may_be_grey(kind):
    page = Page()
    page.masks[kind] = np.arange(len(page.ground)) == page.area[SHIRT]
    assert page.tinted(SHIRT)[1] == 0
