"""Colour hints: a few spots of a page whose colour the user knows."""

from __future__ import annotations

import json
import math
import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.spreading import diffuse
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import read_bytes, resize
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.ink import Separation
from mangacolor.series.document import colour_of

FloatArray = NDArray[np.float32]

REACH_PX = 3
"""A hint covers so many pixels of the working size on every side, as in the middle of those trained on."""

FOLLOWED_CELLS = 60_000
"""Hints spread on a grid of at most so many cells: more take seconds, and lines still close areas at that size."""

LEAST_SEEN = 0.35
"""Hints on darker ink set nothing: no colour shows there."""

TRUSTED_SHARE = 0.1
"""Where hints have at least this much of a say they have all of it: what flows from a point thins out at once."""

LEAST_SHARE = 1e-3
"""Where hints have less of a say the prediction stays, to the last bit."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Hint:
    """A spot of a page and the colour it should get.

    Attributes:
        x: Pixels from the left edge of the page.
        y: Pixels from its top.
        rgb: sRGB, each 0 to 255; or as a series writes it, such as "#d03030" or "navy".

    Raises:
        BadInputError: That is no colour, or no place.
    """

    x: float
    y: float
    rgb: tuple[int, int, int]

    if TYPE_CHECKING:  # more is taken than is kept

        def __init__(
            self,
            x: float | np.integer[Any] | np.floating[Any],
            y: float | np.integer[Any] | np.floating[Any],
            rgb: str | Sequence[int | np.integer[Any]] | NDArray[np.integer[Any]],
        ) -> None: ...

    def __post_init__(self) -> None:
        if any(isinstance(place, bool) or not isinstance(place, numbers.Real) for place in (self.x, self.y)):
            raise BadInputError(
                f"A hint at {self.x!r}, {self.y!r} lies nowhere.", advice="Give numbers of pixels for x and y."
            )
        for name in ("x", "y"):
            place: Any = getattr(self, name)
            object.__setattr__(self, name, place.item() if isinstance(place, np.generic) else place)
        given: Any = self.rgb
        if not isinstance(given, str) and np.ndim(given) == 1:
            given = [int(one) if isinstance(one, numbers.Integral) else one for one in given]
        object.__setattr__(self, "rgb", colour_of(given, "A hint"))


Told = Sequence[Hint] | Hint
"""What may be given as hints: all that hold, or a single one."""


def hints_of(given: Told) -> tuple[Hint, ...]:
    """Return what callers in Python give as hints; one that is no list counts as a list of it.

    Raises:
        UsageError: That is no list.
    """
    if isinstance(given, Hint):
        return (given,)
    try:
        return tuple(given)
    except TypeError as error:
        raise UsageError(
            f"`hints` should be a list of Hint, not {given!r}.", advice="Leave it out where there are none."
        ) from error


def read_hints(path: Path) -> list[Hint]:
    """Read hints from a JSON file: `[{"x": 120, "y": 80, "color": "#d03030"}, ...]`, in pixels of the page.

    Colours are written as in a series, see `colour_of`.

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
    try:
        return Hint(float(x), float(y), colour_of(color, what))
    except OverflowError as error:  # JSON knows numbers of a thousand digits
        raise BadInputError(f"{what}: x and y must be numbers of pixels.", advice=advice) from error


def hex_colour(value: Any, what: str, advice: str) -> tuple[int, int, int]:
    """Read a colour such as "#d03030".

    Raises:
        BadInputError: It is none.
    """
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise BadInputError(f"{what}: {value!r} is no colour.", advice=advice)
    red, green, blue = bytes.fromhex(value[1:])
    return red, green, blue


