"""Which series the task `series` scores: the titles of a look set, a drawn one, or comics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mangacolor.data.examples import find_examples
from mangacolor.errors import BadInputError, UsageError
from mangacolor.evaluate.orders import Order
from mangacolor.evaluate.series import series_table
from mangacolor.evaluate.series_comics import ADVICE, comics_table, score_comics
from mangacolor.evaluate.series_learnt import score_learnt
from mangacolor.evaluate.series_ways import PACK_NAME, score_titles, score_ways
from mangacolor.evaluate.sheets import ContactSheets
from mangacolor.training import Budget

POINTS_NAME = "points.tsv"
"""What makes a folder a look set."""

MINUTES = 3.0
"""How long a page of a comic is learnt: an episode drawn in two ways takes seven minutes then on two cores."""


def score_series_task(order: Order, count: int) -> tuple[Sequence[Any], str]:
    """Do the task `series`, by what the data are.

    A folder with `POINTS_NAME` is a look set: see `score_titles`. A file, or a folder with `PACK_NAME`, is a pack of
    figures: see `score_ways` and, where a page is to be learnt, `score_learnt`. Any other folder holds comics in
    colour: see `score_comics`.

    Args:
        order: What is asked for.
        count: Pages of a drawn series, where the order does not say.

    Returns:
        The scores, and a Markdown table of them.

    Raises:
        BadInputError: The data are unusable.
        UsageError: numba is missing, the weights cannot learn a series, or a page is given where there are no comics.
        CannotWriteError: The sheets cannot be written.
    """
    colorizer, data = order.colorizers[0], order.folder
    learns = order.adapt is not None or order.minutes is not None
    budget = Budget(images=order.adapt, minutes=order.minutes if learns else MINUTES)
    if not data.exists():
        raise BadInputError(f"{data}: no such file or folder.", advice=ADVICE)
    if (data / POINTS_NAME).is_file():
        if learns or order.given is not None:
            raise UsageError("Of a look set nothing is learnt.", advice="Leave out --adapt, --minutes, --given.")
        scores = score_titles(data, colorizer, order.limit, order.on_page)
    elif data.is_dir() and not (data / PACK_NAME).is_file():
        return _score_comics(order, budget)
    elif order.given is not None:
        raise UsageError("Pages of a drawn series are told by nobody.", advice="Leave out --given: it is for comics.")
    elif learns:
        scores = score_learnt(data, colorizer, budget, order.limit or count, order.on_page, order.sheets)
    else:
        scores = score_ways(data, colorizer, order.limit or count, order.on_page, order.sheets)
    return scores, series_table(scores)


def _score_comics(order: Order, budget: Budget) -> tuple[Sequence[Any], str]:
    try:
        found = find_examples(order.folder)
    except BadInputError as error:
        raise BadInputError(error.args[0], advice=ADVICE) from error
    collected = ContactSheets(order.sheets) if order.sheets else None
    options = {"on_colored": collected.add} if collected else {}
    comics = score_comics(
        found, order.colorizers[0], budget,
        given=order.given, limit=order.limit, on_page=order.on_page, **options,
    )  # fmt: skip
    if collected:
        collected.write()
    return comics, comics_table(comics)
