"""Finding the lines a pen would draw of colour art: its own outlines, and borders between colours.

Outlines are what a closing removes. Borders are found on all channels at once, so that colours
of equal luminance are kept apart: the gradient of a multi-channel picture (Di Zenzo 1986),
smoothed along its own flow (Kang, Lee & Chui, "Coherent line drawing", 2007), thinned to its
crest with an accuracy below a pixel, tracked by hysteresis (Canny 1986) and stroked anew.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.outlines import LEAST_STROKE_PX, TEXTURE_WINDOW_PX, fill_outlines, outline_strength, track
from mangacolor.page.edge_filters import recursive_filter

FloatArray = NDArray[np.float32]

FLOW_STEPS_PX = (1.5, 3.0)
"""Where, either way along a border, its strength is averaged."""

COVERED = 0.25
"""Outline strength from which a border lies under the outline."""

FARTHEST_PX = 1.5
"""Distance from a border's crest at which its stroke has surely ended, in pixels of the art."""


SMALLEST_PX = 8
"""Art with a shorter side has no borders worth a line."""


class Pen(NamedTuple):
    """How lines are drawn.

    Attributes:
        width_px: Mean width of strokes along borders, in pixels of the output.
        unevenness: How much the width wanders, as a share of it.
        faint: Least step between colours that gets a line, as a share of black to white.
        black: Darkness of the ink, 1 for black.
        boldness: Share of an outline's depth that still counts as outline: lower draws it wider.
    """

    width_px: float = 1.6
    unevenness: float = 0.25
    faint: float = 0.09
    black: float = 1.0
    boldness: float = 0.45


def random_pen(rng: np.random.Generator, scale: float) -> Pen:
    """Choose a pen for art that is drawn `scale` times its size."""
    return Pen(
        width_px=float(np.exp(rng.uniform(np.log(1.0), np.log(2.2))) * max(scale, 0.5) ** 0.5),
        unevenness=float(rng.uniform(0.1, 0.4)),
        faint=float(rng.uniform(0.07, 0.13)),
        black=float(rng.choice([1.0, rng.uniform(0.75, 1.0)])),
        boldness=float(rng.uniform(0.3, 0.55)),
    )


def find_lines(rgb: FloatArray, scale: float = 1.0, rng: np.random.Generator | None = None) -> FloatArray:
    """Draw the ink of colour art: its own outlines, and lines where colours meet.

    Args:
        rgb: (H, W, 3) sRGB in [0, 1].
        scale: Size of the drawing relative to the art; lines stay crisp when it is above 1.
        rng: Varies the pen; a middling pen where None.

    Returns:
        Ink (round(H * scale), round(W * scale)) in [0, 1], 1 = none.
    """
    outline = outline_strength(rgb)
    return draw_lines(fill_outlines(rgb, outline), outline, scale, rng)


def draw_lines(
    paint: FloatArray,
    outline: FloatArray,
    scale: float = 1.0,
    rng: np.random.Generator | None = None,
    *,
    borders: bool = True,
) -> FloatArray:
    """Do what `find_lines` does where outlines and paint are known already.

    Args:
        paint: (H, W, 3) art without its outlines, as `fill_outlines` returns it.
        outline: (H, W) what `outline_strength` returned for the art.
        scale: Size of the drawing relative to the art.
        rng: Varies the pen; a middling pen where None.
        borders: Draw lines where colours meet, too; else the art's own outlines only.

    Returns:
        Ink (round(H * scale), round(W * scale)) in [0, 1], 1 = none.
    """
    pen = random_pen(rng, scale) if rng is not None else Pen(width_px=1.6 * max(scale, 0.5) ** 0.5)
    size = (max(1, round(outline.shape[1] * scale)), max(1, round(outline.shape[0] * scale)))
    coverage = _draw_outlines(outline, size, pen)
    if borders and min(outline.shape) >= SMALLEST_PX:
        coverage = np.maximum(coverage, _draw_borders(paint, outline, size, scale, pen, rng))
    return np.asarray(1 - coverage * np.float32(pen.black), np.float32)


def _draw_outlines(outline: FloatArray, size: tuple[int, int], pen: Pen) -> FloatArray:
    """Draw the art's own outlines anew at (width, height) `size`; returns coverage in [0, 1]."""
    crest = cv2.GaussianBlur(cv2.dilate(outline, np.ones((5, 5), np.uint8)), (0, 0), 1.5)
    relative = cv2.GaussianBlur(outline / np.maximum(crest, np.float32(0.2)), (0, 0), 0.6)
    large = _resize(np.asarray(relative, np.float32), size, cv2.INTER_CUBIC)
    steepness = 2 * max(1.0, size[0] / outline.shape[1])
    return _clip01(large * np.float32(steepness) + np.float32(0.5 - steepness * pen.boldness))


def _length(x: FloatArray, y: FloatArray) -> FloatArray:
    # Not cv2.magnitude: its last bit depends on where in memory the planes lie, and samples must repeat exactly.
    return np.asarray(np.sqrt(x * x + y * y), np.float32)


def _clip01(plane: FloatArray) -> FloatArray:
    return np.asarray(np.clip(plane, 0, 1, out=plane), np.float32)


def _resize(plane: FloatArray, size: tuple[int, int], interpolation: int = cv2.INTER_LINEAR) -> FloatArray:
    return np.asarray(cv2.resize(plane, size, interpolation=interpolation), np.float32)


