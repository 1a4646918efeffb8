"""Every panel of a page as a picture of its own, at the scale that suits the generator, and back onto the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.grids import fit_boxes, fit_linearly
from mangacolor.colorize.likelihoods import log_odds, logistic
from mangacolor.image import resize
from mangacolor.models.backend import Guess, Traits
from mangacolor.models.cores import at_once
from mangacolor.page.extent import pages_shown
from mangacolor.page.ink import Separation
from mangacolor.page.margins import without_dark_margins
from mangacolor.page.panels.finder import Panel, find_panels, panel_map

FloatArray = NDArray[np.float32]

SIDE_STEP_PX = 32
"""Sides of views are multiples of it, the generator's own: panels of about one shape share a batch, unpadded."""

LONGEST_SIDES = 2.5
"""Longest side of a view, in sides of the generator's panel: long strips are predicted smaller, for memory."""

SMALLER = (0.56, 0.4)
"""Scales, beside its own, at which a panel is looked at again: the generator knows faces and hands of the size that
whole figures have in pictures, and takes a close-up for one when it is small. Together they cost half as much as the
first."""

SMALL_PAGE_PX, MOST_ENLARGED = 640, 2.0
"""Panels of pages with a shorter short side are predicted up to so many times as large as they are, and put together
so: the generator knows panels of its own size. Larger pages gain nothing by it."""

SMALLEST_PAGE_PX = 160
"""Short side of the smallest page that panels are looked for on; smaller ones are thumbnails, and one picture."""

LARGEST_CANVAS = 1_000_000
"""Pixels of the canvas on which the panels of one page are put together; double pages and strips have more."""

MOST_AS_ONE = 1.3
"""Largest short side, in sides of the generator's panel, at which a page without panels is predicted as one."""

LEAST_LEFT_OVER = 0.01
"""Share of a page that is drawn on and belongs to no panel, from which on the whole page is predicted as well."""

SURE = 10.0
"""Logit of grey between the panels, and of every label there with a minus: nothing is there."""

MOST_CHANNELS = 4
"""Channels that OpenCV pastes at once, in a fortieth of the time of NumPy."""

DRAWN = 0.9
"""Ink × tone below it is drawn on."""


class View(NamedTuple):
    """A part of a page that is predicted alone.

    Attributes:
        box: Top, left, bottom and right in page pixels, the last two exclusive.
        label: Number of its panel in the labels of the page; 0 is the whole page.
        seen: Ink and tone (h, w) at its own scale, what belongs to other panels being blank.
        smaller: The same at smaller scales.
    """

    box: tuple[int, int, int, int]
    label: int
    seen: Separation
    smaller: tuple[Separation, ...] = ()

    @property
    def scales(self) -> tuple[Separation, ...]:
        """All that is predicted of the view, the largest first."""
        return (self.seen, *self.smaller)


class PageViews(NamedTuple):
    """A page cut into views.

    Attributes:
        shape: The (H, W) of the page.
        size: The (h, w) of the canvas that they are put together on.
        labels: (h, w) which panel each pixel of the canvas belongs to; 0 is none.
        views: The whole page first, if what lies between the panels needs it, then the panels.
    """

    shape: tuple[int, ...]
    size: tuple[int, int]
    labels: NDArray[np.int16]
    views: tuple[View, ...]


