"""Painting a drawing of people: other colours, tones and shadows each time, and what every pixel is.

A drawing knows its parts exactly, so what a photograph of art can only guess is known here: skin at hands, arms and
legs, hair, garments, eyes and the ground. Skin is mostly bare paper, as a manga artist leaves it.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.color import oklab_from_srgb
from mangacolor.config import LABELS
from mangacolor.data.figures.store import MOST_PARTS, Drawing, Part
from mangacolor.data.hatched_shadows import fine_strokes
from mangacolor.data.skin import NO_SKIN, SKIN, UNKNOWN
from mangacolor.data.synthesis import Layers, lift_blacks

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LABEL_OF = {"skin": 0, "nail": 0, "lips": 0, "hair": 1, "garment": 2, "eye_white": 3, "iris": 3, "ground": 4}
"""Which of `LABELS` a kind of part is; the inside of a mouth is none."""

SKINS = np.array(
    [
        (255, 228, 208), (255, 221, 196), (254, 214, 186), (250, 206, 172), (244, 194, 156), (230, 170, 128),
        (206, 142, 102), (172, 110, 78), (132, 84, 62),
    ],
    np.float32,
)  # fmt: skip
SKIN_SHARES = np.array([0.2, 0.2, 0.18, 0.14, 0.1, 0.06, 0.05, 0.04, 0.03])
"""Shades of human skin as coloured comics have them, sRGB, and how often each: light ones as often as manga draws
them, so that bare paper is mostly read as light skin."""

HAIRS = np.array(
    [
        (44, 40, 52), (36, 40, 66), (70, 50, 48), (104, 68, 50), (148, 98, 62), (206, 150, 84), (238, 204, 120),
        (250, 228, 160), (222, 222, 232), (176, 76, 48), (86, 84, 98),
    ],
    np.float32,
)  # fmt: skip
MOUTHS = {"mouth": (0.56, 0.22, 0.22), "tongue": (0.9, 0.51, 0.49)}
NEAR_SKIN = {"lips": np.array([0.98, 0.74, 0.74], np.float32), "nail": np.array([1, 0.95, 0.95], np.float32)}
"""Colours in a mouth, and of lips and nails as factors on skin. What is not named, eyes and teeth, is white."""

FREE_HAIR = 0.3
"""How often hair has a colour that grows on nobody."""

TONE_LEVELS = ((1.0, 1.0), (0.7, 0.9), (0.35, 0.65), (0.03, 0.1))
"""Ranges of what a part gets: bare paper, a light screen, a dark one, black."""

HAIR_TONES = {"dark": (0.2, 0.15, 0.25, 0.4), "middle": (0.3, 0.3, 0.25, 0.15), "light": (0.65, 0.25, 0.08, 0.02)}
CLOTH_TONES = {"dark": (0.12, 0.13, 0.25, 0.5), "middle": (0.35, 0.3, 0.25, 0.1), "light": (0.45, 0.35, 0.15, 0.05)}
"""How often each of them, by how light the colour is. Manga keeps a little of that: black hair is rarely blond."""

DARK, LIGHT = 0.42, 0.78
"""OKLab lightness up to which a colour is dark, and from which on it is light."""

WHITE_CLOTH = 0.22
"""How often a garment is white, and then bare paper: as often as paper is left white on cloth."""

LIGHT_SKIN_BARE = 0.93

SHADOWS = {"none": 0.35, "tone": 0.4, "strokes": 0.25}
"""How an artist draws the shadow of a figure."""

GROUNDS = {"paper": 0.3, "flat": 0.2, "gradient": 0.12, "art": 0.38}
"""What lies behind, and how often."""

SHADED = 0.93
"""Light below which a pixel lies in shadow."""

SHARES = (0.55, 1.3)
"""Smallest and largest side of the window, in sides of the drawing: hands of a hand's breadth and of ten pixels."""

ON_SKIN = 0.7
"""How often the middle of the window is skin or hair rather than anything drawn."""

WARM = ("skin", "nail", "lips", "mouth", "tongue")
"""Parts whose shadows turn red; those of all others turn blue."""

SECOND_FIGURE = 0.3
"""How often a second drawing stands before the first."""


class Painted(NamedTuple):
    """A painted drawing: its layers, and labels (H, W, len(LABELS)) of SKIN (yes), NO_SKIN (no) and UNKNOWN."""

    layers: Layers
    labels: Pixels


class Ground(NamedTuple):
    """What lies behind a figure: its layers, and labels (H, W) of skin in it."""

    layers: Layers
    skin: Pixels


