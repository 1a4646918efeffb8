"""Progress of training on stderr."""

from __future__ import annotations

import sys
from typing import Any

from tqdm import tqdm


class Bars:
    """Progress on stderr: pictures checked, then images a second and the time left.

    Args:
        quiet: Show nothing.
        unit: What a step sees.
    """

    def __init__(self, quiet: bool, *, unit: str = "image") -> None:
        self._unit = unit
        self._disable = True if quiet else None
        self._checking: tqdm[Any] | None = None
        self._training: tqdm[Any] | None = None

    def say(self, line: str) -> None:
        """Tell a line."""
        if not self._disable:
            self.close()
            sys.stderr.write(line + "\n")

    def picture(self, total: int) -> None:
        """Count a picture that was checked."""
        if self._checking is None:
            self._checking = tqdm(total=total, desc="checking", unit="picture", disable=self._disable, leave=False)
        self._checking.update()

    def step(self, progress: float, images_seen: int, batch: int) -> None:
        """Count the images of a step; see `training.loop.train`."""
        if self._training is None:
            start = images_seen - batch
            self._training = tqdm(
                desc="training", initial=start, unit=self._unit, disable=self._disable, smoothing=0.05
            )
        self._training.total = round(images_seen / max(progress, 1e-6))
        self._training.update(batch)

    def close(self) -> None:
        """Take the bars away."""
        for bar in (self._checking, self._training):
            if bar is not None:
                bar.close()
        self._checking = self._training = None
