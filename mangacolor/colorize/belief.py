"""How far the chances of colours are believed: of what was guessed, and of what was learnt of a series."""

from __future__ import annotations

from typing import NamedTuple

from mangacolor.colorize.class_colours import SOFT_SURPRISE, SURPRISE


class Belief(NamedTuple):
    """How far the chances of colours are believed.

    Attributes:
        certain: Chance of a colour up to which none is certain, and from which on one is.
        white: Chance of grey up to which bare paper has a colour, and from which on it is white.
        surprise: See `class_colours.SURPRISE`, of areas.
        soft_surprise: The same of grounds.
        fills_in: Whether what is usual fills in what nobody can know: all skin of a page has one colour, as light as
            skin usually is; clothes of bare paper are white, scenery on it is not; toned areas that are grey have a
            tint.
    """

    certain: tuple[float, float]
    white: tuple[float, float]
    surprise: float
    soft_surprise: float
    fills_in: bool


GUESSED = Belief((0.4, 0.7), (0.12, 0.2), SURPRISE, SOFT_SURPRISE, fills_in=True)
"""Balloons have a chance of grey of 0.3 to 0.7, white coats of 0.2 to 0.3."""

LEARNT = Belief((0.1, 0.3), (0.4, 0.6), 0.0, 0.0, fills_in=False)
"""Weights that have learnt a series are sure, and right more often than what helps where nobody can know."""
