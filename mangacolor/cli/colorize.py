"""`mangacolor colorize`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mangacolor.cli.report import Report
from mangacolor.cli.streams import as_json_line, tell
from mangacolor.errors import BadInputError, ExitCode, MangacolorError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mangacolor.books import PageSink, Source
    from mangacolor.cli.settings import Settings
    from mangacolor.colorize.colorizer import Colorizer


def colorize(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", hidden=True)],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="PATH", help="Where to write to.")] = None,
    format: Annotated[
        str | None, typer.Option(metavar="NAME", help="keep, png, jpg, webp, tif, bmp, avif, jxl. [keep]")
    ] = None,
    quality: Annotated[int | None, typer.Option(metavar="N", help="Of JPEG, WebP, ..., 1 to 100. [its own]")] = None,
    saturation: Annotated[float | None, typer.Option(metavar="X", help="Paler below 1, stronger above. [1.0]")] = None,
    reference: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="Picture or book whose colours to follow; repeatable.")
    ] = None,
    hints: Annotated[Path | None, typer.Option(metavar="FILE", help="JSON: colours at spots of a single page.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Colour with noise, repeatably.")] = None,
    force: Annotated[bool | None, typer.Option("--force/--no-force", help="Colour coloured pages and text.")] = None,
    fast: Annotated[
        bool | None, typer.Option("--fast/--no-fast", help="Pages whole, in half the time, plainer.")
    ] = None,
    mark: Annotated[
        bool | None, typer.Option("--mark/--no-mark", help="Name the tool in books; skip books so named.")
    ] = None,
    verify: Annotated[
        bool | None, typer.Option("--verify/--no-verify", help="Read outputs again; by itself, books.")
    ] = None,
    weights: Annotated[Path | None, typer.Option("-w", "--weights", metavar="FILE", help="Weights to use.")] = None,
    separator: Annotated[
        Path | None, typer.Option(metavar="FILE", hidden=True, help="Weights that take screentone off.")
    ] = None,
    size: Annotated[int | None, typer.Option(metavar="N", help="Short side of the working size, in pixels.")] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")] = None,
    precision: Annotated[str | None, typer.Option(metavar="NAME", help="auto, fp32, bf16 or fp16. [auto]")] = None,
    password: Annotated[str | None, typer.Option(metavar="TEXT", help="Of encrypted books.")] = None,
    max_pixels: Annotated[int | None, typer.Option(metavar="N", help="Most pixels of a page. [120000000]")] = None,
    max_entries: Annotated[int | None, typer.Option(metavar="N", help="Most entries of a book. [100000]")] = None,
    max_entry_mb: Annotated[int | None, typer.Option(metavar="N", help="Most MiB of an entry. [1024]")] = None,
    max_expansion: Annotated[
        int | None, typer.Option(metavar="N", help="Most times its own size a book unpacks to. [100]")
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file of defaults; see `info`.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with what arrives in the folder INPUT.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished outputs.")] = False,
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Only list what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, then a summary.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line a page on stderr.")] = False,
) -> int:
    """Colour pages, books (CBZ, PDF, ...) and folders of them.

    Outputs lie beside the inputs (page_color.png); finished ones are skipped.

    Examples:
        mangacolor colorize vol1.cbz
        mangacolor colorize library/ -o coloured/ --format webp
        mangacolor colorize --watch incoming/ -o coloured/
    """
    from mangacolor.cli.settings import read_settings

    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other.")
    if watch and (dry_run or hints):
        raise UsageError("--watch takes neither --dry-run nor --hints.")
    settings = read_settings(config, {
        "format": format, "quality": quality, "saturation": saturation, "reference": reference or None, "seed": seed,
        "force": force, "fast": fast, "mark": mark, "verify": verify, "weights": weights,
        "separator": separator, "size": size,
        "device": device, "precision": precision, "max_pixels": max_pixels, "max_entries": max_entries,
        "max_entry_mb": max_entry_mb, "max_expansion": max_expansion,
    })  # fmt: skip
    order = Order(settings, output, password, hints, overwrite)
    report = Report(as_json=as_json, quiet=quiet, verbose=verbose)
    if watch:
        from mangacolor.cli.watch import color_arrivals

        return color_arrivals(inputs, order, report)
    work = find_work(inputs, order)
    if dry_run:
        return _list_outputs(work, overwrite=overwrite, as_json=as_json)
    colorizer = open_colorizer(order) if work.sources else None
    with report:
        color(work, colorizer, order, report)
    return report.status


@dataclass(frozen=True)
class Order:
    """What the user wants of a run, whatever the inputs.

    Attributes:
        settings: Options that may come from the reader's file.
        output: Where to write.
        password: Of encrypted books.
        hints: File of colours at spots of a single page.
        overwrite: Redo finished outputs.
    """

    settings: Settings
    output: Path | None = None
    password: str | None = None
    hints: Path | None = None
    overwrite: bool = False

    @property
    def mark(self) -> str:
        """What books are to say of what coloured them; empty for nothing."""
        from mangacolor import __version__
        from mangacolor.books.book_marks import mark_of

        weights = self.settings.weights
        return mark_of(__version__, weights.name if weights else "") if self.settings.mark else ""

    def leaves_alone(self, source: Source) -> bool:
        """Say whether a source is a book that was coloured before, and is to be left as it is."""
        from mangacolor.books import BookSource
        from mangacolor.books.book_marks import is_marked

        return self.settings.mark and isinstance(source, BookSource) and is_marked(source)


@dataclass(frozen=True)
class Work:
    """Sources and where the pages of each go, what could not be opened, with the reason, and what is left alone."""

    sources: Sequence[Source]
    sinks: Sequence[PageSink]
    broken: Sequence[tuple[Path, MangacolorError]] = ()
    marked: Sequence[Source] = ()


def find_work(inputs: Sequence[Path], order: Order) -> Work:
    """Find all pages and their outputs without reading any.

    An input that cannot be coloured is returned as broken, and the others are work all the same.

    Raises:
        BadInputError: The only input is missing or broken.
        UsageError: The inputs and the options do not go together.
        CannotWriteError: The only output cannot have its name.
    """
    from mangacolor.books import open_library, open_source, place_sources

    sources: list[Source] = []
    broken: list[tuple[Path, MangacolorError]] = []
    refused: list[tuple[Path, MangacolorError]] = []
    limits = order.settings.limits
    for path in _told_apart(inputs):
        try:
            if path.is_dir():
                found, unusable = open_library(path, skip=order.output, password=order.password, limits=limits)
                sources += found
                broken += unusable
            else:
                sources.append(open_source(path, skip=order.output, password=order.password, limits=limits))
        except (BadInputError, UsageError) as error:
            refused.append((path, error))
        except OSError as error:
            reason = error.strerror or str(error)
            problem = BadInputError(f"{path} cannot be read: {reason}.", advice="Check the path and its permissions.")
            refused.append((path, problem))
    if order.hints is not None and sum(len(source) for source in sources) != 1:
        raise UsageError("--hints are for a single page.", advice="Colour that page by itself.")
    marked = [one for one in sources if order.leaves_alone(one)]
    sources = [one for one in sources if one not in marked]
    placed, unplaced = place_sources(
        sources, order.output, format=order.settings.format, mark=order.mark, verify=order.settings.verify
    )
    refused += unplaced
    is_usage = all(isinstance(error, UsageError) for _, error in refused)
    if refused and not placed and not broken and not marked and (len(refused) == 1 or is_usage):
        raise refused[0][1]
    return Work([source for source, _ in placed], [sink for _, sink in placed], [*refused, *broken], marked)


def _told_apart(inputs: Sequence[Path]) -> list[Path]:
    """Leave out what is named a second time, in whatever spelling."""
    found: dict[Path, Path] = {}
    for path in inputs:
        try:
            found.setdefault(path.resolve(), path)
        except (OSError, RuntimeError):  # a loop of links
            found.setdefault(path, path)
    return list(found.values())


def open_colorizer(order: Order) -> Colorizer:
    """Load the weights, and whatever else each page needs."""
    from PIL import Image

    from mangacolor.books import open_source
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.reference_pages import read_references

    wanted = order.settings
    # Pillow's own bound is half of what it refuses; whoever asks for more pages than that owns this process.
    if wanted.max_pixels > 2 * (Image.MAX_IMAGE_PIXELS or wanted.max_pixels):
        Image.MAX_IMAGE_PIXELS = wanted.max_pixels
    followed = [open_source(path, password=order.password, limits=wanted.limits) for path in wanted.reference]
    return Colorizer(
        wanted.weights, separator=wanted.separator, size=wanted.size, device=wanted.device, precision=wanted.precision,
        saturation=wanted.saturation, seed=wanted.seed, force=wanted.force, fast=wanted.fast,
        references=[rgb for source in followed for rgb in read_references(source, max_pixels=wanted.max_pixels)],
    )  # fmt: skip


def color(work: Work, colorizer: Colorizer | None, order: Order, report: Report) -> None:
    """Colour the pages of a work and report each.

    Raises:
        CannotWriteError: An output could not be written.
    """
    from mangacolor.colorize.hints import read_hints
    from mangacolor.colorize.run import colorize_pages

    for path, error in work.broken:
        report.failure(path, error)
    for source in work.marked:
        report.left_alone(source)
    if colorizer is None:  # there is nothing to colour
        return
    results = colorize_pages(
        colorizer, work.sources, work.sinks, hints=read_hints(order.hints) if order.hints else (),
        quality=order.settings.quality, overwrite=order.overwrite, max_pixels=order.settings.max_pixels,
        on_output=report.output,
    )  # fmt: skip
    with report.working_on(work.sources):
        for result in results:
            report.page(result)


def _list_outputs(work: Work, *, overwrite: bool, as_json: bool) -> int:
    """Print what a run would write, without loading weights or opening a page."""
    for _, error in work.broken:
        tell(f"mangacolor: {error}", err=True)
    for source, sink in zip(work.sources, work.sinks, strict=True):
        for entry in source:
            skipped = sink.exists(entry.name) and not overwrite
            output = sink.path(entry.name)
            if as_json:
                planned = {"page": entry.name, "output": str(output), "action": "skip" if skipped else "color"}
                tell(as_json_line(planned))
            else:
                tell(f"{output}{' (exists, skipped)' if skipped else ''}")
    return ExitCode.DONE