def cut_views(
    page: Separation, whole_size: Callable[[], tuple[int, int]], panel_px: int, smaller: Sequence[float] = SMALLER
) -> PageViews | None:
    """Cut a page into its panels.

    Args:
        page: Ink and tone (H, W).
        whole_size: Gives the (h, w) at which the page is predicted whole; of most pages it is not asked.
        panel_px: Short side of a panel that suits the generator.
        smaller: Scales, beside its own, at which a panel is looked at again.

    Returns:
        The views, of which a page of one picture has one; None for long strips in which no panels are found, and where
        the page is no larger than a panel should be.
    """
    if min(page.ink.shape) <= panel_px:
        return None
    panels, gray = _panels_of(page)
    panels = panels or _whole_page(gray.shape, whole_size(), panel_px)
    if not panels:
        return None
    labels = panel_map(panels, *gray.shape)
    largest = MOST_ENLARGED if min(gray.shape) < SMALL_PAGE_PX else 1.0
    views = [_view(page, panel, labels, number, panel_px, largest, smaller) for number, panel in enumerate(panels, 1)]
    pixels = [np.count_nonzero(labels == view.label) for view in views]
    magnified = [view.seen.ink.size / (own or 1) for view, own in zip(views, pixels, strict=True)]
    scale = math.sqrt(float(np.average(magnified, weights=np.array(pixels) / labels.size)))
    scale = min(largest, scale, math.sqrt(pages_shown(gray.shape) * LARGEST_CANVAS / gray.size))
    size = (max(1, round(gray.shape[0] * scale)), max(1, round(gray.shape[1] * scale)))
    if np.count_nonzero((labels == 0) & (gray < DRAWN)) > LEAST_LEFT_OVER * labels.size:
        whole = Separation(*(resize(plane, *whole_size()).clip(0, 1) for plane in page))
        views.insert(0, View((0, 0, *gray.shape), 0, whole))
    return PageViews(gray.shape, size, _nearest(labels, size), tuple(views))


def map_panels(page: Separation) -> NDArray[np.int16]:
    """Number the pixels of a page (H, W) by its panels, 0 for none. A page of one picture is one, strips may have none.

    `cut_views` does so for pages that are predicted panel by panel; what is decided on needs to know it of all.
    """
    if min(page.ink.shape) < SMALLEST_PAGE_PX:
        return np.ones(page.ink.shape, np.int16)
    panels, gray = _panels_of(page)
    if not panels and max(gray.shape) <= LONGEST_SIDES * min(gray.shape):
        panels = [_as_panel(gray.shape)]
    return panel_map(panels, *gray.shape)


def _panels_of(page: Separation) -> tuple[list[Panel], FloatArray]:
    """Return the panels of a page, and ink × tone (H, W) as they were found in."""
    gray = page.ink * page.tone
    panels, bare = find_panels(gray), without_dark_margins(gray)
    if bare is not gray and len(within := find_panels(bare)) > len(panels):
        return within, bare  # on night pages all is dark between the panels, and not only around them
    return panels, gray


def join_scales(guesses: Sequence[Guess]) -> Guess:
    """Join what was guessed of one view at several scales, the largest first, on the grid of the largest.

    The paint is that of the largest, chances of colours are averaged as logits, and those of labels as they are: what
    one scale alone is sure of is half believed.
    """
    largest = guesses[0]
    if len(guesses) == 1:
        return largest
    logits = _same_size([one.chroma_logits for one in guesses])
    labels = _same_size([one.label_logits for one in guesses])
    return Guess(
        largest.colour,
        None if logits is None else logits.mean(axis=0),
        None if labels is None else log_odds(logistic(labels).mean(axis=0)),
    )


def _same_size(cells: Sequence[FloatArray | None]) -> FloatArray | None:
    """Stack planes (r, c, C) of several scales at the size of the first."""
    planes = [plane for plane in cells if plane is not None]
    if not planes:
        return None
    rows, columns = planes[0].shape[:2]
    return np.stack([planes[0], *(fit_linearly(plane, (rows, columns)) for plane in planes[1:])])


