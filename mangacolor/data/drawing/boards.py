"""White boards, posters, plates and big letters on a wall: lettering that is nobody's garment."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.fonts import find_fonts
from mangacolor.data.drawing.lettering import Setting, draw_text
from mangacolor.data.drawing.sheet import Mask, Points, Sheet, box
from mangacolor.data.drawing.wording import write_english, write_japanese, write_sound

LETTER_PX = 72
"""Size at which letters are drawn before they are laid on a wall."""

COLOURED_LETTERS = 0.35
"""How often big letters have an outline and a colour of their own rather than ink."""

_OUT = ((-1, -1), (1, -1), (1, 1), (-1, 1))


def draw_board(sheet: Sheet) -> None:
    """Draw a wall with a white board, a poster, a plate or letters on it."""
    rng, side = sheet.rng, sheet.side
    sheet.lay(box(0, 0, side, side), "wall", outline=False)
    for _ in range(int(rng.choice([1, 2, 4], p=[0.55, 0.3, 0.15]))):
        size = rng.uniform(0.25, 1.0) * side
        wide, tall = size * rng.uniform(0.6, 1.3), size * rng.uniform(0.4, 1.1)
        x, y = rng.normal(0.5, 0.25) * side - wide / 2, rng.normal(0.45, 0.22) * side - tall / 2
        slant = rng.normal(0, 0.1) * tall
        corners = [(x, y), (x + wide, y + slant), (x + wide, y + tall), (x, y + tall + slant / 2)]
        sort = rng.choice(["written", "poster", "plate", "letters"], p=[0.3, 0.3, 0.2, 0.2])
        if sort == "written":
            thick = 0.02 * side
            rim = [(a + thick * s, b + thick * t) for (a, b), (s, t) in zip(corners, _OUT, strict=True)]
            sheet.lay(rim, str(rng.choice(["metal", "wood"])))
            _handwriting(sheet, sheet.lay(corners, "linen"), (x, y, wide, tall))
        elif sort == "poster":
            _poster(sheet, corners)
        else:
            within = None
            if sort == "plate":
                within = sheet.lay(corners, str(rng.choice(["leaflet", "thing", "metal"])), new=rng.random() < 0.5)
            letters(sheet, corners, within)


def _handwriting(sheet: Sheet, within: Mask, place: tuple[float, float, float, float]) -> None:
    """Write by hand, draw boxes and arrows, rule a table."""
    rng = sheet.rng
    left, top, wide, tall = place
    many = []
    size = rng.uniform(6, 22)
    for y in np.arange(top + size, top + tall - size, 2 * size):
        x, end = left + size + rng.uniform(0, 0.3) * wide, left + wide * rng.uniform(0.4, 1) - size
        while x < end:
            strokes = np.array([x, y]) + rng.uniform(-0.5, 0.5, (int(rng.integers(3, 7)), 2)) * size
            many.append([(float(a), float(b)) for a, b in strokes])
            x += size * rng.choice([0.9, 0.9, 0.9, 1.8])
    sheet.lines(many[:220], 0.5, within, wobble_px=0.2)
    for _ in range(int(rng.integers(0, 4))):
        x, y, long = left + rng.uniform(0, 0.7) * wide, top + rng.uniform(0, 0.7) * tall, rng.uniform(0.1, 0.3) * wide
        sheet.lines([[*box(x, y, x + long, y + 0.6 * long), (x, y)]], 0.8, within)


def _poster(sheet: Sheet, corners: Points) -> None:
    """Draw a poster: a sign or a shape on it, letters above or below."""
    rng = sheet.rng
    poster = sheet.lay(corners, str(rng.choice(["leaflet", "thing"])), new=True)
    (left, top), (right, _), (_, foot), _ = corners
    middle, size = np.array([(left + right) / 2, top + 0.42 * (foot - top)]), 0.3 * min(right - left, foot - top)
    spikes = int(rng.choice([3, 4, 5, 8, 32]))
    turns = np.arange(2 * spikes) * math.pi / spikes + rng.uniform(0, math.pi)
    reach = size * np.where(np.arange(2 * spikes) % 2, rng.uniform(0.4, 1.0), 1.0)[:, None]
    shape = middle + reach * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    if rng.random() < 0.7:
        mark = sheet.lay([(float(x), float(y)) for x, y in shape], "thing", new=True)
        sheet.ink[mark & poster] = 0 if rng.random() < 0.3 else 255
    up = foot - rng.uniform(0.2, 0.35) * (foot - top)
    letters(sheet, [(left + 9, up), (right - 9, up), (right - 9, foot - 9), (left + 9, foot - 9)], poster)
    if rng.random() < 0.4:
        letters(
            sheet, [(left + 9, top + 5), (right - 9, top + 5), (right - 9, top + size), (left + 9, top + size)], poster
        )


def letters(sheet: Sheet, corners: Points, within: Mask | None) -> None:
    """Set words into four corners, as ink or with an outline and a colour of their own."""
    cover = _set_into(sheet, corners)
    if within is not None:
        cover = cover * within
    if sheet.rng.random() < COLOURED_LETTERS:
        sheet.cover(cover > 0.5, "thing", new=True, outline=True)
    else:
        sheet.ink = (sheet.ink * (1 - cover)).astype(np.uint8)


def _set_into(sheet: Sheet, corners: Points) -> NDArray[np.float32]:
    """Return how far letters cover each pixel, (H, W) in [0, 1]."""
    rng = sheet.rng
    fonts = find_fonts()
    is_japanese = bool(fonts.japanese) and rng.random() < 0.5
    if rng.random() < 0.5:
        words: tuple[str, ...] = (write_sound(rng, japanese=is_japanese),)
    else:
        words = (write_japanese if is_japanese else write_english)(
            rng, rng.integers(3, 12, int(rng.integers(1, 3))).tolist()
        )
    font = fonts.choose(rng, japanese=is_japanese)
    cover = draw_text(Setting(words), font, LETTER_PX, bold_px=int(rng.integers(0, 5)))
    high, wide = cover.shape
    source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    onto = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    laid = cv2.warpPerspective(cover, onto, (sheet.side, sheet.side), flags=cv2.INTER_AREA)
    return np.asarray(laid / np.float32(255), np.float32)
