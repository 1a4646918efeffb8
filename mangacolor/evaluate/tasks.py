"""What `mangacolor evaluate` can score, and on which pictures."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mangacolor.data.layouts import Found, find_examples
from mangacolor.data.pairs import ColourArt
from mangacolor.data.pictures import PictureShelf, held_out_examples
from mangacolor.errors import BadInputError
from mangacolor.evaluate.colour import colour_table, score_colour
from mangacolor.evaluate.composed import scanned_pages, toneless_pages
from mangacolor.evaluate.finish import finish_table, score_leaks, score_lettering, score_scales
from mangacolor.evaluate.hatch_scores import FIELDS, hatch_table, score_hatching
from mangacolor.evaluate.kinds import kinds_table, score_kinds
from mangacolor.evaluate.look import plain_look, read_look_set, score_look
from mangacolor.evaluate.look_sheets import FieldSheets, LookSheets
from mangacolor.evaluate.look_table import look_table
from mangacolor.evaluate.panels import panels_table, score_panels
from mangacolor.evaluate.references import references_table, score_references
from mangacolor.evaluate.separation import Separate, score_separators, separation_table
from mangacolor.evaluate.sheets import ContactSheets
from mangacolor.evaluate.steering import score_steering, steering_table
from mangacolor.evaluate.validation import evenly_chosen, score_validation, validation_pages, validation_table
from mangacolor.inference import Colorizer
from mangacolor.ink import LINE_RADIUS_PX, separate_by_closing

TASKS = ("colour", "validation", "steering", "references", "separation", "finish", "kinds", "panels", "look", "strokes")
COMPOSED_PAGES = 24
KINDS_PAGES = 200
SCALED_PAGES = 8
PANELLED_PAGES = 48
MOST_PICTURES = 400
"""Pictures that pages are composed from; more would only take longer to decode."""

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Report:
    """Scores as plain values for JSON, NaN being None, and as Markdown tables."""

    plain: list[dict[str, Any]]
    table: str


def score(
    task: str,
    data: Path,
    colorizer: Colorizer,
    *,
    rivals: Sequence[Colorizer] = (),
    held_out: bool = False,
    limit: int | None = None,
    sheets: Path | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> Report:
    """Score weights at one task: see the functions that the tasks are named after.

    Args:
        task: One of TASKS, but for `look` and `strokes`: see `score_look_set` and `score_strokes`.
        data: Folder in any layout that training takes; for all tasks but `colour` its colour side is what pages are
            drawn after. `validation`, `steering` and `references` need the folder that holds the listed pictures.
        colorizer: What to score; it should have been made with `force=True`.
        rivals: Others to score beside it, by `validation` alone.
        held_out: Use only what the weights were not trained on, by the split and recipe in their facts.
        limit: Score at most this many pages.
        sheets: Folder for contact sheets of what `validation` coloured.
        on_page: Called for each page, with the total.

    Raises:
        BadInputError: The folder is unusable or nothing is left to score.
        CannotWriteError: The contact sheets cannot be written.
    """
    found = find_examples(data)
    if task == "validation":
        return _validation(found, [colorizer, *rivals], limit, sheets, on_page)
    if task == "steering":
        pages = list(validation_pages(found, "plain grey", limit))
        steering = score_steering(
            pages, colorizer.colorize, lambda cover: colorizer.following([cover]).colorize, on_page
        )
        return _report([steering], steering_table(steering))
    if task == "references":
        referred = score_references(found, colorizer, limit=limit, on_page=on_page)
        return _report(referred, references_table(referred))
    facts = colorizer.separator_facts if task == "separation" else colorizer.weights.facts
    examples = held_out_examples(found, facts) if held_out else found.examples
    if not examples:
        raise BadInputError(f"{data}: nothing to score.", advice="Leave out --held-out, or give another folder.")
    if task == "colour":
        scores = score_colour(evenly_chosen(examples, limit), found.layout, colorizer, on_page)
        return _report(scores, colour_table(scores))
    chosen = evenly_chosen(examples, MOST_PICTURES)
    if task == "kinds":
        counts = score_kinds(PictureShelf(chosen, found.layout), limit or KINDS_PAGES, on_page)
        return _report(counts, kinds_table(counts))
    count, art = limit or COMPOSED_PAGES, ColourArt(chosen, found.layout)
    if task == "panels":
        layouts = score_panels(art, limit or PANELLED_PAGES, on_page)
        return _report(layouts, panels_table(layouts))
    if task == "finish":
        leaks = score_leaks()
        lettering = score_lettering(colorizer.colorize, _counted(scanned_pages(art, count), count, on_page))
        scales = score_scales(colorizer.colorize, scanned_pages(art, min(count, SCALED_PAGES)))
        return _report([*leaks, lettering, *scales], finish_table(leaks, lettering, scales))
    separators: dict[str, Separate] = {
        "grey closing": partial(separate_by_closing, radius_px=2 * LINE_RADIUS_PX),
        "separator": colorizer.separate_page,
    }
    rows = score_separators(
        separators,
        _counted(scanned_pages(art, count), 2 * count, on_page),
        _counted(toneless_pages(art, count), 2 * count, on_page),
    )
    return _report(rows, separation_table(rows))


def score_look_set(
    folder: Path,
    colorizers: Sequence[Colorizer],
    outputs: Sequence[Path] = (),
    *,
    limit: int | None = None,
    sheets: Path | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> Report:
    """Score colourings of a look set, ours and those that lie in folders: see `look.score_look`.

    Args:
        folder: Holds `pages/` and `points.tsv`.
        colorizers: Weights to score, made with `force=True`; may be none.
        outputs: Folders of coloured pages.
        limit: Score at most this many pages.
        sheets: Folder for sheets with the points marked.
        on_page: Called for each page, with the total.

    Raises:
        BadInputError: The folder is unusable, or a folder of coloured pages lacks one.
        CannotWriteError: The sheets cannot be written.
    """
    collected = LookSheets(sheets) if sheets else None
    options = {"on_looked": collected.add} if collected else {}
    scores = score_look(read_look_set(folder), colorizers, outputs, limit=limit, on_page=on_page, **options)
    if collected:
        collected.write([row.name for row in scores if row.half == "all"])
    return Report([plain_look(row) for row in scores], look_table(scores))


def score_strokes(
    colorizer: Colorizer,
    *,
    limit: int | None = None,
    sheets: Path | None = None,
    on_page: Callable[[int], object] = lambda total: None,
) -> Report:
    """Score the separator on drawn fields of strokes and screens: see `hatch_scores.score_hatching`.

    Args:
        colorizer: Its separator is scored.
        limit: Fields of each kind.
        sheets: Folder for sheets of fields beside their ink and tone.
        on_page: Called for each field, with the total.

    Raises:
        CannotWriteError: The sheets cannot be written.
    """
    collected = FieldSheets(sheets) if sheets else None
    options = {"on_separated": collected.add} if collected else {}
    scores = score_hatching(colorizer.separate_page, limit or FIELDS, on_field=on_page, **options)
    if collected:
        collected.write()
    return _report(scores, hatch_table(scores))


def _validation(
    found: Found,
    colorizers: Sequence[Colorizer],
    limit: int | None,
    sheets: Path | None,
    on_page: Callable[[int], object],
) -> Report:
    collected = ContactSheets(sheets) if sheets else None
    options = {"on_colored": collected.add} if collected else {}
    results = score_validation(found, colorizers, limit=limit, on_page=on_page, **options)
    if collected:
        collected.write()
    plain = [{"set": result.name, **row} for result in results for row in _report(result.rows, "").plain]
    return Report(plain, validation_table(results))


def _counted(things: Iterable[Thing], total: int, on_page: Callable[[int], object]) -> Iterator[Thing]:
    for thing in things:
        yield thing
        on_page(total)


def _report(scores: Iterable[Any], table: str) -> Report:
    plain = [
        {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in map(dataclasses.asdict, scores)
    ]
    return Report(plain, table)
