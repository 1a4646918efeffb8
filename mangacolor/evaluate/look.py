"""Scoring colourings of real pages by points known by eye: ours, and whatever others have coloured."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from natsort import natsorted

from mangacolor.books.looks import is_junk
from mangacolor.books.naming import MARK
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.errors import BadInputError
from mangacolor.evaluate.look_points import PageLook, Pixels, Point, Verdict, look_at_page, read_points
from mangacolor.evaluate.metrics import mean_of
from mangacolor.evaluate.orders import told_apart
from mangacolor.image import read_image, to_gray
from mangacolor.image.formats import IMAGE_SUFFIXES

Half = Literal["all", "odd", "even"]
HALVES: tuple[Half, ...] = ("all", "odd", "even")
"""Odd pages are the first, third and so on: settings are chosen on them, and the even ones tell whether that holds."""

LARGEST_SKEW = 0.03
"""Difference in shape, height over width, from which a coloured page is not this page scaled."""

SHARES = (
    *((f"skin_{where}" if where else "skin", "skin", where) for where in ("", "face", "neck", "hand", "leg", "body")),
    *((f"white_{where}" if where else "white", "white", where) for where in ("", "balloon", "gutter", "cloth")),
    *((kind, kind, "") for kind in ("hair", "cloth", "eye", "sky", "foliage", "sea", "wood", "ground")),
)
"""Names of the shares of points that are right, with the kind and place of their points."""

OnLooked = Callable[[str, Pixels, list[Pixels], list[PageLook]], object]


class LookSet(NamedTuple):
    """Pages in the order of their names, and their points by page."""

    pages: list[Path]
    points: dict[str, list[Point]]


@dataclass(frozen=True)
class LookScores:
    """Scores of one tool on one half of the pages; None where there is nothing to score.

    Attributes:
        name: Weights, or folder.
        half: All pages, or the odd or even ones.
        pages: How many.
        shares: Share of points that are right, by the names in `SHARES`.
        chroma: Mean OKLab chroma off paper and off ink, mean over pages.
        coloured: Share of that area that is coloured, mean over pages.
        coloured_paper: Share of the grey page's paper that is coloured, mean over pages.
        sectors: Hue sectors of a page that hold more than 3 % of the area off paper and off ink, mean over pages.
        hair_spread: Mean distance of OKLab a, b from their mean at the points of one character's hair on one page,
            mean over those with two points and more. A grey page scores 0: read it beside the share that is coloured.
        cloth_spread: The same of garments.
        hair_spread_over_pages: The same of means over pages, for characters on two pages and more.
        cloth_spread_over_pages: The same of garments.
        cloth_apart: Mean distance of the garments of one page from their mean, each by the mean of its points, mean
            over pages with two garments and more: nearly 0 where all are grey or brown.
        seconds: Mean time a page; None for folders.
        peak_mib: Most memory that the process had taken up to then, in MiB; None for folders and on Windows.
        looks: The pages themselves.
    """

    name: str
    half: Half
    pages: int
    shares: dict[str, float | None]
    chroma: float
    coloured: float
    coloured_paper: float
    sectors: float
    hair_spread: float | None
    cloth_spread: float | None
    hair_spread_over_pages: float | None
    cloth_spread_over_pages: float | None
    cloth_apart: float | None
    seconds: float | None
    peak_mib: float | None
    looks: tuple[PageLook, ...]


def read_look_set(folder: Path) -> LookSet:
    """Find the pages of a look set, `pages/*`, and its points, `points.tsv`.

    Raises:
        BadInputError: There are no pages, the points cannot be read, or they name a page that is not there.
    """
    pages = _pictures(folder / "pages")
    if not pages:
        raise BadInputError(f"{folder}: no pictures in pages/.", advice="Give a folder with pages/ and points.tsv.")
    points: dict[str, list[Point]] = {name: [] for name in pages}
    for point in read_points(folder / "points.tsv"):
        if point.page not in points:
            raise BadInputError(f"{folder / 'points.tsv'}: there is no page `{point.page}`.")
        points[point.page].append(point)
    return LookSet([pages[name] for name in natsorted(pages)], points)


def score_look(
    look_set: LookSet,
    colorizers: Sequence[Colorizer],
    folders: Sequence[Path] = (),
    *,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
    on_looked: OnLooked = lambda name, gray, coloured, looks: None,
) -> list[LookScores]:
    """Score weights and folders of coloured pages side by side.

    Args:
        look_set: Pages and points.
        colorizers: Weights to score, made with `force=True`.
        folders: Folders of coloured pages, named as the pages are or with `_color` after the stem, in any format.
        limit: Score at most this many pages, the first ones.
        on_page: Called for each page, with the total.
        on_looked: Called for each page with its name, its grey (H, W, 3), and, by tool, the coloured page (h, w, 3)
            and what it looks like.

    Returns:
        For every tool a row for all pages, and one for each half.

    Raises:
        BadInputError: A folder lacks a page, or has one of another shape.
    """
    found = [_coloured_pages(folder, look_set.pages[:limit]) for folder in folders]
    names = [*told_apart([one.weights.path for one in colorizers]), *told_apart(folders)]
    looks: list[list[PageLook]] = [[] for _ in names]
    seconds: list[list[float]] = [[] for _ in colorizers]
    peaks: list[float | None] = [None for _ in colorizers]
    chosen = look_set.pages[:limit]
    for path in chosen:
        page = read_image(path).rgb
        coloured = []
        for number, colorizer in enumerate(colorizers):
            start = time.perf_counter()
            coloured.append(colorizer.colorize(page))
            seconds[number].append(time.perf_counter() - start)
            peaks[number] = _peak_mib()
        coloured += [_read_alike(pages[path.stem], page) for pages in found]
        gray = to_gray(page)
        seen = [look_at_page(path.stem, gray, one, look_set.points[path.stem]) for one in coloured]
        for tool, look in zip(looks, seen, strict=True):
            tool.append(look)
        on_looked(path.stem, page, coloured, seen)
        on_page(len(chosen))
    scores = []
    for number, name in enumerate(names):
        times = seconds[number] if number < len(colorizers) else []
        peak = peaks[number] if number < len(colorizers) else None
        scores += [
            mean_look(name, half, _half(looks[number], half), _half(times, half), peak)
            for half in HALVES
            if _half(looks[number], half)
        ]
    return scores


def mean_look(
    name: str, half: Half, looks: Sequence[PageLook], seconds: Sequence[float], peak_mib: float | None
) -> LookScores:
    """Return the scores of some pages together: points count alike, and so do pages."""
    verdicts = [verdict for look in looks for verdict in look.verdicts]
    shares = {
        share: mean_of([one.right for one in verdicts if one.point.kind == kind and where in ("", one.point.where)])
        for share, kind, where in SHARES
    }
    spreads = {kind: _spreads([one for one in verdicts if one.point.kind == kind]) for kind in ("hair", "cloth")}
    return LookScores(
        name=name,
        half=half,
        pages=len(looks),
        shares=shares,
        chroma=float(np.mean([look.chroma for look in looks])),
        coloured=float(np.mean([look.coloured for look in looks])),
        coloured_paper=float(np.mean([look.coloured_paper for look in looks])),
        sectors=float(np.mean([look.sectors for look in looks])),
        hair_spread=spreads["hair"][0],
        cloth_spread=spreads["cloth"][0],
        hair_spread_over_pages=spreads["hair"][1],
        cloth_spread_over_pages=spreads["cloth"][1],
        cloth_apart=_apart([one for one in verdicts if one.point.kind == "cloth"]),
        seconds=mean_of(seconds),
        peak_mib=peak_mib,
        looks=tuple(looks),
    )


def _spreads(verdicts: Sequence[Verdict]) -> tuple[float | None, float | None]:
    """Return the spread of colour over the points of each owner within a page, and over pages; means over owners."""
    on_page: defaultdict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for verdict in verdicts:
        on_page[verdict.point.where, verdict.point.page].append(verdict.colour[1:])
    over_pages: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)
    for (owner, _), colours in on_page.items():
        over_pages[owner].append(tuple(np.mean(colours, axis=0)))
    return mean_of(_distances(on_page.values())), mean_of(_distances(over_pages.values()))


def _apart(verdicts: Sequence[Verdict]) -> float | None:
    """Return how far the owners of points lie apart in colour on a page; mean over pages."""
    owned: defaultdict[str, defaultdict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for verdict in verdicts:
        owned[verdict.point.page][verdict.point.where].append(verdict.colour[1:])
    return mean_of(_distances([np.mean(colours, axis=0) for colours in page.values()] for page in owned.values()))


def _distances(groups: Any) -> Iterator[float]:
    for group in groups:
        if len(group) > 1:
            colours = np.array(group)
            yield float(np.linalg.norm(colours - colours.mean(axis=0), axis=1).mean())


def _half(things: Sequence[Any], half: Half) -> Sequence[Any]:
    return things if half == "all" else things[0 if half == "odd" else 1 :: 2]


def _pictures(folder: Path, stem_of: Callable[[str], str] = str) -> dict[str, Path]:
    """Return the pictures of a folder by their stems; of two with one stem the first by name."""
    if not folder.is_dir():
        raise BadInputError(f"{folder}: no such folder.")
    found: dict[str, Path] = {}
    for path in natsorted(folder.iterdir(), key=lambda path: path.name):
        if path.suffix.lower() in IMAGE_SUFFIXES and not is_junk(path.name):
            found.setdefault(stem_of(path.stem), path)
    return found


def _coloured_pages(folder: Path, pages: Sequence[Path]) -> dict[str, Path]:
    """Find the coloured page of each page in a folder, by its stem; "1" goes before "1_color"."""
    found = _pictures(folder, lambda stem: stem.removesuffix(MARK)) | _pictures(folder)
    missing = [path.stem for path in pages if path.stem not in found]
    if missing:
        raise BadInputError(
            f"{folder}: {len(missing)} of {len(pages)} pages are missing: {', '.join(missing)}.",
            advice=f"Coloured pages are called as the pages are, or with {MARK} after the stem, in any picture format.",
        )
    return {path.stem: found[path.stem] for path in pages}


def _read_alike(path: Path, page: Pixels) -> Pixels:
    coloured = read_image(path).rgb
    wanted, given = (picture.shape[0] / picture.shape[1] for picture in (page, coloured))
    if abs(given / wanted - 1) > LARGEST_SKEW:
        raise BadInputError(
            f"{path}: {coloured.shape[1]} × {coloured.shape[0]} is another shape than the page's "
            f"{page.shape[1]} × {page.shape[0]}.",
            advice="It may have another size, but must show the whole page and nothing more.",
        )
    return coloured


def _peak_mib() -> float | None:
    """Return the most memory that this process has taken so far, where the system tells."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
