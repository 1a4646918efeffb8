"""From coloured pages to what was learnt of a series, beside its file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mangacolor import __version__
from mangacolor.adapt.corrections import example_pages, hinted_page
from mangacolor.adapt.pages import MOST_PAGES, ColouredPage, read_pages, told_pages
from mangacolor.adapt.panels import apart, other_pictures, panel_boxes, panel_pictures
from mangacolor.adapt.sheet import Shown, draw_sheet
from mangacolor.books import evenly_chosen, write_atomically
from mangacolor.books.temporary import temporary_folder
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.hints import read_hints
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.data.pictures import Picture
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import pixels_from_float, to_gray
from mangacolor.models.changes import write_changes
from mangacolor.models.weights import load_weights
from mangacolor.series import ADAPTED_NAME, SERIES_NAME, open_series, set_colours
from mangacolor.training.adapting import Learnt, Lesson, can_learn, learn_series
from mangacolor.training.schedule import Budget

SHEET_NAME, CURVE_NAME = "adapted.jpg", "adapted.jsonl"
"""What lies beside what was learnt: pages before and after, and the losses."""

MINUTES = 6.0
STEPS_SHARE = 0.85
"""Minutes that all of it takes by itself, and the share of what is left of them after reading that goes into steps: the
rest is for looking at held-out panels and for the sheet."""

FEWEST_PANELS = 10
HELD_OUT = 6
"""Panels from which on one in so many is held out: of fewer each may be the only one that shows somebody."""

OTHERS, OTHERS_PX = 16, 320
"""Pictures of other things that are drawn, and their side."""

SHOWN = 2
"""Pages on the sheet."""


@dataclass(frozen=True)
class AdaptOptions:
    """What is learnt, and how.

    Attributes:
        series: The series folder; made if it is missing.
        pages: Pictures, books and folders in colour; with `hints` a single page in grey.
        twins: The same as they were drawn; without any those beside them are taken.
        hints: File with colours of spots of a single grey page.
        budget: How long; minutes are those of all of it.
        colorize: Weights, device and so on.
        jobs: Threads that make samples.
        seed: Of everything random.
    """

    series: Path
    pages: Sequence[Path]
    twins: Sequence[Path] = ()
    hints: Path | None = None
    budget: Budget = field(default_factory=lambda: Budget(minutes=MINUTES))
    colorize: ColorizeOptions = field(default_factory=ColorizeOptions)
    jobs: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Adapted:
    """How it went.

    Attributes:
        path: What was learnt; None if it was interrupted: what lay there before is untouched.
        sheet: Pages before and after.
        learnt: How the run went.
        pages: Pages learnt from.
        panels: Their panels.
        held_out: How many of them were held out.
        size: Bytes of what was learnt.
        seconds: All of it took.
    """

    path: Path | None
    sheet: Path | None
    learnt: Learnt
    pages: int
    panels: int
    held_out: int
    size: int
    seconds: float


def adapt(
    options: AdaptOptions,
    *,
    say: Callable[[str], object] = lambda line: None,
    on_step: Callable[[float, int, int], object] = lambda progress, images_seen, batch: None,
) -> Adapted:
    """Learn a series from coloured pages of it, and lay what was learnt beside its file.

    Args:
        options: What, and how.
        say: Told one line about each thing found.
        on_step: As in `training.loop.train`.

    Raises:
        BadInputError: A page cannot be read or is not coloured, a twin shows something else, the series file is
            damaged, an example is missing, or one part has two colours.
        UsageError: Options contradict each other, or the weights cannot learn a series.
        ModelFileError: Weights are missing or damaged.
        CannotWriteError: The series folder cannot be written; what lay there before stays.
    """
    started = time.monotonic()
    series = open_series(options.series) if (options.series / SERIES_NAME).exists() else None
    colorizer = Colorizer.from_options(options.colorize)
    if not can_learn(getattr(colorizer.weights, "config", None)):
        raise UsageError(
            "Only weights with chances of colours can learn a series, and only in torch.",
            advice="Take weights of the default preset, and leave out --runtime.",
        )
    pages = _given(options, colorizer)
    if series is not None:
        pages = evenly_chosen([*pages, *example_pages(series, colorizer)], MOST_PAGES)
    if not pages:
        raise BadInputError("There is nothing to learn from.", advice="Give pages of the series in colour.")
    training, held_out = _panels(pages, colorizer)
    known = sum(page.gray is not None for page in pages)
    say(f"{told_pages(len(pages))} in colour, {known} with the grey side known.")
    say(f"{len(training)} panel{'s' * (len(training) != 1)} to learn from, {len(held_out)} held out.")
    weights = load_weights(colorizer.weights.path)
    lesson = Lesson(training, held_out, other_pictures(OTHERS, OTHERS_PX))
    with temporary_folder() as folder:
        learnt = learn_series(
            weights, lesson, _left(options.budget, time.monotonic() - started), Path(folder),
            device=options.colorize.device, precision=options.colorize.precision, jobs=options.jobs, seed=options.seed,
            on_step=on_step,
        )  # fmt: skip
        metrics = (Path(folder) / "metrics.jsonl").read_bytes()
    counts = (len(pages), len(training) + len(held_out), len(held_out))
    if not learnt.finished:
        return Adapted(None, None, learnt, *counts, 0, time.monotonic() - started)
    if series is None:
        set_colours(options.series, {}, elsewhere="--series")
    facts = {
        "version": __version__, "pages": len(pages), "panels": counts[1], "images_seen": learnt.images,
        "minutes": round(learnt.seconds / 60, 1), "seed": options.seed,
    }  # fmt: skip
    path = options.series / ADAPTED_NAME
    size = write_changes(path, learnt.added, weights.digest, facts)
    write_atomically(options.series / CURVE_NAME, metrics, elsewhere="--series")
    sheet = options.series / SHEET_NAME
    write_atomically(sheet, _sheet(pages, colorizer, options, learnt), elsewhere="--series")
    return Adapted(path, sheet, learnt, *counts, size, time.monotonic() - started)


def _given(options: AdaptOptions, colorizer: Colorizer) -> list[ColouredPage]:
    if options.hints is None:
        return read_pages(options.pages, options.twins) if options.pages else []
    if len(options.pages) != 1 or options.twins:
        raise UsageError("--hints are for a single grey page.", advice="Give that page alone.")
    return [hinted_page(options.pages[0], read_hints(options.hints), colorizer)]


def _panels(pages: Sequence[ColouredPage], colorizer: Colorizer) -> tuple[list[Picture], list[Picture]]:
    """Cut pages into panels to learn from and, if there are enough, some that are held out."""
    engine = colorizer.engine
    boxes = [panel_boxes(page.rgb, page.gray) for page in pages]
    count = sum(map(len, boxes))
    flags = iter([count >= FEWEST_PANELS and number % HELD_OUT == HELD_OUT - 1 for number in range(count)])
    training: list[Picture] = []
    held_out: list[Picture] = []
    for page, own in zip(pages, boxes, strict=True):
        is_held = [next(flags) for _ in own]
        for pictures, wanted, blank in zip(
            (training, held_out), (False, True), apart(own, is_held, page.rgb.shape[:2]), strict=True
        ):
            some = [box for box, held in zip(own, is_held, strict=True) if held is wanted]
            if some:
                pictures += panel_pictures(
                    page.rgb,
                    page.gray,
                    lambda gray: engine.separate(gray).page,
                    engine.backend.traits.panel_px,
                    some,
                    blank,
                )
    return training, held_out


def _left(budget: Budget, seconds: float) -> Budget:
    """Return what is left of a budget after some seconds, for the steps alone."""
    if budget.minutes is None:
        return budget
    return Budget(minutes=max(0.1 * budget.minutes, STEPS_SHARE * (budget.minutes - seconds / 60)))


def _sheet(pages: Sequence[ColouredPage], colorizer: Colorizer, options: AdaptOptions, learnt: Learnt) -> bytes:
    """Colour some pages before and after."""
    after = Colorizer.from_options(replace(options.colorize, series=options.series))
    shown = []
    for page in evenly_chosen(pages, SHOWN):
        gray = pixels_from_float(to_gray(page.rgb)) if page.gray is None else page.gray
        drawn = np.repeat(gray[..., None], 3, axis=2)
        shown.append(Shown(drawn, colorizer.colorize(drawn), after.colorize(drawn), page.rgb))
    return draw_sheet(shown, {"loss on the panels": learnt.curve, "held-out panels": learnt.held_out_curve})
