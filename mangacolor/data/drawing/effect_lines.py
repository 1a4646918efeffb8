"""Speed lines and focus lines: long thin wedges over the art of a panel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.balloon_shapes import box_of
from mangacolor.data.drawing.page_layout import Panel

Points = NDArray[np.float32]


def effect_lines(panel: Panel, unit_px: float) -> list[Points]:
    """Return the wedges, (3, 2) points x, y each, of a panel's effect; none where it has none.

    Args:
        panel: The panel; its seed decides where the lines run.
        unit_px: Size of ordinary letters.
    """
    if panel.effect == "none":
        return []
    rng = np.random.default_rng((panel.seed, 2))
    top, left, bottom, right = box_of(panel.polygon)
    width, height = right - left, bottom - top
    if panel.effect == "focus":
        return _focus((left + width / 2, top + height / 2), (width, height), unit_px, rng)
    return _speed((left, top), (width, height), unit_px, rng)


def _focus(
    centre: tuple[float, float], size: tuple[float, float], unit_px: float, rng: np.random.Generator
) -> list[Points]:
    """Draw lines from beyond the frame towards an ellipse around the centre, which stays free."""
    x, y = (middle + rng.uniform(-0.12, 0.12) * length for middle, length in zip(centre, size, strict=True))
    count = int(rng.integers(50, 150))
    turn = (np.arange(count) + rng.uniform(-0.5, 0.5, count)) * (2 * np.pi / count)
    far = float(np.hypot(*size))
    near = rng.uniform(0.28, 0.42) * rng.uniform(0.9, 1.5, count)
    half = rng.uniform(0.1, 0.35) * unit_px * rng.uniform(0.4, 1.6, count) / far
    tips = np.stack([x + size[0] * near * np.cos(turn), y + size[1] * near * np.sin(turn)], axis=1)
    bases = [np.stack([x + far * np.cos(turn + step), y + far * np.sin(turn + step)], axis=1) for step in (-half, half)]
    return list(np.stack([tips, *bases], axis=1).astype(np.float32))


def _speed(
    corner: tuple[float, float], size: tuple[float, float], unit_px: float, rng: np.random.Generator
) -> list[Points]:
    """Draw lines across the panel, most of them near its edges, each thin at one end."""
    angle = rng.choice([0.0, np.pi / 2]) + rng.uniform(-0.3, 0.3)
    along = np.array((np.cos(angle), np.sin(angle)))
    across = np.array((-along[1], along[0]))
    reach = float(np.hypot(*size))
    count = int(rng.integers(25, 90))
    offset = (rng.beta(0.6, 0.6, count) - 0.5) * reach
    start = rng.uniform(-0.6, 0.1, count) * reach
    length = rng.uniform(0.3, 1.1, count) * reach
    half = 0.5 * rng.uniform(0.06, 0.25) * unit_px * rng.uniform(0.4, 1.6, count)
    middle = np.array(corner) + np.array(size) / 2
    roots = middle + offset[:, None] * across + start[:, None] * along
    tips = roots + length[:, None] * along * rng.choice([-1.0, 1.0])
    wedges = np.stack([tips, roots - half[:, None] * across, roots + half[:, None] * across], axis=1)
    return list(wedges.astype(np.float32))
