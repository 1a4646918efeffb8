"""The colours of an open page on which corrections are laid, again and again; no network is asked for that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.corrections import Dab, Fill
from mangacolor.colorize.followers import FaceAreas, Followers
from mangacolor.colorize.hints import LEAST_SEEN
from mangacolor.colorize.looks import Look
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]

FADES = 1.5
"""A brush paints altogether within its radius, and nothing beyond this many of it."""

SMALLEST_RADIUS = 2.0
"""Of a brush, in pixels of the working size."""


class Ground:
    """What a page looks like at the working size, and what fills and brushes make of that.

    Args:
        lab: (h, w, 3) OKLab of the page as it is without corrections.
        seen: Its ink and tone (h, w).
        page: (H, W) of the page itself.
        labels: (h, w) its areas; None where none are found.
        looks: Its hair and garments.
        seen_in: (T, D) what is seen in them; None where that cannot be told.
        faces: What its areas have to do with faces.
        wholes: (n,) what its areas are pieces of.

    Attributes:
        lab: As given.
        labels: As given.
    """

    def __init__(
        self,
        lab: FloatArray,
        seen: Separation,
        page: tuple[int, int],
        labels: Labels | None,
        looks: list[Look],
        seen_in: FloatArray | None,
        faces: FaceAreas,
        wholes: NDArray[np.intp],
    ) -> None:
        self.lab, self.labels, self._count = lab, labels, len(faces.hair)
        self._seen, self._page, self._looks, self._seen_in, self._faces = seen, page, looks, seen_in, faces
        self._wholes = wholes

    def corrected(self, fills: Sequence[Fill], dabs: Sequence[Dab]) -> FloatArray:
        """Return the colours with fills, and dabs over them; (h, w, 3) OKLab, a fresh array."""
        lab = np.array(self.lab)
        if self.labels is not None and fills:
            self._fill(lab, self.labels, fills)
        for group in _strokes(dabs):
            self._paint(lab, group)
        return lab

    def _fill(self, lab: FloatArray, labels: Labels, fills: Sequence[Fill]) -> None:
        """Give areas their colours: those that were filled, and before them what follows; the last one decides."""
        number_of = np.full(self._count, -1, np.intp)
        for number, fill in enumerate(fills):
            if not fill.alone:
                number_of[self._followers.of(fill.area)] = number
        for number, fill in enumerate(fills):
            number_of[fill.area] = number
        chosen = number_of[labels]
        where = chosen >= 0
        wanted = oklab_from_srgb(np.asarray(np.array([fill.rgb for fill in fills]) / 255, np.float32))[chosen[where]]
        lab[where, 0] += wanted[:, 0] - self._lightness[labels[where]]
        lab[where, 1:] = wanted[:, 1:]

    def _paint(self, lab: FloatArray, stroke: Sequence[Dab]) -> None:
        """Paint along a stroke, up to the lines around it."""
        height, width = lab.shape[:2]
        scale_y, scale_x = height / self._page[0], width / self._page[1]
        radius = max(SMALLEST_RADIUS, stroke[0].radius * (scale_x + scale_y) / 2)
        points = np.array([(one.x * scale_x, one.y * scale_y) for one in stroke])
        reach = int(np.ceil(FADES * radius)) + 2
        left, top = np.maximum(points.min(axis=0).astype(int) - reach, 0)
        right, bottom = np.minimum(points.max(axis=0).astype(int) + reach + 1, (width, height))
        place = np.s_[top:bottom, left:right]
        away = np.ones((bottom - top, right - left), np.uint8)
        spots = np.rint(points - (left, top)).astype(np.int32)
        for start, end in pairwise(spots):
            if np.linalg.norm(end - start) <= 3 * radius + 2:  # what was erased between them stays so
                cv2.line(away, tuple(map(int, start)), tuple(map(int, end)), 0)
        away[spots[:, 1].clip(0, bottom - top - 1), spots[:, 0].clip(0, right - left - 1)] = 0
        share = (FADES - cv2.distanceTransform(away, cv2.DIST_L2, 5) / radius) / (FADES - 1)
        share = (share * self._within_lines(self._seen.ink[place], away == 0, share > 0)).clip(0, 1)
        wanted, there = oklab_from_srgb(np.asarray(np.array(stroke[0].rgb) / 255, np.float32)), lab[place]
        if share.any():
            change = wanted - there
            change[..., 0] = wanted[0] - np.median(there[share > 0, 0])
            there += change * share[..., None]

    @staticmethod
    def _within_lines(ink: FloatArray, stroke: NDArray[np.bool_], near: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what a stroke touches without crossing a line, and the lines around that."""
        clear = (ink > LEAST_SEEN) & near
        _, parts = cv2.connectedComponents(clear.astype(np.uint8), connectivity=4)
        touched = np.unique(parts[stroke & clear])
        inside = np.isin(parts, touched[touched > 0])
        return np.asarray(cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)

    @cached_property
    def _lightness(self) -> FloatArray:
        """(n,) median lightness of every area."""
        assert self.labels is not None
        lightness, areas = self.lab[..., 0].ravel(), self.labels.ravel()
        order = np.lexsort((lightness, areas))
        firsts = np.searchsorted(areas[order], np.arange(self._count + 1))
        middles = np.minimum((firsts[:-1] + firsts[1:]) // 2, len(order) - 1)  # small ones may have no pixel here
        return np.asarray(lightness[order[middles]], np.float32)

    @cached_property
    def _followers(self) -> Followers:
        assert self.labels is not None
        flat = self.labels.ravel()
        sizes = np.bincount(flat, minlength=self._count)
        sums = [np.bincount(flat, self.lab[..., channel].ravel(), self._count) for channel in (1, 2)]
        colours = np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
        return Followers(self._looks, self._seen_in, np.asarray(colours, np.float32), sizes, self._faces, self._wholes)


def _strokes(dabs: Sequence[Dab]) -> list[list[Dab]]:
    """Group dabs by the stroke they come from, in order."""
    groups: list[list[Dab]] = []
    for dab in dabs:
        if groups and groups[-1][0].stroke == dab.stroke:
            groups[-1].append(dab)
        else:
            groups.append([dab])
    return groups
