"""Put pages and their coloured versions side by side, to be looked at.

    python examples/contact_sheet.py examples/pages examples/out sheet.jpg

Every page of the first folder that has a namesake in the second is shown: before above, after below.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image


def contact_sheet(before: Path, after: Path, height_px: int) -> Image.Image:
    """Return a sheet with one column a page, each picture `height_px` high.

    Raises:
        SystemExit: The two folders share no page.
    """
    columns = []
    for page in sorted(before.glob("*.png")):
        if (after / page.name).exists():
            pair = [Image.open(folder / page.name).convert("RGB") for folder in (before, after)]
            size = (round(pair[0].width * height_px / pair[0].height), height_px)
            columns.append([picture.resize(size, Image.Resampling.LANCZOS) for picture in pair])
    if not columns:
        raise SystemExit(f"{before} and {after} share no page. Run `make demo` first.")
    gap = height_px // 40
    width = sum(column[0].width for column in columns) + gap * (len(columns) - 1)
    sheet = Image.new("RGB", (width, 2 * height_px + gap), "white")
    left = 0
    for column in columns:
        for row, picture in enumerate(column):
            sheet.paste(picture, (left, row * (height_px + gap)))
        left += column[0].width + gap
    return sheet


def main() -> None:
    """Read the arguments and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="folder of grey pages")
    parser.add_argument("after", type=Path, help="folder of coloured pages")
    parser.add_argument("sheet", type=Path, help="picture to write")
    parser.add_argument("--height", type=int, default=720, help="height of a page on the sheet, in pixels")
    arguments = parser.parse_args()
    contact_sheet(arguments.before, arguments.after, arguments.height).save(arguments.sheet, quality=85)


if __name__ == "__main__":
    main()
