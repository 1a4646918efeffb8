"""Brows between black locks, and ears, are skin; gloss is not.

Oracle: the contracts of `brows` and `ears` on areas drawn here: a box that touches a face below it and solid black
elsewhere, of which the labels are told by hand.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.colorize.between_locks import EAR_GROUND, EAR_SKIN, LOCK_HAIR, LOCK_RIVALRY, LOCK_SKIN, brows, ears
from mangacolor.colorize.findings import find
from mangacolor.colorize.pooled import Pooled
from mangacolor.page.ink import Separation

SIZE = 300
FACE, GAP = (150, 60, 260, 240), (90, 120, 150, 180)
STRIP = (30, 147, 150, 153)
"""A gap as high as wide, and a line of gloss, each above the face."""


class Head:
    """A face, hair of solid black above it, and a spot of bare paper in the hair that touches the face."""

    def __init__(self, spot=GAP, *, black=True, tone=1.0):
        ink, grey = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
        top, left, bottom, right = FACE
        if black:
            ink[20:top, left:right] = 0
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 2)
        y, x, foot, end = spot
        ink[y : foot - 1, x:end] = 1
        if not black:
            cv2.rectangle(ink, (x, y), (end, foot), 0.0, 2)
        grey[y : foot - 1, x:end] = tone
        self.found = find(Separation(ink, grey), lambda _: [])
        labels = self.found.areas.labels
        self.spot, self.face = int(labels[(y + foot) // 2, (x + end) // 2]), int(labels[200, 150])
        assert self.spot != self.face
        self.is_skin = np.arange(len(self.found.areas.sizes)) == self.face

    def pooled(self, **told):
        count = len(self.found.areas.sizes)
        planes = {name: np.zeros(count, np.float32) for name in Pooled._fields[1:]}
        for name, chance in told.items():
            planes[name][self.spot] = chance
        return Pooled(np.zeros((count, 1), np.float32), **planes)

    def is_brow(self, **told):
        is_hair = np.arange(len(self.is_skin)) != self.face
        return bool(brows(self.found, self.pooled(**told), self.is_skin, is_hair)[self.spot])

    def is_ear(self, *, is_around=True, **told):
        around = np.full(len(self.is_skin), is_around)
        return bool(ears(self.found, self.pooled(**told), around, self.is_skin)[self.spot])


LIKELY = {"skin": 0.4, "hair": 0.4}


def test_bare_paper_between_black_locks_that_goes_over_into_the_face_is_the_brow():
    assert Head().is_brow(**LIKELY)


def test_gloss_is_a_line_or_does_not_touch_the_face():
    assert not Head(STRIP).is_brow(**LIKELY)
    head = Head()
    head.is_skin[:] = False
    assert not head.is_brow(**LIKELY)


def test_a_toned_lock_and_a_lock_without_black_are_hair():
    assert not Head(tone=0.7).is_brow(**LIKELY)
    assert not Head(black=False).is_brow(**LIKELY)


@pytest.mark.parametrize(
    ("told", "is_brow"),
    [
        ({"skin": 1.1 * LOCK_SKIN, "hair": 0.2}, True),
        ({"skin": 0.9 * LOCK_SKIN, "hair": 0.2}, False),
        ({"skin": 0.3, "hair": 0.98 * LOCK_HAIR}, True),
        ({"skin": 0.3, "hair": 1.02 * LOCK_HAIR}, False),
        ({"skin": 1.1 * LOCK_RIVALRY * 0.49, "hair": 0.49}, True),
        ({"skin": 0.9 * LOCK_RIVALRY * 0.49, "hair": 0.49}, False),
    ],
)
def test_how_likely_a_brow_must_be(told, is_brow):
    assert Head().is_brow(**told) == is_brow


def test_an_ear_lies_around_a_face_and_touches_its_skin():
    assert Head().is_ear(skin=1.1 * EAR_SKIN)
    assert not Head().is_ear(skin=0.9 * EAR_SKIN)
    assert not Head().is_ear(skin=1.1 * EAR_SKIN, is_around=False)
    head = Head()
    head.is_skin[:] = False
    assert not head.is_ear(skin=1.1 * EAR_SKIN)


@pytest.mark.parametrize("other", [{"garment": 0.3}, {"hair": 0.2}, {"eye": 0.3}, {"ground": 1.05 * EAR_GROUND}])
def test_what_is_rather_something_else_is_no_ear(other):
    assert not Head().is_ear(skin=0.5, **other)


def test_a_toned_spot_is_no_ear():
    assert not Head(tone=0.7).is_ear(skin=0.5)
