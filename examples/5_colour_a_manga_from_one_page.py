"""Lesson 5: one page in colour teaches the colours of its whole series.

    python examples/5_colour_a_manga_from_one_page.py

A network that has seen thousands of drawings still cannot know that this girl's hair is red. One page can tell it.
The script draws a short series twice, in ink and in colour (`draw_series.py`), gives page 1 in colour to
`mangacolor adapt`, and colours the other pages with `mangacolor colorize`: first with the weights as they come, then
with page 1 as a reference, then with what was learnt. The idea is that of Hensman & Aizawa, "cGAN-based Manga
Colorization Using a Single Training Image" (2017). They train a new network on the page; continuing with one that
already knows drawings takes minutes.

What you learn: fine-tuning of a few layers; how a network keeps what it knew; and what a single example cannot teach.
The true colours of pages 2 to 4 are known here, so the script prints how far off each result is. A sheet to look at
lies in `examples/out/lessons/5_one_page.jpg`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
from draw_series import PAGE_PX, PAGES, draw_page
from PIL import Image, ImageDraw, ImageFont

from mangacolor.evaluate.metrics import ciede2000, colourfulness
from mangacolor.models.weight_files import find_weights

EXAMPLES = Path(__file__).resolve().parent


def draw_the_series(folder: Path, seed: int) -> None:
    """Draw every page in ink and in colour."""
    for number, panels in enumerate(PAGES, start=1):
        for kind in ("ink", "colour"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            page = draw_page(panels, seed + number, in_colour=kind == "colour")
            page.save(folder / kind / f"page_{number}.png")


def run_mangacolor(*arguments: str | Path | int) -> None:
    """Run the command line tool, as anyone would, and show the command."""
    words = [os.path.relpath(argument) if isinstance(argument, Path) else str(argument) for argument in arguments]
    print("\n$ mangacolor " + shlex.join(words), flush=True)
    subprocess.run([sys.executable, "-m", "mangacolor", *words], check=True, env=os.environ)


def measure(folder: Path, results: list[str]) -> dict[str, dict[str, float]]:
    """Compare pages 2 and on with their true colours."""
    figures = {}
    for name in ("ink", *results):
        errors, richness = [], []
        for truth in sorted((folder / "colour").glob("*.png"))[1:]:
            page, target = (np.asarray(Image.open(path).convert("RGB")) for path in (folder / name / truth.name, truth))
            errors.append(ciede2000(page, target))
            richness.append(colourfulness(page) / colourfulness(target))
        figures[name] = {"CIEDE2000": float(np.mean(errors)), "colourfulness": float(np.mean(richness))}
    return figures


def draw_sheet(folder: Path, columns: list[tuple[str, str]], height_px: int = 560) -> Image.Image:
    """Put the pages side by side, one row a page, one column a way of colouring it."""
    names = [path.name for path in sorted((folder / "colour").glob("*.png"))[1:]]
    width_px, top, gap = round(height_px * PAGE_PX[0] / PAGE_PX[1]), 40, 12
    size = (len(columns) * (width_px + gap) - gap, top + len(names) * (height_px + gap))
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    for column, (kind, caption) in enumerate(columns):
        left = column * (width_px + gap)
        pen.text((left + width_px / 2, top / 2), caption, "black", ImageFont.load_default(size=20), anchor="mm")
        for row, name in enumerate(names):
            page = Image.open(folder / kind / name).convert("RGB")
            sheet.paste(
                page.resize((width_px, height_px), Image.Resampling.LANCZOS), (left, top + row * (height_px + gap))
            )
    return sheet


def main(arguments: list[str] | None = None) -> None:
    """Draw, colour, learn page 1, colour again, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=EXAMPLES / "out" / "lessons", help="folder to write to")
    parser.add_argument("--weights", type=Path, help="weights to start from [default: the installed ones]")
    parser.add_argument("--images", type=int, default=1500, help="crops of page 1 to learn from")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--quick", action="store_true", help="16 crops: shows that it runs, not what it can do")
    options = parser.parse_args(arguments)
    folder = options.out / "5_one_page"
    path = find_weights(options.weights)
    images = 16 if options.quick else options.images

    draw_the_series(folder, options.seed)
    first, pages, series = folder / "colour" / "page_1.png", folder / "ink", folder / "one.series"
    colorize = ("colorize", pages, "--overwrite", "--quiet", "-w", path)
    run_mangacolor(*colorize, "-o", folder / "before")
    run_mangacolor(*colorize, "--reference", first, "-o", folder / "reference")

    run_mangacolor("adapt", first, "--gray", pages / "page_1.png", "--series", series, "--images", images,
                   "--seed", options.seed, "-w", path)  # fmt: skip
    run_mangacolor(*colorize, "--series", series, "-o", folder / "after")

    figures = measure(folder, ["before", "reference", "after"])
    print("\nThe other pages against their true colours:\n")
    print(f"{'':<12}{'CIEDE2000 (0 is right)':>26}{'colourfulness (1 is right)':>30}")
    for name, row in figures.items():
        print(f"{name:<12}{row['CIEDE2000']:>26.2f}{row['colourfulness']:>30.2f}")
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    columns = [("ink", "page"), ("before", "before"), ("reference", "page 1 as reference"), ("after", "page 1 learnt"),
               ("colour", "true colours")]  # fmt: skip
    draw_sheet(folder, columns).save(options.out / "5_one_page.jpg", quality=88)
    print(f"\nLook at {options.out / '5_one_page.jpg'}.")


if __name__ == "__main__":
    main()
