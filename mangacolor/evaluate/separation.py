"""Scoring separators on composed pages, whose ink and tone are known exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from mangacolor.data.drawing.compose import ComposedPage
from mangacolor.page.ink import DARKEST_DIVISOR, Separation, deepen
from mangacolor.page.levels import paper_level

FloatArray = NDArray[np.float32]
Separate = Callable[[FloatArray], Separation]

VISIBLE_INK = 0.5
"""Under ink darker than this the tone cannot be known, and does not count."""

UNCHANGED = 4 / 255


@dataclass(frozen=True)
class SeparationScores:
    """Mean scores over a set of pages.

    Attributes:
        name: The separator.
        pages: Screened pages scored.
        tone_error: Mean absolute error of the tone where ink does not hide it, as a share of the range.
        screened_tone_error: The same under screentone alone.
        ink_psnr: Of the ink with the blacks in it (`ink.deepen`: a black area may as well be tone as ink), in dB, from
            the squared error of all pages together.
        screened_ink_psnr: The same under screentone alone.
        lettering_ssim: Structural similarity of the ink inside text boxes to what it should be: the page as scanned
            over its tone, and the drawn ink where there is screentone.
        unchanged: Share of the pixels of toneless pages whose ink is the page within 4/255.
        product_unchanged: The same of ink × tone.
    """

    name: str
    pages: int
    tone_error: float
    screened_tone_error: float
    ink_psnr: float
    screened_ink_psnr: float
    lettering_ssim: float
    unchanged: float
    product_unchanged: float


class _Sums:
    """Running sums of one separator's errors."""

    def __init__(self) -> None:
        self.tone: list[float] = []
        self.screened_tone: list[float] = []
        self.ink: list[float] = []
        self.screened_ink: list[float] = []
        self.lettering: list[float] = []
        self.ink_unchanged: list[float] = []
        self.product_unchanged: list[float] = []


def score_separators(
    separators: Mapping[str, Separate],
    screened_pages: Iterable[ComposedPage],
    toneless_pages: Iterable[ComposedPage],
) -> list[SeparationScores]:
    """Take pages apart with every separator and compare with what they were made of.

    Args:
        separators: By name.
        screened_pages: Printed and scanned pages with screentone.
        toneless_pages: Clean pages of lines, blacks and lettering alone.
    """
    sums = {name: _Sums() for name in separators}
    for page in screened_pages:
        for name, separate in separators.items():
            _add_screened(sums[name], separate, page)
    for page in toneless_pages:
        for name, separate in separators.items():
            drawn = page.layers.page
            ink, tone = separate(drawn)
            sums[name].ink_unchanged.append(_share_within(ink, drawn))
            sums[name].product_unchanged.append(_share_within(ink * tone, drawn))
    return [_scores(name, total) for name, total in sums.items()]


def _add_screened(sums: _Sums, separate: Separate, page: ComposedPage) -> None:
    layers = page.layers
    paper = paper_level(layers.page)
    ink, tone = separate(np.minimum(layers.page / paper, 1))
    true_tone = np.minimum(layers.tone / paper, 1)
    visible = layers.ink > VISIBLE_INK
    black_ink, true_ink = deepen(Separation(ink, tone)).ink, deepen(Separation(layers.ink, true_tone)).ink
    tone_error, ink_error = np.abs(tone - true_tone), (black_ink - true_ink) ** 2
    sums.tone.append(float(tone_error[visible].mean()))
    sums.ink.append(float(ink_error.mean()))
    if (visible & layers.screened).any():
        sums.screened_tone.append(float(tone_error[visible & layers.screened].mean()))
        sums.screened_ink.append(float(ink_error[layers.screened].mean()))
    # What is not screened should stay as it was scanned, grain included; under screentone the drawn ink is the truth.
    scanned = np.minimum(layers.page / np.maximum(layers.tone, DARKEST_DIVISOR), 1)
    wanted = np.where(layers.screened, layers.ink, scanned)
    similarity = structural_similarity(ink, wanted, data_range=1, full=True)[1]
    boxes = [similarity[box.top : box.bottom, box.left : box.right] for box in page.text_boxes]
    sums.lettering += [float(box.mean()) for box in boxes if box.size]


def _share_within(plane: FloatArray, page: FloatArray) -> float:
    return float((np.abs(plane - page) <= UNCHANGED).mean())


def _scores(name: str, sums: _Sums) -> SeparationScores:
    def mean(values: list[float]) -> float:
        return float(np.mean(values)) if values else float("nan")

    def psnr(errors: list[float]) -> float:
        return float(-10 * np.log10(max(mean(errors), 1e-10)))

    return SeparationScores(
        name, len(sums.tone), mean(sums.tone), mean(sums.screened_tone), psnr(sums.ink), psnr(sums.screened_ink),
        mean(sums.lettering), mean(sums.ink_unchanged), mean(sums.product_unchanged),
    )  # fmt: skip


def separation_table(scores: Iterable[SeparationScores]) -> str:
    """Return a Markdown table, higher or lower being better as the arrows say."""
    lines = [
        "| | pages | tone error ↓ | under screentone ↓ | ink PSNR ↑ | under screentone ↑ | lettering SSIM ↑ | "
        "toneless pages: ink unchanged ↑ | ink × tone unchanged ↑ |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.pages} | {row.tone_error:.2%} | {row.screened_tone_error:.2%} | {row.ink_psnr:.1f} dB | "
        f"{row.screened_ink_psnr:.1f} dB | {row.lettering_ssim:.3f} | {row.unchanged:.2%} | "
        f"{row.product_unchanged:.2%} |"
        for row in scores
    ]
    return "\n".join(lines)
