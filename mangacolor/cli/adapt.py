"""`mangacolor adapt`."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mangacolor.cli.options import (
    DeviceOption,
    JsonOption,
    PrecisionOption,
    QuietOption,
    checked_precision,
    weights_option,
)
from mangacolor.cli.progress import Bars
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mangacolor.adapt.run import Adapted


def adapt(
    pages: Annotated[list[Path] | None, typer.Argument(metavar="PAGE", hidden=True)] = None,
    series: Annotated[Path | None, typer.Option(metavar="DIR", help="The series folder; made if missing.")] = None,
    gray: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="The same page or book as it was drawn; one for each.")
    ] = None,
    hints: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON: colours at spots of one grey page.")] = None,
    minutes: Annotated[float, typer.Option(metavar="X", help="How long all of it may take.")] = 6.0,
    images: Annotated[int | None, typer.Option(metavar="N", help="Learn from so many crops instead.")] = None,
    weights: Annotated[Path | None, weights_option("Weights to start from.")] = None,
    separator: Annotated[Path | None, typer.Option(metavar="FILE", hidden=True)] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Threads that make samples.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of everything random.")] = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> int:
    """Learn the colours of a series from PAGEs of it in colour: pictures, books or folders; one page is enough.

    The grey side is that of --gray, or lies beside a page (1.png beside 1_color.png), or is drawn. Examples of the
    series are learnt, too. `colorize --series` uses what was learnt; adapted.jpg in the folder shows it.

    Examples:
        mangacolor adapt --series rin.series page1_color.png
        mangacolor adapt --series rin.series cover.png vol1_color.cbz --minutes 10
        mangacolor adapt --series rin.series page7.png --hints page7.json
    """
    if series is None:
        raise UsageError("Say which series is to learn.", advice="Give --series NAME.series.")
    if minutes <= 0 or (images is not None and images <= 0):
        raise UsageError("--minutes and --images must be above 0.")
    arithmetic = checked_precision(precision)

    from mangacolor.adapt.run import AdaptOptions
    from mangacolor.adapt.run import adapt as learn
    from mangacolor.colorize.options import ColorizeOptions
    from mangacolor.training import Budget

    bars = Bars(quiet, unit="crop")
    colorize = ColorizeOptions(
        weights, separator, device=device or "auto", precision=arithmetic, runtime="torch", force=True
    )
    budget = Budget(images=images) if images is not None else Budget(minutes=minutes)
    options = AdaptOptions(series, pages or (), gray or (), hints, budget, colorize, jobs, seed)
    adapted = learn(options, say=bars.say, on_step=bars.step)
    bars.close()
    if adapted.path is None:
        sys.stderr.write(f"Stopped: {series} is as it was.\n")
        return ExitCode.INTERRUPTED
    tell(json.dumps(_plain(adapted), indent=2) if as_json else str(adapted.path))
    if not quiet and not as_json:
        sys.stderr.write(f"Pages before and after: {adapted.sheet}\n")
    return ExitCode.DONE


def _plain(adapted: Adapted) -> dict[str, object]:
    said = {name: value for name, value in dataclasses.asdict(adapted).items() if name != "learnt"}
    said |= {"path": str(adapted.path), "sheet": str(adapted.sheet), "images": adapted.learnt.images}
    return said | {"curve": adapted.learnt.curve, "held_out_curve": adapted.learnt.held_out_curve}
