"""A short series of manga pages with a cast of its own, drawn twice: in ink with screentone, and in flat colours.

The two versions of a page have the same lines, so that colours found for the one can be measured against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from draw_pages import (
    Person,
    Pose,
    draw_back_hair,
    draw_body,
    draw_cat,
    draw_cloud,
    draw_face,
    draw_front_hair,
    draw_neck,
    draw_shine,
    draw_tree,
)
from pen import BLACK, SUPERSAMPLING, WHITE, Array, Canvas, Mask, Points, bounds, shifted
from PIL import Image

RGB = tuple[int, int, int]
PAGE_PX = (640, 900)
PAPER, SKIN = (255, 255, 255), (250, 214, 186)
SKY, MEADOW, LEAVES, BARK = (150, 205, 240), (170, 210, 100), (70, 140, 70), (150, 104, 70)
WALL, FLOOR, FRAME, CURTAIN, FUR = (244, 226, 170), (186, 128, 80), (140, 88, 56), (216, 120, 150), (236, 160, 70)
SHADE = 0.45
"""What screentone is in print is a darker shade in colour: black dots all over take this share of the light."""


class Actor(NamedTuple):
    """Somebody who comes back on every page: the same hair and clothes, in ink and in colour."""

    person: Person
    hair: RGB
    clothes: RGB


CAST = {
    "aki": Actor(Person("tone", "long", "sailor", tone_share=0.26), hair=(200, 56, 48), clothes=(120, 150, 220)),
    "ren": Actor(Person("white", "short", "hoodie", boy=True), hair=(246, 208, 90), clothes=(60, 150, 120)),
}


class Sheet(Canvas):
    """A page where white paint has a colour; drawn twice with one seed, it comes out in ink and in colour."""

    def __init__(self, seed: int, *, in_colour: bool) -> None:
        super().__init__(*PAGE_PX, seed)
        self.in_colour, self.brush, self.spray = in_colour, PAPER, PAPER
        self.flats = np.full((*self.pixels.shape, 3), 255, np.uint8)

    def dip(self, colour: RGB, spray: RGB = PAPER) -> None:
        """Choose the colours of what is painted white from here on: of outlines that are filled, and of masks."""
        self.brush, self.spray = colour, spray

    def fill(self, points: Points, ink: int = BLACK, curve: bool = False) -> None:
        """Fill an outline, and put the brush's colour below it."""
        super().fill(points, ink, curve)
        if ink == WHITE and self.in_colour:
            lines, self.pixels = self.pixels, self.flats
            super().fill(points, self.brush, curve)
            self.pixels = lines

    def paint(self, mask: Mask, ink: int = BLACK) -> None:
        """Fill a mask; the drawing tools do it for balloons, clouds, leaves and the whites of eyes."""
        super().paint(mask, ink)
        if self.in_colour:
            box = bounds(mask)
            self.flats[box][mask[box]] = self.spray

    def tone(self, mask: Mask, period: float, coverage: float | Callable[..., Array], angle: float = 45) -> None:
        """Lay screentone in print, a shade in colour."""
        if not self.in_colour:
            super().tone(mask, period, coverage, angle)
            return
        box = bounds(mask)
        if callable(coverage):
            y, x = np.mgrid[box].astype(np.float32) / SUPERSAMPLING
            coverage = np.clip(coverage(x, y), 0, 1)[mask[box], None]
        self.flats[box][mask[box]] = self.flats[box][mask[box]] * (1 - SHADE * coverage)

    @contextmanager
    def inside(self, mask: Mask) -> Iterator[None]:
        """Let what is drawn show only inside the mask, in ink and in colour."""
        before = self.flats.copy() if self.in_colour else self.flats
        with super().inside(mask):
            yield
        box = bounds(mask)
        before[box][mask[box]] = self.flats[box][mask[box]]
        self.flats = before

    def picture(self) -> Image.Image:
        """Return the page as a reader sees it: its ink, on paper or over its colours."""
        pixels = self.flats * (self.pixels[..., None] / np.float32(255)) if self.in_colour else self.pixels
        return Image.fromarray(pixels.astype(np.uint8)).resize(PAGE_PX, Image.Resampling.BOX)


def draw_actor(c: Sheet, name: str, x: float, y: float, scale: float, pose: Pose, *, flip: bool = False) -> None:
    """Draw head and shoulders of one of the cast with the eyes at (x, y)."""
    person, hair, clothes = CAST[name]
    with c.placed(x, y, scale, flip=flip, weight=max(0.42, scale**0.7)):
        back, front = c.empty(), c.empty()
        c.dip(hair)
        draw_back_hair(c, person, pose, back)
        c.dip(SKIN)
        draw_neck(c, person, pose)
        c.dip(clothes)
        draw_body(c, person, pose)
        c.dip(SKIN)
        face = draw_face(c, person, pose)
        c.dip(hair)
        draw_front_hair(c, person, pose, front)
        c.tone(shifted(front, 3 * c.unit, 13 * c.unit) & face & ~front, 5, 0.3)
        if person.hair == "tone":
            c.tone(front & ~draw_shine(c, person.hair, front, pose.turn), person.tone_period, person.tone_share)


