"""What is found on a page before colours are decided on: areas between its lines, and faces among them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.areas import Areas, find_areas
from mangacolor.faces import Face, FaceDetector
from mangacolor.ink import Separation

Mask = NDArray[np.bool_]

FACE_TONE = 0.7
"""Areas darker than this are no face, whatever of one lies in them: hair, a mask, glasses."""

LARGEST_FACE = 2.5
"""Largest area of a face, and of one tuft of its hair, in areas of the face's box: larger ones leak into something."""

LEAST_INSIDE = 0.3
"""Share of an area that lies in the face's box at least, for it to be the face."""


LEAST_NEAR = 0.6
FOREHEAD, NECK = 0.35, 0.45
"""Share of an area near a face that lies between its brows and its throat; and how far below its top and bottom these
lie, in heights of the face's box."""


class Findings(NamedTuple):
    """What a page shows.

    Attributes:
        areas: Areas between its lines, at the size of the page.
        faces: Faces, likeliest first.
        is_face: (n,) which areas are the skin of a face.
        is_near: (n,) which areas may be in the shadow of a face, or be its neck: they lie on it or just below.
        hair_of: (n,) the number of the face whose hair an area is; -1 for others.
    """

    areas: Areas
    faces: tuple[Face, ...]
    is_face: Mask
    is_near: Mask
    hair_of: NDArray[np.intp]


def find(page: Separation, detector: FaceDetector) -> Findings:
    """Find areas and faces on a page (H, W) taken apart, and say which areas are faces and their hair."""
    areas = find_areas(page.ink, page.tone)
    faces = tuple(detector(page.ink * page.tone))
    is_face = np.zeros(len(areas.sizes), np.bool_)
    is_near = np.zeros(len(areas.sizes), np.bool_)
    hair_of = np.full(len(areas.sizes), -1, np.intp)
    for number, face in enumerate(faces):
        is_near |= _share_inside(_around(face), areas) > LEAST_NEAR
        skin, hair = _areas_of(face, areas)
        is_face[skin] = True
        hair_of[hair] = number
    hair_of[is_face] = -1
    return Findings(areas, faces, is_face, is_near & ~areas.is_black, hair_of)


def _around(face: Face) -> tuple[int, int, int, int]:
    """Return the box of a face and its neck."""
    top, left, bottom, right = face.box
    side = bottom - top
    return top + round(FOREHEAD * side), left, bottom + round(NECK * side), right


def _share_inside(box: tuple[int, int, int, int], areas: Areas) -> NDArray[np.float64]:
    """Return the share (n,) of every area that lies in a box."""
    top, left, bottom, right = box
    inside = np.bincount(areas.labels[top:bottom, left:right].ravel(), minlength=len(areas.sizes))
    return inside / areas.sizes


def _areas_of(face: Face, areas: Areas) -> tuple[list[int], list[int]]:
    """Return the areas that are the skin of a face, and those that are its hair."""
    top, left, bottom, right = face.box
    most = LARGEST_FACE * (bottom - top) * (right - left)
    inside = _share_inside(face.box, areas)

    def hit(points: tuple[tuple[float, float], ...]) -> list[int]:
        found = {int(areas.labels[int(y), int(x)]) for x, y in points}
        return [area for area in found if areas.sizes[area] < most and not areas.is_black[area]]

    skin = [
        area
        for area in hit((*face.cheeks, face.nose, face.chin, face.forehead))
        if areas.tone[area] > FACE_TONE and inside[area] > LEAST_INSIDE
    ]
    return skin, [area for area in hit(face.hair) if area not in skin]