class _Border(NamedTuple):
    """Lines where colours meet, at the size of the art.

    Attributes:
        strength: (H, W) about the step between the colours, 1 = black to white.
        way: (H, W, 2) x and y of the way to the crest of the border, in pixels of the art. It is
            smooth across the crest, where it vanishes, so it enlarges without jags.
        near: (H, W) 1 next to the crests that are worth a line, else 0.
    """

    strength: FloatArray
    way: FloatArray
    near: FloatArray


def _draw_borders(
    paint: FloatArray,
    outline: FloatArray,
    size: tuple[int, int],
    scale: float,
    pen: Pen,
    rng: np.random.Generator | None,
) -> FloatArray:
    """Draw lines where colours meet; returns coverage in [0, 1] at (width, height) `size`."""
    border = _find_borders(paint, outline, pen.faint)
    way = _resize(border.way, size)
    near = _resize(border.near, size)
    pressure = (border.strength * np.float32(0.5 / pen.faint)).clip(0.6, 1) * np.float32(pen.width_px / 2)
    half_px = _resize(pressure, size)
    if rng is not None:
        half_px *= _uneven(size, pen.unevenness, rng)
    half_px -= _length(way[..., 0], way[..., 1]) * np.float32(scale)
    half_px += np.float32(0.5)
    near -= np.float32(0.3)
    near *= np.float32(2.5)
    return np.asarray(_clip01(half_px) * _clip01(near), np.float32)


def _find_borders(paint: FloatArray, outline: FloatArray, faint: float) -> _Border:
    """Find the borders between colours of (H, W, 3) paint whose step is at least `faint`."""
    lab = np.asarray(cv2.cvtColor(paint, cv2.COLOR_RGB2Lab), np.float32) * np.float32(0.01)
    flat = recursive_filter(lab, lab, 5, 0.15, rounds=1)
    strength, normal_x, normal_y = _slope(np.asarray(flat, np.float32))
    rows, columns = np.mgrid[: strength.shape[0], : strength.shape[1]].astype(np.float32)

    def beside(plane: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
        moved = cv2.remap(plane, columns + x, rows + y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, np.float32)

    along = strength.copy()
    for step in FLOW_STEPS_PX:
        x, y = normal_y * np.float32(step), normal_x * np.float32(-step)
        along += beside(strength, x, y)
        along += beside(strength, -x, -y)
    along *= np.float32(1 / (2 * len(FLOW_STEPS_PX) + 1))
    height = cv2.log(along + np.float32(1e-4))
    before, after = beside(height, -normal_x, -normal_y), beside(height, normal_x, normal_y)
    bend = np.float32(2) * height - before - after
    offset = (after - before) / (np.float32(2) * np.maximum(bend, np.float32(1e-3)))  # exact for a Gaussian crest
    offset[bend < 1e-3] = FARTHEST_PX
    texture = cv2.blur(along, (TEXTURE_WINDOW_PX, TEXTURE_WINDOW_PX), borderType=cv2.BORDER_REFLECT)
    weak = (np.abs(offset) < 0.75) & (along > np.maximum(np.float32(0.5 * faint), np.float32(1.2) * texture))
    weak &= cv2.dilate(outline, np.ones((3, 3), np.uint8)) < COVERED
    strong = along > np.maximum(np.float32(faint), np.float32(2) * texture)
    near = cv2.dilate(track(weak, strong, LEAST_STROKE_PX).astype(np.float32), np.ones((3, 3), np.uint8))
    near[np.abs(offset) >= FARTHEST_PX] = 0
    offset = offset.clip(-FARTHEST_PX, FARTHEST_PX)
    way = cv2.merge([offset * normal_x, offset * normal_y])
    return _Border(along, np.asarray(way, np.float32), np.asarray(near, np.float32))


def _uneven(size: tuple[int, int], unevenness: float, rng: np.random.Generator) -> FloatArray:
    """Return a factor on the width that wanders slowly over the page, at (width, height) `size`."""
    cells = (size[1] // 24 + 2, size[0] // 24 + 2)
    field = 1 + np.float32(unevenness) * rng.standard_normal(cells, dtype=np.float32)
    return _resize(field.clip(0.4, 2), size)


def _slope(lab: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return border strength (about the step between the colours, 1 = black to white) and the unit normal."""
    xx, xy, yy = (np.zeros(lab.shape[:2], np.float32) for _ in range(3))
    for channel in cv2.split(lab):
        smooth = cv2.GaussianBlur(channel, (5, 5), 1.0)
        dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
        cv2.accumulateSquare(dx, xx)
        cv2.accumulateProduct(dx, dy, xy)
        cv2.accumulateSquare(dy, yy)
    wide_xx, wide_xy, wide_yy = (cv2.GaussianBlur(plane, (7, 7), 1.2) for plane in (xx, xy, yy))
    difference, twice = wide_xx - wide_yy, wide_xy * np.float32(2)
    spread = _length(np.asarray(difference, np.float32), np.asarray(twice, np.float32)) + np.float32(1e-9)
    cosine = (difference / spread).clip(-1, 1)  # of twice the angle of the normal
    normal_x = np.sqrt((1 + cosine) * np.float32(0.5))
    normal_y = np.copysign(np.sqrt((1 - cosine) * np.float32(0.5)), twice)
    across = xx * normal_x * normal_x + xy * (2 * normal_x * normal_y) + yy * normal_y * normal_y
    coherence = spread / (wide_xx + wide_yy + np.float32(1e-6))
    strength = np.sqrt(np.maximum(across, 0)) * coherence * np.float32(2.5)
    return strength, normal_x, normal_y
