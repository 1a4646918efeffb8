"""`mangacolor synthesize`, run as people run it. Oracle: the contract of its options, and `find_examples`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pictures import draw_art, fill_with_art, greyed, save_image

from mangacolor.cli import run
from mangacolor.data.drawing.fonts import FONTS_VARIABLE
from mangacolor.data.examples import find_examples
from mangacolor.data.pictures import read_example
from mangacolor.errors import ExitCode
from mangacolor.image import read_image


@pytest.fixture
def art(tmp_path, monkeypatch):
    """Twelve pictures, and no fonts but Pillow's own, so that every machine draws the same."""
    empty = tmp_path / "no fonts"
    empty.mkdir()
    monkeypatch.setenv(FONTS_VARIABLE, str(empty))
    return fill_with_art(tmp_path / "art")


def synthesize(art, out, *more):
    return run(["synthesize", "--data", str(art), "--out", str(out), "--size", "180x126", "-q", *map(str, more)])


def test_pairs_are_what_training_reads(art, tmp_path, capsys):
    assert synthesize(art, tmp_path / "pairs", "-n", 3) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == str(tmp_path / "pairs")
    found = find_examples(tmp_path / "pairs")
    assert found.layout == "folders"
    assert [example.name for example in found.examples] == ["000001", "000002", "000003"]
    for example in found.examples:
        rgb, gray = read_example(example, found.layout)  # refuses what is not aligned
        assert rgb.shape == (180, 126, 3)
        assert gray is not None
    record = json.loads((tmp_path / "pairs" / "synthesis.json").read_text())
    assert record["fonts"] == ["Pillow built-in"]
    assert record["size"] == [180, 126]


def test_layers_make_the_target_and_do_not_disturb(art, tmp_path):
    out = tmp_path / "pairs"
    assert synthesize(art, out, "-n", 2, "--layers") == ExitCode.DONE
    assert len(find_examples(out).examples) == 2
    for name in ("000001", "000002"):
        planes = {side: read_image(out / side / f"{name}.png").rgb for side in ("condition", "target", "ink", "tone")}
        assert len({plane.shape for plane in planes.values()}) == 1
        assert (planes["target"] <= planes["ink"].astype(int) + 1).all()  # target = colour × ink
        for box in json.loads((out / "text_boxes" / f"{name}.json").read_text()):
            assert 0 <= box["top"] < box["bottom"] <= 180
            assert 0 <= box["left"] < box["right"] <= 126
            assert box["place"] in ("balloon", "caption", "art")


def test_page_k_does_not_depend_on_how_many_are_made(art, tmp_path):
    assert synthesize(art, tmp_path / "one", "-n", 1) == ExitCode.DONE
    assert synthesize(art, tmp_path / "three", "-n", 3, "-j", 2) == ExitCode.DONE
    for side in ("condition", "target"):
        one, other = (read_image(tmp_path / run / side / "000001.png").rgb for run in ("one", "three"))
        np.testing.assert_array_equal(one, other)


def test_an_interrupted_run_goes_on(art, tmp_path):
    out = tmp_path / "pairs"
    assert synthesize(art, out, "-n", 2) == ExitCode.DONE
    kept, lost = out / "condition" / "000001.png", out / "condition" / "000002.png"
    before, content = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    assert synthesize(art, out, "-n", 3) == ExitCode.DONE
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == content
    assert len(find_examples(out).examples) == 3
    assert synthesize(art, out, "-n", 1, "--overwrite") == ExitCode.DONE
    assert kept.stat().st_mtime_ns > before


def test_other_settings_are_not_mixed_into_a_folder(art, tmp_path, capsys):
    assert synthesize(art, tmp_path / "pairs", "-n", 1) == ExitCode.DONE
    assert synthesize(art, tmp_path / "pairs", "-n", 1, "--seed", 5) == ExitCode.USAGE
    assert "seed" in capsys.readouterr().err
    assert synthesize(art, tmp_path / "pairs", "-n", 1, "--seed", 5, "--overwrite") == ExitCode.DONE


def test_without_screentone_greys_are_flat(art, tmp_path):
    assert synthesize(art, tmp_path / "pairs", "-n", 1, "--no-screentone", "--kind", "manga") == ExitCode.DONE


def test_grey_pictures_are_passed_over_and_counted(art, tmp_path, capsys):
    for number in range(12):
        save_image(art / f"grey_{number}.png", greyed(draw_art(number)))
    arguments = ["synthesize", "--data", str(art), "--out", str(tmp_path / "pairs"), "--size", "180x126", "-n", "3"]
    assert run(arguments) == ExitCode.DONE
    assert "grey pictures passed over" in capsys.readouterr().err


def test_grey_pictures_alone_are_refused(tmp_path):
    save_image(tmp_path / "grey" / "one.png", greyed(draw_art(1)))
    assert synthesize(tmp_path / "grey", tmp_path / "pairs") == ExitCode.BAD_INPUT


def test_held_out_uses_the_split_of_the_weights(art, tmp_path, tiny_weights):
    out = tmp_path / "pairs"
    held_out = ("-n", 1, "--held-out", "--weights", tiny_weights)
    # Tiny weights record no recipe: nothing was held out from them.
    assert synthesize(art, out, *held_out) == ExitCode.BAD_INPUT
    assert not (out / "condition").exists()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--size", "big"), ExitCode.USAGE),
        (("--size", "10x10"), ExitCode.USAGE),
        (("--kind", "poster"), ExitCode.USAGE),
        (("--weights", "w.safetensors"), ExitCode.USAGE),
        (("-n", "0"), ExitCode.USAGE),
    ],
)
def test_wrong_options(art, tmp_path, options, status):
    assert synthesize(art, tmp_path / "pairs", *options) == status


def test_no_pictures(tmp_path):
    assert synthesize(tmp_path / "nothing", tmp_path / "pairs") == ExitCode.BAD_INPUT


def test_pairs_beside_the_pictures_are_refused(art):
    assert synthesize(art, art) == ExitCode.USAGE


def test_an_output_that_cannot_be_written(art, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert synthesize(art, tmp_path / "file") == ExitCode.CANNOT_WRITE
