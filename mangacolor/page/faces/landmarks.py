"""What is known of a face, and the points that follow from its landmarks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mangacolor.page.faces.features import FloatArray

CHEEK_OUT = 0.85
"""How far out a cheek lies, from below the mouth's middle (0) to below the eye's (1)."""

FOREHEAD_UP = 0.4
"""How far the forehead lies above the eyes, in distances from eyes to mouth."""

HAIR_UP = 0.12
HAIR_ACROSS = (0.3, 0.7)
"""Where hair is likely, above and across a box, in its sides."""

Point = tuple[float, float]


class Face(NamedTuple):
    """A drawn face. Points are (x, y) in page pixels; left and right are those of the picture.

    Attributes:
        box: (top, left, bottom, right) in page pixels, bottom and right exclusive: brows to chin, cheek to cheek.
        likelihood: Mean likelihood over slightly shifted, scaled and mirrored boxes, in [0, 1].
        left_eye: Centre of the eye on the left.
        right_eye: Centre of the eye on the right.
        nose: Its tip.
        mouth: Its centre.
        chin: Its lowest point.
        cheeks: A point on the cheek on the left, and one on the right.
        forehead: A point above the eyes: skin, or fringe.
        hair: Two points just above the box, left and right.
    """

    box: tuple[int, int, int, int]
    likelihood: float
    left_eye: Point
    right_eye: Point
    nose: Point
    mouth: Point
    chin: Point
    cheeks: tuple[Point, Point]
    forehead: Point
    hair: tuple[Point, Point]


def face_from(box: FloatArray, likelihood: float, landmarks: FloatArray, shape: tuple[int, ...]) -> Face:
    """Derive the other points of a face, and keep all within the page.

    Args:
        box: (4,) top, left, bottom, right.
        likelihood: In [0, 1].
        landmarks: (5, 2) x and y of the left eye, right eye, nose, mouth and chin.
        shape: (H, W) of the page.

    Returns:
        The face.
    """
    left_eye, right_eye, _, mouth, _ = landmarks
    eyes = (left_eye + right_eye) / 2
    height = (eyes[1] + mouth[1]) / 2
    cheeks = [(CHEEK_OUT * eye[0] + (1 - CHEEK_OUT) * mouth[0], height) for eye in (left_eye, right_eye)]
    side = box[2] - box[0]
    hair = [(box[1] + share * side, box[0] - HAIR_UP * side) for share in HAIR_ACROSS]
    last = np.array([shape[1] - 1, shape[0] - 1])
    points = np.array([*landmarks, *cheeks, eyes + FOREHEAD_UP * (eyes - mouth), *hair]).clip(0, last)
    top, left, bottom, right = np.rint(box).clip(0, shape * 2).astype(int).tolist()
    eye, other_eye, nose, mouth, chin, cheek, other_cheek, forehead, hair_left, hair_right = (
        (float(x), float(y)) for x, y in points
    )
    return Face(
        box=(top, left, bottom, right),
        likelihood=likelihood,
        left_eye=eye,
        right_eye=other_eye,
        nose=nose,
        mouth=mouth,
        chin=chin,
        cheeks=(cheek, other_cheek),
        forehead=forehead,
        hair=(hair_left, hair_right),
    )
