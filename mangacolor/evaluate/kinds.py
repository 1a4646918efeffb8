"""Scoring the first decision: which pages are coloured, and which are left as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.fonts import Font, Fonts, find_fonts
from mangacolor.data.drawing.lettering import Setting, draw_text
from mangacolor.data.drawing.lines import find_lines
from mangacolor.data.drawing.screentone import screen
from mangacolor.data.drawing.wording import write_english, write_japanese
from mangacolor.data.pictures import Picture
from mangacolor.image import float_from_pixels, pixels_from_float, resize, to_gray
from mangacolor.page.kinds import PageKind, page_kind

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SHORT_PX = 480
"""Short side of the pages drawn: a decision should not hang on the resolution, and small ones are drawn sooner."""

SEED = 20_021


@dataclass(frozen=True)
class KindScores:
    """How often one class of pages is taken for what it is.

    Attributes:
        page_class: What the pages are.
        expected: What should be decided.
        pages: How many were drawn.
        errors: How many were taken for anything else.
        error_share: The same, 0 to 1; NaN without pages.
        taken_for: The wrong decisions, the most frequent first, parted by commas.
    """

    page_class: str
    expected: PageKind
    pages: int
    errors: int
    error_share: float
    taken_for: str


@dataclass(frozen=True)
class _Studio:
    """What pages are drawn from: art, fonts, and chance."""

    pictures: Sequence[Picture]
    fonts: Fonts
    rng: np.random.Generator

    @property
    def size(self) -> tuple[int, int]:
        return round(SHORT_PX * 1.43), SHORT_PX

    def coloured(self, ink_share: float = 1.0) -> tuple[FloatArray, FloatArray]:
        """Draw a page of two to five panels: its colour (H, W, 3) and its ink (H, W)."""
        height, width = self.size
        colour, ink = np.ones((height, width, 3), np.float32), np.ones((height, width), np.float32)
        rim, gap = round(0.04 * width), round(0.02 * width)
        edges = np.linspace(rim, height - rim, int(self.rng.integers(2, 4)) + 1).astype(int)
        for top, bottom in zip(edges, edges[1:] - gap, strict=False):
            columns = np.linspace(rim, width - rim, int(self.rng.integers(1, 3)) + 1).astype(int)
            for left, right in zip(columns, columns[1:] - gap, strict=False):
                art = float_from_pixels(self.art(int(bottom - top), int(right - left)))
                colour[top:bottom, left:right] = art
                ink[top:bottom, left:right] = 1 - ink_share * (1 - find_lines(art))
                cv2.rectangle(ink, (int(left), int(top)), (int(right), int(bottom)), 0.0, 2)
        return colour, ink

    def screened(self) -> FloatArray:
        """Draw a grey page (H, W) as an artist does, with screentone."""
        colour, ink = self.coloured()
        light = to_gray(pixels_from_float(colour))
        return np.asarray(ink * screen(np.minimum(1, light * self.rng.uniform(1, 1.5)), self.rng).drawn, np.float32)

    def text(self, *, japanese: bool) -> FloatArray:
        """Set a page (H, W) of text, under a title as often as not."""
        height, width = self.size
        page = np.ones((height, width), np.float32)
        letter_px = float(width * self.rng.uniform(0.018, 0.035))
        rim = round(0.1 * width)
        font = self.fonts.choose(self.rng, japanese=japanese)
        top = rim
        if self.rng.random() < 0.5:
            top += _print(page, self._lines(font, (0.5 * width, 0.15 * height), 2.2 * letter_px, japanese), (rim, rim))
            top += round(letter_px)
        room = (float(width - 2 * rim), float((height - rim - top) * self.rng.uniform(0.4, 1)))
        _print(page, self._lines(font, room, letter_px, japanese), (top, rim))
        return page

    def _lines(self, font: Font, room: tuple[float, float], size: float, japanese: bool) -> Pixels:
        """Set as many lines, or columns, as fit in a room (width, height)."""
        along, across = (room[1], room[0]) if japanese else room
        count = max(1, int(across / (1.35 * size)))
        lengths = [max(3, int(along * self.rng.uniform(0.6, 1) / (size if japanese else 0.7 * size)))] * count
        write = write_japanese if japanese else write_english
        return draw_text(Setting(write(self.rng, lengths), vertical=japanese), font, size)

    def art(self, height: int, width: int) -> Pixels:
        """Return colour art (height, width, 3)."""
        rgb = self.pictures[int(self.rng.integers(len(self.pictures)))].rgb
        scale = max(height / rgb.shape[0], width / rgb.shape[1])
        grown = resize(rgb, max(height, round(rgb.shape[0] * scale)), max(width, round(rgb.shape[1] * scale)))
        return np.ascontiguousarray(grown[:height, :width])


def _print(page: FloatArray, coverage: Pixels, at: tuple[int, int]) -> int:
    """Print coverage on a page, in place, and return its height."""
    room = page[at[0] : at[0] + coverage.shape[0], at[1] : at[1] + coverage.shape[1]]
    room *= 1 - float_from_pixels(coverage)[: room.shape[0], : room.shape[1]]
    return len(coverage)


def _inked(page: FloatArray, ink: tuple[int, int, int] = (0, 0, 0), paper: tuple[int, int, int] = (255,) * 3) -> Pixels:
    darkest, lightest = (np.array(colour, np.float32) / 255 for colour in (ink, paper))
    return pixels_from_float(darkest + (lightest - darkest) * page[..., None])


def _yellowed(page: FloatArray) -> Pixels:
    return _inked(page, (35, 26, 18), (236, 216, 172))


def _jpeg_noise(studio: _Studio) -> Pixels:
    page = _inked(studio.screened(), (10, 10, 10), (248, 246, 240))
    noise = studio.rng.normal(0, 10, page.shape)
    bgr = np.ascontiguousarray((page + noise).clip(0, 255).astype(np.uint8)[..., ::-1])
    code = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, int(studio.rng.integers(15, 60))))[1]
    return np.ascontiguousarray(np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def _misaligned(studio: _Studio) -> Pixels:
    """A scanner's three sensors half a pixel apart, which is more than one on a page of usual size."""
    page = studio.screened()
    right, below = ((page + np.roll(page, 1, axis=axis)) / 2 for axis in (1, 0))
    return pixels_from_float(np.stack([right, page, below], axis=2))


