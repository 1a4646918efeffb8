"""`mangacolor evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from mangacolor.cli.options import checked_precision
from mangacolor.errors import ExitCode, UsageError

TASKS = ("colour", "validation", "steering", "references", "separation", "finish", "kinds")


def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of pairs, or of colour images alone.")],
    task: Annotated[
        str, typer.Option(help="What to score: colour, validation, steering, references, separation, finish, kinds.")
    ] = "colour",
    weights: Annotated[
        list[Path] | None, typer.Option("-w", "--weights", help="Weights to score; validation takes several.")
    ] = None,
    separator: Annotated[Path | None, typer.Option(help="Weights of the separator.")] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Score only what these weights were not trained on.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Score at most this many pages.")] = None,
    size: Annotated[int | None, typer.Option(help="Short side of the working size, in pixels.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    sheets: Annotated[Path | None, typer.Option(help="Folder for contact sheets of validation.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")] = False,
) -> int:
    """Score weights on pages whose truth is known.

    `colour` compares coloured pages with their colour side, beside the grey page that does
    nothing; where DATA holds colour images alone, their grey side is drawn, always the same way.
    `validation` scores four fixed sets after pictures listed by their hash, several weights side by side;
    `steering` what ten hints and a reference change on them, `references` other pages of the same comic.
    The others compose pages from DATA: `separation` compares ink and tone with what they were made
    of, `finish` measures leaks over lines and lettering in balloons, `kinds` counts pages wrongly
    taken for coloured, blank or text only.

    Examples:
        mangacolor evaluate --data pairs/
        mangacolor evaluate --data art/ --task separation --held-out --limit 24
        mangacolor evaluate --data pack/ --task validation -w mine.safetensors -w theirs.safetensors --sheets out/
    """
    arithmetic = checked_precision(precision)
    if task not in TASKS:
        raise UsageError(f"Unknown task `{task}`.", advice=f"Choose one of {', '.join(TASKS)}.")

    from mangacolor.evaluate import score
    from mangacolor.inference import Colorizer

    if task != "validation" and (sheets or len(weights or ()) > 1):
        raise UsageError("Several --weights and --sheets are for --task validation.", advice="Leave them out.")
    colorizer, *rivals = (
        Colorizer(path, separator=separator, size=size, device=device, precision=arithmetic, force=True)
        for path in (weights or (None,))
    )
    with tqdm(unit="page", disable=True if quiet else None) as bar:

        def on_page(total: int) -> None:
            bar.total = total
            bar.update()

        report = score(
            task, data, colorizer, rivals=rivals, held_out=held_out, limit=limit, sheets=sheets, on_page=on_page
        )
    typer.echo(json.dumps(report.plain, indent=2) if as_json else report.table)
    return ExitCode.DONE
