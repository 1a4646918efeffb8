"""The fixed validation sets: the same pictures whatever the weights, each drawn in four ways.

The pictures are listed by the SHA-256 of their files in `validation_pictures.tsv`, so that nobody scores on others by
accident. They come from series that the recipe's split holds out, half of them drawings in the manner of anime.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from mangacolor.config import SynthesisConfig
from mangacolor.data.layouts import Example, Found
from mangacolor.data.pairs import ColourArt
from mangacolor.data.pictures import held_out_examples, read_example
from mangacolor.data.scan import PageLayers, print_and_scan
from mangacolor.data.screentone import screen
from mangacolor.data.synthesis import draw_layers
from mangacolor.errors import BadInputError, UsageError
from mangacolor.evaluate.colour import GREY_PAGE, Scores, mean_scores, score_page
from mangacolor.evaluate.composed import LINE_ART, scanned_pages
from mangacolor.image import float_from_pixels, pixels_from_float, resize, to_gray
from mangacolor.inference import Colorizer
from mangacolor.ink import Separation, compose, deepen

Pixels = NDArray[np.uint8]
ValidationSet = Literal["plain grey", "line art", "screentone", "composed"]
SETS: tuple[ValidationSet, ...] = get_args(ValidationSet)

LIST_NAME = "validation_pictures.tsv"
LARGEST_SHORT_SIDE_PX = 640
COMPOSED_PAGES = 24

TONED = SynthesisConfig(plain_gray=0.0, line_art=0.0)


class ValidationPage(NamedTuple):
    """A grey page (H, W, 3) with the colour page (H, W, 3) that it should become."""

    gray: Pixels
    target: Pixels


class SetScores(NamedTuple):
    """Scores of one set: the do-nothing grey page first, then each of the weights."""

    name: ValidationSet
    rows: list[Scores]


def listed_digests() -> frozenset[str]:
    """Return the SHA-256 (hexadecimal) of every validation picture."""
    lines = (files("mangacolor.evaluate") / LIST_NAME).read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


def validation_examples(found: Found, digests: frozenset[str]) -> list[Example]:
    """Find the validation pictures in a data folder by their contents, in the order of their names.

    Raises:
        BadInputError: Some are missing.
    """
    with ThreadPoolExecutor(2) as pool:
        seen = pool.map(lambda example: hashlib.sha256(example.target.read_bytes()).hexdigest(), found.examples)
        by_digest = dict(zip(seen, found.examples, strict=True))
    missing = digests - by_digest.keys()
    if missing:
        raise BadInputError(
            f"{len(missing)} of the {len(digests)} validation pictures are not in this folder.",
            advice="Give the folder of the whole training pack; on other data use --task colour --held-out.",
        )
    return sorted((by_digest[digest] for digest in digests), key=lambda example: example.name)


def score_validation(
    found: Found,
    colorizers: Sequence[Colorizer],
    *,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
    on_colored: Callable[[str, list[Pixels]], object] = lambda name, pages: None,
) -> list[SetScores]:
    """Colour the four validation sets with one or more weights.

    Args:
        found: Data folder that holds the validation pictures.
        colorizers: What to score, made with `force=True`.
        limit: Score at most this many pages a set, evenly chosen.
        on_page: Called for each page scored, with the total of all sets.
        on_colored: Called for each page with the set, and its grey page, coloured pages and target.

    Raises:
        BadInputError: Validation pictures are missing.
        UsageError: Weights were trained on one of them.
    """
    examples = validation_examples(found, listed_digests())
    for colorizer in colorizers:
        _check_held_out(colorizer, found, examples)
    chosen = evenly_chosen(examples, limit)
    composed = min(limit or COMPOSED_PAGES, COMPOSED_PAGES)
    total = 3 * len(chosen) + composed
    names = [GREY_PAGE, *_told_apart([colorizer.weights.path for colorizer in colorizers])]
    results = []
    for name in SETS:
        pages = _composed(examples, found, composed) if name == "composed" else drawn_pages(name, chosen, found)
        rows: list[list[list[float]]] = [[] for _ in names]
        for gray, target in pages:
            coloured = [gray, *(colorizer.colorize(gray) for colorizer in colorizers)]
            for row, page in zip(rows, coloured, strict=True):
                row.append(score_page(page, target))
            on_colored(name, [*coloured, target])
            on_page(total)
        results.append(SetScores(name, [mean_scores(*pair) for pair in zip(names, rows, strict=True)]))
    return results


def _told_apart(paths: Sequence[Path]) -> list[str]:
    """Return the names of weights files, or, where runs gave several the same one, their paths."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def validation_pages(found: Found, name: ValidationSet, limit: int | None = None) -> Iterator[ValidationPage]:
    """Yield the pages of one of the sets that are drawn picture by picture, at most `limit`, evenly chosen.

    Raises:
        BadInputError: Validation pictures are missing.
    """
    return drawn_pages(name, evenly_chosen(validation_examples(found, listed_digests()), limit), found)


