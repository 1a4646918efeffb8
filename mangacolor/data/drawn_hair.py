"""Hair as a pen draws it: strands on bare paper, one side in shadow, black of strokes with white gaps, stipple.

Strands run along the form. Their field follows the lines that the hair already has, and where it has none, it runs
from the crown outwards; noise that is smeared along it is cut at a level, which thins and thickens strokes as a pen
does (line integral convolution: Cabral and Leedom, 1993).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.strokes_ruled import smooth_noise, window_of
from mangacolor.data.figures.store import Drawing

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

PENNED = 0.55
"""How often a person's hair is drawn with a pen rather than filled with a tone."""

WAYS = {"strands": 0.36, "half": 0.14, "black": 0.22, "stipple": 0.08, "grained": 0.06, "toned": 0.14}
"""How it is drawn: few strands on paper, a side of it in strokes, black of strokes with gaps, black with grain of the
other colour, the same but for one side, strands on a tone."""

BARE_COLOURS = np.array(
    [(238, 204, 120), (250, 228, 160), (240, 220, 180), (206, 150, 84), (222, 222, 232), (240, 240, 244),
     (196, 198, 206)],
    np.float32,
)  # fmt: skip
DARK_COLOURS = np.array(
    [(44, 40, 52), (36, 40, 66), (70, 50, 48), (52, 44, 44), (60, 58, 70), (84, 58, 46)], np.float32
)
"""Colours (sRGB bytes) of hair that is bare paper, and of hair that is black on paper."""

KEPT_COLOUR = {"strands": 0.45, "half": 0.45, "black": 0.06, "stipple": 0.05, "grained": 0.1, "toned": 1.0}
"""How often hair so drawn keeps the colour that it was given by chance, unless it is dark and the paper is bare."""

SHARES = {"strands": (0.06, 0.3), "half": (0.04, 0.15), "black": (0.6, 0.92), "toned": (0.06, 0.3)}
"""Share of the hair that strokes cover, least and most."""

LEAST_PX = 120
"""Hair of fewer pixels is left as it is."""

STRANDS, FINEST_PX = (0.003, 0.0095), 0.5
"""Width of a strand, as spread of the noise, in square roots of the hair's area and not below so many pixels."""

LENGTHS = (0.25, 0.9)
"""Length of a strand, in the same."""

MOST_DOUBLINGS = 6
"""Noise is smeared over steps that double, from the width of a strand to its length, at most so often."""


class PennedHair(NamedTuple):
    """Hair drawn with a pen: cover (H, W) of black strokes in [0, 1], tone (H, W), and colours (N, 3) of parts."""

    cover: FloatArray
    tone: FloatArray
    colours: FloatArray


def pen_hair(drawing: Drawing, tone: FloatArray, colours: FloatArray, rng: np.random.Generator) -> PennedHair:
    """Draw the hair of some people with a pen.

    Args:
        drawing: As `figures_framed.frame` shows it.
        tone: (H, W) in [0, 1] of everything.
        colours: (N, 3) of its parts, sRGB in [0, 1].
        rng: Chooses whose hair, how it is drawn, where its shadow lies, and how broad strands are.

    Returns:
        Strokes, which lie in hair alone, and tone and colours with that of the hair changed.
    """
    cover = np.zeros(tone.shape, np.float32)
    tone, colours = tone.copy(), colours.copy()
    for person in sorted({part.person for part in drawing.parts if part.kind == "hair"}):
        is_penned = rng.random() < PENNED
        own = [number for number, part in enumerate(drawing.parts) if part.kind == "hair" and part.person == person]
        hair = np.isin(drawing.part, own)
        if not is_penned or hair.sum() < LEAST_PX:
            continue
        way = str(rng.choice(list(WAYS), p=list(WAYS.values())))
        box = window_of(hair)
        inside = hair[box]
        cover[box] = np.where(inside, _drawn(way, drawing.ink[box], drawing.light[box], inside, rng), cover[box])
        level = float(rng.uniform(0.4, 0.9)) if way == "toned" else 1.0
        tone[box] = np.where(inside, level, tone[box])
        colours[own] = _coloured(way, colours[own[0]], rng)
    return PennedHair(cover, tone, colours)


def _coloured(way: str, given: FloatArray, rng: np.random.Generator) -> FloatArray:
    if way == "toned":
        return given
    is_bare = way in ("strands", "half")
    is_dark = given.mean() < 0.45
    if rng.random() < KEPT_COLOUR[way] and is_dark != is_bare:
        return given
    choices = BARE_COLOURS if is_bare else DARK_COLOURS
    return np.asarray((choices[rng.integers(len(choices))] + rng.normal(0, 5, 3)).clip(0, 255) / 255, np.float32)


