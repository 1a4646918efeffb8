"""Folders of drawings. Oracles: what was saved comes back; the written contract of the format; clear errors."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.data.figures import Drawing, Part, load_drawings
from mangacolor.data.figures.store import INDEX_NAME, append_entry, entry_of, write_picture
from mangacolor.errors import BadInputError
from mangacolor.image import read_image

PARTS = (Part("ground"), Part("skin", "hand", 0), Part("hair", person=1), Part("garment", person=0, what="skirt trim"))


def a_drawing(seed=0, height=9, width=13):
    rng = np.random.default_rng(seed)
    ink = rng.integers(0, 256, (height, width)).astype(np.float32) / 255
    light = rng.integers(0, 256, (height, width)).astype(np.float32) / 128
    return Drawing(ink, rng.integers(0, len(PARTS), (height, width)).astype(np.uint8), light, PARTS)


def save_drawing(folder, name, drawing, facts):
    write_picture(folder / name, drawing)
    append_entry(folder, entry_of(name, drawing.parts, facts))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 99), height=st.integers(1, 40), width=st.integers(1, 40))
def test_what_was_saved_comes_back(tmp_path_factory, seed, height, width):
    folder = tmp_path_factory.mktemp("drawings")
    drawing = a_drawing(seed, height, width)
    save_drawing(folder, "000001.png", drawing, {"seed": seed})
    drawings = load_drawings(folder)
    back = drawings[0]
    for plane, other in zip(drawing[:3], back[:3], strict=True):
        np.testing.assert_array_equal(plane, other)
        assert plane.dtype == other.dtype
    assert back.parts == PARTS
    assert drawings.entries[0]["seed"] == seed


def test_the_format_is_what_was_agreed(tmp_path):
    """Contract: red ink, green part, blue 128 times the light; parts described without empty words."""
    ink, part, light = (np.full((2, 2), value) for value in (0.0, 3, 1.5))
    drawing = Drawing(ink.astype(np.float32), part.astype(np.uint8), light.astype(np.float32), PARTS)
    save_drawing(tmp_path, "a.png", drawing, {"seed": 7, "shot": "bust"})
    assert read_image(tmp_path / "a.png").rgb[0, 0].tolist() == [0, 3, 192]
    line = json.loads((tmp_path / INDEX_NAME).read_text())
    assert line["file"] == "a.png"
    assert (line["seed"], line["shot"]) == (7, "bust")
    assert line["parts"] == [
        {"kind": "ground"},
        {"kind": "skin", "place": "hand", "person": 0},
        {"kind": "hair", "person": 1},
        {"kind": "garment", "person": 0, "what": "skirt trim"},
    ]


def test_light_beyond_a_byte_is_cut_off(tmp_path):
    drawing = a_drawing()._replace(light=np.full((9, 13), 5, np.float32))
    save_drawing(tmp_path, "a.png", drawing, {})
    assert load_drawings(tmp_path)[0].light.max() == pytest.approx(255 / 128)


def test_slices_and_the_latest_of_two_lines(tmp_path):
    for seed in range(4):
        save_drawing(tmp_path, f"{seed}.png", a_drawing(seed), {"seed": seed})
    save_drawing(tmp_path, "1.png", a_drawing(9), {"seed": 9})
    drawings = load_drawings(tmp_path)
    assert [entry["seed"] for entry in drawings[1:3].entries] == [9, 2]
    np.testing.assert_array_equal(drawings[1].ink, a_drawing(9).ink)


def test_a_line_cut_off_is_passed_over_and_written_over(tmp_path):
    save_drawing(tmp_path, "a.png", a_drawing(1), {})
    with (tmp_path / INDEX_NAME).open("a") as file:
        file.write('{"file": "b.png", "par')
    assert len(load_drawings(tmp_path)) == 1
    save_drawing(tmp_path, "c.png", a_drawing(2), {})
    assert [entry["file"] for entry in load_drawings(tmp_path).entries] == ["a.png", "c.png"]


def test_a_picture_without_a_line_is_no_drawing_yet(tmp_path):
    save_drawing(tmp_path, "a.png", a_drawing(), {})
    write_picture(tmp_path / "b.png", a_drawing())
    assert len(load_drawings(tmp_path)) == 1


def test_what_is_missing_or_damaged_is_named(tmp_path):
    with pytest.raises(BadInputError, match=r"figures\.jsonl[^\n]*\nMake some"):
        load_drawings(tmp_path)
    save_drawing(tmp_path, "a.png", a_drawing(), {})
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInputError, match=r"a\.png"):
        load_drawings(tmp_path)[0]
    (tmp_path / "a.png").unlink()
    with pytest.raises(BadInputError, match=r"a\.png: missing"):
        load_drawings(tmp_path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("not json", "line 1 is not JSON"),
        ("[]", "line 1 names no file"),
        ('{"file": "../a.png", "parts": [{"kind": "ground"}]}', "elsewhere"),
        ('{"file": "a.png"}', "no parts"),
        ('{"file": "a.png", "parts": [{"kind": "ground", "colour": 1}]}', "no parts"),
        ('{"file": "a.png", "parts": [{"kind": "fur"}]}', "unknown part"),
        ('{"file": "a.png", "parts": []}', "begin with the ground"),
    ],
)
def test_broken_lines_are_named(tmp_path, line, complaint):
    (tmp_path / INDEX_NAME).write_text(line + "\n")
    with pytest.raises(BadInputError, match=complaint):
        load_drawings(tmp_path)


def test_a_part_without_description_is_refused_both_ways(tmp_path):
    drawing = a_drawing()
    with pytest.raises(ValueError, match="described"):
        save_drawing(tmp_path, "a.png", drawing._replace(parts=PARTS[:2]), {})
    assert not (tmp_path / "a.png").exists()
    write_picture(tmp_path / "a.png", drawing)
    append_entry(tmp_path, entry_of("a.png", PARTS[:2], {}))
    with pytest.raises(BadInputError, match="tells of 2"):
        load_drawings(tmp_path)[0]


def test_without_numba_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    from mangacolor.cli import run

    monkeypatch.setitem(sys.modules, "numba", None)
    for name in [name for name in sys.modules if name.startswith("mangacolor.data.figures.") and "store" not in name]:
        monkeypatch.delitem(sys.modules, name)
    assert run(["synthesize", "--figures", str(tmp_path / "pack.npz"), "--out", str(tmp_path / "out")]) == 2
    assert 'pip install "mangacolor[figures]"' in capsys.readouterr().err
