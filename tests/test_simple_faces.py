"""Faces of a few strokes.

Oracle: the contract of `simple_faces` on a face drawn here, which differs in one thing at a time.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mangacolor.colorize.findings import find
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.simple_faces import MOST_OF_OTHERS, simple_faces
from mangacolor.page.ink import Separation

SIZE = 600
FACE = (300, 320)


def is_face(
    *,
    eyes=((-14, -2), (14, -2)),
    mouth=True,
    radius=30,
    black_hair=True,
    letters=0,
    scale=1,
    gap=False,
    tone=1.0,
    **chances,
):
    """Whether a circle with marks, below black hair, is a face; chances of labels at it may be told."""
    ink, tones = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    cv2.circle(tones, FACE, radius, float(tone), -1)
    if black_hair:
        cv2.ellipse(ink, (FACE[0], FACE[1] - radius // 2), (radius + 12, radius + 8), 0, 180, 360, 0.0, -1)
        cv2.circle(ink, FACE, radius, 1.0, -1)
    cv2.circle(ink, FACE, radius, 0.0, 2)
    if gap:
        ink[FACE[1] + radius - 4 : FACE[1] + radius + 5, FACE[0] - 28 : FACE[0] + 28] = 1
    for x, y in eyes:
        cv2.line(ink, (FACE[0] + x, FACE[1] + y - 4), (FACE[0] + x, FACE[1] + y + 4), 0.0, 3)
    if mouth:
        cv2.line(ink, (FACE[0] - 6, FACE[1] + 14), (FACE[0] + 6, FACE[1] + 14), 0.0, 2)
    for number in range(letters):
        place = (FACE[0] - 18 + 9 * (number % 5), FACE[1] - 18 + 9 * (number // 5))
        cv2.line(ink, place, (place[0] + 4, place[1] + 3), 0.0, 2)
    large = Separation(
        *(cv2.resize(plane, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST) for plane in (ink, tones))
    )
    found = find(large, lambda _: [])
    labels = cv2.resize(found.areas.labels, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST_EXACT)
    count, area = len(found.areas.sizes), labels[FACE[1] + 5, FACE[0]]
    planes = {name: np.zeros(count, np.float32) for name in Pooled._fields[1:]}
    for name, chance in ({"skin": 0.1} | chances).items():
        planes[name][area] = chance
    which = simple_faces(found, Pooled(np.zeros((count, 1), np.float32), **planes), labels, ink, np.zeros(count, bool))
    assert which.sum() <= 1
    return bool(which[area])


@pytest.mark.parametrize("scale", [1, 2])
def test_two_marks_and_a_mouth_below_hair_are_a_face(scale):
    assert is_face(scale=scale)


def test_what_lacks_one_thing_is_no_face():
    assert not is_face(black_hair=False)
    assert not is_face(eyes=((-14, -2),)), "two marks are too few"
    assert not is_face(mouth=False)
    assert not is_face(eyes=((0, -16), (0, 2))), "one above the other"
    assert not is_face(eyes=((-18, -18), (18, -4))), "not level"
    assert not is_face(eyes=(), mouth=False, letters=20), "a balloon"
    assert not is_face(radius=90, eyes=((-40, -6), (40, -6))), "too large to be of a few strokes"
    assert not is_face(tone=0.7)


def test_labels_have_the_last_word():
    assert not is_face(skin=0.02)
    for name, most in MOST_OF_OTHERS.items():
        assert is_face(**{name: 0.9 * most}), name
        assert not is_face(**{name: 1.1 * most}), name
