"""Scoring the colours of pages whose colours are known."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.scan import PageLayers, print_and_scan
from mangacolor.data.drawing.screentone import Screened, screen
from mangacolor.data.examples import Example, Layout
from mangacolor.data.pictures import read_example
from mangacolor.data.synthesis import draw_layers
from mangacolor.evaluate import metrics
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.page.ink import Separation, compose, deepen

Pixels = NDArray[np.uint8]

GREY_PAGE = "grey page"
"""Name of the row that does nothing: what any colouriser must beat."""


@dataclass(frozen=True)
class Scores:
    """Mean scores over a set of pages; see `metrics` for units.

    Attributes:
        name: The weights, or `GREY_PAGE`.
        pages: Pages scored.
        colourfulness_ratio: Colourfulness of all pages together, over that of the targets.
        neutral_paper: Share of the bare paper of all pages together that is left without a tint.
    """

    name: str
    pages: int
    psnr: float
    ssim: float
    ciede2000: float
    chroma_error: float
    colourfulness_ratio: float
    neutral_paper: float


def score_colour(
    examples: Sequence[Example],
    layout: Layout,
    colorizer: Colorizer,
    on_page: Callable[[int], object] = lambda total: None,
) -> list[Scores]:
    """Colour the grey side of every example and compare with its colour side.

    Where the data has no grey side, one is drawn: always the same for the same file name.

    Args:
        examples: What to score.
        layout: How the data is laid out.
        colorizer: What to score; it should have been made with `force=True`.
        on_page: Called for each page scored, with the total.

    Returns:
        The do-nothing grey page first, then the weights.
    """
    rows: dict[str, list[list[float]]] = {GREY_PAGE: [], colorizer.weights.path.name: []}
    for example in examples:
        gray, target = page_and_target(example, layout)
        for name, page in zip(rows, (gray, colorizer.colorize(gray)), strict=True):
            rows[name].append(score_page(page, target))
        on_page(len(examples))
    return [mean_scores(name, scores) for name, scores in rows.items()]


def page_and_target(example: Example, layout: Layout) -> tuple[Pixels, Pixels]:
    """Return the grey page, as RGB, and the colour page it should become.

    Where there is no grey side, a panel is drawn after the art, screened, printed and scanned; its
    target is the picture's colour under that ink.
    """
    rgb, gray = read_example(example, layout)
    if gray is not None:
        return np.repeat(gray[..., None], 3, axis=2), rgb
    rng = np.random.default_rng(zlib.crc32(example.name.encode()))
    ink, tone, colour, smooth = draw_layers(float_from_pixels(rgb), 1.0, SynthesisConfig(), rng)
    screened = Screened(tone, tone, np.zeros(tone.shape, bool)) if smooth else screen(tone, rng)
    drawn = PageLayers(ink * screened.drawn, ink, screened.tone, screened.mask, colour)
    page = print_and_scan(drawn, rng)
    target = compose(page.colour, deepen(Separation(page.ink, page.tone)).ink)
    return np.repeat(pixels_from_float(page.page)[..., None], 3, axis=2), target


def score_page(page: Pixels, target: Pixels) -> list[float]:
    """Return what `mean_scores` averages, for one page (H, W, 3) and its target."""
    return [
        metrics.psnr(page, target),
        metrics.ssim(page, target) if min(page.shape[:2]) >= metrics.SSIM_WINDOW_PX else float("nan"),
        metrics.ciede2000(page, target),
        metrics.chroma_error(page, target),
        metrics.colourfulness(page),
        metrics.colourfulness(target),
        *metrics.neutral_paper(page, target),
    ]


def mean_scores(name: str, scores: list[list[float]]) -> Scores:
    """Average the rows of `score_page` over pages; what a page lacks does not count.

    Paper is counted over all pages together: some pixels of highlight in a picture without paper say little.
    """

    def mean(column: int) -> float:
        known = [row[column] for row in scores if not np.isnan(row[column])]
        return float(np.mean(known)) if known else float("nan")

    ratio = mean(4) / mean(5) if mean(5) else float("nan")
    neutral_paper = mean(6) / mean(7) if mean(7) else float("nan")
    return Scores(name, len(scores), mean(0), mean(1), mean(2), mean(3), ratio, neutral_paper)


def colour_table(scores: Sequence[Scores]) -> str:
    """Return a Markdown table, higher or lower being better as the arrows say; a dash where nothing is known."""
    lines = [
        "| | pages | PSNR ↑ | SSIM ↑ | CIEDE2000 ↓ | chroma error ↓ | colourfulness ratio → 1 | neutral paper ↑ |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.pages} | {row.psnr:.2f} | {known(row.ssim, '.3f')} | {row.ciede2000:.2f} | "
        f"{row.chroma_error:.2f} | {known(row.colourfulness_ratio, '.2f')} | {known(row.neutral_paper, '.1%')} |"
        for row in scores
    ]
    return "\n".join(lines)


def known(value: float, form: str) -> str:
    """Write a score; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:{form}}"
