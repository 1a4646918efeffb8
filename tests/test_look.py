"""Scores of coloured pages at known points.

Oracle: pages whose colours are laid out by area in the test, and what follows from them by counting.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mangacolor.cli import run
from mangacolor.errors import BadInputError, ExitCode
from mangacolor.evaluate import Order, score
from mangacolor.evaluate.look import read_look_set, score_look
from mangacolor.image.color import srgb_from_oklab

SIDE = 200
NAMES = ("a1", "a2", "a10")
SKIN = (0.8, 0.07, 55)
GREEN = (0.8, 0.07, 140)
NEUTRAL = (0.7, 0.0, 0)


def rgb(lightness, chroma, hue):
    turn = np.radians(hue)
    lab = np.array([lightness, chroma * np.cos(turn), chroma * np.sin(turn)], np.float32)
    return np.rint(srgb_from_oklab(lab) * 255).astype(np.uint8)


def gray_page():
    """Tone on the left, paper on the right, ink below."""
    page = np.full((SIDE, SIDE), 255, np.uint8)
    page[:, : SIDE // 2] = 180
    page[180:] = 0
    return page


def coloured_page(upper=SKIN, lower=NEUTRAL, paper=(1.0, 0.0, 0)):
    """One colour on the upper half of the tone, another on the lower one, one on the paper."""
    page = np.zeros((SIDE, SIDE, 3), np.uint8)
    page[:90, :100], page[90:180, :100], page[:180, 100:] = rgb(*upper), rgb(*lower), rgb(*paper)
    return page


@pytest.fixture
def folder(tmp_path):
    """Three pages; on each a face above, hair of one person above and below, a balloon on the paper."""
    (tmp_path / "pages").mkdir()
    lines = ["page\tx\ty\tkind\twhere"]
    for name in NAMES:
        Image.fromarray(gray_page()).save(tmp_path / "pages" / f"{name}.png")
        lines += [f"{name}\t50\t40\tskin\tface", f"{name}\t30\t40\thair\tao", f"{name}\t30\t140\thair\tao"]
        lines += [f"{name}\t150\t40\twhite\tballoon", f"{name}\t70\t40\tfoliage\t"]
    (tmp_path / "points.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def save_outputs(folder, pages, pattern="{}.png"):
    folder.mkdir()
    for name, page in zip(NAMES, pages, strict=True):
        Image.fromarray(page).save(folder / pattern.format(name))
    return folder


def scored(folder, *outputs, **options):
    return score_look(read_look_set(folder), [], outputs, **options)


def test_shares_and_colour_are_what_was_painted(folder):
    """By hand: half the tone has chroma 0.07 of one hue, the rest none; all faces right, one hair point of two."""
    row = scored(folder, save_outputs(folder / "out", [coloured_page()] * 3))[0]
    assert (row.name, row.half, row.pages) == ("out", "all", 3)
    assert row.shares["skin"] == row.shares["skin_face"] == row.shares["white_balloon"] == 1
    assert (row.shares["hair"], row.shares["foliage"]) == (0.5, 0)
    assert row.shares["skin_hand"] is None
    assert row.chroma == pytest.approx(0.035, abs=0.001)
    assert (row.coloured, row.coloured_paper, row.sectors) == (0.5, 0, 1)
    # Two points 0.07 apart lie half of that from their mean; the pages agree.
    assert row.hair_spread == pytest.approx(0.035, abs=0.001)
    assert row.hair_spread_over_pages == pytest.approx(0, abs=1e-6)
    assert (row.cloth_spread, row.seconds, row.peak_mib) == (None, None, None)


@pytest.mark.parametrize(
    ("colours", "share", "value"),
    [
        ({"upper": GREEN}, "skin", 0),
        ({"upper": GREEN}, "foliage", 1),
        ({"upper": (0.8, 0.015, 55)}, "skin", 0),
        ({"upper": (0.62, 0.18, 40)}, "skin", 0),
        ({"lower": GREEN}, "hair", 1),
        ({"paper": (0.97, 0.02, 90)}, "white", 0),
    ],
)
def test_a_wrong_colour_flips_the_verdict(folder, colours, share, value):
    row = scored(folder, save_outputs(folder / "out", [coloured_page(**colours)] * 3))[0]
    assert row.shares[share] == value


def test_white_is_measured_against_the_paper_of_the_output(folder):
    """A balloon darker than the paper around it fails, paper that is grey all over does not."""
    grey = coloured_page(paper=(0.9, 0.0, 0))
    spotted = coloured_page()
    spotted[20:60, 130:170] = rgb(0.9, 0, 0)
    rows = scored(folder, save_outputs(folder / "out", [grey, spotted, spotted]))
    assert rows[0].shares["white"] == pytest.approx(1 / 3)


def test_colour_is_taken_beside_ink(folder):
    """Half of the disc is black on the grey page and in the output: the colour beside it counts."""
    gray, coloured = gray_page(), coloured_page()
    gray[30:50:2, 40:60] = 0
    coloured[30:50:2, 40:60] = 0
    for name in NAMES:
        Image.fromarray(gray).save(folder / "pages" / f"{name}.png")
    assert scored(folder, save_outputs(folder / "out", [coloured] * 3))[0].shares["skin"] == 1


def test_halves_go_by_natural_order(folder):
    """a1 and a10 are odd, a2 is even; a spread over pages that differ."""
    output = save_outputs(folder / "out", [coloured_page(), coloured_page(upper=GREEN), coloured_page()])
    rows = {row.half: row for row in scored(folder, output)}
    assert [rows[half].pages for half in ("all", "odd", "even")] == [3, 2, 1]
    assert [rows[half].shares["skin"] for half in ("odd", "even")] == [1, 0]
    assert rows["odd"].hair_spread_over_pages == pytest.approx(0, abs=1e-6)
    assert rows["all"].hair_spread_over_pages > 0.01
    assert rows["even"].hair_spread_over_pages is None


@pytest.mark.parametrize(("size", "pattern"), [(400, "{}.png"), (100, "{}_color.webp"), (300, "{}.tif")])
def test_another_size_name_and_format_score_alike(folder, size, pattern):
    large = np.asarray(Image.fromarray(coloured_page()).resize((size, size), Image.Resampling.NEAREST))
    same, other = scored(
        folder,
        save_outputs(folder / "one", [coloured_page()] * 3),
        save_outputs(folder / "two", [large] * 3, pattern),
    )[::3]
    assert other.shares == same.shares
    assert other.chroma == pytest.approx(same.chroma, abs=0.003)
    assert other.coloured == pytest.approx(same.coloured, abs=0.03)


def test_what_is_missing_or_of_another_shape_is_named(folder):
    output = save_outputs(folder / "out", [coloured_page()] * 3)
    (output / "a2.png").unlink()
    with pytest.raises(BadInputError, match="1 of 3 pages are missing: a2"):
        scored(folder, output)
    Image.fromarray(coloured_page()[:100]).save(output / "a2.png")
    with pytest.raises(BadInputError, match="another shape"):
        scored(folder, output)
    with pytest.raises(BadInputError, match="no such folder"):
        scored(folder, folder / "nothing")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a3\t5\t5\tskin\tface", "no page `a3`"),
        ("a1\tx\t5\tskin\tface", "line 17: not a point"),
        ("a1\t5\t5\tfish\t", "unknown kind `fish`"),
        ("a1\t500\t5\tskin\t", "lies off the page"),
    ],
)
def test_wrong_points_are_told(folder, line, told):
    with (folder / "points.tsv").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BadInputError, match=told):
        scored(folder, save_outputs(folder / "out", [coloured_page()] * 3))


def test_ours_stands_before_folders_with_its_time_and_the_table_tells_what_json_tells(folder):
    stub = SimpleNamespace(
        weights=SimpleNamespace(path=folder / "ours.safetensors"), colorize=lambda page: coloured_page(upper=GREEN)
    )
    pages = []
    outputs = [save_outputs(folder / "out", [coloured_page()] * 3)]
    report = score("look", Order(folder, [stub], outputs, sheets=folder / "new", on_page=pages.append))
    assert [(row["name"], row["half"]) for row in report.plain[::3]] == [("ours.safetensors", "all"), ("out", "all")]
    ours, theirs = report.plain[::3]
    assert ours["seconds"] >= 0
    assert theirs["seconds"] is None
    assert (ours["skin"], theirs["skin"]) == (0, 1)
    assert pages == [3, 3, 3]
    plain = json.loads(json.dumps(report.plain, allow_nan=False))
    points = [point for page in plain[3]["per_page"] for point in page["points"]]
    assert len(points) == 15
    assert np.mean([point["right"] for point in points if point["kind"] == "hair"]) == theirs["hair"]
    skins, _, colours, things, spreads = report.table.split("\n\n")
    assert f"| out | 3 | {theirs['skin']:.2f} |" in skins
    assert f"| out | 3 | {theirs['chroma']:.3f} | {theirs['coloured']:.2f} |" in colours
    assert f"| ours.safetensors | even 1 | {report.plain[2]['hair']:.2f} |" in things
    assert f"| out | 3 | {theirs['hair_spread']:.3f} |" in spreads
    written = sorted(path.name for path in (folder / "new").iterdir())
    assert written == ["a1.png", "a10.png", "a2.png", "all-1-ours.png", "all-2-out.png"]
    sheet = np.asarray(Image.open(folder / "new" / "a1.png"))
    assert (sheet[:, 1006:2006] == (230, 20, 20)).all(axis=2).any(), "no red ring on the page with green skin"


def test_missed_points_are_listed_by_place(folder):
    """By hand: green faces on the second page, neutral hair below and foliage everywhere are wrong, place by place."""
    output = save_outputs(folder / "out", [coloured_page(), coloured_page(upper=GREEN), coloured_page()])
    row = score("look", Order(folder, [], [output])).plain[0]
    assert [(one["kind"], one["where"], one["page"], one["x"], one["y"]) for one in row["missed"]] == [
        ("foliage", "", "a1", 70, 40), ("foliage", "", "a10", 70, 40),
        ("hair", "ao", "a1", 30, 140), ("hair", "ao", "a2", 30, 140), ("hair", "ao", "a10", 30, 140),
        ("skin", "face", "a2", 50, 40),
    ]  # fmt: skip
    assert row["missed"][-1]["hue"] == pytest.approx(140, abs=2)
    assert row["missed"][-1]["chroma"] == pytest.approx(0.07, abs=0.003)


def test_garments_of_a_page_lie_apart(folder):
    """By hand: two garments 0.07 apart lie half of that from their mean, and those of one colour not at all."""
    with (folder / "points.tsv").open("a") as file:
        file.write(
            "".join(f"{name}\t30\t{y}\tcloth\t{owner}\n" for name in NAMES for y, owner in ((40, "a"), (140, "b")))
        )
    apart, alike = scored(
        folder,
        save_outputs(folder / "one", [coloured_page()] * 3),
        save_outputs(folder / "two", [coloured_page(lower=SKIN)] * 3),
    )[::3]
    assert apart.cloth_apart == pytest.approx(0.035, abs=0.001)
    assert alike.cloth_apart == pytest.approx(0, abs=1e-6)
    assert alike.shares["cloth"] == 1


def test_command_line_scores_folders_alone(folder, capsys):
    output = save_outputs(folder / "out", [coloured_page()] * 3)
    words = ["evaluate", "--data", str(folder), "--task", "look", "-q"]
    assert run([*words, "--no-ours", "--outputs", str(output), "--json"]) == ExitCode.DONE
    assert [row["half"] for row in json.loads(capsys.readouterr().out)] == ["all", "odd", "even"]
    assert run([*words, "--no-ours"]) == ExitCode.USAGE
    assert run(["evaluate", "--task", "look"]) == ExitCode.USAGE
    assert run(["evaluate", "--task", "kinds", "--data", str(folder), "--outputs", str(output)]) == ExitCode.USAGE
