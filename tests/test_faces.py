"""Drawn faces.

Oracles: the definition of features and perceptrons, written out again pixel by pixel; boxes marked by eye on the
example pages; invariants (shifted, scaled, on a larger page, mirrored); the PyPI package `animeface` where it is there.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import safetensors.numpy

from mangacolor.errors import ModelFileError
from mangacolor.image import float_from_pixels, read_image, resize, to_gray
from mangacolor.models.weight_files import find_face_weights
from mangacolor.page.faces import FaceDetector, cascade
from mangacolor.page.faces.cascade import FaceCascade, agreed
from mangacolor.page.faces.features import (
    Perceptron,
    correlate,
    square_features,
    stretched,
    unit_length,
    window_features,
)

PAGES = Path(__file__).parents[1] / "examples" / "pages"

MARKED = {
    "page_01_sea": [(950, 155, 1198, 402), (1159, 707, 1330, 878)],
    "page_02_street": [
        (433, 511, 471, 549),
        (443, 382, 479, 418),
        (1198, 721, 1371, 894),
        (1214, 151, 1397, 334),
    ],
    "page_03_room": [(342, 540, 438, 636), (774, 142, 943, 311), (929, 594, 1204, 869)],
    "page_04_spread": [(266, 1205, 469, 1408), (583, 528, 651, 595), (605, 384, 654, 433)],
}
"""Boxes (top, left, bottom, right) of faces, each seen to be one; other faces on these pages may be missed."""


@pytest.fixture(scope="module")
def detector():
    return FaceDetector(find_face_weights())


@pytest.fixture(scope="module")
def pages():
    return {name: to_gray(read_image(PAGES / f"{name}.png").rgb) for name in MARKED}


@pytest.fixture(scope="module")
def girl(pages):
    """A part of a page with one face, which is 248 pixels high."""
    return pages["page_01_sea"][850:1300, 50:500]


def iou(one, other):
    sides = [max(0, min(one[i + 2], other[i + 2]) - max(one[i], other[i])) for i in (0, 1)]
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return sides[0] * sides[1] / (area - sides[0] * sides[1])


def features_by_hand(window):
    """Return the 1,152 features of a (32, 32) window, from what each pixel adds to which side of a square."""
    found = []
    for top in range(0, 24, 2):
        for left in range(0, 24, 2):
            sums = [[0.0, 0.0] for _ in range(4)]
            counts = [[0, 0] for _ in range(4)]
            for y in range(8):
                for x in range(8):
                    sides = [y < 4, x < 4, None if x == y else x > y, None if x + y == 7 else x + y < 7]
                    for which, first in enumerate(sides):
                        if first is not None:
                            sums[which][not first] += float(window[top + y, left + x])
                            counts[which][not first] += 1
            for (first, second), (n, m) in zip(sums, counts, strict=True):
                difference = first / n - second / m
                found += [max(difference, 0.0), max(-difference, 0.0)]
    return found


def perceptron_by_hand(perceptron, inputs):
    def units(weights, bias, values):
        return [b + sum(w * v for w, v in zip(row, values, strict=True)) for row, b in zip(weights, bias, strict=True)]

    hidden = units(perceptron.input_w.tolist(), perceptron.input_bias.tolist(), inputs)
    hidden = [1 / (1 + math.exp(-value)) for value in hidden]
    return units(perceptron.hidden_w.tolist(), perceptron.hidden_bias.tolist(), hidden)


@pytest.mark.parametrize("kind", ["noise", "drawing"])
def test_features_and_perceptrons_as_defined(girl, kind):
    """Windows at odd places of the grid, so that rows and columns cannot be confused."""
    noise = np.random.default_rng(0).random((46, 52), np.float32)
    plane = resize(girl, 46, 52) if kind == "drawing" else noise
    row, column = 3, 7
    by_hand = features_by_hand(plane[2 * row : 2 * row + 32, 2 * column : 2 * column + 32])
    found = window_features(square_features(plane), np.array([row]), np.array([column]))
    np.testing.assert_allclose(found[0], by_hand, atol=1e-5)

    least, most = min(value for value in by_hand if value > 1e-6), max(by_hand)
    spread = [(value - least) / (most - least) if value > 1e-6 else 0.0 for value in by_hand]
    np.testing.assert_allclose(stretched(found)[0], spread, atol=1e-4)
    length = math.sqrt(sum(value * value for value in by_hand))
    np.testing.assert_allclose(unit_length(found)[0], [value / length for value in by_hand], atol=1e-5)

    tensors = safetensors.numpy.load_file(find_face_weights())
    for name, outputs in (("face_01", 1), ("parts", 16)):
        perceptron = Perceptron.from_tensors(tensors, name)
        assert len(perceptron.hidden_bias) == outputs
        expected = perceptron_by_hand(perceptron, spread)
        np.testing.assert_allclose(perceptron(stretched(found))[0], expected, atol=2e-3)


def test_correlate_is_the_sum_over_each_window():
    rng = np.random.default_rng(1)
    grid, kernel = rng.random((21, 18, 3), np.float32), rng.random((6, 6, 3, 5), np.float32)
    found = correlate(grid, kernel)
    assert found.shape == (8, 7, 5)
    for y, x in np.ndindex(8, 7):
        window = grid[2 * y : 2 * y + 6, 2 * x : 2 * x + 6]
        np.testing.assert_allclose(found[y, x], np.einsum("abc,abco->o", window, kernel), rtol=1e-4)


def passes_by_hand(tensors, window):
    """Say whether a (24, 24) window of whole numbers passes all stages, pattern by pattern."""
    part = {
        name: tensors[f"cascade.{name}"].tolist()
        for name in ("squares", "subsets", "leaves", "stage_ends", "thresholds")
    }
    start = 0
    for end, threshold in zip(part["stage_ends"], part["thresholds"], strict=True):
        total = 0.0
        for index in range(start, end):
            left, top, width, height = part["squares"][index]
            blocks = [
                [int(window[y : y + height, x : x + width].sum()) for x in (left, left + width, left + 2 * width)]
                for y in (top, top + height, top + 2 * height)
            ]
            # Clockwise from the upper left corner, the first the highest bit.
            around = [*blocks[0], blocks[1][2], *blocks[2][::-1], blocks[1][0]]
            pattern = sum((value >= blocks[1][1]) << (7 - place) for place, value in enumerate(around))
            speaks_for = part["subsets"][index][pattern // 8] >> (7 - pattern % 8) & 1
            total += part["leaves"][index][not speaks_for]
        if total < threshold:
            return False
        start = end
    return True


@pytest.mark.parametrize("many", [0, 1 << 20], ids=["pattern by pattern", "all patterns at once"])
def test_windows_are_read_alike_whether_many_or_few(girl, many, monkeypatch):
    """Oracle: windows with both ways of reading, as they are."""
    trained = FaceCascade(safetensors.numpy.load_file(find_face_weights()))
    copies = [np.rint(255 * resize(girl, side, side)).astype(np.uint8) for side in range(28, 48, 2)]
    expected = trained.windows(copies)
    assert len(expected[0])
    monkeypatch.setattr(cascade, "MANY", many)
    for found, passed in zip(trained.windows(copies), expected, strict=True):
        np.testing.assert_array_equal(found, passed)


@pytest.mark.slow
def test_the_cascade_passes_what_it_is_defined_to_pass(girl):
    """Windows around a face at its size, of which some pass, and all others on a coarse grid."""
    tensors = safetensors.numpy.load_file(find_face_weights())
    trained = FaceCascade(tensors)
    copies = [np.rint(255 * resize(girl, side, side)).astype(np.uint8) for side in range(28, 48, 2)]
    found = list(zip(*(places.tolist() for places in trained.windows(copies)), strict=True))
    seen = 0
    for number, copy in enumerate(copies):
        passed = {(y, x) for which, y, x in found if which == number}
        for y, x in np.ndindex(*(len(range(0, side - 23, 2)) for side in copy.shape)):
            place = (2 * y, 2 * x)
            assert (place in passed) == passes_by_hand(
                tensors, copy[2 * y : 2 * y + 24, 2 * x : 2 * x + 24].astype(int)
            )
        seen += len(passed)
    assert seen


def test_windows_that_agree_are_counted_together():
    """Hand-made: three boxes on one place, one elsewhere."""
    boxes = np.array([(0, 0, 24, 24), (100, 100, 140, 140), (2, 2, 26, 26), (0, 2, 25, 27)], np.float32)
    votes = agreed(boxes)
    assert votes.counts.tolist() == [3, 1]
    np.testing.assert_allclose(votes.boxes, [boxes[[0, 2, 3]].mean(axis=0), boxes[1]])


def test_flat_windows_are_no_numbers_too_large():
    """Contract: nothing is divided by zero."""
    flat = np.zeros((2, 1152), np.float32)
    assert np.array_equal(stretched(flat), flat)
    assert np.array_equal(unit_length(flat), flat)


@pytest.mark.slow
@pytest.mark.parametrize("name", MARKED)
def test_marked_faces_are_found_and_nothing_else(detector, pages, name):
    faces = detector(pages[name])
    missed = [box for box in MARKED[name] if all(iou(face.box, box) < 0.6 for face in faces)]
    wrong = [face.box for face in faces if all(iou(face.box, box) < 0.6 for box in MARKED[name])]
    assert not missed
    assert not wrong
    assert [face.likelihood for face in faces] == sorted((face.likelihood for face in faces), reverse=True)
    for face in faces:
        top, left, _, right = face.box
        assert left < face.left_eye[0] < face.right_eye[0] < right
        assert face.left_eye[0] < face.mouth[0] < face.right_eye[0]
        assert top < face.forehead[1] < face.left_eye[1] < face.cheeks[0][1] < face.mouth[1] < face.chin[1]
        assert face.hair[0][1] < top or face.hair[0][1] == 0
        # The cheeks of the examples are paper.
        grays = [np.median(pages[name][int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]) for x, y in face.cheeks]
        assert min(grays) > 0.5


def points_of(face):
    return np.array([face.left_eye, face.right_eye, face.nose, face.mouth, face.chin, *face.cheeks])


@pytest.mark.parametrize(("down", "right"), [(1, 2), (17, 5), (3, 41)])
def test_a_shifted_page_has_the_same_face(detector, girl, down, right):
    """A face passes in boxes of several sizes, so where it settles may differ by a sixth; its points agree better."""
    (face,) = detector(girl)
    moved = np.pad(girl, ((down, 0), (right, 0)), mode="edge")
    (other,) = detector(moved)
    assert iou(face.box, tuple(np.array(other.box) - (down, right, down, right))) > 0.7
    assert np.abs(points_of(other) - (right, down) - points_of(face)).max() < 0.06 * 248


@pytest.mark.slow
def test_a_face_on_a_larger_page_and_at_other_sizes(detector, girl):
    (face,) = detector(girl)
    page = np.ones((900, 700), np.float32)
    page[300:750, 120:570] = girl
    (other,) = detector(page)
    assert iou(face.box, tuple(np.array(other.box) - (300, 120, 300, 120))) > 0.7
    for side in (95, 200, 330, 800):
        (other,) = detector(resize(girl, side, side))
        assert iou(face.box, tuple(np.array(other.box) * 450 / side)) > 0.7


@pytest.mark.slow
def test_a_mirrored_page_has_the_mirrored_face(detector, girl):
    """The judgement of the mirror image is built in, so little may change but the side."""
    (face,) = detector(girl)
    (other,) = detector(np.ascontiguousarray(girl[:, ::-1]))
    assert abs(other.left_eye[0] - (450 - face.right_eye[0])) < 10
    assert abs(other.likelihood - face.likelihood) < 0.2


def text(rng):
    page = np.full((640, 560), 255, np.uint8)
    for row in range(12):
        letters = "".join(rng.choice(list("ABCDEFGHKLMNOPRSTUVWXYabcdeghkmnopqrsuvwy@%&"), 16))
        cv2.putText(page, letters, (10, 45 + 50 * row), cv2.FONT_HERSHEY_TRIPLEX, 1.3, 0, 3, cv2.LINE_AA)
    return float_from_pixels(page)


def foliage(rng):
    page = np.ones((640, 560), np.float32)
    for _ in range(900):
        centre = (int(rng.integers(560)), int(rng.integers(640)))
        axes = (int(rng.integers(6, 26)), int(rng.integers(3, 12)))
        start = int(rng.integers(360))
        cv2.ellipse(page, centre, axes, int(rng.integers(360)), start, start + 200, 0, 2, cv2.LINE_AA)
    return page


def screentone(rng):
    y, x = np.mgrid[:640, :560].astype(np.float32)
    dots = np.sin((x + y) * 0.5) * np.sin((x - y) * 0.5)
    return (dots < np.linspace(-0.6, 0.9, 560, dtype=np.float32)).astype(np.float32)


def cloth(rng):
    page = np.ones((640, 560), np.float32)
    for fold in range(60):
        x, y = rng.integers(560), rng.integers(640)
        curve = [(x + 30 * math.sin(t / 3 + fold) + 3 * t, y + 9 * t) for t in range(16)]
        cv2.polylines(page, [np.array(curve, np.int32)], False, 0, int(rng.integers(1, 4)), cv2.LINE_AA)
    return page


def blank(rng):
    return np.full((640, 560), 0.97, np.float32)


def grain(rng):
    return 1 - 0.04 * rng.random((640, 560), np.float32)


@pytest.mark.parametrize("draw", [text, foliage, screentone, cloth, blank, grain])
def test_no_face_where_none_is_drawn(detector, draw):
    assert detector(draw(np.random.default_rng(5))) == []


@pytest.mark.parametrize("shape", [(1, 1), (31, 400), (40, 40), (600, 20)])
def test_small_pages(detector, shape):
    """Contract: a page may be too small for a face."""
    assert detector(np.ones(shape, np.float32)) == []


def test_likelihood_can_be_asked_for(detector, girl):
    assert detector(girl, least_likelihood=0.5)
    assert detector(girl, least_likelihood=1.01) == []


def test_wrong_input_is_refused(detector, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="H, W"):
        detector(np.ones((40, 40, 3), np.float32))
    torn = tmp_path / "torn.safetensors"
    torn.write_bytes(find_face_weights().read_bytes()[:1000])
    monkeypatch.setattr("mangacolor.models.weight_files.FACES_NAME", "none.safetensors")
    with pytest.raises(ModelFileError, match="No face detector"):
        find_face_weights()
    other = tmp_path / "other.safetensors"
    safetensors.numpy.save_file({"dir.input_w": np.zeros((2, 3), np.float32)}, other)
    for path in (torn, other, tmp_path / "none.safetensors"):
        with pytest.raises(ModelFileError, match="face detector"):
            FaceDetector(path)


def test_weights_say_where_they_are_from():
    path = find_face_weights()
    with safetensors.safe_open(path, framework="np") as file:
        facts = file.metadata()
    assert facts["licence"] == "MIT"
    assert facts["copyright"] in (path.parent / "LICENSE.animeface-2009").read_text(encoding="utf-8")
    assert facts["copyright_cascade"] in (path.parent / "LICENSE.lbpcascade_animeface").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MARKED)
def test_the_faces_that_animeface_is_sure_of(detector, pages, name):
    """The package searches with integral images of the page itself, so boxes and eyes differ a little."""
    animeface = pytest.importorskip("animeface")
    pil = pytest.importorskip("PIL")
    if int(pil.__version__.split(".")[0]) >= 12:
        pytest.skip("animeface 2.0.3 finds nothing with Pillow 12 and later")
    from PIL import Image

    small = resize(pages[name], *(round(side * 0.8) for side in pages[name].shape))
    faces = detector(small)
    sure = [
        face
        for face in animeface.detect(Image.fromarray(np.rint(small * 255).astype(np.uint8)))
        if face.likelihood > 0.95
    ]
    assert sure
    matched = 0
    for face in sure:
        box = face.face.pos
        theirs = (box.y, box.x, box.y + box.height, box.x + box.width)
        ours = max(faces, key=lambda ours: iou(ours.box, theirs))
        if iou(ours.box, theirs) < 0.5:
            continue
        matched += 1
        # Its left eye is the one on the right of the picture.
        for point, eye in ((ours.right_eye, face.left_eye.pos), (ours.left_eye, face.right_eye.pos)):
            assert np.abs(np.array([eye.x + eye.width / 2, eye.y + eye.height / 2]) - point).max() < 0.15 * box.height
    # What is searched first differs, so a face may be found by one alone.
    assert matched >= 0.8 * len(sure)
