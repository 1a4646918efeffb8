"""The fixed validation sets: the same pictures whatever the weights, each drawn in six ways.

The pictures are listed by the SHA-256 of their files in `validation_pictures.tsv`, so that nobody scores on others by
accident. They come from series that the recipe's split holds out, half of them drawings in the manner of anime.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.data.examples import Example, Found
from mangacolor.data.splits import held_out_examples
from mangacolor.errors import BadInputError, UsageError
from mangacolor.evaluate.colour import GREY_PAGE, Scores, known, mean_scores, score_page
from mangacolor.evaluate.look_points import INK, NEUTRAL, SHADES, WHITE, WHITEST
from mangacolor.evaluate.metrics import bare_paper
from mangacolor.evaluate.orders import told_apart
from mangacolor.evaluate.validation_pages import (
    SETS,
    KnownCheeks,
    ValidationPage,
    ValidationSet,
    composed_pages,
    drawn_pages,
)
from mangacolor.image import float_from_pixels, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.levels import paper_level

Pixels = NDArray[np.uint8]

LIST_NAME = "validation_pictures.tsv"
COMPOSED_PAGES = 24

LEAST_SKIN_PX = 300
"""Pixels of known skin that a page needs to count: a face of 20 pixels, and no specks."""


@dataclass(frozen=True)
class ValidationScores(Scores):
    """Mean scores over a set of pages; see `colour.Scores` for the others.

    Attributes:
        skin_pages: Pages on which there is enough skin that is known.
        skin_found: Share of a page's known skin that has a hue of skin, as at the points of a look set; mean over these
            pages, for one page all of one colour would outweigh the faces of all others. NaN where there are none.
        white_kept: Share of the bare paper of all pages together that is white, as at the points of a look set.
    """

    skin_pages: int
    skin_found: float
    white_kept: float


class SetScores(NamedTuple):
    """Scores of one set: the do-nothing grey page first, then each of the weights."""

    name: ValidationSet
    rows: list[ValidationScores]


def listed_digests() -> frozenset[str]:
    """Return the SHA-256 (hexadecimal) of every validation picture."""
    lines = (files("mangacolor.evaluate") / LIST_NAME).read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def validation_examples(found: Found, digests: frozenset[str]) -> list[Example]:
    """Find the validation pictures in a data folder by their contents, in the order of their names.

    Raises:
        BadInputError: Some are missing.
    """
    listed = listed_among(found, digests)
    if len(listed) < len(digests):
        raise BadInputError(
            f"{len(digests) - len(listed)} of the {len(digests)} validation pictures are not in this folder.",
            advice="Give the folder of the whole training pack; on other data use --task colour --held-out.",
        )
    return listed


def listed_among(found: Found, digests: frozenset[str]) -> list[Example]:
    """Return the validation pictures that a data folder holds, by their contents, in the order of their names."""
    with ThreadPoolExecutor(2) as pool:
        seen = pool.map(lambda example: hashlib.sha256(example.target.read_bytes()).hexdigest(), found.examples)
        by_digest = dict(zip(seen, found.examples, strict=True))
    return sorted((by_digest[digest] for digest in digests & by_digest.keys()), key=lambda example: example.name)


def score_validation(
    found: Found,
    colorizers: Sequence[Colorizer],
    *,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
    on_colored: Callable[[str, list[Pixels]], object] = lambda name, pages: None,
) -> list[SetScores]:
    """Colour the validation sets with one or more weights.

    Args:
        found: Data folder that holds the validation pictures.
        colorizers: What to score, made with `force=True`.
        limit: Score at most this many pages a set, evenly chosen.
        on_page: Called for each page scored, with the total of all sets: fewer may come, see `draw_page`.
        on_colored: Called for each page with the set, and its grey page, coloured pages and target.

    Raises:
        BadInputError: Validation pictures are missing.
        UsageError: Weights were trained on one of them.
    """
    examples = validation_examples(found, listed_digests())
    for colorizer in colorizers:
        _check_held_out(colorizer, found, examples)
    chosen = end_to_end(examples, limit)
    composed = min(limit or COMPOSED_PAGES, COMPOSED_PAGES)
    total = (len(SETS) - 1) * len(chosen) + composed
    cheeks_of = KnownCheeks()
    names = [GREY_PAGE, *told_apart([colorizer.weights.path for colorizer in colorizers])]
    results = []
    for name in SETS:
        pages = (
            composed_pages(examples, found, composed)
            if name == "composed"
            else drawn_pages(name, chosen, found, cheeks_of)
        )
        rows: list[list[list[float]]] = [[] for _ in names]
        for page in pages:
            coloured = [page.gray, *(colorizer.colorize(page.gray) for colorizer in colorizers)]
            for row, one in zip(rows, coloured, strict=True):
                row.append([*score_page(one, page.target), *skin_found(one, page), *white_kept(one, page.target)])
            on_colored(name, [*coloured, page.target])
            on_page(total)
        results.append(SetScores(name, [mean_validation(*pair) for pair in zip(names, rows, strict=True)]))
    return results


def skin_found(coloured: Pixels, page: ValidationPage) -> tuple[int, int]:
    """Count the pixels of a page's skin that have a hue of skin on a coloured page (H, W, 3), and all of them.

    Skin is what is labelled so and has such a hue in the target; where the grey page is ink nothing is asked.
    """
    if page.skin is None:
        return 0, 0
    gray = to_gray(page.gray)
    asked = page.skin & (gray > INK * paper_level(gray))
    wanted, seen = (
        SHADES["skin"].held(oklab_from_srgb(float_from_pixels(picture[asked]))) for picture in (page.target, coloured)
    )
    return int((wanted & seen).sum()), int(wanted.sum())


def white_kept(coloured: Pixels, target: Pixels) -> tuple[int, int]:
    """Count the pixels of the target's bare paper that are white on a coloured page (H, W, 3), and all of them."""
    lab = oklab_from_srgb(float_from_pixels(coloured[bare_paper(target)]))
    if not len(lab):
        return 0, 0
    lightness, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    is_white = (chroma <= NEUTRAL) & (lightness >= WHITE * np.percentile(lightness, WHITEST))
    return int(is_white.sum()), len(lab)


