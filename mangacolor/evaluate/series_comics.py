"""What one page in colour brings to the other pages of its comic: as a series, learnt, and both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.surveys import keeping_colours
from mangacolor.data.examples import Example, Found
from mangacolor.errors import BadInputError
from mangacolor.evaluate.colour import GREY_PAGE, mean_scores, score_page
from mangacolor.evaluate.metrics import colourfulness
from mangacolor.evaluate.references import COMICS, DRAWN_AS, comics_of, episodes_of
from mangacolor.evaluate.series_learnt import FOLLOWED, LEARNT, learn_page
from mangacolor.evaluate.series_ways import SERIES, series_of_coloured
from mangacolor.evaluate.validation import end_to_end, listed_among, listed_digests
from mangacolor.evaluate.validation_pages import ValidationPage, ValidationSet, drawn_pages, read_picture
from mangacolor.page.kinds import is_colored
from mangacolor.training import Budget

Pixels = NDArray[np.uint8]

OTHERS = 4
"""Pictures that are no pages of the comic, for the harm."""

NO_SERIES, OTHERS_ALONE, OTHERS_LEARNT = "no series", "other pictures, no series", "other pictures, one page learnt"

ADVICE = (
    "Name the pages of an episode EPISODE_PAGE, such as ep01_P02.png; "
    "or give the pack of figures, or a look set with its points.tsv."
)


@dataclass(frozen=True)
class ComicScores:
    """Mean scores of pages of comics in one way; see `colour.Scores`.

    Attributes:
        drawn_as: The validation set that the pages are drawn as.
        way: How they were coloured, or `GREY_PAGE`.
    """

    drawn_as: ValidationSet
    way: str
    pages: int
    ciede2000: float
    ssim: float
    chroma_error: float


def score_comics(
    found: Found,
    colorizer: Colorizer,
    budget: Budget,
    *,
    given: int | None = None,
    limit: int | None = None,
    on_page: Callable[[int], object] = lambda total: None,
    on_colored: Callable[[str, list[Pixels]], object] = lambda name, pages: None,
) -> list[ComicScores]:
    """Give one page of every episode in colour and as it was drawn, and colour the others with and without it.

    Where a folder holds pictures of the validation list, those alone are taken, for training has left them out.

    Args:
        found: Folder of pages in colour, those of comics in `pages/` if there is one; `series_of` tells episodes apart.
        colorizer: What to score, made with `force=True`.
        budget: How long the page is learnt.
        given: Which page of every episode is given, counted from 1; None is the most colourful one.
        limit: Score at most this many pages of an episode.
        on_page: Called for each page scored, with the total.
        on_colored: Called for each page of an episode with the set, and its grey page, the ways and the target.

    Raises:
        BadInputError: There are no two pages of one episode, no page so far on in one, or the page is not in colour.
        UsageError: The weights cannot learn or follow a series.
    """
    examples = listed_among(found, listed_digests()) or list(found.examples)
    is_pack = any(example.name.startswith(f"{COMICS}/") for example in found.examples)
    episodes = (comics_of if is_pack else episodes_of)(examples)
    if not episodes:
        raise BadInputError("There are no two pages of one episode in this folder.", advice=ADVICE)
    chosen = []
    for episode in episodes:
        others = end_to_end([one for one in examples if one not in episode], OTHERS)
        chosen.append((_given_first(episode, found, given)[: 1 + (limit or len(episode))], others))
    total = len(DRAWN_AS) * sum(len(episode) - 1 + len(others) for episode, others in chosen)
    results = []
    for drawn_as in DRAWN_AS:
        rows: defaultdict[str, list[list[float]]] = defaultdict(list)
        for episode, others in chosen:
            pages = drawn_pages(drawn_as, episode, found)
            shown = _checked(next(pages), episode[0])
            learnt = learn_page(colorizer, shown.target, shown.gray, budget)
            ways = {
                NO_SERIES: colorizer,
                SERIES: _following(colorizer, shown),
                f"{LEARNT} {_told(budget)}": learnt,
                FOLLOWED: _following(learnt, shown),
            }
            for gray, target, _ in pages:
                coloured = {GREY_PAGE: gray} | {name: way.colorize(gray) for name, way in ways.items()}
                for name, page in coloured.items():
                    rows[name].append(score_page(page, target))
                on_colored(drawn_as, [*coloured.values(), target])
                on_page(total)
            for gray, target, _ in drawn_pages(drawn_as, others, found):
                for name, way in ((OTHERS_ALONE, colorizer), (OTHERS_LEARNT, learnt)):
                    rows[name].append(score_page(way.colorize(gray), target))
                on_page(total)
        means = [mean_scores(name, scored) for name, scored in rows.items()]
        results += [
            ComicScores(drawn_as, mean.name, mean.pages, mean.ciede2000, mean.ssim, mean.chroma_error) for mean in means
        ]
    return results


def _given_first(episode: Sequence[Example], found: Found, given: int | None) -> list[Example]:
    """Return the pages of an episode, the one that is given before all others."""
    if given is not None and given > len(episode):
        raise BadInputError(
            f"There is no page {given} in the episode of {episode[0].target.name}, which has {len(episode)}.",
            advice="Count the pages from 1, in the order of their names.",
        )
    vivid = [colourfulness(read_picture(example, found)) for example in episode] if given is None else []
    at = int(np.argmax(vivid)) if given is None else given - 1
    return [episode[at], *episode[:at], *episode[at + 1 :]]


def _checked(given: ValidationPage, example: Example) -> ValidationPage:
    if not is_colored(given.target):
        raise BadInputError(
            f"{example.target} is not in colour, so there is nothing to learn from.",
            advice="Take episodes in colour, or give another page.",
        )
    return given


def _following(colorizer: Colorizer, given: ValidationPage) -> Colorizer:
    """Return a colouriser that follows the series of a page; without a face on it there is none."""
    series = series_of_coloured(given.target, given.gray, colorizer)
    return colorizer if series is None else keeping_colours(colorizer, (), series.settle)


def _told(budget: Budget) -> str:
    return f"in {budget.minutes:g} minutes" if budget.images is None else f"from {budget.images} crops"


def comics_table(scores: Sequence[ComicScores]) -> str:
    """Return a Markdown table; `against none` is the change of CIEDE2000 by the page that was given."""
    lines = [
        "| pages drawn as | | pages | CIEDE2000 ↓ | against none ↓ | SSIM ↑ | chroma error ↓ |",
        "|---|---|---|---|---|---|---|",
    ]
    alone = {(row.drawn_as, row.way): row.ciede2000 for row in scores if row.way in (NO_SERIES, OTHERS_ALONE)}
    for row in scores:
        without = alone[row.drawn_as, OTHERS_ALONE if row.way in (OTHERS_ALONE, OTHERS_LEARNT) else NO_SERIES]
        lines.append(
            f"| {row.drawn_as} | {row.way} | {row.pages} | {row.ciede2000:.2f} | {row.ciede2000 / without - 1:+.1%} | "
            f"{row.ssim:.3f} | {row.chroma_error:.2f} |"
        )
    return "\n".join(lines)
