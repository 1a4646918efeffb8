"""Pages gone through as far as colours are chosen, kept until somebody knows how to choose them."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.finish import Layers
from mangacolor.colorize.predict import Predicted, Seen

FloatArray = NDArray[np.float32]

MOST_PIXELS = 8_000_000
"""Pixels of all pages that are kept at most; each takes about sixty bytes."""


class Prepared(NamedTuple):
    """A page as far as it is the same whatever colours are chosen: its layers, what it shows, what is predicted."""

    layers: Layers
    seen: Seen
    predicted: Predicted


class PreparedPages:
    """Keeps pages for the one time that each is coloured, as many as memory is worth."""

    def __init__(self) -> None:
        self._pages: dict[bytes, Prepared] = {}
        self._room = MOST_PIXELS

    def keep(self, gray: FloatArray, prepared: Prepared) -> None:
        """Keep a page (H, W), if there is room for it."""
        key = _key(gray)
        if gray.size <= self._room and key not in self._pages:
            self._pages[key] = prepared
            self._room -= gray.size

    def take(self, gray: FloatArray) -> Prepared | None:
        """Return what is kept of a page (H, W), which is not kept any longer; None where there is nothing."""
        page = self._pages.pop(_key(gray), None) if self._pages else None
        if page is not None:
            self._room += gray.size
        return page


def _key(gray: FloatArray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(gray).data, digest_size=16).digest() + str(gray.shape).encode()
