"""What is sewn on tops: collars, ties, buttons, pockets, lapels, prints, bibs; drawn flat and laid on them.

The unit is a decimetre at rest, x to the wearer's left; heights are those of the wearer's joints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mangacolor.data.figures.garments import Heights, Wardrobe
from mangacolor.data.figures.scene import Decal
from mangacolor.data.figures.sheet import Sheet, curve, ellipse
from mangacolor.data.figures.store import Part

SCALE = 90
"""Pixels of the sheet for a decimetre."""

HALF_WIDTH, ABOVE, BELOW = 2.0, 0.8, 1.6
"""The sheet's half width, and how far it goes above the neck and below the hips."""

LEAST_FRONT = 0.12
"""It lies where the cloth looks to the front, or back, at least so much."""


@dataclass
class Tailor:
    """Draws on the front, or back, of one garment.

    Attributes:
        wardrobe: Gets parts for what is drawn.
        what: Name of the garment.
        sheet: What is drawn on.
        line: Width of a line, in pixels of the sheet.
        numbers: Parts by what they are.
    """

    wardrobe: Wardrobe
    what: str
    sheet: Sheet
    line: float
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def heights(self) -> Heights:
        """Heights of the wearer's joints."""
        return self.wardrobe.heights

    def panel(self, name: str, outline: ArrayLike, *, mirrored: bool = False) -> None:
        """Draw a piece of cloth, or two, with a line around it."""
        if name not in self.numbers:
            part = Part("garment", person=self.wardrobe.person, what=f"{self.what} {name}")
            self.numbers[name] = self.wardrobe.scene.add_part(part)
        points = np.asarray(outline, float)
        for side in (1, -1) if mirrored else (1,):
            placed = points * [side, 1]
            self.sheet.ink[self.sheet.mask(placed) > 0] = 0  # it covers what was drawn below it
            self.sheet.fill(placed, list(self.numbers).index(name) + 1)
            self.seam(np.concatenate([placed, placed[:1]]))

    def seam(self, path: ArrayLike, width: float = 1.0) -> None:
        """Draw a line from point to point."""
        points = np.asarray(path, float)
        for start, end in pairwise(points):
            self.sheet.stroke(np.linspace(start, end, 6), width * self.line, width * self.line, width * self.line)

    def buttons(self, x: float, top: float, bottom: float, step: float, radius: float = 0.065) -> None:
        """Draw a row of buttons downwards."""
        for y in np.arange(top, bottom, -step):
            self.panel("button", ellipse(x, y, radius, radius, 16))


Drawer = Callable[[Tailor, np.random.Generator], None]


