"""Scoring the finish: what becomes of colours beside lines, and of lettering in balloons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from mangacolor.data.drawing.compose import ComposedPage
from mangacolor.evaluate.metrics import ciede2000
from mangacolor.image import pixels_from_float, resize, to_gray
from mangacolor.page.lighting import on_white_paper
from mangacolor.page.spread import spread

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

FLATS_PX = 512
FLATS = 24
LINE_PX = 2


@dataclass(frozen=True)
class LeakScores:
    """How far colour gets across lines, worst over a set of drawn flats, as errors of [0, 1] colour.

    Attributes:
        reduction: Page size over working size.
        worst_beside_line: Largest error beside closed lines, pockets smaller than a cell of the working size left out.
        worst_beside_gap: 99.9th percentile of the error where lines have gaps as wide as they are, beyond the reach of
            eight pixels from a gap.
    """

    reduction: int
    worst_beside_line: float
    worst_beside_gap: float


@dataclass(frozen=True)
class LetteringScores:
    """What colouring does to lettering in balloons.

    Attributes:
        boxes: Text boxes in balloons that were looked at.
        luma_within: Share of their pixels whose luma stays within 2/255.
        luma_error: Mean change of luma, of 255.
        chroma: Mean CIELAB chroma.
        clean_boxes: Share of boxes whose mean luma change is at most 2/255 and whose mean chroma is at most 2.
    """

    boxes: int
    luma_within: float
    luma_error: float
    chroma: float
    clean_boxes: float


@dataclass(frozen=True)
class ScaleScores:
    """How much the colours of a page change with the resolution of its scan.

    Attributes:
        scale: Size of the scan over the usual one.
        pages: Pages compared.
        ciede2000: Mean colour difference.
    """

    scale: float
    pages: int
    ciede2000: float


def draw_flats(rng: np.random.Generator, *, gaps: bool = False) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Draw flat areas parted by lines two pixels wide, as cells around random points.

    Returns:
        Colour (H, W, 3), ink (H, W), and the distance of each pixel to the nearest gap (H, W) in pixels.
    """
    side = FLATS_PX
    seeds = rng.uniform(0, side, (FLATS, 2)).astype(np.float32)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    distance = np.hypot(y[..., None] - seeds[:, 0], x[..., None] - seeds[:, 1])
    cell = distance.argmin(axis=2).astype(np.uint8)
    colour = rng.uniform(0.3, 1, (FLATS, 3)).astype(np.float32)[cell]
    line = np.zeros((side, side), np.uint8)
    line[:, 1:] |= (cell[:, 1:] != cell[:, :-1]).astype(np.uint8)
    line[1:] |= (cell[1:] != cell[:-1]).astype(np.uint8)
    line = np.asarray(cv2.dilate(line, np.ones((LINE_PX, LINE_PX), np.uint8)), np.uint8)
    far = np.full((side, side), np.inf, np.float32)
    if gaps:
        kept = np.ones_like(line)
        points = np.argwhere(line)
        for row, column in points[rng.integers(0, len(points), 12)]:
            kept[max(0, row - 1) : row + 1, max(0, column - 1) : column + 1] = 0
        line &= kept
        far = np.asarray(cv2.distanceTransform(kept, cv2.DIST_L2, 3), np.float32)
    return colour, (1 - line).astype(np.float32), far


