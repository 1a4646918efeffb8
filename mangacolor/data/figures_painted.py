"""Painting a drawing of people: other colours, tones and shadows each time, and what every pixel is.

A drawing knows its parts exactly, so what a photograph of art can only guess is known here: skin at hands, arms and
legs, hair, garments, eyes and the ground. Skin is mostly bare paper, as a manga artist leaves it.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.config import LABELS
from mangacolor.data.drawing.cloth_folds import fold_lines
from mangacolor.data.drawing.hatched_shadows import fine_strokes
from mangacolor.data.drawing.strokes_ruled import smooth_noise
from mangacolor.data.drawn_faces import face_marks, screen_lines, under_one_tone
from mangacolor.data.drawn_hair import pen_hair
from mangacolor.data.figures.store import Drawing
from mangacolor.data.figures_framed import whose
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.part_colours import SCENERY, part_colours, part_tones, vivid
from mangacolor.data.synthesis import Layers, lift_blacks

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

_GROUNDS = {
    **{
        "sky": "sky",
        "foliage": "foliage",
        "grass": "foliage",
        "water": "water",
        "foam": "water",
        "wood": "wood",
        "trunk": "wood",
    },
    **dict.fromkeys(("wall", "ceiling", "brick", "stone", "roof"), "wall"),
    "leaflet": "paper",
    **dict.fromkeys(("floor", "road", "pavement", "marking", "sand"), "floor"),
    **dict.fromkeys(("fur", "fur_patch", "feather", "scale", "hide", "beak"), "animal"),
}
LABELS_OF: dict[str, tuple[str, ...]] = {
    **{"skin": ("skin",), "nail": ("skin",), "lips": ("skin",), "hair": ("hair",), "garment": ("garment",)},
    **{"eye_white": ("eye",), "iris": ("eye",), "ground": ("ground",)},
    **{kind: ("ground", _GROUNDS[kind]) if kind in _GROUNDS else ("ground",) for kind in SCENERY},
    "animal_eye": ("eye",),
}
"""Which of `LABELS` a kind of part is; the inside of a mouth is none."""

SHADOWS = {"none": 0.35, "tone": 0.4, "strokes": 0.25}
"""How an artist draws the shadow of a figure."""

GROUNDS = {"paper": 0.3, "flat": 0.07, "gradient": 0.07, "art": 0.14, "scenery": 0.42}
"""What lies behind, and how often: in manga often nothing."""

NOBODY = 0.3
"""How often scenery is all there is."""

RUN_OUT = 0.35
"""How often the tones of scenery run out into paper, up or down the panel, and those of skies around clouds."""

SHADED = 0.93
"""Light below which a pixel lies in shadow."""

WARM = ("skin", "nail", "lips", "mouth", "tongue")
"""Parts whose shadows turn red; those of all others turn blue."""

FAR, FAR_IN_SCENERY = 0.15, 0.7
"""How often people are far away, and how often what surrounds them is seen when another ground was drawn by lot."""

SECOND_FIGURE = 0.3
"""How often a second drawing stands before the first."""

HANDS = 0.12
"""How often hands drawn with a few bold lines, as manga has them, stand for a drawing of people."""

STATUES = 0.03
"""How often a drawing of people becomes a statue, which is neither skin nor garment."""

LINED = 0.15
"""How often skin has patches of strokes that no light explains: wrinkles, stubble, blushes, fear."""

FOLDED = 0.6
"""How often cloth has folds: a white sleeve is told from a bare arm by them."""

WITH_PROPS = 0.2
"""How often things stand before people."""

LONE_ANIMALS, ANIMALS_BEFORE = 0.45, 0.3
"""How often animals are alone, and how often before people rather than behind them."""


class Painted(NamedTuple):
    """A painted drawing: its layers, and labels (H, W, len(LABELS)) of YES, NO and UNKNOWN."""

    layers: Layers
    labels: Pixels


class Ground(NamedTuple):
    """What lies behind a figure: its layers, and labels (H, W) of skin in it."""

    layers: Layers
    skin: Pixels


def paint_figures(drawing: Drawing, ground: Ground | None, rng: np.random.Generator) -> Painted:
    """Colour a drawing and give it tones as a manga artist might.

    Args:
        drawing: Square of side S, as `figures_framed.frame` shows it.
        ground: What lies behind, of the same size; None for paper, a colour or a gradient.
        rng: Chooses colours, tones, shadows and the ground.

    Returns:
        Layers and labels of side S.
    """
    colours = part_colours(drawing.parts, rng)
    return paint_parts(drawing, colours, part_tones(drawing.parts, colours, rng), ground, rng, varied=True)


def paint_parts(
    drawing: Drawing,
    colours: FloatArray,
    tones: FloatArray,
    ground: Ground | None,
    rng: np.random.Generator,
    *,
    varied: bool = False,
) -> Painted:
    """Do what `paint_figures` does with given colours (N, 3) and tones (N,) of the parts.

    Varied, it changes some of them: hair is drawn with a pen, faces have marks, figures lie under one tone or a screen.
    """
    shadow = str(rng.choice(list(SHADOWS), p=list(SHADOWS.values())))
    ink = drawing.ink
    light = drawing.light.clip(0.2, 1.6)
    is_ground = drawing.part == 0
    tone, colour = tones[drawing.part], colours[drawing.part]
    if varied:
        hair = pen_hair(drawing, tone, colours, rng)
        tone, colour = hair.tone, hair.colours[drawing.part]
        ink = ink * (1 - hair.cover) * (1 - face_marks(drawing, rng))
    if rng.random() < RUN_OUT:
        tone = _run_out(tone, drawing, rng)
    is_shaded = (light < SHADED) & ~is_ground
    if shadow == "tone":
        darker = np.float32(rng.uniform(0.62, 0.9))
        tone = np.where(is_shaded, tone * darker, tone)
    elif shadow == "strokes" and is_shaded.any():
        ink = ink * (1 - fine_strokes(is_shaded, rng))
    if rng.random() < LINED:
        ink = ink * (1 - fine_strokes(_patches(drawing, rng), rng))
    if rng.random() < FOLDED:
        for number, part in enumerate(drawing.parts):
            if part.kind == "garment":
                ink = ink * (1 - fold_lines(drawing.part == number, rng))
    is_hair = np.array([part.kind == "hair" for part in drawing.parts])[drawing.part]
    if rng.random() < 0.7:
        tone = np.where(is_hair & (light > 1.05) & (tone < 0.8), np.maximum(tone, rng.choice([0.75, 1.0])), tone)
    if varied:
        is_figure = ~is_ground & ~whose(drawing, "kind", tuple(SCENERY))
        tone, colour = under_one_tone(tone, colour, is_figure, rng)
        ink, tone = screen_lines(ink, tone, is_figure, rng)
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


def _run_out(tone: FloatArray, drawing: Drawing, rng: np.random.Generator) -> FloatArray:
    """Let the tones of scenery run out into paper, as an airbrush or a graded screen does."""
    kinds = np.array([part.kind for part in drawing.parts])
    along = np.linspace(0, rng.uniform(0.6, 1.2), len(tone), dtype=np.float32)[:: rng.choice([-1, 1]), None]
    bareness = np.broadcast_to(along, tone.shape) * np.isin(kinds, list(SCENERY))[drawing.part]
    reach = rng.uniform(0.05, 0.2) * len(tone)
    clouds = smooth_noise(tone.shape, (reach, 3 * reach), rng) - rng.uniform(0.2, 1.5)
    bareness = np.where((kinds == "sky")[drawing.part], np.maximum(bareness, clouds), bareness)
    return np.asarray(tone + (1 - tone) * bareness.clip(0, 1), np.float32)


def _patches(drawing: Drawing, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return patches of skin (H, W), as wrinkles and stubble lie."""
    is_skin = np.array([part.kind == "skin" for part in drawing.parts])[drawing.part]
    reach = rng.uniform(0.03, 0.15) * len(is_skin)
    return np.asarray(is_skin & (smooth_noise(is_skin.shape, (reach, reach), rng) > rng.uniform(0.3, 1.4)))


