"""Light that falls unevenly on a scan, as near the spine of an open book: paper is made equally light all over."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.page.extent import is_double
from mangacolor.page.ink import blocks
from mangacolor.page.levels import Solid, dim_level, paper_level, solid_of

FloatArray = NDArray[np.float32]
FloatGrid = NDArray[np.float64]

CELLS = 48
"""Cells along the short side in which the grey of paper is looked for."""

SPINE_OFF, LEVELS_APART = 0.08, 0.03
"""How far from the middle of a double page its spine may be, in widths of it; and how far apart the lightest of its two
pages may be, in grey: else one of them is toned."""

LEAST_LIGHT, LEAST_SOLID = 0.6, 0.3
"""Grey from which on paper may be that lies in shadow, and share of a cell that is as light and solid."""

LEAST_CELLS = 0.2
"""Share of the cells that show so much, at least, for the light to be known."""

POWERS = (1, 2, 3, 4)
"""Powers of the place across and along the page that the surface is made of, beside their product."""

SPINE_REACHES, LEAST_STEEP = (0.05, 0.1, 0.2, 0.3), 0.1
"""Steep shadows fall off from a side of the page within these reaches, in halves of its width, and are deeper than the
second: a surface that can bend so much finds smaller ones in washes, too."""

ROUNDS, FIRST_REACH, LAST_REACH, NARROWING = 12, 0.2, 0.012, 0.75
"""The surface is fitted so often. What is darker than it by the second, in grey, counts a third, and each time later
by a narrower reach, down to the third: tones are darker than paper."""

ON_SURFACE, LEAST_ON_SURFACE, LEAST_IN_PART = 0.006, 0.5, 0.03
"""How near to the surface paper is, and what share of the light cells has to be paper: over the page, and of all cells
in each of its nine parts. Else what is light is painted, or the light is not known everywhere."""

IN_SHADOW, LEAST_IN_SHADOW = 0.03, 0.7
"""Where the surface is darker by the first than at its lightest, such a share of the light cells is paper. A surface
that bends over the edge of a wash, which is no shadow, meets few of them: 0.65 at most where the wash is 0.95 of paper
or darker, and 0.77 at least on scans in shadow."""

LEAST_UNEVEN, DARKEST_LIGHT = 0.02, 0.5
"""A page whose light differs by less is evenly lit; where it would be darker than the second, it is no light."""

STEADYING = 1e-5
"""Weight that draws all terms but the constant to 0: little, so that they do not run wild where no paper is."""


def evenly_lit(gray: FloatArray, page: Solid | None = None) -> FloatArray:
    """Return a page as if the same light fell on all of it; the same array where it does, or where nobody knows.

    The light is a surface through the lightest that is solid: a polynomial of fourth degree, or one whose sides fall
    off more steeply, if it meets more. Double pages are two, with the spine between them, and each has its own
    surface; if the light of one is not known, both stay as they are.

    Args:
        gray: (H, W) page in [0, 1].
        page: What is solid of it, where that is known.
    """
    light = _light(page or solid_of(gray))
    if light is None:
        return gray
    across = cv2.resize(light, (gray.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    rows = (np.arange(len(gray), dtype=np.float32) + 0.5) * (len(light) / len(gray)) - 0.5
    lit, most = np.empty_like(gray), light.max()
    for some in blocks(len(gray)):
        above = np.clip(np.floor(rows[some]).astype(int), 0, len(light) - 2)
        share = np.clip(rows[some] - above, 0, 1)[:, None]
        lit[some] = np.minimum(gray[some] * (most / (across[above] * (1 - share) + across[above + 1] * share)), 1)
    return lit


def whitened(gray: FloatArray) -> tuple[FloatArray, float]:
    """Return a page (H, W) in [0, 1] evenly lit and its paper white, and the grey that its paper had; 1 is white."""
    page = solid_of(gray)
    dim = dim_level(page)
    if dim < 1:
        gray = np.minimum(gray / np.float32(dim), np.float32(1))
        page = solid_of(gray)
    lit = evenly_lit(gray, page)
    level = paper_level(lit, page if lit is gray else None)
    return np.minimum(lit / np.float32(level), np.float32(1)), level * dim


def on_white_paper(gray: FloatArray) -> FloatArray:
    """Return a page (H, W) in [0, 1] evenly lit and its paper white, as networks and areas know pages."""
    return whitened(gray)[0]


def _light(page: Solid) -> FloatArray | None:
    """Return the light on cells of a page, 1 being white paper in full light; None where it is even or unknown."""
    height, width = page.even.shape
    has_spine = is_double(page.even.shape)
    cell = max(1, min(height, width // (2 if has_spine else 1)) // CELLS)
    rows, columns = height // cell, width // cell
    if min(rows, columns) < CELLS:
        return None
    inside = np.s_[: rows * cell, : columns * cell]
    is_light = (page.is_solid & (page.darkest >= LEAST_LIGHT * 255))[inside].astype(np.float32)
    shares = cv2.resize(is_light, (columns, rows), interpolation=cv2.INTER_AREA)
    sums = cv2.resize(is_light * page.even[inside], (columns, rows), interpolation=cv2.INTER_AREA)
    is_known = shares >= LEAST_SOLID
    seen = np.asarray(sums / np.maximum(shares, LEAST_SOLID) / 255, np.float32)
    spines = [_spine_of(seen, is_known)] if has_spine else []
    sides = zip(np.split(seen, spines, axis=1), np.split(is_known, spines, axis=1), strict=True)
    surfaces = [_trusted_surface(*side) for side in sides]
    lightest = [float(surface.max()) for surface in surfaces if surface is not None]
    if len(lightest) < len(surfaces) or np.ptp(lightest) > LEVELS_APART:
        return None
    surface = np.hstack([surface for surface in surfaces if surface is not None])
    is_uneven = np.ptp(surface) >= LEAST_UNEVEN and surface.min() >= DARKEST_LIGHT
    return surface if is_uneven else None


def _spine_of(seen: FloatArray, is_known: NDArray[np.bool_]) -> int:
    """Return the column of cells (r, c), near the middle of a double page, in which what is lightest is darkest."""
    first, last = (round((0.5 + side * SPINE_OFF) * seen.shape[1]) for side in (-1, 1))
    shows = first + np.flatnonzero(is_known[:, first:last].any(axis=0))  # a frame along a column hides its paper
    if not len(shows):
        return int(seen.shape[1] // 2)
    lightest = [np.percentile(seen[is_known[:, column], column], 95) for column in shows]
    return int(shows[np.argmin(lightest)])


def _trusted_surface(seen: FloatArray, is_known: NDArray[np.bool_]) -> FloatArray | None:
    """Return the light on the cells (r, c) of one page; None where what is light is painted, or little."""
    if is_known.mean() < LEAST_CELLS:
        return None
    places = np.mgrid[-1 : 1 : is_known.shape[0] * 1j, -1 : 1 : is_known.shape[1] * 1j]
    trusted, met = None, 0.0
    for terms, least_uneven in ((_smooth_terms(*places), 0.0), (_steep_terms(*places), LEAST_STEEP)):
        surface = _surface_through(seen[is_known].astype(np.float64), is_known, terms)
        is_paper = is_known & (np.abs(surface - seen) <= ON_SURFACE)
        share = np.count_nonzero(is_paper) / np.count_nonzero(is_known)
        if share > met and np.ptp(surface) >= least_uneven and _is_light(surface, is_paper, is_known):
            trusted, met = surface.astype(np.float32), share
    return trusted


def _is_light(surface: FloatGrid, is_paper: NDArray[np.bool_], is_known: NDArray[np.bool_]) -> bool:
    """Say whether a surface is the light on a page: it meets paper all over, and where it is dim."""
    if np.count_nonzero(is_paper) < LEAST_ON_SURFACE * np.count_nonzero(is_known):
        return False
    parts = cv2.resize(is_paper.astype(np.float64), (3, 3), interpolation=cv2.INTER_AREA)
    is_dim = is_known & (surface < surface[is_known].max() - IN_SHADOW)
    met_in_shadow = np.count_nonzero(is_paper & is_dim) >= LEAST_IN_SHADOW * np.count_nonzero(is_dim)
    return bool(parts.min() >= LEAST_IN_PART and met_in_shadow)


def _smooth_terms(y: FloatGrid, x: FloatGrid) -> FloatGrid:
    """Return the terms (r, c, T) of a surface without steep sides, the constant first."""
    return np.stack([np.ones_like(x), *(plane**power for plane in (x, y) for power in POWERS), x * y], axis=-1)


def _steep_terms(y: FloatGrid, x: FloatGrid) -> FloatGrid:
    """Return the terms (r, c, T) of a surface that may fall off steeply to both sides, more so at the head or foot."""
    slopes = [
        plane * np.exp(-(((1 - side * x) / reach) ** power))
        for side in (-1, 1) for reach in SPINE_REACHES for power in (1, 2) for plane in (np.ones_like(y), y)
    ]  # fmt: skip
    return np.concatenate([_smooth_terms(y, x), np.stack(slopes, axis=-1)], axis=-1)


def _surface_through(seen: NDArray[np.float64], is_known: NDArray[np.bool_], terms: FloatGrid) -> FloatGrid:
    """Lay a surface of terms (r, c, T) over the lightest of what is seen (n,) in the cells (r, c) that are known."""
    known, steady = terms[is_known], len(seen) * STEADYING * np.diag([0.0, *[1.0] * (terms.shape[-1] - 1)])
    fitted, reach = np.full(len(seen), np.percentile(seen, 90)), FIRST_REACH
    factors = np.zeros(terms.shape[-1])
    for _ in range(ROUNDS):
        below = np.minimum(seen - fitted, 0)
        weighed = known * np.exp(-np.square(below / reach))[:, None]
        factors = np.linalg.solve(weighed.T @ known + steady, weighed.T @ seen)
        fitted, reach = known @ factors, max(LAST_REACH, NARROWING * reach)
    return np.asarray(terms @ factors, np.float64)
