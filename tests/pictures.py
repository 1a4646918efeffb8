"""Small pictures drawn on the spot, shared by the tests."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

PAINTS = ((230, 60, 50), (60, 160, 70), (50, 90, 200), (245, 205, 60), (240, 190, 160), (150, 60, 160))


def draw_art(seed=0, height=96, width=80):
    """(H, W, 3) uint8 art: discs of six saturated paints with black outlines on a light ground."""
    rng = np.random.default_rng(seed)
    art = np.full((height, width, 3), rng.integers(200, 256, 3), np.uint8)
    for index in range(9):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        radius = int(rng.integers(8, 22))
        cv2.circle(art, centre, radius, PAINTS[index % len(PAINTS)], -1)
        cv2.circle(art, centre, radius, (8, 8, 8), 1)
    return art


def greyed(art):
    """(H, W) uint8 Rec. 601 luma, rounded."""
    return np.rint(art @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def save_image(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def fill_with_art(root):
    """Twelve colour pictures of three series in one folder."""
    for number in range(12):
        save_image(root / f"story{number // 4}_{number % 4}.png", draw_art(number))
    return root


def page_of(black):
    """Lines, a solid black, a mid tone and a light one on white paper."""
    page = np.ones((400, 300), np.float32)
    page[40:120, 20:140] = 0.7
    page[40:120, 160:280] = 0.5
    page[150:250, 40:120] = black
    for x in range(150, 290, 9):
        cv2.line(page, (x, 150), (x + 6, 380), float(black), 2, cv2.LINE_AA)
    return page
