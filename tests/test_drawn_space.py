"""Faces in space as a camera sees them.

Oracles: the pinhole camera of OpenCV; rays cast through pixels to the faces of a room.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.interiors import Room
from mangacolor.data.drawing.perspective import View, face, sides_of
from mangacolor.data.drawing.sheet import Sheet

angles = st.floats(-40, 40)


def view(eye=(0.0, 1.5, 0.0), turn=(0.0, 0.0, 0.0), field=60.0, seed=0):
    return View(Sheet(np.random.default_rng(seed)), eye, turn, field)


@settings(max_examples=30, deadline=None)
@given(angles, angles, angles, st.floats(30, 90))
def test_points_lie_where_a_pinhole_camera_sees_them(yaw, pitch, roll, field):
    points = np.random.default_rng(0).uniform((-1, -1, 8), (1, 1, 12), (20, 3))
    camera = view((0.2, -0.1, 0.3), (yaw, pitch, roll), field)
    side = camera.sheet.side
    focal = side / 2 / np.tan(np.radians(field) / 2)
    matrix = np.array([[focal, 0, side / 2], [0, focal, side / 2], [0, 0, 1]])
    flip = np.diag([1.0, -1, 1])
    about = [cv2.Rodrigues(np.radians(turn))[0] for turn in ([0, -yaw, 0], [pitch, 0, 0], [0, 0, roll])]
    turn = about[2] @ about[1] @ about[0]
    expected, _ = cv2.projectPoints(
        (points - [0.2, -0.1, 0.3]) @ flip, cv2.Rodrigues(flip @ turn @ flip)[0], np.zeros(3), matrix, None
    )
    np.testing.assert_allclose(camera.seen(points), expected[:, 0], atol=1e-6)


def test_what_is_behind_the_camera_is_cut_off():
    camera = view()
    assert camera.seen([(0, 0, -1), (0, 0, -2)]) == []
    (x, y), (_, foot) = camera.seen([(0, 1.5, 10), (0, 0, -10)])
    assert (x, y) == pytest.approx((camera.sheet.side / 2,) * 2)
    assert foot > camera.sheet.side
    assert not camera.lay(face((-1, 0, -3), (2, 0, 0), (0, 2, 0)), "wall").any()


def test_only_faces_towards_the_camera_are_drawn():
    assert set(view().block((1, 0, 4), (2, 1, 5), "thing")) == {"front", "left", "top"}
    assert set(view((0, 0.5, 0)).block((-1, 0, 4), (1, 1, 5), "thing")) == {"front"}


def test_a_block_is_closed():
    """Contract: six faces, of which each edge belongs to two."""
    sides = sides_of((0, 0, 0), (1, 2, 3)).values()
    corners = [tuple(point) for side in sides for point in side.points()]
    assert len(set(corners)) == 8
    assert all(corners.count(corner) == 3 for corner in corners)


@pytest.mark.parametrize("turn", [(0, 0, 0), (25, 0, 0), (-10, 40, 0), (15, -35, 8)])
def test_a_ceiling_is_where_rays_go_up(turn):
    """Oracle: for each pixel, which face of the room its ray meets first."""
    camera = view(turn=turn, field=75)
    wide, tall, deep = 4.0, 2.6, 7.0
    room = Room(camera, (wide, tall, deep))
    side = camera.sheet.side
    down, right = np.mgrid[0:side, 0:side] + 0.5
    focal = side / 2 / np.tan(np.radians(75) / 2)
    rays = np.stack([right - side / 2, side / 2 - down, np.full_like(down, focal)], axis=-1) @ camera._turn
    with np.errstate(divide="ignore"):
        reach = {
            "ceiling": (tall - 1.5) / rays[..., 1].clip(1e-9, None), "floor": 1.5 / (-rays[..., 1]).clip(1e-9, None),
            "left": wide / 2 / (-rays[..., 0]).clip(1e-9, None), "right": wide / 2 / rays[..., 0].clip(1e-9, None),
            "back": deep / rays[..., 2].clip(1e-9, None),
        }  # fmt: skip
    first = np.stack(list(reach.values())).argmin(axis=0)
    for number, name in enumerate(reach):
        assert (room.mask(name) == (first == number)).mean() > 0.98
