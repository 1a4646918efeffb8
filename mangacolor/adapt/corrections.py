"""Corrections as coloured pages: a page is coloured with the colours that somebody gave, and that is learnt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mangacolor.adapt.pages import ColouredPage
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.hints import Hint
from mangacolor.data.agreement import checked_gray
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, pixels_from_float, read_image, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.kinds import is_colored
from mangacolor.series import Example, Part, Series, hex_of
from mangacolor.series.proposals import colour_beside_ink, middle_colour

Pixels = NDArray[np.uint8]
Rgb = tuple[int, int, int]

SAME = 0.1
"""OKLab distance of a, b up to which two colours are one, in light and in shadow."""

AROUND_PX = (2, 4, 8, 16)
"""A point is read with so many pixels on every side, more where fewer hold nothing but ink."""


def hinted_page(path: Path, hints: Sequence[Hint], colorizer: Colorizer) -> ColouredPage:
    """Colour a grey page with hints.

    Raises:
        BadInputError: It cannot be read, or a hint lies off it.
    """
    rgb = read_image(path).rgb
    return ColouredPage(str(path), colorizer.colorize(rgb, hints=hints), pixels_from_float(to_gray(rgb)))


def example_pages(series: Series, colorizer: Colorizer) -> list[ColouredPage]:
    """Return the pictures that a series shows its parts on: those in grey are coloured with the parts' colours first.

    Examples on grey pictures that have no points, or whose part has no colour, say nothing that could be learnt.

    Raises:
        BadInputError: A picture cannot be read, or shows a part in another colour than the series gives it.
    """
    by_picture: defaultdict[Path, list[Example]] = defaultdict(list)
    for example in series.examples:
        by_picture[example.picture].append(example)
    pages = []
    shown: dict[Part, tuple[Rgb, str]] = {
        part: (rgb, str(series.folder / "series.toml")) for part, rgb in series.colours.items()
    }
    for picture, examples in by_picture.items():
        rgb = read_image(picture).rgb
        if is_colored(rgb):
            for example in examples:
                _refuse_other_colour(example, rgb, shown)
            drawn = next((one.drawn for one in examples if one.drawn is not None), None)
            gray = None if drawn is None else checked_gray(read_image(drawn).rgb, rgb, str(drawn))
            pages.append(ColouredPage(str(picture), rgb, gray))
            continue
        hints = [
            Hint(x, y, series.colours[example.part])
            for example in examples if example.part in series.colours for x, y in example.points
        ]  # fmt: skip
        if hints:
            pages.append(hinted_page(picture, hints, colorizer))
    return pages


def _refuse_other_colour(example: Example, rgb: Pixels, shown: dict[Part, tuple[Rgb, str]]) -> None:
    """Refuse an example whose colour is not the one that its part has elsewhere.

    Points may lie on ink, as the locks of hair do that `palette` finds: what lies beside it counts, too.
    """
    if not example.points:
        return
    at_points, beside_ink = zip(*(_colours_at(example, rgb, x, y) for x, y in example.points), strict=True)
    own = middle_colour(beside_ink)
    known, where = shown.setdefault(example.part, (own, str(example.picture)))
    if not (_is_like(own, known) or all(_is_like(one, known) for one in at_points)):
        raise BadInputError(
            f"Two colours for {example.part}: {hex_of(own)} in {example.picture} and {hex_of(known)} in {where}.",
            advice="Colours are learnt as they are shown: make them one, or take that example out.",
        )


def _colours_at(example: Example, rgb: Pixels, x: int, y: int) -> tuple[Rgb, Rgb]:
    """Return the colour of a point of an example, with ink and without."""
    least = AROUND_PX[0]
    spot = rgb[max(0, y - least) : y + least + 1, max(0, x - least) : x + least + 1]
    if not spot.size:
        raise BadInputError(
            f"{example.picture}: the point {x}, {y} of {example.part} lies off it.",
            advice="Points are columns and rows, in pixels of the picture.",
        )
    at_point = middle_colour(spot.reshape(-1, 3))
    clear = (colour_beside_ink(rgb, (x, y), radius) for radius in AROUND_PX)
    return at_point, next((colour for colour in clear if colour is not None), at_point)


def _is_like(one: Rgb, other: Rgb) -> bool:
    lab = oklab_from_srgb(float_from_pixels(np.array([[one, other]], np.uint8)))[0]
    return float(np.linalg.norm((lab[0] - lab[1])[1:])) <= SAME