def draw_hill(c: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Draw a meadow under the sky, with a tree."""
    c.dip(SKY)
    c.fill([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], WHITE)
    draw_cloud(c, x + 0.24 * w, y + 0.3 * h, 0.36 * w, 0.2 * h)
    c.dip(MEADOW)
    c.shape([(x - 40, y + 1.4 * h), (x - 40, y + 0.72 * h), (x + 0.5 * w, y + 0.6 * h), (x + w + 40, y + 0.76 * h),
             (x + w + 40, y + 1.4 * h)], 2.4)  # fmt: skip
    c.dip(BARK, spray=LEAVES)
    draw_tree(c, x + 0.86 * w, y + 0.72 * h, 0.6 * h)


def draw_room(c: Sheet, x: float, y: float, w: float, h: float) -> None:
    """Draw a room with a window, a curtain and a wooden floor."""
    c.dip(WALL)
    c.fill([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], WHITE)
    c.dip(FLOOR)
    c.shape(
        [(x - 9, y + 0.8 * h), (x + w + 9, y + 0.8 * h), (x + w + 9, y + h + 9), (x - 9, y + h + 9)], 2.4, curve=False
    )
    for board in range(9):
        c.stroke([(x + w * board / 8, y + 0.8 * h), (x + w * (board * 1.3 - 1.2) / 8, y + h)], 1.4, "none")
    for inset, colour in ((0.0, FRAME), (0.025 * h, SKY)):
        left, right, top, bottom = x + 0.36 * w + inset, x + 0.8 * w - inset, y + 0.12 * h + inset, y + 0.6 * h - inset
        c.dip(colour)
        c.shape([(left, top), (right, top), (right, bottom), (left, bottom)], 2.0, curve=False)
    c.stroke([(x + 0.58 * w, y + 0.14 * h), (x + 0.58 * w, y + 0.58 * h)], 4, "none")
    c.dip(CURTAIN)
    folds = [(x + (0.76 + 0.03 * (k % 2) + 0.012 * k) * w, y + (0.06 + 0.09 * k) * h) for k in range(8)]
    c.shape([*folds, (x + 0.96 * w, y + 0.69 * h), (x + 0.92 * w, y + 0.06 * h)], 2.2)
    for share in (0.84, 0.89):
        c.stroke([(x + share * w, y + 0.1 * h), (x + (share + 0.015) * w, y + 0.64 * h)], 1.6, "both")


SCENES = {"hill": draw_hill, "room": draw_room}


class Panel(NamedTuple):
    """One panel: its box, where it plays, who is in it, and what is said at (x, y)."""

    box: tuple[float, float, float, float]
    scene: str
    actors: tuple[tuple[str, float, float, float, Pose, bool], ...] = ()
    cat: tuple[float, float, float] | None = None
    words: tuple[str, float, float] | None = None


TALL, WIDE, LEFT, RIGHT = (24, 24, 616, 440), (24, 456, 616, 876), (24, 456, 300, 876), (316, 456, 616, 876)
TURNED = Pose(turn=0.9)
PAGES = (
    (
        Panel(TALL, "hill", (("aki", 190, 250, 0.72, Pose(mood="glad"), False), ("ren", 420, 240, 0.72, TURNED, True)),
              words=("WHERE/HAVE YOU/BEEN?", 300, 84)),
        Panel(LEFT, "room", (("ren", 150, 660, 0.8, Pose(mood="firm"), False),)),
        Panel(RIGHT, "room", (("aki", 430, 690, 0.75, TURNED, False),), cat=(570, 870, 130)),
    ),
    (
        Panel((24, 24, 400, 440), "room", (("aki", 200, 220, 0.95, Pose(turn=0.5, mood="surprise"), True),)),
        Panel((416, 24, 616, 440), "hill", (("ren", 510, 230, 0.62, Pose(mood="smile"), False),)),
        Panel(WIDE, "hill", (("ren", 180, 660, 0.66, TURNED, False), ("aki", 450, 680, 0.68, Pose(), False)),
              cat=(312, 866, 110), words=("UP THE/HILL!", 320, 512)),
    ),
    (
        Panel((24, 24, 616, 300), "hill", (("ren", 470, 150, 0.55, Pose(turn=0.6, mood="glad"), True),),
              cat=(200, 290, 120)),
        Panel((24, 316, 300, 876), "hill", (("aki", 160, 540, 0.9, Pose(mood="smile", wind=0.3), False),)),
        Panel((316, 316, 616, 876), "room", (("ren", 470, 560, 1.0, Pose(mood="shout"), False),),
              words=("WHAT?", 390, 372)),
    ),
    (
        Panel(TALL, "room", (("ren", 170, 220, 0.7, TURNED, False), ("aki", 430, 240, 0.76, Pose(turn=0.4), True)),
              words=("IT IS/LATE.", 300, 90)),
        Panel(LEFT, "hill", cat=(150, 850, 230)),
        Panel(RIGHT, "hill", (("aki", 470, 680, 0.7, Pose(turn=0.8, mood="sad"), False),)),
    ),
)  # fmt: skip


def draw_page(panels: tuple[Panel, ...], seed: int, *, in_colour: bool) -> Image.Image:
    """Draw one page of the series."""
    c = Sheet(seed, in_colour=in_colour)
    for panel in panels:
        left, top, right, bottom = panel.box
        with c.panel([(left, top), (right, top), (right, bottom), (left, bottom)]):
            SCENES[panel.scene](c, left, top, right - left, bottom - top)
            for name, x, y, scale, pose, flip in panel.actors:
                draw_actor(c, name, x, y, scale, pose, flip=flip)
            if panel.cat:
                c.dip(FUR)
                draw_cat(c, *panel.cat)
        if panel.words:
            c.dip(PAPER)
            text, x, y = panel.words
            c.balloon("oval", x, y, 74, 52, text, size=22)
    return c.picture()
