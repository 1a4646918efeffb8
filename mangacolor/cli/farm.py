"""`mangacolor farm`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from mangacolor.cli.options import DeviceOption, QuietOption, RuntimeOption, WeightsOption
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode


def farm(
    library: Annotated[Path, typer.Argument(metavar="LIBRARY", hidden=True)],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where to, on storage all share.")],
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes. [as many as fit]", min=1)] = None,
    cpus: Annotated[float, typer.Option(metavar="X", help="CPU cores of each.", min=0)] = 2,
    gpus: Annotated[float, typer.Option(metavar="X", help="GPUs of each; 0.5 lets two share one.", min=0)] = 0,
    address: Annotated[
        str | None, typer.Option(metavar="HOST", help="Of a Ray cluster, or auto. [this machine]")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What became of each book. [DIR/farm.parquet]")
    ] = None,
    format: Annotated[str | None, typer.Option(metavar="NAME", help="keep, png, jpg, webp, ... [keep]")] = None,
    fast: Annotated[bool | None, typer.Option("--fast/--no-fast", help="Plainer, in half the time.")] = None,
    weights: WeightsOption = None,
    runtime: RuntimeOption = None,
    device: DeviceOption = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file of all other options; see `info`.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished outputs.")] = False,
    quiet: QuietOption = False,
) -> int:
    """Colour a library by many processes with Ray, here or on a cluster; finished books stay.

    Needs `pip install "mangacolor[farm]"`.

    Examples:
        mangacolor farm library/ -o coloured/
        mangacolor farm /nas/library -o /nas/coloured --address auto --gpus 0.25
    """
    from mangacolor.cli.settings import read_settings
    from mangacolor.colorize.order import Order
    from mangacolor.farm.run import Farm, colour_library

    options = read_settings(config, {
        "format": format, "fast": fast, "weights": weights.resolve() if weights else None, "runtime": runtime,
        "device": device,
    })  # fmt: skip
    output = output.resolve()
    order = Order(options, output, overwrite=overwrite, in_parts=True)
    counts: Counter[str] = Counter()
    pages = 0
    with tqdm(unit="part", disable=True if quiet else None, leave=False) as bar:
        answers = colour_library(
            library, order, Farm(workers, cpus, gpus, address), table or output / "farm.parquet",
            on_begin=lambda parts: bar.reset(total=parts),
        )  # fmt: skip
        seen: set[int] = set()
        for answer in answers:
            counts[answer["status"]] += 1
            pages += answer["pages"]
            seen.add(answer["part"])
            bar.update(len(seen) - bar.n)
            with bar.external_write_mode():
                if answer["error"]:
                    tell(f"mangacolor: {answer['error']}", err=True)
                if answer["status"] in ("done", "damaged"):
                    tell(answer["path"])
    told = ", ".join(f"{counts[status]} {status}" for status in ("done", "skipped", "damaged", "failed"))
    if not quiet:
        tell(f"{pages} pages coloured; books and folders: {told}", err=True)
    if not counts["failed"] and not counts["damaged"]:
        return ExitCode.DONE
    return ExitCode.SOME_PAGES_FAILED if counts.total() > counts["failed"] else ExitCode.BAD_INPUT
