"""What stands before the camera: meshes whose triangles know which part they are, and drawings laid on some of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.geometry import FloatArray, Indices, normals_of
from mangacolor.data.figures.patterns import Pattern
from mangacolor.data.figures.store import PLACES, Part


class Decal(NamedTuple):
    """A flat drawing laid on parts of the scene by the first two coordinates of their surface.

    Attributes:
        parts: Numbers of the parts that it lies on.
        left: First coordinate of its left edge; coordinates grow to the right and up.
        top: Second coordinate of its top edge.
        scale: Pixels of the drawing for one unit of coordinates.
        part: (h, w) which of `numbers` each pixel is, 0 for none.
        numbers: What a value of `part` is in the scene.
        ink: (h, w) 255 where it is black.
        light: (h, w) factor of light, where it is some part.
        least: It lies where the third coordinate of the surface is above this.
    """

    parts: tuple[int, ...]
    left: float
    top: float
    scale: float
    part: NDArray[np.uint8]
    numbers: Mapping[int, int]
    ink: NDArray[np.uint8]
    light: NDArray[np.float32]
    least: float
    faces: float = 1.0
    """-1 for a drawing on the back: the third coordinate is taken the other way round."""
    unit: float = 1.0
    """Decimetres of one unit of its coordinates."""
    smallest_px: float = 0.0
    """It is left out where a decimetre has fewer pixels."""


Sketch = Callable[[float], Decal]
"""Draws a decal once the width of a line, in decimetres, is known."""


class Trim(NamedTuple):
    """A border along the edges of a garment: how wide, and which part it is."""

    width: float
    number: int


class Meshes(NamedTuple):
    """All meshes of a scene as one; N vertices, M triangles.

    Attributes:
        vertices: (N, 3).
        normals: (N, 3).
        triangles: (M, 3).
        kept: (N,) where the interpolated value is negative, nothing is.
        coordinates: (N, 3) of the surface. On the face: x and y, and how much it belongs to it; on
            other skin see `skin_coordinates`. On hair: 0 to 1
            from root to tip, -1 to 1 across, and the layer (-1: no locks). On garments: x and y at rest
            (on skirts the way around in place of x), and how much it looks to the front.
        part: (M,) number of the part.
        thread: (M,) number of the finger, toe or lock, 0 for none.
    """

    vertices: FloatArray
    normals: FloatArray
    triangles: Indices
    kept: FloatArray
    coordinates: FloatArray
    part: Indices
    thread: Indices


@dataclass
class Scene:
    """Parts, meshes and drawings on them; part 0 is the ground.

    Attributes:
        parts: What part 0, 1, 2, ... is.
        outline: The number that each part has for outlines: parts with the same one meet without a line.
        trims: Borders of parts.
        nails: Which part nails are, by the number of the hand's skin.
        patterns: What is woven into parts.
        sketches: Drawings on parts.
        joints: (J, 3) where cloth folds.
    """

    parts: list[Part] = field(default_factory=lambda: [Part("ground")])
    outline: list[int] = field(default_factory=lambda: [0])
    trims: dict[int, Trim] = field(default_factory=dict)
    nails: dict[int, int] = field(default_factory=dict)
    patterns: dict[int, list[Pattern]] = field(default_factory=dict)
    sketches: list[Sketch] = field(default_factory=list)
    joints: list[FloatArray] = field(default_factory=list)
    _meshes: list[Meshes] = field(default_factory=list)

    def add_part(self, part: Part, outline: int | None = None) -> int:
        """Return the number of a new part."""
        self.parts.append(part)
        self.outline.append(len(self.parts) - 1 if outline is None else outline)
        return len(self.parts) - 1

    def add_skin(self, person: int) -> dict[str, int]:
        """Return the numbers of all places of one person's skin, without lines between them."""
        first = self.add_part(Part("skin", PLACES[0], person))
        return {PLACES[0]: first} | {place: self.add_part(Part("skin", place, person), first) for place in PLACES[1:]}

    def add_mesh(
        self,
        vertices: FloatArray,
        triangles: Indices,
        part: int | Indices,
        *,
        kept: FloatArray | None = None,
        coordinates: FloatArray | None = None,
        thread: int | Indices = 0,
    ) -> None:
        """Put a mesh into the scene; see `Meshes` for the arguments."""
        count = len(vertices)
        self._meshes.append(
            Meshes(
                vertices,
                normals_of(vertices, triangles),
                triangles,
                np.ones(count) if kept is None else kept,
                np.zeros((count, 3)) if coordinates is None else coordinates,
                np.broadcast_to(np.asarray(part, np.int64), (len(triangles),)),
                np.broadcast_to(np.asarray(thread, np.int64), (len(triangles),)),
            )
        )

    def meshes(self) -> Meshes:
        """Return all meshes as one."""
        starts = np.cumsum([0] + [len(mesh.vertices) for mesh in self._meshes[:-1]])
        pairs = zip(self._meshes, starts, strict=True)
        moved = [mesh._replace(triangles=mesh.triangles + start) for mesh, start in pairs]
        return Meshes(*(np.concatenate(values) for values in zip(*moved, strict=True)))
