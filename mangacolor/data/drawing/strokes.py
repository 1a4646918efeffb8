"""Strokes of pen, brush and pencil as artists shade with them: hatching, fur, hair, wood, cloth, foliage, stipple."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes_ruled import Grid, Pen, bent_grid, rule, smooth_noise
from mangacolor.image import float_from_pixels

FloatArray = NDArray[np.float32]

_FINER = 2
"""Curls and dots are drawn at so many times their size, for edges as soft as those of the other manners."""


def draw_strokes(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw a field of strokes in a manner chosen at random.

    Args:
        pressure: (H, W) in [0, 1], how hard the pen is pressed: strokes thin out towards 0 and are absent there.
        rng: Source of everything random.

    Returns:
        How much of each pixel is covered, (H, W) float32 in [0, 1].
    """
    names = list(MANNERS)
    shares = np.array([MANNERS[name][1] for name in names])
    draw = MANNERS[names[int(rng.choice(len(names), p=shares / shares.sum()))]][0]
    return draw(pressure, rng)


def random_pen(rng: np.random.Generator, spacing_px: tuple[float, float] = (2.5, 14.0)) -> Pen:
    """Draw a pen: strokes of 1 to 4 px, at most two thirds of their spacing."""
    low, high = spacing_px
    spacing = math.exp(rng.uniform(math.log(low), math.log(high)))
    width = min(max(1.0, spacing * rng.uniform(0.2, 0.65)), 4.0, max(1.0, 0.67 * spacing))
    return Pen(
        width, spacing, math.exp(rng.uniform(math.log(25), math.log(250))), rng.uniform(0.03, 0.3),
        rng.uniform(0.05, 0.4), rng.uniform(0.02, 0.25), (rng.uniform(0.02, 0.3), rng.uniform(0.05, 0.6)),
        rng.choice([0.0, 0.1]), rng.choice([0.0, 0.8]),
    )  # fmt: skip


def _bend(rng: np.random.Generator, most: float = 0.09) -> tuple[float, tuple[float, float]]:
    """Return how far lines bend, and over which length: never so steep that they run into one another."""
    reach = rng.uniform(40, 160)
    return (0.0 if rng.random() < 0.3 else reach * rng.uniform(0.02, most)), (reach, reach)


