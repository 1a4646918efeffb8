"""The painter's model: a page is colour under ink.

`colour_under_ink` takes a page in colour apart into paint and lines; a grey one is taken apart by the trained
separator, or roughly by `separate_by_closing`. `deepen` moves blacks to the ink, and `compose` lays the ink over
colours, which `spread.py` brings to page size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.config import CONDITION_CHANNELS
from mangacolor.image import pixels_from_float, resize
from mangacolor.page.edge_filters import smooth_globally

FloatArray = NDArray[np.float32]

LINE_RADIUS_PX = 2
"""Radius of the closing at the working size: lines up to twice as wide are ink."""

BLACK_FLOOR = 0.35
"""Tones below this count as ink in proportion, so that solid blacks need no colour of their own."""

SMOOTHING = 0.35
"""Blur before the closing, in radii: evens out grain and fine tone, keeps thin lines apart from paper."""

DARKEST_DIVISOR = 0.1
"""Ink is what is left when a page is divided by its tone; by this at least, or scan noise in blacks would be ink."""

EVENNESS = 3000.0
"""Weight of evenness against the prediction: areas tens of pixels wide come out in one colour."""

EVEN_CONTRAST = 8.0
"""Steps of 255 in ink or tone at which evenness counts a third."""

LEAST_TRUST = 0.02
"""How much the prediction counts under ink, where it is a guess about what nobody sees."""

BLOCK_ROWS = 32
"""Rows of a page that are worked through at a time where several steps follow each other: they fit into the cache."""

COMPOSE_ROWS = 512
"""Rows of a page that are enlarged at a time."""


class Separation(NamedTuple):
    """Ink and tone of a page, each (H, W) in [0, 1]; their product is about the page."""

    ink: FloatArray
    tone: FloatArray


class TakenApart(NamedTuple):
    """A page as a separator takes it apart.

    Attributes:
        page: Ink and tone, by which networks and areas know what is drawn.
        strokes: Gives (H, W) in [0, 1], the ink that is laid over colours: that of `page`, and strokes that run over
            screens, at which areas and labels would break. It may take its time.
    """

    page: Separation
    strokes: Callable[[], FloatArray]

    def drawn(self) -> Separation:
        """Return the tone of the page, and the ink that is laid over it; `page` itself if that is the same."""
        strokes = self.strokes()
        return self.page if strokes is self.page.ink else Separation(strokes, self.page.tone)


def separate_by_closing(gray: FloatArray, radius_px: int = LINE_RADIUS_PX) -> Separation:
    """Take a grey page apart by morphology: what the trained separator is measured against.

    The tone is the grey closing of the smoothed page (lines thinner than the closing vanish),
    the ink what is left when the page is divided by it. Screentone stays in the ink.

    Args:
        gray: (H, W) page in [0, 1].
        radius_px: Radius of the closing in pixels of this page.

    Returns:
        Ink and tone in [0, 1].
    """
    tone = _closing(gray, radius_px)
    return Separation(ink=np.minimum(gray / np.maximum(tone, 1 / 255), 1.0), tone=tone)


def deepen(separation: Separation) -> Separation:
    """Move darkness below `BLACK_FLOOR` from the tone to the ink, so that blacks need no colour of their own.

    Args:
        separation: Ink and tone (H, W) in [0, 1].

    Returns:
        Ink in [0, 1] and tone in [BLACK_FLOOR, 1], with the same product.
    """
    ink, tone = separation
    return Separation(ink * np.minimum(tone / BLACK_FLOOR, 1.0), np.maximum(tone, BLACK_FLOOR))


def _closing(gray: FloatArray, radius_px: int) -> FloatArray:
    smooth = cv2.GaussianBlur(gray, (0, 0), SMOOTHING * radius_px, borderType=cv2.BORDER_REFLECT)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1))
    return np.asarray(cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)


def condition_array(separation: Separation, hints: FloatArray | None = None) -> FloatArray:
    """Build the generator's condition from a page taken apart, at the working size.

    Args:
        separation: Deepened ink and tone, (h, w) in [0, 1].
        hints: (h, w, 4) RGB and mask in [0, 1]; none where None.

    Returns:
        (h, w, 6): ink, tone, hint RGB, hint mask.
    """
    condition = np.zeros((*separation.ink.shape, CONDITION_CHANNELS), np.float32)
    condition[..., 0] = separation.ink
    condition[..., 1] = separation.tone
    if hints is not None:
        condition[..., 2:] = hints
    return condition


def colour_under_ink(rgb: FloatArray, gray: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Take a colour page apart: what was painted, and the lines drawn over it.

    Where a line covers the paint, the paint is filled in from beside it.

    Args:
        rgb: (H, W, 3) colour page in [0, 1].
        gray: (H, W) its luma in [0, 1].

    Returns:
        Colour (H, W, 3) and lines (H, W), in [0, 1]; darkness below `BLACK_FLOOR` is in neither's
        colour but in the lines, as `deepen` has it.
    """
    closed = np.maximum(_closing(gray, LINE_RADIUS_PX), 1 / 255)
    lines = np.minimum(gray / closed, 1.0)
    trust = (lines**6 + 1e-4)[..., None]
    window = (4 * LINE_RADIUS_PX + 1, 4 * LINE_RADIUS_PX + 1)
    total = cv2.blur(np.concatenate([rgb * trust, trust], axis=2), window, borderType=cv2.BORDER_REFLECT)
    filled = total[..., :3] / total[..., 3:]
    painted = np.minimum(rgb / np.maximum(lines, 0.2)[..., None], 1.0)
    colour = filled + (painted - filled) * lines[..., None] ** 6
    darkness = np.minimum(closed / BLACK_FLOOR, 1.0)
    colour = np.minimum(colour / np.maximum(darkness, 1 / 32)[..., None], 1.0)
    return colour.astype(np.float32), (lines * darkness).astype(np.float32)


