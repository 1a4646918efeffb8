"""Drawing the lettering of a page: balloons and captions over the art, letters into them, sound effects over all."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.balloon_shapes import box_of, outlines
from mangacolor.data.drawing.balloons import Lettering, Place
from mangacolor.data.drawing.canvas import Canvas, Drawn, Region
from mangacolor.data.drawing.lettering import Setting, draw_sound, draw_text
from mangacolor.data.drawing.screentone import Screentone, lay_screentone, random_screentone
from mangacolor.data.drawing.wording import write_english, write_japanese
from mangacolor.image import float_from_pixels

FloatArray = NDArray[np.float32]
Points = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LONGEST_REACH = 6.0
"""How far a balloon's tail and outline reach beyond its box, in letter sizes."""

CAPTION_PERIODS = (0.1, 0.2)
"""Period of the screentone in captions, in letter sizes: dots as large as strokes would make them unreadable."""

FINEST_PERIOD_PX = 2.5

SMALLEST_VISIBLE_PX = 2
"""Lettering of which a window shows less than this in height or width gets no box."""


class TextBox(NamedTuple):
    """The smallest box around some lettering, in pixels of the window; `bottom` and `right` are outside."""

    top: int
    left: int
    bottom: int
    right: int
    place: Place


def draw_lettering(canvas: Canvas, lettering: Lettering, sheets: np.random.Generator | None) -> TextBox | None:
    """Draw a balloon, caption, sound effect or words over art.

    Args:
        canvas: Where to draw.
        lettering: What to draw.
        sheets: Source of the screentone in toned captions; None leaves them flat.

    Returns:
        The box of the letters that the canvas shows, None where it shows none.
    """
    if canvas.region(lettering.box(), LONGEST_REACH * lettering.letter_px) is None:
        return None
    rng = np.random.default_rng(lettering.seed)
    curves = outlines(lettering, rng)
    if curves:
        _draw_container(canvas, lettering, curves, sheets)
    if canvas.region(lettering.box(), lettering.letter_px) is None:
        return None
    letters = _letters(lettering, rng)
    placed = _placed(canvas, lettering, letters)
    if placed is None:
        return None
    region, cover = placed
    is_sound = bool(lettering.text)
    if lettering.shape == "none" and not (is_sound and lettering.fill == "none"):
        rim_px = max(1, round(lettering.line_px if is_sound else 0.14 * lettering.letter_px))
        _outlined(canvas, lettering, letters, rim_px)
    if lettering.fill == "black" and lettering.shape != "none":
        canvas.scratch(region, cover)
    elif lettering.shape == "none" and lettering.fill == "white":
        canvas.lay_flat(region, cover)
        canvas.paper[region.cut] &= cover < 1  # white paint over art, not paper
    else:
        canvas.draw(region, cover)
    return _box(region, cover, lettering.place)


def _draw_container(
    canvas: Canvas, lettering: Lettering, curves: list[Points], sheets: np.random.Generator | None
) -> None:
    line_px = lettering.line_px * (1.6 if lettering.shape == "burst" else 1.0)
    region = canvas.region(box_of(np.concatenate(curves)), line_px + 2)
    if region is None:
        return
    inside = canvas.fill(curves, region)
    line = canvas.rim(curves, region, line_px)
    if lettering.fill == "black":
        canvas.lay_flat(region, inside, ink=0.0)
        return
    canvas.lay_flat(region, np.maximum(inside, line))
    if lettering.fill == "tone":
        grey = np.float32(np.random.default_rng((lettering.seed, 1)).uniform(0.65, 0.92))
        flat = np.full(region.shape, grey, np.float32)
        drawn = flat if sheets is None else lay_screentone(flat, caption_screentone(lettering, sheets), sheets)
        screened = np.full(region.shape, sheets is not None)
        colour = np.repeat(flat[..., None], 3, axis=2)
        canvas.lay(region, inside, Drawn(np.ones_like(flat), flat, drawn, screened, colour))
    canvas.draw(region, line)


def caption_screentone(lettering: Lettering, sheets: np.random.Generator) -> Screentone:
    """Choose a sheet that letters can be read on: dots or lines much finer than they are."""
    finest_px, coarsest_px = (max(FINEST_PERIOD_PX, share * lettering.letter_px) for share in CAPTION_PERIODS)
    sheet = random_screentone(sheets, (finest_px, coarsest_px))
    return sheet if sheet.kind in ("round", "square", "line") else replace(sheet, kind="round")


def _letters(lettering: Lettering, rng: np.random.Generator) -> Pixels:
    size = lettering.letter_px
    if lettering.text and lettering.angle_deg:
        vertical = lettering.is_japanese
        return draw_sound(lettering.text, lettering.font, size, lettering.angle_deg, rng, vertical=vertical)
    if lettering.text:
        return draw_text(Setting((lettering.text,)), lettering.font, size)
    write = write_japanese if lettering.is_japanese else write_english
    setting = Setting(write(rng, list(lettering.lengths)), lettering.is_japanese, lettering.ruby)
    is_bolder = rng.random() < 0.4 and not lettering.font.is_heavy
    bold_px = round(size / 32) if is_bolder else 0
    if lettering.place == "art" and not lettering.font.is_heavy:  # thin letters would drown in the art
        bold_px = max(1, round(size / 20))
    return draw_text(setting, lettering.font, size, bold_px=bold_px)


def _placed(canvas: Canvas, lettering: Lettering, letters: Pixels) -> tuple[Region, FloatArray] | None:
    """Return the region that a coverage centred on the lettering has in the window, and that part of it."""
    height, width = letters.shape
    top, left = round(lettering.y - height / 2), round(lettering.x - width / 2)
    region = canvas.region((top, left, top + height, left + width))
    if region is None:
        return None
    y, x = canvas.to_page(region)
    rows, columns = region.shape
    part = letters[y - top : y - top + rows, x - left : x - left + columns]
    return region, float_from_pixels(part)


def _outlined(canvas: Canvas, lettering: Lettering, letters: Pixels, rim_px: int) -> None:
    """Draw the outline that lifts letters off the art: black around white ones, white around black ones."""
    padded = cv2.copyMakeBorder(letters, rim_px, rim_px, rim_px, rim_px, cv2.BORDER_CONSTANT, value=0)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim_px + 1, 2 * rim_px + 1))
    placed = _placed(canvas, lettering, np.asarray(cv2.dilate(padded, kernel), np.uint8))
    if placed is None:
        return
    region, cover = placed
    was_paper = canvas.paper[region.cut].copy()
    canvas.lay_flat(region, cover, ink=0.0 if lettering.fill == "white" else 1.0)
    canvas.paper[region.cut] &= was_paper


def _box(region: Region, cover: FloatArray, place: Place) -> TextBox | None:
    left, top, width, height = cv2.boundingRect((cover > 0.5).astype(np.uint8))
    if min(width, height) < SMALLEST_VISIBLE_PX:
        return None
    top, left = top + region.top, left + region.left
    return TextBox(top, left, top + height, left + width, place)