def _collar(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low = tailor.heights.neck, rng.uniform(0.75, 1.15)
    leaf = [[0.04, neck - 0.32], [0.38, neck - low], [0.85, neck - 0.55], [0.8, neck + 0.4], [0.3, neck - 0.05]]
    tailor.panel("collar", leaf, mirrored=True)


def _tie(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, length, half = tailor.heights.neck, rng.uniform(2.2, 3.6), rng.uniform(0.16, 0.28)
    blade = [[-0.1, neck - 0.6], [0.1, neck - 0.6], [half, neck - length + 0.3], [0, neck - length]]
    tailor.panel("tie", [*blade, [-half, neck - length + 0.3]])
    if rng.random() < 0.4:
        for y in np.arange(neck - 0.9, neck - length + 0.5, -rng.uniform(0.35, 0.6)):
            width = 0.1 + (half - 0.1) * (neck - 0.6 - y) / (length - 0.9)
            corners = [[-width, y], [width, y + 0.15], [width, y + 0.3], [-width, y + 0.15]]
            tailor.panel("tie stripe", np.array(corners) * [0.98, 1])
    knot = [[-0.17, neck - 0.28], [0.17, neck - 0.28], [0.11, neck - 0.62], [-0.11, neck - 0.62]]
    tailor.panel("tie", knot)


def _bow(tailor: Tailor, rng: np.random.Generator, y: float | None = None) -> None:
    y = tailor.heights.neck - rng.uniform(0.4, 0.7) if y is None else y
    wide, high, tail = rng.uniform(0.5, 0.9), rng.uniform(0.22, 0.4), rng.uniform(0.5, 1.4)
    tailor.panel("ribbon", [[0.02, y], [0.3, y - tail], [0.5, y - tail + 0.12], [0.12, y]], mirrored=True)
    loop = np.concatenate([curve([[0, y], [wide, y + 1.6 * high], [wide, y], [wide, y - 0.2]], 12),
                           curve([[wide, y - 0.2], [0.7 * wide, y - high], [0, y]], 12)])  # fmt: skip
    tailor.panel("ribbon", loop, mirrored=True)
    tailor.panel("ribbon", ellipse(0, y, 0.12, 0.13, 20))


def _front_opening(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low = tailor.heights.neck, tailor.heights.hip - 1.2
    for x in (-0.13, 0.13) if rng.random() < 0.5 else (0.0,):
        tailor.seam([[x, neck - 0.1], [x, low]], 0.8)
    tailor.buttons(0.0, neck - 0.6, low, rng.uniform(0.6, 1.0))


def _breast_pocket(tailor: Tailor, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0.7, 0.95), tailor.heights.neck - rng.uniform(1.4, 1.9)
    half, deep = rng.uniform(0.25, 0.36), rng.uniform(0.5, 0.75)
    pocket = [[x - half, y], [x + half, y], [x + half, y - deep + 0.1], [x, y - deep], [x - half, y - deep + 0.1]]
    tailor.panel("pocket", pocket, mirrored=rng.random() < 0.25)


def _shirt(tailor: Tailor, rng: np.random.Generator) -> None:
    _front_opening(tailor, rng)
    if rng.random() < 0.5:
        _breast_pocket(tailor, rng)
    kind = rng.random()
    if kind < 0.4:
        _tie(tailor, rng)
    _collar(tailor, rng)
    if kind > 0.8:
        _bow(tailor, rng)


def _sailor(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low = tailor.heights.neck, rng.uniform(1.7, 2.4)
    inner = [[0, neck - low + 0.3], [0.5, neck + 0.1], [-0.5, neck + 0.1]]
    tailor.panel("dickey", inner)
    tailor.panel("collar", [[0, neck - low], [1.15, neck - 0.6], [1.1, neck + 0.5], [0.5, neck + 0.1],
                            [0, neck - low + 0.45]], mirrored=True)  # fmt: skip
    for k in range(int(rng.integers(1, 4))):
        away = 0.12 + 0.1 * k
        for side in (1, -1):
            tailor.seam(np.array([[0.05, neck - low + 1.3 * away], [1.15 - away, neck - 0.6 + 0.3 * away],
                                  [1.1 - away, neck + 0.5]]) * [side, 1], 0.8)  # fmt: skip
    _bow(tailor, rng, neck - low + 0.1)


def _sailor_back(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low = tailor.heights.neck, rng.uniform(1.3, 1.9)
    tailor.panel("collar", [[-1.1, neck + 0.6], [1.1, neck + 0.6], [1.1, neck - low], [-1.1, neck - low]])
    tailor.seam([[-0.95, neck + 0.6], [-0.95, neck - low + 0.15], [0.95, neck - low + 0.15], [0.95, neck + 0.6]], 0.8)


def _blazer(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low = tailor.heights.neck, rng.uniform(2.0, 3.0)
    tailor.seam([[0, neck - low], [0.05, tailor.heights.hip - 1.2]])
    tailor.panel("shirt", [[0, neck - low], [0.6, neck + 0.3], [-0.6, neck + 0.3]])
    if rng.random() < 0.7:
        _tie(tailor, rng)
        _collar(tailor, rng)
    elif rng.random() < 0.5:
        _bow(tailor, rng)
    lapel = [[0, neck - low], [0.55, neck + 0.1], [0.85, neck + 0.4], [1.0, neck - 0.55], [0.78, neck - 0.65],
             [1.02, neck - 0.85]]  # fmt: skip
    tailor.panel("lapel", lapel, mirrored=True)
    tailor.buttons(0.1, neck - low - 0.25, tailor.heights.hip, rng.uniform(0.6, 0.9), 0.08)
    for side in (1, -1):
        x, y = 0.9 * side, tailor.heights.waist - 0.5
        tailor.seam([[x - 0.4, y], [x + 0.4, y], [x + 0.4, y - 0.2], [x - 0.4, y - 0.2], [x - 0.4, y]], 0.8)


def _stand_collar(tailor: Tailor, rng: np.random.Generator) -> None:
    neck = tailor.heights.neck
    tailor.seam([[0, neck], [0, tailor.heights.hip - 1.2]])
    tailor.seam([[-0.9, neck - 0.2], [-0.4, neck - 0.5], [0, neck - 0.58], [0.4, neck - 0.5], [0.9, neck - 0.2]])
    tailor.buttons(0, neck - 0.8, tailor.heights.waist - 0.6, rng.uniform(0.7, 0.95), 0.09)
    if rng.random() < 0.5:
        _breast_pocket(tailor, rng)


def _hoodie(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, hip = tailor.heights.neck, tailor.heights.hip
    if rng.random() < 0.5:
        tailor.seam([[0, neck], [0, hip - 1.2]])
        tailor.seam([[0.06, neck], [0.06, hip - 1.2]], 0.6)
    else:
        pouch = [[-0.8, hip + 1.9], [0.8, hip + 1.9], [1.25, hip + 1.1], [1.2, hip + 0.5], [-1.2, hip + 0.5],
                 [-1.25, hip + 1.1]]  # fmt: skip
        tailor.panel("pocket", pouch)
    for side in (1, -1):
        end = neck - rng.uniform(1.0, 1.7)
        tailor.panel("cord", np.array([[0.28, neck - 0.3], [0.34, neck - 0.3], [0.38, end], [0.32, end]]) * [side, 1])


def _print(tailor: Tailor, rng: np.random.Generator) -> None:
    y, size = tailor.heights.neck - rng.uniform(1.5, 2.1), rng.uniform(0.4, 0.8)
    kind = int(rng.integers(4))
    if kind == 0:
        tailor.panel("print", ellipse(0, y, size, size))
        tailor.panel("print inside", ellipse(0, y, 0.55 * size, 0.55 * size))
    elif kind == 1:
        angle = np.linspace(0, 2 * np.pi, 11) + np.pi / 2
        radius = np.where(np.arange(11) % 2 == 0, size, 0.42 * size)
        tailor.panel("print", np.stack([radius * np.cos(angle), y + radius * np.sin(angle)], axis=1))
    elif kind == 2:
        tailor.panel(
            "print", [[-1.9, y - 0.3 * size], [1.9, y - 0.3 * size], [1.9, y + 0.3 * size], [-1.9, y + 0.3 * size]]
        )
    else:
        for k in range(int(rng.integers(2, 5))):
            x = (k - 1.5) * 0.6 * size
            tailor.panel(
                "print", [[x, y], [x + 0.35 * size, y], [x + 0.45 * size, y + size], [x + 0.1 * size, y + size]]
            )


def _bib(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, waist, top = tailor.heights.neck, tailor.heights.waist, rng.uniform(1.1, 1.6)
    tailor.panel("strap", [[0.5, neck - top], [0.75, neck - top], [0.95, neck + 0.6], [0.7, neck + 0.6]], mirrored=True)
    tailor.panel("bib", [[-0.85, neck - top], [0.85, neck - top], [1.2, waist + 0.3], [1.6, tailor.heights.hip - 1.4],
                         [-1.6, tailor.heights.hip - 1.4], [-1.2, waist + 0.3]])  # fmt: skip
    if rng.random() < 0.6:
        tailor.panel("pocket", [[-0.5, neck - top - 0.5], [0.5, neck - top - 0.5], [0.5, neck - top - 1.2],
                                [-0.5, neck - top - 1.2]])  # fmt: skip
    for side in (1, -1):
        tailor.panel("button", ellipse(0.64 * side, neck - top - 0.15, 0.1, 0.1, 16))


def _kimono(tailor: Tailor, rng: np.random.Generator) -> None:
    neck, low, wide = tailor.heights.neck, tailor.heights.waist + 0.5, rng.uniform(0.2, 0.34)
    for side in (-1, 1):
        band = np.array([[0.45, neck + 0.3], [0.45 + 1.3 * wide, neck + 0.5], [-0.35 + wide, low], [-0.35, low]])
        tailor.panel("collar", band * [side, 1])


FRONTS: dict[str, tuple[Drawer, Drawer | None, float]] = {
    "plain": (lambda tailor, rng: None, None, 0.22),
    "print": (_print, None, 0.14),
    "shirt": (_shirt, None, 0.18),
    "sailor": (_sailor, _sailor_back, 0.1),
    "blazer": (_blazer, None, 0.12),
    "stand collar": (_stand_collar, None, 0.06),
    "hoodie": (_hoodie, None, 0.07),
    "bib": (_bib, None, 0.06),
    "kimono": (_kimono, None, 0.05),
}
"""How tops are made up: what is drawn on the front, on the back, and how often."""

OPEN_NECKS = ("plain", "print", "bib")
"""Those whose neckline may be low."""


def choose_front(rng: np.random.Generator) -> str:
    """Choose how a top is made up."""
    return str(rng.choice(list(FRONTS), p=[share for _, _, share in FRONTS.values()]))


def sew(wardrobe: Wardrobe, what: str, part: int, front: str, rng: np.random.Generator) -> None:
    """Sew onto a garment what makes it up; it is drawn when the width of lines is known.

    Args:
        wardrobe: Of the wearer.
        what: The garment's name.
        part: Its number.
        front: One of `FRONTS`.
        rng: Source of everything random.
    """
    draw_front, draw_back, _ = FRONTS[front]
    numbers: dict[str, int] = {}
    for drawer, faces in ((draw_front, 1.0), (draw_back, -1.0)):
        if drawer is not None:
            seed = int(rng.integers(2**32))
            wardrobe.scene.sketches.append(_sketch(wardrobe, what, part, drawer, faces, seed, numbers))


def _sketch(
    wardrobe: Wardrobe, what: str, part: int, drawer: Drawer, faces: float, seed: int, numbers: dict[str, int]
) -> Callable[[float], Decal]:
    def draw(line: float) -> Decal:
        heights = wardrobe.heights
        sheet = Sheet(-HALF_WIDTH, HALF_WIDTH, heights.hip - BELOW, heights.neck + ABOVE, SCALE)
        tailor = Tailor(wardrobe, what, sheet, max(line * SCALE, 1.2), numbers)
        drawer(tailor, np.random.default_rng(seed))
        return sheet.decal((part,), dict(enumerate(numbers.values(), start=1)), LEAST_FRONT)._replace(faces=faces)

    return draw
