"""Walls that would be mauve.

Oracle: the contract of `make_beige` on two panels drawn here with colours and chances of ground written by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.mauve_walls import BEIGE_HUE, MAY_BE_ROOM, MOST_CHROMA, MOST_VIVID, make_beige
from mangacolor.colorize.paint import Paint
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE = (480, 360)
PANELS = ((20, 20, 230, 340), (250, 20, 460, 340))
WALL, FLOOR, OTHER = (60, 100), (180, 100), (320, 100)
"""Points of a wall above a floor in the first panel, and of the second panel."""

MAUVE, BLUE = (0.04, -0.015), (-0.01, -0.05)
VIVID = tuple(np.array(MAUVE) * 1.5 * MOST_VIVID / np.linalg.norm(MAUVE))


def page_of(colours, ground=None, said=None, **flags):
    """Chroma before and after, at a point; colours of points, chances of ground, and points that are something.

    The colour of the point `said` is somebody's wish.
    """
    ink, tone = np.ones(SIZE, np.float32), np.full(SIZE, 0.75, np.float32)
    numbers = np.zeros(SIZE, np.int32)
    for number, (top, left, bottom, right) in enumerate(PANELS, 1):
        numbers[top:bottom, left:right] = number
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    cv2.line(ink, (20, 105), (340, 105), 0.0, 3)
    found = in_panels(find(Separation(ink, tone), lambda _: []), numbers)
    labels, count = found.areas.labels, len(found.areas.sizes)
    chroma, chance = np.zeros((count, 2), np.float32), np.full(count, 0.9, np.float32)
    for values, told in ((chroma, colours), (chance, ground or {})):
        for point, value in told.items():
            values[labels[point]] = value
    masks = {name: np.zeros(count, bool) for name in AreaKinds._fields[1:8]}
    for name, point in flags.items():
        masks[name][labels[point]] = True
    chances = np.full((count, len(chroma_bins())), 1 / len(chroma_bins()), np.float32)
    kinds = kinds_told(chances, ground=chance, **masks)
    before = chroma[labels]
    is_said = np.zeros(count, bool)
    if said is not None:
        is_said[labels[said]] = True
    paint = Paint(np.full(labels.shape, 0.7, np.float32), before.copy(), tone, labels)
    make_beige(paint, found, kinds, is_said)
    after = paint.chroma
    return lambda point: (tuple(before[point].tolist()), tuple(after[point].tolist()))


def is_kept(page, point):
    before, after = page(point)
    return before == after


def test_a_mauve_room_is_beige_and_as_vivid_as_it_was_at_most():
    page = page_of({WALL: MAUVE, FLOOR: MAUVE, OTHER: BLUE})
    for point in (WALL, FLOOR):
        _, (a, b) = page(point)
        assert np.degrees(np.arctan2(b, a)) == pytest.approx(BEIGE_HUE, abs=0.1)
        assert np.hypot(a, b) == pytest.approx(min(np.hypot(*MAUVE), MOST_CHROMA), abs=1e-4)
    assert is_kept(page, OTHER)


def test_moods_people_and_what_is_hardly_ground_stay():
    assert is_kept(page_of({WALL: VIVID}), WALL)
    assert is_kept(page_of({WALL: MAUVE}, {WALL: 0.2}), WALL)
    assert is_kept(page_of({WALL: MAUVE}, said=WALL), WALL)
    for kind in ("is_skin", "is_hair", "is_dressed", "is_fur"):
        assert is_kept(page_of({WALL: MAUVE}, **{kind: WALL}), WALL), kind


@pytest.mark.parametrize(("doubtful", "kept"), [(0.5, False), (0.2, True)])
def test_what_may_be_room_follows_the_sure_room_of_its_panel(doubtful, kept):
    page = page_of({WALL: MAUVE, FLOOR: MAUVE, OTHER: MAUVE}, {WALL: doubtful, OTHER: 0.5})
    assert (doubtful > MAY_BE_ROOM) != kept
    assert is_kept(page, WALL) == kept
    assert not is_kept(page, FLOOR)
    assert is_kept(page, OTHER)  # nothing is sure there