def _drawn(way: str, ink: FloatArray, light: FloatArray, hair: Mask, rng: np.random.Generator) -> FloatArray:
    """Return cover (h, w) of strokes in a window of hair."""
    side = _side(hair, rng)
    if way in ("stipple", "grained"):
        noise = rng.standard_normal(hair.shape, dtype=np.float32)
        ranks = _ranks(np.asarray(cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 1.1))), np.float32))
        share = rng.uniform(0.5, 0.85) if way == "stipple" else 0.5 + rng.uniform(0.5, 1.0) * side
        return _cut(ranks, np.asarray(share, np.float32).clip(0.03, 0.95), 12.0)
    reach = max(1.0, math.sqrt(float(hair.sum())))
    width = max(FINEST_PX, reach * math.exp(rng.uniform(*np.log(STRANDS))))
    ranks = _ranks(_smeared(_flow(ink, hair), width, reach * rng.uniform(*LENGTHS), rng))
    share = np.float32(rng.uniform(*SHARES[way])) * (1 + np.float32(rng.uniform(0.2, 0.9)) * side)
    if way == "half":
        share = np.where(side > rng.uniform(-0.3, 0.5), rng.uniform(0.3, 0.9), share)
        share = np.asarray(cv2.GaussianBlur(np.asarray(share, np.float32), (0, 0), 0.03 * reach), np.float32)
    if way == "black":  # its gloss
        share = np.float32(rng.uniform(*SHARES[way])) - (light - 1).clip(0, 0.6) * np.float32(rng.uniform(0.3, 1.6))
        share = share - (0.25 * side if rng.random() < 0.5 else 0)
    return _cut(ranks, np.asarray(share, np.float32).clip(0.0, 0.97), 7.0)


def _side(hair: Mask, rng: np.random.Generator) -> FloatArray:
    """Return a field (h, w) of about -1 to 1 that grows to one side of the hair, and wavers."""
    height, width = hair.shape
    turn = rng.uniform(-math.pi, math.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    reach = max(3.0, 0.25 * max(hair.shape))
    along = np.float32(math.cos(turn)) * x + np.float32(math.sin(turn)) * y
    return np.asarray(along + np.float32(0.3) * smooth_noise(hair.shape, (reach, reach), rng), np.float32)


def _flow(ink: FloatArray, hair: Mask) -> tuple[FloatArray, FloatArray]:
    """Return the way of strands (h, w), across and down, of length 1: along lines, or away from the crown."""
    height, width = hair.shape
    less = max(1, round(max(hair.shape) / 64))
    size = (max(2, width // less), max(2, height // less))
    down, right = (cv2.Sobel(ink, cv2.CV_32F, *way, ksize=3) for way in ((0, 1), (1, 0)))
    reach = 0.05 * max(size)
    tensor = [
        cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), reach)
        for plane in (right * right - down * down, 2 * right * down)
    ]
    small = cv2.resize(hair.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(small > 0.5)
    middle = (float(columns.mean()), float(rows.mean())) if len(rows) else (size[0] / 2, size[1] / 2)
    x = np.arange(size[0], dtype=np.float32) - np.float32(middle[0])
    y = np.arange(size[1], dtype=np.float32)[:, None] + np.float32(0.48 * size[1] - middle[1])
    far = x * x + y * y + 1
    # The double angle of lines lies across their gradient; that of the rays from the crown along them.
    cos = -tensor[0] + 0.12 * (x * x - y * y) / far
    sin = -tensor[1] + 0.12 * 2 * x * y / far
    half = 0.5 * np.arctan2(sin, cos)
    across, down_way = np.cos(half), np.sin(half)
    outward = np.where(across * x + down_way * y < 0, -1, 1)
    ways = (cv2.resize((plane * outward).astype(np.float32), (width, height)) for plane in (across, down_way))
    first, second = ways
    length = np.hypot(first, second) + np.float32(1e-3)
    return np.asarray(first / length, np.float32), np.asarray(second / length, np.float32)


def _smeared(
    flow: tuple[FloatArray, FloatArray], width_px: float, length_px: float, rng: np.random.Generator
) -> FloatArray:
    """Return noise (h, w) that is smeared along a flow."""
    shape = flow[0].shape
    noise = rng.standard_normal(shape, dtype=np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), width_px), np.float32)
    x, y = np.meshgrid(np.arange(shape[1], dtype=np.float32), np.arange(shape[0], dtype=np.float32))
    step = max(1.0, 1.2 * width_px)
    for _ in range(min(MOST_DOUBLINGS, max(2, math.ceil(math.log2(length_px / step))))):
        there = [np.asarray(at + np.float32(step) * way, np.float32) for at, way in zip((x, y), flow, strict=True)]
        further = cv2.remap(noise, there[0], there[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        noise = np.asarray(noise + further, np.float32)
        step *= 2
    return np.asarray(noise, np.float32)


def _ranks(noise: FloatArray) -> FloatArray:
    """Return about which share of the noise lies above each pixel, in [0, 1]."""
    scaled = (noise - noise.mean()) / np.float32(max(float(noise.std()), 1e-6))
    return np.asarray(1 / (1 + np.exp(np.float32(1.702) * scaled)), np.float32)


def _cut(ranks: FloatArray, share: FloatArray, hardness: float) -> FloatArray:
    """Cover this share of the noise, its highest part."""
    return np.asarray(((share - ranks) * np.float32(hardness) + np.float32(0.5)).clip(0, 1) * (share > 0), np.float32)
