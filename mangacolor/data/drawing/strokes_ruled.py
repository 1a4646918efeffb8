"""Lines of a bent grid, drawn with a pen: what hatching, hair, fur and wood grain are made of.

Every pixel knows the two lines beside it, its distance to them and how far along them it lies; each line is cut into
runs with a start, an end and a pressure of their own. So a whole field of strokes takes a few dozen array operations,
however many there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

_TABLE = 1024
"""Runs with a start, an end and a pressure of their own before they come again."""


@dataclass(frozen=True)
class Pen:
    """How a field of strokes is drawn.

    Attributes:
        width_px: Width of a stroke under full pressure.
        spacing_px: Distance of neighbouring strokes.
        run_px: Length of a stroke and the gap behind it.
        uneven: How far strokes lie off their even places, in spacings; 0 is a ruler.
        pressure: How much the pressure differs from stroke to stroke, 0 to 1.
        gap: Largest share of a run that is left out at either end.
        taper: Share of a run over which the stroke swells at its start and thins out at its end.
        missing: Share of strokes that are left out.
        aligned: How alike the starts of neighbouring strokes are: 1 makes rows of them.
    """

    width_px: float
    spacing_px: float
    run_px: float
    uneven: float = 0.15
    pressure: float = 0.25
    gap: float = 0.15
    taper: tuple[float, float] = (0.1, 0.3)
    missing: float = 0.0
    aligned: float = 0.0


class Grid(NamedTuple):
    """Where pixels lie among the lines of a field: three of (H, W), or a number for the pitch.

    Attributes:
        across: Which line, in lines.
        along: How far along the line, in pixels.
        pitch: Distance of two lines, in pixels; as a number it is the distance before the lines were bent.
    """

    across: FloatArray
    along: FloatArray
    pitch: FloatArray | float


def window_of(area: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the smallest window that holds all of an area (H, W), which must not be empty."""
    rows, columns = (np.flatnonzero(area.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def smooth_noise(
    shape: tuple[int, ...], reach_px: tuple[float, float], rng: np.random.Generator, turn_deg: float = 0.0
) -> FloatArray:
    """Return noise (H, W) of about variance 1 that changes over `reach_px` down and across, turned on the page."""
    height, width = shape[:2]
    side = math.hypot(height, width)
    if turn_deg:
        height = width = math.ceil(side)
    cells = [
        max(2, min(length, round(length / reach) + 2)) for length, reach in zip((height, width), reach_px, strict=True)
    ]
    coarse = rng.standard_normal(cells, dtype=np.float32)
    noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if turn_deg:
        turn = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1), np.float64)
        turn[:, 2] += np.array([shape[1] - width, shape[0] - height]) / 2
        noise = cv2.warpAffine(noise, turn, (shape[1], shape[0]), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(noise * np.float32(1.3), np.float32)


def bent_grid(
    shape: tuple[int, ...], spacing_px: float, angle_deg: float, bend_px: float, reach_px: tuple[float, float],
    rng: np.random.Generator,
) -> Grid:  # fmt: skip
    """Return parallel lines, bent across by about `bend_px` over a reach along and across them."""
    turn = math.radians(angle_deg)
    x, y = np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32)[:, None]
    across = np.asarray(x * np.float32(-math.sin(turn)) + y * np.float32(math.cos(turn)), np.float32)
    along = np.asarray(x * np.float32(math.cos(turn)) + y * np.float32(math.sin(turn)), np.float32)
    if bend_px:
        across += np.float32(bend_px) * smooth_noise(shape, (reach_px[1], reach_px[0]), rng, -angle_deg)
    across /= np.float32(spacing_px)
    along += np.float32(rng.uniform(0, 1000))
    return Grid(across, along, spacing_px)


def rule(grid: Grid, pen: Pen, pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw the strokes of a grid with a pen.

    Args:
        grid: The lines.
        pen: The strokes.
        pressure: (H, W) in [0, 1].
        rng: Source of what differs from stroke to stroke.

    Returns:
        Cover (H, W) in [0, 1].
    """
    shifts = (rng.uniform(-1, 1, _TABLE) * pen.uneven).astype(np.float32)
    offsets = (rng.random(_TABLE) * (1 - pen.aligned)).astype(np.float32)
    starts = (rng.random(_TABLE) * pen.gap).astype(np.float32)
    ends = 1 - (rng.random(_TABLE) * pen.gap).astype(np.float32)
    presses = (1 + rng.uniform(-1, 1, _TABLE) * pen.pressure).astype(np.float32)
    presses[rng.random(_TABLE) < pen.missing] = 0
    swell, thin = (np.float32(1 / max(share, 0.02)) for share in pen.taper)
    most = pressure * np.float32(pen.width_px / 2)
    pitch = grid.pitch if isinstance(grid.pitch, np.ndarray) else _pitch(grid.across, grid.pitch)
    below = np.floor(grid.across)
    line = below.astype(np.int32)
    beyond = grid.across - below
    place = grid.along * np.float32(1 / pen.run_px)
    cover = np.zeros(pressure.shape, np.float32)
    for step in (0, 1):
        number = (line + step) & (_TABLE - 1)
        at = place + offsets[number]
        run = np.floor(at)
        at -= run
        pick = (number * 57 + run.astype(np.int32) * 233) & (_TABLE - 1)
        distance = np.abs(beyond - np.float32(step) - shifts[number]) * pitch
        taper = np.minimum((at - starts[pick]) * swell, (ends[pick] - at) * thin)
        half = most * presses[pick] * np.sqrt(taper.clip(0, 1))
        cover = np.maximum(cover, (half - distance + np.float32(0.5)).clip(0, 1) * np.minimum(2 * half, 1))
    return np.asarray(cover, np.float32)


def _pitch(across: FloatArray, even: float) -> FloatArray:
    """Distance of two lines at every pixel, where bends push them together or apart by up to three times."""
    down, right = np.gradient(across)
    return np.asarray(1 / np.maximum(np.hypot(down, right), np.float32(1 / (3 * even))), np.float32)
