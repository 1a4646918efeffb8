"""The ways in which a series is coloured and scored: each page alone, and with one colour for what is alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import evenly_chosen, write_atomically
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.series_colours import SeriesColours, following_series
from mangacolor.colorize.surveys import PAGES_LOOKED_AT, keeping_colours
from mangacolor.data.drawn_series import DrawnSeries, SeriesPage, SeriesPoint
from mangacolor.data.figures.pack import Pack
from mangacolor.errors import BadInputError
from mangacolor.evaluate.look import read_look_set
from mangacolor.evaluate.look_points import colour_at
from mangacolor.evaluate.series import Seen, SeriesScores, score_series, scores_of_points
from mangacolor.evaluate.sheets import below, beside, write_sheets
from mangacolor.image import DecodedImage, encode, float_from_pixels, pixels_from_float, read_image, resize, to_gray
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.models.weight_files import find_face_weights
from mangacolor.page.faces import FaceDetector
from mangacolor.page.lighting import on_white_paper
from mangacolor.series import SKIN, Example, Part, set_colours
from mangacolor.series.proposals import propose

Pixels = NDArray[np.uint8]
OnPage = Callable[[int], object]

PACK_NAME = "figures_pack.npz"
SEED = 20_021
"""Of the drawn series."""

ALONE, CONSISTENT, SERIES = "each page alone", "one colour for what is alike", "one page as a series"

SHEET_SIDE_PX = 420


def score_ways(
    data: Path, colorizer: Colorizer, count: int, on_page: OnPage, sheets: Path | None = None
) -> list[SeriesScores]:
    """Draw a series, always the same one, and colour it in every way.

    Args:
        data: The pack of figures, or the folder that holds it.
        colorizer: The weights to score.
        count: Pages to draw.
        on_page: Called for each coloured page, with the total.
        sheets: Folder for a picture of the pages, truth and ways side by side.

    Raises:
        BadInputError: There is no pack.
        UsageError: numba is missing.
        CannotWriteError: The sheet cannot be written.
    """
    given, pages, known = draw_pages(data, count)
    looked_at = [as_rgb(page) for page in evenly_chosen(pages, PAGES_LOOKED_AT)]
    ways = {
        ALONE: colorizer,
        CONSISTENT: keeping_colours(colorizer, looked_at),
        SERIES: keeping_colours(colorizer, looked_at, series_of_page(given, colorizer).settle),
    }
    return score_each(ways, pages, known, on_page, sheets)


def draw_pages(data: Path, count: int) -> tuple[SeriesPage, list[SeriesPage], list[str]]:
    """Draw a series, always the same one.

    Args:
        data: The pack of figures, or the folder that holds it.
        count: Pages to draw.

    Returns:
        The page that shows most, to be given; the others; and the names of those whose hair it shows.

    Raises:
        BadInputError: There is no pack.
        UsageError: numba is missing.
    """
    pack = data / PACK_NAME if data.is_dir() else data
    if not pack.is_file():
        raise BadInputError(f"{pack}: no such file.", advice="Give --data the pack of figures, or its folder.")
    drawn = list(DrawnSeries(Pack(pack), SEED).pages(count))
    given = max(drawn, key=lambda page: len({(point.character, point.part) for point in page.points}))
    known = sorted({point.character for point in given.points if point.part == "hair"})
    return given, [page for page in drawn if page is not given], known


def score_each(
    ways: Mapping[str, Colorizer],
    pages: Sequence[SeriesPage],
    known: Sequence[str],
    on_page: OnPage,
    sheets: Path | None = None,
) -> list[SeriesScores]:
    """Colour pages in every way, and lay them side by side with the truth if there is a folder for sheets."""
    rows: list[list[Pixels]] = [[as_rgb(page), page.colour] for page in pages]
    scores = [
        score_series(
            name, pages, way.colorize, known, on_page=lambda total: on_page(len(ways) * total),
            on_colored=lambda number, colored: rows[number].append(colored),
        )
        for name, way in ways.items()
    ]  # fmt: skip
    if sheets is not None:
        write_sheets(sheets, {"series.png": below([beside([_small(page) for page in row]) for row in rows])})
    return scores


def series_of_page(page: SeriesPage, colorizer: Colorizer) -> SeriesColours:
    """Make a series of one page, in colour and as it was drawn: parts of its people, their colours, a point each.

    Colours are those that the page shows, as a person picks them: dark hair that is drawn in a light tone is lighter
    there than by itself.
    """
    with TemporaryDirectory() as folder:
        picture, _ = write_page(Path(folder), page.colour, as_rgb(page))
        points = [point for point in page.points if point.character]
        parts = [Part("character", point.character, point.part) for point in points]
        examples = [
            Example(part, picture, ((point.x, point.y),)) for part, point in zip(parts, points, strict=True)
            if part.name not in SKIN  # it is known by the hair
        ]  # fmt: skip
        return following_series(
            colorizer,
            set_colours(Path(folder) / "one.series", _shown(page, parts, points), examples, elsewhere="$TMPDIR"),
        )


def _shown(page: SeriesPage, parts: Sequence[Part], points: Sequence[SeriesPoint]) -> dict[Part, tuple[int, int, int]]:
    """Return the colour of every part on a page, sRGB bytes: the median over its points."""
    gray, lab = float_from_pixels(page.gray), oklab_from_srgb(float_from_pixels(page.colour))
    seen: defaultdict[Part, list[tuple[float, float, float]]] = defaultdict(list)
    for part, point in zip(parts, points, strict=True):
        seen[part].append(colour_at(lab, gray, point.x, point.y))
    medians = {part: np.median(those, axis=0).astype(np.float32) for part, those in seen.items()}
    bytes_of = {part: pixels_from_float(srgb_from_oklab(one[None, None]))[0, 0] for part, one in medians.items()}
    return {part: (int(red), int(green), int(blue)) for part, (red, green, blue) in bytes_of.items()}


def series_of_coloured(rgb: Pixels, gray: Pixels, colorizer: Colorizer) -> SeriesColours | None:
    """Make a series of a page as `mangacolor palette --from` does, of the hair and the skin of the faces on it.

    Args:
        rgb: (H, W, 3) the page in colour.
        gray: (H, W, 3) the same as it was drawn.
        colorizer: Who is to follow it.

    Returns:
        The series; None where no face is found.
    """
    with TemporaryDirectory() as folder:
        picture, _ = write_page(Path(folder), rgb, gray)
        try:
            colours, examples = propose(rgb, picture, FaceDetector(find_face_weights()))
        except BadInputError:
            return None
        return following_series(
            colorizer, set_colours(Path(folder) / "one.series", colours, examples, elsewhere="$TMPDIR")
        )


def as_rgb(page: SeriesPage) -> Pixels:
    """Return a page of a drawn series as it was drawn, (H, W, 3)."""
    return np.repeat(page.gray[..., None], 3, axis=2)


def write_page(folder: Path, rgb: Pixels, gray: Pixels) -> tuple[Path, Path]:
    """Write a page in colour, and beside it under its usual name as it was drawn; both (H, W, 3)."""
    paths = folder / "page_color.png", folder / "page.png"
    for path, pixels in zip(paths, (rgb, gray), strict=True):
        write_atomically(path, encode(DecodedImage(pixels), format="png"), elsewhere="$TMPDIR")
    return paths


def score_titles(folder: Path, colorizer: Colorizer, limit: int | None, on_page: OnPage) -> list[SeriesScores]:
    """Score how alike the same thing is over the pages of each title of a look set, in every way.

    Titles are told by the names of pages up to their last `_`.
    """
    look_set = read_look_set(folder)
    pages = look_set.pages[:limit]
    seen: dict[str, list[Seen]] = {ALONE: [], CONSISTENT: []}
    for _, paths in groupby(pages, lambda path: path.stem.rpartition("_")[0]):
        title = list(paths)
        pictures = {path: read_image(path).rgb for path in title}
        keeping = keeping_colours(colorizer, [pictures[path] for path in evenly_chosen(title, PAGES_LOOKED_AT)])
        for name, way in {ALONE: colorizer, CONSISTENT: keeping}.items():
            for path, rgb in pictures.items():
                lab = oklab_from_srgb(float_from_pixels(way.colorize(rgb)))
                gray = on_white_paper(to_gray(rgb))
                points = [one for one in look_set.points[path.stem] if one.kind in ("hair", "cloth")]
                seen[name] += [
                    Seen(
                        pages.index(path), point.where, "hair" if point.kind == "hair" else "garment",
                        np.array(colour_at(lab, gray, point.x, point.y)), None,
                    )
                    for point in points
                ]  # fmt: skip
                on_page(2 * len(pages))
    return [scores_of_points(name, len(pages), points) for name, points in seen.items()]


def _small(page: Pixels) -> Pixels:
    return resize(page, round(SHEET_SIDE_PX * page.shape[0] / page.shape[1]), SHEET_SIDE_PX)
