"""Lettering on a page: where balloons, captions, sound effects and words over art go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.fonts import Font, Fonts
from mangacolor.data.drawing.lettering import COLUMN_PITCH, LEADING, RUBY_PITCH
from mangacolor.data.drawing.wording import write_sound

Points = NDArray[np.float32]
Box = tuple[float, float, float, float]
Shape = Literal["ellipse", "rounded", "cloud", "burst", "thought", "box", "none"]
Place = Literal["balloon", "caption", "art"]
Fill = Literal["white", "black", "tone", "none"]

ENGLISH_WIDTH = 0.62
"""Mean width of a letter of English, in letter sizes."""

# Room around the block of text: a share of it, because corners must fit into a curve, and a fixed part in letters.
_ROOM = {
    "ellipse": (1.3, 0.7), "rounded": (1.16, 0.7), "cloud": (1.36, 0.9), "burst": (1.6, 1.2), "thought": (1.36, 0.9),
    "box": (1.0, 0.6), "none": (1.0, 0.2),
}  # fmt: skip


@dataclass(frozen=True)
class Lettering:
    """A balloon, a caption, a sound effect or words written over the art.

    Attributes:
        place: What holds the letters; "art" for what has no container.
        font: Of the letters.
        x: Centre.
        y: Centre.
        half_width: Reach of the container, or of the letters where there is none.
        half_height: The same, up and down.
        shape: Of the container.
        fill: Of the container. Without one: "white" or "black" letters with an outline of the other, or "none" for
            black letters whose outline, if words have to be read, is white.
        line_px: Width of the outline.
        letter_px: Letter size.
        lengths: Letters in each line or column; empty where `text` says it all.
        text: A sound effect or page number.
        angle_deg: Slant of a sound effect, counter-clockwise.
        is_japanese: Columns of Japanese instead of lines of English.
        ruby: Whether kanji carry furigana.
        tail: Point that a balloon's tail is directed to, or None.
        seed: Words and unevenness depend on this alone.
    """

    place: Place
    font: Font
    x: float
    y: float
    half_width: float
    half_height: float
    shape: Shape
    fill: Fill
    line_px: float
    letter_px: float
    lengths: tuple[int, ...] = ()
    text: str = ""
    angle_deg: float = 0.0
    is_japanese: bool = False
    ruby: bool = False
    tail: tuple[float, float] | None = None
    seed: int = 0

    def box(self) -> Box:
        """Return top, left, bottom, right of the container or the letters, without the tail."""
        x, y, across, up = self.x, self.y, self.half_width, self.half_height
        return (y - up, x - across, y + up, x + across)


@dataclass(frozen=True)
class LetteringStyle:
    """What the lettering of a page has in common.

    Attributes:
        fonts: Fonts to choose sound effects from.
        font: Of the words.
        letter_px: Size of ordinary letters.
        line_px: Width of balloon outlines.
        is_japanese: Columns of Japanese instead of lines of English.
        ruby: Whether kanji carry furigana.
    """

    fonts: Fonts
    font: Font
    letter_px: float
    line_px: float
    is_japanese: bool
    ruby: bool


def place_lettering(
    panels: list[Box], page: Box, style: LetteringStyle, rng: np.random.Generator
) -> Iterator[Lettering]:
    """Letter the panels so that nothing touches anything else.

    Args:
        panels: Top, left, bottom, right of each.
        page: The same of the page, within which letters stay.
        style: What is common to the page.
        rng: Source of everything random.
    """
    taken: list[Box] = []
    letter = style.letter_px
    for panel in panels:
        top, left, bottom, right = max(panel[0], 0), max(panel[1], 0), min(panel[2], page[2]), min(panel[3], page[3])
        if min(right - left, bottom - top) < 5 * letter:
            continue
        mean = 0.5 + (right - left) * (bottom - top) / (18 * letter) ** 2
        for _ in range(min(6, int(rng.poisson(min(3.2, mean))))):
            one = _one((top, left, bottom, right), style, rng)
            box = one.box()
            is_inside = box[0] >= 1 and box[1] >= 1 and box[2] <= page[2] - 1 and box[3] <= page[3] - 1
            if is_inside and not any(touch(box, other, 0.3 * letter) for other in taken):
                taken.append(box)
                yield one


def touch(one: Box, other: Box, gap: float) -> bool:
    """Say whether two boxes touch, or come closer than `gap` pixels."""
    return not (
        one[2] + gap < other[0] or other[2] + gap < one[0] or one[3] + gap < other[1] or other[3] + gap < one[1]
    )


def _one(panel: Box, style: LetteringStyle, rng: np.random.Generator) -> Lettering:
    draw = rng.random()
    if draw < 0.17:
        return _sound(panel, style, rng)
    lengths = _lengths((panel[2] - panel[0]) / style.letter_px, (panel[3] - panel[1]) / style.letter_px, style, rng)
    if draw < 0.75:
        return _balloon(panel, lengths, style, rng)
    shape: Shape = "box" if draw < 0.88 else "none"
    fills: tuple[Fill, ...] = (
        ("white", "white", "white", "black", "tone") if shape == "box" else ("black", "black", "white", "none")
    )
    half_width, half_height = _reach(lengths, shape, style)
    top, left, bottom, right = panel
    x = rng.choice([left + 1.02 * half_width, right - 1.02 * half_width, rng.uniform(left, right)])
    y = rng.choice([top + 1.02 * half_height, bottom - 1.02 * half_height, rng.uniform(top, bottom)])
    return Lettering(
        "caption" if shape == "box" else "art", style.font, float(x), float(y), half_width, half_height, shape,
        fills[int(rng.integers(len(fills)))], style.line_px if rng.random() < 0.85 else 0.0, style.letter_px, lengths,
        is_japanese=style.is_japanese, ruby=style.ruby, seed=int(rng.integers(2**62)),
    )  # fmt: skip


def _lengths(height: float, width: float, style: LetteringStyle, rng: np.random.Generator) -> tuple[int, ...]:
    """Choose how many lines of how many letters fit a panel of so many letters' height and width."""
    if style.is_japanese:
        count = int(rng.integers(1, 2 + np.clip(0.3 * width, 1, 4)))
        longest = int(rng.integers(3, 4 + np.clip(0.6 * height, 1, 6)))
    else:
        count = int(rng.integers(1, 2 + np.clip(0.3 * height, 1, 5)))
        longest = int(rng.integers(5, 6 + np.clip(0.8 * width, 1, 11)))
    lengths = [max(2, round(longest * rng.uniform(0.65, 1.0))) for _ in range(count)]
    lengths[int(rng.integers(count))] = longest
    return tuple(lengths)


