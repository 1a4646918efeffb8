"""Scoring the panels found on composed pages, whose layout is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.compose import Art, draw_window, plan_page
from mangacolor.data.drawing.fonts import find_fonts
from mangacolor.data.drawing.insets import with_framed_things, with_insets
from mangacolor.data.drawing.page_layout import PageKind, PagePlan
from mangacolor.data.pairs import MANGA, scan_in_place
from mangacolor.page.panels.convex import area
from mangacolor.page.panels.finder import Panel, find_panels, panel_map

FloatArray = NDArray[np.float32]
Labels = NDArray[np.int16]
Find = Callable[[FloatArray], list[Panel]]

SEED = 20_031

GOOD_IOU = 0.8
"""Share of their union that two panels have in common, at least, to count as the same."""

LEAST_AREA = 0.01
"""Panels that show less than this share of the page are not asked for: what a bleeding neighbour leaves, for one."""

LEAST_PIECE = 0.1
"""A panel is cut when two found ones each hold this share of it; slivers at its edge are no cut."""

ON_ANOTHER = 0.5
"""Share of a found panel that lies on another one, at least, to be taken for an inset."""


class PageClass(NamedTuple):
    """Pages of one class.

    Attributes:
        name: What they are called in tables.
        kind: Kind of page.
        has_black_gutters: Whether its gutters are black.
        size: Height and width.
        add: Lays something on the panels that are planned.
        are_panels: Whether what is added are panels, too.
    """

    name: str
    kind: PageKind
    has_black_gutters: bool
    size: tuple[int, int]
    add: Callable[[PagePlan, np.random.Generator], PagePlan] = lambda plan, rng: plan
    are_panels: bool = True


CLASSES = (
    PageClass("manga, white gutters", "manga", False, (1200, 840)),
    PageClass("manga, black gutters", "manga", True, (1200, 840)),
    PageClass("double page", "manga", False, (1000, 1400)),
    PageClass("webtoon strip", "webtoon", False, (3600, 720)),
    PageClass("manga, insets laid on", "manga", False, (1200, 840), with_insets),
    PageClass("manga, framed things", "manga", False, (1200, 840), with_framed_things, are_panels=False),
)


@dataclass(frozen=True)
class PanelScores:
    """How well the panels of one class of pages are found.

    Attributes:
        page_class: What the pages are.
        pages: How many were drawn.
        panels: Panels drawn on them.
        found: Panels found; a page without any counts as one, because it is then taken whole.
        precision: Share of the found ones that are a drawn one; NaN without any.
        recall: Share of the drawn ones that were found.
        iou: Mean overlap of the drawn ones with the found ones they overlap most.
        cut: Drawn panels that were cut in two or more.
        joined: How many panels too few there are because several were taken for one.
        insets: Drawn panels among `panels` that were laid on others for this class of pages.
        insets_found: How many of them were found.
        insets_false: Found panels that lie on another found one and are no drawn one.
    """

    page_class: str
    pages: int
    panels: int
    found: int
    precision: float
    recall: float
    iou: float
    cut: int
    joined: int
    insets: int
    insets_found: int
    insets_false: int


def score_panels(
    art: Art, pages: int, on_page: Callable[[int], object] = lambda total: None, find: Find = find_panels
) -> list[PanelScores]:
    """Find panels on printed and scanned pages of every class, the same pages for the same pictures and fonts.

    Args:
        art: Draws a colour picture.
        pages: How many in all, shared out evenly.
        on_page: Called for each page, with the total.
        find: What is scored.
    """
    rows = []
    fonts = find_fonts()
    for number, one in enumerate(CLASSES):
        count = pages // len(CLASSES) + (number < pages % len(CLASSES))
        matches = []
        for index in range(count):
            rng = np.random.default_rng((SEED, number, index))
            planned = plan_page(*one.size, rng, one.kind, fonts)
            planned = replace(planned, has_black_gutters=one.has_black_gutters)
            plan = one.add(planned, rng)
            page = scan_in_place(draw_window(plan, (0, 0, *one.size), art, MANGA, rng), rng)
            truth = panels_drawn(plan if one.are_panels else planned)
            matches.append(_match(truth, find(page.layers.page), len(planned.panels)))
            on_page(pages)
        if count:
            rows.append(_total(one.name, matches))
    return rows


def panels_drawn(plan: PagePlan) -> Labels:
    """Number the pixels of a planned page by the panel that they show, (H, W) int16: 0 for none.

    Panels of which next to nothing is seen are left out, and so are those without a frame that show nothing.
    """
    size = (plan.height_px, plan.width_px)
    panels = [Panel((0, 0, 0, 0), panel.polygon) for panel in plan.panels]
    labels = panel_map(panels, *size)
    areas = np.bincount(labels.ravel(), minlength=len(panels) + 1)
    for number, panel in enumerate(plan.panels, 1):
        if areas[number] < LEAST_AREA * min(size) ** 2 or (panel.is_blank and not panel.frame_px):
            labels[labels == number] = 0
    return labels


@dataclass(frozen=True)
class _Match:
    panels: int
    found: int
    right: int
    ious: list[float]
    cut: int
    joined: int
    insets: int
    insets_found: int
    insets_false: int


def _match(truth: Labels, panels: list[Panel], planned: int) -> _Match:
    """Compare the label map of a page, where insets have numbers above those of the planned panels, with what is found.

    A page on which nothing is found is taken whole.
    """
    found = panel_map(panels, *truth.shape) if panels else np.ones(truth.shape, np.int16)
    columns = int(found.max()) + 1
    shared = np.bincount(truth.ravel().astype(np.int64) * columns + found.ravel())
    shared = np.pad(shared, (0, (int(truth.max()) + 1) * columns - len(shared))).reshape(-1, columns).astype(np.float64)
    areas, found_areas = shared.sum(axis=1)[1:], shared.sum(axis=0)[1:]
    numbers, found_numbers = (np.flatnonzero(seen > 0) + 1 for seen in (areas, found_areas))
    shared = shared[1:, 1:][areas > 0][:, found_areas > 0]
    areas, found_areas = areas[areas > 0], found_areas[found_areas > 0]
    iou = shared / (areas[:, None] + found_areas - shared)
    pieces = (shared >= LEAST_PIECE * areas[:, None]) & (shared >= 0.5 * found_areas)
    held = shared >= 0.5 * areas[:, None]
    right = iou >= GOOD_IOU
    on_another = np.array([_lies_on_another(panels, number - 1) for number in found_numbers], np.bool_)
    return _Match(
        len(areas),
        len(found_areas),
        int(right.any(axis=1).sum()),
        iou.max(axis=1, initial=0).tolist(),
        int((pieces.sum(axis=1) > 1).sum()),
        int(np.maximum(0, held.sum(axis=0) - 1).sum()),
        int((numbers > planned).sum()),
        int(right[numbers > planned].any(axis=1).sum()),
        int((on_another & ~right.any(axis=0)).sum()),
    )


def _lies_on_another(panels: list[Panel], index: int) -> bool:
    """Say whether a found panel lies on one of those before it."""
    if not panels:
        return False
    polygon = panels[index].polygon
    shared = (cv2.intersectConvexConvex(polygon, other.polygon)[0] for other in panels[:index])
    return max(shared, default=0.0) >= ON_ANOTHER * area(polygon)


def _total(name: str, matches: Iterable[_Match]) -> PanelScores:
    matches = list(matches)
    panels, found, right = (sum(getattr(match, what) for match in matches) for what in ("panels", "found", "right"))
    ious = [iou for match in matches for iou in match.ious]
    return PanelScores(
        name,
        len(matches),
        panels,
        found,
        right / found if found else float("nan"),
        right / panels if panels else float("nan"),
        float(np.mean(ious)) if ious else float("nan"),
        sum(match.cut for match in matches),
        sum(match.joined for match in matches),
        sum(match.insets for match in matches),
        sum(match.insets_found for match in matches),
        sum(match.insets_false for match in matches),
    )


def panels_table(rows: Iterable[PanelScores]) -> str:
    """Set scores as a Markdown table."""
    lines = [
        "| pages | number | panels | found | precision | recall | mean overlap | cut | joined "
        "| insets | found | false |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.page_class} | {row.pages} | {row.panels} | {row.found} | {row.precision:.3f} | {row.recall:.3f} "
        f"| {row.iou:.3f} | {row.cut} | {row.joined} "
        f"| {row.insets} | {row.insets_found} | {row.insets_false} |"
        for row in rows
    ]
    return "\n".join(lines)
