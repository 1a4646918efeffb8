"""A coloured page in layers: its ink, multiplied, over its colours, a layer for each group of areas, over paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize import steps
from mangacolor.colorize.finish import Canvas
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.image.color import oklab_from_srgb
from mangacolor.image.layered import Group, Layer, LayeredPicture

if TYPE_CHECKING:
    from mangacolor.colorize.corrected import CorrectedPage
    from mangacolor.colorize.engine import Engine
    from mangacolor.colorize.hints import Hints

FloatArray = NDArray[np.float32]

ALIKE = 0.06
"""Distance in OKLab up to which areas are of one group; of lightness, `LIGHTNESS_SHARE` counts."""

LIGHTNESS_SHARE = 0.5

MOST_GROUPS = 24
"""Layers of colours: what somebody finds their way in. Further colours join the nearest group."""


def layered_page(
    rgb: NDArray[np.uint8],
    under: NDArray[np.uint8],
    ink: FloatArray,
    labels: NDArray[np.int32] | None,
    dpi: tuple[float, float] | None = None,
) -> LayeredPicture:
    """Put a coloured page into layers.

    Colours keep their shading, so that the layers come to the page: within 2 steps of 255, as every layer is rounded.

    Args:
        rgb: (H, W, 3) the page in colour.
        under: (H, W, 3) its colours without ink.
        ink: (H, W) in [0, 1], what is laid over them.
        labels: (h, w) its areas; None where none are found.
        dpi: Its resolution.
    """
    lines = pixels_from_float(ink)
    opaque = np.full_like(lines, 255)
    paper = Layer("paper", np.full((*lines.shape, 4), 255, np.uint8))
    over = Layer("ink", np.dstack([lines, lines, lines, opaque]), multiplies=True)
    groups = _groups(under, labels) if labels is not None else np.zeros(lines.shape, np.intp)
    colours = [_layer(under, groups == number, number) for number in range(int(groups.max()) + 1)]
    return LayeredPicture(rgb, [paper, Group("colours", colours), over], dpi)


def in_layers(page: CorrectedPage, dpi: tuple[float, float] | None = None) -> LayeredPicture:
    """Return a page that is corrected in layers."""
    return layered_page(page.rgb, page.under_ink(), page.sitting.layers.ink, page.labels, dpi)


def color_in_layers(
    gray: FloatArray, engine: Engine, hints: Hints | None = None, dpi: tuple[float, float] | None = None
) -> LayeredPicture:
    """Colour a page (H, W) in [0, 1] as `steps.color_pages` does, in layers.

    Args:
        gray: The page.
        engine: What colours it.
        hints: Colours of some spots.
        dpi: Its resolution.
    """
    ((layers, seen, predicted),) = steps.prepare([gray], engine, hints)
    lab, canvas = steps.colours(seen, predicted, engine, hints), Canvas(layers, predicted.seen)
    paper, keeps = hints.spare(seen.paper) if hints else seen.paper, canvas.keeps_lightness(lab)
    labels = None if seen.areas is None else seen.areas.areas.labels
    rgb, under = canvas.both(lab, paper, keeps=keeps)
    return layered_page(rgb, under, layers.ink, labels, dpi)


def _layer(under: NDArray[np.uint8], where: NDArray[np.bool_], number: int) -> Layer:
    """Return the colours of a group of areas, cut to what there is of it."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not len(rows):
        return Layer(f"{number + 1:02d} nothing", np.zeros((1, 1, 4), np.uint8))
    place = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    red, green, blue = (int(value) for value in np.median(under[where], axis=0))
    alpha = where[place].astype(np.uint8) * 255
    name = f"{number + 1:02d} #{red:02x}{green:02x}{blue:02x}"
    return Layer(name, np.dstack([under[place], alpha]), int(columns[0]), int(rows[0]))


def _groups(under: NDArray[np.uint8], labels: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return which group of like colours every pixel (H, W) belongs to, the largest first."""
    height, width = under.shape[:2]
    rows, columns = (np.arange(side) * cells // side for side, cells in zip((height, width), labels.shape, strict=True))
    wide = labels[rows[:, None], columns]
    flat, lab = wide.ravel(), oklab_from_srgb(float_from_pixels(under)).reshape(-1, 3)
    count = int(flat.max()) + 1
    sizes = np.bincount(flat, minlength=count)
    sums = np.stack([np.bincount(flat, lab[:, channel], count) for channel in range(3)], axis=1)
    means = sums / np.maximum(sizes, 1)[:, None] * (LIGHTNESS_SHARE, 1, 1)
    group_of = np.zeros(count, np.intp)
    centres: list[NDArray[np.float64]] = []
    for area in np.argsort(-sizes, kind="stable"):
        distances = [float(np.linalg.norm(means[area] - centre)) for centre in centres]
        nearest = int(np.argmin(distances)) if distances else -1
        if nearest < 0 or (distances[nearest] > ALIKE and len(centres) < MOST_GROUPS and sizes[area]):
            centres.append(means[area])
            nearest = len(centres) - 1
        group_of[area] = nearest
    return np.asarray(group_of[wide], np.intp)
