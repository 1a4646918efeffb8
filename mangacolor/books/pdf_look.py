"""What a page of a PDF shows: its pictures and where they lie, as far as colouring needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LEAST_COVER = 0.5
"""Share of a page, along both sides, that a picture covers which is the page."""

LEAST_SHOWN = 0.8
"""Share of a picture, along both sides, that has to be seen: two pages may each show one half of a spread."""

MOST_LEAN = 0.05
"""A scan set straight by its placing, by up to three degrees, is still upright; it is put back as it was placed."""

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placed:
    """A picture on a page.

    Attributes:
        picture: The image of the PDF; None for one that stands within the content.
        names: Names by which it is reached from the page, the last of the picture, those before of forms.
        size: Its width and height in pixels.
        matrix: Takes the unit square to where it lies on the page.
        is_plain: Nothing clips, blends or hides it other than `clip`, and it is no stencil.
        clip: Box that it is seen in.
    """

    picture: Any | None
    names: tuple[str, ...]
    size: tuple[int, int]
    matrix: Matrix
    is_plain: bool
    clip: Box

    @property
    def whole_box(self) -> Box:
        """Where it lies: left, bottom, right, top."""
        a, b, c, d, e, f = self.matrix
        across, up = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        return min(across), min(up), max(across), max(up)

    @property
    def box(self) -> Box:
        """Where it is seen."""
        return meet(self.whole_box, self.clip)


@dataclass
class Look:
    """What a page shows.

    Attributes:
        box: What readers show of it, in its own units: left, bottom, right, top.
        turn: Degrees by which they turn it, clockwise.
        unit: Its unit in points.
        placed: Its pictures in the order in which they are painted.
        is_drawn_on: Whether text or shapes are seen on it.
        is_known: Whether its content could be read; if not, the other two say nothing.
    """

    box: Box
    turn: int
    unit: float
    placed: list[Placed] = field(default_factory=list)
    is_drawn_on: bool = False
    is_known: bool = True

    def whole(self) -> Placed | None:
        """Return the picture that the page consists of; None where it shows anything else."""
        if not self.is_known or self.is_drawn_on or len(self.placed) != 1:
            return None
        (one,) = self.placed
        a, b, c, d, _, _ = one.matrix
        straight, slanted = max(abs(a), abs(d)), max(abs(b), abs(c))
        if not one.is_plain or one.picture is None or min(straight, slanted) > MOST_LEAN * max(straight, slanted):
            return None
        seen = meet(one.box, self.box)
        enough = all(
            seen[side + 2] - seen[side] >= share * (of[side + 2] - of[side])
            for side in (0, 1)
            for of, share in ((self.box, LEAST_COVER), (one.whole_box, LEAST_SHOWN))
        )
        return one if enough and max(straight, slanted) > 0 else None


def meet(one: Box, other: Box) -> Box:
    """Return the box that two boxes share; its sides have length 0 where they share none."""
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


def times(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that does one after the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
