"""Compose pages from coloured ones, take them apart and colour them: a sheet to look at.

    make demo
    python examples/composed_sheet.py examples/out examples/composed.jpg

Each row is a page composed from panels of the coloured example pages: the page as scanned, its ink and its tone as the
separator finds them, the page coloured, and the target.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from mangacolor import Colorizer
from mangacolor.data.drawing.fonts import find_fonts
from mangacolor.data.examples import find_examples
from mangacolor.data.pairs import ColourArt, PairOptions, compose_pair
from mangacolor.image import pixels_from_float
from mangacolor.page.ink import Separation, deepen


def main() -> None:
    """Read the arguments and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("art", type=Path, help="folder of coloured pages")
    parser.add_argument("sheet", type=Path, help="picture to write")
    parser.add_argument("--pages", type=int, default=3, help="rows of the sheet")
    parser.add_argument("--seed", type=int, default=0, help="seed of the pages")
    parser.add_argument("--height", type=int, default=560, help="height of a page on the sheet, in pixels")
    arguments = parser.parse_args()

    found = find_examples(arguments.art)
    art = ColourArt(found.examples, found.layout)
    options = PairOptions(seed=arguments.seed, kind="manga")
    colorizer = Colorizer(force=True)
    rows = []
    for number in range(1, arguments.pages + 1):
        layers = compose_pair(number, options, art, find_fonts()).layers
        ink, tone = colorizer.separate(layers.page)
        target = layers.colour * deepen(Separation(layers.ink, layers.tone)).ink[..., None]
        grays = [np.repeat(pixels_from_float(plane)[..., None], 3, axis=2) for plane in (layers.page, ink, tone)]
        columns = [*grays, colorizer.colorize(grays[0]), pixels_from_float(target)]
        size = (round(arguments.height * options.width_px / options.height_px), arguments.height)
        small = [Image.fromarray(column).resize(size, Image.Resampling.LANCZOS) for column in columns]
        rows.append(np.hstack([np.asarray(column) for column in small]))
    Image.fromarray(np.vstack(rows)).save(arguments.sheet, quality=85)


if __name__ == "__main__":
    main()
