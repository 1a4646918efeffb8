"""One person: a body, clothes, a pose and hair, put into a scene."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from mangacolor.data.figures.body import Body, make_body
from mangacolor.data.figures.garments import Wardrobe
from mangacolor.data.figures.geometry import FloatArray, Indices, halves_of, normals_of, step, strip_quads, triangles_of
from mangacolor.data.figures.hair import add_hair
from mangacolor.data.figures.outfits import dress, needs_calm
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.posing import Posed, choose_pose
from mangacolor.data.figures.raster import see
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.skin_details import knee_sketch, skin_coordinates, upper_body_sketch
from mangacolor.data.figures.store import Part

PLACE_OF_BONES = (
    ("neck", ("neck",)),
    ("arm", ("upperarm", "lowerarm")),
    ("hand", ("wrist", "finger", "metacarpal")),
    ("leg", ("upperleg", "lowerleg")),
    ("foot", ("foot", "toe")),
)
"""Beginnings of the names of bones and the place of skin they move; what hangs on the head is face, the rest trunk."""

FOLDING = (
    "lowerarm01.L", "lowerarm01.R", "upperarm01.L", "upperarm01.R", "lowerleg01.L", "lowerleg01.R", "upperleg01.L",
    "upperleg01.R", "spine04", "spine02", "foot.L", "foot.R",
)  # fmt: skip
"""Joints near which cloth folds."""

NAILS, COLLARBONES, KNEES = 0.75, 0.8, 0.6
"""How often they are drawn, where they are large enough."""

GLOVES = 0.05


class Person(NamedTuple):
    """Somebody in a scene.

    Attributes:
        body: At rest.
        posed: The bones.
        vertices: (N, 3) of the body as posed.
        wardrobe: The clothes at rest.
        skin: Numbers of the places of the skin; that of hands is a garment's where gloves are worn.
        outfit: What is worn, in a few words.
    """

    body: Body
    posed: Posed
    vertices: FloatArray
    wardrobe: Wardrobe
    skin: dict[str, int]
    outfit: str

    def moved(self, turn: FloatArray, shift: FloatArray) -> Person:
        """Turn and shift the whole person."""
        return self._replace(posed=self.posed.moved(turn, shift), vertices=self.vertices @ turn.T + shift)


class Looks(NamedTuple):
    """What of a person the picture needs later: numbers of face and hair, and what the hair is."""

    face: int
    hair: int
    hair_name: str


def make_person(
    scene: Scene, pack: Pack, index: int, rng: np.random.Generator, posing: np.random.Generator | None = None
) -> Person:
    """Make a person by chance, who stands nowhere yet.

    Args:
        scene: Gets the person's parts.
        pack: The pack.
        index: Which person of the scene it is, from 0.
        rng: Source of everything random.
        posing: Source of the pose; None takes `rng`. With one of its own, the same `rng` is the same person.
    """
    body = make_body(pack, rng)
    skin = scene.add_skin(index)
    if rng.random() < GLOVES:
        skin["hand"] = scene.add_part(Part("garment", person=index, what="gloves"))
    wardrobe = Wardrobe(scene, pack, body, index)
    outfit = dress(wardrobe, rng)
    posed = choose_pose(pack, body.vertices, posing or rng, calm=needs_calm(outfit))
    return Person(body, posed, posed.apply(body.vertices, pack.weights), wardrobe, skin, outfit)


def place_person(scene: Scene, pack: Pack, person: Person, index: int, rng: np.random.Generator) -> Looks:
    """Put a person's meshes into the scene, where `posed` has them."""
    _add_body(scene, pack, person)
    _add_face_sheet(scene, pack, person)
    _add_skin_details(scene, pack, person, index, rng)
    for garment in person.wardrobe.garments:
        triangles, origin = halves_of(garment.piece.quads)
        part = garment.part if isinstance(garment.part, int) else garment.part[origin]
        moved = person.posed.apply(garment.piece.vertices, garment.piece.weights)
        scene.add_mesh(moved, triangles, part, kept=garment.kept, coordinates=garment.coordinates)
    scene.joints += [person.posed.heads[pack.bone[name]] for name in FOLDING]
    first = len(scene.parts)
    name = add_hair(scene, pack, person.body, person.posed, index, rng)
    return Looks(person.skin["face"], first, name)


def places_of_bones(pack: Pack) -> list[str]:
    """Return the place of skin that each bone moves."""
    places = []
    for index, name in enumerate(pack.bones):
        place = next((place for place, starts in PLACE_OF_BONES if name.startswith(starts)), "trunk")
        places.append("face" if pack.is_below(index, "head") else place)
    return places


