"""One drawing from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.figures.camera import SHOT_CHANCES, SHOTS, View, find_view
from mangacolor.data.figures.edges import Kinds, kinds_of
from mangacolor.data.figures.face import SCALE, draw_face
from mangacolor.data.figures.geometry import FloatArray
from mangacolor.data.figures.groups import COUNT_CHANCES, COUNTS, arrange
from mangacolor.data.figures.light import Heads, shine
from mangacolor.data.figures.lines import choose_width, draw_folds, draw_lines
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.people import Looks, Person, make_person, place_person
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.store import MOST_PARTS, Drawing, Part
from mangacolor.data.figures.surface import Surface, lay, look, noise, screen_size

SUPERSAMPLING = 2
"""Pixels that are drawn for one that is kept, each way."""

TRIES = 8
"""People and views tried until something is seen."""

INK_GAIN = 1.05
WOBBLE_PX = (0.3, 0.9)
"""How far a hand's wobble moves lines, in pixels of the picture."""


def draw_figure(pack: Pack, seed: int, side_px: int = 448) -> tuple[Drawing, dict[str, Any]]:
    """Draw people; the same seed and pack give the same drawing.

    Args:
        pack: The pack.
        seed: Decides everything.
        side_px: Height and width.

    Returns:
        The drawing, and plain facts about it: its shot, clothes and hair.
    """
    rng = np.random.default_rng((seed, 20261125))
    for _ in range(TRIES):
        made = _try_to_draw(pack, rng, side_px)
        if made is not None:
            return made
    raise ValueError(f"seed {seed} shows nothing in {TRIES} tries")


def draw_cast(pack: Pack, cast: Sequence[int], shot: str, rng: np.random.Generator, side_px: int = 448) -> Drawing:
    """Draw certain people, who look the same in every drawing of them; see `draw_figure`.

    Args:
        pack: The pack.
        cast: Seeds of their bodies, clothes, hair and faces; they are the persons 0, 1, 2, ... of the drawing.
        shot: One of `SHOTS`.
        rng: Source of the rest: poses, places, the camera, light and lines.
        side_px: Height and width.
    """
    for _ in range(TRIES):
        scene = Scene()
        own = [[np.random.default_rng((seed, part, 20261126)) for part in range(3)] for seed in cast]
        made = [make_person(scene, pack, index, first, rng) for index, (first, _, _) in enumerate(own)]
        drawn = _draw_people(
            pack, scene, arrange(pack, made, rng), shot, [sources[1:] for sources in own], rng, side_px
        )
        if drawn is not None:
            return drawn[0]
    raise ValueError(f"the cast {list(cast)} shows nothing in {TRIES} tries")


def _try_to_draw(pack: Pack, rng: np.random.Generator, side_px: int) -> tuple[Drawing, dict[str, Any]] | None:
    shot = str(rng.choice(SHOTS, p=SHOT_CHANCES))
    scene = Scene()
    count = int(rng.choice(COUNTS, p=COUNT_CHANCES))
    people = arrange(pack, [make_person(scene, pack, index, rng) for index in range(count)], rng)
    return _draw_people(pack, scene, people, shot, [(rng, rng)] * count, rng, side_px)


def _draw_people(
    pack: Pack, scene: Scene, people: list[Person], shot: str, own: Sequence[Sequence[np.random.Generator]],
    rng: np.random.Generator, side_px: int,
) -> tuple[Drawing, dict[str, Any]] | None:  # fmt: skip
    """Draw people who stand where they stand; `own` are the sources of each one's hair and skin, and face."""
    looks = [
        place_person(scene, pack, person, index, sources[0])
        for index, (person, sources) in enumerate(zip(people, own, strict=True))
    ]
    meshes = scene.meshes()
    is_skin = kinds_of(scene).is_skin[meshes.part].astype(np.float64)
    view = find_view(pack, people, meshes, shot, is_skin, rng)
    surface = look(scene, meshes, view, side_px * SUPERSAMPLING, SUPERSAMPLING)
    if surface is None:
        return None
    width = choose_width(side_px, shot, rng)
    heads = Heads(
        np.array([person.posed.follow(pack.bone["head"], _middle(person))[0] for person in people]),
        np.array([person.posed.turns[pack.bone["head"]][:, 1] for person in people]),
        np.array([person.body.unit for person in people]),
    )
    ink = _ink(scene, surface, view, people, looks, heads, width, side_px, rng, [sources[1] for sources in own])
    for sketch in scene.sketches:
        decal = sketch(width * SUPERSAMPLING * surface.pixel)
        lay(surface, decal, decal.unit / surface.pixel)
    kinds = kinds_of(scene)
    draw_folds(surface, scene, kinds, view, side_px * SUPERSAMPLING, width * SUPERSAMPLING, rng)
    light = shine(surface, meshes, kinds, view, heads, SUPERSAMPLING, rng)
    ink = np.maximum(ink, surface.ink)
    drawing = _finish(scene.parts, surface, ink, light, side_px, rng)
    facts = {
        "shot": shot, "outfit": [person.outfit for person in people], "hair": [one.hair_name for one in looks],
        "feminine": [person.body.feminine for person in people],
    }  # fmt: skip
    return drawing, facts


