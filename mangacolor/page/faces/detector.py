"""The search for faces, by two opinions.

A cascade looks at all windows of a page, at all scales (`cascade`). Where some of them agree, two perceptrons judge the
windows around, as they are and mirrored, and the place settles among those that are faces. What both say makes a
likelihood. Perceptrons and cascade are by nagadomi; their agreement and the mirror image are not.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from mangacolor.errors import ModelFileError
from mangacolor.image import resize
from mangacolor.page.faces.cascade import FaceCascade
from mangacolor.page.faces.features import (
    STRIDE,
    WINDOW,
    FloatArray,
    Perceptron,
    logistic,
    square_features,
    stretched,
    unit_length,
    window_features,
)
from mangacolor.page.faces.landmarks import Face, face_from

SMALLEST_PX = 36
SMALLEST_SHARE = 1 / 44
"""Side of the smallest face box, in pixels and as a share of the page's shorter side: the larger of both holds."""

HEAD_SHARE = 1.41
"""Side of what the cascade finds, a head, over that of its face; the median of 42 that both found."""

VOTE = 0.2
"""Each window of the cascade that agrees takes this share off the doubt that is left."""

NEAR_SCALES = (1 / 1.1, 1.0, 1.1)
NEAR_SHIFT = 4
"""Windows around a seed that are judged too: ratios of size, and the farthest shift in pixels of the copy."""

AROUND_PX = WINDOW + 2 * NEAR_SHIFT
"""Side of the square that these windows of one size lie in, in pixels of the copy."""

MOVES = 3
"""How often a seed moves to the middle of the windows around it that are faces."""

LEAST_LIKELIHOOD = 0.55
"""Likelihood that a face needs: four windows of the cascade alone, or one of them and 0.44 by the perceptrons (decision
26)."""

CHEEK_SHARE = 0.06
LEAST_ALIKE = 0.6
"""Reach of a cheek in box sides, and the mean grey of the darker one over that of the lighter: what is taken for a face
in foliage mostly has a stroke through one. Shade across a nose leaves 0.66."""

LEAST_WEIGHT = np.float32(1e-6)
"""What each window adds to a mean over windows, so that there always is one."""

MOST_OVERLAP = 0.1
"""Share of the smaller of two boxes that may lie in the other."""

LANDMARKS = np.array([[0, 1], [4, 5], [8, 9], [10, 11], [14, 15]])
"""Outputs of the perceptron of parts: x and y of left eye, right eye, nose, mouth and chin; others are sizes."""

MIRRORED = np.array([1, 0, 2, 3, 4])
"""Order of the landmarks of a mirror image: its left eye is the right one."""


_SHIFTS = 2 * NEAR_SHIFT // STRIDE + 1
_ROWS, _COLUMNS = (grid.ravel() for grid in np.mgrid[:_SHIFTS, :_SHIFTS])
_CORNERS = STRIDE * np.stack([_ROWS, _COLUMNS], axis=1)
_CENTRAL = (np.abs(_CORNERS - NEAR_SHIFT) <= STRIDE).all(axis=1)
"""Windows in a square: first squares of their features, first pixels, and which lie nearest to the middle, (N, …)."""


class _Square(NamedTuple):
    """Windows of one size around a seed.

    Attributes:
        boxes: (N, 4) in page pixels.
        likelihoods: (N,), means of the window and its mirror image.
        features: (2 N, F) of the windows, then of their mirror images.
        corner: First row and column in page pixels.
        span: Side in page pixels.
    """

    boxes: FloatArray
    likelihoods: FloatArray
    features: FloatArray
    corner: NDArray[np.intp]
    span: int