def _add_body(scene: Scene, pack: Pack, person: Person) -> None:
    body, wardrobe = person.body, person.wardrobe
    quads = pack.body[~wardrobe.hidden[pack.body].all(axis=1)]
    quads = quads[(wardrobe.body_kept[quads] > 0).any(axis=1)]
    triangles = triangles_of(quads)
    normals = normals_of(body.vertices, triangles_of(pack.body))
    x, y = body.on_face(body.vertices)
    inner = (np.abs(y + 0.74) < 0.25) & (np.abs(x) < 0.45) | (np.abs(y) < 0.35) & (np.abs(x) < 0.55)
    deep = step(-1.2, -0.6, (body.vertices[:, 2] - body.eye[2]) / body.unit)
    front = step(0.3, 0.7, pack.head_share) * np.maximum(step(0.0, 0.25, normals[:, 2]), inner * deep)
    is_face = pack.head_share > 0.3
    coordinates = np.where(is_face[:, None], np.stack([x, y, front], axis=1), skin_coordinates(pack, body))
    part = np.array([person.skin[place] for place in places_of_bones(pack)])[pack.strongest]
    first = triangles[:, 0]
    scene.add_mesh(
        person.vertices, triangles, part[first], kept=wardrobe.body_kept, coordinates=coordinates,
        thread=_fingers(pack)[first],
    )  # fmt: skip


def _add_skin_details(scene: Scene, pack: Pack, person: Person, index: int, rng: np.random.Generator) -> None:
    seed, skin = int(rng.integers(2**32)), person.skin
    has_gloves = scene.parts[skin["hand"]].kind == "garment"
    if not has_gloves and rng.random() < NAILS:
        scene.nails[skin["hand"]] = scene.add_part(Part("nail", person=index), skin["face"])
    if rng.random() < COLLARBONES:
        scene.sketches.append(upper_body_sketch(pack, person.body, (skin["neck"], skin["trunk"]), seed))
    if rng.random() < KNEES:
        scene.sketches.append(knee_sketch(pack, person.body, (skin["leg"],), seed))


def _fingers(pack: Pack) -> Indices:
    """Return a number for the finger or toe of each vertex, 0 for none."""
    numbers: dict[str, int] = {}
    of_bone = np.zeros(len(pack.bones), np.int64)
    for index, name in enumerate(pack.bones):
        if name.startswith(("finger", "toe")):
            of_bone[index] = numbers.setdefault(name.split("-")[0] + name[-1], len(numbers) + 1)
    return np.asarray(of_bone[pack.strongest])


def _add_face_sheet(scene: Scene, pack: Pack, person: Person) -> None:
    """Close the openings of eyes and mouth with a smooth sheet just behind the face."""
    body, points = person.body, person.body.vertices
    x, y = body.on_face(points)
    normals = normals_of(points, triangles_of(pack.body))
    depth = points[:, 2]
    is_front = (pack.head_share > 0.5) & (normals[:, 2] > 0.25) & (np.abs(x) < 0.8) & (y > -1.05) & (y < 0.65)
    is_front &= depth > body.eye[2] - 0.75 * body.unit
    triangles = triangles_of(pack.body)
    triangles = triangles[is_front[triangles].all(axis=1)]
    rows, columns = 46, 41
    grid_x, grid_y = np.meshgrid(np.linspace(-0.6, 0.6, columns), np.linspace(-0.95, 0.4, rows))
    far = 100.0  # makes depths positive, as nearness must be
    seen = see(
        (x + 0.6) / 1.2 * (columns - 1), (y + 0.95) / 1.35 * (rows - 1), depth + far, np.ones(len(points)), triangles,
        rows, columns,
    )  # fmt: skip
    is_seen = (seen.triangle >= 0).astype(np.float64)
    weight = cv2.GaussianBlur(is_seen, (0, 0), 3)
    spread = cv2.GaussianBlur((seen.nearness - far) * is_seen, (0, 0), 3) / np.maximum(weight, 1e-3)
    height = cv2.GaussianBlur(np.where(is_seen > 0, seen.nearness - far, spread), (0, 0), 1.2) - 0.035 * body.unit
    closed = cv2.morphologyEx(is_seen, cv2.MORPH_CLOSE, np.ones((13, 13)))
    closed = cv2.erode(closed, np.ones((5, 5)), borderValue=0) * (np.hypot(grid_x / 0.5, (grid_y + 0.3) / 0.56) < 1)
    kept = np.asarray(cv2.GaussianBlur(closed, (0, 0), 1.2) - 0.6, np.float64).ravel()
    sheet = np.stack([grid_x * body.unit, grid_y * body.unit + body.eye[1], height], axis=-1).reshape(-1, 3)
    coordinates = np.stack([grid_x.ravel(), grid_y.ravel(), np.ones(grid_x.size)], axis=1)
    moved = person.posed.follow(pack.bone["head"], sheet)
    quads = strip_quads(rows, columns)
    scene.add_mesh(moved, triangles_of(quads), person.skin["face"], kept=kept, coordinates=coordinates)
