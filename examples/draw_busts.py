"""Heads and shoulders drawn twice with the same hand: with a pen of one width and grey wash, and with a brush.

Whatever the tool, the same seed draws the same person; only lines and shadows differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from draw_pages import CUTS, Person, Pose, draw_bust
from numpy.typing import NDArray
from pen import BLACK, Canvas, Mask, Points, Taper, bounds

Pixels = NDArray[np.uint8]

SIDE_PX = 400


class EvenPen(Canvas):
    """Draws every line equally wide, and shadows as a grey wash."""

    def stroke(
        self, points: Points, width: float = 2.0, taper: Taper = "ends", ink: int = BLACK, curve: bool = True
    ) -> None:
        """Draw a line of one width, whatever width was meant."""
        super().stroke(points, 1.5 / self.weight, "none", ink, curve)

    def tone(self, mask: Mask, period: float, coverage: float | Callable[..., Any], angle: float = 45) -> None:
        """Lay a wash instead of screentone."""
        if not callable(coverage):
            box = bounds(mask)
            self.pixels[box][mask[box]] = self.pixels[box][mask[box]] * (1 - 0.6 * coverage)


class Brush(Canvas):
    """Draws lines that swell and taper, and shadows black."""

    def stroke(
        self, points: Points, width: float = 2.0, taper: Taper = "ends", ink: int = BLACK, curve: bool = True
    ) -> None:
        """Draw a bolder line than a pen does."""
        super().stroke(points, 1.5 * width, taper, ink, curve)

    def tone(self, mask: Mask, period: float, coverage: float | Callable[..., Any], angle: float = 45) -> None:
        """Leave light shadows to the paper and fill dark ones."""
        if not callable(coverage) and coverage >= 0.25:
            self.paint(mask, BLACK)


def draw_bust_with(tool: type[Canvas], seed: int) -> Pixels:
    """Draw somebody, the same person for the same seed, whatever the tool."""
    rng = np.random.default_rng(seed)
    canvas = tool(SIDE_PX, SIDE_PX, seed)
    boy = bool(rng.random() < 0.5)
    clothes = rng.choice(["hoodie", "uniform"] if boy else ["sailor", "kimono", "hoodie"])
    person = Person(str(rng.choice(["white", "tone"])), str(rng.choice(list(CUTS))), str(clothes), boy)
    pose = Pose(rng.uniform(0, 1), str(rng.choice(["calm", "shout", "smile", "sad", "firm", "glad", "surprise"])))
    draw_bust(canvas, person, pose, *rng.uniform(0.4, 0.6, 2) * SIDE_PX, rng.uniform(0.9, 1.5), rng.random() < 0.5)
    return cv2.resize(canvas.pixels, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
