"""Colour under the ink at the working size, panel by panel or whole, within the memory there is."""

from __future__ import annotations

import copy
import gc
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mangacolor.colorize.decide import fit_labels
from mangacolor.colorize.findings import Findings, find
from mangacolor.colorize.hints import Hint, fill_areas, follow_hints, hint_planes
from mangacolor.colorize.painter import Painter
from mangacolor.colorize.panelwise import (
    SMALLER,
    PageViews,
    View,
    cut_views,
    hints_of_view,
    join_scales,
    join_views,
)
from mangacolor.colorize.sizes import chosen_short_side, working_size
from mangacolor.errors import OutOfMemoryError
from mangacolor.image import resize
from mangacolor.models.nn import Generated
from mangacolor.page.faces import FaceDetector
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]

SMALLEST_WORKING_SIDE_PX = 96

WHOLE_PIXELS = 1_000_000
"""Working sizes above this are coloured in bands: whole, they would take more than a gigabyte."""

SMALLEST_BAND_ROWS = 128

BATCH_PIXELS = 600_000
"""Pixels of views that are predicted at once."""

logger = logging.getLogger("mangacolor")


class Predicted(NamedTuple):
    """What is predicted of a page.

    Attributes:
        colour: (h, w, 3) colour under the ink, in [0, 1].
        seen: Ink and tone (h, w) that it was predicted from.
    """

    colour: FloatArray
    seen: Separation


