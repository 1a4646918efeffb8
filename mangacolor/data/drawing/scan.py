"""Print and scan a drawn page: what happens between the artist's file and the picture people have of it.

Three stages, each usable alone. `resample` and `expose` change the page and its truth together, so that the page stays
ink × tone wherever there is no screentone; `disturb` changes the page only, and is what has to be undone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import float_from_pixels, pixels_from_float

FloatArray = NDArray[np.float32]

CLEAN_SHARE = 0.25
"""Share of pages that were never printed: they stay as they are."""

# Bilevel scans are made of pages that stand it. These are the largest and the mean change of local means allowed.
_BILEVEL_CHANGES = (0.2, 0.03)
_BILEVEL_WINDOW_PX = 17


class PageLayers(NamedTuple):
    """A page and what it is made of.

    Attributes:
        page: (H, W) float32 in [0, 1], what is seen: ink × tone, the tone drawn as screentone where `screened`.
        ink: (H, W) float32 in [0, 1], lines, blacks and lettering; 1 is none, 0 black.
        tone: (H, W) float32 in [0, 1], the flat grey that screentone or wash stands for; 1 is paper.
        screened: (H, W) bool, where screentone lies.
        colour: (H, W, 3) float32 sRGB in [0, 1], what is painted under the ink.
    """

    page: FloatArray
    ink: FloatArray
    tone: FloatArray
    screened: NDArray[np.bool_]
    colour: FloatArray


def print_and_scan(
    layers: PageLayers, rng: np.random.Generator, strength: float = 1.0, *, is_window: bool = False
) -> PageLayers:
    """Rescale, turn, blur, shade and disturb a page, each only sometimes; a quarter of the pages stays clean.

    Args:
        layers: The page as drawn.
        rng: Source of everything random.
        strength: 1 for scans as they are found, 0 for none of it, values between for milder ones.
        is_window: The layers are a window of a page, and come back at their size whatever the scale; see `resample`.

    Returns:
        Layers of the same size or a smaller one; those of a clean page are the very arrays that came in.

    Raises:
        ValueError: Layers of different sizes, empty ones, or a strength outside [0, 1].
    """
    _check(layers, strength)
    if rng.random() < CLEAN_SHARE or strength == 0:
        return layers
    layers = resample(layers, rng, strength, is_window=is_window)
    layers = expose(layers, rng, strength)
    return layers._replace(page=disturb(layers.page, rng, strength))


def resample(
    layers: PageLayers, rng: np.random.Generator, strength: float = 1.0, *, is_window: bool = False
) -> PageLayers:
    """Rescale by 0.5 to 1.5 and turn by up to 1.5 degrees, sometimes; what does not fit in the old size is cut off.

    Page, ink and tone go through one filter, which may lack antialiasing: screentone turns into moiré, lines look in
    `ink` as they look on the page, and tone, being flat, is none the worse for it. Colour is always antialiased.
    `screened` is whatever screentone touches after.

    Args:
        layers: The page as drawn.
        rng: Source of everything random.
        strength: Shrinks the range of scales and angles, 0 to 1.
        is_window: Mirror what is missing where the layers shrink, as a window of a page has surroundings; else the page
            becomes smaller. The corners that turning lays bare are mirrored always.
    """
    scale = math.exp(rng.uniform(math.log(0.5), math.log(1.5)) * strength) if rng.random() < 0.5 else 1.0
    angle_deg = rng.uniform(-1.5, 1.5) * strength if rng.random() < 0.25 else 0.0
    offset = rng.uniform(-0.5, 0.5, 2)
    antialiased = rng.random() < 0.6
    careless = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST_EXACT)[rng.choice(3, p=(0.5, 0.3, 0.2))]
    if scale == 1 and angle_deg == 0:
        return layers
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    height, width = layers.page.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    window = (width, height) if is_window else (min(width, size[0]), min(height, size[1]))
    frame = _Frame(size, window, angle_deg, (float(offset[0]), float(offset[1])))
    seen = smooth if antialiased else careless
    page, ink, tone = (frame.place(layer, seen) for layer in (layers.page, layers.ink, layers.tone))
    touched = frame.place(_grow(layers.screened).astype(np.float32), smooth) > 0.02
    return PageLayers(page, ink, tone, _grow(touched), frame.place(layers.colour, smooth))


class _Frame(NamedTuple):
    """Where a rescaled and turned picture lies behind the window that is kept of it; sizes are (width, height)."""

    scaled: tuple[int, int]
    window: tuple[int, int]
    angle_deg: float
    offset: tuple[float, float]

    def place(self, layer: FloatArray, interpolation: int) -> FloatArray:
        if self.scaled != layer.shape[1::-1]:
            layer = np.asarray(cv2.resize(layer, self.scaled, interpolation=interpolation), np.float32)
        layer = self._turn(layer, interpolation) if self.angle_deg else self._shift(layer)
        return layer.clip(0, 1)

    def _shift(self, layer: FloatArray) -> FloatArray:
        left, top = self._corner()
        (width, height), (scaled_width, scaled_height) = self.window, self.scaled
        before, above = max(0, -left), max(0, -top)
        after, below = max(0, left + width - scaled_width), max(0, top + height - scaled_height)
        if before or above or after or below:
            mirrored = cv2.copyMakeBorder(layer, above, below, before, after, cv2.BORDER_REFLECT)
            layer = np.asarray(mirrored, np.float32)
        rows, columns = slice(top + above, top + above + height), slice(left + before, left + before + width)
        return np.ascontiguousarray(layer[rows, columns])

    def _turn(self, layer: FloatArray, interpolation: int) -> FloatArray:
        left, top = self._corner()
        centre = ((self.window[0] - 1) / 2, (self.window[1] - 1) / 2)
        to_scaled = cv2.getRotationMatrix2D(centre, self.angle_deg, 1)
        to_scaled[:, 2] += left, top
        # Sampling a picture of about its own size needs no antialiasing; INTER_AREA does not know rotation.
        nearest = interpolation == cv2.INTER_NEAREST_EXACT
        flags = (cv2.INTER_NEAREST if nearest else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(layer, to_scaled, self.window, flags=flags, borderMode=cv2.BORDER_REFLECT))

    def _corner(self) -> tuple[int, int]:
        """Place of the window's left and top in the scaled picture; negative where it is the larger one."""
        left, top = (
            round((scaled - window) * (0.5 + share))
            for scaled, window, share in zip(self.scaled, self.window, self.offset, strict=True)
        )
        return left, top


