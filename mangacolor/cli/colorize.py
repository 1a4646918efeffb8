"""`mangacolor colorize`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from mangacolor.cli.options import checked_format, checked_precision
from mangacolor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mangacolor.errors import BadInputError
    from mangacolor.inference import PageResult
    from mangacolor.pages import PageSink, Source

LABELS = {
    "colored": "coloured",
    "already_colored": "already in colour, copied",
    "blank": "blank, copied",
    "text_only": "text only, copied",
    "skipped": "skipped, output exists",
    "failed": "failed",
}


def colorize(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Pages, books (CBZ, PDF, ...), folders."),
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File or folder to write to.")] = None,
    weights: Annotated[Path | None, typer.Option("-w", "--weights", help="Weights to use.")] = None,
    separator: Annotated[Path | None, typer.Option(help="Weights that take screentone off.")] = None,
    size: Annotated[int | None, typer.Option(help="Short side of the working size, in pixels.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    saturation: Annotated[float, typer.Option(min=0, help="Paler below 1, stronger above.")] = 1.0,
    reference: Annotated[list[Path] | None, typer.Option(help="Picture whose colours to follow; repeatable.")] = None,
    hints: Annotated[Path | None, typer.Option(help="JSON file of colours at spots of a single page.")] = None,
    seed: Annotated[int | None, typer.Option(help="Colour with noise, repeatably.")] = None,
    format: Annotated[str, typer.Option(help="keep, png, jpg, webp, tif, bmp, avif or jxl.")] = "keep",
    quality: Annotated[
        int | None, typer.Option(min=1, max=100, help="Of JPEG, WebP, ...; by itself the page's.")
    ] = None,
    password: Annotated[str | None, typer.Option(help="Of encrypted books.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished outputs.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Colour every page, even coloured ones and text.")] = False,
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Only list what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, then a summary.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line a page on stderr.")] = False,
) -> int:
    """Colour pages at their own resolution; lines and lettering stay as they are.

    Outputs lie beside the inputs (page_color.png, chapter_color/, vol1_color.cbz) and are never written over
    them; those that are finished are skipped. Pages already in colour, blank ones and pages of text are copied.

    Examples:
        mangacolor colorize page.png
        mangacolor colorize vol1.cbz
        mangacolor colorize library/ -o coloured/
        mangacolor colorize *.jpg --format webp --overwrite
    """
    from mangacolor.pages import open_sinks

    choice = checked_format(format)
    arithmetic = checked_precision(precision)
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other.")
    sources, broken = _open(inputs, output, password)
    if hints is not None and sum(len(source) for source in sources) != 1:
        raise UsageError("--hints are for a single page.", advice="Colour that page by itself.")
    sinks = open_sinks(sources, output, format=choice)
    if dry_run:
        return _list_outputs(sources, sinks, overwrite, as_json)

    from mangacolor.hints import read_hints
    from mangacolor.image import read_image
    from mangacolor.inference import Colorizer, PageResult, colorize_pages

    colorizer = Colorizer(
        weights, separator=separator, size=size, device=device, precision=arithmetic, saturation=saturation,
        seed=seed, references=[read_image(path).rgb for path in reference or ()], force=force,
    )  # fmt: skip
    counts: Counter[str] = Counter()
    for path, error in broken:
        counts["failed"] += 1
        _tell(PageResult(path, path.name, path, "failed", error=str(error)), None, as_json, verbose)
    total = sum(len(source) for source in sources)
    bar = tqdm(total=total, unit="page", disable=True if quiet or as_json or verbose else None)
    done: Path | None = None
    with bar:
        for result in colorize_pages(
            colorizer, sources, sinks, hints=read_hints(hints) if hints else (), quality=quality, overwrite=overwrite
        ):
            counts[result.status] += 1
            bar.set_postfix_str(result.source.name[-30:], refresh=False)
            bar.update()
            # All pages of a book go to one file, which is there when the next one begins.
            if done not in (None, result.output) and not as_json:
                bar.clear()
                typer.echo(done)
            done = result.output if result.status not in ("skipped", "failed") else done
            _tell(result, bar, as_json, verbose)
    if done is not None and not as_json:
        typer.echo(done)
    written = counts.total() - counts["failed"]
    if as_json:
        typer.echo(json.dumps({"summary": {status: counts[status] for status in LABELS}}))
    elif not quiet:
        told = ", ".join(f"{counts[status]} {label}" for status, label in LABELS.items() if counts[status])
        sys.stderr.write(f"{total} {'page' if total == 1 else 'pages'}: {told}.\n")
    if not written:
        return ExitCode.BAD_INPUT
    return ExitCode.SOME_PAGES_FAILED if counts["failed"] else ExitCode.DONE


def _open(
    inputs: list[Path], output: Path | None, password: str | None
) -> tuple[list[Source], list[tuple[Path, BadInputError]]]:
    """Find all pages; of folders of books, also those that cannot be opened."""
    from mangacolor.pages import open_library, open_source

    sources: list[Source] = []
    broken: list[tuple[Path, BadInputError]] = []
    for path in inputs:
        if path.is_dir():
            found, unusable = open_library(path, skip=output, password=password)
            sources += found
            broken += unusable
        else:
            sources.append(open_source(path, skip=output, password=password))
    return sources, broken


def _tell(result: PageResult, bar: tqdm[Any] | None, as_json: bool, verbose: bool) -> None:
    if bar is not None:
        bar.clear()
    if as_json:
        page = {
            "input": str(result.source),
            "page": result.name,
            "output": None if result.status == "failed" else str(result.output),
            "status": result.status,
            "seconds": round(result.seconds, 3),
            "error": result.error or None,
        }
        typer.echo(json.dumps(page, ensure_ascii=False))
    if result.status == "failed":
        sys.stderr.write(f"mangacolor: {result.error}\n")
    elif verbose:
        sys.stderr.write(f"{result.name}: {LABELS[result.status]} ({result.seconds:.2f} s)\n")


def _list_outputs(sources: Sequence[Source], sinks: Sequence[PageSink], overwrite: bool, as_json: bool) -> int:
    """Print what a run would write, without loading weights or opening a page."""
    for source, sink in zip(sources, sinks, strict=True):
        for entry in source:
            skipped = sink.exists(entry.name) and not overwrite
            output = sink.path(entry.name)
            if as_json:
                planned = {"page": entry.name, "output": str(output), "action": "skip" if skipped else "color"}
                typer.echo(json.dumps(planned, ensure_ascii=False))
            else:
                typer.echo(f"{output}{' (exists, skipped)' if skipped else ''}")
    return ExitCode.DONE
