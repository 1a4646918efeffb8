"""A coloured page in layers, as colourists have it: flats by what they are of, shadows, gleams, the ink over all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize import steps
from mangacolor.colorize.finish import Canvas
from mangacolor.colorize.recalled_areas import Noted
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.image.color import oklab_from_srgb
from mangacolor.image.layered import Blend, Group, Layer, LayeredPicture

if TYPE_CHECKING:
    from mangacolor.colorize.area_kinds import AreaKinds
    from mangacolor.colorize.corrected import CorrectedPage
    from mangacolor.colorize.engine import Engine
    from mangacolor.colorize.hints import Hints
    from mangacolor.page.own_colours import OwnColours

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

ALIKE = 0.06
"""Distance in OKLab up to which areas of a kind are in one layer; of lightness, `LIGHTNESS_SHARE` counts."""

LIGHTNESS_SHARE = 0.5

MOST_LAYERS = 8
"""Of a kind: what somebody finds their way in. Further colours join the nearest layer."""

KINDS = ("rest", "clothes", "hair", "skin")
"""Groups of layers, the lowest first."""

UNSEEN = 1
"""Steps of 255 that are no shading: laid on a flat of another colour, they would be seen."""


def layered_page(
    rgb: Pixels,
    under: Pixels,
    ink: FloatArray,
    labels: NDArray[np.int32] | None,
    kinds: AreaKinds | None = None,
    dpi: tuple[float, float] | None = None,
    own: OwnColours | None = None,
) -> LayeredPicture:
    """Put a coloured page into layers: paper, flats in a group for each kind of thing, shadows, gleams, ink.

    What was in colour before is one layer more, over the ink.

    The layers come to the page within 2 steps of 255, as every layer is rounded. What changes the colour within an
    area is shadow or gleam: blush and the colour of eyes, too.

    Args:
        rgb: (H, W, 3) the page in colour.
        under: (H, W, 3) its colours without ink.
        ink: (H, W) in [0, 1], what is laid over them.
        labels: (h, w) its areas; None where none are found: then all colours are one layer.
        kinds: What the areas are; None where that is not known.
        dpi: Its resolution.
        own: What keeps the colours that the page came with.
    """
    lines = pixels_from_float(ink)
    paper = Layer("paper", np.full((*lines.shape, 4), 255, np.uint8))
    over = [_page_layer("ink", np.dstack([lines, lines, lines]), "multiply")]
    if own is not None and own.where.any():
        over.append(Layer("own colours", np.dstack([own.page, own.where * np.uint8(255)])))
    if labels is None:
        colours = _page_layer("colours", under)
        return LayeredPicture(rgb, [paper, Group(KINDS[0], [colours]), *over], dpi)
    wide = _at_size(labels, *lines.shape)
    flat_of, kind_of = _flats(under, wide), _kinds_of(kinds, int(labels.max()) + 1)
    sizes = np.bincount(wide.ravel(), minlength=len(kind_of))
    groups = []
    for number, name in enumerate(KINDS):
        layer_of = _layers_of(flat_of, np.where(kind_of == number, sizes, 0))
        layers = [_flat_layer(flat_of, wide, layer_of == one) for one in range(layer_of.max(initial=-1) + 1)]
        if layers:
            groups.append(Group(name, layers))
    shadows, gleams = _shading(under, flat_of[wide])
    lit = [_page_layer("shadows", shadows, "multiply"), _page_layer("gleams", gleams, "add")]
    return LayeredPicture(rgb, [paper, *groups, *lit, *over], dpi)


def in_layers(page: CorrectedPage, dpi: tuple[float, float] | None = None) -> LayeredPicture:
    """Return a page that is corrected in layers."""
    ink, kinds = page.sitting.layers.ink, page.sitting.kinds
    return layered_page(page.rgb, page.under_ink(), ink, page.labels, kinds, dpi, page.own)


def color_in_layers(
    gray: FloatArray,
    engine: Engine,
    hints: Hints | None = None,
    dpi: tuple[float, float] | None = None,
    own: OwnColours | None = None,
) -> LayeredPicture:
    """Colour a page (H, W) in [0, 1] as `steps.color_pages` does, in layers.

    Args:
        gray: The page.
        engine: What colours it.
        hints: Colours of some spots.
        dpi: Its resolution.
        own: What keeps the colours that the page came with.
    """
    noted = Noted(engine.choose)
    engine = replace(engine, choose=noted)
    ((layers, seen, predicted),) = steps.prepare([gray], engine, hints)
    lab, canvas = steps.colours(seen, predicted, engine, hints), Canvas(layers, predicted.seen)
    paper, keeps = hints.spare(seen.paper) if hints else seen.paper, canvas.keeps_lightness(lab)
    rgb, under = canvas.both(lab, paper, keeps=keeps)
    labels, kinds = (None, None) if noted.shown is None else (noted.shown.found.areas.labels, noted.shown.kinds)
    return layered_page(own.laid_on(rgb) if own else rgb, under, layers.ink, labels, kinds, dpi, own)


def _page_layer(name: str, rgb: Pixels, blend: Blend = "normal") -> Layer:
    """Return a layer of the whole page."""
    return Layer(name, np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]), blend=blend)


def _at_size(labels: NDArray[np.int32], height: int, width: int) -> NDArray[np.int32]:
    rows, columns = (np.arange(side) * cells // side for side, cells in zip((height, width), labels.shape, strict=True))
    return np.asarray(labels[rows[:, None], columns], np.int32)


def _flats(under: Pixels, labels: NDArray[np.int32]) -> Pixels:
    """Return the colour (n, 3) that most of each area (H, W) has, about: the median of each channel."""
    flat = labels.ravel()
    count = int(flat.max()) + 1
    ends = np.cumsum(np.bincount(flat, minlength=count))
    middle = ((np.concatenate([[0], ends[:-1]]) + ends) // 2).clip(max=len(flat) - 1)
    # Sorted by area and then by value, the middle of an area's stretch is its median.
    medians = [
        np.sort(flat.astype(np.int64) * 256 + channel.ravel())[middle] % 256 for channel in np.moveaxis(under, 2, 0)
    ]
    return np.stack(medians, axis=1).astype(np.uint8)


def _kinds_of(kinds: AreaKinds | None, count: int) -> NDArray[np.intp]:
    """Return which of `KINDS` each area (n,) is."""
    if kinds is None:
        return np.zeros(count, np.intp)
    clothes = kinds.is_dressed | kinds.is_bare_cloth
    return np.asarray(np.select([kinds.is_skin, kinds.is_hair, clothes], [3, 2, 1], 0)[:count], np.intp)


def _layers_of(flat_of: Pixels, sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which layer of like colours each area (n,) is in, that of the largest first; -1 for those without size."""
    places = oklab_from_srgb(float_from_pixels(flat_of)) * np.array((LIGHTNESS_SHARE, 1, 1), np.float32)
    layer_of = np.full(len(sizes), -1, np.intp)
    centres: list[FloatArray] = []
    for area in np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]:
        distances = [float(np.linalg.norm(places[area] - centre)) for centre in centres]
        nearest = int(np.argmin(distances)) if distances else -1
        if nearest < 0 or (distances[nearest] > ALIKE and len(centres) < MOST_LAYERS):
            centres.append(places[area])
            nearest = len(centres) - 1
        layer_of[area] = nearest
    return layer_of


def _flat_layer(flat_of: Pixels, labels: NDArray[np.int32], is_in: NDArray[np.bool_]) -> Layer:
    """Return the flats of some areas, cut to what there is of them, called by the colour of most."""
    where = is_in[labels]
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    place = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colours = flat_of[labels[place]]
    red, green, blue = (int(value) for value in np.median(colours[where[place]], axis=0))
    rgba = np.dstack([colours, where[place].astype(np.uint8) * 255])
    return Layer(f"#{red:02x}{green:02x}{blue:02x}", rgba, int(columns[0]), int(rows[0]))


def _shading(under: Pixels, flat: Pixels) -> tuple[Pixels, Pixels]:
    """Return what flats are multiplied with, and what is added to that then, to come to colours; (H, W, 3) each."""
    below, wanted = flat.astype(np.float32), under.astype(np.float32)
    is_seen = np.abs(wanted - below) > UNSEEN
    shadows = np.where(is_seen, np.rint(255 * wanted / np.maximum(below, 1)), 255).clip(0, 255)
    gleams = np.where(is_seen, np.rint(wanted - below * shadows / 255), 0).clip(0, 255)
    return shadows.astype(np.uint8), gleams.astype(np.uint8)