def _reach(lengths: tuple[int, ...], shape: Shape, style: LetteringStyle) -> tuple[float, float]:
    """Return half the width and height of the container that a block of text needs."""
    share, margin = _ROOM[shape]
    if style.is_japanese:
        width, height = len(lengths) * (RUBY_PITCH if style.ruby else COLUMN_PITCH), float(max(lengths))
    else:
        width, height = ENGLISH_WIDTH * max(lengths), LEADING * len(lengths)
    return (share * width / 2 + margin) * style.letter_px, (share * height / 2 + margin) * style.letter_px


def _balloon(panel: Box, lengths: tuple[int, ...], style: LetteringStyle, rng: np.random.Generator) -> Lettering:
    shapes: tuple[Shape, ...] = ("ellipse", "rounded", "cloud", "burst", "thought")
    shape = shapes[int(rng.choice(5, p=(0.5, 0.2, 0.08, 0.14, 0.08)))]
    half_width, half_height = _reach(lengths, shape, style)
    top, left, bottom, right = panel
    # Balloons keep to the sides, away from the faces, and may lie across the frame.
    over = rng.uniform(-0.5, 0.9)
    x = rng.choice([left + over * half_width + 0.2 * half_width, right - over * half_width, rng.uniform(left, right)])
    y = top + (bottom - top) * rng.beta(1.3, 2.2)
    tail = None
    if rng.random() < (0.45 if style.is_japanese else 0.75):
        tail = (float(rng.uniform(left, right)), float(rng.uniform((top + bottom) / 2, bottom)))
    fill: Fill = "black" if rng.random() < 0.06 else "white"
    line_px = 0.0 if rng.random() < 0.06 and fill == "white" else style.line_px
    return Lettering(
        "balloon", style.font, float(x), float(y), half_width, half_height, shape, fill, line_px, style.letter_px,
        lengths, is_japanese=style.is_japanese, ruby=style.ruby, tail=tail, seed=int(rng.integers(2**62)),
    )  # fmt: skip


def _sound(panel: Box, style: LetteringStyle, rng: np.random.Generator) -> Lettering:
    top, left, bottom, right = panel
    text = write_sound(rng, japanese=style.is_japanese)
    room = min(right - left, bottom - top)
    size = float(np.clip(room / len(text), 1.5 * style.letter_px, rng.uniform(2, 7) * style.letter_px))
    angle = float(rng.uniform(-35, 35))
    along = size * len(text) * (0.55 if style.is_japanese else 0.42) + 0.5 * size
    turn = abs(np.deg2rad(angle))
    wide = float(along * np.cos(turn) + 0.7 * size * np.sin(turn))
    slim = float(along * np.sin(turn) + 0.8 * size * np.cos(turn))
    half_width, half_height = (slim, wide) if style.is_japanese else (wide, slim)
    fills: tuple[Fill, ...] = ("black", "white", "none")
    fill = fills[int(rng.choice(3, p=(0.5, 0.4, 0.1)))]
    font = style.fonts.choose(rng, japanese=style.is_japanese)
    x, y, rim_px = rng.uniform(left, right), rng.uniform(top, bottom), max(1.0, size * rng.uniform(0.03, 0.08))
    return Lettering(
        "art", font, float(x), float(y), half_width, half_height, "none", fill, float(rim_px), size, text=text,
        angle_deg=angle, is_japanese=style.is_japanese, seed=int(rng.integers(2**62)),
    )  # fmt: skip