def score_leaks(pictures: int = 6) -> list[LeakScores]:
    """Spread reduced flats and compare with the flats, at 1/2, 1/4 and 1/8 of the page."""
    scores = []
    for reduction in (2, 4, 8):
        rng = np.random.default_rng(0)
        closed: list[float] = []
        gaps: list[float] = []
        for _ in range(pictures):
            for errors, with_gaps in ((closed, False), (gaps, True)):
                colour, ink, far = draw_flats(rng, gaps=with_gaps)
                small = resize(colour, FLATS_PX // reduction, FLATS_PX // reduction)
                error = np.abs(spread(small, ink) - colour).max(axis=2)
                looked_at = _areas(ink, reduction**2) & (far > 8)
                errors.append(float(np.quantile(error[looked_at], 0.999 if with_gaps else 1.0)))
        scores.append(LeakScores(reduction, max(closed), max(gaps)))
    return scores


def _areas(ink: FloatArray, least_px: int) -> NDArray[np.bool_]:
    """Return where there is no line, but for pockets of fewer pixels between lines that meet."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink > 0).astype(np.uint8), connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= least_px
    large[0] = False
    return np.asarray(large[labels], np.bool_)


def score_lettering(colorize: Callable[[Pixels], Pixels], pages: Iterable[ComposedPage]) -> LetteringScores:
    """Colour composed pages and compare the lettering in their balloons with what it was, the paper being white."""
    within, error, chroma, clean = [], [], [], []
    for page in pages:
        gray = np.repeat(pixels_from_float(page.layers.page)[..., None], 3, axis=2)
        coloured = colorize(gray)
        wanted = on_white_paper(page.layers.page)
        change = np.abs(to_gray(coloured) - wanted) * 255
        colours = np.linalg.norm(rgb2lab(coloured)[..., 1:], axis=-1)
        for box in page.text_boxes:
            inside = np.s_[box.top : box.bottom, box.left : box.right]
            if box.place != "balloon" or not change[inside].size:
                continue
            within.append(float((change[inside] <= 2).mean()))
            error.append(float(change[inside].mean()))
            chroma.append(float(colours[inside].mean()))
            clean.append(error[-1] <= 2 and chroma[-1] <= 2)
    if not within:
        return LetteringScores(0, *(float("nan"),) * 4)
    return LetteringScores(
        len(within), float(np.mean(within)), float(np.mean(error)), float(np.mean(chroma)), float(np.mean(clean))
    )


def score_scales(colorize: Callable[[Pixels], Pixels], pages: Iterable[ComposedPage]) -> list[ScaleScores]:
    """Colour scans of the same pages at half and at double the size, and compare with the size between."""
    differences: dict[float, list[float]] = {0.5: [], 2.0: []}
    for page in pages:
        plane = page.layers.page
        height, width = (side // 2 for side in plane.shape)

        def coloured(scale: float, plane: FloatArray = plane) -> Pixels:
            scan = resize(plane, *(round(side * scale) for side in plane.shape)) if scale != 1 else plane
            return colorize(np.repeat(pixels_from_float(scan.clip(0, 1))[..., None], 3, axis=2))

        usual = resize(coloured(1), height, width)
        for scale, found in differences.items():
            found.append(ciede2000(resize(coloured(scale), height, width), usual))
    return [ScaleScores(scale, len(found), float(np.mean(found))) for scale, found in differences.items()]


def finish_table(leaks: Iterable[LeakScores], lettering: LetteringScores, scales: Iterable[ScaleScores]) -> str:
    """Return all three as Markdown tables."""
    lines = ["| working size | worst error beside a 2 px line | beyond 8 px of a gap |", "|---|---|---|"]
    lines += [f"| 1/{row.reduction} | {row.worst_beside_line:.4f} | {row.worst_beside_gap:.4f} |" for row in leaks]
    lines += [
        "",
        "| text boxes in balloons | luma within 2/255 | mean luma change | mean chroma | clean boxes |",
        "|---|---|---|---|---|",
        f"| {lettering.boxes} | {lettering.luma_within:.1%} | {lettering.luma_error:.2f} | {lettering.chroma:.2f} | "
        f"{lettering.clean_boxes:.1%} |",
        "",
        "| scan | pages | CIEDE2000 to the scan of usual size |",
        "|---|---|---|",
    ]
    lines += [f"| {row.scale:g}× | {row.pages} | {row.ciede2000:.2f} |" for row in scales]
    return "\n".join(lines)
