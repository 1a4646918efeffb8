"""`mangacolor colorize`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from mangacolor.cli.options import checked_format, checked_precision
from mangacolor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mangacolor.inference import PageResult
    from mangacolor.pages import FolderSink
    from mangacolor.pages.source import FileSource, FolderSource

LABELS = {
    "colored": "coloured",
    "already_colored": "already in colour, copied",
    "blank": "blank, copied",
    "text_only": "text only, copied",
    "skipped": "skipped, output exists",
    "failed": "failed",
}


def colorize(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Pages, or folders of pages.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File or folder to write to.")] = None,
    weights: Annotated[Path | None, typer.Option("-w", "--weights", help="Weights to use.")] = None,
    separator: Annotated[Path | None, typer.Option(help="Weights that take screentone off.")] = None,
    size: Annotated[int | None, typer.Option(help="Short side of the working size, in pixels.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    saturation: Annotated[float, typer.Option(min=0, help="Paler below 1, stronger above.")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Colour with noise, repeatably.")] = None,
    format: Annotated[str, typer.Option(help="keep, png, jpg or webp.")] = "keep",
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of JPEG and WebP.")] = 92,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished outputs.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Colour every page, even coloured ones and text.")] = False,
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Only list what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a page, then a summary.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line a page on stderr.")] = False,
) -> int:
    """Colour pages at their own resolution; lines and lettering stay as they are.

    Outputs lie beside the inputs (page_color.png, chapter_color/) and are never written over
    them; those that are finished are skipped. Pages already in colour, blank ones and pages of text are copied.

    Examples:
        mangacolor colorize page.png
        mangacolor colorize chapter/ -o coloured/
        mangacolor colorize *.jpg --format webp --overwrite
    """
    from mangacolor.pages import open_sinks, open_source

    choice = checked_format(format)
    arithmetic = checked_precision(precision)
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other.")
    sources = [open_source(path, skip=output) for path in inputs]
    sinks = open_sinks(sources, output, format=choice)
    if dry_run:
        return _list_outputs(sources, sinks, overwrite, as_json)

    from mangacolor.inference import Colorizer, colorize_pages

    colorizer = Colorizer(
        weights, separator=separator, size=size, device=device, precision=arithmetic, saturation=saturation,
        seed=seed, force=force,
    )  # fmt: skip
    counts: Counter[str] = Counter()
    total = sum(len(source) for source in sources)
    bar = tqdm(total=total, unit="page", disable=True if quiet or as_json or verbose else None)
    with bar:
        for result in colorize_pages(colorizer, sources, sinks, quality=quality, overwrite=overwrite):
            counts[result.status] += 1
            bar.update()
            _tell(result, bar, as_json, verbose)
    if as_json:
        typer.echo(json.dumps({"summary": {status: counts[status] for status in LABELS}}))
    elif not quiet:
        told = ", ".join(f"{counts[status]} {label}" for status, label in LABELS.items() if counts[status])
        sys.stderr.write(f"{total} {'page' if total == 1 else 'pages'}: {told}.\n")
    if counts["failed"] == total:
        return ExitCode.BAD_INPUT
    return ExitCode.SOME_PAGES_FAILED if counts["failed"] else ExitCode.DONE


def _tell(result: PageResult, bar: tqdm[Any], as_json: bool, verbose: bool) -> None:
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
    elif result.status not in ("skipped", "failed"):
        bar.clear()
        typer.echo(result.output)
    if result.status == "failed":
        bar.clear()
        sys.stderr.write(f"mangacolor: {result.error}\n")
    elif verbose:
        sys.stderr.write(f"{result.name}: {LABELS[result.status]} ({result.seconds:.2f} s)\n")


def _list_outputs(
    sources: list[FileSource | FolderSource], sinks: list[FolderSink], overwrite: bool, as_json: bool
) -> int:
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