@dataclass(frozen=True)
class Hints:
    """The spots of one page whose colours are known, and all that they mean for it.

    Attributes:
        spots: In pixels of the page.
        page: Its (H, W).

    Raises:
        BadInputError: A spot is no hint, or lies off the page.
    """

    spots: tuple[Hint, ...]
    page: tuple[int, int]

    def __post_init__(self) -> None:
        for spot in self.spots:
            if not isinstance(spot, Hint):
                raise BadInputError(
                    f"{spot!r} is no hint.", advice="Write Hint(120, 1100, (208, 48, 48)): column, row and colour."
                )
            if not (0 <= spot.x < self.page[1] and 0 <= spot.y < self.page[0]):
                raise BadInputError(
                    f"The hint at {spot.x:g}, {spot.y:g} lies off the page of {self.page[1]} x {self.page[0]} pixels.",
                    advice="Hints count in pixels of the page, x from the left and y from the top.",
                )

    def __bool__(self) -> bool:
        return bool(self.spots)

    def planes(self, size: tuple[int, int]) -> FloatArray:
        """Lay the hints out at a working size (h, w), as the generator's condition has them.

        Returns:
            (h, w, 4): RGB in [0, 1] and a mask, 0 where there is no hint.
        """
        planes = np.zeros((*size, 4), np.float32)
        for spot in self.spots:
            row, column = self._cell(spot, size)
            near = np.s_[max(0, row - REACH_PX) : row + REACH_PX + 1, max(0, column - REACH_PX) : column + REACH_PX + 1]
            planes[near] = np.append(np.divide(spot.rgb, 255), 1)
        return planes

    def follow(self, lab: FloatArray, seen: Separation) -> FloatArray:
        """Give the areas around hints the colour they ask for, as far as the lines and tones around them.

        Every hint colours its surroundings by diffusion that lines stop, see `spreading`. Colours are predicted where
        no hint is near: what a hint says fades with the distance from it. It sets chroma, and shifts lightness, so that
        shading stays.

        Args:
            lab: (h, w, 3) OKLab of the predicted colour.
            seen: Ink and tone (h, w) of the page; hints under ink have no colour to set.

        Returns:
            (h, w, 3) OKLab.
        """
        height, width = lab.shape[:2]
        scale = min(1.0, math.sqrt(FOLLOWED_CELLS / (height * width)))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        ink, tone = (resize(plane, *size) for plane in seen)
        fields = diffuse(self._asked(resize(lab[..., :1], *size)[..., 0], ink), ink, tone)
        said = fields[..., :1]
        trust = np.minimum(said / TRUSTED_SHARE, 1)
        told = np.concatenate([trust, fields[..., 1:] / np.maximum(said, LEAST_SHARE) * trust], axis=2)
        trust, told = np.split(resize(told, height, width), [1], axis=2)
        followed = np.concatenate([lab[..., :1] + told[..., 2:], lab[..., 1:] * (1 - trust) + told[..., :2]], axis=2)
        return np.asarray(np.where(trust > LEAST_SHARE, followed, lab), np.float32)

    def spare(self, paper: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the paper (H, W) that is to stay white without the gutters and balloons that hints lie in."""
        hinted = [spot for spot in ((int(hint.y), int(hint.x)) for hint in self.spots) if paper[spot]]
        if not hinted:
            return paper
        _, parts = cv2.connectedComponents(paper.astype(np.uint8))
        return paper & ~np.isin(parts, [parts[spot] for spot in hinted])

    def _asked(self, lightness: FloatArray, ink: FloatArray) -> FloatArray:
        """Lay hints out on a grid (h, w, 4): 1, the chroma, and what is to be added to the lightness; else zeros."""
        asked = np.zeros((*ink.shape, 4), np.float32)
        for spot in self.spots:
            row, column = self._cell(spot, ink.shape)
            if ink[row, column] < LEAST_SEEN:
                continue
            below = np.minimum(np.divide(spot.rgb, 255 * ink[row, column]), 1)
            light, *chroma = oklab_from_srgb(below.astype(np.float32))
            asked[row, column] = 1, *chroma, light - lightness[row, column]
        return asked

    def _cell(self, spot: Hint, size: tuple[int, ...]) -> tuple[int, int]:
        """Return the row and column of a hint on a grid of (h, w) that covers the page."""
        return int(spot.y * size[0] / self.page[0]), int(spot.x * size[1] / self.page[1])
