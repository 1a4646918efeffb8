"""Bare paper behind people.

Oracle: the contract of `backdrops` and `backdrop_colours` on a page drawn here, whose panels and areas are known, with
labels and chances written by hand.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mangacolor import Colorizer
from mangacolor.colorize.backdrops import (
    BACKDROP_HUES,
    CHROMA,
    CHROMA_ABOVE,
    LEAST_COVER,
    LIGHTER_BELOW,
    LIGHTNESS,
    backdrop_colours,
    backdrops,
    run_out,
)
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.pooled import Pooled
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE = (760, 560)
UPPER, LOWER = (40, 40, 300, 440), (340, 40, 600, 440)
"""Panels."""

PERSON = (180, 180, 300, 300)
BEHIND, BELOW, GUTTER = (80, 80), (420, 240), (320, 240)
"""Somebody at the foot of the upper panel; points of what is behind, of the empty lower panel, and between them."""

BINS = chroma_bins()
BLUE, GREEN, PINK = (-0.035, -0.07), (-0.08, 0.06), (0.1, 0.0)


EXAMPLE = Path(__file__).parent.parent / "examples" / "pages" / "page_01_sea.png"
CLEARLY, GREYISH = 6, 8
"""Differences of a channel: between two colours, and within a grey."""


class Page:
    """A page of two panels; what is said of its areas is ground alone, until it is told otherwise."""

    def __init__(self, *boxes, panels=True, tones=()):
        ink, tone = np.ones(SIZE, np.float32), np.ones(SIZE, np.float32)
        for (top, left, bottom, right), shade in tones:
            tone[top:bottom, left:right] = shade
        for top, left, bottom, right in (UPPER, LOWER, PERSON, *boxes):
            cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
        numbers = np.zeros(SIZE, np.int32)
        for number, (top, left, bottom, right) in enumerate((UPPER, LOWER), 1):
            numbers[top:bottom, left:right] = number
        found = find(Separation(ink, tone), lambda _: [])
        self.found = in_panels(found, numbers) if panels else found
        count = len(found.areas.sizes)
        self.said = {name: np.zeros(count, np.float32) for name in Pooled._fields[1:]}
        self.white = np.zeros(count)
        self.may_be = np.ones(count, bool)
        self.chances = np.full((count, len(BINS)), 1 / len(BINS), np.float32)
        self.tell(BEHIND, ground=0.9).tell(BELOW, ground=0.3).tell(GUTTER, ground=0.5, paper=0.5)
        self.tell(middle(PERSON), garment=0.9)

    def area(self, point):
        return int(self.found.areas.labels[point])

    def tell(self, point, **labels):
        for name, chance in labels.items():
            self.said[name][self.area(point)] = chance
        return self

    def lean(self, point, colour, chance=0.5):
        row = self.chances[self.area(point)]
        row *= 1 - chance
        row[np.linalg.norm(BINS - colour, axis=1).argmin()] += chance
        return self

    @property
    def which(self):
        return backdrops(self.found, Pooled(self.chances, **self.said), self.may_be, self.white)

    def is_backdrop(self, point=BEHIND):
        return bool(self.which[self.area(point)])

    def colours(self):
        told = backdrop_colours(self.which, self.chances, self.found, ClassColours(BINS, self.chances[None]))
        return lambda point: told[self.area(point)]


def middle(box):
    return (box[0] + box[2]) // 2, (box[1] + box[3]) // 2


def test_sure_ground_of_bare_paper_in_a_panel_is_a_backdrop_and_nothing_else_is():
    page = Page()
    assert page.is_backdrop()
    assert page.which.sum() == 1
    assert not Page(panels=False).which.any()


@pytest.mark.parametrize(
    "labels", [{"ground": 0.6}, {"paper": 0.1}, {"garment": 0.2}], ids=["doubtful", "paper", "garment"]
)
def test_what_may_be_something_else_stays_white(labels):
    assert not Page().tell(BEHIND, **labels).is_backdrop()


def test_what_is_something_else_is_toned_or_a_gutter_stays_as_it_is():
    assert not Page(tones=[(UPPER, 0.8)]).is_backdrop()
    page = Page()
    page.may_be[page.area(BEHIND)] = False
    assert not page.is_backdrop()
    page = Page()
    page.white[page.area(BEHIND)] = 0.8
    assert not page.is_backdrop()


def test_a_panel_stays_white_of_which_a_part_must():
    beside = (40, 300, 300, 440)
    page = Page(beside).tell(middle(beside), ground=0.9)
    assert page.which.sum() == 2
    page.white[page.area(middle(beside))] = 0.8
    assert not page.which.any()


def test_skies_have_the_colour_of_skies():
    assert not Page().tell(BEHIND, scenery=0.6).is_backdrop()


def test_what_stands_at_the_foot_of_a_panel_is_none():
    table = (500, 40, 600, 440)
    page = Page(table).tell(middle(table), ground=0.9)
    assert not page.is_backdrop(middle(table))
    ceiling = (340, 40, 440, 440)
    page = Page(ceiling).tell(middle(ceiling), ground=0.9)
    assert page.is_backdrop(middle(ceiling))


@pytest.mark.parametrize("share", [LEAST_COVER - 0.1, LEAST_COVER + 0.1])
def test_a_panel_of_which_too_little_is_sure_stays_white(share):
    across = 40 + int(400 * share)
    left, right = (340, 40, 600, across), (340, across, 600, 440)
    page = Page(left).tell(middle(left), ground=0.9).tell(middle(right), ground=0.5, paper=0.1)
    assert page.is_backdrop(middle(left)) == (share > LEAST_COVER)
    assert not page.is_backdrop(middle(right))


def test_less_sure_pieces_belong_to_a_backdrop_that_there_is():
    beside = (40, 300, 300, 440)
    page = Page(beside).tell(middle(beside), ground=0.6)
    assert page.is_backdrop(middle(beside))
    page.tell(BEHIND, ground=0.6)
    assert not page.which.any()


@pytest.mark.parametrize(("side", "is_one"), [(20, False), (46, True), (80, False)])
def test_pieces_that_people_cut_off_are_neither_letters_nor_balloons(side, is_one):
    piece = (100, 240, 100 + side, 240 + side)
    page = Page(piece).tell(middle(piece), ground=0.9)
    assert page.is_backdrop()
    assert page.is_backdrop(middle(piece)) == is_one


def test_a_panel_has_one_pale_colour_that_its_areas_lean_to():
    beside = (40, 300, 300, 440)
    page = Page(beside).tell(middle(beside), ground=0.9).tell(BELOW, ground=0.9)
    colour = page.lean(BEHIND, BLUE).lean(middle(beside), BLUE, 0.2).lean(BELOW, GREEN).colours()
    np.testing.assert_array_equal(colour(BEHIND), colour(middle(beside)))
    for point, lean in ((BEHIND, BLUE), (BELOW, GREEN)):
        lightness, *chroma = colour(point)
        assert lightness == pytest.approx(LIGHTNESS)
        assert np.linalg.norm(chroma) == pytest.approx(CHROMA, rel=1e-3)
        assert np.dot(chroma, lean) / np.linalg.norm(lean) > 0.9 * CHROMA
    np.testing.assert_array_equal(colour(GUTTER), 0)
    np.testing.assert_array_equal(colour(middle(PERSON)), 0)


def test_backdrops_run_out_from_the_top_of_their_panel_to_the_foot_and_nothing_else_changes():
    page = Page()
    lightness = np.full(SIZE, LIGHTNESS, np.float32)
    chroma = np.full((*SIZE, 2), CHROMA, np.float32)
    labels = page.found.areas.labels
    run_out(lightness, chroma, labels, page.found, page.which)
    behind = page.which[labels]
    top, left, bottom, _ = UPPER
    column = lightness[top:bottom, left + 20][behind[top:bottom, left + 20]]
    assert (np.diff(column) > 0).all()
    assert column[-1] - column[0] == pytest.approx(LIGHTER_BELOW, rel=0.1)
    assert np.mean([column[0], column[-1]]) == pytest.approx(LIGHTNESS, abs=0.005)
    vivid = chroma[top:bottom, left + 20, 0][behind[top:bottom, left + 20]] / CHROMA
    assert vivid[0] == pytest.approx(1 + CHROMA_ABOVE, rel=0.05)
    assert vivid[-1] == pytest.approx(1 - CHROMA_ABOVE, rel=0.1)
    assert (lightness[~behind] == np.float32(LIGHTNESS)).all()
    assert (chroma[~behind] == np.float32(CHROMA)).all()


def test_a_backdrop_is_never_pink():
    colour = Page().lean(BEHIND, PINK, 0.9).colours()(BEHIND)
    assert BACKDROP_HUES[0] < np.degrees(np.arctan2(colour[2], colour[1])) % 360 < BACKDROP_HUES[1]


@pytest.mark.slow
def test_who_wants_white_paper_has_it_and_everything_else_as_before():
    """Oracle: an invariant of the two pictures of one page, coloured by the shipped weights."""
    page = Image.open(EXAMPLE)
    tinted, white = (np.asarray(Colorizer(white_paper=wanted).colorize(page)).astype(int) for wanted in (False, True))
    changed = np.abs(tinted - white).max(axis=2) > CLEARLY
    assert 0.005 < changed.mean() < 0.2
    assert np.quantile(np.ptp(tinted[changed], axis=1), 0.05) > GREYISH
    assert np.quantile(np.ptp(white[changed], axis=1), 0.99) <= GREYISH
