"""A drawn series: the same few people on page after page, in colours that are known.

Each character has one body, hair, face and outfit, and one colour and about one tone for each part; poses, cameras,
light, company and scenery change from panel to panel. Pages are planned, framed and lettered as others are.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.canvas import Canvas, Drawn, Region
from mangacolor.data.drawing.compose import draw_plan
from mangacolor.data.drawing.page_layout import Panel, plan_page
from mangacolor.data.drawing.scenery import draw_scenery
from mangacolor.data.drawing.screentone import BLACK_TONE, PAPER_TONE, Screentone, lay_screentone
from mangacolor.data.figures.draw import draw_cast
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.data.figures_framed import before
from mangacolor.data.figures_painted import paint_parts
from mangacolor.data.part_colours import part_colours, part_tones
from mangacolor.image import pixels_from_float
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SHOTS, SHOT_CHANCES = ("face", "bust", "upper", "full"), (0.28, 0.32, 0.28, 0.12)
"""What panels show: a series is told in faces."""

COMPANY, COMPANY_CHANCES = (0, 1, 2), (0.06, 0.7, 0.24)
"""How many of the cast are in a panel."""

SCENERY = 0.45
"""How often there is scenery behind them; else paper or a gradient."""

APART = 0.09
TRIES = 40
"""OKLab distance of a, b that the hair of two characters has at least, and how often that is tried for."""

HAIR_TONES = (1.0, 0.7, 0.42, 0.06)
"""Tones of the hair of the first four, in an order of the series' own: an artist keeps those apart who matter. The hair
of further ones has any of them."""

PERIODS_PX = (2.8, 4.5)
"""Periods of the dots of a series: an artist keeps to one sheet."""

TONE_JITTER = 0.04
OTHER_TONE = 0.08
"""How far the tone of a part is off in a panel, and how often it is another altogether: left bare, or printed dark."""

SMALLEST_PART = 0.006
"""Share of the page's short side that the disc in a part must have as its radius, for a point to be set there."""

DARKEST = 0.2
"""Tone below which a part is printed black, and no point is set: whatever colour lies there, nobody sees it."""

MOST_SIDE_PX = 448
"""Side at which a panel's people are drawn at most; larger panels enlarge them."""


class Character(NamedTuple):
    """Somebody of a series.

    Attributes:
        name: What the points of the series call them.
        seed: Decides body, outfit, hair and face.
    """

    name: str
    seed: int


class SeriesPoint(NamedTuple):
    """A place on a page whose colour is known.

    Attributes:
        x: Column.
        y: Row.
        character: Whose it is; "" for none.
        part: "hair", "skin", or the name of a garment; "ground" for none of anybody.
        rgb: Its flat colour, without light and shadow, sRGB bytes.
        panel: Which panel of the page it is in.
    """

    x: int
    y: int
    character: str
    part: str
    rgb: tuple[int, int, int]
    panel: int


class SeriesPage(NamedTuple):
    """A page of a drawn series: (H, W) grey and (H, W, 3) colour, uint8, and the points on it."""

    gray: Pixels
    colour: Pixels
    points: tuple[SeriesPoint, ...]


