"""Pictures in layers, laid over each other as painting programs do."""

from __future__ import annotations

import numpy as np

from mangacolor.image.layered import Group

ROUNDED_LAYERS = 2
"""Steps of 255 by which layers of 8 bits may miss a page that was put together from floats."""


def flattened(picture):
    """Lay the layers of a picture over each other, on white: (H, W, 3)."""
    below = np.full(picture.rgb.shape, 255.0, np.float32)
    for one in picture.stack:
        for layer in one.layers if isinstance(one, Group) else (one,):
            height, width = layer.rgba.shape[:2]
            place = below[layer.y : layer.y + height, layer.x : layer.x + width]
            colour, alpha = layer.rgba[..., :3].astype(np.float32), layer.rgba[..., 3:] / np.float32(255)
            over = {"normal": colour, "multiply": place * colour / 255, "add": np.minimum(place + colour, 255)}[
                layer.blend
            ]
            place += (over - place) * alpha
    return np.asarray(np.rint(below), np.uint8)
