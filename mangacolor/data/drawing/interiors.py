"""Rooms and corridors that a camera stands in: floor, walls and a ceiling, which is no sky though it is light and high.

The camera may look up or down and lean, so that much of a panel is ceiling, or floor.
"""

from __future__ import annotations

import math

import numpy as np

from mangacolor.data.drawing.furniture import FURNITURE
from mangacolor.data.drawing.moods import darken, gloom
from mangacolor.data.drawing.perspective import Face, View, face
from mangacolor.data.drawing.sheet import Mask, Sheet, box, grain
from mangacolor.data.drawing.strokes_ruled import Pen
from mangacolor.data.drawing.wall_things import board, door, paper_screen, window

DIM = 0.12
"""How often a wall, the ceiling or the floor is hatched, or grows dark."""

SHADOWED = 0.5
"""How often furniture throws a shadow on the floor."""

TATAMI = 0.15
"""How often a floor is laid with mats."""

CORRIDOR, CLASSROOM = 0.25, 0.15
"""How often a room is a long corridor, and how often it holds rows of desks."""


class Room:
    """A room: its size, and which of its faces is seen where."""

    def __init__(self, view: View, size: tuple[float, float, float]) -> None:
        """Draw floor, walls and ceiling.

        Args:
            view: The camera, within the room.
            size: Its width, height and depth; the middle of the near edge of the floor is the origin.
        """
        self.view, self.size = view, size
        wide, tall, deep = size
        behind = -4.0
        left, length = -wide / 2, deep - behind
        self.faces = {
            "floor": face((left, 0, behind), (wide, 0, 0), (0, 0, length)),
            "ceiling": face((left, tall, behind), (wide, 0, 0), (0, 0, length)),
            "left": face((left, 0, behind), (0, 0, length), (0, tall, 0)),
            "right": face((-left, 0, behind), (0, 0, length), (0, tall, 0)),
            "back": face((left, 0, deep), (wide, 0, 0), (0, tall, 0)),
        }
        rng = view.sheet.rng
        self.wall = str(rng.choice(["wall", "brick", "wood", "stone"], p=[0.88, 0.04, 0.05, 0.03]))
        self.ground = str(rng.choice(["floor", "wood", "pavement"], p=[0.6, 0.32, 0.08]))
        view.sheet.lay(box(0, 0, view.sheet.side, view.sheet.side), self.wall, outline=False)
        self._faces_laid = {name: self._lay(name) for name in self.faces}

    def mask(self, name: str) -> Mask:
        """Return where a face was laid."""
        return self._faces_laid[name]

    def _lay(self, name: str) -> Mask:
        view, rng = self.view, self.view.sheet.rng
        kind = {"floor": self.ground, "ceiling": "ceiling"}.get(name, self.wall)
        mask = view.lay(self.faces[name], kind)
        if name in view.shades:
            view.sheet.shade(mask, view.shades[name])
        if name == "floor":
            _tiles(view, self.faces[name], mask, self.size, is_wood=kind == "wood")
        elif name == "ceiling":
            _overhead(view, self.faces[name], mask, self.size)
        else:
            _courses(view, self.faces[name], mask, self.wall)
        if rng.random() < DIM and mask.any():
            (gloom if rng.random() < 0.6 else darken)(view.sheet, mask)
        return mask


def _tiles(view: View, floor: Face, mask: Mask, size: tuple[float, float, float], *, is_wood: bool) -> None:
    """Draw tiles, planks, nothing, or reflections on a floor."""
    rng = view.sheet.rng
    wide, deep = size[0], size[2] + 4
    step = rng.uniform(0.15, 0.4) if is_wood else rng.uniform(0.3, 1.2)
    style = rng.random()
    if not is_wood and rng.random() < TATAMI:
        for at in np.arange(0, 1, 0.9 / wide):
            view.rules(floor, [at, at + 0.06 / wide], np.arange(0.25 * (rng.random() < 0.5), 1, 1.8 / deep), 0.5, mask)
        return
    across = np.arange(0, 1, step / wide)
    along = np.arange(0, 1, step / deep)
    if is_wood and style < 0.6:
        view.rules(floor, across, [], 0.5, mask)
    elif style < 0.6:
        view.rules(floor, across, along if len(along) < 80 else along[::3], 0.5, mask)
    elif style < 0.7 and mask.any():
        grain(view.sheet, mask, float(rng.choice([0.0, 90.0])))
    if rng.random() < 0.25:  # the gloss of a polished floor
        width = rng.uniform(0.7, 1.4)
        pen = Pen(width, width * rng.uniform(2, 6), rng.uniform(20, 90), uneven=0.4, gap=0.8, missing=0.5)
        view.sheet.hatch(mask, pen, float(rng.choice([90.0, 90.0, 20.0])), rng.uniform(0.5, 1.0))


