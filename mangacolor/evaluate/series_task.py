"""Which series the task `series` scores: a drawn one, the titles of a look set, or comics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mangacolor.evaluate.orders import Order
from mangacolor.evaluate.references import COMICS
from mangacolor.evaluate.series import series_table
from mangacolor.evaluate.series_ways import score_titles, score_ways


def score_series_task(order: Order, count: int) -> tuple[Sequence[Any], str]:
    """Do the task `series`: see `series_ways` and, where one page is to be learnt, `series_learnt`.

    Args:
        order: What is asked for.
        count: Pages of a drawn series, where the order does not say.

    Returns:
        The scores, and a Markdown table of them.

    Raises:
        BadInputError: The folder is unusable.
        UsageError: numba is missing, or the weights cannot learn a series.
        CannotWriteError: The sheet cannot be written.
    """
    colorizer, folder = order.colorizers[0], order.folder
    if (folder / "points.tsv").is_file():
        scores = score_titles(folder, colorizer, order.limit, order.on_page)
    elif order.adapt is None:
        scores = score_ways(folder, colorizer, order.limit or count, order.on_page, order.sheets)
    elif (folder / COMICS).is_dir():
        from mangacolor.data.examples import find_examples
        from mangacolor.evaluate.series_learnt import comics_table, score_comics

        comics = score_comics(find_examples(folder), colorizer, order.adapt, limit=order.limit, on_page=order.on_page)
        return comics, comics_table(comics)
    else:
        from mangacolor.evaluate.series_learnt import score_learnt

        scores = score_learnt(folder, colorizer, order.adapt, order.limit or count, order.on_page, order.sheets)
    return scores, series_table(scores)
