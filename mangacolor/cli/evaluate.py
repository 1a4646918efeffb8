"""`mangacolor evaluate`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from mangacolor.cli.options import (
    DeviceOption,
    JsonOption,
    PrecisionOption,
    QuietOption,
    checked_precision,
    weights_option,
)
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode, UsageError
from mangacolor.evaluate import TASKS, Order, check, score, those

DEFAULT: tuple[Path | None, ...] = (None,)
"""The weights that are found without being named."""


def evaluate(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of pairs, or of colour images alone; for look, of pages/ and points.tsv; "
            "for series, the pack of figures, a look set, or comics in colour."
        ),
    ] = None,
    task: Annotated[str, typer.Option(help=f"What to score: {', '.join(TASKS)}.")] = "colour",
    weights: Annotated[list[Path] | None, weights_option(f"Weights to score; {those('several')} take several.")] = None,
    outputs: Annotated[
        list[Path] | None,
        typer.Option(help="look: folder of pages that others coloured, named as the pages are; repeatable."),
    ] = None,
    no_ours: Annotated[bool, typer.Option("--no-ours", help="look: score the --outputs alone.")] = False,
    separator: Annotated[Path | None, typer.Option(help="Weights of the separator.")] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Score only what was held out when these weights were trained.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most this many pages.")] = None,
    size: Annotated[int | None, typer.Option(help="Short side of the working size, in pixels.")] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    sheets: Annotated[Path | None, typer.Option(help=f"Folder for contact sheets of {those('sheets')}.")] = None,
    adapt: Annotated[
        int | None, typer.Option(min=1, help="series: learn one page first, from so many crops of it.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="series: learn one page first, for so long (3 for comics).")
    ] = None,
    given: Annotated[
        int | None, typer.Option(min=1, help="series: page of a comic that is given; else the most colourful.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> int:
    """Score weights on pages whose truth is known.

    `colour` compares coloured pages with their colour side, beside the grey page that does
    nothing; where DATA holds colour images alone, their grey side is drawn, always the same way.
    `validation` scores fixed sets after pictures listed by their hash, drawn after their greys and with tones
    that say nothing of lightness, several weights side by side;
    `steering` what ten hints and a reference change on them, `references` other pages of the same comic:
    these three need the pack of pictures that the shipped weights were trained on.
    The others compose pages from DATA: `separation` compares ink and tone with what they were made
    of, `finish` measures leaks over lines and lettering in balloons, `kinds` counts pages wrongly
    taken for coloured, blank or text only, `panels` panels missed, cut and joined.
    `look` scores real pages at points whose colour is known, ours (with --no-ours not) beside folders of
    pages that others coloured; `scans` scores the same pages scanned, yellowed, blurred and so on;
    `series` draws a series from a pack of figures and scores whether the same
    person has the same colours on every page (--adapt: after one of them was learnt), or gives one page
    of each episode of a comic and scores the others; `strokes` separates drawn hatching and screens, and needs
    no DATA.

    Examples:
        mangacolor evaluate --data pairs/
        mangacolor evaluate --data art/ --task separation --held-out --limit 24
        mangacolor evaluate --data pack/ --task validation -w mine.safetensors -w theirs.safetensors --sheets out/
        mangacolor evaluate --data look/ --task look --outputs theirs/ --sheets out/
        mangacolor evaluate --data figures_pack.npz --task series
        mangacolor evaluate --data comic/ --task series --minutes 6
        mangacolor evaluate --task strokes
    """
    arithmetic = checked_precision(precision)
    order = Order(data, (), outputs or (), held_out, limit, sheets, adapt, minutes, given)
    chosen = [] if no_ours else weights or DEFAULT
    check(task, order, len(chosen))
    if no_ours and not TASKS[task].outputs:
        raise UsageError("--outputs and --no-ours are for --task look.", advice="Leave it out.")
    if no_ours and (weights or not outputs):
        raise UsageError("--no-ours needs --outputs, and no --weights.", advice="Give folders of coloured pages.")

    from mangacolor.colorize.colorizer import Colorizer

    colorizers = [
        Colorizer(path, separator=separator, size=size, device=device or "auto", precision=arithmetic, force=True)
        for path in chosen
    ]
    with tqdm(unit="page", disable=True if quiet else None) as bar:

        def on_page(total: int) -> None:
            bar.total = total
            bar.update()

        report = score(task, dataclasses.replace(order, colorizers=colorizers, on_page=on_page))
    tell(json.dumps(report.plain, indent=2) if as_json else report.table)
    return ExitCode.DONE
