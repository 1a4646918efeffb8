"""How much larger coloured files are: prints the table of the README (`make sizes`).

The example pages are coloured once; each format then holds the grey pages and the coloured ones as the command line
would write them, by the same encoder, at the quality that it would choose for the grey file.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, features

from mangacolor import Colorizer
from mangacolor.image import DecodedImage, FileFormat, decode, encode, read_image

PAGES = sorted((Path(__file__).parent / "pages").glob("*.png"))
# Name in the table, format written, and how Pillow writes the grey page.
KINDS: dict[str, tuple[FileFormat, str, dict[str, Any]]] = {
    "PNG": ("png", "PNG", {}),
    "TIFF, deflate": ("tif", "TIFF", {"compression": "tiff_adobe_deflate"}),
    "BMP": ("bmp", "BMP", {}),
    "WebP, lossless": ("webp", "WEBP", {"lossless": True}),
    "WebP, quality 80": ("webp", "WEBP", {"quality": 80}),
    "JPEG, quality 75": ("jpg", "JPEG", {"quality": 75}),
    "JPEG, quality 85": ("jpg", "JPEG", {"quality": 85}),
    "JPEG, quality 95": ("jpg", "JPEG", {"quality": 95}),
    "AVIF, quality 75": ("avif", "AVIF", {"quality": 75}),
}
INSTEAD: dict[FileFormat, str] = {"jpg": "PNG → JPEG", "webp": "PNG → WebP"}


def main() -> None:
    """Print the table."""
    colorizer = Colorizer()
    pages = []
    for path in PAGES:
        grey = read_image(path)
        pages.append((Image.fromarray(grey.rgb).convert("L"), colorizer.colorize_page(grey)[0].rgb))
    print("| pages | grey, KB | coloured, KB | ratio |\n|---|---|---|---|")
    for name, (format, pillow, options) in KINDS.items():
        if format == "avif" and not features.check("avif"):
            continue
        row(name, [written(grey, colour, format, pillow, options) for grey, colour in pages])
    for format, name in INSTEAD.items():
        row(name, [written(grey, colour, format, "PNG", {}) for grey, colour in pages])


def written(
    grey: Image.Image, colour: Any, format: FileFormat, pillow: str, options: dict[str, Any]
) -> tuple[int, int]:
    """Return the bytes of a grey page and of its coloured twin."""
    buffer = io.BytesIO()
    grey.save(buffer, pillow, **options)
    page = decode(buffer.getvalue())
    coloured = DecodedImage(colour, format=page.format, quality=page.quality, lossless=page.lossless)
    return len(buffer.getvalue()), len(encode(coloured, format=format))


def row(name: str, sizes: list[tuple[int, int]]) -> None:
    """Print a line for these files."""
    before, after = (sum(column) for column in zip(*sizes, strict=True))
    print(f"| {name} | {before / 1000:.0f} | {after / 1000:.0f} | {after / before:.1f} |", flush=True)


if __name__ == "__main__":
    main()
