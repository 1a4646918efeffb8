"""What is drawn on bare skin: nails and the creases of fingers on large hands, collarbones, tendons and knees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mangacolor.data.figures.geometry import FloatArray, normals_of, triangles_of, unit
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.posing import out_of_palm
from mangacolor.data.figures.scene import Decal, Sketch
from mangacolor.data.figures.sheet import Sheet, curve

if TYPE_CHECKING:
    from mangacolor.data.figures.body import Body

NAIL_FROM, NAIL_TO, NAIL_WIDTH, NAIL_TURN = 2.5, 3.15, 0.72, 0.35
"""Where a nail is: along the finger in bones, across in half widths, and how far the skin looks to the back."""

SMALLEST_PX = 90.0
"""Pixels of the surface for a decimetre below which nails, creases, collarbones and knees are left out."""

SCALE = 240
"""Pixels of a sheet for the height from chin to eyes."""

LEAST_FRONT = 0.3


def skin_coordinates(pack: Pack, body: Body) -> FloatArray:
    """Return coordinates (N, 3) of the skin off the face.

    On fingers: bones from the knuckle, half widths across, and how far the skin looks to the palm. Elsewhere: x and y
    as the face has them, and how far the skin looks to the front.
    """
    x, y = body.on_face(body.vertices)
    normals = normals_of(body.vertices, triangles_of(pack.body))
    coordinates = np.stack([x, y, normals[:, 2]], axis=1)
    heads, tails = pack.joints(body.vertices)
    for side in "LR":
        palm = out_of_palm(pack, heads, tails, side)
        for finger in range(1, 6):
            for k in range(1, 4):
                bone = pack.bone[f"finger{finger}-{k}.{side}"]
                moved = np.flatnonzero(pack.strongest == bone)
                if len(moved):
                    along = tails[bone] - heads[bone]
                    # A thumb is turned: its nail looks away from where the other fingers' palms look, and aside.
                    facing = unit(palm - along * (palm @ along) / (along @ along))
                    across = unit(np.cross(along, facing))
                    offset = body.vertices[moved] - heads[bone]
                    aside = offset @ across
                    half = max(float(np.abs(aside).max()), 1e-6)
                    coordinates[moved] = np.stack(
                        [k - 1 + offset @ along / (along @ along), aside / half, normals[moved] @ facing], axis=1
                    )
    return coordinates


def upper_body_sketch(pack: Pack, body: Body, parts: tuple[int, ...], seed: int) -> Sketch:
    """Return a drawing of collarbones and of the tendons of the neck.

    Args:
        pack: The pack.
        body: At rest.
        parts: Numbers of the skin it lies on: neck and trunk.
        seed: Decides their shapes.
    """

    def draw(line: float) -> Decal:
        rng = np.random.default_rng(seed)
        heads, _ = pack.joints(body.vertices)
        ends = np.stack(body.on_face(heads[[pack.bone["neck01"], pack.bone["upperarm01.L"]]]), axis=1)
        pit, wide = ends[0, 1] - 0.35 / body.unit, 0.62 * abs(ends[1, 0])
        sheet = Sheet(-1.5 * wide, 1.5 * wide, pit - 1, pit + 1.5, SCALE)
        width = line / body.unit * SCALE
        rise, sag = rng.uniform(0.1, 0.3), rng.uniform(0.02, 0.12)
        for side in (-1, 1):
            bone = curve([[0.1, pit], [0.5 * wide, pit - sag], [wide, pit + rise]])
            sheet.stroke(bone * [side, 1], 1, rng.uniform(0.6, 1.1) * width, 1)
            if rng.random() < 0.6:
                tendon = curve([[0.5, pit + 1.2], [0.35, pit + 0.6], [0.1, pit + 0.08]])[rng.integers(0, 20) :]
                sheet.stroke(tendon * [side, 1], 1, rng.uniform(0.5, 0.9) * width, 1)
        return sheet.decal(parts, {}, LEAST_FRONT)._replace(unit=body.unit, smallest_px=SMALLEST_PX)

    return draw


def knee_sketch(pack: Pack, body: Body, parts: tuple[int, ...], seed: int) -> Sketch:
    """Return a drawing of both knees on the skin of legs."""

    def draw(line: float) -> Decal:
        rng = np.random.default_rng(seed)
        heads, _ = pack.joints(body.vertices)
        x, y = (float(values[0]) for values in body.on_face(heads[[pack.bone["lowerleg01.L"]]]))
        x = abs(x)
        sheet = Sheet(-x - 1, x + 1, y - 1, y + 1, SCALE)
        width = line / body.unit * SCALE
        turn = rng.uniform(-0.1, 0.1)
        for side in (-1, 1):
            paths = [
                curve([[x - 0.22, y - 0.12], [x + turn, y - 0.32], [x + 0.22, y - 0.12]]),
                curve([[x - 0.26, y + 0.02], [x - 0.2, y + 0.2], [x - 0.08, y + 0.28]]),
                curve([[x + 0.26, y + 0.02], [x + 0.2, y + 0.2], [x + 0.08, y + 0.28]]),
            ]
            for path in paths:
                if rng.random() < 0.7:
                    sheet.stroke(path * [side, 1], 1, rng.uniform(0.6, 1.0) * width, 1)
        return sheet.decal(parts, {}, LEAST_FRONT)._replace(unit=body.unit, smallest_px=SMALLEST_PX)

    return draw
