"""`mangacolor colorize`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mangacolor.cli.help import MORE
from mangacolor.cli.options import (
    DeviceOption,
    PrecisionOption,
    QuietOption,
    RuntimeOption,
    WeightsOption,
    allow_pages_of,
)
from mangacolor.cli.piped import is_piped, piped
from mangacolor.cli.report import Report, why_left_alone
from mangacolor.cli.streams import as_json_line, tell
from mangacolor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mangacolor.colorize.order import Order
    from mangacolor.colorize.work import Work


def colorize(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", hidden=True)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PATH", help="Where to; by itself beside the inputs.")
    ] = None,
    format: Annotated[
        str | None, typer.Option(metavar="NAME", help="keep, png, jpg, webp, tif, bmp, avif, jxl. [keep]")
    ] = None,
    layers: Annotated[str | None, typer.Option(metavar="NAME", help="Pages in layers, too: ora or psd.")] = None,
    quality: Annotated[int | None, typer.Option(metavar="N", help="Of JPEG, WebP, ..., 1 to 100. [its own]")] = None,
    saturation: Annotated[float | None, typer.Option(metavar="X", help="Paler below 1, stronger above. [1.0]")] = None,
    reference: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="Picture or book to follow; repeatable.")
    ] = None,
    series: Annotated[Path | None, typer.Option(metavar="DIR", help="Series folder: who has which colours.")] = None,
    hints: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON: colours at spots, or steps.")] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", rich_help_panel=MORE, help="Colour with noise, repeatably.")
    ] = None,
    force: Annotated[bool | None, typer.Option("--force/--no-force", help="Colour coloured pages and text.")] = None,
    fast: Annotated[
        bool | None, typer.Option("--fast/--no-fast", help="Pages whole, in half the time, plainer.")
    ] = None,
    white_paper: Annotated[
        bool | None, typer.Option("--white-paper/--tints", help="Leave paper behind people white.")
    ] = None,
    flat: Annotated[bool | None, typer.Option("--flat/--shaded", help="No shadows and gleams on people.")] = None,
    consistent: Annotated[
        bool | None, typer.Option("--consistent/--alone", help="One colour for what is alike; by itself, in books.")
    ] = None,
    mark: Annotated[
        bool | None,
        typer.Option("--mark/--no-mark", rich_help_panel=MORE, help="Name the tool in books; skip books so named."),
    ] = None,
    verify: Annotated[
        bool | None,
        typer.Option("--verify/--no-verify", rich_help_panel=MORE, help="Read outputs again; by itself, books."),
    ] = None,
    weights: WeightsOption = None,
    separator: Annotated[
        Path | None, typer.Option(metavar="FILE", rich_help_panel=MORE, help="Weights that take screentone off.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", rich_help_panel=MORE, help="Short side of the working size, in pixels.")
    ] = None,
    runtime: RuntimeOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    password: Annotated[str | None, typer.Option(metavar="TEXT", help="Of encrypted books.")] = None,
    max_pixels: Annotated[int | None, typer.Option(metavar="N", help="Most pixels of a page. [120000000]")] = None,
    max_entries: Annotated[
        int | None, typer.Option(rich_help_panel=MORE, metavar="N", help="Most entries of a book. [100000]")
    ] = None,
    max_entry_mb: Annotated[
        int | None, typer.Option(rich_help_panel=MORE, metavar="N", help="Most MiB of an entry. [1024]")
    ] = None,
    max_expansion: Annotated[
        int | None, typer.Option(metavar="N", help="Times its size a book may unpack to. [100]")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file of defaults; see `info`.")] = None,
    shard: Annotated[str | None, typer.Option(metavar="K/N", help="Part K of N, for runs that share the work.")] = None,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Pages coloured before; shared with serve.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what arrives in the folder INPUT.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished outputs.")] = False,
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Only list what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, then a summary.")] = False,
    quiet: QuietOption = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line a page on stderr.")] = False,
) -> int:
    """Colour pages, books (CBZ, PDF, ...) and folders of them; finished ones stay.

    Examples:
        mangacolor colorize vol1.cbz
        mangacolor colorize vol3.cbz --series rin.series
        mangacolor colorize --watch incoming/ -o coloured/
    """
    from mangacolor.books.shards import parse_shard
    from mangacolor.cli.settings import read_settings
    from mangacolor.colorize import jobs
    from mangacolor.colorize.order import Order
    from mangacolor.colorize.work import find_work

    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other.")
    if watch and (dry_run or hints or shard):
        raise UsageError("--watch takes neither --dry-run nor --hints nor --shard.")
    options = read_settings(config, {
        "format": format, "layers": layers, "quality": quality, "saturation": saturation, "seed": seed,
        "reference": reference or None, "series": series, "force": force, "fast": fast, "white_paper": white_paper,
        "flat": flat, "consistent": consistent, "mark": mark, "verify": verify, "weights": weights,
        "separator": separator, "size": size, "runtime": runtime, "device": device, "precision": precision,
        "max_pixels": max_pixels, "max_entries": max_entries, "max_entry_mb": max_entry_mb,
        "max_expansion": max_expansion,
    })  # fmt: skip
    if is_piped(inputs, output) and (watch or dry_run or layers or as_json or shard):
        raise UsageError("Pipes go with none of --watch, --dry-run, --layers, --json and --shard.")
    part = parse_shard(shard) if shard else None
    with piped(inputs, output) as pipe:
        order = Order(options, pipe.output, password, hints, overwrite or pipe.is_read, part, cache, in_parts=watch)
        report = Report(as_json=as_json, quiet=quiet, verbose=verbose, tells_outputs=not pipe.is_written)
        if watch:
            allow_pages_of(options.max_pixels)
            from mangacolor.cli.watch import color_arrivals

            return color_arrivals(pipe.inputs, order, report)
        work = find_work(pipe.inputs, order)
        if dry_run:
            if work.sources:
                jobs.check_order(order)
            return _list_outputs(work, overwrite=overwrite, as_json=as_json)
        allow_pages_of(options.max_pixels)
        return _color(work, order, report)


def _color(work: Work, order: Order, report: Report) -> int:
    from mangacolor.colorize import jobs

    colorizer = jobs.open_colorizer(order) if work.sources else None
    followed = jobs.open_followed(colorizer, order)
    report.follows(followed, order.options)
    with report:
        jobs.color(work, colorizer, order, report, followed)
    return report.status


def _list_outputs(work: Work, *, overwrite: bool, as_json: bool) -> int:
    """Print what a run would write, without loading weights or opening a page; what cannot be opened is a failure."""
    for _, error in work.broken:
        tell(f"mangacolor: {error}", err=True)
    for source in work.left_alone:
        tell(why_left_alone(source), err=True)
    written: dict[Path, bool] = {}
    for source, sink in zip(work.sources, work.sinks, strict=True):
        for entry in source:
            output, is_done = sink.path(entry.name), sink.exists(entry.name) and not overwrite
            if as_json:
                planned = {"page": entry.name, "output": str(output), "action": "skip" if is_done else "color"}
                tell(as_json_line(planned))
            written[output] = written.get(output, False) or not is_done  # all pages of a book have one output
    for output, is_written in () if as_json else written.items():
        tell(str(output) if is_written else f"{output} exists, and is skipped.", err=not is_written)
    if not work.broken:
        return ExitCode.DONE
    return ExitCode.SOME_PAGES_FAILED if work.sources or work.left_alone else ExitCode.BAD_INPUT
