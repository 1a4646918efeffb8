"""Which pixels of colour art are skin: those that have the colour of a cheek of one of its faces.

A detector of drawn faces tells where cheeks are; their colour, found again all over the picture, gives neck, hands,
arms and legs for nothing. What has no colour that skin can have is surely none, in any picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.image import float_from_pixels, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.faces import Face

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]
SkinColour = tuple[float, float, float]
"""OKLab of a cheek."""

FindFaces = Callable[[FloatArray], Sequence[Face]]

HUES_DEG = (5.0, 95.0)
CHROMA = (0.02, 0.17)
"""OKLab hue and chroma between which a colour may be skin of any person."""

ALIKE, DIFFERENT = 0.04, 0.08
"""Distance to the colour of a cheek up to which a pixel is skin, and from which on it is none. Skin in shadow lies
between."""

LIGHTNESS_WEIGHT = 0.4
"""How much less lightness counts in that distance than a and b: shading changes it most."""

LEAST_CHROMA_SHARE = 0.6
"""Share of a cheek's chroma that skin has at least: white cloth beside pale skin differs in little else."""

GROUND_BORDER = 0.3
"""Share of a picture's border beyond which what touches it is a ground rather than skin."""

CHEEK_SHARE = 0.05
"""Radius of the spot on a cheek that is looked at, over the height of the face."""


def cheek_colours(rgb: Pixels, find_faces: FindFaces) -> tuple[SkinColour, ...]:
    """Return the colour of the cheeks of every face of a picture (H, W, 3), where they have that of skin.

    Args:
        rgb: The picture, sRGB.
        find_faces: Finds faces in a grey picture (H, W) in [0, 1].
    """
    colours: list[SkinColour] = []
    for face in find_faces(to_gray(rgb)):
        radius = max(1, round(CHEEK_SHARE * (face.box[2] - face.box[0])))
        for x, y in face.cheeks:
            row, column = int(y), int(x)
            spot = rgb[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1]
            if spot.size:
                lab = np.median(oklab_from_srgb(float_from_pixels(spot)).reshape(-1, 3), axis=0)
                if _may_be_skin(lab[None])[0]:
                    colours.append((float(lab[0]), float(lab[1]), float(lab[2])))
    return tuple(colours)


def skin_labels(rgb: FloatArray, cheeks: Sequence[SkinColour] = (), ground: Pixels | None = None) -> Pixels:
    """Label the skin of a picture, or of a part of one.

    Args:
        rgb: (H, W, 3) sRGB in [0, 1].
        cheeks: Colours from `cheek_colours`; without any, nothing is surely skin.
        ground: (H, W) from `find_ground`, cut out of the whole picture as `rgb` is: what may be a wall. None takes
            `rgb` for a whole picture; a part that is all face would then look like a wall.

    Returns:
        (H, W): YES where it is skin, NO where it is none, UNKNOWN elsewhere.
    """
    lab = oklab_from_srgb(np.asarray(cv2.GaussianBlur(np.ascontiguousarray(rgb), (3, 3), 0), np.float32))
    labels = np.where(_may_be_skin(lab), UNKNOWN, NO).astype(np.uint8)
    if not cheeks:
        return labels
    weights = np.array([LIGHTNESS_WEIGHT, 1, 1], np.float32)
    chroma = _length(lab[..., 1:])
    nearest = np.full(labels.shape, np.inf, np.float32)
    for cheek in cheeks:
        distance = _length((lab - np.array(cheek, np.float32)) * weights)
        is_pale = chroma < LEAST_CHROMA_SHARE * np.hypot(*cheek[1:])
        nearest = np.minimum(nearest, np.where(is_pale, np.maximum(distance, ALIKE), distance))
    labels[nearest > DIFFERENT] = NO
    labels[(nearest < ALIKE) & (labels == UNKNOWN)] = YES
    labels = np.asarray(cv2.medianBlur(labels, 5), np.uint8)
    is_ground = _ground(labels) if ground is None else ground > 0
    return np.where((labels == YES) & is_ground, UNKNOWN, labels).astype(np.uint8)


def find_ground(rgb: FloatArray, cheeks: Sequence[SkinColour]) -> Pixels:
    """Return what surrounds the figures of a whole picture in the colour of their cheeks: a ground, or a wall.

    Args:
        rgb: (H, W, 3) sRGB in [0, 1].
        cheeks: Colours from `cheek_colours`.

    Returns:
        (H, W): 1 where there is such a ground, else 0.
    """
    without = np.zeros(rgb.shape[:2], np.uint8)
    return _ground(skin_labels(rgb, cheeks, without)).astype(np.uint8) if cheeks else without


def _ground(labels: Pixels) -> NDArray[np.bool_]:
    """Say what is skin (H, W) that hangs on the border, where much of the border is skin."""
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    if (border == YES).mean() <= GROUND_BORDER:
        return np.zeros(labels.shape, np.bool_)
    _, parts = cv2.connectedComponents((labels == YES).astype(np.uint8))
    outer = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    return np.asarray((labels == YES) & np.isin(parts, outer), np.bool_)


def _may_be_skin(lab: FloatArray) -> NDArray[np.bool_]:
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    chroma = _length(lab[..., 1:])
    return np.asarray((hue > HUES_DEG[0]) & (hue < HUES_DEG[1]) & (chroma > CHROMA[0]) & (chroma < CHROMA[1]), np.bool_)


def _length(vectors: FloatArray) -> FloatArray:
    """Return the length of (..., C) vectors; numpy's own norm takes three times as long along a short axis."""
    total = vectors[..., 0] ** 2
    for channel in range(1, vectors.shape[-1]):
        total = total + vectors[..., channel] ** 2
    return np.asarray(np.sqrt(total), np.float32)
