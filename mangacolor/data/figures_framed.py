"""Framing drawings as panels do: cut, turned, bent by hand, with another pen, far away, one before another.

Figures come from solid bodies, upright and exact. Panels tilt, people lie, and no hand draws a straight line twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes_ruled import smooth_noise
from mangacolor.data.figures.store import MOST_PARTS, Drawing, Drawings, Part

FloatArray = NDArray[np.float32]

SHARES = (0.55, 1.3)
"""Smallest and largest side of the window, in sides of the drawing: hands of a hand's breadth and of ten pixels."""

NEAR_SHARE = 0.42
"""Smallest side of a window around a hand, a foot or an arm, which fill a panel more often than a drawing."""

ON_LIMB, ON_SKIN = 0.3, 0.5
"""How often the middle of the window is a limb, and how often any skin or hair rather than anything drawn."""

NEAR_FACE = 0.18
"""How often a window lies so near to a face, where one is drawn large enough, that the panel cuts it."""

NEAR_FACES = (0.4, 1.25)
"""Smallest and largest side of such a window, in lengths of the face: a cheek and an eye, a head without its crown."""

LEAST_FACE, LEAST_NEAR = 0.11, 0.13
"""Length of a face from which on it can be near, and the smallest window, in sides of the drawing: no line is finer
than its pixels."""

ENLARGED = 1.5
"""Pixels of a window to one of the drawing, from which on lines are drawn again, thin and crisp."""

LINE_SHARE = 0.88
"""Share of the darkness of a line's middle that is still line when it is drawn again."""

NEAR_RIM = 0.12
"""How far the middle of such a window is at most from the rim of the bare face, in its lengths: a panel with nothing
but a cheek in it would be paper."""

TILTED, FALLEN = 0.35, 0.08
"""How often a drawing is tilted by some degrees, and how often it is turned by any angle: people lie and fall."""

TILT_DEG = 14.0
BENT = 0.6
"""How often a drawing is bent as by a hand that measures nothing."""

BENDS = ((0.3, 0.025), (0.03, 0.002))
"""Reach and strength of the bends, in sides of the window: limbs that are longer or thinner, and lines that wobble."""

PENS = {"as drawn": 0.5, "broad": 0.2, "fine": 0.2, "broken": 0.1}
"""With which pen its lines are drawn again, and how often."""

FAR_SIZES = (0.12, 0.5)
"""Smallest and largest side of a drawing of somebody far away, in sides of the window."""

MOST_FAR = 6


def frame(drawing: Drawing, side_px: int, rng: np.random.Generator) -> Drawing:
    """Show a square window of a drawing, or set the drawing into a larger one, as a panel would.

    Args:
        drawing: Square, of any size.
        side_px: Side of what is returned.
        rng: Chooses the window, its tilt, whether it is mirrored, how lines bend, and the pen.
    """
    side = len(drawing.part)
    free = _free_edges(drawing)
    limb, person = whose(drawing, "place", ("hand", "foot", "arm")), whose(drawing, "kind", ("skin", "hair"))
    chance = rng.random()
    least = SHARES[0]
    wanted: NDArray[Any] = drawing.part > 0
    if chance < ON_LIMB and limb.any():
        wanted, least = limb, NEAR_SHARE
    elif chance < ON_LIMB + ON_SKIN and person.any():
        wanted = person
    most = SHARES[1] if free[0] and (free[1] or free[2]) else 1.0
    extent = side * rng.uniform(least, most)
    if rng.random() < NEAR_FACE:
        face, length = _one_face(drawing, rng)
        if length >= LEAST_FACE * side:
            wanted, extent = face, min(side, max(LEAST_NEAR * side, length * rng.uniform(*NEAR_FACES)))
    angle = _tilt(rng, may_fall=bool(person.any()))
    window = extent / (abs(math.cos(angle)) + abs(math.sin(angle)))
    rows, columns = np.nonzero(wanted)
    at = int(rng.integers(len(rows))) if len(rows) else 0
    y, x = ((float(along[at]) if len(along) else side / 2) for along in (rows, columns))
    y = _held(y, extent / 2, side, free[0], free[3])
    x = _held(x, extent / 2, side, free[1], free[2])
    across, down = _window(side_px, window / side_px, angle, rng)
    seen = _seen(drawing, x + across, y + down, window / side_px)
    return _with_pen(_redrawn(seen, side_px / window), rng)


