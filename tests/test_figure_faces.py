"""Faces on their sheet. Oracles: symmetry of what is symmetric, parts that are described, and ink where parts meet."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from mangacolor.data.figures.eyes import EYE_WHITE, IRIS, draw_eyes
from mangacolor.data.figures.face import BOTTOM, LEFT, RIGHT, SCALE, TOP, draw_face
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.sheet import Sheet, curve
from mangacolor.data.figures.store import Part


@pytest.mark.parametrize("seed", range(12))
def test_eyes_are_alike_but_for_their_glints(seed):
    sheet = Sheet(LEFT, RIGHT, BOTTOM, TOP, SCALE)
    x, lid = draw_eyes(sheet, bool(seed % 2), 4.0, np.random.default_rng(seed))
    assert 0.2 < x < 0.5
    assert -0.5 < lid < 0.1
    whites = [int(np.isin(half, (EYE_WHITE, IRIS)).sum()) for half in np.array_split(sheet.part, 2, axis=1)]
    assert abs(whites[0] - whites[1]) < 0.05 * max(whites) + 20
    lines = [int((half > 128).sum()) for half in np.array_split(sheet.ink, 2, axis=1)]
    assert min(lines) > 200
    assert abs(lines[0] - lines[1]) < 0.25 * max(lines)


@pytest.mark.parametrize("seed", range(25))
def test_whatever_is_drawn_is_described_and_has_a_line_around_it(seed):
    scene = Scene()
    skin, hair = scene.add_part(Part("skin", "face", 0)), scene.add_part(Part("hair", person=0))
    decal = draw_face(scene, skin, hair, 0, float(seed % 2), 6.0, np.random.default_rng(seed))
    assert set(np.unique(decal.part)) - {0} <= set(decal.numbers)
    assert all(scene.parts[number].person == 0 for number in decal.numbers.values())
    assert (decal.ink > 128).sum() > 500
    kinds = {local: scene.parts[number].kind for local, number in decal.numbers.items()}
    lined = np.isin(decal.part, [local for local, kind in kinds.items() if kind in ("eye_white", "iris", "garment")])
    border = cv2.morphologyEx(lined.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    if border.any():
        distance = cv2.distanceTransform((decal.ink < 100).astype(np.uint8), cv2.DIST_L2, 5)
        assert (distance[border] < 12).mean() > 0.8  # the lids' corners and lower lids are left open, as drawn
    assert 0.2 < decal.light.min() <= decal.light.max() < 1.5


def test_curves_are_those_of_bezier():
    """Oracle: the polynomial of Bernstein."""
    control = np.array([[0, 0], [1, 3], [2, -1], [4, 0.5]])
    t = np.linspace(0, 1, 17)
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    np.testing.assert_allclose(curve(control, 17), weights @ control, atol=1e-12)