class FaceDetector:
    """Finds drawn faces that look at the reader or aside, upright or nearly so. Most full profiles are missed."""

    def __init__(self, path: Path) -> None:
        """Read cascade and perceptrons.

        Args:
            path: A safetensors file with those of animeface-2009 called `face_01`, `face_02` and `parts`, and with a
                `cascade` as `FaceCascade` describes it.

        Raises:
            ModelFileError: The file is missing, damaged, or holds something else.
        """
        try:
            tensors = safetensors.numpy.load_file(path)
            *self._judges, self._parts = (
                Perceptron.from_tensors(tensors, name) for name in ("face_01", "face_02", "parts")
            )
            self._cascade = FaceCascade(tensors)
        except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
            raise ModelFileError(
                f"{path}: not the weights of a face detector: {error}.",
                advice="Reinstall the package: its wheel contains them.",
            ) from error

    def __call__(self, gray: FloatArray, *, least_likelihood: float = LEAST_LIKELIHOOD) -> list[Face]:
        """Find the faces of a page.

        Args:
            gray: (H, W) float32 in [0, 1], the page as it is, with tone and ink.
            least_likelihood: Below it, a face is left out. More is surer and finds fewer.

        Returns:
            Faces, the likeliest first, that hardly overlap. The search begins with boxes 36 pixels high, on large pages
            1/44 of the shorter side.

        Raises:
            ValueError: Another shape.
        """
        if gray.ndim != 2:
            raise ValueError(f"gray must be (H, W); got {gray.shape}")
        heads = self._cascade(gray, HEAD_SHARE * max(SMALLEST_PX, SMALLEST_SHARE * min(gray.shape)))
        faces = []
        for head, votes in zip(heads.boxes, heads.counts.tolist(), strict=True):
            centre, reach = (head[:2] + head[2:]) / 2, (head[2] - head[0]) / 2 / HEAD_SHARE
            seed = np.concatenate([centre - reach, centre + reach]).astype(np.float32)
            squares = self._settle(gray, seed)
            likelihoods = np.concatenate([square.likelihoods for square in squares])
            # Those of the windows nearest to the seed count.
            central = np.tile(_CENTRAL, len(squares))
            likelihood = 1 - (1 - float(likelihoods[central].mean())) * (1 - VOTE) ** votes
            if likelihood >= least_likelihood:
                boxes, landmarks = _boxes(squares), np.concatenate([self._landmarks(square) for square in squares])
                weights = likelihoods * central + LEAST_WEIGHT
                box, points = (np.average(values, axis=0, weights=weights) for values in (boxes, landmarks))
                faces.append(face_from(box, likelihood, points, gray.shape))
        faces = [face for face in faces if _cheeks_alike(gray, face)]
        boxes = np.array([face.box for face in faces], np.float32).reshape(-1, 4)
        kept = _apart(boxes, np.array([face.likelihood for face in faces], np.float32), MOST_OVERLAP)
        return [faces[index] for index in kept]

    def _judge(self, features: FloatArray) -> FloatArray:
        """Return the likelihoods (N,) of windows by both perceptrons."""
        ready = stretched(features)
        one, other = (logistic(stage(ready))[:, 0] for stage in self._judges)
        return cast("FloatArray", (one + other) / 2)

    def _settle(self, gray: FloatArray, box: FloatArray) -> list[_Square]:
        """Move a seed to the middle of the windows around it that are faces (mean shift)."""
        known: dict[tuple[int, int, int], _Square] = {}
        for _ in range(MOVES):
            near = self._near(gray, box, known)
            weights = np.concatenate([square.likelihoods for square in near]) + LEAST_WEIGHT
            box = np.average(_boxes(near), axis=0, weights=weights).astype(np.float32)
        return self._near(gray, box, known)

    def _near(self, gray: FloatArray, box: FloatArray, known: dict[tuple[int, int, int], _Square]) -> list[_Square]:
        """Judge windows around a box; `known` has what was judged before, and gets the others."""
        centre, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).mean())
        near = []
        for ratio in NEAR_SCALES:
            span = round(side * ratio * AROUND_PX / WINDOW)
            row, column = np.rint(centre - span / 2).astype(int).tolist()
            if (row, column, span) not in known:
                known[row, column, span] = self._judged(gray, np.array([row, column]), span)
            near.append(known[row, column, span])
        return near

    def _judged(self, gray: FloatArray, corner: NDArray[np.intp], span: int) -> _Square:
        """Judge the windows in a square of the page, as they are and mirrored."""
        crop = resize(_cut(gray, corner, span), AROUND_PX, AROUND_PX)
        # The windows of the mirror image, in the order of those they mirror.
        sides = ((crop, _COLUMNS), (crop[:, ::-1], _SHIFTS - 1 - _COLUMNS))
        features = np.concatenate([window_features(square_features(plane), _ROWS, columns) for plane, columns in sides])
        plain, mirrored = np.split(self._judge(features), 2)
        boxes = np.concatenate([_CORNERS, _CORNERS + WINDOW], axis=1) * (span / AROUND_PX) + np.tile(corner, 2)
        likelihoods = np.asarray((plain + mirrored) / 2, np.float32)
        return _Square(boxes.astype(np.float32), likelihoods, features, corner, span)

    def _landmarks(self, square: _Square) -> FloatArray:
        """Return (N, 5, 2): where windows have eyes (left, right), nose, mouth and chin, x and y in page pixels."""
        plain, mirrored = np.split(self._parts(unit_length(square.features))[:, LANDMARKS], 2)
        points = (plain + mirrored[:, MIRRORED] * (-1, 1) + (1, 0)) / 2  # from 0 to 1 within a window
        landmarks = (points * WINDOW + _CORNERS[:, None, ::-1]) * (square.span / AROUND_PX) + square.corner[::-1]
        return np.asarray(landmarks, np.float32)


def _boxes(squares: list[_Square]) -> FloatArray:
    return np.concatenate([square.boxes for square in squares])


def _cut(gray: FloatArray, corner: NDArray[np.intp], span: int) -> FloatArray:
    """Cut a square out of a page, whose edge pixels go on beyond it."""
    rows, columns = (
        np.arange(start, start + span).clip(0, length - 1) for start, length in zip(corner, gray.shape, strict=True)
    )
    # Cut first: to gather what lies beyond the edge takes long, and most squares lie within.
    within = gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return within if within.shape == (span, span) else cast("FloatArray", gray[rows[:, None], columns])


def _cheeks_alike(gray: FloatArray, face: Face) -> bool:
    """Say whether both cheeks are about as light as each other, as skin is."""
    reach = max(1, round(CHEEK_SHARE * (face.box[2] - face.box[0])))
    means = [
        gray[max(0, int(y) - reach) : int(y) + reach + 1, max(0, int(x) - reach) : int(x) + reach + 1].mean()
        for x, y in face.cheeks
    ]
    return bool(min(means) >= LEAST_ALIKE * max(means))


def _apart(boxes: FloatArray, likelihoods: FloatArray, most: float) -> list[int]:
    """Return the indices of boxes, the likeliest first, without those that overlap a likelier one by more than that."""
    kept: list[int] = []
    for index in np.argsort(-likelihoods, kind="stable").tolist():
        if all(_overlap(boxes[index], boxes[other]) <= most for other in kept):
            kept.append(index)
    return kept


def _overlap(one: FloatArray, other: FloatArray) -> float:
    """Return the share of the smaller box that lies in the other."""
    shared = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    smaller = min(np.prod(one[2:] - one[:2]), np.prod(other[2:] - other[:2]))
    return float(np.prod(np.maximum(shared, 0)) / smaller)
