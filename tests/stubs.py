"""What stands in for the slow or large parts of the package, shared by the tests; no test patches them in."""

from __future__ import annotations

import dataclasses

import numpy as np

from mangacolor.image.color import oklab_from_srgb
from mangacolor.models.backend import Guess

RED = (200, 40, 40)


class Painter:
    """Stands in for the colorizer: paints every page red, and fails or stops where it is told to."""

    settings = "red"
    pages_at_once = 1
    decides_by_areas = False

    def __init__(self, *, stop_after=None, settings="red"):
        self.stop_after, self.settings, self.painted = stop_after, settings, 0

    def colorize_page(self, page, hints=()):
        if self.stop_after is not None and self.painted >= self.stop_after:
            raise KeyboardInterrupt
        self.painted += 1
        return dataclasses.replace(page, rgb=np.broadcast_to(np.uint8(RED), page.rgb.shape).copy()), "colored"


class Following(Painter):
    """A painter that series can be followed with, and that finds nothing to settle."""

    class weights:
        digest = "weights"

    decides_by_areas = True

    def choosing(self, choose, prepared=None):
        return self


class OtherBackend:
    """A backend that does one thing otherwise than the one it was given."""

    def __init__(self, backend):
        self._backend = backend

    def __getattr__(self, name):
        return getattr(self._backend, name)


class ScarceBackend(OtherBackend):
    """The backend of a machine that has memory for so many rows at a time; remembers sizes and rows of bands tried."""

    def __init__(self, backend, most_rows):
        super().__init__(backend)
        self.most_rows, self.tried = most_rows, []

    def generate(self, conditions, *, band_rows=None, seed=None):
        self.tried.append((conditions.shape[1:3], band_rows))
        rows = conditions.shape[1]
        if min(band_rows or rows, rows) > self.most_rows:
            raise MemoryError("CUDA out of memory")
        return self._backend.generate(conditions, band_rows=band_rows, seed=seed)


class PlainBackend(OtherBackend):
    """Paints everything in one colour, and is as sure of it as can be."""

    def __init__(self, backend, rgb):
        super().__init__(backend)
        self.rgb = np.array(rgb, np.float32)

    def generate(self, conditions, **_):
        guesses = self._backend.generate(conditions)
        distances = np.linalg.norm(self.traits.bins - oklab_from_srgb(self.rgb)[1:], axis=1)
        logits = np.where(distances == distances.min(), np.float32(30), np.float32(0))
        return [
            Guess(np.tile(self.rgb, (*one.colour.shape[:2], 1)), np.tile(logits, (*one.chroma_logits.shape[:2], 1)))
            for one in guesses
        ]


class BrokenBackend(OtherBackend):
    """Breaks down in a way that is no lack of memory."""

    def generate(self, conditions, **_):
        raise RuntimeError("shapes differ")


class HearingBackend(OtherBackend):
    """Keeps the conditions that it was asked about."""

    def __init__(self, backend):
        super().__init__(backend)
        self.asked, self.described = [], 0

    def generate(self, conditions, **options):
        self.asked.append(conditions)
        return self._backend.generate(conditions, **options)

    def describe(self, gray):
        self.described += 1
        return self._backend.describe(gray)


def with_backend(colorizer, kind, *options):
    """Return a colouriser that works as another does with another kind of backend over its own, and that backend."""
    backend = kind(colorizer.engine.backend, *options)
    return colorizer.using(backend=backend), backend