def _ruled(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    pen = replace(
        random_pen(rng, (2.5, 12)), run_px=rng.uniform(60, 400), uneven=rng.choice([0.0, 0.04]), missing=0.0,
        pressure=rng.uniform(0, 0.12), gap=rng.uniform(0, 0.1), taper=(0.02, rng.uniform(0.02, 0.2)),
        aligned=rng.choice([0.0, 0.95]),
    )  # fmt: skip
    return rule(bent_grid(pressure.shape, pen.spacing_px, rng.uniform(0, 180), 0, (1, 1), rng), pen, pressure, rng)


def _hatched(pressure: FloatArray, rng: np.random.Generator, layers: int = 1) -> FloatArray:
    pen = random_pen(rng, (2.5, 12) if layers == 1 else (3.5, 14))
    pen = replace(pen, width_px=max(1.0, pen.width_px / layers**0.7))
    angle, step = rng.uniform(0, 180), rng.uniform(20, 90)
    cover = np.zeros(pressure.shape, np.float32)
    for number in range(layers):
        grid = bent_grid(pressure.shape, pen.spacing_px, angle + number * step + rng.normal(0, 4), *_bend(rng), rng)
        # Each further direction lies in the deeper part of the shadow only.
        deep = pressure if number == 0 or rng.random() < 0.5 else (pressure * 2 - 0.8).clip(0, 1)
        cover = np.maximum(cover, rule(grid, pen, deep, rng))
    return cover


def _crossed(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    return _hatched(pressure, rng, int(rng.integers(2, 4)))


def _feathered(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    pen = replace(
        random_pen(rng, (2.5, 8)), run_px=rng.uniform(8, 40), gap=rng.uniform(0.05, 0.3),
        taper=(0.1, rng.uniform(0.4, 0.9)), aligned=rng.uniform(0.5, 0.95),
    )  # fmt: skip
    grid = bent_grid(pressure.shape, pen.spacing_px, rng.uniform(0, 180), *_bend(rng, 0.11), rng)
    waves = smooth_noise(pressure.shape, (50, 50), rng) * np.float32(0.4 * pen.run_px)
    return rule(grid._replace(along=grid.along + waves), pen, pressure, rng)


def _furry(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    pen = replace(
        random_pen(rng, (2.5, 7)), run_px=rng.uniform(9, 40), uneven=0.4, pressure=0.5, gap=0.3, taper=(0.15, 0.9),
        missing=rng.uniform(0, 0.45), aligned=0.0,
    )  # fmt: skip
    cover = np.zeros(pressure.shape, np.float32)
    angle = rng.uniform(0, 180)
    for _ in range(int(rng.integers(1, 3))):
        reach = rng.uniform(30, 90)
        grid = bent_grid(pressure.shape, pen.spacing_px, angle + rng.normal(0, 15), 0.13 * reach, (reach, reach), rng)
        cover = np.maximum(cover, rule(grid, pen, pressure, rng))
    return cover


def _strands(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    pen = replace(
        random_pen(rng, (2.5, 7)), run_px=rng.uniform(80, 400), uneven=rng.uniform(0.2, 0.45), pressure=0.6, gap=0.3,
        taper=(0.3, 0.5), missing=rng.uniform(0, 0.3), aligned=0.0,
    )  # fmt: skip
    angle, reach = rng.uniform(0, 180), rng.uniform(80, 250)
    grid = bent_grid(pressure.shape, pen.spacing_px, angle, rng.uniform(0.02, 0.09) * reach, (reach, 0.6 * reach), rng)
    if rng.random() < 0.4:  # a band of light across the hair
        shine = np.cos(grid.along / np.float32(rng.uniform(15, 40)) + smooth_noise(pressure.shape, (20, 20), rng))
        pressure = pressure * (0.6 + 0.8 * shine).clip(0, 1)
    return rule(grid, pen, pressure, rng)


def _wooden(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    pen = replace(
        random_pen(rng, (3, 12)), run_px=rng.uniform(50, 300), uneven=0.4, pressure=0.6, gap=0.25,
        taper=(0.3, 0.3), missing=rng.uniform(0, 0.35), aligned=0.0,
    )  # fmt: skip
    angle = float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
    grid = bent_grid(pressure.shape, pen.spacing_px, angle, rng.uniform(1, 5), (rng.uniform(40, 150), 30), rng)
    height, width = pressure.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    knots = np.zeros(pressure.shape, np.float32)
    for _ in range(int(rng.integers(0, 3))):
        far = ((x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2) / rng.uniform(8, 25) ** 2
        knots += np.float32(rng.uniform(2, 5)) * np.exp(-np.asarray(far, np.float32))
    return rule(grid._replace(across=grid.across + knots), pen, pressure, rng)


def _folded(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Hatch the shadows of folds: long bands across which short strokes run."""
    angle = rng.uniform(0, 180)
    shadow = smooth_noise(pressure.shape, (rng.uniform(15, 40), rng.uniform(60, 150)), rng, angle)
    draw = (_hatched, _feathered, _crossed)[int(rng.integers(3))]
    return draw(pressure * (shadow * 1.5 + 0.3).clip(0, 1), rng)


def _rayed(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw focus lines, or speed lines where their centre is far away."""
    height, width = pressure.shape
    far = rng.choice([0.0, 1.0, 8.0])
    turn = rng.uniform(0, 2 * math.pi)
    x = np.arange(width, dtype=np.float32) - np.float32(width * (0.5 + far * math.cos(turn)))
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32(height * (0.5 + far * math.sin(turn)))
    radius = np.hypot(x, y).astype(np.float32)
    spacing = rng.uniform(3, 14)
    count = round(2 * math.pi * max(height, width) * max(far, 0.6) / spacing)
    share = np.float32(count / (2 * math.pi))
    pitch = np.maximum(radius / share, 0.2)
    pen = Pen(
        min(4.0, spacing * rng.uniform(0.2, 0.6)), spacing, max(height, width) * rng.uniform(0.5, 2), 0.4, 0.6, 0.5,
        (rng.uniform(0.1, 0.9), 0.05), rng.uniform(0, 0.5), rng.choice([0.0, 0.6]),
    )  # fmt: skip
    near = (radius / np.float32(0.6 * max(height, width))).clip(0.2, 1) if far == 0 else np.float32(1)
    return rule(Grid(np.arctan2(y, x) * share, radius, pitch), pen, pressure * near, rng)


def _scribbled(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Scribble foliage: curls and hooks that overlap; sometimes their gaps are scratched out of black."""
    height, width = pressure.shape
    size = rng.uniform(3, 11)
    count = int(height * width / size**2 * rng.uniform(0.5, 2.5))
    x, y, first = (rng.random((count, 1)) * most for most in (width, height, 2 * math.pi))
    way = first + rng.uniform(0.2, 2.5, (count, 1)) * np.linspace(-1, 1, 7)
    reach = size * rng.uniform(0.4, 1.3, (count, 1))
    points = np.stack([x + reach * np.cos(way), y + reach * np.sin(way)], axis=2)
    weight = pressure[y[:, 0].astype(int), x[:, 0].astype(int)]
    chosen = points[rng.random(count) < weight]
    canvas = np.zeros((height * _FINER, width * _FINER), np.uint8)
    thick = max(1, round(_FINER * rng.uniform(0.8, 2.2)))
    cv2.polylines(canvas, list(np.round(chosen * _FINER * 8).astype(np.int32)), False, 255, thick, cv2.LINE_8, 3)
    cover = _reduced(canvas)
    return np.asarray((1 - cover) * (pressure > 0.5), np.float32) if rng.random() < 0.25 else cover


def _stippled(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Set dots by hand: no lattice, denser here than there, none like the other."""
    height, width = pressure.shape
    spacing = rng.uniform(3.5, 11)
    across, down = np.meshgrid(np.arange(-1, width / spacing + 1), np.arange(-1, height / spacing + 1))
    places = np.stack([across.ravel(), down.ravel()], axis=1)
    places = (places + rng.uniform(-0.7, 0.7, places.shape)) * spacing
    x, y = places.round().astype(int).T
    places = places[(x >= 0) & (y >= 0) & (x < width) & (y < height)]
    x, y = places.astype(int).T
    dense = (0.6 + 0.6 * smooth_noise(pressure.shape, (35, 35), rng)).clip(0, 1)
    places = places[rng.random(len(places)) < (pressure * dense)[y, x]]
    radii = rng.uniform(0.5, 1) * rng.uniform(0.6, 1.6, len(places)) * rng.uniform(1, min(2.2, 0.3 * spacing))
    canvas = np.zeros((height * _FINER, width * _FINER), np.uint8)
    for (left, top), radius in zip((places * _FINER * 8).astype(int).tolist(), radii.tolist(), strict=True):
        cv2.circle(canvas, (left, top), round(radius * _FINER * 8), 255, -1, cv2.LINE_8, 3)
    return _reduced(canvas)


def _reduced(canvas: NDArray[np.uint8]) -> FloatArray:
    size = (canvas.shape[1] // _FINER, canvas.shape[0] // _FINER)
    return float_from_pixels(np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8))


def _brushed(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Brush black that runs dry in streaks towards its edges."""
    angle = rng.uniform(0, 180)
    streaks = smooth_noise(pressure.shape, (rng.uniform(1.2, 3), rng.uniform(30, 120)), rng, angle)
    load = smooth_noise(pressure.shape, (rng.uniform(20, 60), rng.uniform(40, 120)), rng, angle)
    wet = np.float32(rng.uniform(0.8, 2.5)) * load + streaks + np.float32(4) * (pressure - np.float32(0.8))
    return np.asarray(
        (wet * np.float32(rng.uniform(1, 3)) + np.float32(0.5)).clip(0, 1) * (pressure > 0.02), np.float32
    )


def _pencilled(pressure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Lay pencil: grey strokes on the grain of the paper, or a rubbed area without strokes."""
    rubbed = rng.random() < 0.3
    cover = pressure if rubbed else (_hatched, _crossed, _feathered)[int(rng.integers(3))](pressure, rng)
    grain = smooth_noise(pressure.shape, (rng.uniform(1, 2.5),) * 2, rng)
    darkness = np.float32(rng.uniform(0.25, 0.85))
    return np.asarray((cover * darkness * (1 + np.float32(rng.uniform(0.1, 0.5)) * grain)).clip(0, 1), np.float32)


Manner = Callable[[FloatArray, np.random.Generator], FloatArray]

MANNERS: dict[str, tuple[Manner, float]] = {
    "ruled": (_ruled, 0.14),
    "hatched": (_hatched, 0.18),
    "crossed": (_crossed, 0.12),
    "feathered": (_feathered, 0.08),
    "furry": (_furry, 0.1),
    "strands": (_strands, 0.12),
    "wooden": (_wooden, 0.07),
    "folded": (_folded, 0.08),
    "rayed": (_rayed, 0.05),
    "scribbled": (_scribbled, 0.06),
    "stippled": (_stippled, 0.03),
    "brushed": (_brushed, 0.03),
    "pencilled": (_pencilled, 0.05),
}
"""How strokes may be drawn, and how often each. Even and nearly even lines come most: they are what a separator takes
for screentone."""
