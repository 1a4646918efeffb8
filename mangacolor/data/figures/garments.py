"""Garments: cut from the base mesh's own tights and skirt by fields over the body, or suits fitted as they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mangacolor.data.figures.body import Body
from mangacolor.data.figures.geometry import FloatArray, Indices, normals_of, pieces_of, triangles_of
from mangacolor.data.figures.pack import Pack, Piece
from mangacolor.data.figures.scene import Scene, Trim
from mangacolor.data.figures.store import Part

ARM = 0.3
"""Share of its weights from which on a vertex belongs to an arm."""

NOT_HERE = 30.0
"""Taken from a field where a garment shall not be."""

BODY_MARGIN = 0.05
"""How far the body goes on beneath a garment's edge, so that no gap shows."""


ARM_UNIT, ARMS_FROM = 2.6, 3.0
"""Decimetres of an upper arm, and from which first coordinate on cloth is on the arms, beyond that of any trunk."""

SKIRT_RADIUS = 1.5
"""Decimetres for a radian around a skirt."""


class Heights(NamedTuple):
    """Heights of joints at rest."""

    neck: float
    shoulder: float
    waist: float
    hip: float
    knee: float
    ankle: float


class Garment(NamedTuple):
    """A garment at rest.

    Attributes:
        piece: Its mesh.
        kept: (N,) it is cut away where this is negative; near its edges it is the distance to them.
        part: Number of its part, or one for each quad.
        coordinates: (N, 3) as `Meshes` has them.
    """

    piece: Piece
    kept: FloatArray
    part: int | Indices
    coordinates: FloatArray


@dataclass
class Wardrobe:
    """Where garments are cut for one body.

    Attributes:
        sleeve: (N,) along each arm, 0 at the shoulder, 1 at the elbow, 2 at the wrist; -1 off the arms.
        along: (N,) the same without regard to what belongs to an arm.
        garments: What was cut so far, from the inside out.
        body_kept: (N,) negative where garments cover the body.
        hidden: (N,) vertices of the body that suits hide.
    """

    scene: Scene
    pack: Pack
    body: Body
    person: int
    garments: list[Garment] = field(default_factory=list)

    def __post_init__(self) -> None:
        points = self.body.vertices
        joints, _ = self.pack.joints(points)

        def at(name: str) -> FloatArray:
            return np.asarray(joints[self.pack.bone[name]])

        ends = ("neck01", "upperarm01.L", "spine04", "upperleg01.L", "lowerleg01.L", "foot.L")
        self.heights = Heights(*(float(at(name)[1]) for name in ends))
        self.arm = self.pack.arm_share
        along = np.full(len(points), -1.0)
        for side in "LR":
            shoulder, elbow, wrist = at(f"upperarm01.{side}"), at(f"lowerarm01.{side}"), at(f"wrist.{side}")
            upper = (points - shoulder) @ (elbow - shoulder) / ((elbow - shoulder) @ (elbow - shoulder))
            lower = (points - elbow) @ (wrist - elbow) / ((wrist - elbow) @ (wrist - elbow))
            on_side = np.sign(points[:, 0]) == np.sign(shoulder[0])
            along = np.where(on_side, np.where(upper < 1, upper, 1 + np.maximum(lower, 0)), along)
        self.along = np.maximum(along, 0)
        self.sleeve = self.arm * along - (1 - self.arm)
        self.body_kept = np.ones(len(points))
        self.hidden = np.zeros(len(points), np.bool_)
        front = normals_of(points, triangles_of(self.pack.tights))[:, 2]
        front_of_skirt = normals_of(points, triangles_of(self.pack.skirt))[:, 2]
        self._front = np.where(np.abs(front_of_skirt) > np.abs(front), front_of_skirt, front)

    def off_arms(self, value: FloatArray) -> FloatArray:
        """Take a field away from the arms."""
        return np.asarray(value - NOT_HERE * (self.arm > ARM))

    def cut(
        self,
        what: str,
        quads: Indices,
        kept: FloatArray,
        distance: FloatArray | float,
        *,
        covers: bool = True,
        trim: float | None = None,
    ) -> int:
        """Cut a garment from quads of the base mesh.

        Args:
            what: Its name.
            quads: Of the tights or the skirt.
            kept: (N,) a field over the base mesh; the garment is where it is positive.
            distance: How far it stands off, (N,) or one number.
            covers: Whether the body is left out beneath it.
            trim: Width of a border, which is a part of its own.

        Returns:
            The number of its part.
        """
        part = self.scene.add_part(Part("garment", person=self.person, what=what))
        if trim is not None:
            border = self.scene.add_part(Part("garment", person=self.person, what=f"{what} trim"))
            self.scene.trims[part] = Trim(trim, border)
        points = self.body.vertices
        normals = normals_of(points, triangles_of(quads))
        moved = points + normals * np.broadcast_to(distance, len(points))[:, None]
        # Sleeves are sewn on: they have coordinates of their own, so they share no vertices with the trunk.
        is_sleeve = (self.arm[quads] > ARM).mean(axis=1) > 0.5
        sewn = [(quads[~is_sleeve], self._on_trunk(quads)), (quads[is_sleeve], self._on_arms())]
        used = [np.unique(some) for some, _ in sewn]
        corners = np.concatenate(
            [np.searchsorted(used[0], sewn[0][0]), len(used[0]) + np.searchsorted(used[1], sewn[1][0])]
        )
        coordinates = np.concatenate([values[chosen] for (_, values), chosen in zip(sewn, used, strict=True)])
        vertices = np.concatenate(used)
        piece = Piece(moved[vertices], corners.astype(np.int64), self.pack.weights[vertices])
        self.garments.append(Garment(piece, kept[vertices], part, coordinates))
        if covers:
            self.body_kept = np.minimum(self.body_kept, BODY_MARGIN - kept)
        return part

    def _on_trunk(self, quads: Indices) -> FloatArray:
        """Return coordinates (N, 3) of cloth on trunk and legs, or around a skirt."""
        x, y, z = self.body.vertices.T
        return np.stack([SKIRT_RADIUS * np.arctan2(x, z) if quads is self.pack.skirt else x, y, self._front], axis=1)

    def _on_arms(self) -> FloatArray:
        """Return coordinates (N, 3) of sleeves, far from those of a trunk."""
        x, _, z = self.body.vertices.T
        along = self.heights.shoulder - ARM_UNIT * self.along
        return np.stack([np.sign(x) * (ARMS_FROM + 1 + z), along, np.zeros(len(x))], axis=1)

    def wear(self, what: str, item: str) -> None:
        """Put on a fitted item; its pieces of one size, such as two shoes, are one part."""
        piece = self.pack.fit(self.body.vertices, item)
        count, which = pieces_of(len(piece.vertices), piece.quads)
        sizes = np.bincount(which, minlength=count)
        part_of_size = {
            int(size): self.scene.add_part(Part("garment", person=self.person, what=what))
            for size in np.unique(sizes[which])[::-1]
        }
        parts = np.array([part_of_size[int(sizes[index])] for index in which[piece.quads[:, 0]]], np.int64)
        coordinates = np.concatenate([piece.vertices[:, :2], np.zeros((len(piece.vertices), 1))], axis=1)
        self.garments.append(Garment(piece, np.ones(len(piece.vertices)), parts, coordinates))
        self.hidden[self.pack.hidden_by(item)] = True

    def shorten(self, index: int, kept: FloatArray) -> None:
        """Cut away more of a garment: where a field over its own vertices is negative."""
        garment = self.garments[index]
        self.garments[index] = garment._replace(kept=np.minimum(garment.kept, kept))
