"""Where things stand on a page of manga or a webtoon strip: panels, balloons, captions, sounds.

A plan is geometry alone, in pixels of the page; `compose` draws it, whole or a window of it. All
sizes follow from the page's short side, so that a page planned at half the size looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.balloon_shapes import blob, box_of
from mangacolor.data.drawing.balloons import Box, Lettering, LetteringStyle, place_lettering, touch
from mangacolor.data.drawing.fonts import Fonts, find_fonts

Points = NDArray[np.float32]
PageKind = Literal["manga", "webtoon"]
Effect = Literal["none", "speed", "focus"]

LETTERS_A_SIDE = 55
"""Letters of ordinary size that fit on the short side of a page, one beside the other."""


SLIVER = 2.5
"""Panels narrower than this many letters are left out."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A panel.

    Attributes:
        polygon: (N, 2) corners x, y, convex.
        frame_px: Width of its frame; 0 for none.
        rim_px: White border outside the frame, of panels that lie over others.
        figure: (N, 2) outline of a part of its art that breaks the frame, or None.
        effect: Lines drawn over its art.
        is_blank: Whether it has no art.
        seed: What it shows depends on this alone.
    """

    polygon: Points
    frame_px: float
    rim_px: float
    figure: Points | None
    effect: Effect
    is_blank: bool
    seed: int

    def box(self) -> Box:
        """Return top, left, bottom, right of all that its art may cover."""
        points = self.polygon if self.figure is None else np.concatenate([self.polygon, self.figure])
        return box_of(points)


@dataclass(frozen=True, eq=False)
class PagePlan:
    """A page before it is drawn.

    Attributes:
        height_px: Height of the page.
        width_px: Width of the page.
        kind: Manga page or webtoon strip.
        has_black_gutters: Black instead of white between panels.
        panels: In the order in which they are painted.
        lettering: Over all panels, none touching another.
        period_px: Range of the periods of its screentone; one artist's page has about one.
        grey_draw: In [0, 1); pages below the share of plain greys have plain greys in all panels.
    """

    height_px: int
    width_px: int
    kind: PageKind
    has_black_gutters: bool
    panels: tuple[Panel, ...]
    lettering: tuple[Lettering, ...]
    period_px: tuple[float, float]
    grey_draw: float

    @property
    def unit_px(self) -> float:
        """Size of ordinary letters, which all other sizes follow."""
        return min(self.height_px, self.width_px) / LETTERS_A_SIDE


def plan_page(
    height_px: int,
    width_px: int,
    rng: np.random.Generator,
    kind: PageKind | None = None,
    fonts: Fonts | None = None,
) -> PagePlan:
    """Plan a page: panels, gutters and lettering.

    Args:
        height_px: Height of the page.
        width_px: Width of the page.
        rng: Source of everything random.
        kind: Manga page or webtoon strip; None for mostly manga.
        fonts: Fonts to letter it with; None for those installed.
    """
    fonts = fonts or find_fonts()
    draw = rng.random()
    kind = kind or ("webtoon" if draw < 0.15 else "manga")
    unit = min(height_px, width_px) / LETTERS_A_SIDE
    is_black = bool(rng.random() < (0.06 if kind == "manga" else 0.2))
    panels = tuple((_manga_panels if kind == "manga" else _webtoon_panels)(height_px, width_px, unit, rng))
    style = _style(fonts, unit * (1.0 if kind == "manga" else 1.3), rng)
    boxes = [box_of(panel.polygon) for panel in panels]
    lettering = list(place_lettering(boxes, (0, 0, height_px, width_px), style, rng))
    if kind == "manga" and not is_black and rng.random() < 0.6:
        number = _page_number(max((box[2] for box in boxes), default=0.0), (height_px, width_px), style, rng)
        lettering += [one for one in number if not any(touch(one.box(), other.box(), 1) for other in lettering)]
    period_px = float(np.clip(unit * rng.uniform(0.12, 0.65), 2.9, 10.4))
    return PagePlan(
        height_px, width_px, kind, is_black, panels, tuple(lettering), (0.86 * period_px, 1.15 * period_px),
        rng.random(),
    )  # fmt: skip


def _style(fonts: Fonts, unit: float, rng: np.random.Generator) -> LetteringStyle:
    letter_px, line_px = unit * rng.uniform(0.9, 1.3), unit * rng.uniform(0.04, 0.13)
    is_japanese = bool(rng.random() < 0.6) and bool(fonts.japanese)
    ruby = bool(rng.random() < 0.4)
    return LetteringStyle(fonts, fonts.choose(rng, japanese=is_japanese), letter_px, line_px, is_japanese, ruby)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**62))


def _manga_panels(height: int, width: int, unit: float, rng: np.random.Generator) -> Iterator[Panel]:
    """Cut the page into tiers and the tiers into panels, then let some bleed, lose their frame or be broken."""
    margin = unit * rng.uniform(0.6, 3.2)
    gutter = unit * rng.uniform(0.35, 1.3)
    frame = unit * rng.uniform(0.05, 0.2)
    page = np.array(
        [(margin, margin), (width - margin, margin), (width - margin, height - margin), (margin, height - margin)]
    )
    slanted = rng.random() < 0.35
    if rng.random() < 0.06:
        polygons = [page]
    else:
        polygons = [
            panel for tier in _tiers(page, gutter, slanted, rng) for panel in _across(tier, gutter, slanted, rng)
        ]
    bleeds = rng.random() < 0.4
    polygons = [polygon for polygon in polygons if np.ptp(polygon, axis=0).min() > SLIVER * unit]
    for polygon in polygons:
        if bleeds and rng.random() < 0.4:
            polygon = _bled(polygon, page, 3 * unit + margin)
        yield _panel(polygon, 0.0 if rng.random() < 0.08 else frame, 0.0, unit, rng)
    if polygons and rng.random() < 0.18:
        yield from _insets(polygons, frame, gutter, unit, rng)


def _tiers(page: Points, gutter: float, slanted: bool, rng: np.random.Generator) -> list[Points]:
    tall = (page[2, 1] - page[0, 1]) / (page[1, 0] - page[0, 0])
    count = int(np.clip(round(rng.normal(2.2 * tall, 0.7)), 1, 6))
    return _cuts(page, count, 1.4 * gutter, 1, 0.10 if slanted else 0.0, rng)


def _across(tier: Points, gutter: float, slanted: bool, rng: np.random.Generator) -> list[Points]:
    top, left, bottom, right = box_of(tier)
    wide = (right - left) / max(1.0, bottom - top)
    count = int(np.clip(round(rng.normal(0.75 * wide, 0.6)), 1, 4))
    columns = _cuts(tier, count, gutter, 0, 0.25 if slanted else 0.0, rng)
    parts: list[Points] = []
    for column in columns:
        top, left, bottom, right = box_of(column)
        is_tall = bottom - top > 1.5 * (right - left)
        parts += (
            _cuts(column, 2, gutter, 1, 0.0, rng) if is_tall and len(columns) > 1 and rng.random() < 0.4 else [column]
        )
    return parts


def _cuts(
    polygon: Points, count: int, gutter: float, axis: int, slant: float, rng: np.random.Generator
) -> list[Points]:
    """Cut a convex polygon into `count` slices along x (axis 0) or y (axis 1), a gutter between them."""
    low, high = polygon[:, axis].min(), polygon[:, axis].max()
    shares = rng.uniform(0.6, 1.4, count)
    places = low + (high - low) * np.cumsum(shares / shares.sum())[:-1]
    centre = (polygon[:, 1 - axis].min() + polygon[:, 1 - axis].max()) / 2
    rest, slices = polygon, []
    for place in places:
        lean = rng.uniform(-slant, slant) if rng.random() < 0.6 else 0.0
        normal = np.zeros(2, np.float32)
        normal[axis], normal[1 - axis] = 1.0, lean
        offset = place + lean * centre
        slices.append(_clip(rest, -normal, gutter / 2 - offset))
        rest = _clip(rest, normal, offset + gutter / 2)
    return [part for part in (*slices, rest) if len(part) >= 3]


def _clip(polygon: Points, normal: Points, offset: float) -> Points:
    """Keep the part of a convex polygon where normal . point >= offset (Sutherland & Hodgman 1974)."""
    depths = (polygon @ normal - offset).tolist()
    kept: list[Points] = []
    for index, (here, depth_here) in enumerate(zip(polygon, depths, strict=True)):
        there, depth_there = polygon[index - len(polygon) + 1], depths[index - len(polygon) + 1]
        if depth_here >= 0:
            kept.append(here)
        if depth_here * depth_there < 0:
            kept.append(here + (there - here) * depth_here / (depth_here - depth_there))
    return np.array(kept, np.float32).reshape(-1, 2)


def _bled(polygon: Points, page: Points, reach: float) -> Points:
    """Push the corners that lie on the edge of the type area beyond the page."""
    bled = np.array(polygon)
    for axis in (0, 1):
        low, high = page[:, axis].min(), page[:, axis].max()
        bled[polygon[:, axis] <= low + 0.01, axis] -= reach
        bled[polygon[:, axis] >= high - 0.01, axis] += reach
    return bled


def _insets(
    polygons: list[Points], frame: float, gutter: float, unit: float, rng: np.random.Generator
) -> Iterator[Panel]:
    """Yield small panels that lie over a corner of a large one."""
    largest = max(polygons, key=lambda polygon: float(np.prod(np.ptp(polygon, axis=0))))
    top, left, bottom, right = box_of(largest)
    width, height = (right - left) * rng.uniform(0.25, 0.45), (bottom - top) * rng.uniform(0.25, 0.45)
    x = right - width - unit if rng.random() < 0.5 else left + unit
    y = bottom - height * rng.uniform(0.7, 1.0)
    corners = np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
    yield _panel(corners, frame, gutter / 2 if rng.random() < 0.7 else 0.0, unit, rng)


def _panel(polygon: Points, frame: float, rim: float, unit: float, rng: np.random.Generator) -> Panel:
    polygon = polygon.astype(np.float32)
    top, left, bottom, right = box_of(polygon)
    width, height = right - left, bottom - top
    figure = None
    if rng.random() < 0.08 and min(width, height) > 8 * unit:
        x = left + width * rng.uniform(0.3, 0.7)
        y = bottom if rng.random() < 0.5 else top
        figure = blob(x, y, width * rng.uniform(0.12, 0.22), rng.uniform(1.5, 3.5) * unit, 0.12, rng)
    draw = rng.random()
    effect: Effect = "focus" if draw < 0.06 else "speed" if draw < 0.12 else "none"
    return Panel(
        polygon, frame, rim, figure, effect, bool(rng.random() < 0.05 and width * height < (25 * unit) ** 2), _seed(rng)
    )


def _webtoon_panels(height: int, width: int, unit: float, rng: np.random.Generator) -> Iterator[Panel]:
    """Stack panels down the strip, wide gaps between them; many run from edge to edge."""
    frame = unit * rng.uniform(0.05, 0.12) if rng.random() < 0.6 else 0.0
    y = -rng.uniform(0, 0.4) * width
    while y < height:
        tall = width * rng.uniform(0.4, 1.3)
        left, right = -2 * unit, width + 2 * unit
        if rng.random() < 0.5:
            left, right = width * rng.uniform(0.03, 0.2), width * rng.uniform(0.8, 0.97)
        parts = [np.array([(left, y), (right, y), (right, y + tall), (left, y + tall)])]
        if rng.random() < 0.2:
            parts = _cuts(parts[0], 2, unit, 0, 0.2, rng)
        for part in parts:
            yield _panel(part, frame, 0.0, unit, rng)
        y += tall + width * rng.choice([rng.uniform(0.02, 0.08), rng.uniform(0.1, 0.7)])


def _page_number(
    lowest: float, size: tuple[int, int], style: LetteringStyle, rng: np.random.Generator
) -> list[Lettering]:
    """Put a number below the panels, where there is room."""
    height, width = size
    letter = 0.8 * style.letter_px
    x = float(rng.choice([3 * letter, width - 3 * letter, width / 2]))
    if height - lowest < 2 * letter:
        return []
    number = str(int(rng.integers(1, 220)))
    y = (lowest + height) / 2
    return [Lettering("caption", style.font, x, y, letter, letter, "none", "none", 0.0, letter, text=number)]
