"""Every panel of a page as a picture of its own, at the scale that suits the generator, and back onto the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mangacolor.hints import Hint, hint_planes
from mangacolor.image import resize
from mangacolor.ink import Separation
from mangacolor.nn import Generated
from mangacolor.panel_finder import Panel, find_panels, panel_map

FloatArray = NDArray[np.float32]

SIDE_STEP_PX = 32
"""Sides of views are multiples of it, the generator's own: panels of about one shape share a batch, unpadded."""

LONGEST_SIDES = 2.5
"""Longest side of a view, in sides of the generator's panel: long strips are predicted smaller, for memory."""

LARGEST_CANVAS = 1_000_000
"""Pixels of the canvas on which panels are put together."""

LEAST_LEFT_OVER = 0.01
"""Share of a page that is drawn on and belongs to no panel, from which on the whole page is predicted as well."""

DRAWN = 0.9
"""Ink × tone below it is drawn on."""


class View(NamedTuple):
    """A part of a page that is predicted alone.

    Attributes:
        box: Top, left, bottom and right in page pixels, the last two exclusive.
        label: Number of its panel in the labels of the page; 0 is the whole page.
        seen: Ink and tone (h, w) at its own scale, what belongs to other panels being blank.
    """

    box: tuple[int, int, int, int]
    label: int
    seen: Separation


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


def cut_views(page: Separation, whole_size: tuple[int, int], panel_px: int) -> PageViews | None:
    """Cut a page into its panels.

    Args:
        page: Ink and tone (H, W).
        whole_size: The (h, w) at which the page is predicted whole.
        panel_px: Short side of a panel that suits the generator.

    Returns:
        The views; None where no panels are found and the page is one picture, or is no larger than a panel should be.
    """
    gray = page.ink * page.tone
    panels = find_panels(gray) if min(gray.shape) > panel_px else []
    if not panels:
        return None
    labels = panel_map(panels, *gray.shape)
    views = [_view(page, panel, labels, number, panel_px) for number, panel in enumerate(panels, 1)]
    magnified = [view.seen.ink.size / ((labels == view.label).sum() or 1) for view in views]
    shares = [(labels == view.label).mean() for view in views]
    scale = math.sqrt(float(np.average(magnified, weights=shares)))
    scale = min(1.0, scale, math.sqrt(LARGEST_CANVAS / gray.size))
    size = (max(1, round(gray.shape[0] * scale)), max(1, round(gray.shape[1] * scale)))
    if ((labels == 0) & (gray < DRAWN)).mean() > LEAST_LEFT_OVER:
        whole = Separation(*(resize(plane, *whole_size).clip(0, 1) for plane in page))
        views.insert(0, View((0, 0, *gray.shape), 0, whole))
    return PageViews(gray.shape, size, _nearest(labels, size), tuple(views))


def join_views(page: PageViews, generated: Sequence[Generated], stride: int) -> Generated:
    """Put what was predicted of the views of a page together on its canvas.

    Args:
        page: The views.
        generated: What was predicted of each, (1, C, h, w).
        stride: Side of the cells of the chances, in pixels.

    Returns:
        Colour and logits of the page, on the CPU. Between the panels, where nothing was predicted, paper is white.
    """
    rows, columns = (-(-side // stride) for side in page.size)
    colour = torch.ones(1, 3, *page.size)
    joined = [None if part is None else torch.zeros(1, part.shape[1], rows, columns) for part in generated[0][1:]]
    cells = _nearest(page.labels, (rows, columns))
    for view, one in zip(page.views, generated, strict=True):
        _paste(colour, one.colour, _scaled(view.box, page.shape, page.size), page.labels == view.label)
        for logits, part in zip(joined, one[1:], strict=True):
            if logits is not None and part is not None:
                _paste(logits, part, _scaled(view.box, page.shape, (rows, columns)), cells == view.label)
    return Generated(colour, *joined)


def hints_of_view(hints: Sequence[Hint], view: View) -> FloatArray:
    """Lay the hints (in page pixels) that lie in a view out at its size; see `hint_planes`."""
    top, left, bottom, right = view.box
    inside = [
        Hint(hint.x - left, hint.y - top, hint.rgb)
        for hint in hints
        if left <= hint.x < right and top <= hint.y < bottom
    ]
    height, width = view.seen.ink.shape
    return hint_planes(inside, (bottom - top, right - left), (height, width))


def mirrored(seen: Separation) -> Separation:
    """Return ink and tone as in a mirror."""
    return Separation(*(np.ascontiguousarray(plane[:, ::-1]) for plane in seen))


def mean_with_mirrored(straight: Generated, turned: Generated) -> Generated:
    """Average what was predicted of a view and of its mirror image: what hangs on the side it is seen from goes."""
    cells = zip(straight[1:], turned[1:], strict=True)
    means = (None if one is None or other is None else (one + other.flip(-1)) / 2 for one, other in cells)
    return Generated((straight.colour + turned.colour.flip(-1)) / 2, *means)


def _view(page: Separation, panel: Panel, labels: NDArray[np.int16], number: int, panel_px: int) -> View:
    top, left, bottom, right = panel.box
    window = np.s_[top:bottom, left:right]
    is_inside = labels[window] == number
    height, width = is_inside.shape
    scale = min(1.0, panel_px / min(height, width), LONGEST_SIDES * panel_px / max(height, width))
    h, w = (max(1, round(side * scale / SIDE_STEP_PX)) * SIDE_STEP_PX for side in (height, width))
    planes = (np.where(is_inside, plane[window], np.float32(1)) for plane in page)
    return View(panel.box, number, Separation(*(resize(plane, h, w).clip(0, 1) for plane in planes)))


def _nearest(labels: NDArray[np.int16], size: tuple[int, int]) -> NDArray[np.int16]:
    rows, columns = (
        ((np.arange(small) + 0.5) * large / small).astype(np.intp)
        for small, large in zip(size, labels.shape, strict=True)
    )
    return np.asarray(labels[rows[:, None], columns], np.int16)


def _scaled(box: tuple[int, int, int, int], shape: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Bring a box from a page of (H, W) to a copy of it of (h, w), rounded outwards."""
    top, bottom = box[0] * size[0] // shape[0], -(-box[2] * size[0] // shape[0])
    left, right = box[1] * size[1] // shape[1], -(-box[3] * size[1] // shape[1])
    return top, left, bottom, right


def _paste(canvas: Tensor, part: Tensor, box: tuple[int, int, int, int], where: NDArray[np.bool_]) -> None:
    """Resize a part (1, C, h, w) to a box of a canvas, and paste it where a mask of the canvas says so."""
    top, left, bottom, right = box
    fitted = functional.interpolate(part.float().cpu(), (bottom - top, right - left), mode="bilinear", antialias=True)
    window = canvas[:, :, top:bottom, left:right]
    window[:] = torch.where(torch.from_numpy(where[top:bottom, left:right]), fitted, window)
