"""What colours and tones the parts of a drawing get: skin and scenery as everybody knows them, clothes at will.

Tones say little of how light a colour is: an artist chooses them by taste, and leaves skin as bare paper.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.store import Part
from mangacolor.image.color import oklab_from_srgb

FloatArray = NDArray[np.float32]


class Scenery(NamedTuple):
    """Colours (sRGB bytes) that a kind of scenery has, and how often each of `TONE_LEVELS`."""

    colours: tuple[tuple[int, int, int], ...]
    tones: tuple[float, float, float, float]


_BLUES = ((112, 182, 238), (92, 162, 228), (160, 210, 245), (130, 200, 240))
SCENERY = {
    "sky": Scenery((*_BLUES, *_BLUES, (250, 186, 130), (54, 62, 112)), (0.47, 0.33, 0.11, 0.09)),
    "cloud": Scenery(((250, 250, 252),), (1, 0, 0, 0)),
    "foliage": Scenery(
        ((92, 152, 72), (62, 124, 62), (132, 180, 82), (84, 140, 96), (112, 164, 74)), (0.28, 0.3, 0.32, 0.1)
    ),
    "grass": Scenery(((132, 190, 92), (160, 200, 104), (112, 164, 84)), (0.45, 0.35, 0.15, 0.05)),
    "trunk": Scenery(((124, 88, 62), (104, 78, 62), (152, 112, 82)), (0.35, 0.3, 0.25, 0.1)),
    "wood": Scenery(((180, 130, 86), (144, 98, 66), (206, 164, 116), (114, 78, 58)), (0.3, 0.35, 0.27, 0.08)),
    "brick": Scenery(((182, 96, 76), (152, 82, 66), (202, 130, 102)), (0.3, 0.4, 0.25, 0.05)),
    "stone": Scenery(((172, 170, 166), (142, 142, 148), (202, 196, 186)), (0.4, 0.4, 0.15, 0.05)),
    "water": Scenery(((72, 150, 194), (58, 158, 198), (92, 180, 212)), (0.26, 0.34, 0.29, 0.11)),
    "foam": Scenery(((240, 248, 252), (226, 240, 248)), (1, 0, 0, 0)),
    "sand": Scenery(((236, 216, 172), (226, 204, 160)), (0.6, 0.3, 0.1, 0)),
    "wall": Scenery(
        ((242, 236, 222), (226, 236, 236), (236, 226, 206), (214, 220, 232), (206, 222, 206), (240, 214, 190)),
        (0.5, 0.36, 0.12, 0.02),
    ),
    "floor": Scenery(
        ((202, 182, 152), (182, 190, 190), (152, 122, 98), (206, 200, 160), (216, 212, 204)), (0.46, 0.34, 0.17, 0.03)
    ),
    "ceiling": Scenery(
        ((250, 250, 248), (246, 242, 230), (228, 228, 226), (238, 240, 244), (212, 210, 204)), (0.6, 0.28, 0.09, 0.03)
    ),
    "road": Scenery(
        ((112, 112, 118), (140, 138, 134), (164, 164, 168), (186, 182, 176), (92, 92, 100)), (0.38, 0.34, 0.21, 0.07)
    ),
    "pavement": Scenery(
        ((214, 208, 196), (204, 202, 200), (190, 186, 178), (222, 216, 204), (186, 188, 194)), (0.55, 0.33, 0.11, 0.01)
    ),
    "marking": Scenery(((246, 246, 242),), (0.95, 0.05, 0, 0)),
    "metal": Scenery(((150, 152, 158), (186, 188, 192), (112, 114, 122), (206, 206, 204)), (0.4, 0.35, 0.2, 0.05)),
    "glass": Scenery(((190, 220, 236), (152, 192, 216), (84, 104, 128)), (0.4, 0.35, 0.15, 0.1)),
    "roof": Scenery(((156, 76, 64), (92, 92, 112), (72, 112, 122), (120, 84, 70)), (0.2, 0.3, 0.35, 0.15)),
    "statue": Scenery(
        ((150, 122, 88), (112, 138, 120), (172, 170, 164), (142, 142, 146), (226, 222, 212), (94, 86, 80)),
        (0.15, 0.4, 0.38, 0.07),
    ),
    "linen": Scenery(((250, 250, 250), (244, 246, 250)), (0.9, 0.1, 0, 0)),
    "leaflet": Scenery(((250, 250, 250), (248, 245, 236)), (0.9, 0.1, 0, 0)),
    "thing": Scenery(((128, 128, 128),), (0.35, 0.3, 0.25, 0.1)),
    "fur": Scenery((
        *[(252, 250, 246)] * 4, *[(246, 234, 212)] * 2, (228, 206, 172), (190, 188, 186), (150, 148, 150),
        *[(232, 168, 96)] * 2, (206, 136, 80), (162, 110, 70), (112, 78, 58), (76, 68, 70),
    ), (0.5, 0.3, 0.15, 0.05)),
    "fur_patch": Scenery((
        *[(58, 52, 56)] * 4, (92, 66, 54), (134, 92, 64), (198, 128, 72), (226, 156, 88), (130, 126, 128),
        (166, 156, 146), (250, 246, 238),
    ), (0.08, 0.3, 0.37, 0.25)),
    "feather": Scenery((
        *[(250, 248, 246)] * 2, (190, 186, 184), (130, 116, 108), (92, 76, 66), (62, 60, 70), (166, 126, 88),
        (92, 150, 206), (120, 180, 90), (240, 204, 92), (212, 92, 74),
    ), (0.5, 0.25, 0.15, 0.1)),
    "scale": Scenery(
        ((122, 142, 84), (96, 128, 92), (160, 140, 104), (132, 112, 86), (150, 160, 120)), (0.4, 0.4, 0.17, 0.03)
    ),
    "animal_eye": Scenery(
        ((232, 200, 84), (206, 196, 92), (156, 188, 96), (124, 178, 200), (150, 104, 60)), (0.5, 0.3, 0.2, 0)
    ),
    "hide": Scenery(((244, 190, 182), (240, 176, 166), (224, 158, 148), (150, 106, 98)), (0.75, 0.2, 0.05, 0)),
    "beak": Scenery(((240, 180, 80), (228, 152, 70), (120, 110, 104)), (0.7, 0.2, 0.1, 0)),
    "effect": Scenery((
        (250, 250, 250), (250, 250, 250), (226, 226, 230), (190, 190, 194), (150, 150, 158), (104, 104, 114),
        (48, 48, 58), (62, 56, 88),
    ), (0.5, 0.22, 0.16, 0.12)),
}  # fmt: skip
"""What `draw_scenery`, `draw_props` and `draw_animal` draw. Most of it has a colour that everybody knows; things and
effects may have any."""

CAST, GREY_CAST = 5.0, 2.0
GREYS = ("ceiling", "road", "pavement", "marking", "metal", "stone", "leaflet", "effect", "fur", "fur_patch")
"""How far a colour of scenery strays to another hue, in sRGB bytes; less where a grey would become pink or green."""

GREY_EFFECT = 0.55
"""How often the ground of speed lines or of a mood is black, grey or white."""

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
FUR_TONES = {
    "fur": {"dark": (0.15, 0.25, 0.35, 0.25), "middle": (0.45, 0.38, 0.15, 0.02), "light": (0.82, 0.16, 0.02, 0)},
    "fur_patch": {"dark": (0, 0.1, 0.35, 0.55), "middle": (0.05, 0.4, 0.5, 0.05), "light": (0.75, 0.25, 0, 0)},
}
"""How often each of them, by how light the colour is. Manga keeps a little of that: black hair is rarely blond."""

DARK, LIGHT = 0.42, 0.78
"""OKLab lightness up to which a colour is dark, and from which on it is light."""

WHITE_CLOTH = 0.3
"""How often a garment is white, and then bare paper: as often as paper is left white on cloth."""

SAME_CLOTH = 0.35
"""How often a garment has the colour of one before: sleeves and back of one coat, trousers of one suit."""

LIGHT_SKIN_BARE = 0.93


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
            colours[number] = cloth[rng.integers(len(cloth))] if cloth and rng.random() < SAME_CLOTH else _cloth(rng)
            cloth.append(colours[number])
        elif part.kind in SCENERY:
            colours[number] = _FREE.get(part.kind, partial(_of_scenery, part.kind))(rng)
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
        return vivid(rng, (0.3, 0.7), (0.5, 0.98))
    return np.asarray((HAIRS[rng.integers(len(HAIRS))] + rng.normal(0, 6, 3)).clip(0, 255) / 255, np.float32)


def _iris(rng: np.random.Generator) -> FloatArray:
    return vivid(rng, (0.4, 0.9), (0.45, 0.9))


def _cloth(rng: np.random.Generator) -> FloatArray:
    chance = rng.random()
    if chance < WHITE_CLOTH:
        return np.asarray((0.97 + rng.normal(0, 0.01, 3)).clip(0.93, 1), np.float32)
    if chance < WHITE_CLOTH + 0.1:
        return np.asarray((rng.uniform(0.12, 0.3) + rng.normal(0, 0.02, 3)).clip(0, 1), np.float32)
    if chance < WHITE_CLOTH + 0.24:  # navy and denim
        return np.asarray(colorsys.hsv_to_rgb(rng.uniform(0.57, 0.68), rng.uniform(0.4, 0.8), rng.uniform(0.3, 0.8)))
    return vivid(rng, (0.3, 0.85), (0.5, 1.0))


def _thing(rng: np.random.Generator) -> FloatArray:
    return _cloth(rng) if rng.random() < 0.6 else _of_scenery("wood", rng)


def _effect(rng: np.random.Generator) -> FloatArray:
    if rng.random() < GREY_EFFECT:
        return _of_scenery("effect", rng)
    return vivid(rng, (0.08, 0.6), (0.45, 1.0))


def _of_scenery(kind: str, rng: np.random.Generator) -> FloatArray:
    colours = SCENERY[kind].colours
    cast = rng.normal(0, GREY_CAST if kind in GREYS else CAST, 3)
    return np.asarray(
        (np.array(colours[rng.integers(len(colours))]) + rng.normal(0, 7) + cast).clip(0, 255) / 255, np.float32
    )


def vivid(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> FloatArray:
    """Return a colour (3,) of any hue, its saturation and value (HSV) in these ranges."""
    return np.asarray(colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value)), np.float32)


_FREE = {"thing": _thing, "effect": _effect}
_CHOICES = {"skin": _skin, "hair": _hair, "iris": _iris}


def part_tones(parts: tuple[Part, ...], colours: FloatArray, rng: np.random.Generator) -> FloatArray:
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
        elif part.kind in FUR_TONES:
            tones[number] = _toned(FUR_TONES[part.kind], lightness, rng)
        elif part.kind in SCENERY:
            tones[number] = _level(SCENERY[part.kind].tones, rng)
        elif part.kind == "iris":
            tones[number] = rng.uniform(0.3, 1.0)
        elif part.kind == "mouth":
            tones[number] = rng.choice([1.0, 0.7, 0.3, 0.05])
    return tones


def _toned(shares: Mapping[str, tuple[float, ...]], lightness: float, rng: np.random.Generator) -> float:
    name = "dark" if lightness < DARK else "light" if lightness > LIGHT else "middle"
    return _level(shares[name], rng)


def _level(shares: tuple[float, ...], rng: np.random.Generator) -> float:
    return float(rng.uniform(*TONE_LEVELS[rng.choice(len(TONE_LEVELS), p=shares)]))
