"""Lettering: words set in lines or in columns, sound effects on a slant, drawn as coverage.

Coverage is (H, W) uint8: 255 where the letters are. What it means (black on paper, white on
black, an outline over art) is the page's business.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mangacolor.data.drawing.fonts import Font, load_face
from mangacolor.data.drawing.wording import HIRAGANA, is_kanji

Pixels = NDArray[np.uint8]

_SMALL = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ")
_CORNER = frozenset("、。")
_TURNED = frozenset("ー〜…―（）「」")

LEADING = 1.16
"""Distance of baselines in lines of English, in letter sizes."""

COLUMN_PITCH = 1.28
"""Distance of columns of Japanese, in letter sizes; `RUBY_PITCH` where they carry furigana."""

RUBY_PITCH = 1.62


class Setting(NamedTuple):
    """Text set in lines or columns.

    Attributes:
        lines: Lines from top to bottom, or columns from right to left.
        vertical: Whether they are columns.
        ruby: Whether kanji carry furigana.
    """

    lines: tuple[str, ...]
    vertical: bool = False
    ruby: bool = False


def draw_text(setting: Setting, font: Font, size_px: float, *, bold_px: int = 0) -> Pixels:
    """Draw text, lines centred and columns flush at the top.

    Args:
        setting: What to draw; unknown letters come out as the font's empty box.
        font: In which font.
        size_px: Letter size (em); at least 3 is drawn.
        bold_px: Letters are thickened by this much on every side.

    Returns:
        Coverage (H, W), cut to the block of text with a rim of a few pixels.
    """
    size = max(3, round(size_px))
    if setting.vertical:
        return _columns(setting, font, size, bold_px)
    face = load_face(font, size)
    widths = [face.getlength(line) for line in setting.lines]
    pitch = LEADING * size
    rim = 2 + bold_px + size // 8
    width, height = int(max(widths)) + 2 * rim, int(pitch * len(setting.lines)) + 2 * rim
    sheet = Image.new("L", (width, height))
    pen = ImageDraw.Draw(sheet)
    for index, (line, length) in enumerate(zip(setting.lines, widths, strict=True)):
        place = ((width - length) / 2, rim + pitch * (index + 0.5))
        pen.text(place, line, 255, face, anchor="lm", stroke_width=bold_px)
    return np.asarray(sheet)


def _columns(setting: Setting, font: Font, size: int, bold_px: int) -> Pixels:
    """Set characters one under the other, each in its square."""
    pitch = (RUBY_PITCH if setting.ruby else COLUMN_PITCH) * size
    rim = 2 + bold_px + size // 8
    width = int(pitch * len(setting.lines)) + 2 * rim
    height = size * max(map(len, setting.lines)) + 2 * rim
    sheet = Image.new("L", (width, height))
    pen = ImageDraw.Draw(sheet)
    face = load_face(font, size)
    small = load_face(font, max(3, round(0.45 * size)))
    for index, column in enumerate(setting.lines):
        right = width - rim - index * pitch
        x = right - (pitch - 0.5 * size if setting.ruby else pitch / 2)
        for row, letter in enumerate(column):
            y = rim + (row + 0.5) * size
            if letter in _TURNED:
                _turned(sheet, letter, x, y, size, font)
                continue
            dx, dy = (0.12, -0.1) if letter in _SMALL else (0.6, -0.6) if letter in _CORNER else (0.0, 0.0)
            pen.text((x + dx * size, y + dy * size), letter, 255, face, anchor="mm", stroke_width=bold_px)
            if setting.ruby and is_kanji(letter):
                for half in (-0.24, 0.24):
                    reading = HIRAGANA[(ord(letter) + round(100 * half)) % len(HIRAGANA)]
                    pen.text((x + 0.76 * size, y + half * size), reading, 255, small, anchor="mm")
    return np.asarray(sheet)


def _turned(sheet: Image.Image, letter: str, x: float, y: float, size: int, font: Font) -> None:
    """Draw what lies on its side in columns: the long vowel, dots, brackets."""
    square = Image.new("L", (size, size))
    ImageDraw.Draw(square).text((size / 2, size / 2), letter, 255, load_face(font, size), anchor="mm")
    turned = square.transpose(Image.Transpose.ROTATE_270)
    sheet.paste(255, (round(x - size / 2), round(y - size / 2)), turned)


def draw_sound(
    text: str, font: Font, size_px: float, angle_deg: float, rng: np.random.Generator, *, vertical: bool
) -> Pixels:
    """Draw a sound effect: heavy uneven letters on a slant.

    Args:
        text: The sound.
        font: In which font.
        size_px: Mean letter size.
        angle_deg: How far it leans, counter-clockwise.
        rng: Source of the unevenness.
        vertical: One letter under the other.

    Returns:
        Coverage (H, W) of the letters.
    """
    size = max(6, round(size_px))
    bold = max(1, round(size * 0.05))
    slots = len(text) * size
    side = int(1.5 * slots) + 2 * size
    sheet = np.zeros((side, side), np.uint8)
    turn = np.deg2rad(angle_deg)
    along = np.array([np.sin(turn), np.cos(turn)]) if vertical else np.array([np.cos(turn), -np.sin(turn)])
    across = np.array([along[1], -along[0]])
    step = 0.95 if vertical or not text.isascii() else 0.72
    for index, letter in enumerate(text):
        grown = max(4, round(size * rng.uniform(0.8, 1.2)))
        stamp = draw_text(Setting((letter,)), font, grown, bold_px=0 if font.is_heavy else bold)
        if vertical and letter in _TURNED:
            stamp = np.rot90(stamp, 3)
        height, width = stamp.shape
        lean = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg + rng.uniform(-9, 9), 1)
        middle = (
            side / 2 + along * (step * size * (index - (len(text) - 1) / 2)) + across * size * rng.uniform(-0.1, 0.1)
        )
        lean[:, 2] += middle - (width / 2, height / 2)
        np.maximum(sheet, cv2.warpAffine(stamp, lean, (side, side)), out=sheet)
    left, top, width, height = cv2.boundingRect(sheet)
    return np.ascontiguousarray(sheet[top : top + height, left : left + width])