def join_views(page: PageViews, guesses: Sequence[Guess], traits: Traits) -> Guess:
    """Put what was guessed of the views of a page together on its canvas.

    Args:
        page: The views.
        guesses: What was guessed of each.
        traits: What the generator is like.

    Returns:
        Colour and logits of the page. Between the panels, where nothing was predicted, paper is white.
    """
    rows, columns = (-(-side // traits.cell_px) for side in page.size)
    colour = np.ones((*page.size, 3), np.float32)
    joined = [
        None if part is None else np.full((rows, columns, part.shape[2]), nothing, np.float32)
        for part, nothing in zip(guesses[0][1:], (0.0, -SURE), strict=True)
    ]
    if joined[0] is not None and traits.grey_class is not None:
        joined[0][..., traits.grey_class] = SURE
    cells = _nearest(page.labels, (rows, columns))

    def fitted(job: tuple[View, Guess]) -> list[FloatArray | None]:
        view, one = job
        boxes = [fit_boxes(view.box, page.shape, size) for size in (page.size, (rows, columns), (rows, columns))]
        return [
            None if part is None else fit_linearly(part, (bottom - top, right - left))
            for part, (top, left, bottom, right) in zip(one, boxes, strict=True)
        ]

    views = list(zip(page.views, guesses, strict=True))
    for (view, _), parts in zip(views, at_once(fitted, views), strict=True):
        for canvas, part, labels in zip((colour, *joined), parts, (page.labels, cells, cells), strict=True):
            if canvas is not None and part is not None:
                top, left, _, _ = fit_boxes(view.box, page.shape, labels.shape)
                _paste(canvas, part, (top, left), labels == view.label)
    return Guess(colour, *joined)


def _whole_page(shape: tuple[int, ...], whole_size: tuple[int, int], panel_px: int) -> list[Panel]:
    """Return a page as its only panel, unless it is a strip, or shows several that were not parted."""
    if max(shape) > LONGEST_SIDES * min(shape) or min(whole_size) > MOST_AS_ONE * panel_px:
        return []
    return [_as_panel(shape)]


def _as_panel(shape: tuple[int, ...]) -> Panel:
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return Panel((0, 0, height, width), corners)


def _view(
    page: Separation, panel: Panel, labels: NDArray[np.int16], number: int, panel_px: int, largest: float,
    smaller: Sequence[float],
) -> View:  # fmt: skip
    top, left, bottom, right = panel.box
    window = np.s_[top:bottom, left:right]
    is_inside = labels[window] == number
    height, width = is_inside.shape
    scale = min(largest, panel_px / min(height, width), LONGEST_SIDES * panel_px / max(height, width))
    planes = [np.where(is_inside, plane[window], np.float32(1)) for plane in page]
    bounds = [(float(plane.min()), float(plane.max())) for plane in planes]

    def seen_at(scale: float) -> Separation:
        h, w = (max(1, round(side * scale / SIDE_STEP_PX)) * SIDE_STEP_PX for side in (height, width))
        shown = (resize(plane, h, w, bounds=ends) for plane, ends in zip(planes, bounds, strict=True))
        return Separation(*(plane.clip(0, 1) for plane in shown))

    seen, *again = (seen_at(share * scale) for share in (1.0, *smaller))
    return View(panel.box, number, seen, tuple(again))


def _nearest(labels: NDArray[np.int16], size: tuple[int, int]) -> NDArray[np.int16]:
    rows, columns = (
        ((np.arange(small) + 0.5) * large / small).astype(np.intp)
        for small, large in zip(size, labels.shape, strict=True)
    )
    return np.asarray(labels[rows].take(columns, axis=1), np.int16)


def _paste(canvas: FloatArray, part: FloatArray, corner: tuple[int, int], where: NDArray[np.bool_]) -> None:
    """Paste a part (h, w, C) into a canvas, its first pixel at a corner, where a mask of the canvas says so."""
    window = np.s_[corner[0] : corner[0] + part.shape[0], corner[1] : corner[1] + part.shape[1]]
    is_inside = where[window]
    if part.shape[2] <= MOST_CHANNELS:
        cv2.copyTo(part, is_inside.view(np.uint8), canvas[window])
    else:
        canvas[window][is_inside] = part[is_inside]
