"""What the camera sees at each pixel: parts, surface, normals and depth, with the drawings laid on them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.camera import View
from mangacolor.data.figures.geometry import FloatArray
from mangacolor.data.figures.patterns import FINEST_PX, Pattern, lies_on, pleat_of
from mangacolor.data.figures.raster import interpolate, see
from mangacolor.data.figures.scene import Decal, Meshes, Scene
from mangacolor.data.figures.skin_details import NAIL_FROM, NAIL_TO, NAIL_TURN, NAIL_WIDTH, SMALLEST_PX

Plane = NDArray[np.float32]

MARGIN_PX = 14
"""Left around what is seen, for lines and for the hand's wobble."""


@dataclass
class Surface:
    """A part of the picture that holds all that is seen; planes (h, w).

    Attributes:
        box: Rows and columns of the picture that it is.
        part: Number of the part.
        solid: The part before trims and decals were laid on it.
        thread: Finger or lock.
        normal: (h, w, 3) unit vectors towards the camera.
        coordinates: (h, w, 3) see `Meshes`.
        position: (h, w, 3) as the camera has it.
        edge: Distance to the edge of the garment.
        nearness: One over the distance, 0 where nothing is.
        ink: 0 to 1, from decals.
        light: Factor from decals.
        pixel: Length of a pixel in the scene.
    """

    box: tuple[slice, slice]
    part: NDArray[np.int64]
    solid: NDArray[np.int64]
    thread: NDArray[np.int64]
    normal: Plane
    coordinates: Plane
    position: Plane
    edge: Plane
    nearness: Plane
    ink: Plane
    light: Plane
    pixel: float

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """Where anything is."""
        return self.nearness > 0


def look(scene: Scene, meshes: Meshes, view: View, side_px: int, step_px: int) -> Surface | None:
    """Look at a scene; None where nothing is seen.

    Args:
        scene: The parts.
        meshes: Its meshes.
        view: From where.
        side_px: Height and width of the picture.
        step_px: The box begins and ends at multiples of this.
    """
    points = view.seen_from(meshes.vertices)
    seen = see(*view.project(points, side_px), meshes.kept, meshes.triangles, side_px, side_px)
    rows, columns = np.nonzero(seen.triangle >= 0)
    if not len(rows):
        return None
    margin = MARGIN_PX * step_px
    box = (_span(rows, margin, side_px, step_px), _span(columns, margin, side_px, step_px))
    seen = seen.cropped(box)
    values = [meshes.normals @ view.turn.T, meshes.coordinates, points, meshes.kept[:, None]]
    planes = interpolate(seen, meshes.triangles, np.concatenate(values, axis=1).astype(np.float32))
    normal = planes[..., :3]
    normal[normal[..., 2] < 0] *= -1  # ribbons are seen from both sides
    normal = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    is_seen = seen.triangle >= 0
    part, thread = (np.where(is_seen, of[seen.triangle], 0) for of in (meshes.part, meshes.thread))
    empty = np.zeros(part.shape, np.float32)
    surface = Surface(
        box, part, part.copy(), thread, normal, planes[..., 3:6], planes[..., 6:9], planes[..., 9],
        seen.nearness.astype(np.float32), empty, np.ones_like(empty), view.extent / side_px,
    )  # fmt: skip
    for number, patterns in scene.patterns.items():
        for pattern in patterns:
            _weave(surface, part == number, pattern)
    if surface.pixel * SMALLEST_PX < 1:
        along, across, palm = np.moveaxis(surface.coordinates, -1, 0)
        is_nail = (along > NAIL_FROM) & (along < NAIL_TO) & (np.abs(across) < NAIL_WIDTH) & (palm < -NAIL_TURN)
        for number, nail in scene.nails.items():
            surface.part[(part == number) & (thread > 0) & is_nail] = nail
    for number, trim in scene.trims.items():
        surface.part[(part == number) & (surface.edge < trim.width)] = trim.number
    return surface


def _weave(surface: Surface, is_cloth: NDArray[np.bool_], pattern: Pattern) -> None:
    """Draw a pattern into the parts, or as pleats into the threads, of the surface."""
    if not is_cloth.any() or pattern.period < FINEST_PX * surface.pixel:
        return
    coordinates = surface.coordinates[is_cloth]
    if pattern.kind == "pleats":
        surface.thread[is_cloth] = pleat_of(pattern, coordinates)
    else:
        surface.part[is_cloth] = np.where(lies_on(pattern, coordinates), pattern.number, surface.part[is_cloth])


def lay(surface: Surface, decal: Decal, pixels: float) -> None:
    """Lay a drawing on the surface.

    Args:
        surface: Changed in place.
        decal: The drawing.
        pixels: About how many pixels of the picture one unit of its coordinates has.
    """
    if surface.pixel * decal.smallest_px > 1:
        return
    is_there = np.isin(surface.solid, decal.parts) & (decal.faces * surface.coordinates[..., 2] > decal.least)
    if not is_there.any():
        return
    rows, columns = (slice(values.min(), values.max() + 1) for values in np.nonzero(is_there))
    window = (rows, columns)
    is_there = is_there[window]
    x = (surface.coordinates[window][..., 0] - decal.left) * decal.scale - 0.5
    y = (decal.top - surface.coordinates[window][..., 1]) * decal.scale - 0.5
    x, y = (np.where(is_there, values, -9).astype(np.float32) for values in (x, y))
    local = cv2.remap(decal.part, x, y, cv2.INTER_NEAREST)
    number = np.zeros(256, np.int64)
    for value, of_scene in decal.numbers.items():
        number[value] = of_scene
    is_drawn = local > 0
    surface.part[window][is_drawn] = number[local][is_drawn]
    # A smaller copy for ink, which would otherwise be sampled too coarsely.
    shrink = min(1.0, 1.6 * pixels / decal.scale)
    height, width = (max(8, int(length * shrink)) for length in decal.ink.shape)
    ink = cv2.resize(decal.ink, (width, height), interpolation=cv2.INTER_AREA)
    laid = cv2.remap(ink, (x + 0.5) * shrink - 0.5, (y + 0.5) * shrink - 0.5, cv2.INTER_LINEAR)
    surface.ink[window] = np.maximum(surface.ink[window], laid.astype(np.float32) / 255)
    light = cv2.remap(decal.light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    surface.light[window][is_drawn] = light[is_drawn]


def noise(shape: tuple[int, int], cells: int, spread: float, rng: np.random.Generator) -> Plane:
    """Return smooth noise (H, W) with about `cells` bumps along the longer side."""
    unit = max(shape) / cells
    size = tuple(max(4, round(length / unit) + 3) for length in shape)
    coarse = rng.normal(0, spread, size).astype(np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _span(places: NDArray[np.int64], margin: int, side: int, unit: int) -> slice:
    return slice(
        max(0, int(places.min()) - margin) // unit * unit, -(-min(side, int(places.max()) + 1 + margin) // unit) * unit
    )


def screen_size(view: View, point: FloatArray, length: float, side_px: int) -> float:
    """Return how many pixels a length has at a point of the scene (3,)."""
    away = view.distance - view.seen_from(point[None])[0, 2]
    return float(side_px / view.extent * view.distance * length / max(away, NEAR))


NEAR = 0.5
