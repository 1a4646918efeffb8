"""Options that several commands have: how they are called and explained, checked, and put into effect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

if TYPE_CHECKING:
    from mangacolor.config import Precision

# Where nothing is said the value is None, so that a config file may say it.
DeviceOption = Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")]
PrecisionOption = Annotated[str | None, typer.Option(metavar="NAME", help="auto, fp32, bf16 or fp16. [auto]")]
RuntimeOption = Annotated[str | None, typer.Option(metavar="NAME", help="auto, torch or onnx. [auto]")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="No progress on stderr.")]


def weights_option(help: str) -> Any:
    """Return `--weights`, with what it is for in the words of the command."""
    return typer.Option("-w", "--weights", metavar="FILE", help=help)


WeightsOption = Annotated[Path | None, weights_option("Weights to use.")]


def checked_precision(value: str | None) -> Precision:
    """Return a `--precision` value, "auto" if none is given, or raise `UsageError` naming the choices."""
    from mangacolor.colorize.options import checked_option

    return cast("Precision", checked_option("precision", value or "auto", "--precision"))


def allow_pages_of(max_pixels: int) -> None:
    """Let Pillow open pages of so many pixels, in this whole process."""
    from mangacolor.image.pillow import allow_pixels

    allow_pixels(max_pixels)
