"""Light: one step of shadow as in animation, cast shadows, and a gloss on hair."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.camera import View
from mangacolor.data.figures.edges import Kinds
from mangacolor.data.figures.geometry import FloatArray, step, unit
from mangacolor.data.figures.raster import see
from mangacolor.data.figures.scene import Meshes
from mangacolor.data.figures.surface import Plane, Surface, noise

UNSHADED, CAST = 0.2, 0.8
"""Chances of a picture without shadow, and of cast shadows."""

GLOSS_KINDS, GLOSS_CHANCES = ("none", "spots", "ring"), (0.4, 0.22, 0.38)
"""How hair shines: not, in spots where it faces the light, or in a jagged ring around the head."""

SHADOWS, GLOSSES = (0.6, 0.86), (1.2, 1.6)
"""Factors on a flat colour; skin is darkened by less."""

SHADOW_MAP_PX = 512
FAR = 500.0
"""Makes heights over the shadow map positive."""

SHADOW_GAP = 0.16
"""Decimetres by which something must stand before a surface to shade it."""


class Heads(NamedTuple):
    """The heads in a scene: their middles (K, 3), the directions up from them (K, 3), and their units (K,)."""

    middles: FloatArray
    ups: FloatArray
    units: FloatArray


def shine(
    surface: Surface, meshes: Meshes, kinds: Kinds, view: View, heads: Heads, scale: int, rng: np.random.Generator
) -> Plane:
    """Return the factor of light at each pixel (h, w), with that of the decals.

    Args:
        surface: With decals laid on it.
        meshes: The scene, for shadows.
        kinds: Of the parts.
        view: The camera.
        heads: In the scene; faces are lit as if they were eggs.
        scale: Pixels of the surface for one of the finished picture, each way.
        rng: Source of everything random.
    """
    sun = unit(np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.35, 1.0), rng.uniform(0.5, 1.0)]))
    normal = _smooth_faces(surface, kinds, view.seen_from(heads.middles))
    facing = np.asarray(cv2.GaussianBlur(normal, (0, 0), scale) @ sun.astype(np.float32), np.float32)
    edge = rng.uniform(-0.05, 0.3)
    lit = np.asarray(step(edge - 0.02, edge + 0.02, facing), np.float32)
    is_hair = kinds.is_hair[surface.part]
    if rng.random() < CAST:
        unshaded = np.asarray(step(0.58, 0.42, _shadow(surface, meshes, view, sun, scale)), np.float32)
        lit = np.where(is_hair, lit, lit * unshaded)
    if rng.random() < UNSHADED:
        lit = np.ones_like(lit)
    dark = rng.uniform(*SHADOWS)
    darkness = np.where(kinds.is_skin[surface.part], dark + 0.3 * (1 - dark), dark)
    light = darkness * (1 - lit) + lit
    gloss = str(rng.choice(GLOSS_KINDS, p=GLOSS_CHANCES))
    if gloss == "spots":
        towards = unit(sun + np.array([0, 0.15, 1.0]))
        shining = surface.normal @ towards.astype(np.float32) + noise(lit.shape, 12, 0.05, rng)
        is_above = surface.position[..., 1] > view.seen_from(heads.middles)[:, 1].min() - 0.3
        light[is_hair & (shining > 0.955) & (lit > 0.5) & is_above] = rng.uniform(*GLOSSES)
    elif gloss == "ring" and is_hair.any():
        light[is_hair & _ring(surface, is_hair, heads, view, rng)] = rng.uniform(*GLOSSES)
    is_drawn = surface.part != surface.solid
    on_face = is_drawn & kinds.is_face[surface.solid]
    light = np.where(on_face, surface.light * (0.82 + 0.18 * lit), light)
    return np.asarray(light, np.float32)


def _ring(
    surface: Surface, is_hair: NDArray[np.bool_], heads: Heads, view: View, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Say where the ring of light on hair is: at one height of the head, with a tooth up and down on every strand."""
    away = surface.position[is_hair][:, None] - view.seen_from(heads.middles).astype(np.float32)
    nearest = np.argmin((away**2).sum(axis=-1), axis=-1)
    up = (heads.ups @ view.turn.T).astype(np.float32)
    height = np.take_along_axis(np.einsum("nkc,kc->nk", away, up), nearest[:, None], axis=1)[:, 0]
    height = height / heads.units.astype(np.float32)[nearest]
    _, around, layer = surface.coordinates[is_hair].T
    strands = np.where(layer < -0.5, around * rng.uniform(12, 30), (around + 1) * rng.uniform(0.8, 1.6))
    number = np.floor(strands).astype(np.int64)
    tooth = 1 - np.abs(2 * (strands - number) - 1)
    chance = rng.random(512).astype(np.float32)[(number * 37 + surface.thread[is_hair] * 101) % 512]
    middle, half = rng.uniform(0.5, 0.85), rng.uniform(0.05, 0.13)
    low, high = middle - half * (0.4 + 1.6 * tooth * chance), middle + half * (0.3 + tooth * (1 - chance))
    facing = surface.normal[is_hair][:, 2] > rng.uniform(0.2, 0.5)
    ring = np.zeros(is_hair.shape, np.bool_)
    ring[is_hair] = (height > low) & (height < high) & facing & (chance > rng.uniform(0, 0.35))
    return ring


def _smooth_faces(surface: Surface, kinds: Kinds, heads: FloatArray) -> Plane:
    """Return normals that on faces are mostly those of an egg around the middle of the nearest head."""
    share = 0.8 * np.clip(surface.coordinates[..., 2:3], 0, 1) * kinds.is_face[surface.solid][..., None]
    if not share.any():
        return surface.normal
    away = surface.position[..., None, :] - heads.astype(np.float32)
    nearest = np.argmin((away**2).sum(axis=-1), axis=-1)
    flat = np.array([1, 0.55, 1], np.float32)
    round_ = np.take_along_axis(away, nearest[..., None, None], axis=2)[..., 0, :] * flat
    round_ = round_ / np.maximum(np.linalg.norm(round_, axis=-1, keepdims=True), 1e-6)
    return np.asarray(surface.normal * (1 - share) + round_ * share, np.float32)


def _shadow(surface: Surface, meshes: Meshes, view: View, sun: FloatArray, scale: int) -> Plane:
    """Return how much each pixel lies in the shadow of something, 0 to 1 (shadow map; Williams 1978)."""
    across = unit(np.cross([0, 1, 0], sun))
    axes = np.stack([across, np.cross(sun, across), sun])
    points = view.seen_from(meshes.vertices) @ axes.T
    at = surface.position @ axes.T.astype(np.float32)
    shown = at[surface.is_seen]
    low, high = shown.min(axis=0), shown.max(axis=0)
    factor = (SHADOW_MAP_PX - 8) / max(float((high - low)[:2].max()), 1e-3)
    x, y = ((points[:, axis] - low[axis]) * factor + 4 for axis in (0, 1))
    seen = see(x, y, points[:, 2] + FAR, meshes.kept, meshes.triangles, SHADOW_MAP_PX, SHADOW_MAP_PX)
    u, v = (((at[..., axis] - low[axis]) * factor + 4).astype(np.float32) for axis in (0, 1))
    nearest = cv2.remap(seen.nearness.astype(np.float32), u, v, cv2.INTER_LINEAR)
    shaded = (nearest - FAR - at[..., 2] > SHADOW_GAP).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(shaded, (0, 0), 1.5 * scale), np.float32)
