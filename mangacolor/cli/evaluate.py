"""`mangacolor evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from mangacolor.cli.options import checked_precision
from mangacolor.errors import ExitCode


def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of pairs, or of colour images alone.")],
    weights: Annotated[Path | None, typer.Option("-w", "--weights", help="Weights to score.")] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Score only what these weights were not trained on.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most this many pages.")] = None,
    size: Annotated[int | None, typer.Option(help="Short side of the working size, in pixels.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
) -> int:
    """Score weights on pages whose colours are known, beside the grey page that does nothing.

    Where DATA holds colour images alone, their grey side is drawn, always the same way.

    Examples:
        mangacolor evaluate --data pairs/
        mangacolor evaluate --data art/ --held-out --limit 100 --json
    """
    arithmetic = checked_precision(precision)

    from mangacolor.evaluate import as_json as plain
    from mangacolor.evaluate import as_table
    from mangacolor.evaluate import evaluate as score
    from mangacolor.inference import Colorizer

    colorizer = Colorizer(weights, size=size, device=device, precision=arithmetic, force=True)
    with tqdm(unit="page", disable=True if quiet else None) as bar:

        def on_page(total: int) -> None:
            bar.total = total
            bar.update()

        scores = score(data, colorizer, held_out=held_out, limit=limit, on_page=on_page)
    typer.echo(json.dumps(plain(scores), indent=2) if as_json else as_table(scores))
    return ExitCode.DONE