def _overhead(view: View, ceiling: Face, mask: Mask, size: tuple[float, float, float]) -> None:
    """Draw what a ceiling has: tiles, beams, lamps, pipes, or nothing."""
    rng = view.sheet.rng
    wide, tall, deep = size
    style = rng.choice(["bare", "tiles", "planks", "beams", "pipes"], p=[0.4, 0.22, 0.13, 0.15, 0.1])
    if style == "tiles":
        step = rng.uniform(0.4, 1.2)
        view.rules(ceiling, np.arange(0, 1, step / wide), np.arange(0, 1, step / (deep + 4)), 0.5, mask)
    elif style == "planks":
        lines = np.arange(0, 1, rng.uniform(0.15, 0.6) / wide)
        is_along = rng.random() < 0.5
        view.rules(ceiling, lines if is_along else [], [] if is_along else lines, 0.5, mask)
    elif style == "beams":
        kind = str(rng.choice(["ceiling", "wood", "metal"]))
        for z in np.arange(deep - 0.3, 0.2, -rng.uniform(0.8, 2.5)):
            view.block((-wide / 2, tall - 0.25, z), (wide / 2, tall, z + 0.2), kind)
    elif style == "pipes":
        for x in rng.uniform(-wide / 2, wide / 2, int(rng.integers(1, 5))):
            thick = rng.uniform(0.06, 0.25)
            view.block((x, tall - 1.6 * thick, -3), (x + thick, tall - 0.6 * thick, deep), "metal")
    if rng.random() < 0.55:
        _lamps(view, size)


def _lamps(view: View, size: tuple[float, float, float]) -> None:
    rng = view.sheet.rng
    wide, tall, deep = size
    long, across = rng.choice([[1.2, 0.25], [0.6, 0.6], [0.4, 1.2]])
    columns = [-wide / 4, wide / 4] if wide > 4 else [0.0]
    is_round = rng.random() < 0.3
    for z in np.arange(deep - 1.5, -1, -rng.uniform(2, 3.5)):
        for x in columns:
            place = face((x - across / 2, tall - 0.01, z), (across, 0, 0), (0, 0, across if is_round else long))
            if is_round:
                view.ring(place, "linen")
            else:
                mask = view.lay(place, "linen")
                view.rules(place, [0.33, 0.66] if rng.random() < 0.5 else [], [], 0.4, mask)


def _courses(view: View, wall: Face, mask: Mask, kind: str) -> None:
    """Draw what a wall has: joints, a skirting, wallpaper, panels."""
    rng = view.sheet.rng
    long = float(np.linalg.norm(wall.across))
    if kind in ("brick", "stone"):
        view.rules(wall, np.arange(0, 1, 0.6 / long), np.arange(0, 1, 0.09), 0.4, mask)
    elif kind == "wood":
        view.rules(wall, np.arange(0, 1, rng.uniform(0.15, 0.5) / long), [], 0.5, mask)
    elif rng.random() < 0.25:
        view.rules(wall, np.arange(0, 1, rng.uniform(0.2, 1.5) / long), [], 0.4, mask)
    if rng.random() < 0.4:
        view.rules(wall, [], [0.04], 0.6, mask)
    if rng.random() < 0.12:
        view.rules(wall, [], [rng.uniform(0.3, 0.5)], 0.8, mask)


