"""The registry of what `mangacolor evaluate` scores: TASKS, at the end, has one entry a task.

A task imports what it needs when it runs, so that the command line knows all of them without loading torch.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from mangacolor.errors import BadInputError, UsageError
from mangacolor.evaluate.orders import Order, Report

if TYPE_CHECKING:
    from mangacolor.data.examples import Example, Found
    from mangacolor.evaluate.separation import Separate

COMPOSED_PAGES = 24
KINDS_PAGES = 200
SCALED_PAGES = 8
PANELLED_PAGES = 72
SERIES_PAGES = 24
MOST_PICTURES = 400
"""Pictures that pages are composed from; more would only take longer to decode."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Task:
    """A task, and which orders make sense for it.

    Attributes:
        score: Does it.
        needs_data: Scores pages of a folder, or pages drawn after its pictures.
        several: Scores several weights side by side.
        outputs: Scores pages that others coloured, too.
        sheets: Draws sheets.
    """

    score: Callable[[Order], Report]
    needs_data: bool = True
    several: bool = False
    outputs: bool = False
    sheets: bool = False


def check(task: str, order: Order, weights: int) -> None:
    """Refuse an order that makes no sense for a task, before anything is loaded.

    Args:
        task: Its name.
        order: What is asked for; its `colorizers` may still be missing.
        weights: How many weights are to be scored.

    Raises:
        UsageError: There is no such task, or an option is for other tasks.
    """
    if task not in TASKS:
        raise UsageError(f"Unknown task `{task}`.", advice=f"Choose one of {', '.join(TASKS)}.")
    able = TASKS[task]
    if order.data is None and able.needs_data:
        raise UsageError(f"Task `{task}` needs --data.", advice="Name the folder to score on.")
    if weights > 1 and not able.several:
        raise UsageError(f"Several --weights are for the tasks {those('several')}.", advice="Leave them out.")
    if order.sheets and not able.sheets:
        raise UsageError(f"--sheets is for the tasks {those('sheets')}.", advice="Leave it out.")
    if (order.adapt, order.minutes, order.given) != (None, None, None) and task != "series":
        raise UsageError("--adapt, --minutes and --given are for the task series.", advice="Leave them out.")
    if order.adapt is not None and order.minutes is not None:
        raise UsageError("--adapt and --minutes both say how long is learnt.", advice="Leave one of them out.")
    if order.outputs and not able.outputs:
        raise UsageError(f"--outputs and --no-ours are for --task {those('outputs')}.", advice="Leave them out.")


def those(ability: str) -> str:
    """List the tasks with an ability, as a sentence does."""
    *names, last = [name for name, task in TASKS.items() if getattr(task, ability)]
    return f"{', '.join(names)} and {last}" if names else last


def score(task: str, order: Order) -> Report:
    """Do a task: see the functions that TASKS names.

    Raises:
        UsageError: The order makes no sense for the task.
        BadInputError: The folder is unusable or nothing is left to score.
        CannotWriteError: The sheets cannot be written.
    """
    check(task, order, len(order.colorizers))
    return TASKS[task].score(order)


def _colour(order: Order) -> Report:
    from mangacolor.evaluate.colour import colour_table, score_colour
    from mangacolor.evaluate.validation import end_to_end

    colorizer = order.colorizers[0]
    found, examples = _examples(order, colorizer.weights.facts)
    scores = score_colour(end_to_end(examples, order.limit), found.layout, colorizer, order.on_page)
    return _report(scores, colour_table(scores))


def _validation(order: Order) -> Report:
    from mangacolor.data.examples import find_examples
    from mangacolor.evaluate.sheets import ContactSheets
    from mangacolor.evaluate.validation import score_validation, validation_table

    found = find_examples(order.folder)
    collected = ContactSheets(order.sheets) if order.sheets else None
    options = {"on_colored": collected.add} if collected else {}
    results = score_validation(found, order.colorizers, limit=order.limit, on_page=order.on_page, **options)
    if collected:
        collected.write()
    plain = [{"set": result.name, **row} for result in results for row in _plain(result.rows)]
    return Report(plain, validation_table(results))


def _steering(order: Order) -> Report:
    from mangacolor.data.examples import find_examples
    from mangacolor.evaluate.steering import score_steering, steering_table
    from mangacolor.evaluate.validation import validation_pages

    colorizer = order.colorizers[0]
    pages = list(validation_pages(find_examples(order.folder), "plain grey", order.limit))
    scores = score_steering(
        pages, colorizer.colorize, lambda cover: colorizer.following([cover]).colorize, order.on_page
    )
    return _report([scores], steering_table(scores))


def _references(order: Order) -> Report:
    from mangacolor.data.examples import find_examples
    from mangacolor.evaluate.references import references_table, score_references

    found = find_examples(order.folder)
    scores = score_references(found, order.colorizers[0], limit=order.limit, on_page=order.on_page)
    return _report(scores, references_table(scores))


def _separation(order: Order) -> Report:
    from mangacolor.data.pairs import ColourArt
    from mangacolor.evaluate.composed import scanned_pages, toneless_pages
    from mangacolor.evaluate.separation import score_separators, separation_table
    from mangacolor.page.ink import LINE_RADIUS_PX, separate_by_closing

    colorizer = order.colorizers[0]
    art = ColourArt(*_pictures(order, colorizer.separator_facts))
    count = order.limit or COMPOSED_PAGES
    separators: dict[str, Separate] = {
        "grey closing": partial(separate_by_closing, radius_px=2 * LINE_RADIUS_PX),
        "separator": colorizer.separate_white,
    }
    scores = score_separators(
        separators,
        _counted(scanned_pages(art, count), 2 * count, order.on_page),
        _counted(toneless_pages(art, count), 2 * count, order.on_page),
    )
    return _report(scores, separation_table(scores))


