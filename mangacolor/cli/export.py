"""`mangacolor export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mangacolor.cli.options import weights_option
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode


def export(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the ONNX files.")],
    weights: Annotated[Path | None, weights_option("Weights of a generator.")] = None,
    separator: Annotated[Path | None, typer.Option(help="Weights that take screentone off.")] = None,
) -> int:
    """Write the networks as ONNX files, for runtimes without torch.

    Needs `pip install 'mangacolor[onnx]'`. Takes a minute or two.

    Examples:
        mangacolor export -o onnx/
    """
    from mangacolor.models.onnx_export import export_weights
    from mangacolor.models.weight_files import find_separator, find_weights
    from mangacolor.models.weights import load_weights

    for path in (find_separator(separator), find_weights(weights)):
        for written in export_weights(load_weights(path), out):
            tell(str(written))
    return ExitCode.DONE
