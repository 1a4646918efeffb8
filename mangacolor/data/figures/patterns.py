"""Woven patterns: stripes, checks, dots, bands and pleats, drawn by the coordinates that garments have at rest."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FINEST_PX = 12.0
"""Pixels of the surface below which a period is too fine to draw; the garment stays plain there."""

FIRST_PLEAT = 500
"""Threads from this number on are pleats; those below are fingers, toes and locks."""

PatternKind = Literal["across", "along", "check", "dots", "band", "side", "pleats"]


class Pattern(NamedTuple):
    """A pattern of a garment.

    Attributes:
        kind: Stripes across or along, a check of both, dots, one band across, a stripe down the outer sides, or pleats.
        number: The part that the pattern is; for pleats the garment's own.
        period: Decimetres from one repeat to the next; of a band its lower edge; of a side stripe the least distance
            from the middle.
        share: Share of a period that the pattern takes; of a band its upper edge; of a side stripe how far it turns to
            the front.
        shift: Where it begins; of a band how far from the middle at least.
    """

    kind: PatternKind
    number: int
    period: float
    share: float
    shift: float = 0.0


def lies_on(pattern: Pattern, coordinates: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say where a pattern is, for coordinates (N, 3) of a garment's surface."""
    x, y, front = coordinates.T
    if pattern.kind == "band":
        return np.asarray((y > pattern.period) & (y < pattern.share) & (np.abs(x) >= pattern.shift))
    if pattern.kind == "side":
        return np.asarray((np.abs(front) < pattern.share) & (np.abs(x) > pattern.period))
    across, along = ((value - pattern.shift) / pattern.period for value in (y, x))
    if pattern.kind == "dots":
        near = np.hypot(along - np.round(along), across - np.round(across))
        return np.asarray(near < 0.5 * pattern.share)
    stripes = {"across": (across,), "along": (along,), "check": (across, along)}[pattern.kind]
    return np.asarray(np.any([value % 1 < pattern.share for value in stripes], axis=0))


def pleat_of(pattern: Pattern, coordinates: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of the pleat for coordinates (N, 3), at least `FIRST_PLEAT`."""
    return np.asarray(np.floor(coordinates[:, 0] / pattern.period + 2 * FIRST_PLEAT), np.int64)
