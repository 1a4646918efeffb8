"""Grounds that are bare in part are filled, and what may be something else stays white.

Oracle: the contract of `fill_grounds` on a page of one panel drawn here, whose areas are known; what they are is
written by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.bare_grounds import (
    CHROMA,
    CREAM,
    FOLLOWING_GROUND,
    LEAST_OPEN_PX,
    LIGHTNESS,
    fill_grounds,
)
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.paint import Paint, polar
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE = 600
PANEL = (100, 100, 500, 500)
WALL, FLOOR, PANE = (100, 100, 320, 500), (320, 100, 500, 500), (140, 140, 240, 240)
"""Boxes: the upper and the lower part of the panel, and what touches no edge of it, in the upper one."""

GREEN = 130.0
LETTER = (430, 300)
BESIDE_WALL = (320, 100, 420, 300)
"""What stands in a corner of the floor."""
PANEL_WITHOUT_FOOT = (100, 100, 450, 500)
MARGIN = (0, 0, 100, SIZE)


class Page:
    """A panel with a wall and a floor, both bare ground, until it is told otherwise."""

    def __init__(self, *boxes, letters=(), panels=True):
        ink = np.ones((SIZE, SIZE), np.float32)
        for top, left, bottom, right in (WALL, FLOOR, *boxes):
            cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
        for row, column in letters:
            cv2.line(ink, (column - 7, row), (column + 7, row), 0.0, 2)
            cv2.line(ink, (column, row - 7), (column, row + 7), 0.0, 2)
        tone = np.ones_like(ink)
        found = find(Separation(ink, tone), lambda _: [])
        numbers = np.zeros((SIZE, SIZE), np.int32)
        top, left, bottom, right = PANEL
        if isinstance(panels, tuple):
            top, left, bottom, right = panels
        numbers[top:bottom, left:right] = bool(panels)
        self.in_panel = (numbers > 0) | (not panels)
        self.found, self.ink, count = in_panels(found, numbers), ink, len(found.areas.sizes)
        self.masks = {name: np.zeros(count, bool) for name in AreaKinds._fields if name.startswith("is_")}
        self.ground, self.said = np.full(count, 0.8, np.float32), np.zeros(count, bool)
        self.lightness = np.ones((SIZE, SIZE), np.float32)
        self.chroma = np.zeros((SIZE, SIZE, 2), np.float32)
        self.is_("is_bare_ground", WALL, FLOOR, *boxes)

    def area(self, box):
        _, left, bottom, right = box
        return int(self.found.areas.labels[bottom - 20, (left + right) // 2])

    def is_(self, kind, *boxes, value=True):
        for box in boxes:
            self.masks[kind][self.area(box)] = value
        return self

    def paint(self, box, hue, length=0.08, lightness=0.8):
        inside = self.found.areas.labels == self.area(box)
        self.lightness[inside], self.chroma[inside] = lightness, polar(hue, np.full(1, length))
        return self

    def filled(self, *boxes):
        """Hue in degrees of each box if it was filled, else None; everything else stays as it was."""
        before = np.dstack([self.lightness, self.chroma])
        count = len(self.ground)
        chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
        kinds = kinds_told(chances, ground=self.ground, **self.masks)
        labels = self.found.areas.labels
        paint = Paint(self.lightness.copy(), self.chroma.copy(), np.ones_like(self.ink), labels)
        fill_grounds(paint, self.found, kinds, self.ink, self.said)
        self.painted, after = paint, np.dstack([paint.lightness, paint.chroma])
        bare = np.isin(labels, np.flatnonzero(self.masks["is_bare_ground"]))
        np.testing.assert_array_equal(after[~bare], before[~bare])
        hues = []
        for box in boxes:
            within = (labels == self.area(box)) & self.in_panel
            lightness, a, b = after[within].mean(axis=0)
            is_filled = lightness == pytest.approx(LIGHTNESS, abs=1e-3) and np.hypot(a, b) == pytest.approx(
                CHROMA, abs=1e-3
            )
            hues.append(round(np.degrees(np.arctan2(b, a)) % 360) if is_filled else None)
        return hues


def test_the_rest_of_a_ground_has_the_hue_of_what_is_painted_of_it():
    page = Page().is_("is_bare_ground", WALL, value=False).is_("is_plain", WALL).paint(WALL, GREEN)
    assert page.filled(WALL, FLOOR) == [None, GREEN]


def test_without_a_painted_part_or_beside_skin_a_ground_is_cream():
    assert Page().filled(WALL, FLOOR) == [CREAM, CREAM]
    page = Page().is_("is_bare_ground", WALL, value=False).is_("is_skin", WALL).paint(WALL, GREEN)
    assert page.filled(FLOOR) == [CREAM]


def test_what_has_a_colour_or_was_said_stays():
    page = Page().paint(WALL, GREEN)
    assert page.filled(WALL, FLOOR) == [None, GREEN]
    page = Page()
    page.said[page.area(FLOOR)] = True
    assert page.filled(WALL, FLOOR) == [CREAM, None]


def letters_in(top, left, count):
    """Places of so many letters of a text, ten in a row."""
    return [(top + 22 * (number // 10), left + 22 * (number % 10)) for number in range(count)]


def test_a_speck_is_no_lettering_and_letters_are_none_where_they_fill_little_of_a_wall():
    assert Page(letters=[LETTER]).filled(WALL, FLOOR) == [CREAM, CREAM]
    assert Page(BESIDE_WALL, letters=letters_in(440, 200, 4)).filled(WALL, FLOOR) == [CREAM, CREAM]


def test_what_letters_fill_stays_white_and_so_does_what_is_convex_and_holds_a_few():
    """As a balloon: the floor is a rectangle, but for what stands in its corner in the second."""
    assert Page(letters=letters_in(440, 200, 4)).filled(WALL, FLOOR) == [CREAM, None]
    assert Page(BESIDE_WALL, letters=letters_in(440, 200, 20)).filled(WALL, FLOOR) == [CREAM, None]


def test_no_colour_leaves_the_panel():
    """An area that is open to the margin runs out of its panel; what of it lies there stays white."""
    page = Page(panels=PANEL_WITHOUT_FOOT)
    area = page.found.areas.labels == page.area(FLOOR)
    page.filled(FLOOR)
    coloured = np.hypot(*np.moveaxis(page.painted.chroma, 2, 0)) > CHROMA / 2
    foot = PANEL_WITHOUT_FOOT[2]
    assert (coloured & area)[:foot].sum() > 0.95 * area[:foot].sum()
    assert area[foot:].any()
    assert not coloured[foot:].any()


def test_what_touches_no_edge_of_the_panel_stays_white():
    assert Page(PANE).filled(WALL, FLOOR, PANE) == [CREAM, CREAM, None]


def test_doubtful_ground_counts_as_left_bare():
    """The lower part is a fifth of the panel, and with the floor between them nearly half of it."""
    middle, low = (320, 100, 420, 500), (420, 100, 500, 500)
    page = Page(middle, low)
    for box in (WALL, middle):
        page.ground[page.area(box)] = 0.55
    assert page.filled(WALL, middle, low) == [None, None, None]
    page.ground[page.area(middle)] = 0.65
    assert page.filled(WALL, middle, low) == [None, CREAM, CREAM]


@pytest.mark.parametrize(("open_px", "hue"), [(0, None), (LEAST_OPEN_PX, CREAM)])
def test_what_is_open_to_a_filled_ground_is_filled_with_it(open_px, hue):
    corner = (440, 420, 500, 500)
    page = Page(corner)
    page.ground[page.area(corner)] = FOLLOWING_GROUND + 0.05
    contacts = page.found.areas.contacts
    is_theirs = (contacts.pairs == sorted((page.area(corner), page.area(FLOOR)))).all(axis=1)
    assert is_theirs.any()
    contacts = contacts._replace(open_px=np.where(is_theirs, open_px, 0))
    page.found = page.found._replace(areas=page.found.areas._replace(contacts=contacts))
    assert page.filled(WALL, FLOOR, corner) == [CREAM, CREAM, hue]


def test_margins_and_pages_without_panels_stay_white():
    """`panel_of` 0 is none: `area_kinds` calls nothing there bare ground."""
    page = Page(panels=False)
    page.masks["is_bare_ground"][:] = False
    assert page.filled(WALL, FLOOR) == [None, None]
    page = Page().is_("is_bare_ground", MARGIN)
    assert page.filled(MARGIN, WALL) == [None, CREAM]
