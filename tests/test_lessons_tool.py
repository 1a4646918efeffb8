"""Lessons 5 and 6, shortened: what they draw is what they say, and what they train learns.

Lessons are scripts that import their neighbours; their names begin with a number, so they are imported by name.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import rgb2lab

from mangacolor.data.pictures import Picture
from mangacolor.evaluate.metrics import ciede2000, colourfulness
from mangacolor.models.changes import read_changes
from mangacolor.models.weight_files import find_weights, read_weight_file
from mangacolor.series import ADAPTED_NAME
from mangacolor.training import validation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(scope="module")
def lesson():
    """Imports a lesson by the name of its file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        yield importlib.import_module


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    monkeypatch.setattr(validation, "VALIDATION_SAMPLES", 8)


def read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


# Lesson 5: one page


@pytest.fixture(scope="module")
def taught(lesson, tmp_path_factory):
    """Lesson 5 on the installed weights, for a few steps: what paints learns, so there must be something that sees."""
    out = tmp_path_factory.mktemp("lesson 5")
    five = lesson("5_colour_a_manga_from_one_page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(five, "PAGES", five.PAGES[:2])
        five.main(["--out", str(out), "--images", "120", "--seed", "1"])
    return out


@pytest.mark.timeout(600)
def test_the_series_has_the_same_ink_in_both_versions(taught):
    """Invariant: solid black and bare paper are where they are, in print as in colour."""
    folder = taught / "5_one_page"
    for number in (1, 2):
        ink, colour = (read(folder / kind / f"page_{number}.png").astype(int) for kind in ("ink", "colour"))
        assert (ink.max(axis=2) == ink.min(axis=2)).all()
        # Lines are dark in colour as well; screentone is dark in print alone.
        assert np.percentile(ink[colour.max(axis=2) < 40], 95) < 60
        assert colourfulness(colour.astype(np.uint8)) > 40


@pytest.mark.timeout(600)
def test_a_page_teaches_the_others(taught):
    """Oracle: the truth. The mean colour of a page never seen moves towards it, and most of the way at least, in a few
    steps; the figures are computed anew."""
    folder = taught / "5_one_page"
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    assert figures["ink"]["colourfulness"] < 1e-3
    assert figures["after"]["colourfulness"] > figures["before"]["colourfulness"] > 0
    before, page, truth = (read(folder / kind / "page_2.png") for kind in ("before", "after", "colour"))
    mean = {
        name: rgb2lab(one)[..., 1:].mean(axis=(0, 1)) for name, one in (("was", before), ("is", page), ("be", truth))
    }
    way, wanted = mean["is"] - mean["was"], mean["be"] - mean["was"]
    assert way @ wanted > 0.5 * wanted @ wanted
    assert way @ wanted > 0.7 * np.linalg.norm(way) * np.linalg.norm(wanted)
    assert figures["after"]["CIEDE2000"] == pytest.approx(ciede2000(page, truth))
    changes = read_changes(folder / "one.series" / ADAPTED_NAME)
    assert changes.facts["pages"] == 1
    assert changes.weights == read_weight_file(find_weights()).digest
    with Image.open(taught / "5_one_page.jpg") as sheet:
        assert sheet.width > 3 * sheet.height  # five columns, one page high


# Lesson 6: other things


def test_tools_draw_the_same_person(lesson):
    """Invariant: a brush is bolder than a pen, and covers its lines; the same seed is the same person."""
    busts = lesson("draw_busts")
    pen, brush = (busts.draw_bust_with(tool, 3).astype(int) for tool in (busts.EvenPen, busts.Brush))
    assert np.array_equal(brush, busts.draw_bust_with(busts.Brush, 3))
    assert not np.array_equal(brush, busts.draw_bust_with(busts.Brush, 4))
    assert brush.mean() < pen.mean()
    assert ((pen > 80) & (pen < 230)).mean() > 1.4 * (
        (brush > 80) & (brush < 230)
    ).mean()  # wash becomes black or paper
    assert np.corrcoef(pen.ravel(), brush.ravel())[0, 1] > 0.5


def test_enlarging_keeps_size_and_loses_sharpness(lesson):
    """Invariant: a flat picture stays; at lines, grey appears."""
    six = lesson("6_other_things_gans_do")
    assert np.array_equal(six.enlarge(np.full((8, 8), 90, np.uint8)), np.full((8, 8), 90))
    wanted = np.full((64, 64), 255, np.uint8)
    wanted[:, 31] = 0
    assert six.measure([six.enlarge(wanted)], [wanted])["grey"] > six.measure([wanted], [wanted])["grey"] == 0


def test_redrawer_begins_with_what_it_is_given(lesson):
    """Exact: before training it is bicubic interpolation, so that whatever it scores beyond was learnt."""
    six = lesson("6_other_things_gans_do")
    given = np.random.default_rng(0).integers(0, 256, (32, 48)).astype(np.uint8)
    assert np.array_equal(six.redraw(six.Redrawer(), given), given)


@pytest.mark.parametrize("game", [0.0, 0.05])
def test_redrawing_learns_by_the_loop(lesson, tmp_path, game):
    """Oracle: doing nothing. Drawings that are to be darkened come out darker than they went in, and nearer."""
    six = lesson("6_other_things_gans_do")
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(2):
        wanted = np.where(rng.random((6, 6)) < 0.5, 0, 255).astype(np.uint8).repeat(70, axis=0).repeat(70, axis=1)
        wanted = wanted[: six.SIDE_PX, : six.SIDE_PX]
        given = (wanted // 2 + 64).astype(np.uint8)  # washed out
        pairs.append(Picture(np.dstack([wanted] * 3), (given, given)))
    network = six.learn(pairs, pairs[:1], tmp_path / "run", game, 160, 0)
    given, wanted = pairs[0].ink_and_tone[0], pairs[0].rgb[..., 0]
    before, after = (six.measure([one], [wanted])["PSNR"] for one in (given, six.redraw(network, given)))
    assert after > before + 3


def test_lesson_six_runs_and_its_figures_are_those_of_its_pictures(lesson, tmp_path, capsys, monkeypatch):
    """Contract of `--quick`: tables, sheets and figures; the drawing itself is perfect, and the same seed repeats."""
    six = lesson("6_other_things_gans_do")
    monkeypatch.setattr(six, "LEARNT_FROM", 2)
    monkeypatch.setattr(six, "HELD_OUT", 2)
    monkeypatch.setattr(six, "QUICK_IMAGES", 16)
    six.main(["--quick", "--out", str(tmp_path)])
    figures = json.loads((tmp_path / "6_other_things" / "figures.json").read_text(encoding="utf-8"))
    assert list(figures) == ["enlarge", "ink"]
    for task, row in figures.items():
        assert row["wanted"]["PSNR"] == 100
        assert row["wanted"]["SSIM"] == pytest.approx(1)
        assert all(entry["PSNR"] < 60 for how, entry in row.items() if how != "wanted")
        with Image.open(tmp_path / f"6_{task}.png") as sheet:
            assert sheet.width == len(row) * six.SIDE_PX
    assert f"{figures['enlarge']['bicubic']['PSNR']:.2f}" in capsys.readouterr().out
    torch.manual_seed(5)  # whatever state the process is in
    again = six.learn(six.make_pairs("ink", range(2)), [], tmp_path / "again", 0.05, 16, 0)
    state = six.learn(six.make_pairs("ink", range(2)), [], tmp_path / "once more", 0.05, 16, 0).state_dict()
    assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())
