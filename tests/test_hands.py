"""Hands drawn with few lines.

Oracle: a written contract: skin of a hand in few pieces, outlines wherever skin ends at cloth, sleeves that meet the
hand, fingers that bend towards the palm, the same for the same seed.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.drawing.hand_poses import POSES, add_arm, pose_hand
from mangacolor.data.drawing.hand_shapes import Camera, Manner, apart, inside, melted, shapes_of, swollen, tube
from mangacolor.data.drawing.hands import draw_hand
from mangacolor.data.drawing.sheet import SIZE_PX
from mangacolor.data.figures_framed import whose
from mangacolor.data.figures_painted import LABELS_OF

SEEDS = range(40)


@pytest.fixture(scope="module")
def drawings():
    return [draw_hand(np.random.default_rng(seed)) for seed in SEEDS]


def test_every_drawing_shows_the_skin_of_a_hand(drawings):
    for drawing in drawings:
        assert drawing.ink.shape == drawing.part.shape == drawing.light.shape == (SIZE_PX, SIZE_PX)
        assert whose(drawing, "place", ("hand",)).sum() > 500
        assert drawing.part.max() < len(drawing.parts)
        assert all(part.kind == "ground" or part.kind in LABELS_OF for part in drawing.parts)
        assert all(part.person >= 0 for part in drawing.parts if part.kind in ("skin", "nail", "garment"))


def test_skin_is_few_pieces(drawings):
    for drawing in drawings:
        skin = whose(drawing, "kind", ("skin", "nail")).astype(np.uint8)
        count, _, facts, _ = cv2.connectedComponentsWithStats(skin)
        sizes = np.sort(facts[1:, cv2.CC_STAT_AREA])[::-1]
        assert count - 1 <= 16
        assert sizes[:3].sum() > 0.9 * sizes.sum()


def test_lines_part_skin_from_cloth(drawings):
    """Between skin and a garment lies ink, within two pixels of the border."""
    inked = borders = 0
    for drawing in drawings:
        skin = whose(drawing, "kind", ("skin",)).astype(np.uint8)
        cloth = whose(drawing, "kind", ("garment",)).astype(np.uint8)
        border = (cv2.dilate(skin, np.ones((3, 3), np.uint8)) > 0) & (cloth > 0)
        near = cv2.erode(drawing.ink, np.ones((5, 5), np.uint8)) < 0.6
        borders += int(border.sum())
        inked += int((border & near).sum())
    assert borders > 2000
    assert inked > 0.9 * borders


def test_sleeves_meet_hands(drawings):
    """Where somebody wears something and no bare arm shows, cloth touches the hand."""
    met = []
    for drawing in drawings:
        hand = whose(drawing, "place", ("hand", "arm")).astype(np.uint8)
        sleeve = whose(drawing, "what", ("sleeve", "cuff"))
        if sleeve.any():
            met.append(bool((sleeve & (cv2.dilate(hand, np.ones((7, 7), np.uint8)) > 0)).any()))
    assert len(met) > 10
    assert np.mean(met) > 0.95


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_same_for_the_same_seed(seed):
    one, other = (draw_hand(np.random.default_rng(seed)) for _ in range(2))
    assert all(np.array_equal(first, second) for first, second in zip(one[:3], other[:3], strict=True))
    assert one.parts == other.parts


@pytest.mark.parametrize("name", list(POSES))
def test_fingers_bend_towards_the_palm(name):
    """A finger's tip is never behind the back of the hand, and links of a finger follow one another."""
    bones = pose_hand(name, 0.0, np.random.default_rng(3))
    assert len(bones.links) == 16
    assert np.allclose(bones.turn @ bones.turn.T, np.eye(3))
    for link in bones.links[1:13]:
        assert float((bones.turn.T @ link.ends[1])[2]) > -0.4
        if link.joins > 0:
            assert np.allclose(link.ends[0], bones.links[link.joins].ends[1])


def test_a_straight_finger_melts_into_its_palm():
    """No line crosses a finger at its joints, but its tip has one."""
    rng = np.random.default_rng(1)
    bones = pose_hand("open", 0.0, rng)
    manner = Manner(0.0, 1.0, nails=False, knuckles=0.0, creases=0.0, shadow=1.0, shift=(0.0, 0.0))
    links = [*bones.links, *add_arm(bones, None, rng)]
    shapes = shapes_of(links, Camera((200.0, 300.0), 80.0, 7.0, mirrored=False), manner)
    middle, tip = melted(shapes[5], shapes, 1.6), melted(shapes[6], shapes, 1.6)
    assert 0.1 < middle.mean() < 0.8
    assert tip.mean() > middle.mean()


def test_tubes_hold_their_middles():
    rim = tube((np.array([10.0, 10.0]), np.array([40.0, 30.0])), (5.0, 4.0), 0.1, (1.0, 1.0))
    points = np.array([[10.0, 10.0], [25.0, 20.0], [40.0, 30.0], [10.0, 40.0], [60.0, 60.0]])
    assert inside(points, rim).tolist() == [True, True, True, False, False]
    assert not inside(swollen(rim), rim).any()


def test_fingers_that_merge_have_no_line_between():
    bones = pose_hand("flat", 0.0, np.random.default_rng(5))
    manner = Manner(0.0, 1.0, nails=False, knuckles=0.0, creases=0.0, shadow=1.0, shift=(0.0, 0.0))
    shapes = shapes_of(bones.links, Camera((200.0, 300.0), 80.0, 7.0, mirrored=False), manner)
    parted = [apart(shape, shapes, np.zeros(3, bool)).all() for shape in shapes]
    merged = [apart(shape, shapes, np.ones(3, bool)).all() for shape in shapes]
    assert all(parted)
    assert not all(merged[1:13])
    assert all(merged[13:])
