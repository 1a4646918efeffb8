"""Scoring what users steer with: do hints and references do what they say?"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from mangacolor.colorize.hints import Hint
from mangacolor.evaluate import metrics
from mangacolor.evaluate.palette import palette_of
from mangacolor.evaluate.validation_pages import ValidationPage

Pixels = NDArray[np.uint8]

HINTS = 10
SPOT_PX = 5
"""Side of the square around a hint in which its colour is looked for."""


@dataclass(frozen=True)
class SteeringScores:
    """Means over a set of pages.

    Attributes:
        pages: Pages scored.
        ciede2000: Of pages without help, to the target.
        hinted_ciede2000: With ten hints taken from the target, at random places of its colours.
        hint_error: CIEDE2000 between the hint and the page around it.
        palette_distance: Hellinger distance of the palettes of page and target, without a reference.
        referred_palette_distance: The same with the target as the reference.
        referred_ciede2000: CIEDE2000 to the target with that reference.
    """

    pages: int
    ciede2000: float
    hinted_ciede2000: float
    hint_error: float
    palette_distance: float
    referred_palette_distance: float
    referred_ciede2000: float


def score_steering(
    pages: Sequence[ValidationPage],
    plain: Callable[..., Pixels],
    referring: Callable[[Pixels], Callable[[Pixels], Pixels]],
    on_page: Callable[[int], object] = lambda total: None,
) -> SteeringScores:
    """Colour pages without help, with hints, and with their target's palette.

    Args:
        pages: Grey pages and their targets.
        plain: Colours a page, `Colorizer.colorize` without a reference.
        referring: Given a picture, returns what colours pages by its palette.
        on_page: Called for each page, with the total.
    """
    rows = []
    for gray, target, _ in pages:
        hints = draw_hints(target)
        alone, hinted, referred = plain(gray), plain(gray, hints=hints), referring(target)(gray)
        rows.append(
            [
                metrics.ciede2000(alone, target),
                metrics.ciede2000(hinted, target),
                _hint_error(hinted, hints),
                palette_distance(alone, target),
                palette_distance(referred, target),
                metrics.ciede2000(referred, target),
            ]
        )
        on_page(len(pages))
    return SteeringScores(len(rows), *(float(value) for value in np.mean(rows, axis=0)))


def draw_hints(target: Pixels) -> list[Hint]:
    """Take hints from a colour page (H, W, 3) at random places, the same ones for the same page."""
    rng = np.random.default_rng(zlib.crc32(target.tobytes()))
    height, width = target.shape[:2]
    hints = []
    for _ in range(HINTS):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        spot = _around(target, x, y).reshape(-1, 3)
        red, green, blue = (int(value) for value in np.median(spot, axis=0))
        hints.append(Hint(x, y, (red, green, blue)))
    return hints


def palette_distance(page: Pixels, target: Pixels) -> float:
    """Hellinger distance between the palettes of two pictures, from 0 to 1."""
    return float(np.linalg.norm(palette_of(page) - palette_of(target)) / np.sqrt(2))


def _around(page: Pixels, x: float, y: float) -> Pixels:
    reach = SPOT_PX // 2
    row, column = int(y), int(x)
    return page[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]


def _hint_error(page: Pixels, hints: Sequence[Hint]) -> float:
    errors = []
    for hint in hints:
        seen = rgb2lab(np.median(_around(page, hint.x, hint.y).reshape(-1, 3), axis=0) / 255)
        errors.append(float(deltaE_ciede2000(rgb2lab(np.array(hint.rgb) / 255), seen)))
    return float(np.mean(errors))


def steering_table(scores: SteeringScores) -> str:
    """Return a Markdown table."""
    return "\n".join(
        [
            "| | pages | CIEDE2000 ↓ | at the hint ↓ | distance of palettes ↓ |",
            "|---|---|---|---|---|",
            f"| without help | {scores.pages} | {scores.ciede2000:.2f} | – | {scores.palette_distance:.3f} |",
            f"| {HINTS} hints | {scores.pages} | {scores.hinted_ciede2000:.2f} | {scores.hint_error:.2f} | – |",
            f"| the target as reference | {scores.pages} | {scores.referred_ciede2000:.2f} | – | "
            f"{scores.referred_palette_distance:.3f} |",
        ]
    )