def mean_validation(name: str, rows: list[list[float]]) -> ValidationScores:
    """Average the scores of pages; paper is counted over all pages together, skin page by page."""
    white, paper = (sum(row[column] for row in rows) for column in (-2, -1))
    shares = [row[-4] / row[-3] for row in rows if row[-3] >= LEAST_SKIN_PX]
    return ValidationScores(
        **asdict(mean_scores(name, rows)),
        skin_pages=len(shares),
        skin_found=float(np.mean(shares)) if shares else float("nan"),
        white_kept=white / paper if paper else float("nan"),
    )


def _skin(row: ValidationScores) -> str:
    return f"{row.skin_pages} | {row.skin_found:.1%}" if row.skin_pages else "0 | –"


def validation_pages(found: Found, name: ValidationSet, limit: int | None = None) -> Iterator[ValidationPage]:
    """Yield the pages of one of the sets that are drawn picture by picture, at most `limit`, evenly chosen.

    Raises:
        BadInputError: Validation pictures are missing.
    """
    return drawn_pages(name, end_to_end(validation_examples(found, listed_digests()), limit), found)


def end_to_end(examples: Sequence[Example], limit: int | None) -> Sequence[Example]:
    """Choose at most `limit` examples, evenly from the first to the last; None takes all."""
    if limit is None or limit >= len(examples):
        return examples
    return [examples[index] for index in np.linspace(0, len(examples) - 1, limit).round().astype(int)]


def _check_held_out(colorizer: Colorizer, found: Found, examples: Sequence[Example]) -> None:
    facts = colorizer.weights.facts
    if facts.get("pictures") is None:  # weights that name no training data
        return
    known = {example.name for example in held_out_examples(found, facts)}
    trained_on = [example.name for example in examples if example.name not in known]
    if trained_on:
        raise UsageError(
            f"{colorizer.weights.path}: trained on {len(trained_on)} of the validation pictures, such as "
            f"{trained_on[0]}.",
            advice="Train with the `validation_percent` of the shipped recipe.",
        )


def validation_table(results: Sequence[SetScores]) -> str:
    """Return a Markdown table, higher or lower being better as the arrows say; a dash where nothing is known."""
    lines = [
        "| set | | pages | PSNR ↑ | SSIM ↑ | CIEDE2000 ↓ | against grey ↓ | chroma error ↓ | colourfulness ratio → 1 | "
        "neutral paper ↑ | white kept ↑ | pages with skin | skin found ↑ |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, rows in results:
        lines += [
            f"| {name} | {row.name} | {row.pages} | {row.psnr:.2f} | {row.ssim:.3f} | {row.ciede2000:.2f} | "
            f"{row.ciede2000 / rows[0].ciede2000 - 1:+.1%} | {row.chroma_error:.2f} | {row.colourfulness_ratio:.2f} | "
            f"{known(row.neutral_paper, '.1%')} | {known(row.white_kept, '.1%')} | {_skin(row)} |"
            for row in rows
        ]
    return "\n".join(lines)
