"""Hair: locks over a scalp in many cuts, or one of the pack's hair meshes; and hats, under which it ends."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mangacolor.data.figures.body import Body
from mangacolor.data.figures.geometry import FloatArray, normals_of, step, triangles_of, unit
from mangacolor.data.figures.locks import Lock, LockShape, Skull, grow_lock, grow_tail
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.posing import Posed
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.store import Part

MESH_SHARE, HAT_SHARE = 0.3, 0.06
LOCKS_AROUND = (13, 28)
"""Fewest and most locks of a layer: from broad tufts to fine strands."""

BLUNT = 0.18
"""How often hair is cut straight across."""

BLUNT_TIP = -4.0
"""How spiky its locks are: they keep their width to the end."""

LENGTHS = (0.55, 0.9, 1.6, 2.8, 4.2)
LENGTH_CHANCES = {True: (0.1, 0.22, 0.25, 0.25, 0.18), False: (0.55, 0.3, 0.1, 0.03, 0.02)}
"""Length below the eyes in units of the head, by whether the body is female."""

CUTS = ("locks", "pony", "twin", "bun")
CUT_CHANCES = {True: (0.7, 0.14, 0.1, 0.06), False: (0.93, 0.05, 0.0, 0.02)}

HAIRLINE_DEG = (0, 25, 45, 60, 72, 84, 96, 112, 125, 150, 180)
HAIRLINE = (0.74, 0.74, 0.66, 0.45, 0.1, 0.02, 0.3, 0.2, -0.35, -0.6, -0.66)
"""Height of the hairline above the eyes around the head, from the front to the back; it leaves the ears free."""


class Cut(NamedTuple):
    """How hair is cut.

    Attributes:
        kind: One of `CUTS`.
        fringe: Height of the fringe above the eyes; None for hair swept back.
        side: Length at the sides, below the eyes.
        back: Length at the back.
        spiky: 0 to 1.
        volume: How far it stands off.
        curl: 0 for straight hair.
        parting: Where it parts, in degrees from the front.
        shows_ears: Sides end above the ears.
        tufts: Locks of a layer.
        is_blunt: Its ends are cut straight across.
    """

    kind: str
    fringe: float | None
    side: float
    back: float
    spiky: float
    volume: float
    curl: float
    parting: float
    shows_ears: bool
    tufts: int
    is_blunt: bool


def choose_cut(is_female: bool, rng: np.random.Generator) -> Cut:
    """Choose a cut by chance."""
    kind = str(rng.choice(CUTS, p=CUT_CHANCES[is_female]))
    back = float(rng.choice(LENGTHS, p=LENGTH_CHANCES[is_female])) if kind == "locks" else 0.5
    return Cut(
        kind=kind,
        fringe=None if rng.random() < 0.12 else float(rng.uniform(0.12, 0.45)),
        side=min(back, float(rng.uniform(0.25, 1.5))) if rng.random() < 0.6 else back,
        back=back,
        spiky=float(rng.uniform(0, 0.55 if is_female else 1)),
        volume=float(rng.uniform(0.02, 0.12)),
        curl=float(rng.uniform(0, 1)) if rng.random() < 0.3 else 0.0,
        parting=float(rng.uniform(-35, 35)),
        shows_ears=bool(rng.random() < (0.3 if is_female else 0.6)),
        tufts=int(rng.integers(*LOCKS_AROUND)),
        is_blunt=bool(rng.random() < BLUNT),
    )


def add_hair(scene: Scene, pack: Pack, body: Body, posed: Posed, person: int, rng: np.random.Generator) -> str:
    """Put hair on a head, and now and then a hat; returns what it is, in a few words."""
    head = pack.bone["head"]
    down = unit(posed.turns[head].T @ np.array([0, -1.0, 0]))
    skull = skull_of(pack, body, down)
    brim = body.eye[1] + 0.85 * body.unit
    hats = [name for name in pack.items if name.startswith("clothes_fedora")]
    has_hat = bool(hats) and rng.random() < HAT_SHARE
    part = scene.add_part(Part("hair", person=person))
    meshes = [name for name in pack.items if name.startswith("hair_") and "afro" not in name]

    def below_brim(points: FloatArray) -> FloatArray:
        return brim - points[:, 1] if has_hat else np.ones(len(points))

    if meshes and rng.random() < MESH_SHARE:
        name = str(rng.choice(meshes))
        piece = pack.fit(body.vertices, name)
        triangles = triangles_of(piece.quads)
        coordinates = _around(
            skull, piece.vertices, step(1.1, -1.2, (piece.vertices[:, 1] - skull.centre[1]) / skull.radii[1])
        )
        moved = posed.apply(piece.vertices, piece.weights)
        scene.add_mesh(moved, triangles, part, kept=below_brim(piece.vertices), coordinates=coordinates, thread=1)
    else:
        cut = choose_cut(body.is_female, rng)
        name = f"{cut.kind} {cut.back:.1f}"
        _add_scalp(scene, pack, body, posed, skull, part, below_brim(body.vertices))
        for thread, lock in enumerate(_locks(skull, cut, rng) + _tails(skull, cut, rng), start=2):
            scene.add_mesh(
                posed.follow(head, lock.vertices), lock.triangles, part, kept=below_brim(lock.vertices),
                coordinates=lock.coordinates, thread=thread,
            )  # fmt: skip
    if has_hat:
        _add_hat(scene, pack, body, posed, skull, str(rng.choice(hats)), person)
    return name


def skull_of(pack: Pack, body: Body, down: FloatArray) -> Skull:
    """Fit an ellipsoid to the head above the eyes."""
    chosen = pack.body_vertices[pack.head_share[pack.body_vertices] > 0.9]
    head = body.vertices[chosen]
    upper = head[head[:, 1] > body.eye[1] + 0.45 * body.unit]
    middle = body.eye[1] + 0.45 * body.unit
    front, back = upper[:, 2].max(), head[:, 2].min()
    centre = np.array([0, middle, 0.5 * (front + back)])
    radii = np.array([np.abs(upper[:, 0]).max(), head[:, 1].max() - middle, 0.5 * (front - back)])
    return Skull(centre, radii, body.eye, body.unit, down)


def _around(skull: Skull, points: FloatArray, t: FloatArray) -> FloatArray:
    """Return coordinates for hair without locks: its strands run down around the head."""
    at = (points - skull.centre) / skull.radii
    return np.stack([t, np.arctan2(at[:, 0], at[:, 2] + 0.2) / math.pi, np.full(len(points), -1.0)], axis=1)


def _add_scalp(
    scene: Scene, pack: Pack, body: Body, posed: Posed, skull: Skull, part: int, below_brim: FloatArray
) -> None:
    """Put a cap on the head that shows between the locks, down to the hairline."""
    points = body.vertices
    angle = np.degrees(np.abs(np.arctan2(points[:, 0], points[:, 2] - skull.centre[2])))
    line = body.eye[1] + body.unit * np.interp(angle, HAIRLINE_DEG, HAIRLINE)
    is_head = (pack.head_share > 0.3) & (np.abs(points[:, 0]) < 1.02 * skull.radii[0] + 0.05)
    kept = np.minimum(np.where(is_head, points[:, 1] - line, -1), below_brim)
    quads = pack.body[(kept[pack.body] > -0.5).any(axis=1)]
    used = np.unique(quads)
    number = np.full(len(points), -1, np.int64)
    number[used] = np.arange(len(used))
    raised = (points + 0.07 * normals_of(points, triangles_of(pack.body)))[used]
    t = step(1.1, -0.5, (raised[:, 1] - skull.centre[1]) / skull.radii[1])
    scene.add_mesh(
        posed.follow(pack.bone["head"], raised), triangles_of(number[quads]), part, kept=kept[used],
        coordinates=_around(skull, raised, t),
    )  # fmt: skip


def _locks(skull: Skull, cut: Cut, rng: np.random.Generator) -> list[Lock]:
    """Grow two layers of locks around the head."""
    locks = []
    for layer in range(2):
        for k in range(cut.tufts):
            angle = 2 * math.pi * (k + 0.5 * layer) / cut.tufts + rng.normal(0, 0.06)
            degrees = math.degrees((angle + math.pi) % (2 * math.pi) - math.pi)
            shape = _shape(skull, cut, angle, degrees, layer, rng)
            lock = None if shape is None else grow_lock(skull, shape)
            if lock is not None:
                locks.append(lock)
    return locks


def _shape(
    skull: Skull, cut: Cut, angle: float, degrees: float, layer: int, rng: np.random.Generator
) -> LockShape | None:
    """Choose how a lock goes by where it grows: over the forehead, at a side, or at the back."""
    away, ragged = abs(degrees), 0.12 if cut.is_blunt else 1.0
    lift = 0.06 + 0.05 * layer + cut.volume * (0.5 + rng.random())
    if away < 52:
        if cut.fringe is None:
            return None
        at_parting = 0.25 * (abs(degrees - cut.parting) < 14)
        end = cut.fringe + ragged * (rng.uniform(-0.16, 0.2) + at_parting) - 0.12 * float(step(20, 52, away))
        flare, tip = 0.6 * cut.spiky, math.copysign(rng.uniform(0.2, 0.9), degrees - cut.parting)
    elif away < 98:
        end = -(cut.side + ragged * rng.uniform(-0.12, 0.2))
        flare, tip = cut.spiky * rng.uniform(-0.3, 1.2), rng.normal(0, 0.5)
        if cut.shows_ears and away > 74:
            end = rng.uniform(0.1, 0.35)
    else:
        end = -(cut.back * (1 + ragged * rng.uniform(-0.06, 0.1)) + ragged * rng.uniform(-0.05, 0.1))
        flare, tip = cut.spiky * rng.uniform(0, 2.2), rng.normal(0, 0.5)
    wider = 1.3 if cut.back > 1.2 and away > 60 else 1.0
    width = rng.uniform(0.85, 1.25) * wider * 1.6 * skull.radii[0] * math.pi / cut.tufts
    curl = cut.curl * rng.normal(0, 1)
    sharp = BLUNT_TIP if cut.is_blunt else cut.spiky
    return LockShape(angle, skull.eye[1] + skull.unit * end, width, lift, flare, curl, ragged * tip, sharp, layer)


def _tails(skull: Skull, cut: Cut, rng: np.random.Generator) -> list[Lock]:
    if cut.kind == "locks":
        return []
    if cut.kind == "twin":
        height = rng.uniform(0.1, 0.5)
        directions = [np.array([side * 0.95, height, -0.35]) for side in (-1, 1)]
    else:
        directions = [np.array([0, rng.uniform(0.1, 0.7), -1.0])]
    length, width = rng.uniform(2, 5.2), rng.uniform(0.25, 0.42)
    locks = []
    for direction in map(unit, directions):
        base = skull.centre + direction * skull.radii * 1.08
        start = direction + np.array([0, 0.25, 0])
        if cut.kind == "bun":
            locks += grow_tail(base, start, start * -1.2, 0.9, 0.28, 0.0, rng)
        else:
            locks += grow_tail(base, start, skull.down, length, width, cut.curl, rng)
    return locks


def _add_hat(scene: Scene, pack: Pack, body: Body, posed: Posed, skull: Skull, item: str, person: int) -> None:
    piece = pack.fit(body.vertices, item)
    middle = skull.centre + np.array([0, 0.3, 0])
    larger = (piece.vertices - middle) * 1.22 + middle + np.array([0, 0.12, 0])
    part = scene.add_part(Part("garment", person=person, what="hat"))
    scene.add_mesh(posed.follow(pack.bone["head"], larger), triangles_of(piece.quads), part)
