"""Colour under the ink at the working size, panel by panel or whole, within the memory there is."""

from __future__ import annotations

import gc
import itertools
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.engine import Engine
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.hints import Hints
from mangacolor.colorize.panelwise import PageViews, View, join_scales, join_views
from mangacolor.errors import OutOfMemoryError
from mangacolor.image import resize
from mangacolor.models.backend import Guess
from mangacolor.models.cores import at_once, beside
from mangacolor.page.ink import Separation, condition_array

SMALLEST_WORKING_SIDE_PX = 96

SMALLEST_BAND_ROWS = 128

logger = logging.getLogger("mangacolor")


class Found(NamedTuple):
    """What is found of a page while it is predicted: areas and faces, if they are decided on, and (H, W) the paper."""

    areas: Findings | None
    paper: NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """What a page shows.

    Attributes:
        page: Ink and tone (H, W).
        size: Gives the (h, w) at which it is predicted whole.
        views: Its panels, if it is predicted panel by panel.
        found: Gives what else is found, as soon as it is.
        screened: Share of its grey that is printed in screens, and not in grey.
    """

    page: Separation
    size: Callable[[], tuple[int, int]]
    views: PageViews | None
    found: Callable[[], Found]
    screened: float = 1.0

    @property
    def areas(self) -> Findings | None:
        """Its areas and faces, if they are decided on."""
        return self.found().areas

    @property
    def paper(self) -> NDArray[np.bool_]:
        """(H, W) gutters, and balloons with lettering."""
        return self.found().paper


class Predicted(NamedTuple):
    """What is predicted of a page.

    Attributes:
        guess: What the generator says of it, at the working size.
        seen: Ink and tone (h, w) of the page at that size.
    """

    guess: Guess
    seen: Separation

    @property
    def size(self) -> tuple[int, int]:
        """The working size (h, w)."""
        height, width = self.seen.ink.shape
        return height, width


def predict(pages: Sequence[Seen], engine: Engine, hints: Hints | None = None) -> list[Predicted]:
    """Predict the colours of pages: panels and pages that agree in size share a batch.

    Where memory does not suffice for that, and with noise, they are predicted one after the other.

    Args:
        pages: What they show.
        engine: What predicts.
        hints: Of a single page that is predicted whole.

    Raises:
        OutOfMemoryError: Memory does not suffice for one of them at any size.
    """
    groups: dict[object, list[int]] = {}
    for number, seen in enumerate(pages):
        is_large = seen.views is None and math.prod(seen.size()) > engine.room.whole_pixels
        kind = number if is_large or engine.seed is not None else "panels" if seen.views else seen.size()
        groups.setdefault(kind, []).append(number)
    predicted: dict[int, Predicted] = {}
    for numbers in groups.values():
        predicted |= zip(numbers, _predict_group([pages[number] for number in numbers], engine, hints), strict=True)
    return [predicted[number] for number in range(len(pages))]


def _predict_group(pages: Sequence[Seen], engine: Engine, hints: Hints | None) -> list[Predicted]:
    """Predict pages at once, all panel by panel or all whole and of one size; if memory fails, one by one."""
    if len(pages) == 1 and pages[0].views is None:
        return [_predict_within_memory(pages[0], engine, hints)]
    try:
        if pages[0].views:
            return _predict_panels(pages, engine)
        return _predict_whole(pages, pages[0].size(), engine)
    except MemoryError:
        pass
    gc.collect()
    if len(pages) > 1:
        logger.warning("Out of memory: going on one page at a time; the colours stay the same.")
        return [_predict_group([page], engine, hints)[0] for page in pages]
    logger.warning("Out of memory: going on with the page as a whole.")
    return [_predict_within_memory(pages[0], engine, hints)]


# Panel by panel