def _one_face(drawing: Drawing, rng: np.random.Generator) -> tuple[NDArray[np.bool_], float]:
    """Choose somebody whose face shows; return where it is bare near its rim (H, W) and its length, 0 for nobody."""
    faces = [number for number, part in enumerate(drawing.parts) if part.place == "face"]
    if not faces:
        return drawing.part < 0, 0.0
    face = drawing.part == faces[int(rng.integers(len(faces)))]
    spans = [np.flatnonzero(face.any(axis=axis)) for axis in (0, 1)]
    length = max((float(np.ptp(span)) for span in spans if len(span)), default=0.0)
    depth = cv2.distanceTransform(face.astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(face & (depth <= max(1.5, NEAR_RIM * length))), length


def _redrawn(drawing: Drawing, enlarged: float) -> Drawing:
    """Draw the lines of a drawing that was enlarged again, as thin as they would be, and parts without steps."""
    if enlarged < ENLARGED:
        return drawing
    reach = 2 * math.ceil(enlarged / 2) + 1
    dark = 1 - cv2.GaussianBlur(drawing.ink, (0, 0), 0.6 * enlarged)
    darkest = cv2.blur(cv2.dilate(dark, np.ones((reach, reach), np.uint8)), (reach, reach))
    line = (3 * enlarged * (dark / np.maximum(darkest, np.float32(0.12)) - LINE_SHARE) + 0.5).clip(0, 1)
    strength = (2.2 * darkest - 0.2).clip(0, 1)
    part = cv2.medianBlur(drawing.part, min(reach + 2, 15))
    ink, light = 1 - line * strength, cv2.blur(drawing.light, (reach, reach))
    return Drawing(np.asarray(ink, np.float32), np.asarray(part), np.asarray(light, np.float32), drawing.parts)


def _free_edges(drawing: Drawing) -> list[bool]:
    """Say of the upper, left, right and lower edge whether nothing is cut there."""
    part = drawing.part
    return [not edge.any() for edge in (part[0], part[:, 0], part[:, -1], part[-1])]


def whose(drawing: Drawing, field: str, values: tuple[str | int, ...]) -> NDArray[np.bool_]:
    """Say of each pixel (H, W) of a drawing whether a field of its `Part` has one of some values."""
    table = np.array([getattr(part, field) in values for part in drawing.parts])
    return np.asarray(table[drawing.part])


def _tilt(rng: np.random.Generator, *, may_fall: bool) -> float:
    chance = rng.random()
    if may_fall and chance < FALLEN:
        return float(rng.uniform(-math.pi, math.pi))
    return math.radians(rng.normal(0, TILT_DEG)) if chance < FALLEN + TILTED else 0.0


def _held(at: float, half: float, side: int, is_first_free: bool, is_last_free: bool) -> float:
    """Return a middle for a window that does not look beyond an edge at which the drawing is cut."""
    if half * 2 <= side:
        return min(max(at, half), side - half)
    at = max(at, half) if not is_first_free else at
    return min(at, side - half) if not is_last_free else at


def _window(side_px: int, scale: float, angle: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return where each pixel of a window looks, across and down from its middle, in pixels of the drawing."""
    along = ((np.arange(side_px, dtype=np.float32) + 0.5) - side_px / 2) * np.float32(scale)
    x, y = (np.asarray(plane, np.float32) for plane in np.meshgrid(along, along))
    if rng.random() < BENT:
        for reach, strength in BENDS:
            most = strength * side_px * scale * rng.uniform(0, 1)
            x, y = (
                plane + np.float32(most) * smooth_noise(x.shape, (reach * side_px, reach * side_px), rng)
                for plane in (x, y)
            )
    if rng.random() < 0.5:
        x = -x
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return np.asarray(cos * x - sin * y, np.float32), np.asarray(sin * x + cos * y, np.float32)


def _seen(drawing: Drawing, x: FloatArray, y: FloatArray, scale: float) -> Drawing:
    """Look a drawing up at places in its pixels; beyond its edges there is nothing, or what they cut goes on."""
    top, left, right, bottom = _free_edges(drawing)
    last = len(drawing.part) - 1
    x, y = x - np.float32(0.5), y - np.float32(0.5)
    x = x.clip(-math.inf if left else 0, math.inf if right else last)
    y = y.clip(-math.inf if top else 0, math.inf if bottom else last)
    ink, light = drawing.ink, drawing.light
    if scale > 1.2:  # lines would break up
        ink, light = (np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.4 * scale), np.float32) for plane in (ink, light))

    def look(plane: NDArray[Any], value: float, way: int) -> NDArray[Any]:
        return np.asarray(cv2.remap(plane, x, y, way, borderMode=cv2.BORDER_CONSTANT, borderValue=(value,)))

    return Drawing(
        look(ink, 1, cv2.INTER_LINEAR), look(drawing.part, 0, cv2.INTER_NEAREST), look(light, 1, cv2.INTER_LINEAR),
        drawing.parts,
    )  # fmt: skip


def _with_pen(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Draw the lines again with another pen: broader, finer, or broken."""
    pen = str(rng.choice(list(PENS), p=list(PENS.values())))
    ink = drawing.ink
    if pen == "broad":
        broad = cv2.erode(ink, np.ones((3, 3), np.uint8))
        ink = ink + (broad - ink) * np.float32(rng.uniform(0.3, 1))
    elif pen == "fine":
        thin = cv2.dilate(ink, np.ones((2, 2), np.uint8))
        ink = ink + (np.minimum(thin, ink + 0.7) - ink) * np.float32(rng.uniform(0.3, 0.8))
    elif pen == "broken":
        reach = rng.uniform(4, 14)
        gaps = (4 * (smooth_noise(ink.shape, (reach, reach), rng) - rng.uniform(0.6, 1.4))).clip(0, 1)
        ink = ink + (1 - ink) * gaps
    return drawing._replace(ink=np.asarray(ink.clip(0, 1), np.float32))


def far_away(figures: Sequence[Drawing], side_px: int, rng: np.random.Generator) -> Drawing:
    """Show a few people from afar, each whole, the nearer before the others.

    Args:
        figures: Drawings of people; those that are cut at an edge are passed over.
        side_px: Side of what is returned.
        rng: Chooses who, where, and how small.
    """
    size = side_px * math.exp(rng.uniform(*np.log(FAR_SIZES)))
    foot = rng.uniform(0.5, 1.0) * side_px
    bare = np.ones((side_px, side_px), np.float32)
    shown = Drawing(bare, np.zeros((side_px, side_px), np.uint8), bare, (Part("ground"),))
    for nearness in np.sort(rng.uniform(0.7, 1.3, int(rng.integers(1, MOST_FAR + 1)))):
        whole = figures[int(rng.integers(len(figures)))]
        if not all(_free_edges(whole)):
            continue
        scale = len(whole.part) / (size * nearness)
        across, down = _window(side_px, scale, 0.0, rng)
        x, y = rng.uniform(0.05, 0.95) * side_px, foot + (nearness - 1) * size
        middle = len(whole.part) / 2
        place = (np.float32((side_px / 2 - at) * scale) for at in (x, y - size * nearness / 2))
        one = _seen(whole, across + next(place) + middle, down + next(place) + middle, scale)
        shown = before(one, shown)
    return _with_pen(shown, rng)


def full_figures(figures: Sequence[Drawing]) -> Sequence[Drawing]:
    """Return those of a folder's drawings that were drawn to show people whole; all, where nothing is said of that."""
    if not isinstance(figures, Drawings):
        return figures
    full = [entry for entry in figures.entries if entry.get("shot") == "full"]
    return Drawings(figures.folder, full) if full else figures


def before(front: Drawing, back: Drawing) -> Drawing:
    """Set one drawing before another of the same size; its people are others."""
    first = len(back.parts) - 1
    persons = 1 + max((part.person for part in back.parts), default=0)
    is_front = (front.part > 0) | (front.ink < 0.5)
    if first + len(front.parts) > MOST_PARTS:
        return back
    numbers = np.where(front.part > 0, front.part.astype(np.int64) + first, 0).astype(np.uint8)
    parts = (*back.parts, *(part._replace(person=part.person + persons) for part in front.parts[1:]))
    return Drawing(
        np.where(is_front, front.ink, back.ink),
        np.where(front.part > 0, numbers, back.part),
        np.where(is_front, front.light, back.light),
        parts,
    )
