"""Pages of the validation sets, old and new, and what is counted on them.

Oracles: pictures laid out by area here, in which it is known what is skin and paper; counts by hand; the contracts of
`draw_page` and `KnownCheeks`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pictures import save_image

from mangacolor.data.examples import find_examples
from mangacolor.data.synthesis import HandToned, draw_layers
from mangacolor.evaluate.colour import score_page
from mangacolor.evaluate.validation import mean_validation, score_validation, skin_found, validation_table, white_kept
from mangacolor.evaluate.validation_pages import FREE, SETS, TONED, KnownCheeks, ValidationPage, draw_page, drawn_pages
from mangacolor.image import float_from_pixels
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.faces import Face

SKIN, BROWN, RED, BLUE, WHITE = (245, 205, 180), (140, 92, 66), (200, 40, 40), (40, 90, 190), (255, 255, 255)
DRAWN = tuple(name for name in SETS if name != "composed")
FACE, COAT, SHIRT = np.s_[20:80, 20:80], np.s_[20:80, 100:160], np.s_[100:160, 20:80]
GREEN = (90, 170, 90)


def oklab(rgb):
    return tuple(oklab_from_srgb(np.float32(rgb) / 255).tolist())


def person(skin=SKIN):
    """(180, 180, 3): squares of skin, a red coat and a white shirt before a blue wall."""
    art = np.full((180, 180, 3), BLUE, np.uint8)
    art[FACE], art[COAT], art[SHIRT] = skin, RED, WHITE
    return art


def noise():
    return np.random.default_rng(0).integers(0, 256, (120, 120, 3)).astype(np.uint8)


def inside(plane, area):
    return plane[area][6:-6, 6:-6]


# Drawing


@pytest.mark.slow
@pytest.mark.parametrize("skin", [SKIN, BROWN], ids=["light", "brown"])
def test_new_pages_leave_skin_and_white_bare_and_tone_the_rest_at_will(skin):
    """Contract: skin is mostly bare whatever its shade, white always; whether red or blue is darker is chance."""
    pages = [draw_page("free tones", person(skin), f"{number}", [oklab(skin)]) for number in range(16)]
    assert all(page is not None for page in pages)
    grays = [page.gray[..., 0] for page in pages]
    assert np.mean([np.median(inside(gray, FACE)) > 250 for gray in grays]) > 0.75
    assert min(np.median(inside(gray, SHIRT)) for gray in grays) > 250
    coats, walls = (np.array([np.median(inside(gray, area)) for gray in grays], int) for area in (COAT, np.s_[165:, :]))
    parted = np.abs(coats - walls) > 12
    assert 0.1 < (coats > walls)[parted].mean() < 0.9
    assert coats.min() < 80


def test_old_pages_follow_the_greys():
    """Contract: without free tones nothing lighter is drawn darker than what is darker."""
    for number in range(6):
        gray = draw_page("screentone", person(BROWN), f"{number}").gray[..., 0]
        if gray.shape == (180, 180):  # scans may be turned and cut
            assert inside(gray, SHIRT).mean() >= inside(gray, COAT).mean() - 8


@pytest.mark.parametrize("name", DRAWN)
def test_targets_keep_the_colours_of_the_art_and_labels_lie_on_skin(name):
    """Oracle: the colours of the target itself, wherever print and scan brought them."""
    for number in range(4):
        gray, target, skin = draw_page(name, person(), f"{number}", [oklab(SKIN)])
        assert gray.shape == target.shape == (*skin.shape, 3)
        is_skin = np.abs(target.astype(int) - SKIN).max(axis=2) < 40
        assert is_skin.mean() > 0.05
        assert is_skin[skin].mean() > 0.93
        assert skin[is_skin].mean() > 0.85
        if name != "plain grey":
            dark_blue = (target[..., 2].astype(int) - target[..., 0] > 90).mean()
            assert dark_blue > 0.3 or (gray[..., 0] < 60).mean() > 0.3  # a wall of solid black has no colour


def test_no_cheeks_no_labels():
    assert all(draw_page(name, person(), "one").skin is None for name in DRAWN)


def test_layers_say_whether_their_tones_were_chosen():
    """Contract of `HandToned`: what `free_tones` refuses follows the greys, and does not claim otherwise."""
    art = float_from_pixels(person())
    assert isinstance(draw_layers(art, 1.0, FREE, np.random.default_rng(0)), HandToned)
    assert not isinstance(draw_layers(art, 1.0, TONED, np.random.default_rng(0)), HandToned)
    assert not isinstance(draw_layers(float_from_pixels(noise()), 1.0, FREE, np.random.default_rng(0)), HandToned)


def test_pictures_without_areas_are_left_out_of_the_new_sets(tmp_path):
    for name, art in (("a.png", noise()), ("b.png", person())):
        save_image(tmp_path / name, art)
    found = find_examples(tmp_path)
    counts = [len(list(drawn_pages(name, found.examples, found))) for name in DRAWN]
    assert counts == [2, 2, 2, 1, 1]


def test_faces_are_looked_for_once_and_only_where_they_are_drawn():
    """Contract of `KnownCheeks`: by the name of the picture, as in training."""
    asked = []

    def find(gray):
        asked.append(gray.shape)
        return [face()]

    cheeks_of = KnownCheeks(find)
    assert cheeks_of("illustration/x/1.png", person()) == ()
    assert asked == []
    first = cheeks_of("anime/x/1.png", person())
    np.testing.assert_allclose(first, [oklab(SKIN)] * 2, atol=1e-3)
    assert cheeks_of("anime/x/1.png", person()) is first
    cheeks_of("pages/x/1.png", person())
    assert asked == [(180, 180)] * 2


def face():
    """A face on the square of skin, of which box and cheeks alone matter."""
    left, right = (40, 50), (60, 50)
    return Face((20, 20, 80, 80), 1.0, left, right, left, right, right, (left, right), left, (left, right))


# Counting


def test_skin_is_counted_by_hand():
    """100 pixels of skin: 10 under ink, 20 that have another hue in the target too; of 70 asked 30 are green."""
    target = np.full((10, 10, 3), SKIN, np.uint8)
    target[1:3] = BLUE
    gray = np.full((10, 10, 3), 255, np.uint8)
    gray[0] = 40
    coloured = np.full((10, 10, 3), SKIN, np.uint8)
    coloured[:6] = GREEN
    page = ValidationPage(gray, target, np.ones((10, 10), bool))
    assert skin_found(coloured, page) == (40, 70)
    assert skin_found(target, page) == (70, 70)
    assert skin_found(gray, page) == (0, 70)
    assert skin_found(coloured, page._replace(skin=None)) == (0, 0)


def test_white_is_counted_by_hand():
    """60 pixels of paper: 10 tinted, 10 greyed; what is no paper in the target is not asked."""
    target = np.full((10, 10, 3), 255, np.uint8)
    target[6:] = RED
    coloured = np.full((10, 10, 3), 250, np.uint8)
    coloured[0], coloured[1], coloured[7] = (255, 240, 215), (200, 200, 200), 0
    assert white_kept(coloured, target) == (40, 60)
    assert white_kept(np.full_like(target, 240), target) == (60, 60)  # paper that is grey all over is white
    assert white_kept(coloured, np.full_like(target, 90)) == (0, 0)


def test_every_page_of_faces_counts_alike():
    """By hand: 9000 pixels of which none is found and 1000 all found are a half, and a speck of 100 does not count."""
    page = score_page(np.full((8, 8, 3), 90, np.uint8), np.full((8, 8, 3), 90, np.uint8))
    rows = [[*page, *counts, 0, 0] for counts in ((0, 9000), (1000, 1000), (100, 100), (0, 0))]
    mean = mean_validation("all", rows)
    assert (mean.pages, mean.skin_pages, mean.skin_found) == (4, 2, 0.5)
    assert np.isnan(mean.white_kept)


@pytest.mark.slow
def test_scores_count_over_all_pages_and_every_set(tmp_path, monkeypatch):
    """By hand: who paints everything in skin finds all of it and keeps no white; the grey page the other way round."""
    save_image(tmp_path / "anime" / "p_1.png", person())
    save_image(tmp_path / "illustration" / "p_1.png", person()[:, ::-1])
    digests = frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.rglob("*.png"))
    found = find_examples(tmp_path)
    monkeypatch.setattr("mangacolor.evaluate.validation.listed_digests", lambda: digests)
    monkeypatch.setattr("mangacolor.evaluate.validation_pages.FaceDetector", lambda path: lambda gray: [face()])

    composed = ValidationPage(np.full((40, 40, 3), 255, np.uint8), person()[60:100, 60:100])
    monkeypatch.setattr("mangacolor.evaluate.validation.composed_pages", lambda *_: iter([composed]))

    def paint(page):
        return (page / 255.0 * np.array(SKIN)).astype(np.uint8)

    stub = SimpleNamespace(weights=SimpleNamespace(path=Path("all_skin"), facts={}), colorize=paint)
    results = score_validation(found, [stub])
    assert [result.name for result in results] == list(SETS)
    for name, (grey, painted) in results:
        if name == "composed":
            assert grey.skin_pages == 0
            assert np.isnan(painted.skin_found)
            continue
        assert (grey.pages, grey.skin_pages, grey.skin_found) == (2, 1, 0)
        assert painted.skin_found > 0.98
        assert painted.white_kept < 0.02
        assert grey.white_kept > 0.8
    rows = validation_table(results).splitlines()
    assert len({row.count("|") for row in rows}) == 1
    assert rows[-1].endswith("| 0 | – |")
