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

    Needs `pip install "mangacolor[onnx]"`. Takes a minute or two. Generators need semantic features
    and colour classes, as those of the default preset have them.

    Examples:
        mangacolor export -o onnx/
    """
    from mangacolor.models.onnx_export import export_weights
    from mangacolor.models.weight_files import find_separator, find_weights
    from mangacolor.models.weights import load_weights

    painting, separating = load_weights(find_weights(weights)), load_weights(find_separator(separator))
    _ = painting.generator, separating.separator  # or it is said which is which, before anything is written
    for part in (painting, separating):  # generators that cannot be exported are refused first
        for written in export_weights(part, out):
            tell(str(written))
    return ExitCode.DONE
