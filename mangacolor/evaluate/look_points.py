"""What a coloured page shows at points whose right colour a person knows, and how much colour it has.

Truth in pixels would say that a mean brown is nearly right everywhere. A reader asks other things: is skin skin, is the
balloon white, is a jacket coloured at all? A person has marked such places on real pages once, and each is checked by
bounds on OKLab lightness, chroma and hue.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.paper import PAPER_TONES
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, resize
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.ink import BLACK_FLOOR
from mangacolor.page.lighting import on_white_paper
from mangacolor.text import text_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

COLUMNS = ("page", "x", "y", "kind", "where")

DISC = 1 / 200
"""Radius of the disc that is looked at, as a share of the page's short side: 7 pixels of 1414. Smaller than a cheek or
a finger, larger than a few screen dots."""

INK = BLACK_FLOOR
"""Grey of the page, paper being 1, below which a pixel counts as ink. Ink darkens whatever colour lies under it."""

LEAST_CLEAR = 0.2
"""Where less of a disc is free of ink, as in black hair, its lightest pixels up to this share are taken."""

PAPER = PAPER_TONES[0]
"""Grey of the page, paper being 1, from which a pixel counts as paper."""

WHITEST = 95
"""Percentile of lightness, over what is paper on the grey page, that is the paper of a coloured page: not all bare
paper stays white, for skin and sky are bare paper too."""

COLOURED = 0.03
"""OKLab chroma above which a thing is coloured."""

NEUTRAL = 0.01
WHITE = 0.95
"""White keeps a chroma up to the first, and the second as a share of the lightness of the page's paper."""

SECTORS = 12
LEAST_SECTOR = 0.03
"""A hue sector counts where it holds more than this share of a page's area off paper and off ink."""