def _coloured_ink(studio: _Studio) -> Pixels:
    inks = ((50, 45, 120), (20, 80, 60), (110, 40, 50), (80, 50, 30))
    return _inked(studio.screened(), inks[int(studio.rng.integers(len(inks)))], (245, 240, 232))


def _with_logo(studio: _Studio) -> Pixels:
    """A grey page with one spot of colour of 0.5 to 2.5 % of its area."""
    page = _inked(studio.screened())
    side = int(np.sqrt(page.shape[0] * page.shape[1] * studio.rng.uniform(0.005, 0.025)))
    top, left = (int(studio.rng.integers(length - side)) for length in page.shape[:2])
    logo = page[top : top + side, left : left + side]
    logo[:] = studio.rng.permutation(np.array((215, 45, 40)))
    logo[side // 3 : side // 2, side // 4 : -side // 4] = 255
    return page


def _with_banner(studio: _Studio) -> Pixels:
    """A grey page with a strip of colour art at its top or bottom, 6 to 25 % of it."""
    page = _inked(studio.screened(), (10, 10, 10), (250, 248, 244))
    strip = page[: round(len(page) * studio.rng.uniform(0.06, 0.25))]
    if studio.rng.random() < 0.5:
        strip = page[-len(strip) :]
    strip[:] = studio.art(*strip.shape[:2])
    return page


def _half_coloured(studio: _Studio) -> Pixels:
    """Two pages beside each other, one of them in colour."""
    sides = [_coloured(studio), _inked(studio.screened())]
    return np.hstack([sides[int(side)] for side in studio.rng.permutation(2)])


def _with_grey_panel(studio: _Studio) -> Pixels:
    """A page in colour of which an upper or lower part, up to a third, is grey."""
    page = _coloured(studio)
    part = page[: round(len(page) * studio.rng.uniform(0.15, 0.33))]
    if studio.rng.random() < 0.5:
        part = page[-len(part) :]
    part[:] = pixels_from_float(to_gray(part))[..., None]
    return page


def _coloured(studio: _Studio) -> Pixels:
    colour, ink = studio.coloured(float(studio.rng.uniform(0, 1)))
    return pixels_from_float(colour * ink[..., None])


def _mostly_black(studio: _Studio) -> Pixels:
    """A colour page of which 70 to 85 % is black."""
    page = _coloured(studio)
    kept = int(len(page) * studio.rng.uniform(0.15, 0.3))
    top = int(studio.rng.integers(len(page) - kept))
    page[:top] = page[top + kept :] = studio.rng.integers(0, 25)
    return page


def _watercolour(studio: _Studio) -> Pixels:
    """Colours thinned to 30 to 50 %, on cream."""
    thin = float(studio.rng.uniform(0.3, 0.5))
    colour, ink = studio.coloured()
    return pixels_from_float((1 - thin * (1 - colour)) * ink[..., None] * np.array((0.99, 0.97, 0.93), np.float32))


def _blank(studio: _Studio) -> Pixels:
    """White, grey, black or yellowed; smooth, grainy, shaded or dusty."""
    shades = ((255, 255, 255), (150, 150, 150), (8, 8, 8), (236, 222, 190), (225, 232, 240))
    page = np.empty((*studio.size, 3), np.float32)
    page[:] = shades[int(studio.rng.integers(len(shades)))]
    height, width = studio.size
    flaw = int(studio.rng.integers(4))
    if flaw == 1:
        page += cv2.GaussianBlur(studio.rng.normal(0, 12, (height, width)), (0, 0), 1.2)[..., None]
    elif flaw == 2:
        page *= np.linspace(0.94, 1, width, dtype=np.float32)[None, :, None]
    elif flaw == 3:
        for y, x in studio.rng.integers((height, width), size=(8, 2)):
            page[y : y + 2, x : x + 2] = 90
    return page.clip(0, 255).astype(np.uint8)


CLASSES: tuple[tuple[str, PageKind, Callable[[_Studio], Pixels]], ...] = (
    ("grey, clean", "gray", lambda studio: _inked(studio.screened())),
    ("grey, yellowed", "gray", lambda studio: _yellowed(studio.screened())),
    ("grey, bluish", "gray", lambda studio: _inked(studio.screened(), (10, 12, 25), (205, 218, 245))),
    ("grey, noise and JPEG", "gray", _jpeg_noise),
    ("grey, misaligned scan", "gray", _misaligned),
    ("grey, coloured ink", "gray", _coloured_ink),
    ("grey with a colour logo", "gray", _with_logo),
    ("grey with a banner in colour", "gray", _with_banner),
    ("spread, half in colour", "gray", _half_coloured),
    ("line art without text", "gray", lambda studio: _inked(studio.coloured()[1])),
    ("colour", "colored", _coloured),
    ("colour, mostly black", "colored", _mostly_black),
    ("colour, a third grey", "colored", _with_grey_panel),
    ("colour, pale watercolour", "colored", _watercolour),
    ("blank", "blank", _blank),
    ("text, Latin", "text_only", lambda studio: _inked(studio.text(japanese=False))),
    ("text, Japanese", "text_only", lambda studio: _inked(studio.text(japanese=True))),
    ("text, yellowed", "text_only", lambda studio: _yellowed(studio.text(japanese=False))),
)
"""Name, decision that is right, and how to draw one; Japanese is left out where no font can set it."""


def score_kinds(
    pictures: Sequence[Picture], pages: int, on_page: Callable[[int], object] = lambda total: None
) -> list[KindScores]:
    """Draw pages of every class and count wrong decisions, on the same pages for the same pictures and fonts.

    Args:
        pictures: Colour art that pages are drawn from.
        pages: How many in all, shared out evenly.
        on_page: Called for each page, with the total.
    """
    fonts = find_fonts()
    classes = [entry for entry in CLASSES if fonts.japanese or entry[0] != "text, Japanese"]
    scores = []
    for number, (name, expected, draw) in enumerate(classes):
        count = pages // len(classes) + (number < pages % len(classes))
        wrong: list[PageKind] = []
        for index in range(count):
            studio = _Studio(pictures, fonts, np.random.default_rng((SEED, number, index)))
            decided = page_kind(draw(studio))
            wrong += [decided] if decided != expected else []
            on_page(pages)
        order = sorted(set(wrong), key=lambda kind: (-wrong.count(kind), kind))
        share = len(wrong) / count if count else float("nan")
        scores.append(KindScores(name, expected, count, len(wrong), share, ", ".join(order)))
    return scores


def kinds_table(scores: Iterable[KindScores]) -> str:
    """Return the scores as a Markdown table."""
    lines = ["| pages | decision | drawn | errors | taken for |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.page_class} | {row.expected} | {row.pages} | {row.error_share:.1%} | {row.taken_for or '–'} |"
        for row in scores
    ]
    return "\n".join(lines)
