"""What is drawn on skin. Oracles: the written contract of coordinates, and where nails, bones and knees must be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from figure_pack import save_small_pack

pytest.importorskip("numba", reason="mangacolor[figures] is not installed")

from mangacolor.data.figures.body import make_body
from mangacolor.data.figures.camera import View
from mangacolor.data.figures.geometry import turn
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.people import make_person, place_person
from mangacolor.data.figures.posing import chain
from mangacolor.data.figures.scene import Scene
from mangacolor.data.figures.skin_details import knee_sketch, skin_coordinates, upper_body_sketch
from mangacolor.data.figures.store import Part
from mangacolor.data.figures.surface import look


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return Pack(save_small_pack(tmp_path_factory.mktemp("pack") / "pack.npz"))


def test_coordinates_run_along_fingers(pack):
    body = make_body(pack, np.random.default_rng(0), feminine=0.0)
    coordinates = skin_coordinates(pack, body)
    for side in "LR":
        for finger in range(1, 6):
            for k in range(1, 4):
                bone = pack.bone[f"finger{finger}-{k}.{side}"]
                moved = pack.body_vertices[pack.strongest[pack.body_vertices] == bone]
                along, across, palm = coordinates[moved].T
                np.testing.assert_allclose(np.unique(along.round(3) + 0.0), [k - 1, k], atol=0.02)
                assert np.abs(across).max() == pytest.approx(1, abs=0.1)
                assert palm.min() < -0.7
                assert palm.max() > 0.7


def test_the_back_of_a_hand_shows_nails_and_the_palm_none(pack):
    rng = np.random.default_rng(2)
    scene = Scene()
    person = make_person(scene, pack, 0, rng)
    rest = chain(pack, np.tile(np.eye(3), (len(pack.bones), 1, 1)), pack.joints(person.body.vertices)[0])
    person = person._replace(posed=rest, vertices=person.body.vertices)
    place_person(scene, pack, person, 0, rng)
    scene.nails[person.skin["hand"]] = nail = scene.add_part(Part("nail", person=0), person.skin["face"])
    middle, shown = rest.heads[pack.bone["finger3-3.L"]], {}
    for name, angle in (("back", 90), ("palm", -90)):  # at rest palms look down
        towards = turn([1, 0, 0], angle)
        surface = look(scene, scene.meshes(), View(towards, towards @ middle, 30.0, 2.0), 256, 1)
        shown[name] = int((surface.part == nail).sum())
        assert set(surface.solid[surface.part == nail]) <= {person.skin["hand"]}
    assert shown["back"] > 500
    assert shown["palm"] < 0.2 * shown["back"]  # the fingers of this pack are open tubes: one looks in a little


@pytest.mark.parametrize(("sketch", "name"), [(upper_body_sketch, "neck01"), (knee_sketch, "lowerleg01.L")])
def test_bones_are_drawn_where_they_are(pack, sketch, name):
    body = make_body(pack, np.random.default_rng(1), feminine=1.0)
    heads, _ = pack.joints(body.vertices)
    _, y = body.on_face(heads[[pack.bone[name]]])
    drawn = np.zeros(1)
    for seed in range(5):
        decal = sketch(pack, body, (3,), seed)(0.03)
        rows, columns = np.nonzero(decal.ink > 128)
        assert not decal.part.any()
        height = decal.top - rows / decal.scale
        assert np.abs(height - y).max() < 1.6
        centre = decal.left + columns.mean() / decal.scale
        assert abs(centre) < 0.6
        drawn = np.append(drawn, cv2.countNonZero(decal.ink))
    assert drawn.max() > 50
