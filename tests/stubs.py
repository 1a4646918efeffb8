"""What stands in for the slow or large parts of the package, shared by the tests; no test patches them in."""

from __future__ import annotations

import dataclasses

import numpy as np

RED = (200, 40, 40)


class Painter:
    """Stands in for the colorizer: paints every page red, and fails or stops where it is told to."""

    settings = "red"
    pages_at_once = 1

    def __init__(self, *, stop_after=None, settings="red"):
        self.stop_after, self.settings, self.painted = stop_after, settings, 0

    def colorize_page(self, page, hints=()):
        if self.stop_after is not None and self.painted >= self.stop_after:
            raise KeyboardInterrupt
        self.painted += 1
        return dataclasses.replace(page, rgb=np.broadcast_to(np.uint8(RED), page.rgb.shape).copy()), "colored"