def _finish(order: Order) -> Report:
    from mangacolor.data.pairs import ColourArt
    from mangacolor.evaluate.composed import scanned_pages
    from mangacolor.evaluate.finish import finish_table, score_leaks, score_lettering, score_scales

    colorizer = order.colorizers[0]
    art = ColourArt(*_pictures(order, colorizer.weights.facts))
    count = order.limit or COMPOSED_PAGES
    leaks = score_leaks()
    lettering = score_lettering(colorizer.colorize, _counted(scanned_pages(art, count), count, order.on_page))
    scales = score_scales(colorizer.colorize, scanned_pages(art, min(count, SCALED_PAGES)))
    return _report([*leaks, lettering, *scales], finish_table(leaks, lettering, scales))


def _kinds(order: Order) -> Report:
    from mangacolor.data.pictures import PictureShelf
    from mangacolor.evaluate.kinds import kinds_table, score_kinds

    pictures = PictureShelf(*_pictures(order, order.colorizers[0].weights.facts))
    scores = score_kinds(pictures, order.limit or KINDS_PAGES, order.on_page)
    return _report(scores, kinds_table(scores))


def _panels(order: Order) -> Report:
    from mangacolor.data.pairs import ColourArt
    from mangacolor.evaluate.panels import panels_table, score_panels

    art = ColourArt(*_pictures(order, order.colorizers[0].weights.facts))
    scores = score_panels(art, order.limit or PANELLED_PAGES, order.on_page)
    return _report(scores, panels_table(scores))


def _look(order: Order) -> Report:
    from mangacolor.evaluate.look import read_look_set, score_look
    from mangacolor.evaluate.look_sheets import LookSheets
    from mangacolor.evaluate.look_table import look_table, plain_look

    collected = LookSheets(order.sheets) if order.sheets else None
    options = {"on_looked": collected.add} if collected else {}
    scores = score_look(
        read_look_set(order.folder), order.colorizers, order.outputs,
        limit=order.limit, on_page=order.on_page, **options,
    )  # fmt: skip
    if collected:
        collected.write([row.name for row in scores if row.half == "all"])
    return Report([plain_look(row) for row in scores], look_table(scores))


def _scans(order: Order) -> Report:
    from mangacolor.evaluate.look import read_look_set
    from mangacolor.evaluate.look_table import plain_look
    from mangacolor.evaluate.scans import scans_table, score_scans

    scores = score_scans(read_look_set(order.folder), order.colorizers[0], limit=order.limit, on_page=order.on_page)
    return Report([plain_look(row) for row in scores], scans_table(scores))


def _series(order: Order) -> Report:
    from mangacolor.evaluate.series_task import score_series_task

    return _report(*score_series_task(order, SERIES_PAGES))


def _strokes(order: Order) -> Report:
    from mangacolor.evaluate.hatch_scores import FIELDS, hatch_table, score_hatching
    from mangacolor.evaluate.look_sheets import FieldSheets

    collected = FieldSheets(order.sheets) if order.sheets else None
    options = {"on_separated": collected.add} if collected else {}
    separate = order.colorizers[0].separate_white
    scores = score_hatching(separate, order.limit or FIELDS, on_field=order.on_page, **options)
    if collected:
        collected.write()
    return _report(scores, hatch_table(scores))


def _examples(order: Order, facts: dict[str, Any]) -> tuple[Found, Sequence[Example]]:
    """Find the examples of the data folder; with `held_out`, those that weights with these facts have not seen."""
    from mangacolor.data.examples import find_examples
    from mangacolor.data.splits import held_out_examples

    found = find_examples(order.folder)
    examples = held_out_examples(found, facts) if order.held_out else found.examples
    if not examples:
        raise BadInputError(
            f"{order.folder}: nothing to score.", advice="Leave out --held-out, or give another folder."
        )
    return found, examples


def _pictures(order: Order, facts: dict[str, Any]) -> tuple[Sequence[Example], Any]:
    """Choose the pictures that pages are composed from, with their layout."""
    from mangacolor.evaluate.validation import end_to_end

    found, examples = _examples(order, facts)
    return end_to_end(examples, MOST_PICTURES), found.layout


def _counted(things: Iterable[Thing], total: int, on_page: Callable[[int], object]) -> Iterator[Thing]:
    for thing in things:
        yield thing
        on_page(total)


def _report(scores: Iterable[Any], table: str) -> Report:
    return Report(_plain(scores), table)


def _plain(scores: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in map(dataclasses.asdict, scores)
    ]


TASKS: dict[str, Task] = {
    "colour": Task(_colour),
    "validation": Task(_validation, several=True, sheets=True),
    "steering": Task(_steering),
    "references": Task(_references),
    "separation": Task(_separation),
    "finish": Task(_finish),
    "kinds": Task(_kinds),
    "panels": Task(_panels),
    "look": Task(_look, several=True, outputs=True, sheets=True),
    "scans": Task(_scans),
    "series": Task(_series, sheets=True),
    "strokes": Task(_strokes, needs_data=False, sheets=True),
}
