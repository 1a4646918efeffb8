"""Areas that are two things.

Oracle: a face and a wall drawn here, whose outline has a gap of known place, and labels written by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.special import logit

from mangacolor.colorize.findings import find, in_panels
from mangacolor.colorize.two_minds import LEAST_SKIN, parted
from mangacolor.image.color import chroma_bins
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.ink import Separation

SIZE, CELL_PX = 320, 8
EDGE_X = 160
"""Column of the line between skin, on the left, and a wall."""

LABELS = ("skin", "ground", "garment")


def page_with(gap):
    """Ink and tone of a frame, and of a line across it that has a gap `gap` px long."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    cv2.rectangle(ink, (20, 20), (300, 300), 0.0, 3)
    cv2.line(ink, (EDGE_X, 20), (EDGE_X, 300), 0.0, 3)
    if gap:
        ink[160 - gap // 2 : 160 + gap // 2, EDGE_X - 3 : EDGE_X + 4] = 1
    return Separation(ink, tone)


def guess_of(skin=0.9, ground=0.9, sure_of=1.0):
    """Labels that know the skin on the left and the ground on the right, each in a share of its half."""
    cells = np.full((SIZE // CELL_PX, SIZE // CELL_PX, 3), 0.02, np.float32)
    half = EDGE_X // CELL_PX
    shown = max(1, round(sure_of * half))
    cells[3:-3, max(3, half - shown) : half, 0] = skin
    cells[3:-3, half:-3, 1] = ground
    return Guess(np.ones((SIZE, SIZE, 3), np.float32), None, logit(cells))


def parted_page(gap=150, scale=1, labels=LABELS, **said):
    page = page_with(gap)
    large = Separation(
        *(cv2.resize(plane, (SIZE * scale, SIZE * scale), interpolation=cv2.INTER_NEAREST) for plane in page)
    )
    found = in_panels(find(large, lambda _: []), np.ones((SIZE, SIZE), np.int32))
    small = cv2.resize(found.areas.labels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST_EXACT)
    traits = Traits(SIZE, CELL_PX, chroma_bins(), labels)
    return found, parted(found, small, guess_of(**said), page, traits)


@pytest.mark.parametrize("scale", [1, 2])
def test_skin_and_wall_are_parted_at_the_outline_and_at_its_gap(scale):
    """The areas of the page may be larger than what the generator saw."""
    before, after = parted_page(scale=scale)
    labels = after.areas.labels
    assert before.areas.labels[160 * scale, 90 * scale] == before.areas.labels[160 * scale, 230 * scale], "one area"
    assert len(after.areas.sizes) == len(before.areas.sizes) + 1
    for y in (60, 160, 260):
        assert labels[y * scale, 90 * scale] == len(before.areas.sizes)
        assert labels[y * scale, (EDGE_X - 12) * scale] == labels[y * scale, 90 * scale]
        assert labels[y * scale, (EDGE_X + 12) * scale] == labels[y * scale, 230 * scale]
        assert labels[y * scale, 230 * scale] == before.areas.labels[y * scale, 230 * scale]


def test_what_is_known_of_areas_fits_the_parts():
    """Invariants: everything that is counted, counted anew."""
    before, after = parted_page()
    areas, count = after.areas, len(after.areas.sizes)
    np.testing.assert_array_equal(areas.sizes, np.bincount(areas.labels.ravel(), minlength=count))
    for number, box in enumerate(areas.boxes):
        rows, columns = np.nonzero(areas.labels == number)
        assert box.tolist() == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
    for values in (*areas[1:9], after.is_face, after.is_near, after.hair_of, after.panel_of):
        assert len(values) == count
    assert after.borders.things == after.kin.things == count
    assert after.panel_of[-1] == before.panel_of[before.areas.labels[160, 90]]
    part = count - 1
    touching = set(after.borders.other[after.borders.one == part].tolist())
    assert areas.labels[160, 230] in touching
    assert areas.labels[5, 5] in touching
    assert areas.tone[[part, areas.labels[160, 230]]] == pytest.approx(1, abs=0.02)


def test_areas_of_one_mind_stay():
    for order in (
        {"gap": 0},
        {"skin": 0.3},
        {"ground": 0.4},
        {"sure_of": 1.5 * LEAST_SKIN},  # of its half: three quarters of what is asked of both
        {"labels": ("hair", "ground", "garment")},
    ):
        before, after = parted_page(**order)
        assert after is before, order
