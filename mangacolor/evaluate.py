"""Scoring weights on pages whose colours are known."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mangacolor import metrics
from mangacolor.config import SynthesisConfig
from mangacolor.data.layouts import Example, find_examples
from mangacolor.data.pictures import Picture, load_picture, source_weight, split_by_series
from mangacolor.data.synthesis import draw_page, print_and_scan
from mangacolor.errors import BadInputError
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.inference import Colorizer
from mangacolor.ink import compose, separate

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
        neutral_paper: Share of bare paper left without a tint, over the pages that have any.
    """

    name: str
    pages: int
    psnr: float
    ssim: float
    ciede2000: float
    chroma_error: float
    colourfulness_ratio: float
    neutral_paper: float


def evaluate(
    data: Path,
    colorizer: Colorizer,
    *,
    held_out: bool = False,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> list[Scores]:
    """Colour the grey side of every example and compare with its colour side.

    Where the data has no grey side, one is drawn: always the same for the same file name.

    Args:
        data: Folder in any layout that training takes.
        colorizer: What to score; it should have been made with `force=True`.
        held_out: Score only what these weights were not trained on, by the split and recipe in their facts.
        limit: Score at most this many pages, spread evenly over the folder.
        on_page: Called for each page scored, with the total.

    Returns:
        The do-nothing grey page first, then the weights.

    Raises:
        BadInputError: The folder is unusable or nothing is left to score.
    """
    found = find_examples(data)
    examples: Sequence[Example] = found.examples
    if held_out:
        recipe = colorizer.weights.facts.get("train_config", {})
        weights = recipe.get("source_weights", {})
        examples = [example for example in examples if source_weight(example, weights) > 0]
        _, examples = split_by_series(examples, recipe.get("validation_percent", 0))
    if limit is not None and len(examples) > limit:
        examples = [examples[index] for index in np.linspace(0, len(examples) - 1, limit).round().astype(int)]
    if not examples:
        raise BadInputError(f"{data}: nothing to score.", advice="Leave out --held-out, or give another folder.")
    rows: dict[str, list[list[float]]] = {GREY_PAGE: [], colorizer.weights.path.name: []}
    for example in examples:
        gray, target = page_and_target(example, load_picture(example, found.layout))
        for name, page in zip(rows, (gray, colorizer.colorize(gray)), strict=True):
            rows[name].append(_score(page, target))
        on_page(len(examples))
    return [_mean(name, scores) for name, scores in rows.items()]


def page_and_target(example: Example, picture: Picture) -> tuple[Pixels, Pixels]:
    """Return the grey page, as RGB, and the colour page it should become.

    A drawn page keeps its own ink: its target is the picture's colour under that ink.
    """
    if picture.gray is not None:
        return np.repeat(picture.gray[..., None], 3, axis=2), picture.rgb
    rng = np.random.default_rng(zlib.crc32(example.name.encode()))
    gray, colour = draw_page(float_from_pixels(picture.rgb), SynthesisConfig(), rng)
    gray = print_and_scan(gray, rng)
    target = compose(colour, separate(gray).ink)
    return np.repeat(pixels_from_float(gray)[..., None], 3, axis=2), target


def _score(page: Pixels, target: Pixels) -> list[float]:
    return [
        metrics.psnr(page, target),
        metrics.ssim(page, target) if min(page.shape[:2]) >= metrics.SSIM_WINDOW_PX else float("nan"),
        metrics.ciede2000(page, target),
        metrics.chroma_error(page, target),
        metrics.colourfulness(page),
        metrics.colourfulness(target),
        metrics.neutral_paper(page, target),
    ]


def _mean(name: str, scores: list[list[float]]) -> Scores:
    def mean(column: int) -> float:
        known = [row[column] for row in scores if not np.isnan(row[column])]
        return float(np.mean(known)) if known else float("nan")

    ratio = mean(4) / mean(5) if mean(5) else float("nan")
    return Scores(name, len(scores), mean(0), mean(1), mean(2), mean(3), ratio, mean(6))


def as_json(scores: Sequence[Scores]) -> list[dict[str, object]]:
    """Return plain values for JSON, where what could not be measured is None."""
    return [
        {key: None if isinstance(value, float) and np.isnan(value) else value for key, value in asdict(row).items()}
        for row in scores
    ]


def as_table(scores: Sequence[Scores]) -> str:
    """Return a Markdown table, higher or lower being better as the arrows say."""
    lines = [
        "| | pages | PSNR ↑ | SSIM ↑ | CIEDE2000 ↓ | chroma error ↓ | colourfulness ratio → 1 | neutral paper ↑ |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.pages} | {row.psnr:.2f} | {row.ssim:.3f} | {row.ciede2000:.2f} | "
        f"{row.chroma_error:.2f} | {row.colourfulness_ratio:.2f} | {row.neutral_paper:.1%} |"
        for row in scores
    ]
    return "\n".join(lines)
