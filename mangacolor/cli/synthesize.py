"""`mangacolor synthesize`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tqdm import tqdm

from mangacolor.cli.options import QuietOption, weights_option
from mangacolor.cli.streams import tell
from mangacolor.errors import BadInputError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mangacolor.data.drawing.page_layout import PageKind
    from mangacolor.data.examples import Example, Found

KINDS = ("manga", "webtoon", "mixed")
PAGE_SIZE, FIGURE_SIZE = "1500x1050", "448x448"
SMALLEST_SIDE_PX = 64
LARGEST_SIDE_PX = 20_000


def synthesize(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to: condition/ and target/, or drawings.")],
    data: Annotated[Path | None, typer.Option(help="Folder of colour pictures.")] = None,
    figures: Annotated[Path | None, typer.Option(help="Pack of bodies: draw people instead of pages.")] = None,
    pages: Annotated[int, typer.Option("-n", "--pages", min=1, help="How many pages or drawings.")] = 100,
    size: Annotated[
        str | None, typer.Option(help="Height x width in pixels (pages: 1500x1050, drawings: 448x448).")
    ] = None,
    kind: Annotated[str, typer.Option(help="manga, webtoon or mixed.")] = "mixed",
    screentone: Annotated[bool, typer.Option("--screentone/--no-screentone", help="Draw tones as dots.")] = True,
    layers: Annotated[bool, typer.Option("--layers", help="Also write ink/, tone/ and text_boxes/.")] = False,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Use only pictures that the weights were not trained on.")
    ] = False,
    weights: Annotated[Path | None, weights_option("Weights that --held-out is about.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Pages made at a time.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Redo finished pages.")] = False,
    quiet: QuietOption = False,
) -> int:
    """Compose pairs of manga pages from colour pictures, or draw people.

    Panels, balloons, lettering and screentone are drawn; the pairs align pixel by pixel. Page k is
    the same for the same seed, pictures and fonts. Fonts are those installed, or those in the
    folder that MANGACOLOR_FONTS names; Japanese lettering needs a Japanese one.

    With --figures, people are drawn from a pack of bodies, one drawing for each seed from --seed on: its ink, which
    part each pixel is, and how lit. That needs mangacolor[figures].

    Examples:
        mangacolor synthesize --data art/ --out pairs/ -n 500
        mangacolor synthesize --data art/ --out test/ -n 50 --held-out --layers
        mangacolor synthesize --figures figures_pack.npz --out figures/ -n 1000
    """
    if (data is None) == (figures is None):
        raise UsageError("Give either --data or --figures.", advice="mangacolor synthesize --help shows both.")
    if figures is not None:
        pages_only = {"--held-out": held_out, "--weights": weights, "--layers": layers, "--overwrite": overwrite}
        return _draw_figures(figures, out, range(seed, seed + pages), size, jobs, quiet, pages_only)
    assert data is not None
    size = size or PAGE_SIZE
    height, width = _checked_size(size)
    page_kind = _checked_kind(kind)
    if weights is not None and not held_out:
        raise UsageError("--weights says nothing without --held-out.")

    from mangacolor import __version__
    from mangacolor.data.drawing.fonts import find_fonts
    from mangacolor.data.examples import find_examples
    from mangacolor.data.pairs import ColourArt, PairOptions, record, write_pairs

    if data.resolve() == out.resolve():
        raise UsageError(f"{out}: pictures and pairs cannot share a folder.", advice="Choose another --out.")
    found = find_examples(data)
    examples, digest = _held_out(found, data, weights) if held_out else (found.examples, None)
    fonts = find_fonts()
    options = PairOptions(height, width, seed, page_kind, screentone, layers)
    facts = {
        "version": __version__, "seed": seed, "size": [height, width], "kind": kind, "screentone": screentone,
        "layers": layers, "data": data.resolve().name, "pictures": len(examples), "held_out_from": digest,
        "fonts": fonts.names(),
    }  # fmt: skip
    record(out, facts, overwrite=overwrite)
    art = ColourArt(examples, found.layout)
    if not quiet:
        japanese = "" if fonts.japanese else "; no Japanese one, so lettering is English"
        sys.stderr.write(f"{data}: {len(examples)} pictures; {len(fonts.names())} fonts{japanese}.\n")
    written = 0
    work = write_pairs(out, range(1, pages + 1), options, art, fonts, overwrite=overwrite, jobs=jobs)
    for is_new in tqdm(work, total=pages, unit="page", disable=True if quiet else None):
        written += is_new
    if not quiet:
        skipped = f", {pages - written} already there" if written < pages else ""
        gray = f"; {len(art.gray)} grey pictures passed over" if art.gray else ""
        sys.stderr.write(f"{written} {'pair' if written == 1 else 'pairs'} written{skipped}{gray}.\n")
    tell(str(out))
    return ExitCode.DONE


def _draw_figures(
    pack: Path, out: Path, seeds: range, size: str | None, jobs: int, quiet: bool, pages_only: Mapping[str, object]
) -> int:
    """Draw people into a folder and say how many."""
    wrong = [name for name, value in pages_only.items() if value]
    if wrong:
        raise UsageError(f"{wrong[0]} says nothing with --figures.")
    height, width = _checked_size(size or FIGURE_SIZE)
    if height != width:
        raise UsageError("Drawings are square.", advice="Give --size 448x448, or another with equal sides.")
    from mangacolor.data.figures.write import write_figures

    work = tqdm(write_figures(pack, out, seeds, height, jobs=jobs), total=len(seeds), disable=True if quiet else None)
    written = sum(work)
    if not quiet:
        skipped = f", {len(seeds) - written} already there" if written < len(seeds) else ""
        sys.stderr.write(f"{written} {'drawing' if written == 1 else 'drawings'} written{skipped}.\n")
    tell(str(out))
    return ExitCode.DONE


def _held_out(found: Found, data: Path, weights: Path | None) -> tuple[Sequence[Example], str]:
    """Return the pictures that weights have not seen, and the digest of the weights."""
    from mangacolor.data.splits import held_out_examples
    from mangacolor.models.weight_files import find_weights
    from mangacolor.models.weights import load_weights

    loaded = load_weights(find_weights(weights))
    examples = held_out_examples(found, loaded.facts)
    if not examples:
        raise BadInputError(f"{data}: nothing was held out.", advice="Leave out --held-out, or give another folder.")
    return examples, loaded.digest


def _checked_size(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", value.strip().lower())
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(sides) < SMALLEST_SIDE_PX or max(sides) > LARGEST_SIDE_PX:
        raise UsageError(
            f"Cannot make pages of size `{value}`.",
            advice=f"Give height x width, {SMALLEST_SIDE_PX} to {LARGEST_SIDE_PX} pixels each, such as 1500x1050.",
        )
    return sides


def _checked_kind(value: str) -> PageKind | None:
    if value == "manga":
        return "manga"
    if value == "webtoon":
        return "webtoon"
    if value != "mixed":
        raise UsageError(f"Unknown kind `{value}`.", advice=f"Choose one of {', '.join(KINDS)}.")
    return None
