"""Drawn fields of printed screens, whose flat grey is known, and of greys painted without any screen.

The other half of `hatch_fields`. A pixel of a screen is black where the rank of its place in the screen's cell is below
the share of black; ranks are even from 0 to 1, so that the share is exact whatever the shape of the dots.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.evaluate.hatch_fields import FIELD_PX, FINENESS, STROKES, Field, draw_strokes, framed, scanned
from mangacolor.image import resize

FloatArray = NDArray[np.float32]

ANGLES = (0, 15, 30, 45, 60, 75)
"""Degrees; printers turn their screens so that two of them do not beat."""

Drawn = tuple[FloatArray, FloatArray]
"""Page and true tone, (H, W) in [0, 1]."""


def _places(period: float, degrees: float, side: int) -> tuple[FloatArray, FloatArray]:
    """Return the phases across and along a screen, in radians, for each place of a square."""
    y, x = (np.mgrid[:side, :side] * (FIELD_PX / side)).astype(np.float32)
    turn, pace = math.radians(degrees), 2 * math.pi / period
    return pace * (x * math.cos(turn) + y * math.sin(turn)), pace * (y * math.cos(turn) - x * math.sin(turn))


def _ranks(height: FloatArray) -> FloatArray:
    """Return the rank of each height among all, from 0 to 1."""
    known = np.quantile(height[::3, ::3], np.linspace(0, 1, 513))
    return np.interp(height, known, np.linspace(0, 1, 513)).astype(np.float32)


def _printed(ranks: FloatArray, dark: FloatArray | float) -> FloatArray:
    """Print a screen, given the share of black, and reduce it to the size of a field."""
    return resize((ranks >= dark).astype(np.float32), FIELD_PX, FIELD_PX)


def _flat(dark: float) -> FloatArray:
    return np.full((FIELD_PX, FIELD_PX), 1 - dark, np.float32)


def _dots(rng: np.random.Generator, periods: tuple[float, float], darks: tuple[float, float]) -> Drawn:
    across, along = _places(rng.uniform(*periods), float(rng.choice(ANGLES)), FIELD_PX * FINENESS)
    dark = rng.uniform(*darks)
    return _printed(_ranks(np.cos(across) + np.cos(along)), dark), _flat(dark)


def _fine_dots(rng: np.random.Generator) -> Drawn:
    return _dots(rng, (3.5, 6.5), (0.1, 0.6))


def _coarse_dots(rng: np.random.Generator) -> Drawn:
    return _dots(rng, (8, 16), (0.1, 0.5))


def _white_dots(rng: np.random.Generator) -> Drawn:
    return _dots(rng, (4, 12), (0.65, 0.9))


def _lines(rng: np.random.Generator) -> Drawn:
    across, _ = _places(rng.uniform(4, 10), rng.uniform(0, 180), FIELD_PX * FINENESS)
    dark = rng.uniform(0.15, 0.6)
    return _printed(_ranks(np.cos(across)), dark), _flat(dark)


def _sand(rng: np.random.Generator) -> Drawn:
    noise = rng.normal(size=(FIELD_PX * 2,) * 2).astype(np.float32)
    grain = np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.8, 1.8)), np.float32)
    dark = rng.uniform(0.15, 0.5)
    return _printed(_ranks(grain), dark), _flat(dark)


def _gradient(rng: np.random.Generator) -> Drawn:
    across, along = _places(rng.uniform(4, 9), float(rng.choice(ANGLES)), FIELD_PX * FINENESS)
    ranks = _ranks(np.cos(across) + np.cos(along))
    slope, turn = np.linspace(-1, 1, FIELD_PX, dtype=np.float32), rng.uniform(0, 2 * math.pi)
    place = math.cos(turn) * slope[None, :] + math.sin(turn) * slope[:, None]
    dark = np.asarray((0.35 + 0.3 * place).clip(0.02, 0.8), np.float32)
    return _printed(ranks, resize(dark, *ranks.shape)), 1 - dark


def _moire(rng: np.random.Generator) -> Drawn:
    """Dots scanned coarsely and scaled once more: neither step smooths them, and both beat with them."""
    across, along = _places(rng.uniform(3, 9), float(rng.choice(ANGLES)), FIELD_PX * FINENESS)
    dark = rng.uniform(0.15, 0.55)
    print_ = (_ranks(np.cos(across) + np.cos(along)) >= dark).astype(np.float32)
    side = round(FIELD_PX * rng.uniform(0.8, 1.4))
    scan = cv2.resize(cv2.GaussianBlur(print_, (0, 0), 0.8), (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(scan, (FIELD_PX,) * 2, interpolation=cv2.INTER_LINEAR), np.float32), _flat(dark)


SCREENS: dict[str, Callable[[np.random.Generator], Drawn]] = {
    "fine dots": _fine_dots,
    "coarse dots": _coarse_dots,
    "white dots on black": _white_dots,
    "line screen": _lines,
    "sand": _sand,
    "gradient of dots": _gradient,
    "moire": _moire,
}


def _clouds(rng: np.random.Generator, size_px: float) -> FloatArray:
    """Return (H, W) smooth noise of mean 0 and standard deviation 1."""
    noise = cv2.GaussianBlur(rng.normal(size=(FIELD_PX,) * 2).astype(np.float32), (0, 0), size_px)
    return np.asarray(noise / noise.std(), np.float32)


def _pencil(rng: np.random.Generator) -> FloatArray:
    """Soft lead that the teeth of the paper take off unevenly."""
    angle = rng.uniform(0, math.pi)
    y, x = np.mgrid[:FIELD_PX, :FIELD_PX].astype(np.float32)
    sway = (x * math.cos(angle) + y * math.sin(angle)) / rng.uniform(0.9, 1.6) + 1.5 * _clouds(rng, 12)
    lead = 0.62 + 0.1 * _clouds(rng, 50) - 0.07 * np.sin(sway) * (0.5 + 0.5 * np.abs(_clouds(rng, 10)))
    return np.asarray((lead + 0.09 * _clouds(rng, 0.8)).clip(0.1, 1), np.float32)


def _wash(rng: np.random.Generator) -> FloatArray:
    """Thinned ink in pools with dark rims."""
    pool = _clouds(rng, rng.uniform(14, 28))
    rim = np.exp(-((pool / 0.12) ** 2))
    return np.asarray((0.7 + 0.16 * np.tanh(3 * pool) - 0.12 * rim + 0.012 * _clouds(rng, 1.5)).clip(0, 1), np.float32)


PAINTED: dict[str, Callable[[np.random.Generator], FloatArray]] = {"pencil": _pencil, "wash": _wash}

OVER_DOTS = {"hatching over dots": "hatching", "hair over dots": "hair", "folds over dots": "cloth folds"}
"""Strokes that are printed over a screen, as shadows on toned cloth are, by the kind of their strokes."""

FIELD_KINDS = (*STROKES, *OVER_DOTS, *PAINTED, *SCREENS)

LATER_KINDS = ("even stippling", "folds over dots", "ruled hatching")
"""Kinds that came later are numbered last for their seeds, so that the others stay the fields that they were."""

NUMBERED_KINDS = (*(kind for kind in FIELD_KINDS if kind not in LATER_KINDS), *LATER_KINDS)


def draw_field(kind: str, seed: int) -> Field:
    """Draw a field, always the same for the same kind and seed.

    Args:
        kind: One of `FIELD_KINDS`.
        seed: Not negative.
    """
    rng = np.random.default_rng([NUMBERED_KINDS.index(kind), seed])
    if kind in STROKES:
        page = scanned(framed(draw_strokes(kind, rng)), rng)
        return Field(kind, "strokes", page, page, np.ones_like(page))
    if kind in OVER_DOTS:
        strokes, (dots, tone) = draw_strokes(OVER_DOTS[kind], rng), _dots(rng, (4, 10), (0.1, 0.4))
        return Field(kind, "strokes", scanned(framed(strokes * dots), rng), framed(strokes), tone)
    if kind in PAINTED:
        return Field(kind, "painted", scanned(framed(PAINTED[kind](rng)), rng), None, None)
    dots, tone = SCREENS[kind](rng)
    return Field(kind, "screen", scanned(framed(dots), rng), None, tone)
