"""Colour hints: a few spots of a page whose colour the user knows."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg as sparse_linalg

from mangacolor.errors import BadInputError
from mangacolor.image import read_bytes, resize
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab

FloatArray = NDArray[np.float32]

REACH_PX = 3
"""A hint covers so many pixels of the working size on every side, as in the middle of those trained on."""

FOLLOWED_CELLS = 60_000
"""Hints spread on a grid of at most so many cells: more take seconds, and lines still close areas at that size."""

FOLLOWED_SHARE = 0.8
"""How far a hint reaches where nothing is in its way, as a share of the page's short side."""

LINE_RESISTANCE = 14.0
"""Colour flows through a cell of ink e to this times worse than over paper."""

TONE_STEP = 0.1
"""Difference of two tones that colour hardly crosses."""

LEAST_SEEN = 0.35
"""Hints on darker ink set nothing: no colour shows there."""

TRUSTED_SHARE = 0.1
"""Where hints have at least this much of a say they have all of it: what flows from a point thins out at once."""

LEAST_SHARE = 1e-3
"""Where hints have less of a say the prediction stays, to the last bit."""

LARGEST_FILL = 0.25
"""Share of a page up to which a hint fills the area it lies in."""

PIN = 100.0
"""How firmly a cell holds the colour asked for, against its neighbours."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Hint:
    """A spot of a page and the colour it should get.

    Attributes:
        x: Pixels from the left edge of the page.
        y: Pixels from its top.
        rgb: sRGB, each 0 to 255.
    """

    x: float
    y: float
    rgb: tuple[int, int, int]


def read_hints(path: Path) -> list[Hint]:
    """Read hints from a JSON file: `[{"x": 120, "y": 80, "color": "#d03030"}, ...]`, in pixels of the page.

    Raises:
        BadInputError: The file is missing or says something else.
    """
    return parse_hints(read_bytes(path), str(path))


def parse_hints(text: bytes | str, what: str) -> list[Hint]:
    """Read hints from JSON text; see `read_hints`.

    Args:
        text: The JSON.
        what: What error messages call it.

    Raises:
        BadInputError: It says something else.
    """
    advice = 'Write a list like [{"x": 120, "y": 80, "color": "#d03030"}].'
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{what} is no JSON: {error}.", advice=advice) from error
    if not isinstance(entries, list):
        raise BadInputError(f"{what} holds no list of hints.", advice=advice)
    return [_hint(entry, f"{what}: hint {number}", advice) for number, entry in enumerate(entries, 1)]


def _hint(entry: Any, what: str, advice: str) -> Hint:
    if not isinstance(entry, dict) or entry.keys() != {"x", "y", "color"}:
        raise BadInputError(f"{what} needs x, y and color, and nothing else.", advice=advice)
    x, y, color = entry["x"], entry["y"], entry["color"]
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in (x, y)):
        raise BadInputError(f"{what}: x and y must be numbers.", advice=advice)
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        raise BadInputError(f"{what}: {color!r} is no colour.", advice=advice)
    red, green, blue = bytes.fromhex(color[1:])
    return Hint(float(x), float(y), (red, green, blue))


def hint_planes(hints: Sequence[Hint], page: tuple[int, int], size: tuple[int, int]) -> FloatArray:
    """Lay hints out at the working size, as the generator's condition has them.

    Args:
        hints: In pixels of the page.
        page: Its (H, W).
        size: The (h, w) of the working size.

    Returns:
        (h, w, 4): RGB in [0, 1] and a mask, 0 where there is no hint.

    Raises:
        BadInputError: A hint lies off the page.
    """
    planes = np.zeros((*size, 4), np.float32)
    for hint in hints:
        if not (0 <= hint.x < page[1] and 0 <= hint.y < page[0]):
            raise BadInputError(
                f"The hint at {hint.x:g}, {hint.y:g} lies off the page of {page[1]} x {page[0]} pixels.",
                advice="Hints count in pixels of the page, x from the left and y from the top.",
            )
        row, column = _cell(hint, page, size)
        spot = np.s_[max(0, row - REACH_PX) : row + REACH_PX + 1, max(0, column - REACH_PX) : column + REACH_PX + 1]
        planes[spot] = np.append(np.divide(hint.rgb, 255), 1)
    return planes


def _cell(hint: Hint, page: tuple[int, int], size: tuple[int, ...]) -> tuple[int, int]:
    """Return the row and column of a hint on a grid of (h, w) that covers its page of (H, W)."""
    return int(hint.y * size[0] / page[0]), int(hint.x * size[1] / page[1])


def follow_hints(
    colour: FloatArray, ink: FloatArray, tone: FloatArray, hints: Sequence[Hint], page: tuple[int, int]
) -> FloatArray:
    """Give the areas around hints the colour they ask for, as far as the lines and tones around them.

    Every hint colours its surroundings by diffusion that lines stop, as scribbles do in Levin, Lischinski & Weiss,
    "Colorization using Optimization" (2004). Departs from it in that colours are predicted where no hint is near: what
    a hint says fades with the distance from it. It sets chroma, and shifts lightness, so that shading stays.

    Args:
        colour: (h, w, 3) predicted colour in [0, 1] at the working size.
        ink: (h, w) ink of the page at that size, in [0, 1].
        tone: (h, w) its tone.
        hints: In pixels of the page; those under ink have no colour to set.
        page: Its (H, W).

    Returns:
        (h, w, 3) colour in [0, 1].
    """
    height, width = colour.shape[:2]
    scale = min(1.0, math.sqrt(FOLLOWED_CELLS / (height * width)))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    lines, tones = (resize(plane, *size) for plane in (ink, tone))
    lab = oklab_from_srgb(resize(colour, *size).clip(0, 1))
    asked = _asked_for(hints, lab, lines, page)
    fields = _diffuse(asked, _conductance(lines, tones, 1), _conductance(lines, tones, 0))
    said = fields[..., :1]
    trust = np.minimum(said / TRUSTED_SHARE, 1)
    told = np.concatenate([trust, fields[..., 1:] / np.maximum(said, LEAST_SHARE) * trust], axis=2)
    trust, told = np.split(resize(told, height, width), [1], axis=2)
    followed = oklab_from_srgb(colour)
    followed[..., 1:] = followed[..., 1:] * (1 - trust) + told[..., :2]
    followed[..., :1] += told[..., 2:]
    return np.asarray(np.where(trust > LEAST_SHARE, srgb_from_oklab(followed), colour), np.float32)


def fill_areas(
    colour: FloatArray, ink: FloatArray, labels: NDArray[np.int32], hints: Sequence[Hint], page: tuple[int, int]
) -> FloatArray:
    """Give every area that holds a hint its colour up to the lines around it, as a paint bucket does.

    Areas with hints of several colours stay as they are, as do those larger than `LARGEST_FILL`, whose lines leak.

    Args:
        colour: (h, w, 3) colour in [0, 1] at the working size.
        ink: (h, w) ink of the page at that size, in [0, 1].
        labels: (h, w) areas between lines.
        hints: In pixels of the page; those under ink have no colour to set.
        page: Its (H, W).

    Returns:
        (h, w, 3) colour in [0, 1].
    """
    asked: dict[int, set[tuple[int, int, int]]] = {}
    for hint in hints:
        row, column = _cell(hint, page, ink.shape)
        if ink[row, column] >= LEAST_SEEN:
            asked.setdefault(int(labels[row, column]), set()).add(hint.rgb)
    filled: FloatArray = colour.copy()
    for area, colours in asked.items():
        inside = labels == area
        if len(colours) > 1 or inside.mean() > LARGEST_FILL:
            continue
        wanted = oklab_from_srgb(np.divide(colours.pop(), 255).astype(np.float32))
        lab = oklab_from_srgb(colour[inside])
        lab[:, 1:] = wanted[1:]
        lab[:, 0] += wanted[0] - np.median(lab[:, 0])
        filled[inside] = srgb_from_oklab(lab)
    return filled


def _asked_for(hints: Sequence[Hint], lab: FloatArray, ink: FloatArray, page: tuple[int, int]) -> FloatArray:
    """Lay hints out on a grid (h, w, 4): 1, the chroma, and what is to be added to the lightness; zeros elsewhere."""
    asked = np.zeros((*ink.shape, 4), np.float32)
    for hint in hints:
        row, column = _cell(hint, page, ink.shape)
        if ink[row, column] < LEAST_SEEN:
            continue
        below = np.minimum(np.divide(hint.rgb, 255 * ink[row, column]), 1)
        lightness, *chroma = oklab_from_srgb(below.astype(np.float32))
        asked[row, column] = 1, *chroma, lightness - lab[row, column, 0]
    return asked


def _conductance(ink: FloatArray, tone: FloatArray, axis: int) -> FloatArray:
    """Return how well colour flows from each cell to the next along an axis: badly through ink and to other tones."""
    cover = 1 - ink
    lines = np.take(cover, range(1, cover.shape[axis]), axis) + np.take(cover, range(cover.shape[axis] - 1), axis)
    steps = np.square(np.diff(tone, axis=axis) / TONE_STEP)
    return np.asarray(np.exp(-LINE_RESISTANCE * lines - steps), np.float32)


def _diffuse(asked: FloatArray, across: FloatArray, down: FloatArray) -> FloatArray:
    """Solve for the fields (h, w, C) that equal `asked` where its first channel is set, and flow from there."""
    height, width, channels = asked.shape
    cells = np.arange(height * width).reshape(height, width)
    first = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    second = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    flow = np.concatenate([across.ravel(), down.ravel()]).astype(np.float64)
    reach = FOLLOWED_SHARE * min(height, width)
    pinned = asked[..., 0].ravel() * PIN
    count = height * width
    own = np.bincount(first, flow, count) + np.bincount(second, flow, count) + pinned + 1 / reach**2
    matrix = sparse.coo_matrix(
        (np.concatenate([own, -flow, -flow]), (np.concatenate([cells.ravel(), first, second]),
         np.concatenate([cells.ravel(), second, first]))), shape=(count, count),
    ).tocsc()  # fmt: skip
    solved = sparse_linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(
        (asked.reshape(count, channels) * pinned[:, None]).astype(np.float64)
    )
    return np.asarray(solved.reshape(height, width, channels), np.float32)
