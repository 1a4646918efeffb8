"""Making the grey side: from colour art to the page a manga artist might have drawn of it.

A plain greyscale teaches the network to read colour off luminance. So the art is taken apart
into colour and lines, the lines are strengthened and edges drawn where there are none, and the
greys are pushed to paper and to black, posterised, textured, or dropped altogether.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.hatched_shadows import hatch_shadows
from mangacolor.data.drawing.lines import draw_lines
from mangacolor.data.drawing.outlines import fill_outlines, outline_strength
from mangacolor.data.free_tones import free_tones
from mangacolor.data.labels import YES
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.image.color import LUMA, grade
from mangacolor.page.edge_filters import recursive_filter
from mangacolor.page.ink import BLACK_FLOOR, LINE_RADIUS_PX

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SOLID_BLACKS = 0.4
"""Probability that dark areas of a drawing are brushed with solid black."""

WASH = 0.25
"""Probability that the tone of a toned drawing is a grey wash, not to be screened."""

SMALLEST_SOLID_PX = 80
"""Pixels of the art below which a dark area is no solid black but a speck."""


DARK_GRAY = 0.06
"""Grey that blacks get before they are brightened."""


class Layers(NamedTuple):
    """What an artist drew and a colourist painted, all of one size (H, W).

    Attributes:
        ink: (H, W) lines and solid blacks in [0, 1], 1 = none.
        tone: (H, W) flat grey in [0, 1], 1 = paper; it continues under the ink.
        colour: (H, W, 3) what was painted under the ink, in [0, 1]; no darker than `BLACK_FLOOR` unless saturated.
        smooth: The tone is a wash, never to be screened.
    """

    ink: FloatArray
    tone: FloatArray
    colour: FloatArray
    smooth: bool


class HandToned(Layers):
    """Layers whose tones `free_tones` chose; those of others follow the greys of the art."""

    __slots__ = ()


def draw_layers(
    rgb: FloatArray, scale: float, config: SynthesisConfig, rng: np.random.Generator, skin: Pixels | None = None
) -> Layers:
    """Draw after colour art what a manga artist might have drawn, and the colour under it.

    By the shares of `config` it is a plain grey (ink × tone is about the art's luma), a line
    drawing (the tone is paper everywhere) or a toned drawing, most of it bare paper.

    Args:
        rgb: (H, W, 3) art, sRGB in [0, 1].
        scale: Size of the drawing relative to the art.
        config: Shares of the kinds.
        rng: Source of everything random.
        skin: (H, W) labels from `skin.skin_labels`: tones chosen by hand leave skin bare.

    Returns:
        Layers of size (round(H * scale), round(W * scale)); `HandToned` where tones were chosen by hand.
    """
    luma = rgb @ LUMA
    outline = outline_strength(rgb)
    paint = fill_outlines(rgb, outline)
    colour = _enlarge(lift_blacks(paint), scale)
    kind = rng.random()
    if kind < config.plain_gray:
        ink, tone = _plain_gray(luma, rng)
        return Layers(_enlarge(ink, scale), _enlarge(tone, scale), colour, smooth=True)
    is_line_art = kind < config.plain_gray + config.line_art
    ink = draw_lines(paint, outline, scale, rng, borders=is_line_art or rng.random() < config.drawn_edges)
    weights = LUMA if rng.random() < 0.75 else rng.dirichlet(np.full(3, 3.0)).astype(np.float32)
    if not is_line_art and config.free_tones and rng.random() < config.free_tones:
        is_skin = None if skin is None else skin == YES
        chosen = free_tones(paint, rng, is_skin)
        if chosen is not None:
            if config.hatched and rng.random() < config.hatched:
                ink = hatch_shadows(ink, paint, is_skin, rng)
            return HandToned(ink, _enlarge(chosen, scale), colour, smooth=bool(rng.random() < WASH))
    gray = _flatten(paint @ weights)
    if rng.random() < SOLID_BLACKS:
        ink = np.minimum(ink, solid_blacks(gray, scale, float(rng.uniform(0.08, 0.3))))
    if is_line_art:
        return Layers(ink, np.ones_like(ink), colour, smooth=False)
    tone = manga_tone(_enlarge(gray, scale), rng)
    return Layers(ink, tone, colour, smooth=bool(rng.random() < WASH))


def _enlarge(plane: FloatArray, scale: float) -> FloatArray:
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    if size == plane.shape[1::-1]:
        return plane
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(plane, size, interpolation=way).clip(0, 1), np.float32)


def lift_blacks(colour: FloatArray) -> FloatArray:
    """Brighten colours below `BLACK_FLOOR` as far as they go at their hue; black becomes grey."""
    dark = np.float32(1) - cv2.transform(colour, LUMA[None] / BLACK_FLOOR)
    grayed = colour + (dark.clip(0, 1) * np.float32(DARK_GRAY))[..., None]  # or the noise of blacks would be vivid
    red, green, blue = cv2.split(grayed)
    brightest = cv2.max(cv2.max(red, green), blue)
    gain = np.minimum(BLACK_FLOOR / cv2.transform(grayed, LUMA[None]), 1 / np.maximum(brightest, np.float32(1e-3)))
    return np.asarray(grayed * np.maximum(gain, 1)[..., None], np.float32)


def _plain_gray(luma: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Take the art's own luma apart into lines and tone, with a mild gamma."""
    gamma = np.float32(rng.uniform(0.75, 1.3))
    side = 2 * LINE_RADIUS_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = np.maximum(cv2.morphologyEx(luma, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE), 1 / 255)
    ink = np.minimum(luma / closed, 1)
    return np.asarray(ink**gamma, np.float32), np.asarray(closed**gamma, np.float32)


def _flatten(gray: FloatArray) -> FloatArray:
    """Smooth (H, W) greys between their edges, so that they read as flat areas."""
    median = float_from_pixels(np.asarray(cv2.medianBlur(pixels_from_float(gray), 5), np.uint8))
    flat = recursive_filter(median, median, 8, 0.2, rounds=2)
    return np.asarray(flat.clip(0, 1), np.float32)


def solid_blacks(gray: FloatArray, scale: float, darkest: float) -> FloatArray:
    """Brush the dark areas of art with solid black.

    Args:
        gray: (H, W) art without outlines, in [0, 1].
        scale: Size of the drawing relative to the art.
        darkest: Grey below which an area becomes black.

    Returns:
        Ink (round(H * scale), round(W * scale)) in [0, 1], 1 = none; specks are left out, outlines are smooth.
    """
    dark = cv2.GaussianBlur((gray < darkest).astype(np.float32), (0, 0), 1.5, borderType=cv2.BORDER_REFLECT)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((dark > 0.4).astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST_SOLID_PX
    large[0] = False
    inside = np.where(large[labels], dark, 0).astype(np.float32)
    return np.asarray(1 - ((_enlarge(inside, scale) - 0.5) * (4 * max(scale, 1)) + 0.5).clip(0, 1), np.float32)


def manga_tone(gray: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Turn the greys of art into the tone of manga: much bare paper, some blacks, few levels.

    Args:
        gray: (H, W) art without outlines, in [0, 1].
        rng: Chooses how much is paper, the bend, the levels and the lightness.

    Returns:
        Tone (H, W) in [0, 1], 1 = paper.
    """
    if rng.random() < 0.25:
        return tone_curve(gray, rng)
    step = max(1, min(gray.shape) // 128)
    white = max(0.15, float(np.quantile(gray[::step, ::step], 1 - rng.uniform(0.35, 0.85))))
    black = white * rng.uniform(0, 0.5)
    tone = ((gray - black) / (white - black)).clip(0, 1) ** np.float32(rng.uniform(0.6, 1.6))
    if rng.random() < 0.2:
        levels = int(rng.integers(1, 5))
        tone = np.round(tone * levels) / levels
    if rng.random() < 0.5:
        tone = 1 - (1 - tone) * np.float32(rng.uniform(0.3, 1.0))
    return np.asarray(cv2.GaussianBlur(tone.astype(np.float32), (0, 0), 0.5), np.float32)


def tone_curve(gray: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Push greys towards paper and black, bend them, and sometimes leave only a few levels."""
    black, white = rng.uniform(0, 0.3), rng.uniform(0.5, 1.0)
    tone = ((gray - black) / (white - black)).clip(0, 1) ** rng.uniform(0.6, 1.6)
    if rng.random() < 0.35:
        levels = int(rng.integers(1, 5))
        tone = np.round(tone * levels) / levels
    if rng.random() < 0.5:
        tone = 1 - (1 - tone) * rng.uniform(0.3, 1.0)
    return tone.astype(np.float32)


def graded(rgb: FloatArray, config: SynthesisConfig, rng: np.random.Generator) -> FloatArray:
    """Bring the palette of art (H, W, 3) nearer to that of coloured manga, as far as `config` says."""
    if config.graded_chroma == config.graded_lightness == (1.0, 1.0):
        return rgb
    return grade(rgb, rng.uniform(*config.graded_chroma), rng.uniform(*config.graded_lightness))


def saturate(rgb: FloatArray, factor: float) -> FloatArray:
    """Scale the chroma of (H, W, 3) sRGB around its luma."""
    luma = (rgb @ LUMA)[..., None]
    return np.asarray((luma + (rgb - luma) * np.float32(factor)).clip(0, 1), np.float32)
