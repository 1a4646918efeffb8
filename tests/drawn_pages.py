"""Pages drawn in greys and in colours, for tests that ask what kind of page one is."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 480, 340
SKIN, HAIR, SKY, GRASS = (250, 215, 190), (90, 50, 40), (140, 190, 235), (120, 180, 90)


def grey_page(seed=0):
    """(H, W) in [0, 1]: panels, flat greys, a gradient, screentone, solid black, lettering-like strokes."""
    random = np.random.default_rng(seed)
    page = np.ones((HEIGHT, WIDTH), np.float32)
    for _ in range(14):
        y, x = random.integers(0, HEIGHT - 80), random.integers(0, WIDTH - 80)
        height, width = random.integers(30, 160, 2)
        area = page[y : y + height, x : x + width]
        kind = random.integers(4)
        if kind == 0:
            area[:] = random.uniform(0.3, 0.95)
        elif kind == 1:
            area[:] = np.linspace(0.2, 1, area.shape[1])
        elif kind == 2:
            area[:] = np.indices(area.shape).sum(axis=0) // 2 % 2
        else:
            area[:] = 0.02
        cv2.rectangle(page, (int(x), int(y)), (int(x + width), int(y + height)), 0.0, 2)
    for _ in range(60):
        start = random.integers(0, 340, 2)
        cv2.line(page, start.tolist(), (start + random.integers(-25, 25, 2)).tolist(), 0.0, 2)
    return page


def printed(page, ink=(0, 0, 0), paper=(255, 255, 255)):
    mixed = np.array(ink) * (1 - page[..., None]) + np.array(paper) * page[..., None]
    return np.rint(mixed).astype(np.uint8)


def jpeg(rgb, quality):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def colour_page(strength=1.0):
    """A face with hair before sky and grass, outlined; `strength` mixes it with white."""
    page = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    page[10:300, 10:330] = SKY
    page[300:470, 10:330] = GRASS
    cv2.circle(page, (170, 190), 90, HAIR, -1)
    cv2.circle(page, (170, 210), 70, SKIN, -1)
    cv2.rectangle(page, (10, 10), (330, 470), (0, 0, 0), 3)
    return np.rint(255 - (255 - page.astype(float)) * strength).astype(np.uint8)
