"""A body at rest: a random adult of the base mesh, with a head as drawings have them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mangacolor.data.figures.geometry import FloatArray, neighbour_means, step
from mangacolor.data.figures.pack import Pack

FEMININE = (0.0, 0.1, 0.9, 1.0)
"""Shares of the female morphs that a body may have, each as likely."""

OLD_SHARE = 0.12
HEAD_SCALES, LARGE_HEAD_SCALES, LARGE_HEADS = (1.08, 1.3), (1.25, 1.5), 0.25
"""How much larger than life a drawn head is; a quarter of them are larger still."""

LOWER_FACE = (0.78, 0.92)
"""Height of the face below the eyes over that of life."""

SMOOTHING_STEPS = 60


class Body(NamedTuple):
    """A body before it is posed. Lengths are decimetres, x to its left, y up, z to the front.

    Attributes:
        vertices: (N, 3) of the base mesh with its helpers.
        feminine: 0 to 1.
        eye: (3,) the point between the eyes.
        unit: Height from chin to eyes, by which the head is measured.
    """

    vertices: FloatArray
    feminine: float
    eye: FloatArray
    unit: float

    @property
    def is_female(self) -> bool:
        """Whether clothes and hair are chosen as for women."""
        return self.feminine > 0.5

    def on_face(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return x and y of points (N, 3) at rest, in units of the head, from between the eyes."""
        return points[:, 0] / self.unit, (points[:, 1] - self.eye[1]) / self.unit


def make_body(pack: Pack, rng: np.random.Generator, feminine: float | None = None) -> Body:
    """Morph the base mesh into a random adult.

    Args:
        pack: The pack.
        rng: Source of everything random.
        feminine: 0 to 1; None for any.
    """
    feminine = float(rng.choice(FEMININE)) if feminine is None else feminine
    vertices = pack.rest.copy()
    _grow(pack, vertices, feminine, rng)
    scale = rng.uniform(*(LARGE_HEAD_SCALES if rng.random() < LARGE_HEADS else HEAD_SCALES))
    joints, _ = pack.joints(vertices)
    vertices += pack.head_share[:, None] * (scale - 1) * (vertices - joints[pack.bone["head"]])
    eye = 0.5 * sum(vertices[side].mean(axis=0) for side in pack.eyes)
    unit = float(eye[1] - _chin_height(pack, vertices, eye, scale))
    _smooth_face(pack, vertices, eye, unit)
    on_head = step(0.05, 0.7, pack.head_share)
    shrink = rng.uniform(*LOWER_FACE)
    vertices[:, 1] += (1 - shrink) * np.clip(eye[1] - vertices[:, 1], 0, unit) * on_head
    unit *= shrink
    narrow = rng.uniform(0.06, 0.2) * (0.7 + 0.4 * feminine)
    y = (vertices[:, 1] - eye[1]) / unit
    vertices[:, 0] *= 1 - narrow * step(-0.15, -1.0, y) * step(-1.8, -1.0, y) * on_head
    return Body(vertices, feminine, np.asarray(eye), unit)


def _grow(pack: Pack, vertices: FloatArray, feminine: float, rng: np.random.Generator) -> None:
    """Apply morphs of sex, age, descent, muscle, weight, height and details."""
    old = rng.uniform(0.2, 0.8) if rng.random() < OLD_SHARE else 0.0
    descent = rng.dirichlet([0.7, 0.7, 0.9])
    muscle, weight = _thirds(rng.normal(0.5, 0.2)), _thirds(rng.normal(0.45, 0.2))
    height, ideal = rng.uniform(-0.6, 0.8), rng.uniform(0.3, 1)
    for sex, sex_share in (("female", feminine), ("male", 1 - feminine)):
        for age, age_share in (("young", 1 - old), ("old", old)):
            share = sex_share * age_share
            for name, part in zip(("african", "asian", "caucasian"), descent, strict=True):
                pack.morph(vertices, f"macrodetails/{name}-{sex}-{age}", share * part)
            for strong, strong_share in muscle.items():
                for heavy, heavy_share in weight.items():
                    name = f"macrodetails/universal-{sex}-{age}-{strong}muscle-{heavy}weight"
                    pack.morph(vertices, name, share * strong_share * heavy_share)
            usual = f"{sex}-{age}-averagemuscle-averageweight"
            tall = "max" if height > 0 else "min"
            pack.morph(vertices, f"macrodetails/height/{usual}-{tall}height", 0.7 * share * abs(height))
            pack.morph(vertices, f"macrodetails/proportions/{usual}-idealproportions", share * ideal)
    details = ("ears/", "nose/nose-scale-vert-decr", "nose/nose-scale-depth-decr", "torso/", "hip/")
    for name in pack.targets:
        if name.startswith(details) and rng.random() < 0.3:
            pack.morph(vertices, name, rng.uniform(0, 0.4))
    for name in ("neck/neck-scale-horiz-decr", "neck/neck-scale-depth-decr"):
        pack.morph(vertices, name, (0.2 + 0.5 * feminine) * rng.random())
    larger_hands = 0.35 * rng.random()
    for side in "lr":
        pack.morph(vertices, f"armslegs/{side}-hand-scale-incr", larger_hands)


def _thirds(value: float) -> dict[str, float]:
    value = float(np.clip(value, 0, 1))
    return {"min": max(0, 1 - 2 * value), "average": 1 - abs(2 * value - 1), "max": max(0, 2 * value - 1)}


def _chin_height(pack: Pack, vertices: FloatArray, eye: FloatArray, scale: float) -> float:
    """Return y of the lowest vertex at the front of the head."""
    points = vertices[pack.body_vertices[pack.head_share[pack.body_vertices] > 0.5]]
    front = points[(np.abs(points[:, 0]) < 0.12 * scale) & (points[:, 2] > eye[2] - 0.25) & (points[:, 1] < eye[1])]
    return float(front[:, 1].min())


def _smooth_face(pack: Pack, vertices: FloatArray, eye: FloatArray, unit: float) -> None:
    """Smooth away eye sockets and lips, which are drawn instead, and leave some of the nose (Taubin's steps)."""
    x, y = vertices[:, 0] / unit, (vertices[:, 1] - eye[1]) / unit
    front = step(-0.9, 0.1, (vertices[:, 2] - eye[2]) / unit) * step(0.05, 0.7, pack.head_share)
    eyes = step(0.42, 0.25, np.abs(y - 0.02)) * step(0.62, 0.5, np.abs(x))
    mouth = step(0.26, 0.14, np.abs(y + 0.74)) * step(0.5, 0.3, np.abs(x))
    face = 0.25 * step(0.7, 0.5, y) * step(-0.95, -0.8, y) * step(0.6, 0.45, np.abs(x))
    nose = np.exp(-((x / 0.16) ** 2) - ((y + 0.45) / 0.16) ** 2)
    strength = front * np.maximum(np.maximum(eyes, mouth), face) * (1 - 0.7 * nose)
    touched = pack.body_vertices
    means = neighbour_means(len(vertices), pack.body)
    strength, means = strength[touched, None], means[touched][:, touched]
    points = vertices[touched]
    for k in range(SMOOTHING_STEPS):
        points += (0.6 if k % 2 == 0 else -0.5) * strength * (means @ points - points)
    vertices[touched] = points
