"""Surroundings of a page, and places of a series that are known by them.

Oracles: the contract of `places_of` on pages drawn here whose areas are known; that of a series with sights written by
hand; and an example page that is coloured with a place of its own, by the shipped weights.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told
from PIL import Image

from mangacolor import Colorizer
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.looks import Sight
from mangacolor.colorize.places import places_of
from mangacolor.colorize.series_colours import LIKENESS, MORE_ALIKE, SeriesColours
from mangacolor.colorize.surveys import colorizer_following
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation
from mangacolor.series import Example, Learnt, Part, open_series, set_colours

SIZE = (640, 480)
UPPER, LOWER = (20, 20, 300, 460), (340, 20, 620, 460)
"""Panels; a pillar cuts each into a left and a right side."""

LEFT, RIGHT, BELOW, BELOW_RIGHT = (160, 60), (160, 400), (480, 60), (480, 400)
GREEN, BLUE, NONE = (0.8, -0.08, 0.06), (0.7, -0.02, -0.1), (0.0, 0.0, 0.0)
ONE, OTHER = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
EXAMPLE = Path(__file__).parent.parent / "examples" / "pages" / "page_01_sea.png"
BEHIND = (0.647, 0.861)
"""A point of bare paper in the shares of the width and height of that page."""


def page_of(upper=(0.7, 0.7), lower=(0.7, 0.7), bare=(), nothing=()):
    """Findings and kinds of a page of two panels, whose four sides are plain, but for some that are bare or nothing."""
    ink, tone = np.ones(SIZE, np.float32), np.ones(SIZE, np.float32)
    numbers = np.zeros(SIZE, np.int32)
    for number, ((top, left, bottom, right), tones) in enumerate(((UPPER, upper), (LOWER, lower)), 1):
        middle = (left + right) // 2
        tone[top:bottom, left:middle], tone[top:bottom, middle:right] = tones
        numbers[top:bottom, left:right] = number
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
        cv2.rectangle(ink, (middle - 20, top), (middle + 20, bottom), 0.0, 3)
    found = in_panels(find(Separation(ink, tone), lambda _: []), numbers)
    count = len(found.areas.sizes)
    flags = {name: np.zeros(count, bool) for name in ("plain", "backdrop", "none")}
    for point in (LEFT, RIGHT, BELOW, BELOW_RIGHT):
        flags["backdrop" if point in bare else "none" if point in nothing else "plain"][found.areas.labels[point]] = 1
    chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    return found, kinds_told(chances, is_plain=flags["plain"], is_backdrop=flags["backdrop"])


def sides(found, kinds):
    """Which of the four sides each look holds."""
    at = {int(found.areas.labels[point]): point for point in (LEFT, RIGHT, BELOW, BELOW_RIGHT)}
    return {frozenset(at[area] for area in look.areas) for look in places_of(found, kinds)}


def test_walls_are_told_apart_by_lines_and_bare_paper_is_one_in_a_panel():
    found, kinds = page_of(lower=(1.0, 1.0), bare=(BELOW, BELOW_RIGHT))
    assert sides(found, kinds) == {frozenset({LEFT}), frozenset({RIGHT}), frozenset({BELOW, BELOW_RIGHT})}
    assert sorted(round(look.tone, 1) for look in places_of(found, kinds)) == [0.7, 0.7, 1.0]


def test_what_is_somebody_s_or_paper_is_no_place():
    found, kinds = page_of(nothing=(BELOW_RIGHT,))
    kinds.is_paper[found.areas.labels[RIGHT]] = True
    assert sides(found, kinds) == {frozenset({LEFT}), frozenset({BELOW})}


def sight(upper, lower):
    """What is seen is one thing in the upper half of the page and another in the lower one."""
    plane = np.zeros((2, 40, 30), np.float32)
    plane[:, :20], plane[:, 20:] = upper[:, None, None], lower[:, None, None]
    return lambda: Sight(plane.transpose(1, 2, 0), (1.0, 1.0))


def series_of(*entries):
    """A series with an example for each (kind, what is seen, colour), all drawn in one tone."""
    kinds, seen, colours = zip(*entries, strict=True)
    parts = tuple(f"{'place' if kind == 'place' else 'character'}.x.{number}" for number, kind in enumerate(kinds))
    none = np.full((len(kinds), 3), -1, np.int16)
    learnt = Learnt(parts, kinds, np.full(len(kinds), 0.7, np.float32), np.array(seen, np.float16), none)
    return SeriesColours(learnt, np.array(colours, np.float32))


def settled(series, seen):
    found, kinds = page_of()
    colours = series.settle(found, kinds, seen)
    return tuple(tuple(np.round(colours[found.areas.labels[point]], 3).tolist()) for point in (LEFT, BELOW))


def rounded(colour):
    return tuple(np.round(np.float32(colour), 3).tolist())


def test_places_have_the_colours_of_the_examples_that_they_are_like():
    series = series_of(("place", ONE, GREEN), ("place", OTHER, BLUE))
    assert settled(series, sight(OTHER, ONE)) == (rounded(BLUE), rounded(GREEN))


def test_places_and_what_somebody_wears_are_never_mixed_up():
    assert settled(series_of(("garment", ONE, GREEN)), sight(ONE, ONE)) == (NONE, NONE)
    assert settled(series_of(("garment", ONE, GREEN), ("place", ONE, BLUE)), sight(ONE, OTHER))[0] == rounded(BLUE)


@pytest.mark.parametrize(("over", "is_known"), [(0.03, True), (-0.03, False)])
def test_places_have_to_be_more_alike_than_clothes(over, is_known):
    cosine = 2 * (LIKENESS + MORE_ALIKE["place"] + over) - 1
    like = np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)
    assert settled(series_of(("place", ONE, GREEN)), sight(like, -ONE)) == (rounded(GREEN) if is_known else NONE, NONE)


@pytest.mark.slow
def test_a_place_of_a_series_is_painted_also_on_bare_paper_unless_that_is_to_stay_white(tmp_path):
    """Oracle: a page has at the point of an example about the colour that the series says, by the shipped weights."""
    page = Image.open(EXAMPLE)
    at = tuple(round(share * side) for share, side in zip(BEHIND, page.size, strict=True))
    wall = Part("place", "shore", "behind")
    set_colours(tmp_path / "s.series", {wall: (190, 235, 180)}, [Example(wall, EXAMPLE, (at,))])
    for white in (False, True):
        colorizer = Colorizer(white_paper=white)
        following = colorizer_following(colorizer, open_series(tmp_path / "s.series"))
        red, green, blue = np.asarray(following.colorize(page))[at[::-1]].astype(int)
        is_green = green - max(red, blue) > 15
        assert is_green != white, (red, green, blue)
