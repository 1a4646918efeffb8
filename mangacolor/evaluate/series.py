"""Scoring whether the same thing has the same colour on every page: on a drawn series, and on pages of a look set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawn_series import SeriesPage, SeriesPoint
from mangacolor.evaluate.look_points import colour_at
from mangacolor.evaluate.metrics import ciede2000, mean_of
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb

Pixels = NDArray[np.uint8]
Colorize = Callable[[Pixels], Pixels]
Lab = NDArray[np.floating[Any]]

RIGHT = 0.08
"""OKLab distance, lightness counting half, up to which a colour is the right one: a light and a dark brown are."""


@dataclass(frozen=True)
class SeriesScores:
    """Scores of one way to colour a series; None where there is nothing to score.

    Attributes:
        name: The way.
        pages: How many were scored.
        ciede2000: Mean error against the true pages.
        hair_right: Share of points of hair, of those who are known, with about the true colour.
        hair_confused: Share of them that have about the true colour of another's hair instead.
        skin_right: Share of points of skin with about the true colour.
        garment_right: The same of garments.
        hair_within: Mean distance of OKLab a, b from their mean over the points of one's hair on a page.
        hair_over: The same of means over pages.
        garment_within: As `hair_within`, of garments.
        garment_over: As `hair_over`, of garments.
        hair_apart: Mean distance of the hair of those on one page from their mean: 0 where all have one colour.
        other_error: Mean OKLab distance from the truth, lightness counting half, at points of strangers and grounds.
    """

    name: str
    pages: int
    ciede2000: float | None
    hair_right: float | None
    hair_confused: float | None
    skin_right: float | None
    garment_right: float | None
    hair_within: float | None
    hair_over: float | None
    garment_within: float | None
    garment_over: float | None
    hair_apart: float | None
    other_error: float | None


class Seen(NamedTuple):
    """A point, with the colour (L, a, b) it has and the one it should have, None if nobody knows."""

    page: int
    owner: str
    part: str
    colour: Lab
    truth: Lab | None


def score_series(
    name: str,
    pages: Sequence[SeriesPage],
    colorize: Colorize,
    known: Sequence[str],
    *,
    on_page: Callable[[int], object] = lambda total: None,
    on_colored: Callable[[int, Pixels], object] = lambda number, colored: None,
) -> SeriesScores:
    """Colour the pages of a drawn series and compare them with the truth.

    Args:
        name: What the way of colouring is called.
        pages: The pages.
        colorize: Colours a page (H, W, 3).
        known: Names of the characters that the series knows; others are strangers.
        on_page: Called for each page, with the total.
        on_colored: Called with the number of each page and what it became.
    """
    errors, seen = [], []
    for number, page in enumerate(pages):
        colored = colorize(np.repeat(page.gray[..., None], 3, axis=2))
        errors.append(ciede2000(colored, page.colour))
        gray = float_from_pixels(page.gray)
        given, true = (oklab_from_srgb(float_from_pixels(picture)) for picture in (colored, page.colour))
        seen += [_look(point, number, gray, given, true) for point in page.points]
        on_colored(number, colored)
        on_page(len(pages))
    return _scores(name, len(pages), float(np.mean(errors)), seen, known)


def _look(point: SeriesPoint, number: int, gray: Any, given: Any, true: Any) -> Seen:
    colour, truth = (np.array(colour_at(lab, gray, point.x, point.y)) for lab in (given, true))
    return Seen(number, point.character, point.part, colour, truth)


def scores_of_points(name: str, pages: int, seen: Sequence[Seen]) -> SeriesScores:
    """Score points whose right colours nobody knows: only how alike they are."""
    return _scores(name, pages, None, seen, ())


def _scores(name: str, pages: int, error: float | None, seen: Sequence[Seen], known: Sequence[str]) -> SeriesScores:
    hair = [one for one in seen if one.part == "hair"]
    garments = [one for one in seen if one.part not in ("hair", "skin", "ground")]
    verdicts = [_verdict(one, hair) for one in hair if one.owner in known]
    others = [one for one in seen if one.owner not in known]
    return SeriesScores(
        name=name,
        pages=pages,
        ciede2000=error,
        hair_right=mean_of(verdict == "right" for verdict in verdicts),
        hair_confused=mean_of(verdict == "confused" for verdict in verdicts),
        skin_right=_share(one for one in seen if one.part == "skin" and one.owner in known),
        garment_right=_share(one for one in garments if one.owner in known),
        hair_within=_within(hair),
        hair_over=_over(hair),
        garment_within=_within(garments),
        garment_over=_over(garments),
        hair_apart=_apart(hair),
        other_error=mean_of(distance(one.colour, one.truth) for one in others if one.truth is not None),
    )


def distance(one: Lab, other: Lab) -> float:
    """Return the OKLab distance of two colours, lightness counting half."""
    return float(np.linalg.norm((one - other) * (0.5, 1, 1)))


def _verdict(one: Seen, hair: Sequence[Seen]) -> str:
    """Say whether hair has its own colour, or that of somebody else, or neither."""
    if one.truth is None or distance(one.colour, one.truth) <= RIGHT:
        return "right"
    other = [distance(one.colour, two.truth) for two in hair if two.owner != one.owner and two.truth is not None]
    return "confused" if min(other, default=np.inf) <= RIGHT else "wrong"


def _share(those: Iterable[Seen]) -> float | None:
    return mean_of(distance(one.colour, one.truth) <= RIGHT for one in those if one.truth is not None)


def _grouped(seen: Iterable[Seen]) -> dict[tuple[str, str], dict[int, Lab]]:
    """Return the mean a, b of every part of everybody by page."""
    points: defaultdict[tuple[str, str], defaultdict[int, list[Lab]]] = defaultdict(lambda: defaultdict(list))
    for one in seen:
        points[one.owner, one.part][one.page].append(one.colour[1:])
    return {key: {page: np.mean(one, axis=0) for page, one in pages.items()} for key, pages in points.items()}


def _within(seen: Sequence[Seen]) -> float | None:
    groups: defaultdict[tuple[int, str, str], list[Lab]] = defaultdict(list)
    for one in seen:
        groups[one.page, one.owner, one.part].append(one.colour[1:])
    return mean_of(_spread(group) for group in groups.values() if len(group) > 1)


def _over(seen: Sequence[Seen]) -> float | None:
    return mean_of(_spread(list(pages.values())) for pages in _grouped(seen).values() if len(pages) > 1)


def _apart(seen: Sequence[Seen]) -> float | None:
    by_page: defaultdict[int, list[Lab]] = defaultdict(list)
    for pages in _grouped(seen).values():
        for page, colour in pages.items():
            by_page[page].append(colour)
    return mean_of(_spread(colours) for colours in by_page.values() if len(colours) > 1)


def _spread(colours: Sequence[Lab]) -> float:
    return float(np.linalg.norm(np.array(colours) - np.mean(colours, axis=0), axis=1).mean())


COLUMNS = (
    ("pages", "pages", "d"), ("CIEDE2000 ↓", "ciede2000", ".2f"), ("hair right ↑", "hair_right", ".2f"),
    ("another's ↓", "hair_confused", ".2f"), ("skin ↑", "skin_right", ".2f"), ("garments ↑", "garment_right", ".2f"),
    ("hair on a page ↓", "hair_within", ".3f"), ("over pages ↓", "hair_over", ".3f"),
    ("apart ↑", "hair_apart", ".3f"), ("garment on a page ↓", "garment_within", ".3f"),
    ("over pages ↓", "garment_over", ".3f"), ("others' error ↓", "other_error", ".3f"),
)  # fmt: skip


def series_table(scores: Sequence[SeriesScores]) -> str:
    """Return scores as a Markdown table, a row a way; a dash stands where there is nothing to score."""
    lines = ["| | " + " | ".join(title for title, _, _ in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row in scores:
        values = [getattr(row, key) for _, key, _ in COLUMNS]
        told = [
            "–" if value is None else f"{value:{form}}" for value, (_, _, form) in zip(values, COLUMNS, strict=True)
        ]
        lines.append(f"| {row.name} | " + " | ".join(told) + " |")
    return "\n".join(lines)