def _predict_panels(pages: Sequence[Seen], engine: Engine) -> list[Predicted]:
    """Predict the views of pages that are cut into panels, those of one size together.

    Raises:
        MemoryError: Memory does not suffice.
    """
    cut = [page.views for page in pages if page.views is not None]
    small = beside(lambda: [_reduced(page.page, views.size) for page, views in zip(pages, cut, strict=True)])
    guesses = iter(_guess_views([view for views in cut for view in views.views], engine))
    return [
        Predicted(join_views(views, list(itertools.islice(guesses, len(views.views))), engine.backend.traits), reduced)
        for views, reduced in zip(cut, small(), strict=True)
    ]


def _guess_views(views: Sequence[View], engine: Engine) -> list[Guess]:
    """Run the generator on views at all their scales; those of one size share batches.

    Raises:
        MemoryError: Memory does not suffice.
    """
    pictures = [seen for view in views for seen in view.scales]
    batches: dict[object, list[int]] = {}
    for number, seen in enumerate(pictures):
        batches.setdefault(seen.ink.shape if engine.seed is None else number, []).append(number)
    small_enough = []
    for numbers in batches.values():
        most = max(1, engine.room.batch_pixels // pictures[numbers[0]].ink.size)
        small_enough += [numbers[first : first + most] for first in range(0, len(numbers), most)]

    def guess(batch: Sequence[int]) -> list[Guess]:
        conditions = np.stack([condition_array(pictures[number]) for number in batch])
        return engine.backend.generate(conditions, seed=engine.seed)

    # The largest first: so that at the end no core waits long for the other.
    small_enough.sort(key=lambda batch: -sum(pictures[number].ink.size for number in batch))
    is_shared = engine.seed is None and not engine.backend.is_on_cuda
    said = at_once(guess, small_enough) if is_shared else [guess(batch) for batch in small_enough]
    guessed = dict(zip(itertools.chain(*small_enough), itertools.chain(*said), strict=True))
    ordered = iter([guessed[number] for number in range(len(pictures))])
    return at_once(join_scales, [list(itertools.islice(ordered, len(view.scales))) for view in views])


# As a whole


def _predict_whole(
    pages: Sequence[Seen],
    size: tuple[int, int],
    engine: Engine,
    hints: Hints | None = None,
    band_rows: int | None = None,
) -> list[Predicted]:
    seen = [_reduced(page.page, size) for page in pages]
    planes = hints.planes(size) if hints else None
    conditions = np.stack([condition_array(one, planes) for one in seen])
    guesses = engine.backend.generate(conditions, band_rows=band_rows, seed=engine.seed)
    return [Predicted(guess, one) for guess, one in zip(guesses, seen, strict=True)]


def _predict_within_memory(page: Seen, engine: Engine, hints: Hints | None) -> Predicted:
    """Predict a page at its size; where memory does not suffice in bands, then at half the size."""
    (height, width), whole_pixels = page.size(), engine.room.whole_pixels
    band_rows = None if height * width <= whole_pixels else max(SMALLEST_BAND_ROWS, whole_pixels // width)
    while True:
        try:
            return _predict_whole([page], (height, width), engine, hints, band_rows)[0]
        except MemoryError as error:
            if min(height, width) <= SMALLEST_WORKING_SIDE_PX:
                raise OutOfMemoryError(
                    "Out of memory even at the smallest working size.",
                    advice="Close other programs, or use the device cpu.",
                ) from error
        gc.collect()
        if (band_rows or height) > SMALLEST_BAND_ROWS:
            band_rows = max(SMALLEST_BAND_ROWS, (band_rows or height) // 2)
            logger.warning("Out of memory: going on in bands of %d rows; the colours stay the same.", band_rows)
        else:
            height, width = max(1, height // 2), max(1, width // 2)
            logger.warning("Out of memory: going on at a working size of %d x %d.", width, height)


def _reduced(page: Separation, size: tuple[int, int]) -> Separation:
    return Separation(*(resize(plane, *size).clip(0, 1) for plane in page))