def evenly_chosen(examples: Sequence[Example], limit: int | None) -> Sequence[Example]:
    """Choose at most `limit` examples, evenly over all of them; None takes all."""
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


def drawn_pages(name: ValidationSet, examples: Sequence[Example], found: Found) -> Iterator[ValidationPage]:
    """Yield the pages of one of the sets that are drawn picture by picture."""
    for example in examples:
        yield draw_page(name, read_picture(example, found), example.name)


def read_picture(example: Example, found: Found) -> Pixels:
    """Read the colour side (H, W, 3) of an example, large ones reduced as all of validation has them."""
    rgb, _ = read_example(example, found.layout)
    scale = min(1.0, LARGEST_SHORT_SIDE_PX / min(rgb.shape[:2]))
    return resize(rgb, *(max(1, round(side * scale)) for side in rgb.shape[:2]))


def draw_page(name: ValidationSet, rgb: Pixels, seed: str) -> ValidationPage:
    """Make a validation page after colour art (H, W, 3); always the same for the same art and seed.

    Plain grey is the art's luma, and its target the art itself. Line art and screentone are drawn after it, and the
    target is the art's colour under the drawn ink; screentone is also printed and scanned.
    """
    if name == "plain grey":
        return ValidationPage(_gray_page(to_gray(rgb)), rgb)
    rng = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    ink, tone, colour, _ = draw_layers(float_from_pixels(rgb), 1.0, LINE_ART if name == "line art" else TONED, rng)
    if name == "line art":
        return ValidationPage(_gray_page(ink), compose(colour, ink))
    screened = screen(tone, rng)
    page = print_and_scan(PageLayers(ink * screened.drawn, ink, screened.tone, screened.mask, colour), rng)
    return _page_of(page)


def _composed(examples: Sequence[Example], found: Found, count: int) -> Iterator[ValidationPage]:
    for page in scanned_pages(ColourArt(examples, found.layout), count):
        yield _page_of(page.layers)


def _page_of(layers: PageLayers) -> ValidationPage:
    target = compose(layers.colour, deepen(Separation(layers.ink, layers.tone)).ink)
    return ValidationPage(_gray_page(layers.page), target)


def _gray_page(gray: NDArray[np.float32]) -> Pixels:
    return np.repeat(pixels_from_float(gray)[..., None], 3, axis=2)


def validation_table(results: Sequence[SetScores]) -> str:
    """Return a Markdown table, higher or lower being better as the arrows say."""
    lines = [
        "| set | | pages | PSNR ↑ | SSIM ↑ | CIEDE2000 ↓ | against grey ↓ | chroma error ↓ | colourfulness ratio → 1 | "
        "neutral paper ↑ |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, rows in results:
        lines += [
            f"| {name} | {row.name} | {row.pages} | {row.psnr:.2f} | {row.ssim:.3f} | {row.ciede2000:.2f} | "
            f"{row.ciede2000 / rows[0].ciede2000 - 1:+.1%} | {row.chroma_error:.2f} | {row.colourfulness_ratio:.2f} | "
            f"{row.neutral_paper:.1%} |"
            for row in rows
        ]
    return "\n".join(lines)
