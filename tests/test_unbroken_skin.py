"""Skin that goes on where no line is.

Oracle: the contract of `unbroken_skin` on a face drawn here, whose outline and whose labels are told by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.colorize.findings import find
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.unbroken_skin import LEAST_BEYOND, LEAST_SKIN, MOST_GROUND, unbroken_skin
from mangacolor.page.ink import Separation

SIZE = 320
BOX, MIDDLE = (60, 80, 240, 220), 150
"""Top, left, bottom and right of a face, and the row of the stroke across it."""


def is_skin(*, gap=30, tone=1.0, scale=1, brow=0.5, is_known=False, **cheek):
    """Whether the lower half of a face is skin, across which a stroke runs that has a gap in its middle."""
    ink, tones = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    top, left, bottom, right = BOX
    cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 2)
    cv2.line(ink, (left, MIDDLE), (right, MIDDLE), 0.0, 2)
    tones[MIDDLE:bottom, left:right] = tone
    whole = Separation(ink, tones)
    found = find(Separation(*(cv2.resize(plane, None, fx=scale, fy=scale) for plane in whole)), lambda _: [])
    labels = cv2.resize(found.areas.labels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST_EXACT)
    upper, lower = labels[MIDDLE - 20, 100], labels[MIDDLE + 20, 100]
    assert upper != lower
    middle = (left + right) // 2
    ink[MIDDLE - 4 : MIDDLE + 5, middle - gap // 2 : middle + gap // 2] = 1  # areas are found as if there were none
    planes = {name: np.zeros(len(found.areas.sizes), np.float32) for name in Pooled._fields[1:]}
    planes["skin"][[upper, lower]] = brow, 0.2
    known = np.arange(len(found.areas.sizes)) == (lower if is_known else upper)
    for name, chance in cheek.items():
        planes[name][lower] = chance
    return bool(unbroken_skin(found, Pooled(planes["skin"][:, None], **planes), labels, ink, known)[lower])


@pytest.mark.parametrize("scale", [1, 2])
def test_what_no_line_parts_from_skin_is_skin(scale):
    assert is_skin(scale=scale)
    assert is_skin(garment=0.65), "whatever a coat is"


def test_what_a_line_ends_or_may_not_be_skin_is_none():
    assert not is_skin(gap=0)
    assert not is_skin(brow=0.9 * LEAST_BEYOND)
    assert not is_skin(tone=0.8)
    assert not is_skin(skin=0.9 * LEAST_SKIN)
    assert not is_skin(ground=1.1 * MOST_GROUND)
    assert not is_skin(hair=0.5)
    assert not is_skin(paper=0.3)


def test_what_is_known_to_be_skin_is_not_told_again():
    assert not is_skin(is_known=True)
