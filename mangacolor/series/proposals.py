"""Colours of a series proposed from a coloured picture: the hair and the skin of the faces in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.faces import Face
from mangacolor.page.kinds import is_colored
from mangacolor.series.document import OWNERS, Example, Part, Rgb

Pixels = NDArray[np.uint8]
Detect = Callable[[NDArray[np.float32]], Sequence[Face]]

SAME_HAIR = 0.06
"""OKLab distance of a, b up to which the hair of two faces is one person's."""

DISC = 0.05
INK = 0.25
"""Radius of the disc around a point that is looked at, in heights of the face; grey below which a pixel is ink."""


def propose(
    rgb: Pixels, picture: Path, detect: Detect, known: Set[str] = frozenset()
) -> tuple[dict[Part, Rgb], list[Example]]:
    """Propose a character for every face with hair of its own colour in a coloured picture.

    Args:
        rgb: (H, W, 3) the picture.
        picture: Where it lies; it becomes the example.
        detect: Finds faces on a grey page.
        known: Names that are taken.

    Returns:
        Colours of their hair and skin, and examples of the hair; characters are called new-1, new-2, ...

    Raises:
        BadInputError: The picture is not coloured, or there is no face in it.
    """
    if not is_colored(rgb):
        raise BadInputError(f"{picture} is not coloured.", advice="Give a coloured picture, such as a cover.")
    colours: dict[Part, Rgb] = {}
    examples: list[Example] = []
    seen: list[tuple[NDArray[np.float32], str]] = []
    number = 0
    for face in detect(to_gray(rgb)):
        side = face.box[2] - face.box[0]
        radius = max(1, round(DISC * side))
        hair = [(point, colour) for point in face.hair if (colour := colour_beside_ink(rgb, point, radius)) is not None]
        skin = [colour for point in (*face.cheeks, face.forehead) if (colour := colour_beside_ink(rgb, point, radius))]
        if not hair or not skin:
            continue
        of_hair = middle_colour([colour for _, colour in hair])
        lab = oklab_from_srgb(float_from_pixels(np.array([[of_hair]], np.uint8)))[0, 0]
        name = next((name for other, name in seen if np.linalg.norm((other - lab)[1:]) < SAME_HAIR), "")
        if not name:
            number += 1
            while f"new-{number}" in known:
                number += 1
            name = f"new-{number}"
            seen.append((lab, name))
            colours[Part(OWNERS[0], name, "hair")] = of_hair
            colours[Part(OWNERS[0], name, "skin")] = middle_colour(skin)
        points = tuple((int(x), int(y)) for (x, y), _ in hair)
        examples.append(Example(Part(OWNERS[0], name, "hair"), picture, points))
    if not colours:
        raise BadInputError(f"{picture}: no face is found in it.", advice="Set colours by hand: --set rin.hair=#7a3b2e")
    return colours, examples


def colour_beside_ink(rgb: Pixels, point: tuple[float, float], radius: int) -> Rgb | None:
    """Return the median colour around a point, ink left out; None where it is off the picture or all ink.

    Args:
        rgb: (H, W, 3) the picture.
        point: Column and row.
        radius: How far is looked to every side, in pixels.
    """
    x, y = point
    if not (0 <= x < rgb.shape[1] and 0 <= y < rgb.shape[0]):
        return None
    top, left = max(0, int(y) - radius), max(0, int(x) - radius)
    around = rgb[top : int(y) + radius + 1, left : int(x) + radius + 1].reshape(-1, 3)
    clear = around[to_gray(around[None])[0] > INK]
    return middle_colour(clear) if len(clear) else None


def middle_colour(colours: Sequence[Rgb] | Pixels) -> Rgb:
    """Return the median of colours, channel by channel."""
    red, green, blue = (int(value) for value in np.median(np.asarray(colours), axis=0))
    return red, green, blue