def frame(drawing: Drawing, side_px: int, rng: np.random.Generator) -> Drawing:
    """Cut a square window out of a drawing, or set the drawing into a larger one, as a panel would show it.

    Args:
        drawing: Square, of any size.
        side_px: Side of what is returned.
        rng: Chooses the window, and whether it is mirrored.
    """
    side = len(drawing.part)
    free = [not edge.any() for edge in (drawing.part[0], drawing.part[:, 0], drawing.part[:, -1], drawing.part[-1])]
    most = SHARES[1] if free[0] and (free[1] or free[2]) else 1.0
    window = round(side * rng.uniform(SHARES[0], most))
    is_person = np.array([part.kind in ("skin", "hair") for part in drawing.parts])[drawing.part]
    rows, columns = np.nonzero(is_person if is_person.any() and rng.random() < ON_SKIN else drawing.part)
    place = int(rng.integers(len(rows))) if len(rows) else 0
    top, left = (int(at[place]) - window // 2 if len(at) else 0 for at in (rows, columns))
    top = max(top, 0) if not free[0] else top
    top = min(top, side - window) if not free[3] else top
    left = max(left, 0) if not free[1] else left
    left = min(left, side - window) if not free[2] else left
    if window <= side:
        top, left = (min(max(at, 0), side - window) for at in (top, left))
    margins = (max(0, -top), max(0, top + window - side), max(0, -left), max(0, left + window - side))
    turn = -1 if rng.random() < 0.5 else 1

    def cut(plane: NDArray[Any], value: float, way: int) -> NDArray[Any]:
        wide = cv2.copyMakeBorder(plane, *margins, cv2.BORDER_CONSTANT, value=(value,))
        y, x = top + margins[0], left + margins[2]
        part = np.ascontiguousarray(wide[y : y + window, x : x + window][:, ::turn])
        return np.asarray(cv2.resize(part, (side_px, side_px), interpolation=way))

    smooth = cv2.INTER_AREA if window > side_px else cv2.INTER_LINEAR
    return Drawing(
        cut(drawing.ink, 1, smooth), cut(drawing.part, 0, cv2.INTER_NEAREST), cut(drawing.light, 1, smooth),
        drawing.parts,
    )  # fmt: skip


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


def paint_figures(drawing: Drawing, ground: Ground | None, rng: np.random.Generator) -> Painted:
    """Colour a drawing and give it tones as a manga artist might.

    Args:
        drawing: Square of side S, from `frame`.
        ground: What lies behind, of the same size; None for paper, a colour or a gradient.
        rng: Chooses colours, tones, shadows and the ground.

    Returns:
        Layers and labels of side S.
    """
    colours = part_colours(drawing.parts, rng)
    tones = _part_tones(drawing.parts, colours, rng)
    shadow = str(rng.choice(list(SHADOWS), p=list(SHADOWS.values())))
    ink = drawing.ink
    light = drawing.light.clip(0.2, 1.6)
    is_ground = drawing.part == 0
    tone, colour = tones[drawing.part], colours[drawing.part]
    is_shaded = (light < SHADED) & ~is_ground
    if shadow == "tone":
        darker = np.float32(rng.uniform(0.62, 0.9))
        tone = np.where(is_shaded, tone * darker, tone)
    elif shadow == "strokes" and is_shaded.any():
        ink = ink * (1 - fine_strokes(is_shaded, rng))
    is_hair = np.array([part.kind == "hair" for part in drawing.parts])[drawing.part]
    if rng.random() < 0.7:
        tone = np.where(is_hair & (light > 1.05) & (tone < 0.8), np.maximum(tone, rng.choice([0.75, 1.0])), tone)
    strength = np.float32(rng.uniform(0.3, 1.0))
    colour = _shaded(colour, 1 + (light - 1) * strength, drawing)
    behind = ground.layers if ground is not None else _plain_ground(drawing.part.shape, rng)
    near = cv2.dilate((~is_ground).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ink = np.where(near, ink, np.minimum(ink, behind.ink))
    tone = np.where(is_ground, behind.tone, tone).astype(np.float32)
    colour = np.where(is_ground[..., None], behind.colour, lift_blacks(colour))
    labels = _labels(drawing, None if ground is None else ground.skin)
    smooth = np.asarray(cv2.GaussianBlur(tone, (0, 0), 0.6), np.float32)
    layers = Layers(ink.astype(np.float32), smooth, colour.astype(np.float32), smooth=bool(rng.random() < 0.3))
    return Painted(layers, labels)


def part_colours(parts: tuple[Part, ...], rng: np.random.Generator) -> FloatArray:
    """Choose a flat colour (N, 3), sRGB in [0, 1], for every part; skin and hair of a person have one each."""
    own: dict[tuple[str, int], FloatArray] = {}
    cloth: list[FloatArray] = []
    colours = np.ones((len(parts), 3), np.float32)
    for number, part in enumerate(parts):
        if part.kind in ("skin", "hair", "iris"):
            key = (part.kind, part.person)
            if key not in own:
                own[key] = _CHOICES[part.kind](rng)
            colours[number] = own[key]
        elif part.kind == "garment":
            colours[number] = cloth[rng.integers(len(cloth))] if cloth and rng.random() < 0.25 else _cloth(rng)
            cloth.append(colours[number])
        elif part.kind in MOUTHS:
            colours[number] = MOUTHS[part.kind]
    for number, part in enumerate(parts):
        if part.kind in NEAR_SKIN:
            colours[number] = own.get(("skin", part.person), colours[number]) * NEAR_SKIN[part.kind]
    return colours


def _skin(rng: np.random.Generator) -> FloatArray:
    shade = SKINS[rng.choice(len(SKINS), p=SKIN_SHARES)] + rng.normal(0, 4, 3)
    return np.asarray(shade.clip(0, 255) / 255, np.float32)


def _hair(rng: np.random.Generator) -> FloatArray:
    if rng.random() < FREE_HAIR:
        return _vivid(rng, (0.3, 0.7), (0.5, 0.98))
    return np.asarray((HAIRS[rng.integers(len(HAIRS))] + rng.normal(0, 6, 3)).clip(0, 255) / 255, np.float32)


def _iris(rng: np.random.Generator) -> FloatArray:
    return _vivid(rng, (0.4, 0.9), (0.45, 0.9))


def _cloth(rng: np.random.Generator) -> FloatArray:
    chance = rng.random()
    if chance < WHITE_CLOTH:
        return np.asarray((0.97 + rng.normal(0, 0.01, 3)).clip(0.93, 1), np.float32)
    if chance < WHITE_CLOTH + 0.1:
        return np.asarray((rng.uniform(0.12, 0.3) + rng.normal(0, 0.02, 3)).clip(0, 1), np.float32)
    if chance < WHITE_CLOTH + 0.24:  # navy and denim
        return np.asarray(colorsys.hsv_to_rgb(rng.uniform(0.57, 0.68), rng.uniform(0.4, 0.8), rng.uniform(0.3, 0.8)))
    return _vivid(rng, (0.3, 0.85), (0.5, 1.0))


def _vivid(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> FloatArray:
    return np.asarray(colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value)), np.float32)


_CHOICES = {"skin": _skin, "hair": _hair, "iris": _iris}


def _part_tones(parts: tuple[Part, ...], colours: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Choose a tone (N,) for every part. All of a person's skin has one, and so has all of their hair."""
    lab = oklab_from_srgb(colours[None])[0]
    own: dict[tuple[str, int], float] = {}
    tones = np.ones(len(parts), np.float32)
    for number, part in enumerate(parts):
        lightness, chroma = float(lab[number, 0]), float(np.hypot(*lab[number, 1:]))
        if part.kind == "skin":
            is_bare = rng.random() < (LIGHT_SKIN_BARE if lightness > 0.7 else 0.35)
            tones[number] = own.setdefault(("skin", part.person), 1.0 if is_bare else float(rng.uniform(0.6, 0.9)))
        elif part.kind == "hair":
            tones[number] = own.setdefault(("hair", part.person), _toned(HAIR_TONES, lightness, rng))
        elif part.kind == "garment":
            is_white = lightness > 0.93 and chroma < 0.03
            tones[number] = 1.0 if is_white else _toned(CLOTH_TONES, lightness, rng)
        elif part.kind == "iris":
            tones[number] = rng.uniform(0.3, 1.0)
        elif part.kind == "mouth":
            tones[number] = rng.choice([1.0, 0.7, 0.3, 0.05])
    return tones


def _toned(shares: Mapping[str, tuple[float, ...]], lightness: float, rng: np.random.Generator) -> float:
    name = "dark" if lightness < DARK else "light" if lightness > LIGHT else "middle"
    return float(rng.uniform(*TONE_LEVELS[rng.choice(len(TONE_LEVELS), p=shares[name])]))


def _shaded(colour: FloatArray, light: FloatArray, drawing: Drawing) -> FloatArray:
    """Lay light and shadow over flat colour."""
    is_skin = np.array([part.kind in WARM for part in drawing.parts])[drawing.part][..., None]
    powers = np.where(is_skin, np.array([0.6, 1.15, 1.2], np.float32), np.array([1.1, 1.1, 0.85], np.float32))
    return np.asarray((colour * light[..., None] ** powers).clip(0, 1), np.float32)


def _plain_ground(shape: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """Return paper, a flat colour or a gradient of two."""
    kinds = {kind: share for kind, share in GROUNDS.items() if kind != "art"}
    shares = np.array(list(kinds.values()))
    kind = str(rng.choice(list(kinds), p=shares / shares.sum()))
    bare = np.ones(shape, np.float32)
    if kind == "paper":
        return Layers(bare, bare, np.ones((*shape, 3), np.float32), smooth=False)
    first, second = (_vivid(rng, (0.1, 0.6), (0.6, 1.0)) for _ in range(2))
    along = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None] * bare
    if kind == "flat":
        along = along * 0
    colour = first + (second - first) * along[..., None]
    tones = rng.uniform(0.3, 0.92, 2).astype(np.float32)
    return Layers(bare, tones[0] + (tones[1] - tones[0]) * along, lift_blacks(colour), smooth=kind == "gradient")


def _labels(drawing: Drawing, skin_behind: Pixels | None) -> Pixels:
    table = np.full((len(drawing.parts), len(LABELS)), NO_SKIN, np.uint8)
    for number, part in enumerate(drawing.parts):
        if part.kind in LABEL_OF:
            table[number, LABEL_OF[part.kind]] = SKIN
    labels = table[drawing.part]
    if skin_behind is not None:
        is_ground = drawing.part == 0
        labels[is_ground] = UNKNOWN
        labels[is_ground, 0] = skin_behind[is_ground]
    return labels
