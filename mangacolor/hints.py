"""Colour hints: a few spots of a page whose colour the user knows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.errors import BadInputError
from mangacolor.image import read_bytes

FloatArray = NDArray[np.float32]

REACH_PX = 3
"""A hint covers so many pixels of the working size on every side, as in the middle of those trained on."""

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
    example = '[{"x": 120, "y": 80, "color": "#d03030"}]'
    advice = f"Write a list like {example}."
    try:
        entries = json.loads(read_bytes(path))
    except ValueError as error:
        raise BadInputError(f"{path} is no JSON: {error}.", advice=advice) from error
    if not isinstance(entries, list):
        raise BadInputError(f"{path} holds no list of hints.", advice=advice)
    return [_hint(entry, f"{path}: hint {number}", advice) for number, entry in enumerate(entries, 1)]


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
        row, column = int(hint.y * size[0] / page[0]), int(hint.x * size[1] / page[1])
        spot = np.s_[max(0, row - REACH_PX) : row + REACH_PX + 1, max(0, column - REACH_PX) : column + REACH_PX + 1]
        planes[spot] = np.append(np.divide(hint.rgb, 255), 1)
    return planes
