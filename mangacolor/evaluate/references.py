"""Scoring references: does a page of the same comic in colour carry its colours over, and one of another do no harm?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.data.examples import Example, Found
from mangacolor.data.splits import series_of
from mangacolor.errors import BadInputError
from mangacolor.evaluate.colour import GREY_PAGE, mean_scores, score_page
from mangacolor.evaluate.steering import palette_distance
from mangacolor.evaluate.validation import listed_digests, validation_examples
from mangacolor.evaluate.validation_pages import ValidationSet, drawn_pages, read_picture

Pixels = NDArray[np.uint8]

DRAWN_AS: tuple[ValidationSet, ...] = ("plain grey", "screentone")

COMICS = "pages"
"""Folder of the training pack whose pictures are pages of comics."""

SEVERAL = 3
NO_REFERENCE = "no reference"
NEXT_PAGE = "the next page"
SEVERAL_PAGES = f"{SEVERAL} other pages"
OTHER_COMIC = "a page of another comic"


@dataclass(frozen=True)
class ReferenceScores:
    """Mean scores of the pages of comics with one kind of reference; see `colour.Scores`.

    Attributes:
        drawn_as: The validation set that the pages are drawn as.
        reference: The kind, or `GREY_PAGE`.
        palette_distance: Hellinger distance of the palettes of page and target.
    """

    drawn_as: ValidationSet
    reference: str
    pages: int
    ciede2000: float
    ssim: float
    chroma_error: float
    colourfulness_ratio: float
    palette_distance: float


def score_references(
    found: Found,
    colorizer: Colorizer,
    *,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> list[ReferenceScores]:
    """Colour the pages of the comics among the validation pictures after other pages of theirs, and of others.

    Args:
        found: Data folder that holds the validation pictures.
        colorizer: What to score, made with `force=True`.
        limit: Score at most this many pages of a comic.
        on_page: Called for each page scored, with the total of all sets.

    Raises:
        BadInputError: Validation pictures are missing, or there are no two pages of one comic among them.
    """
    comics = comics_of(validation_examples(found, listed_digests()))
    if not comics:
        raise BadInputError(
            "There are no two pages of one comic among the validation pictures.",
            advice="Give the folder of the whole training pack.",
        )
    total = len(DRAWN_AS) * sum(len(comic[:limit]) for comic in comics)
    results = []
    for drawn_as in DRAWN_AS:
        rows: defaultdict[str, list[list[float]]] = defaultdict(list)
        distances: defaultdict[str, list[float]] = defaultdict(list)
        for comic in comics:
            pictures = [read_picture(example, found) for example in comic]
            foreign = colorizer.following([read_picture(_stranger(comic, found), found)])
            for at, (gray, target, _) in enumerate(drawn_pages(drawn_as, comic[:limit], found)):
                others = pictures[at + 1 :] + pictures[:at]
                followers = {
                    NO_REFERENCE: colorizer,
                    NEXT_PAGE: colorizer.following(others[:1]),
                    SEVERAL_PAGES: colorizer.following(others[:SEVERAL]),
                    OTHER_COMIC: foreign,
                }
                coloured = {GREY_PAGE: gray} | {kind: each.colorize(gray) for kind, each in followers.items()}
                for kind, page in coloured.items():
                    rows[kind].append(score_page(page, target))
                    distances[kind].append(palette_distance(page, target))
                on_page(total)
        for kind in rows:
            mean = mean_scores(kind, rows[kind])
            results.append(
                ReferenceScores(
                    drawn_as, kind, mean.pages, mean.ciede2000, mean.ssim, mean.chroma_error, mean.colourfulness_ratio,
                    float(np.mean(distances[kind])),
                )
            )  # fmt: skip
    return results


def comics_of(examples: Sequence[Example]) -> list[list[Example]]:
    """Return the comics of more than one page among examples of the training pack."""
    return episodes_of([example for example in examples if PurePosixPath(example.name).parts[0] == COMICS])


def episodes_of(examples: Sequence[Example]) -> list[list[Example]]:
    """Return the episodes of more than one page among examples, by their folders and names; see `series_of`."""
    series: defaultdict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        series[example.name.rpartition("/")[0], series_of(example)].append(example)
    return [members for members in series.values() if len(members) > 1]


def _stranger(comic: Sequence[Example], found: Found) -> Example:
    """Return the first picture of the same folder that belongs to another series."""
    folder, own = comic[0].name.rpartition("/")[0], series_of(comic[0])
    others = (each for each in found.examples if each.name.rpartition("/")[0] == folder and series_of(each) != own)
    return next(others, comic[0])


def references_table(results: Sequence[ReferenceScores]) -> str:
    """Return a Markdown table; `against none` is the change of CIEDE2000 by the reference."""
    lines = [
        "| pages drawn as | reference | pages | CIEDE2000 ↓ | against none ↓ | SSIM ↑ | chroma error ↓ | "
        "colourfulness ratio → 1 | distance of palettes ↓ |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    alone = {each.drawn_as: each.ciede2000 for each in results if each.reference == NO_REFERENCE}
    lines += [
        f"| {each.drawn_as} | {each.reference} | {each.pages} | {each.ciede2000:.2f} | "
        f"{each.ciede2000 / alone[each.drawn_as] - 1:+.1%} | {each.ssim:.3f} | {each.chroma_error:.2f} | "
        f"{each.colourfulness_ratio:.2f} | {each.palette_distance:.3f} |"
        for each in results
    ]
    return "\n".join(lines)