class Predictor:
    """Cuts separated pages into panels, and chooses how many of them, or how much of one, is in work at a time.

    Args:
        painter: Paints what fits into memory.
        size: Short side in pixels of the working size at which pages are predicted whole; None chooses it page by page.
        panel_px: Side of a typical panel at the working size that suits the generator.
        detector: Finds faces; None predicts every page whole, at once, and decides cell by cell: the fast way. Else
            every panel is predicted alone, where panels are found and no `size` is asked for, and areas and faces help.
        find: Finds areas and faces on a page, with the detector.
        whole_pixels: Largest working size that is coloured whole.
        batch_pixels: Pixels of views that are predicted at once.
        smaller: Scales, beside its own, at which a panel is looked at again.
    """

    def __init__(
        self,
        painter: Painter,
        *,
        size: int | None,
        panel_px: int,
        detector: FaceDetector | None = None,
        find: Callable[[Separation, FaceDetector], Findings] = find,
        whole_pixels: int = WHOLE_PIXELS,
        batch_pixels: int = BATCH_PIXELS,
        smaller: Sequence[float] = SMALLER,
    ) -> None:
        self.painter = painter
        self._size = size
        self._panel_px = panel_px
        self._find_with = find
        self._whole_pixels = whole_pixels
        self._batch_pixels = batch_pixels
        self._smaller = smaller
        self._detector = detector if painter.uses_findings else None

    def following(self, pictures: Sequence[NDArray[np.uint8]]) -> Predictor:
        """Return a predictor with the same generator that follows other references, or none."""
        return self.painting_with(self.painter.following(pictures))

    def painting_with(self, painter: Painter) -> Predictor:
        """Return a predictor that works as this one does, with another painter."""
        other = copy.copy(self)
        other.painter = painter
        return other

    def predict(self, page: Separation, hints: Sequence[Hint] = ()) -> Predicted:
        """Predict the colour of a page (H, W) taken apart.

        Raises:
            OutOfMemoryError: Memory does not suffice at any size.
        """
        views = self._views(page)
        if views is not None:
            try:
                return self._predict_panels([page], [views], hints)[0]
            except (MemoryError, RuntimeError) as error:
                _raise_unless_out_of_memory(error)
            _free_memory()
            logger.warning("Out of memory: going on with the page as a whole.")
        return self._predict_within_memory(page, self._working_size(page), hints)

    def predict_together(self, pages: Sequence[Separation]) -> list[Predicted]:
        """Predict the colour of pages as `predict` does each; panels and pages that agree in size share a batch.

        Where memory does not suffice for that, and with a seed, they are predicted one after the other.

        Raises:
            OutOfMemoryError: Memory does not suffice for one of them at any size.
        """
        if self.painter.is_noisy:
            return [self.predict(page) for page in pages]
        cut = [self._views(page) for page in pages]
        predicted = self._predict_cut({number: views for number, views in enumerate(cut) if views}, pages)
        sizes = {number: self._working_size(page) for number, page in enumerate(pages) if number not in predicted}
        groups: dict[object, list[int]] = {}
        for number, (height, width) in sizes.items():
            groups.setdefault(number if height * width > self._whole_pixels else (height, width), []).append(number)
        for numbers in groups.values():
            group = [pages[number] for number in numbers]
            predicted |= zip(numbers, self._predict_group(group, sizes[numbers[0]]), strict=True)
        return [predicted[number] for number in range(len(pages))]

    def _views(self, page: Separation) -> PageViews | None:
        if self._detector is None or self._size is not None:
            return None
        return cut_views(page, self._working_size(page), self._panel_px, self._smaller)

    def _find(self, page: Separation) -> Findings | None:
        return None if self._detector is None else self._find_with(page, self._detector)

    def _predict_cut(self, cut: dict[int, PageViews], pages: Sequence[Separation]) -> dict[int, Predicted]:
        """Predict pages that are cut into panels, at once if memory lasts, else one by one."""
        try:
            together = self._predict_panels([pages[number] for number in cut], list(cut.values()))
            return dict(zip(cut, together, strict=True))
        except (MemoryError, RuntimeError) as error:
            _raise_unless_out_of_memory(error)
        _free_memory()
        logger.warning("Out of memory: going on one page at a time; the colours stay the same.")
        return {number: self.predict(pages[number]) for number in cut}

    def _predict_panels(
        self, pages: Sequence[Separation], cut: Sequence[PageViews], hints: Sequence[Hint] = ()
    ) -> list[Predicted]:
        """Predict the views of pages, those of one size together, and decide on the colours of each page as a whole."""
        generated = iter(self._generate_views([(page, view) for page in cut for view in page.views], hints))
        done = []
        for page, page_views in zip(pages, cut, strict=True):
            own = list(itertools.islice(generated, len(page_views.views)))
            seen = _reduced(page, page_views.size)
            planes = hint_planes(hints, _size_of(page), page_views.size) if hints else None
            joined = join_views(page_views, own, self.painter.cell_px, self.painter.grey_class)
            found = self._find(page)
            colour = self.painter.decide(joined, seen, hints=planes, found=found)
            done.append(Predicted(_hinted(colour, page, seen, hints, found), seen))
        return done

    def _generate_views(self, views: Sequence[tuple[PageViews, View]], hints: Sequence[Hint]) -> list[Generated]:
        """Run the generator on views, each with its page, at all their scales; those of one size share batches."""
        pictures = [(owner, view, seen) for owner, view in views for seen in view.scales]
        batches: dict[object, list[int]] = {}
        for number, (_, _, seen) in enumerate(pictures):
            is_alone = bool(hints) or self.painter.is_noisy
            batches.setdefault(number if is_alone else seen.ink.shape, []).append(number)
        generated: dict[int, Generated] = {}
        for numbers in batches.values():
            owner, view, seen = pictures[numbers[0]]
            planes = hints_of_view(hints, view, _size_of(seen), owner) if hints else None
            at_once = max(1, self._batch_pixels // seen.ink.size)
            for first in range(0, len(numbers), at_once):
                batch = numbers[first : first + at_once]
                made = self.painter.generate([pictures[number][2] for number in batch], hints=planes)
                generated |= zip(batch, made, strict=True)
        ordered = iter([generated[number] for number in range(len(pictures))])
        return [join_scales(list(itertools.islice(ordered, len(view.scales)))) for _, view in views]

    def _working_size(self, page: Separation) -> tuple[int, int]:
        return working_size(page.ink.shape, self._size or chosen_short_side(page, self._panel_px))

    def _predict_group(self, pages: Sequence[Separation], size: tuple[int, int]) -> list[Predicted]:
        if len(pages) > 1:
            seen = [_reduced(page, size) for page in pages]
            found = [shown for page in pages if (shown := self._find(page)) is not None] or None
            try:
                return [Predicted(*pair) for pair in zip(self.painter.paint(seen, found=found), seen, strict=True)]
            except (MemoryError, RuntimeError) as error:
                _raise_unless_out_of_memory(error)
            _free_memory()
            logger.warning("Out of memory: going on one page at a time; the colours stay the same.")
        return [self._predict_within_memory(page, size, ()) for page in pages]

    def _predict_within_memory(self, page: Separation, size: tuple[int, int], hints: Sequence[Hint]) -> Predicted:
        """Predict at the given size; where memory does not suffice in bands, then at half the size."""
        height, width = size
        is_whole = height * width <= self._whole_pixels
        band_rows = None if is_whole else max(SMALLEST_BAND_ROWS, self._whole_pixels // width)
        shown = self._find(page)
        found = None if shown is None else [shown]
        while True:
            seen = _reduced(page, (height, width))
            try:
                return self._predict_one(page, seen, hints, band_rows, found)
            except (MemoryError, RuntimeError) as error:
                _raise_unless_out_of_memory(error)
                if min(height, width) <= SMALLEST_WORKING_SIDE_PX:
                    raise OutOfMemoryError(
                        "Out of memory even at the smallest working size.",
                        advice="Close other programs, or use --device cpu.",
                    ) from error
            _free_memory()
            if (band_rows or height) > SMALLEST_BAND_ROWS:
                band_rows = max(SMALLEST_BAND_ROWS, (band_rows or height) // 2)
                logger.warning("Out of memory: going on in bands of %d rows; the colours stay the same.", band_rows)
            else:
                height, width = max(1, height // 2), max(1, width // 2)
                logger.warning("Out of memory: going on at a working size of %d x %d.", width, height)

    def _predict_one(
        self,
        page: Separation,
        seen: Separation,
        hints: Sequence[Hint],
        band_rows: int | None,
        found: Sequence[Findings] | None,
    ) -> Predicted:
        planes = hint_planes(hints, _size_of(page), _size_of(seen)) if hints else None
        (colour,) = self.painter.paint([seen], hints=planes, band_rows=band_rows, found=found)
        return Predicted(_hinted(colour, page, seen, hints, found[0] if found else None), seen)


def _hinted(
    colour: FloatArray, page: Separation, seen: Separation, hints: Sequence[Hint], found: Findings | None
) -> FloatArray:
    """Give what lies around hints their colours: as far as diffusion carries them, and the whole of their areas."""
    if not hints:
        return colour
    followed = follow_hints(colour, *seen, hints, _size_of(page))
    if found is None:
        return followed
    return fill_areas(followed, seen.ink, fit_labels(found.areas.labels, _size_of(seen)), hints, _size_of(page))


def _size_of(page: Separation) -> tuple[int, int]:
    height, width = page.ink.shape
    return height, width


def _reduced(page: Separation, size: tuple[int, int]) -> Separation:
    return Separation(*(resize(plane, *size).clip(0, 1) for plane in page))


def _raise_unless_out_of_memory(error: MemoryError | RuntimeError) -> None:
    if not isinstance(error, (torch.OutOfMemoryError, MemoryError)) and "memory" not in str(error):
        raise error


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
