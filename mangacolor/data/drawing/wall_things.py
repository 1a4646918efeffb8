"""What is in a wall or hangs on it, before a camera: windows, doors, screens of paper, boards with writing."""

from __future__ import annotations

import numpy as np

from mangacolor.data.drawing.perspective import Face, View


def window(view: View, place: Face) -> None:
    """Draw a window into a wall: sky, leaves or nothing behind it, bars, a blind or a curtain."""
    rng, sheet = view.sheet.rng, view.sheet
    view.lay(place.part(-0.05, -0.05, 1.05, 1.05), str(rng.choice(["wall", "metal", "wood"])))
    pane = view.lay(place, str(rng.choice(["sky", "glass"])))
    if not pane.any():
        return
    if rng.random() < 0.25:
        view.rules(place, [], np.linspace(0, 1, int(rng.integers(8, 25))), 0.5, pane)
    elif rng.random() < 0.3:
        points = [place.at(at, rng.uniform(0.1, 0.5)) for at in np.linspace(0, 1, 9)]
        skyline = view.seen([place.at(0, 0), *points, place.at(1, 0)], closed=True)
        if len(skyline) > 2:
            sheet.lay(skyline, str(rng.choice(["foliage", "wall"])))
    view.rules(place, np.linspace(0, 1, int(rng.integers(2, 5))), [rng.uniform(0.4, 0.8)], 0.9)
    if rng.random() < 0.4:
        for left, right in ((-0.12, rng.uniform(0.1, 0.35)), (1 - rng.uniform(0.1, 0.35), 1.12)):
            cloth = place.part(left, -0.15, right, 1.1)
            mask = view.lay(cloth, "thing", new=left < 0)
            view.rules(cloth, rng.uniform(0, 1, int(rng.integers(2, 7))), [], 0.5, mask)


def door(view: View, place: Face) -> None:
    """Draw a door into a wall, at times with a pane, a plate above, a bar to push."""
    rng = view.sheet.rng
    mask = view.lay(place, str(rng.choice(["wood", "thing", "metal", "wall"])), new=bool(rng.random() < 0.5))
    if rng.random() < 0.5:
        view.lay(place.part(0.25, 0.55, 0.75, 0.85), "glass")
    if rng.random() < 0.3:
        view.rules(place, [0.5], [], 0.8, mask)
    if rng.random() < 0.3:
        view.rules(place.part(0.15, 0.1, 0.85, 0.9), [0, 1], [0, 0.45, 1], 0.5, mask)
    view.ring(place.part(0.84, 0.42, 0.92, 0.46), "metal")
    if rng.random() < 0.3:
        view.lay(place.part(0.2, 1.05, 0.8, 1.14), "thing")


def paper_screen(view: View, place: Face) -> None:
    """Draw a sliding screen of paper, with or without its lattice."""
    rng = view.sheet.rng
    view.lay(place, "wood")
    for left, right in ((0.03, 0.48), (0.52, 0.97)):
        leaf = place.part(left, 0.02, right, 0.97)
        mask = view.lay(leaf, "wall")
        if rng.random() < 0.75:
            view.rules(
                leaf, np.linspace(0, 1, int(rng.integers(3, 6))), np.linspace(0, 1, int(rng.integers(5, 9))), 0.5, mask
            )


def board(view: View, wall: Face, tall: float) -> None:
    """Draw a blackboard, or a white one, with writing."""
    rng = view.sheet.rng
    place = wall.part(rng.uniform(0.1, 0.2), 0.9 / tall, rng.uniform(0.7, 0.9), min(0.95, 2.1 / tall))
    mask = view.lay(place, str(rng.choice(["thing", "linen"])), new=True)
    for up in np.arange(0.8, 0.2, -0.15):
        start = rng.uniform(0.05, 0.3)
        xs = np.linspace(start, start + rng.uniform(0.2, 0.5), 16)
        line = view.seen([place.at(x, up + rng.uniform(-0.03, 0.03)) for x in xs])
        view.sheet.lines([line] if len(line) > 1 else [], 0.4, mask)