def _middle(person: Person) -> FloatArray:
    """Return the middle of a head at rest (1, 3)."""
    return (person.body.eye + person.body.unit * np.array([0, 0.45, -1.0]))[None]


def _ink(
    scene: Scene, surface: Surface, view: View, people: list[Person], looks: list[Looks], heads: Heads,
    width: float, side_px: int, rng: np.random.Generator, own: Sequence[np.random.Generator],
) -> NDArray[np.float32]:  # fmt: skip
    """Draw the lines, then lay the faces on the surface."""
    faces_px = [
        screen_size(view, middle, unit, side_px * SUPERSAMPLING)
        for middle, unit in zip(heads.middles, heads.units, strict=True)
    ]
    kinds: Kinds = kinds_of(scene)
    unit, face_px = float(np.mean(heads.units)), max(faces_px) / SUPERSAMPLING
    ink = draw_lines(surface, kinds, unit, face_px, width, SUPERSAMPLING, rng)
    for index, (person, one, face_px) in enumerate(zip(people, looks, faces_px, strict=True)):
        line_px = width * SUPERSAMPLING * SCALE / max(face_px, 1)
        lay(surface, draw_face(scene, one.face, one.hair, index, person.body.feminine, line_px, own[index]), face_px)
    return ink


def _finish(
    parts: list[Part], surface: Surface, ink: NDArray[np.float32], light: NDArray[np.float32], side_px: int,
    rng: np.random.Generator,
) -> Drawing:  # fmt: skip
    """Let the hand wobble, shrink to the picture's size, and number the parts that are seen."""
    height, width = ink.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    spread = rng.uniform(*WOBBLE_PX) * SUPERSAMPLING
    x, y = columns + noise(ink.shape, 22, spread, rng), rows + noise(ink.shape, 22, spread, rng)
    part = np.where(surface.is_seen, surface.part, 0).astype(np.uint16)
    part = np.asarray(cv2.remap(part, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.uint16)
    part = part[SUPERSAMPLING // 2 :: SUPERSAMPLING, SUPERSAMPLING // 2 :: SUPERSAMPLING]
    ink, light = (_moved_and_shrunk(plane, x, y) for plane in (ink, light))
    shown = np.union1d([0], part)[:MOST_PARTS]
    number = np.zeros(len(parts), np.uint8)
    number[shown] = np.arange(len(shown))
    whole = Drawing(
        np.ones((side_px, side_px), np.float32),
        np.zeros((side_px, side_px), np.uint8),
        np.ones((side_px, side_px), np.float32),
        tuple(parts[index] for index in shown),
    )
    box = tuple(slice(span.start // SUPERSAMPLING, span.stop // SUPERSAMPLING) for span in surface.box)
    whole.ink[box] = 1 - np.clip(ink * INK_GAIN, 0, 1)
    whole.part[box] = number[part]
    whole.light[box] = np.where(part > 0, light, 1)
    return whole


def _moved_and_shrunk(
    plane: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    moved = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    height, width = plane.shape
    small = (width // SUPERSAMPLING, height // SUPERSAMPLING)
    return np.asarray(cv2.resize(moved, small, interpolation=cv2.INTER_AREA), np.float32)
