"""Which areas are hair.

Oracle: the contract of `hair_areas` on boxes drawn here, of which the labels are told by hand.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.colorize.findings import find
from mangacolor.colorize.hair_areas import BESIDE_HAIR, HAIR_RIVALRY, LARGE_HAIR, SURE_HAIR, hair_areas
from mangacolor.colorize.pooled import Pooled
from mangacolor.colorize.skin_areas import HAIR_CHANCE
from mangacolor.page.ink import Separation

SIZE = 320
LARGE, SMALL, BESIDE = (100, 100, 160, 160), (100, 100, 109, 109), (100, 160, 160, 220)
AROUND = [BESIDE, (100, 40, 160, 100), (40, 100, 100, 160)]
assert (LARGE[2] - LARGE[0]) ** 2 > 2 * LARGE_HAIR * SIZE**2
assert (SMALL[2] - SMALL[0] + 2) ** 2 < LARGE_HAIR * SIZE**2


def is_hair(box, *, of_face=False, may_be=True, tufts=(), black=False, **told):
    """Whether a box is hair; tufts beside it surely are."""
    ink, tone = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    boxes = [box, *tufts]
    for top, left, bottom, right in boxes:
        cv2.rectangle(ink, (left, top), (right, bottom), 0.0, -1 if black else 1)
    found = find(Separation(ink, tone), lambda _: [])
    area, *others = (found.areas.labels[(top + bottom) // 2, (left + right) // 2] for top, left, bottom, right in boxes)
    planes = {name: np.zeros(len(found.areas.sizes), np.float32) for name in Pooled._fields[1:]}
    planes["hair"][others] = 0.95
    for name, chance in told.items():
        planes[name][area] = chance
    hair_of = np.full(len(found.areas.sizes), -1)
    hair_of[area] = 0 if of_face else -1
    pooled = Pooled(np.zeros((len(hair_of), 1), np.float32), **planes)
    return bool(hair_areas(found._replace(hair_of=hair_of), pooled, np.full(len(hair_of), may_be))[area])


def test_the_label_and_faces_tell_hair():
    assert is_hair(LARGE, hair=0.9)
    assert not is_hair(LARGE, hair=0.9 * HAIR_CHANCE)
    assert not is_hair(LARGE, hair=0.9, may_be=False)
    assert is_hair(LARGE, hair=0.0, of_face=True, may_be=False)


def test_large_hair_is_rather_hair_than_ground():
    """Contract of `LARGE_HAIR`: tufts, solid blacks and the hair of faces are hair at the same chances."""
    ground = {"hair": 0.4, "ground": 0.5}
    assert not is_hair(LARGE, **ground)
    assert is_hair(LARGE, hair=0.5, ground=0.4)
    assert is_hair(SMALL, **ground)
    assert is_hair(LARGE, **ground, black=True)
    assert is_hair(LARGE, **ground, of_face=True)


def test_what_may_be_cloth_is_hair_only_beside_hair():
    """Contract of `SURE_HAIR`, `HAIR_RIVALRY` and `BESIDE_HAIR`: tufts share one or three quarters of its border."""
    assert 0.3 < BESIDE_HAIR < 0.9
    cloth = {"hair": 0.9 * SURE_HAIR, "garment": SURE_HAIR / HAIR_RIVALRY}
    assert not is_hair(LARGE, **cloth)
    assert not is_hair(LARGE, **cloth, tufts=[BESIDE])
    assert is_hair(LARGE, **cloth, tufts=AROUND)
    assert is_hair(LARGE, **(cloth | {"hair": 1.1 * SURE_HAIR}))
