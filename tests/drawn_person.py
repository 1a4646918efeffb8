"""A drawing of a person of a few discs, whose every pixel is known."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.data.figures.store import Drawing, Part

PARTS = (
    Part("ground"),
    Part("skin", "face", 0),
    Part("skin", "hand", 0),
    Part("hair", "", 0),
    Part("garment", "", 0),
    Part("iris", "", 0),
    Part("mouth", "", 0),
)


def person(side: int = 96) -> Drawing:
    """A head, a hand and a coat on empty ground; the lower half of everything lies in shadow."""
    part = np.zeros((side, side), np.uint8)
    unit = side / 96
    disc = lambda x, y, r, value: cv2.circle(part, (round(x * unit), round(y * unit)), round(r * unit), value, -1)  # noqa: E731
    disc(48, 90, 34, 4)
    disc(48, 34, 22, 3)
    disc(48, 38, 16, 1)
    disc(42, 36, 3, 5)
    disc(48, 46, 2, 6)
    disc(20, 70, 8, 2)
    edges = cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    ink = np.where(edges, 0.1, 1).astype(np.float32)
    light = np.where(np.arange(side)[:, None] > side // 2, 0.75, 1).astype(np.float32) * np.ones_like(ink)
    return Drawing(ink, part, light, PARTS)
