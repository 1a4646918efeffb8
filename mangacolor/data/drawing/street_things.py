"""What stands in streets, drawn as blocks before a camera: cars, poles, railings, signs, machines that sell drinks."""

from __future__ import annotations

import numpy as np

from mangacolor.data.drawing.perspective import View, face

Place = tuple[float, float, float]


def car(view: View, x: float, z: float) -> None:
    """Draw a parked car, or a van: a body, a cabin with panes, wheels, lamps."""
    rng = view.sheet.rng
    wide, long = 1.7, rng.uniform(3.4, 4.8)
    is_van = rng.random() < 0.3
    view.shadow(face((x - 0.1, 0, z), (wide + 0.2, 0, 0), (0, 0, long)))
    deck = 0.85 if not is_van else 1.0
    shown = view.block((x, 0.25, z), (x + wide, deck, z + long), "thing", new=True)
    start, end = (0.02, 0.98) if is_van else (0.18, 0.72)
    low, high = (x + 0.12, deck, z + start * long), (x + wide - 0.12, deck + rng.uniform(0.45, 0.8), z + end * long)
    for name, side in view.block(low, high, "thing").items():
        if name == "top":
            continue
        bars = [0.5] if name in ("left", "right") else []
        pane = side.part(0.08, 0.1, 0.92, 0.88)
        view.lay(pane, "glass")
        view.rules(pane, bars, [], 1.0)
    for name in ("left", "right"):
        if name in shown:
            edge = x - 0.01 if name == "left" else x + wide + 0.01
            _wheels(view, edge, z, long)
            view.rules(shown[name], [0.3, 0.52, 0.72], [], 0.5)
    if "front" in shown:
        for left in (0.06, 0.76):
            view.lay(shown["front"].part(left, 0.5, left + 0.18, 0.8), str(rng.choice(["glass", "thing"])))
        view.lay(shown["front"].part(0.36, 0.15, 0.64, 0.4), "marking")


def _wheels(view: View, x: float, z: float, long: float) -> None:
    for at in (0.12, 0.7):
        tyre = face((x, 0, z + at * long), (0, 0, 0.62), (0, 0.62, 0))
        mask = view.ring(tyre, "metal")
        view.sheet.ink[mask] = 0
        view.ring(tyre.part(0.25, 0.25, 0.75, 0.75), "metal")


def pole(view: View, x: float, z: float) -> None:
    """Draw a pole for wires, or a lamp."""
    rng = view.sheet.rng
    tall = rng.uniform(6, 9)
    view.block((x - 0.12, 0, z), (x + 0.12, tall, z + 0.24), "metal")
    for up in rng.uniform(0.7, 0.97, int(rng.integers(0, 4))):
        view.block((x - 0.9, up * tall, z), (x + 0.9, up * tall + 0.1, z + 0.1), "metal")
    if rng.random() < 0.3:
        view.block((x - 0.3, 0.65 * tall, z - 0.4), (x + 0.3, 0.75 * tall, z), "metal")
    if rng.random() < 0.3:
        view.lay(face((x - 0.12, 1.6, z - 0.01), (0.24, 0, 0), (0, 1.0, 0)), "thing", new=True)


def railing(view: View, x: float, near: float, far: float) -> None:
    """Draw a railing, a mesh fence or a plank fence along the road."""
    rng = view.sheet.rng
    tall, long = rng.uniform(0.7, 2.0), far - near
    place = face((x, 0, near), (0, 0, long), (0, tall, 0))
    sort = rng.choice(["bars", "rails", "mesh", "planks"])
    if sort == "planks":
        mask = view.lay(place, "wood")
        view.rules(place, np.arange(0, 1, 0.25 / long), [0.2, 0.8], 0.5, mask)
        return
    for at in np.arange(far, near, -2.0):
        view.block((x - 0.04, 0, at), (x + 0.04, tall, at + 0.08), "metal")
    if sort == "bars":
        view.rules(place, np.arange(0, 1, 0.14 / long), [0.1, 0.95], 0.8)
    elif sort == "rails":
        for up in (0.55, 0.95):
            view.block((x - 0.03, up * tall - 0.08, near), (x + 0.03, up * tall, far), "metal")
    else:
        view.rules(place, np.arange(0, 1, 0.2 / long), np.arange(0, 1, 0.2 / tall), 0.3)


def machine_for_drinks(view: View, x: float, z: float) -> None:
    """Draw a machine that sells drinks: a pane with rows of bottles, a slot."""
    rng = view.sheet.rng
    shown = view.block((x, 0.05, z), (x + 1.0, 1.85, z + 0.8), "thing", new=True)
    for name in ("front", "left", "right"):
        if name in shown and (name == "front" or rng.random() < 0.5):
            pane = shown[name].part(0.08, 0.42, 0.92, 0.93)
            view.lay(pane, "glass")
            for up in (0.03, 0.36, 0.69):
                for at in np.arange(0.05, 0.9, 0.16):
                    view.lay(pane.part(at, up, at + 0.1, up + 0.24), "thing", new=rng.random() < 0.1)
            view.lay(shown[name].part(0.15, 0.08, 0.7, 0.2), "metal")


def sign(view: View, x: float, z: float) -> None:
    """Draw a road sign or a board of a shop."""
    rng = view.sheet.rng
    tall, wide = rng.uniform(1.2, 3.0), rng.uniform(0.4, 0.9)
    view.block((x - 0.03, 0, z), (x + 0.03, tall, z + 0.06), "metal")
    plate = face((x - wide / 2, tall - wide, z - 0.02), (wide, 0, 0), (0, wide, 0))
    if rng.random() < 0.5:
        view.ring(plate, "thing", new=True)
        view.ring(plate.part(0.15, 0.15, 0.85, 0.85), "marking" if rng.random() < 0.6 else None)
    else:
        mask = view.lay(plate, "thing", new=True)
        view.rules(plate.part(0.15, 0.15, 0.85, 0.85), [], np.linspace(0, 1, int(rng.integers(2, 6))), 0.8, mask)


def manhole(view: View, x: float, z: float) -> None:
    """Draw the lid of a manhole."""
    place = face((x, 0, z), (0.7, 0, 0), (0, 0, 0.7))
    mask = view.ring(place, "metal")
    view.ring(place.part(0.12, 0.12, 0.88, 0.88))
    step = view.sheet.rng.uniform(0.08, 0.2)
    view.rules(place.part(0.15, 0.15, 0.85, 0.85), np.arange(0, 1, step), np.arange(0, 1, step), 0.4, mask)
