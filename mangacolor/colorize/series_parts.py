"""The colours that a series has for its examples, and for the skin and the eyes of its characters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.bodies import Body
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb
from mangacolor.series import EYES, SKIN, Learnt, Rgb, Series, part_of

FloatArray = NDArray[np.float32]


def colours_of(learnt: Learnt, series: Series) -> FloatArray:
    """Return the colour (E, 3) of every example, OKLab: that of its part, else its own."""
    colours = []
    for spelt, own in zip(learnt.parts, learnt.colours, strict=True):
        part = part_of(spelt, {})
        rgb = series.colours.get(part)
        if rgb is None:
            if own[0] < 0:
                raise BadInputError(
                    f"{series.folder}: {part} has no colour, and its example is grey.",
                    advice=f"Give it one: mangacolor palette {series.folder} --set {part}=#7a3b2e",
                )
            rgb = (int(own[0]), int(own[1]), int(own[2]))
        colours.append(rgb)
    return _lab_of(colours)


def bodies_of(series: Series) -> dict[str, Body]:
    """Return skin and eyes of every character that has a colour for either."""
    bodies: defaultdict[str, Body] = defaultdict(Body)
    for part, rgb in series.colours.items():
        for name, known in (("skin", SKIN), ("eyes", EYES)):
            if part.kind == "character" and part.name in known:
                bodies[part.owner] = bodies[part.owner]._replace(**{name: _lab_of([rgb])[0]})
    return dict(bodies)


def _lab_of(colours: Sequence[Rgb]) -> FloatArray:
    """Return colours (E, 3) in OKLab."""
    lab: FloatArray = oklab_from_srgb(float_from_pixels(np.array(colours, np.uint8).reshape(1, -1, 3)))[0]
    return lab