class DrawnSeries:
    """A cast, and the pages it appears on.

    Args:
        pack: The pack of figures.
        seed: Decides everything.
        characters: How many there are.
        page_px: Height and width of a page.
    """

    def __init__(self, pack: Pack, seed: int, characters: int = 4, page_px: tuple[int, int] = (1050, 735)) -> None:
        self._pack = pack
        self._seed = seed
        self._page_px = page_px
        rng = np.random.default_rng((seed, 20261126))
        self.cast = tuple(Character(f"c{number}", int(rng.integers(2**31))) for number in range(characters))
        self._period_px = float(rng.uniform(*PERIODS_PX))
        self._hair = _hair_colours(self.cast, rng)
        tones = [float(tone) for tone in rng.permutation(HAIR_TONES)]
        self._hair_tones = {one.name: tones[k % len(tones)] for k, one in enumerate(self.cast)}

    def colours_of(self, character: Character, part: Part) -> tuple[FloatArray, float]:
        """Return the flat colour (3,) and the tone of a part of a character, on every page the same."""
        key = zlib.crc32(f"{part.kind} {part.what}".encode())
        rng = np.random.default_rng((character.seed, key))
        colours = part_colours((Part("ground"), part), rng)
        if part.kind == "hair":
            return self._hair[character.name], self._hair_tones[character.name]
        if part.kind in ("lips", "nail"):
            colours[1] *= self.colours_of(character, Part("skin"))[0]
        return colours[1], float(part_tones((Part("ground"), part), colours, rng)[1])

    def page(self, number: int) -> SeriesPage:
        """Draw a page; the same number is the same page."""
        rng = np.random.default_rng((self._seed, number, 20261127))
        height, width = self._page_px
        plan = plan_page(height, width, rng, "manga")
        canvas = Canvas((0, 0, height, width), is_black=plan.has_black_gutters)
        shown: list[tuple[Region, Drawing, tuple[Character, ...], FloatArray, Drawn]] = []

        def show(panel: Panel, region: Region) -> Drawn:
            drawn, drawing, chosen, colours = self._draw_panel(panel, region)
            shown.append((region, drawing, chosen, colours, drawn))
            return drawn

        composed = draw_plan(plan, canvas, show, rng)
        points = [point for index, one in enumerate(shown) for point in _points(*one, canvas, composed.paper, index)]
        return SeriesPage(
            pixels_from_float(composed.layers.page),
            pixels_from_float((composed.layers.colour * composed.layers.ink[..., None]).clip(0, 1)),
            tuple(points),
        )

    def pages(self, count: int) -> Iterator[SeriesPage]:
        """Draw the first pages."""
        return (self.page(number) for number in range(count))

    def _draw_panel(self, panel: Panel, region: Region) -> tuple[Drawn, Drawing, tuple[Character, ...], FloatArray]:
        """Draw what a panel shows: layers, the drawing with its parts and who is in it, and their flat colours."""
        rng = np.random.default_rng((panel.seed, 2))
        side_px = min(max(region.shape), MOST_SIDE_PX)
        count = 0 if panel.is_blank else int(rng.choice(COMPANY, p=COMPANY_CHANCES))
        chosen = tuple(self.cast[index] for index in rng.permutation(len(self.cast))[:count])
        scenery = not panel.is_blank and (count == 0 or rng.random() < SCENERY)
        empty = np.ones((side_px, side_px), np.float32)
        drawing = Drawing(empty, np.zeros((side_px, side_px), np.uint8), empty, (Part("ground"),))
        if scenery:
            drawing = _enlarged(draw_scenery(rng), side_px)
        if count:
            shot = str(rng.choice(SHOTS, p=SHOT_CHANCES))
            people = draw_cast(self._pack, [one.seed for one in chosen], shot, rng, side_px)
            drawing = before(people, drawing)
        colours, tones = self._painted(drawing, chosen, rng)
        layers = paint_parts(drawing, colours, tones, None, rng).layers
        cut = _window(region.shape, side_px)
        ink, tone, colour = (_fitted(one, cut, region.shape) for one in (layers.ink, layers.tone, layers.colour))
        part = np.ascontiguousarray(drawing.part[cut])
        part = np.asarray(cv2.resize(part, region.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        ink = np.where(tone < BLACK_TONE, np.float32(0), ink)
        is_screened = (tone < PAPER_TONE) & (tone >= BLACK_TONE)
        flat = np.where(is_screened, tone, np.float32(1))
        dots = Screentone(period_px=self._period_px, phase=(float(rng.random()), float(rng.random())))
        drawn = Drawn(ink, flat, lay_screentone(flat, dots, rng), is_screened, colour)
        return drawn, drawing._replace(part=part), chosen, colours

    def _painted(
        self, drawing: Drawing, chosen: tuple[Character, ...], rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Choose colours (N, 3) and tones (N,): those of characters are theirs, those of the scenery by chance."""
        colours = part_colours(drawing.parts, rng)
        tones = part_tones(drawing.parts, colours, rng)
        jitter: dict[tuple[str, int], float] = {}
        for number, part in enumerate(drawing.parts):
            if part.person < 0:
                continue
            colours[number], tone = self.colours_of(chosen[part.person], part)
            key = (part.kind + part.what, part.person)
            if key not in jitter:
                jitter[key] = float(rng.uniform(-TONE_JITTER, TONE_JITTER))
                if part.kind in ("hair", "garment") and rng.random() < OTHER_TONE:
                    jitter[key] = float(rng.choice([1.0, -0.3]))
            is_bare = tone > 1 - TONE_JITTER and jitter[key] > -0.1
            tones[number] = tone if is_bare else np.clip(tone + jitter[key], 0.02, 1)
        return colours, tones


def _hair_colours(cast: tuple[Character, ...], rng: np.random.Generator) -> dict[str, FloatArray]:
    """Choose hair colours that are told apart."""
    chosen: list[FloatArray] = []
    for _ in cast:
        best, farthest = np.zeros(3, np.float32), -1.0
        for _ in range(TRIES):
            colour = part_colours((Part("ground"), Part("hair")), rng)[1]
            lab = oklab_from_srgb(np.stack([colour, *chosen])[None])[0, :, 1:]
            distance = float(np.linalg.norm(lab[1:] - lab[0], axis=1).min(initial=1.0))
            if distance > farthest:
                best, farthest = colour, distance
            if distance > APART:
                break
        chosen.append(best)
    return {one.name: colour for one, colour in zip(cast, chosen, strict=True)}


def _enlarged(drawing: Drawing, side_px: int) -> Drawing:
    size = (side_px, side_px)
    return drawing._replace(
        ink=np.asarray(cv2.resize(drawing.ink, size, interpolation=cv2.INTER_AREA), np.float32),
        part=np.asarray(cv2.resize(drawing.part, size, interpolation=cv2.INTER_NEAREST), np.uint8),
        light=np.asarray(cv2.resize(drawing.light, size, interpolation=cv2.INTER_AREA), np.float32),
    )


def _window(shape: tuple[int, int], side_px: int) -> tuple[slice, slice]:
    """Return the middle of a square drawing that has the shape of a panel, a little above it where heads are."""
    longest = max(shape)
    rows, columns = (max(1, round(side * side_px / longest)) for side in shape)
    top, left = (side_px - rows) // 3, (side_px - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


def _fitted(plane: FloatArray, cut: tuple[slice, slice], shape: tuple[int, int]) -> FloatArray:
    return np.asarray(cv2.resize(np.ascontiguousarray(plane[cut]), shape[::-1]), np.float32)


def _points(
    region: Region, drawing: Drawing, chosen: tuple[Character, ...], colours: FloatArray, drawn: Drawn,
    canvas: Canvas, paper: NDArray[np.bool_], panel: int,
) -> Iterator[SeriesPoint]:  # fmt: skip
    """Set a point in the middle of every part of a panel that is large enough, where nothing lies over it."""
    least = SMALLEST_PART * min(canvas.ink.shape)
    # What the page still shows in the panel's own colours is not covered by a balloon or another panel.
    is_shown = np.abs(canvas.colour[region.cut] - drawn.colour).max(axis=2) < 1e-3
    is_shown &= ~paper[region.cut] & (canvas.ink[region.cut] > 0.5) & (drawn.tone > DARKEST)
    names = [_name_of(part) for part in drawing.parts]
    for person, part in sorted({(one.person, name) for one, name in zip(drawing.parts, names, strict=True) if name}):
        numbers = [k for k, one in enumerate(drawing.parts) if one.person == person and names[k] == part]
        inside = (np.isin(drawing.part, numbers) & is_shown).astype(np.uint8)
        depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[y, x] >= least:
            red, green, blue = pixels_from_float(colours[drawing.part[y, x]][None, None])[0, 0]
            who = chosen[person].name if person >= 0 else ""
            at = (int(x) + region.left, int(y) + region.top)
            yield SeriesPoint(*at, who, part, (int(red), int(green), int(blue)), panel)


def _name_of(part: Part) -> str:
    """Return what a point in a part is called; "" where none is set."""
    if part.kind in ("hair", "skin"):
        return part.kind
    if part.kind == "garment":
        return part.what.split(" ")[0]
    return "ground" if part.person < 0 and part.kind != "ground" else ""
