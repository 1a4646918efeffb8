"""What `adapt` brings: the pages of a series after one of them was learnt, and pages of others for the harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mangacolor.adapt.run import AdaptOptions, adapt
from mangacolor.books import write_atomically
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.surveys import keeping_colours
from mangacolor.data.examples import Found
from mangacolor.errors import BadInputError
from mangacolor.evaluate.colour import mean_scores, score_page
from mangacolor.evaluate.references import comics_of
from mangacolor.evaluate.series import SeriesScores
from mangacolor.evaluate.series_ways import draw_pages, score_each, series_of_page
from mangacolor.evaluate.validation import evenly_chosen, listed_digests, validation_examples
from mangacolor.evaluate.validation_pages import ValidationSet, drawn_pages
from mangacolor.image import DecodedImage, encode
from mangacolor.training import Budget

Pixels = NDArray[np.uint8]

OTHERS = 4
"""Pictures that are no pages of the comic, for the harm."""

DRAWN_AS: ValidationSet = "screentone"
"""How the grey side of comics is drawn."""

ALONE, LEARNT, FOLLOWED, OTHERS_ALONE, OTHERS_LEARNT = (
    "each page alone", "one page learnt", "learnt, and as a series", "other pictures alone",
    "other pictures, with what was learnt",
)  # fmt: skip


@dataclass(frozen=True)
class ComicScores:
    """Mean scores of pages of comics in one way; see `colour.Scores`."""

    name: str
    pages: int
    ciede2000: float
    ssim: float
    chroma_error: float
    colourfulness_ratio: float


def learn_page(colorizer: Colorizer, rgb: Pixels, gray: Pixels, images: int) -> Colorizer:
    """Let the weights of a colouriser learn a page, and return a colouriser with what was learnt.

    Args:
        colorizer: The one before.
        rgb: (H, W, 3) the page in colour.
        gray: (H, W) or (H, W, 3) the same as it was drawn.
        images: How many crops are learnt from.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, pixels in (("colour.png", rgb), ("gray.png", gray)):
            shown = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
            write_atomically(folder / file, encode(DecodedImage(shown), format="png"))
        options = replace(colorizer.options, series=None, runtime="torch")
        adapted = adapt(
            AdaptOptions(
                folder / "one.series", [folder / "colour.png"], [folder / "gray.png"], budget=Budget(images=images),
                colorize=options,
            )
        )  # fmt: skip
        if adapted.path is None:  # Ctrl-C: there is nothing to score
            raise KeyboardInterrupt
        return Colorizer.from_options(replace(options, series=folder / "one.series"))


def score_learnt(
    data: Path,
    colorizer: Colorizer,
    images: int,
    count: int,
    on_page: Callable[[int], object],
    sheets: Path | None = None,
) -> list[SeriesScores]:
    """Draw a series, let one page of it be learnt, and colour the others.

    Args:
        data: The pack of figures, or the folder that holds it.
        colorizer: What to score, made with `force=True`.
        images: How many crops are learnt from.
        count: Pages to draw.
        on_page: Called for each coloured page, with the total.
        sheets: Folder for a picture of the pages, truth and ways side by side.

    Raises:
        BadInputError: There is no pack.
        UsageError: numba is missing.
        CannotWriteError: The sheet cannot be written.
    """
    given, pages, known = draw_pages(data, count)
    learnt = learn_page(colorizer, given.colour, given.gray, images)
    following = keeping_colours(learnt, (), series_of_page(given, learnt).settle)
    ways = {ALONE: colorizer, LEARNT: learnt, FOLLOWED: following}
    return score_each(ways, pages, known, on_page, sheets)


def score_comics(
    found: Found,
    colorizer: Colorizer,
    images: int,
    *,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> list[ComicScores]:
    """Give the first page of every comic among the validation pictures, and colour the others with and without it.

    Args:
        found: Data folder that holds the validation pictures.
        colorizer: What to score, made with `force=True`.
        images: How many crops are learnt from.
        limit: Score at most this many pages of a comic.
        on_page: Called for each page coloured, with the total.

    Raises:
        BadInputError: Validation pictures are missing, or there is no comic among them.
    """
    examples = validation_examples(found, listed_digests())
    rows: dict[str, list[list[float]]] = {name: [] for name in (ALONE, LEARNT, OTHERS_ALONE, OTHERS_LEARNT)}
    comics = comics_of(examples)
    if not comics:
        raise BadInputError(
            "There is no comic among the validation pictures.", advice="Give the folder of the whole training pack."
        )
    for comic in comics:
        others = evenly_chosen([example for example in examples if example not in comic], OTHERS)
        given, *rest = drawn_pages(DRAWN_AS, comic[: 1 + (limit or len(comic))], found)
        learnt = learn_page(colorizer, given.target, given.gray, images)
        foreign = list(drawn_pages(DRAWN_AS, others, found))
        for pages, names in ((rest, (ALONE, LEARNT)), (foreign, (OTHERS_ALONE, OTHERS_LEARNT))):
            for gray, target, _ in pages:
                for name, way in zip(names, (colorizer, learnt), strict=True):
                    rows[name].append(score_page(way.colorize(gray), target))
                on_page(len(comics) * (len(rest) + len(foreign)))
    means = [mean_scores(name, scored) for name, scored in rows.items()]
    return [
        ComicScores(mean.name, mean.pages, mean.ciede2000, mean.ssim, mean.chroma_error, mean.colourfulness_ratio)
        for mean in means
    ]


def comics_table(scores: Sequence[ComicScores]) -> str:
    """Return a Markdown table, a row a way."""
    lines = [
        "| | pages | CIEDE2000 ↓ | SSIM ↑ | chroma error ↓ | colourfulness ratio → 1 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.pages} | {row.ciede2000:.2f} | {row.ssim:.3f} | {row.chroma_error:.2f} | "
        f"{row.colourfulness_ratio:.2f} |"
        for row in scores
    ]
    return "\n".join(lines)