@dataclass(frozen=True)
class Bounds:
    """Hues in degrees, and chroma, that a thing may have in OKLab."""

    hue: tuple[float, float]
    chroma: tuple[float, float]

    def hold(self, colour: Sequence[float]) -> bool:
        """Say whether a colour (lightness, a, b) lies within, its bounds included."""
        return bool(self.held(np.array(colour)))

    def held(self, lab: NDArray[np.floating[Any]]) -> Mask:
        """Say of each OKLab colour (..., 3) whether it lies within."""
        chroma, hue = np.hypot(lab[..., 1], lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
        is_hue, is_chroma = (
            (bounds[0] <= values) & (values <= bounds[1]) for bounds, values in ((self.hue, hue), (self.chroma, chroma))
        )
        return np.asarray(is_hue & is_chroma, np.bool_)


SHADES = {
    "skin": Bounds((20, 90), (0.02, 0.16)),
    "sky": Bounds((190, 295), (0.02, 1)),
    "sea": Bounds((160, 295), (0.02, 1)),
    "foliage": Bounds((95, 175), (0.02, 1)),
    "wood": Bounds((25, 105), (0.02, 1)),
    "ground": Bounds((25, 130), (0.02, 1)),
}
"""Things that have hues of their own. In OKLab red is at 29 degrees, orange at about 60, yellow at 110, green at 142,
cyan at 195 and blue at 264."""

FREE = ("hair", "cloth", "eye")
"""Things that may have any hue, as long as they are coloured."""

KINDS = (*SHADES, "white", *FREE)


@dataclass(frozen=True)
class Point:
    """A place on a page, in its pixels, and what is drawn there.

    Attributes:
        page: Name of the page without suffix.
        x: Column.
        y: Row.
        kind: One of `KINDS`.
        where: Which part of a body, or whose hair or garment; may be empty.
    """

    page: str
    x: int
    y: int
    kind: str
    where: str


@dataclass(frozen=True)
class Verdict:
    """A point, its colour (lightness, a, b) in OKLab, and whether that is right for what is drawn there."""

    point: Point
    colour: tuple[float, float, float]
    right: bool


@dataclass(frozen=True)
class PageLook:
    """What one coloured page looks like.

    Attributes:
        page: Its name.
        verdicts: One for each of its points, in their order.
        chroma: Mean OKLab chroma off paper and off ink.
        coloured: Share of that area that is coloured.
        coloured_paper: The same of what is paper on the grey page: skin and white hair, and spills.
        sectors: Hue sectors that hold more than 3 % of the area off paper and off ink.
    """

    page: str
    verdicts: tuple[Verdict, ...]
    chroma: float
    coloured: float
    coloured_paper: float
    sectors: int


def read_points(path: Path) -> list[Point]:
    """Read points from a file of tab-separated values with the columns page, x, y, kind, where.

    Raises:
        BadInputError: The file is missing, or a line is not as it should be.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text_of(path.read_bytes())), delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: cannot be read.", advice="Give a folder with pages/ and points.tsv.") from error
    points = []
    for number, row in enumerate(rows, start=2):
        try:
            page, x, y, kind, where = (row[name] for name in COLUMNS)
            points.append(Point(page, int(x), int(y), kind, where or ""))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInputError(
                f"{path}, line {number}: not a point.", advice=f"Its columns are {', '.join(COLUMNS)}."
            ) from error
        if kind not in KINDS:
            raise BadInputError(f"{path}, line {number}: unknown kind `{kind}`.", advice=f"Known: {', '.join(KINDS)}.")
    return points


def look_at_page(name: str, gray: FloatArray, coloured: Pixels, points: Sequence[Point]) -> PageLook:
    """Check the points of a coloured page and measure its colour.

    What is paper and what is ink is read from the grey page, so that all tools are measured on the same pixels.

    Args:
        name: Name of the page.
        gray: (H, W) grey page in [0, 1].
        coloured: (h, w, 3) coloured page; one of another size is scaled to the grey page's.
        points: Points of this page, in pixels of the grey page.

    Raises:
        BadInputError: A point lies off the page.
    """
    height, width = gray.shape
    gray = on_white_paper(gray)
    lab = oklab_from_srgb(float_from_pixels(resize(coloured, height, width)))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    paper = gray >= PAPER
    white = float(np.percentile(lab[..., 0][paper], WHITEST)) if paper.any() else 1.0
    verdicts = []
    for point in points:
        if not (0 <= point.x < width and 0 <= point.y < height):
            raise BadInputError(f"{name}: the point {point.x}, {point.y} lies off the page of {width} × {height}.")
        colour = colour_at(lab, gray, point.x, point.y)
        verdicts.append(Verdict(point, colour, _is_right(point.kind, colour, white)))
    toned = ~paper & (gray > INK)
    area = max(int(toned.sum()), 1)
    strong = toned & (chroma > COLOURED)
    hue = np.degrees(np.arctan2(lab[..., 2][strong], lab[..., 1][strong])) % 360
    held = np.bincount((hue * SECTORS / 360).astype(int) % SECTORS, minlength=SECTORS)
    return PageLook(
        name,
        tuple(verdicts),
        chroma=float(chroma[toned].sum() / area),
        coloured=float(strong.sum() / area),
        coloured_paper=float((chroma[paper] > COLOURED).mean()) if paper.any() else 0.0,
        sectors=int((held > LEAST_SECTOR * area).sum()),
    )


def colour_at(lab: FloatArray, gray: FloatArray, x: int, y: int) -> tuple[float, float, float]:
    """Return the median OKLab colour of a small disc, ink left out.

    Args:
        lab: (H, W, 3) coloured page in OKLab.
        gray: (H, W) grey page, paper being 1; it says where ink is.
        x: Column of the centre.
        y: Row of the centre.
    """
    radius = max(1, round(DISC * min(gray.shape)))
    top, left = max(0, y - radius), max(0, x - radius)
    inside = np.s_[top : y + radius + 1, left : x + radius + 1]
    rows, columns = np.ogrid[top : top + gray[inside].shape[0], left : left + gray[inside].shape[1]]
    disc = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    shades, colours = gray[inside][disc], lab[inside][disc]
    clear = shades >= min(INK, float(np.quantile(shades, 1 - LEAST_CLEAR)))
    lightness, a, b = np.median(colours[clear], axis=0)
    return float(lightness), float(a), float(b)


def _is_right(kind: str, colour: tuple[float, float, float], white: float) -> bool:
    if kind in SHADES:
        return SHADES[kind].hold(colour)
    chroma = math.hypot(*colour[1:])
    return chroma <= NEUTRAL and colour[0] >= WHITE * white if kind == "white" else chroma > COLOURED
