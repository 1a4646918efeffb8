"""A sheet that shows what was learnt: pages before and after, and how the loss fell."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Curve = Sequence[tuple[int, float]]

COLUMN_PX, HEAD_PX, CURVE_PX, GAP_PX = 360, 28, 180, 8
TITLES = ("page", "before", "after", "given")


class Shown(NamedTuple):
    """A page before and after: (H, W, 3) as it was drawn, coloured both ways, and in the colours given."""

    page: Pixels
    before: Pixels
    after: Pixels
    given: Pixels


def draw_sheet(shown: Sequence[Shown], curves: dict[str, Curve]) -> bytes:
    """Draw a sheet.

    Args:
        shown: A row each.
        curves: Losses over the images seen, by name.

    Returns:
        A JPEG file.
    """
    width = len(TITLES) * (COLUMN_PX + GAP_PX) - GAP_PX
    rows = [[_fitted(picture) for picture in one] for one in shown]
    heights = [max(picture.height for picture in row) for row in rows]
    sheet = Image.new("RGB", (width, HEAD_PX + sum(height + GAP_PX for height in heights) + CURVE_PX), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=16)
    for column, title in enumerate(TITLES):
        pen.text((column * (COLUMN_PX + GAP_PX) + COLUMN_PX / 2, HEAD_PX / 2), title, "black", font, anchor="mm")
    top = HEAD_PX
    for row, height in zip(rows, heights, strict=True):
        for column, picture in enumerate(row):
            sheet.paste(picture, (column * (COLUMN_PX + GAP_PX), top))
        top += height + GAP_PX
    for number, (name, curve) in enumerate((name, curve) for name, curve in curves.items() if len(curve) > 1):
        left = number * (width // 2)
        _draw_curve(pen, name, curve, (left + 60, top + 30, left + width // 2 - 20, top + CURVE_PX - 30), font)
    data = BytesIO()
    sheet.save(data, "JPEG", quality=88)
    return data.getvalue()


def _fitted(pixels: Pixels) -> Image.Image:
    height = max(1, round(pixels.shape[0] * COLUMN_PX / pixels.shape[1]))
    return Image.fromarray(pixels).resize((COLUMN_PX, height), Image.Resampling.LANCZOS)


def _draw_curve(
    pen: ImageDraw.ImageDraw,
    name: str,
    curve: Curve,
    box: tuple[int, int, int, int],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    left, top, right, bottom = box
    most, last = max(value for _, value in curve), curve[-1][0]
    points = [
        (left + (right - left) * images / max(last, 1), bottom - (bottom - top) * value / max(most, 1e-9))
        for images, value in curve
    ]
    pen.line([(left, top), (left, bottom), (right, bottom)], "gray")
    pen.line(points, "black", 2)
    pen.text((left - 6, top), f"{most:.2f}", "black", font, anchor="rm")
    pen.text((left - 6, bottom), "0", "black", font, anchor="rm")
    pen.text((right, bottom + 6), f"{last} crops", "black", font, anchor="rt")
    pen.text((left + 6, top - 8), name, "black", font, anchor="lb")
