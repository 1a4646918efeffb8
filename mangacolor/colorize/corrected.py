"""An open page with the corrections that somebody makes to it, kept as pixels from one step to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.corrections import Corrections, Point, Step, replay
from mangacolor.colorize.sitting import Sitting

FloatArray = NDArray[np.float32]


class Box(NamedTuple):
    """A rectangle of a page, in pixels."""

    x: int
    y: int
    width: int
    height: int


class CorrectedPage:
    """A page and the steps that were done to it; the same steps always give the same picture.

    Args:
        sitting: The open page.

    Attributes:
        rgb: (H, W, 3) the picture after the steps; not to be written to.
        corrections: What the steps come to.
    """

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._steps: tuple[Step, ...] = ()
        self._kept: dict[tuple[Step, ...], FloatArray] = {}
        self.corrections = Corrections()
        self.rgb = sitting.paint()

    @property
    def labels(self) -> NDArray[np.int32] | None:
        """(h, w) number of the area at each place, at the size of the page or smaller; None where none are found."""
        areas = self._sitting.seen.areas
        return None if areas is None else areas.areas.labels

    def area_at(self, x: float, y: float) -> int:
        """Return the number of the area at a pixel of the page, -1 where there is none."""
        labels = self.labels
        height, width = self.rgb.shape[:2]
        if labels is None or not (0 <= x < width and 0 <= y < height):
            return -1
        return int(labels[int(y * labels.shape[0] / height), int(x * labels.shape[1] / width)])

    @property
    def lock_points(self) -> list[Point]:
        """Where areas are locked."""
        return [self._steps[number].points[0] for _, number in self.corrections.locks]

    def correct(self, steps: Sequence[Step]) -> Box | None:
        """Bring the page to what steps make of it.

        Args:
            steps: All that hold, from the first on.

        Returns:
            The part of the picture that has changed; None where nothing has.

        Raises:
            BadInputError: A hint lies off the page.
        """
        height, width = self.rgb.shape[:2]
        self.corrections = replay(steps, self.area_at, width, height)
        before, self.rgb = self.rgb, self._sitting.paint(self.corrections.hints, ask_generator=False)
        self._steps = tuple(steps)
        changed = (before != self.rgb).any(axis=2)
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        if not len(rows):
            return None
        return Box(int(columns[0]), int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1)
