"""What `adapt` brings: the pages of a drawn series after one of them was learnt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from mangacolor.adapt.run import AdaptOptions, adapt
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.surveys import keeping_colours
from mangacolor.evaluate.series import SeriesScores
from mangacolor.evaluate.series_ways import ALONE, as_rgb, draw_pages, score_each, series_of_page, write_page
from mangacolor.training import Budget

Pixels = NDArray[np.uint8]

LEARNT, FOLLOWED = "one page learnt", "learnt, and as a series"


def learn_page(colorizer: Colorizer, rgb: Pixels, gray: Pixels, budget: Budget) -> Colorizer:
    """Let the weights of a colouriser learn a page, and return a colouriser with what was learnt.

    Args:
        colorizer: The one before.
        rgb: (H, W, 3) the page in colour.
        gray: (H, W, 3) the same as it was drawn.
        budget: How long it is learnt.
    """
    with TemporaryDirectory() as folder:
        picture, drawn = write_page(Path(folder), rgb, gray)
        series = Path(folder) / "one.series"
        options = replace(colorizer.options, series=None, runtime="torch")
        adapted = adapt(AdaptOptions(series, [picture], [drawn], budget=budget, colorize=options))
        if adapted.path is None:  # Ctrl-C: there is nothing to score
            raise KeyboardInterrupt
        return Colorizer.from_options(replace(options, series=series))


def score_learnt(
    data: Path,
    colorizer: Colorizer,
    budget: Budget,
    count: int,
    on_page: Callable[[int], object],
    sheets: Path | None = None,
) -> list[SeriesScores]:
    """Draw a series, let one page of it be learnt, and colour the others.

    Args:
        data: The pack of figures, or the folder that holds it.
        colorizer: What to score, made with `force=True`.
        budget: How long it is learnt.
        count: Pages to draw.
        on_page: Called for each coloured page, with the total.
        sheets: Folder for a picture of the pages, truth and ways side by side.

    Raises:
        BadInputError: There is no pack.
        UsageError: numba is missing.
        CannotWriteError: The sheet cannot be written.
    """
    given, pages, known = draw_pages(data, count)
    learnt = learn_page(colorizer, given.colour, as_rgb(given), budget)
    following = keeping_colours(learnt, (), series_of_page(given, learnt).settle)
    ways = {ALONE: colorizer, LEARNT: learnt, FOLLOWED: following}
    return score_each(ways, pages, known, on_page, sheets)
