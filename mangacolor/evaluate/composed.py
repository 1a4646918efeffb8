"""Composed pages to measure on, always the same ones for the same pictures and fonts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.compose import ComposedPage, compose_page
from mangacolor.data.drawing.fonts import find_fonts
from mangacolor.data.pairs import PairOptions, compose_pair

SIZE = (1200, 840)
SEED = 20_011
LINE_ART = SynthesisConfig(plain_gray=0.0, line_art=1.0)

Art = Callable[[np.random.Generator], NDArray[np.uint8]]


def scanned_pages(art: Art, count: int) -> Iterator[ComposedPage]:
    """Compose manga pages with screentone and lettering, printed and scanned, as `mangacolor synthesize` does."""
    options = PairOptions(*SIZE, seed=SEED, kind="manga")
    for number in range(count):
        yield compose_pair(number, options, art, find_fonts())


def toneless_pages(art: Art, count: int) -> Iterator[ComposedPage]:
    """Compose clean pages of lines, blacks and lettering alone."""
    for number in range(count):
        rng = np.random.default_rng((SEED, number, 1))
        yield compose_page(*SIZE, art, LINE_ART, rng, kind="manga", screentone=False)
