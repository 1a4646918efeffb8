"""An open page with the corrections that somebody makes to it, kept as pixels from one step to the next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.changed_tiles import changed_parts
from mangacolor.colorize.corrections import Corrections, Step, replay
from mangacolor.colorize.ground import FADES, Ground
from mangacolor.colorize.references import References
from mangacolor.colorize.sitting import Sitting
from mangacolor.colorize.strokes import Point
from mangacolor.errors import BadInputError
from mangacolor.page.own_colours import OwnColours
from mangacolor.page.spread import EVERYTHING, Part

FloatArray = NDArray[np.float32]

LOCKS_KEPT = 64
"""So many locked areas are remembered with their colours; others are found again by replaying the steps before."""


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
        own: What keeps the colours that the page came with; None for nothing.
    """

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.corrections = Corrections()
        self._steps: tuple[Step, ...] = ()
        self._locked: OrderedDict[tuple[tuple[Step, ...], int], FloatArray] = OrderedDict()
        self._grounds: dict[str | None, Ground] = {None: sitting.ground()}
        self._lab, self._paper = self._grounds[None].lab, sitting.seen.paper
        self._keeps = sitting.canvas.keeps_lightness(self._lab)
        self._painted = sitting.canvas.whole(self._lab, self._paper, keeps=self._keeps)
        self.own = sitting.own
        self.rgb = self._painted if self.own is None else self.own.laid_on(self._painted)

    @property
    def labels(self) -> NDArray[np.int32] | None:
        """(h, w) number of the area at each place, at the size of the page or smaller; None where none are found."""
        return self.sitting.labels

    @property
    def lock_points(self) -> list[Point]:
        """Where areas are locked."""
        return [self._steps[number].points[0] for _, number in self.corrections.locks]

    def area_at(self, x: float, y: float) -> int:
        """Return the number of the area at a pixel of the page, -1 where there is none."""
        return self.sitting.area_at(x, y)

    def knows(self, reference: str) -> bool:
        """Say whether a reference was told of by `learn`."""
        return reference in self._grounds

    def learn(self, reference: str, pictures: References) -> None:
        """Tell of a reference that steps may name."""
        self._grounds[reference] = self.sitting.ground(pictures)

    def correct(self, steps: Sequence[Step]) -> Box | None:
        """Bring the page to what steps make of it.

        Args:
            steps: All that hold, from the first on.

        Returns:
            The part of the picture that has changed; None where nothing has.

        Raises:
            BadInputError: A step names a reference that is not known.
        """
        steps = tuple(steps)
        height, width = self.sitting.layers.gray.shape
        corrections = replay(steps, self.area_at, width, height)
        lab = self._colours(steps, corrections)
        taken = self._taken_by(corrections)
        paper, own = self.sitting.seen.paper, self.sitting.own
        if taken is not None:
            paper, own = paper & ~taken, own and own.beside(taken)
        box = self._show(lab, paper, own)
        self._steps, self.corrections = steps, corrections
        self._lab, self._paper = lab, paper
        return box

    def under_ink(self) -> NDArray[np.uint8]:
        """Return the colours as they lie under the ink, (H, W, 3)."""
        return self.sitting.canvas.without_ink(self._lab, self._paper, keeps=self._keeps)

    def _colours(self, steps: tuple[Step, ...], corrections: Corrections) -> FloatArray:
        """Return the colours (h, w, 3) that steps make."""
        if corrections.reference not in self._grounds:
            raise BadInputError(
                f"The reference {corrections.reference!r} is not there.",
                advice="Add the picture again.",
            )
        ground = self._grounds[corrections.reference]
        lab = ground.corrected(corrections.fills, corrections.dabs)
        for area, number in corrections.locks:
            lab[ground.labels == area] = self._colours_of(area, steps[:number])
        return lab

    def _taken_by(self, corrections: Corrections) -> NDArray[np.bool_] | None:
        """Return what of the page (H, W) is filled or painted, None for nothing: no paper, nor its own colours."""
        if not corrections.fills and not corrections.dabs:
            return None
        taken = self.sitting.taken_by([one.area for one in corrections.fills]).astype(np.uint8)
        for dab in corrections.dabs:
            cv2.circle(taken, (int(dab.x), int(dab.y)), int(np.ceil(FADES * dab.radius)), 1, -1)
        return np.asarray(taken > 0)

    def _colours_of(self, area: int, steps: tuple[Step, ...]) -> FloatArray:
        """Return the colours (n, 3) that an area has after steps."""
        key = steps, area
        if key not in self._locked:
            height, width = self.sitting.layers.gray.shape
            is_now = steps == self._steps
            lab = self._lab if is_now else self._colours(steps, replay(steps, self.area_at, width, height))
            self._locked[key] = lab[self._grounds[None].labels == area]
        self._locked.move_to_end(key)
        while len(self._locked) > LOCKS_KEPT:
            self._locked.popitem(last=False)
        return self._locked[key]

    def _show(self, lab: FloatArray, paper: NDArray[np.bool_], own: OwnColours | None) -> Box | None:
        """Bring the picture up to date where colours (h, w, 3), paper (H, W) or the page's own colours have changed."""
        canvas, before = self.sitting.canvas, self.rgb
        changed = _differs(lab, self._lab)
        repapered = None if paper is self._paper else paper != self._paper
        if canvas.is_reduced:
            is_same = not changed.any() and (repapered is None or not repapered.any())
            parts: list[Part] = [] if is_same else [EVERYTHING]
        else:
            parts = changed_parts(changed, repapered, before.shape[:2], canvas.margin)
        after = self._painted.copy()
        for part in parts:
            if canvas.is_reduced:
                after = canvas.whole(lab, paper, keeps=self._keeps)
            else:
                after[part] = canvas.part(lab, paper, part, keeps=self._keeps)
        self._painted, self.own = after, own
        self.rgb = after if own is None else own.laid_on(after)
        looked = parts if own is None else [EVERYTHING]
        return _around([box for part in looked if (box := _difference(before, self.rgb, part)) is not None])


def _difference(before: NDArray[np.uint8], after: NDArray[np.uint8], part: Part) -> Box | None:
    """Return what has changed within a part of a picture."""
    differs = _differs(before[part], after[part])
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    y, x = (one.start or 0 for one in part)
    return Box(x + int(columns[0]), y + int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1)


def _differs(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where two pictures (H, W, 3) differ; `any` over the last axis takes several times as long."""
    unlike = one != other
    return np.asarray(unlike[..., 0] | unlike[..., 1] | unlike[..., 2])


def _around(boxes: Sequence[Box]) -> Box | None:
    """Return the box around boxes."""
    if not boxes:
        return None
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.width for box in boxes), max(box.y + box.height for box in boxes)
    return Box(x, y, right - x, bottom - y)