def expose(layers: PageLayers, rng: np.random.Generator, strength: float = 1.0) -> PageLayers:
    """Blur by up to 0.8 px (page, ink and tone), shade the paper and light it unevenly (page and tone), sometimes.

    Args:
        layers: The page.
        rng: Source of everything random.
        strength: Scales blur and shade, 0 to 1.
    """
    page, ink, tone = layers.page, layers.ink, layers.tone
    sigma_px = rng.uniform(0, 0.8) * strength if rng.random() < 0.45 else 0.0
    if sigma_px > 0.2:  # below, the kernel is a single pixel
        page, ink, tone = (_blur(layer, sigma_px) for layer in (page, ink, tone))
        layers = layers._replace(screened=_grow(layers.screened))
    light = 1 - rng.uniform(0, 0.1) * strength if rng.random() < 0.35 else 1.0
    is_uneven = rng.random() < 0.3
    if is_uneven:
        field = cv2.resize(rng.uniform(-0.04, 0.04, (3, 3)).astype(np.float32), page.shape[::-1])
        shade = np.minimum(np.float32(light) * (1 + np.float32(strength) * field), 1)
        page, tone = page * shade, tone * shade
    elif light < 1:
        page, tone = page * np.float32(light), tone * np.float32(light)
    return layers._replace(page=page, ink=ink, tone=tone)


def disturb(page: FloatArray, rng: np.random.Generator, strength: float = 1.0) -> FloatArray:
    """Let the back of the sheet show through, add noise, scan in black and white, compress as JPEG: each sometimes.

    Args:
        page: (H, W) in [0, 1].
        rng: Source of everything random.
        strength: Scales the damage, 0 to 1. Scans in black and white, which cannot be mild, grow rarer instead.

    Returns:
        (H, W) float32 in [0, 1].
    """
    if rng.random() < 0.15:
        page = _bleed_through(page, rng.uniform(0.02, 0.06) * strength)
    if rng.random() < 0.4:
        sigma = np.float32(rng.uniform(0.003, 0.03) * strength)
        page = (page + sigma * rng.standard_normal(page.shape, dtype=np.float32)).clip(0, 1)
    if rng.random() < 0.1 * strength:
        page = _bilevel(page, rng.uniform(0.4, 0.6))
    if rng.random() < 0.35:
        page = _jpeg(page, round(100 - (100 - rng.uniform(40, 98)) * strength))
    return page


def _check(layers: PageLayers, strength: float) -> None:
    shapes = {layer.shape[:2] for layer in layers}
    if len(shapes) != 1 or layers.page.size == 0 or layers.colour.shape[2:] != (3,):
        raise ValueError(f"layers must be of one size and not empty; got {[layer.shape for layer in layers]}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must lie between 0 and 1; got {strength}")


def _blur(layer: FloatArray, sigma_px: float) -> FloatArray:
    # The kernel sums to 1 only nearly, and paper must not become brighter than 1.
    return np.minimum(np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma_px), np.float32), 1)


def _grow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the pixel around that filters smear dots into."""
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)), np.bool_)


def _bleed_through(page: FloatArray, opacity: float) -> FloatArray:
    back = _blur(np.ascontiguousarray(page[:, ::-1]), 1.5)
    return np.asarray(page * (1 - np.float32(opacity) * (1 - back)), np.float32)


def _bilevel(page: FloatArray, threshold: float) -> FloatArray:
    """Threshold a page, unless that would wipe out its greys: washes, or tone too fine for the scan."""
    black_and_white = (page > threshold).astype(np.float32)
    window = (_BILEVEL_WINDOW_PX, _BILEVEL_WINDOW_PX)
    change = np.abs(cv2.blur(black_and_white - page, window))
    largest, mean = _BILEVEL_CHANGES
    return black_and_white if change.max() < largest and change.mean() < mean else page


def _jpeg(picture: FloatArray, quality: int) -> FloatArray:
    """Encode and decode (H, W) or (H, W, 3); OpenCV wants blue first."""
    is_grey = picture.ndim == 2
    pixels = pixels_from_float(picture if is_grey else picture[..., ::-1])
    encoded = cv2.imencode(".jpg", np.ascontiguousarray(pixels), (cv2.IMWRITE_JPEG_QUALITY, quality))[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE if is_grey else cv2.IMREAD_COLOR), np.uint8)
    return float_from_pixels(decoded if is_grey else decoded[..., ::-1])
