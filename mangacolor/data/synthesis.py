"""Making the grey side: from colour art to the page a manga artist might have drawn of it.

A plain greyscale teaches the network to read colour off luminance. So the art is taken apart
into colour and lines, the lines are strengthened and edges drawn where there are none, and the
greys are pushed to paper and to black, posterised, textured, or dropped altogether.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.ink import colour_under_ink

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def draw_page(rgb: FloatArray, config: SynthesisConfig, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw a grey page after colour art.

    Args:
        rgb: (H, W, 3) art in [0, 1].
        config: Shares of the kinds of pages.
        rng: Source of everything random.

    Returns:
        The grey page (H, W) and the colour under its ink (H, W, 3), both in [0, 1].
    """
    luma = rgb @ LUMA
    colour, lines = colour_under_ink(rgb, luma)
    kind = rng.random()
    if kind < config.plain_gray:
        return luma ** np.float32(rng.uniform(0.75, 1.3)), colour
    is_line_art = kind < config.plain_gray + config.line_art
    ink = lines ** np.float32(rng.uniform(0.8, 2.5))
    if is_line_art or rng.random() < config.drawn_edges:
        ink = np.minimum(ink, drawn_edges(colour, rng))
    if rng.random() < 0.4:
        ink = np.where(luma < rng.uniform(0.05, 0.3), np.float32(0), ink)
    if is_line_art:
        return ink, colour
    tone = tone_curve(colour @ LUMA, rng)
    if rng.random() < 0.4:
        tone = texture(tone, rng)
    return tone * ink, colour


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


def texture(tone: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Roughen what is not paper: sand, or the stripes that screentone leaves when it is reduced."""
    height, width = tone.shape
    if rng.random() < 0.5:
        pattern = rng.standard_normal((height, width), dtype=np.float32)
    else:
        angle, period_px = rng.uniform(0, np.pi), rng.uniform(2.2, 8)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        pattern = np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / period_px)).astype(np.float32)
    depth = rng.uniform(0.02, 0.12)
    return (tone + depth * pattern * (tone < 0.97)).clip(0, 1).astype(np.float32)


def drawn_edges(colour: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw a thin line wherever any of the three channels changes abruptly; returns ink (H, W)."""
    smooth = cv2.GaussianBlur(colour, (0, 0), rng.uniform(0.4, 0.9))
    slope = np.zeros(colour.shape[:2], np.float32)
    slope[:, 1:] = np.abs(np.diff(smooth, axis=1)).max(axis=2)
    slope[1:] = np.maximum(slope[1:], np.abs(np.diff(smooth, axis=0)).max(axis=2))
    faint = rng.uniform(0.05, 0.12)
    strength = ((slope - faint) / faint).clip(0, 1)
    return (1 - strength * rng.uniform(0.6, 1.0)).astype(np.float32)


def print_and_scan(page: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Blur a little, add noise and JPEG artefacts, shade the paper: each only sometimes."""
    if rng.random() < 0.5:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), rng.uniform(0.3, 0.6)), np.float32)
    if rng.random() < 0.3:
        page = page * np.float32(rng.uniform(0.94, 1.0))
    if rng.random() < 0.5:
        page = page + rng.standard_normal(page.shape, dtype=np.float32) * np.float32(rng.uniform(0.003, 0.02))
    page = page.clip(0, 1).astype(np.float32)
    if rng.random() < 0.25:
        options = (cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96)))
        encoded = cv2.imencode(".jpg", pixels_from_float(page), options)[1]
        page = float_from_pixels(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8))
    return page


def saturate(rgb: FloatArray, factor: float) -> FloatArray:
    """Scale the chroma of (H, W, 3) sRGB around its luma."""
    luma = (rgb @ LUMA)[..., None]
    return np.asarray((luma + (rgb - luma) * np.float32(factor)).clip(0, 1), np.float32)