def _shaded(colour: FloatArray, light: FloatArray, drawing: Drawing) -> FloatArray:
    """Lay light and shadow over flat colour."""
    is_skin = np.array([part.kind in WARM for part in drawing.parts])[drawing.part][..., None]
    powers = np.where(is_skin, np.array([0.6, 1.15, 1.2], np.float32), np.array([1.1, 1.1, 0.85], np.float32))
    return np.asarray((colour * light[..., None] ** powers).clip(0, 1), np.float32)


def _plain_ground(shape: tuple[int, ...], rng: np.random.Generator) -> Layers:
    """Return paper, a flat colour or a gradient of two."""
    kinds = {kind: share for kind, share in GROUNDS.items() if kind not in ("art", "scenery")}
    shares = np.array(list(kinds.values()))
    kind = str(rng.choice(list(kinds), p=shares / shares.sum()))
    bare = np.ones(shape, np.float32)
    if kind == "paper":
        return Layers(bare, bare, np.ones((*shape, 3), np.float32), smooth=False)
    first, second = (vivid(rng, (0.1, 0.6), (0.6, 1.0)) for _ in range(2))
    along = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None] * bare
    if kind == "flat":
        along = along * 0
    colour = first + (second - first) * along[..., None]
    tones = rng.uniform(0.3, 0.92, 2).astype(np.float32)
    return Layers(bare, tones[0] + (tones[1] - tones[0]) * along, lift_blacks(colour), smooth=kind == "gradient")


def _labels(drawing: Drawing, skin_behind: Pixels | None) -> Pixels:
    table = np.full((len(drawing.parts), len(LABELS)), NO, np.uint8)
    for number, part in enumerate(drawing.parts):
        for name in LABELS_OF.get(part.kind, ()):
            table[number, LABELS.index(name)] = YES
    labels = table[drawing.part]
    if skin_behind is not None:
        is_ground = drawing.part == 0
        labels[is_ground] = UNKNOWN
        labels[is_ground, 0] = skin_behind[is_ground]
    return labels