def _on_walls(room: Room) -> None:
    """Hang windows, doors, boards, pictures and pipes on the walls."""
    view, rng = room.view, room.view.sheet.rng
    for name in ("left", "right", "back"):
        wall, tall = room.faces[name], room.size[1]
        long = float(np.linalg.norm(wall.across))
        spacing = rng.uniform(1.4, 3.5)
        start = 4.5 if name != "back" else rng.uniform(0.3, 1.0)
        sort = rng.choice(["windows", "doors", "mixed", "screens", "none"], p=[0.28, 0.2, 0.22, 0.1, 0.2])
        for at in np.arange(start, long - 0.9, spacing)[::-1]:
            if sort == "none" or rng.random() < 0.15:
                continue
            wide = rng.uniform(0.5, 0.85) * min(spacing, 1.6)
            if sort == "doors" or (sort == "mixed" and rng.random() < 0.4):
                door(view, wall.part(at / long, 0.0, (at + 0.9) / long, min(0.95, 2.05 / tall)))
            elif sort == "screens":
                paper_screen(view, wall.part(at / long, 0.0, (at + spacing) / long, min(0.95, 1.9 / tall)))
            elif sort == "windows" or rng.random() < 0.4:
                window(view, wall.part(at / long, 0.9 / tall, (at + wide) / long, min(0.92, 2.2 / tall)))
            else:
                low = rng.uniform(1.1, 1.8) / tall
                picture = wall.part(at / long, low, (at + wide / 2) / long, low + rng.uniform(0.1, 0.3))
                view.lay(picture, "thing", new=True)
        if name == "back" and rng.random() < 0.2 and long > 2:
            board(view, wall, tall)


def _fill(room: Room) -> None:
    """Set furniture along the walls and into the room, what is far away first."""
    view, rng = room.view, room.view.sheet.rng
    wide, _, deep = room.size
    count = int(rng.choice([0, 2, 4, 7], p=[0.15, 0.35, 0.35, 0.15]))
    spots = []
    for _ in range(count):
        side = rng.random()
        x = (
            -wide / 2 + 0.05
            if side < 0.3
            else wide / 2 - rng.uniform(0.6, 1.8)
            if side < 0.6
            else rng.uniform(-wide, wide) / 2
        )
        spots.append((float(x), float(rng.uniform(1.2, max(1.6, deep - 0.6)))))
    shares = list(FURNITURE.values())
    falls = rng.uniform(-0.8, 0.8, 2)
    for x, z in sorted(spots, key=lambda spot: -spot[1]):
        if rng.random() < SHADOWED:
            view.shadow(face((x, 0, z), (1.0, 0, 0), (falls[0], 0, falls[1])))
        list(FURNITURE)[int(rng.choice(len(shares), p=shares))](view, x, z)


def draw_interior(sheet: Sheet) -> None:
    """Draw a room or a corridor in perspective."""
    rng = sheet.rng
    is_corridor, is_class = rng.random() < CORRIDOR, rng.random() < CLASSROOM
    wide = rng.uniform(1.6, 3.5) if is_corridor else rng.uniform(2.5, 9)
    size = (wide, rng.uniform(2.3, 3.6), rng.uniform(9, 40) if is_corridor else rng.uniform(2.2, 9))
    pitch = float(rng.choice([0.0, rng.uniform(8, 50), -rng.uniform(8, 45)], p=[0.55, 0.22, 0.23]))
    yaw = rng.normal(0, 6 if is_corridor else 25)
    lean = float(rng.choice([0.0, rng.normal(0, 8)], p=[0.75, 0.25]))
    eye = (rng.uniform(-0.35, 0.35) * wide, rng.uniform(0.5, 2.0), rng.uniform(-0.5, 0.5))
    view = View(sheet, eye, (yaw, pitch, lean), math.exp(rng.uniform(math.log(40), math.log(85))))
    room = Room(view, size)
    _on_walls(room)
    if is_class and not is_corridor:
        for z in np.arange(size[2] - 1.5, 1.2, -1.1)[:4]:
            for x in np.arange(-wide / 2 + 0.5, wide / 2 - 0.8, 1.2)[:5]:
                _desk(view, x, z)
    elif not is_corridor or rng.random() < 0.2:
        _fill(room)


def _desk(view: View, x: float, z: float) -> None:
    """Draw a school desk, always alike."""
    for left in (x, x + 0.56):
        view.block((left, 0, z), (left + 0.04, 0.68, z + 0.4), "metal")
    view.block((x, 0.68, z), (x + 0.6, 0.74, z + 0.4), "wood")
