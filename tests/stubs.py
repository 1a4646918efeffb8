"""What stands in for the slow or large parts of the package, shared by the tests; no test patches them in."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from mangacolor.colorize.prediction import Predicted
from mangacolor.colorize.sizes import working_size
from mangacolor.image import resize
from mangacolor.page.ink import Separation

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


class TonePredictor:
    """Stands in for the prediction: every page gets its own tone, at the working size of so short a side."""

    def __init__(self, short_side=448):
        self.short_side, self.asked = short_side, 0

    def predict(self, page, hints=()):
        self.asked += 1
        size = working_size(page.ink.shape, self.short_side)
        seen = Separation(*(resize(plane, *size).clip(0, 1) for plane in page))
        return Predicted(np.repeat(seen.tone[..., None], 3, axis=2), seen)


class OtherPainter:
    """A painter with another `paint`, or another `decide`, over the one it was given."""

    def __init__(self, painter):
        self._painter = painter

    def __getattr__(self, name):
        return getattr(self._painter, name)


class ScarcePainter(OtherPainter):
    """The painter of a machine that has memory for so many rows at a time; remembers sizes and rows of bands tried."""

    def __init__(self, painter, most_rows):
        super().__init__(painter)
        self.most_rows, self.tried = most_rows, []

    def paint(self, pages, *, hints=None, band_rows=None, found=None):
        self.tried.append((pages[0].ink.shape, band_rows))
        rows = len(pages[0].ink)
        if min(band_rows or rows, rows) > self.most_rows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self._painter.paint(pages, hints=hints, band_rows=band_rows, found=found)


class PlainPainter(OtherPainter):
    """Decides on one colour for whole pages."""

    def __init__(self, painter, rgb):
        super().__init__(painter)
        self.rgb = np.array(rgb, np.float32)

    def decide(self, generated, page, **_):
        return np.tile(self.rgb, (*page.ink.shape, 1))


class BrokenPainter(OtherPainter):
    """Breaks down in a way that is no lack of memory."""

    def paint(self, pages, **_):
        raise RuntimeError("shapes differ")

    generate = paint


def painted_by(colorizer, painter):
    """Return a colouriser that works as another does, with another painter."""
    return colorizer.using(predictor=colorizer.predictor.painting_with(painter))