def even_out(colour: FloatArray, ink: FloatArray, tone: FloatArray) -> FloatArray:
    """Give the areas between lines and tones about one colour each, as a painter fills them.

    A network that is unsure paints an area in patches. The fast global smoother (Min et al. 2014) solves for colours
    that are near to the prediction and alike wherever ink and tone are alike; under ink the prediction does not count.

    Args:
        colour: (h, w, 3) predicted colour, in whatever space.
        ink: (h, w) ink at the same size.
        tone: (h, w) tone at the same size.

    Returns:
        (h, w, 3) colour in that space.
    """
    # Thin lines are grey at this size, and still lines.
    lines = np.asarray(cv2.erode(ink, np.ones((2, 2), np.uint8)), np.float32)
    seen = pixels_from_float(tone)
    guide = np.asarray(cv2.merge([pixels_from_float(lines), seen, seen]), np.uint8)
    trust = np.square(np.square(ink)) + np.float32(LEAST_TRUST)
    smooth = smooth_globally(guide, weighted(colour, trust), EVENNESS, EVEN_CONTRAST)
    *planes, total = cv2.split(smooth)
    scale = np.reciprocal(np.maximum(total, np.float32(LEAST_TRUST / 10)))
    return np.asarray(cv2.merge([plane * scale for plane in planes]), np.float32)


def weighted(colour: FloatArray, trust: FloatArray) -> FloatArray:
    """Return colour (h, w, 3) times a trust (h, w), and the trust itself: (h, w, 4) float32, to be smoothed."""
    return np.asarray(cv2.merge([*(plane * trust for plane in cv2.split(colour)), trust]), np.float32)


def times(colour: FloatArray, plane: FloatArray) -> FloatArray:
    """Multiply each channel of (H, W, C) by a plane (H, W): what NumPy does of itself, in a fraction of the time."""
    if colour.shape[2:] == (3,) and colour.dtype == plane.dtype == np.float32 and colour.flags.c_contiguous:
        return np.asarray(cv2.multiply(colour, cv2.merge([plane] * 3)), np.float32)
    product = np.empty(colour.shape, np.result_type(colour, plane))
    for channel in range(colour.shape[2]):
        np.multiply(colour[..., channel], plane, out=product[..., channel])
    return product


def compose(colour: FloatArray, ink: FloatArray) -> NDArray[np.uint8]:
    """Lay ink over colour: `page = colour × ink`, multiplied on sRGB-encoded values as painters do.

    Args:
        colour: (H, W, 3) in [0, 1].
        ink: (H, W) in [0, 1].

    Returns:
        (H, W, 3) page, 0 to 255.
    """
    page = np.empty(colour.shape, np.uint8)
    for rows in blocks(len(page)):
        product = times(colour[rows], ink[rows])
        # As `pixels_from_float` does it where nothing lies far outside, and in a third of the time.
        page[rows] = cv2.addWeighted(product, 255, product, 0, 0, dtype=cv2.CV_8U)
    return page


def blocks(rows: int) -> Iterator[slice]:
    """Cut rows into blocks of `BLOCK_ROWS`."""
    return (slice(first, first + BLOCK_ROWS) for first in range(0, rows, BLOCK_ROWS))


def compose_enlarged(colour: FloatArray, ink: FloatArray) -> NDArray[np.uint8]:
    """Lay ink (H, W) over colour as `compose` does; smaller colour (h, w, 3) is enlarged in bands, for less memory."""
    height, width = ink.shape
    if colour.shape[:2] == ink.shape:
        return compose(colour, ink)
    page = np.empty((height, width, 3), np.uint8)
    small = colour.shape[0]
    for top in range(0, height, COMPOSE_ROWS):
        bottom = min(height, top + COMPOSE_ROWS)
        rows = (np.arange(top, bottom, dtype=np.float32) + 0.5) * (small / height) - 0.5
        above = np.clip(np.floor(rows).astype(int), 0, small - 1)
        below = np.clip(above + 1, 0, small - 1)
        share = np.clip(rows - above, 0, 1)[:, None, None]
        band = colour[above] * (1 - share) + colour[below] * share
        page[top:bottom] = compose(resize(band.astype(np.float32), bottom - top, width), ink[top:bottom])
    return page
