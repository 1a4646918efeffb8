"""Every task of `mangacolor evaluate` on a small folder of art, with networks that have learnt nothing.

Oracles: contracts of the tasks, scores by hand, and scikit-image.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from pictures import draw_art, greyed, save_image

from mangacolor import Colorizer
from mangacolor.cli import run
from mangacolor.data.drawing.compose import ComposedPage, TextBox
from mangacolor.data.drawing.scan import PageLayers
from mangacolor.data.examples import Example, find_examples
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.evaluate import TASKS, Order, score
from mangacolor.evaluate.colour import Scores, colour_table, mean_scores, page_and_target, score_page
from mangacolor.evaluate.finish import draw_flats, score_leaks, score_lettering
from mangacolor.evaluate.separation import score_separators
from mangacolor.evaluate.steering import draw_hints, score_steering
from mangacolor.evaluate.validation import listed_digests
from mangacolor.evaluate.validation_pages import SETS, ValidationPage, draw_page
from mangacolor.page.ink import Separation

pytestmark = pytest.mark.slow

WORST_LEAK = 0.05
"""How wrong colour may be beside a closed 2 px line where the working size is a quarter of the page's."""


@pytest.fixture
def colorizer(tiny_weights, tiny_separator):
    return Colorizer(tiny_weights, separator=tiny_separator, size=96, force=True)


@pytest.fixture
def seeing_colorizer(seeing_weights, tiny_separator):
    return Colorizer(seeing_weights, separator=tiny_separator, size=96, force=True)


def scored(task, data, *colorizers, **options):
    return score(task, Order(data, colorizers, **options))


def numbers(row):
    return {name: value for name, value in row.items() if isinstance(value, (int, float))}


# Tasks


def test_colour_has_the_grey_page_beside_the_weights(art_folder, colorizer):
    """Contract: rows for doing nothing and for the weights; a page never looks like nothing was drawn."""
    pages = []
    report = scored("colour", art_folder, colorizer, limit=3, on_page=pages.append)
    assert [row["name"] for row in report.plain] == ["grey page", colorizer.weights.path.name]
    assert pages == [3, 3, 3]
    for row in report.plain:
        assert row["pages"] == 3
        assert all(math.isfinite(value) for value in numbers(row).values())
    assert report.plain[0]["colourfulness_ratio"] == 0
    assert report.table.count("\n") == 3


def test_separation_has_the_grey_closing_beside_the_separator(art_folder, colorizer):
    """Contract: two rows; where no screentone is seen, toneless pages survive the separator as ink × tone."""
    pages = []
    report = scored("separation", art_folder, colorizer, limit=1, on_page=pages.append)
    closing, separator = report.plain
    assert (closing["name"], separator["name"]) == ("grey closing", "separator")
    for row in report.plain:
        assert row["pages"] == 1
        for name in ("tone_error", "ink_psnr", "unchanged", "product_unchanged"):
            assert math.isfinite(row[name])
        assert 0 <= row["tone_error"] <= 1
        assert 0 <= row["unchanged"] <= 1
    assert separator["product_unchanged"] == 1
    assert set(pages) == {2}
    assert "grey closing" in report.table


def test_finish_has_leaks_and_lettering(art_folder, colorizer, monkeypatch):
    """Contract: three reductions, the lettering and two other scans, in one report."""
    monkeypatch.setattr("mangacolor.evaluate.finish.FLATS_PX", 128)
    monkeypatch.setattr("mangacolor.evaluate.composed.SIZE", (600, 420))
    report = scored("finish", art_folder, colorizer, limit=1)
    *leaks, lettering, half, double = report.plain
    assert (half["scale"], double["scale"]) == (0.5, 2.0)
    assert 0 <= half["ciede2000"] < 100
    assert [row["reduction"] for row in leaks] == [2, 4, 8]
    assert all(math.isfinite(value) for row in leaks for value in numbers(row).values())
    assert lettering["boxes"] >= 0
    if lettering["boxes"]:
        assert 0 <= lettering["clean_boxes"] <= lettering["luma_within"] + 1
    json.dumps(report.plain, allow_nan=False)


@pytest.mark.parametrize(
    ("task", "order", "told"),
    [
        ("colour", Order(None, [None]), "needs --data"),
        ("kinds", Order(Path(), [None, None]), "tasks validation and look"),
        ("steering", Order(Path(), [None], sheets=Path("new")), "tasks validation, look, series and strokes"),
        ("validation", Order(Path(), [None], outputs=[Path()]), "--task look"),
        ("taste", Order(Path(), [None]), "Choose one of colour, validation"),
    ],
)
def test_orders_without_sense_are_refused(task, order, told):
    """Contract of `Task`: an option that a task has no use for is told, with the tasks that have one."""
    with pytest.raises(UsageError, match=told):
        score(task, order)


def test_held_out_scores_nothing_without_a_recipe(art_folder, colorizer):
    """Contract: weights whose facts name no recipe held nothing out, and that is said."""
    with pytest.raises(BadInputError, match="nothing to score"):
        scored("colour", art_folder, colorizer, held_out=True)


@pytest.mark.parametrize("task", ["colour", "separation"])
def test_command_line_runs_a_task(tmp_path, tiny_weights, tiny_separator, task, capsys):
    """Contract: --json prints rows that parse strictly, without it Markdown comes."""
    save_image(tmp_path / "art" / "one.png", draw_art(0))
    words = ["evaluate", "--data", str(tmp_path / "art"), "--task", task, "-w", str(tiny_weights), "--size", "64"]
    words += ["--separator", str(tiny_separator), "--limit", "1", "-q"]
    assert run([*words, "--json"]) == ExitCode.DONE
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_unknown_task_is_wrong_usage(tmp_path, capsys):
    """Contract of the exit status, before any weights are looked for; the tasks are named."""
    assert run(["evaluate", "--data", str(tmp_path), "--task", "taste"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert "taste" in told
    assert all(task in told for task in TASKS)


# Validation sets


def digests_of(examples):
    return frozenset(hashlib.sha256(one.target.read_bytes()).hexdigest() for one in examples)


@pytest.fixture
def listed(art_folder, monkeypatch):
    """The first four pictures of the folder as the validation list."""
    found = find_examples(art_folder)
    digests = digests_of(found.examples[:4])
    monkeypatch.setattr("mangacolor.evaluate.validation.listed_digests", lambda: digests)
    return found


def test_validation_scores_every_set_with_all_weights_and_shows_them(
    art_folder, listed, colorizer, tiny_separator, tmp_path
):
    """Contract: per set the grey page first, then the weights in order, those of one name by their paths; a sheet a
    set; no page looks worse than grey by being left out."""
    own = colorizer.weights.path
    copy = shutil.copy(own, tmp_path / own.name)
    rival = Colorizer(copy, separator=tiny_separator, size=96, force=True)
    pages = []
    report = scored("validation", art_folder, colorizer, rival, limit=1, sheets=tmp_path / "new", on_page=pages.append)
    assert [(row["set"], row["name"]) for row in report.plain] == [
        (each, who) for each in SETS for who in ("grey page", str(own), str(copy))
    ]
    assert pages == [len(SETS)] * len(SETS)
    for row in report.plain:
        assert row["pages"] == 1
        assert math.isfinite(row["ciede2000"])
    assert report.plain[1] == report.plain[2] | {"name": str(own)}
    assert {path.stem for path in (tmp_path / "new").iterdir()} == {f"{each.replace(' ', '_')}-1" for each in SETS}
    assert sum("grey page" in line and "+0.0%" in line for line in report.table.splitlines()) == len(SETS)


def test_validation_wants_its_own_pictures(art_folder, colorizer):
    """Contract: on a folder without the listed pictures it says so instead of scoring others."""
    with pytest.raises(BadInputError, match="validation pictures"):
        scored("validation", art_folder, colorizer)


def test_weights_that_saw_a_validation_picture_are_refused(art_folder, listed, colorizer):
    """Contract: by the split in the weights' own facts; here nothing was held out."""
    colorizer.weights.facts.update(pictures=12, train_config={"validation_percent": 0})
    with pytest.raises(UsageError, match="trained on 4"):
        scored("validation", art_folder, colorizer)


def test_steering_scores_help_beside_none(art_folder, listed, seeing_colorizer):
    """Contract: one report of pages without help, with hints and with a reference."""
    pages = []
    (row,) = scored("steering", art_folder, seeing_colorizer, limit=2, on_page=pages.append).plain
    assert row["pages"] == 2
    assert pages == [2, 2]
    assert all(math.isfinite(value) for value in numbers(row).values())


def test_paper_is_counted_over_all_pages_together():
    """Hand-computed: a tinted highlight of 5 pixels beside 95 clean ones of paper is 95 %, not the mean of 0 and 1."""
    white = np.full((20, 5, 3), 255, np.uint8)
    highlight = np.full((20, 5, 3), 40, np.uint8)
    highlight[0] = 255
    tinted = np.where(highlight == 255, np.uint8((255, 240, 180)), highlight)
    rows = [score_page(white[:19], white[:19]), score_page(tinted, highlight)]
    assert mean_scores("both", rows).neutral_paper == pytest.approx(0.95)
    assert math.isnan(mean_scores("none", [score_page(highlight // 4, highlight // 4)]).neutral_paper)


def test_steering_is_scored_by_hand():
    """Hand-computed: who paints the target when helped is perfect, and the hints are the target's own colours."""
    target = np.zeros((40, 40, 3), np.uint8)
    target[:20], target[20:] = (200, 40, 40), (40, 40, 200)
    gray = np.full_like(target, 128)

    def paint(page, hints=()):
        return target if hints else page

    scores = score_steering([ValidationPage(gray, target)], paint, lambda cover: lambda page: cover)
    assert scores.hinted_ciede2000 == scores.referred_ciede2000 == scores.referred_palette_distance == 0
    assert scores.hint_error == pytest.approx(0, abs=1e-6)
    assert scores.ciede2000 > 20
    assert scores.palette_distance == pytest.approx(1)
    assert {hint.rgb for hint in draw_hints(target)} == {(200, 40, 40), (40, 40, 200)}


def test_references_are_scored_beside_none(tmp_path, monkeypatch, seeing_colorizer):
    """Contract: a row for each kind of reference and way of drawing; who follows a page of another comic is listed."""
    folder = tmp_path / "pages" / "comics"
    folder.mkdir(parents=True)
    for number, name in enumerate(("ep1_1", "ep2_1", "ep2_2", "ep2_3", "ep2_4")):
        save_image(folder / f"{name}.png", draw_art(number))
    found = find_examples(tmp_path)
    digests = digests_of([one for one in found.examples if "ep2" in one.name])
    monkeypatch.setattr("mangacolor.evaluate.references.listed_digests", lambda: digests)
    pages = []
    rows = scored("references", tmp_path, seeing_colorizer, limit=2, on_page=pages.append).plain
    kinds = ("grey page", "no reference", "the next page", "3 other pages", "a page of another comic")
    assert [(row["drawn_as"], row["reference"]) for row in rows] == [
        (drawn_as, kind) for drawn_as in ("plain grey", "screentone") for kind in kinds
    ]
    assert pages == [4] * 4
    for row in rows:
        assert row["pages"] == 2
        assert all(math.isfinite(value) for value in numbers(row).values())


def test_references_need_two_pages_of_a_comic(art_folder, listed, colorizer, monkeypatch):
    """Contract: pictures that are no pages of comics are no references for each other."""
    monkeypatch.setattr("mangacolor.evaluate.references.listed_digests", lambda: digests_of(listed.examples[:4]))
    with pytest.raises(BadInputError, match="no two pages of one comic"):
        scored("references", art_folder, colorizer)


def test_list_names_48_pictures_by_sha_256():
    """Contract of the list in the package."""
    digests = listed_digests()
    assert len(digests) == 48
    assert all(len(digest) == 64 and int(digest, 16) for digest in digests)


@pytest.mark.parametrize("name", [name for name in SETS if name != "composed"])
def test_validation_pages_are_always_the_same(name):
    """Contract of `draw_page`: it hangs on art and seed; plain grey is the art's luma and keeps the art as target."""
    art = draw_art(0)
    page, again = (draw_page(name, art, "one") for _ in range(2))
    for one, other in zip(page, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert page.gray.shape == page.target.shape
    if name == "plain grey":
        np.testing.assert_array_equal(page.gray[..., 0], greyed(art))
        np.testing.assert_array_equal(page.target, art)


def test_sheets_and_several_weights_are_for_validation(art_folder, tiny_weights, tmp_path, capsys):
    """Contract of the command line: what would be ignored is refused."""
    words = ["evaluate", "--data", str(art_folder), "-w", str(tiny_weights), "--sheets", str(tmp_path)]
    assert run(words) == ExitCode.USAGE
    assert "validation" in capsys.readouterr().err


# Pages to colour


def test_drawn_pages_are_always_the_same_and_pairs_are_as_they_are(tmp_path, art_folder):
    """Contract of `page_and_target`: the page hangs on the file's name; where there is a grey side, it is taken."""
    example = find_examples(art_folder).examples[0]
    page, target = page_and_target(example, "colour")
    assert page.shape == target.shape
    assert 48 <= page.shape[0] <= 96  # printed and scanned, it may have become smaller
    assert page.dtype == target.dtype == np.uint8
    assert (page == page[..., :1]).all()
    for one, other in zip(page_and_target(example, "colour"), (page, target), strict=True):
        np.testing.assert_array_equal(one, other)
    gray = save_image(tmp_path / "gray.png", greyed(draw_art(1)))
    colour = save_image(tmp_path / "colour.png", draw_art(1))
    page, target = page_and_target(Example("one", colour, gray), "folders")
    np.testing.assert_array_equal(page[..., 0], greyed(draw_art(1)))
    np.testing.assert_array_equal(target, draw_art(1))


# Scores by hand


def composed(page, ink, tone, screened, boxes=()):
    layers = PageLayers(page, ink, tone, screened, np.repeat(page[..., None], 3, axis=2))
    return ComposedPage(layers, page > 0.9, list(boxes))


def test_separators_are_scored_by_hand():
    """Hand-computed: the truth is perfect; a tone off by 0.1 everywhere is off by 10 %; the truth of a page of lines
    is the page itself."""
    ink = np.ones((40, 40), np.float32)
    ink[:, 20] = 0
    tone = np.full((40, 40), 1.0, np.float32)
    tone[:20] = 0.6
    screened = tone < 1
    toned = composed(ink * tone, ink, tone, screened, [TextBox(5, 5, 25, 25, "balloon")])
    lines = composed(ink, ink, np.ones_like(ink), np.zeros_like(screened))

    def known(error):
        def separate(gray):
            true_tone = tone if (gray == toned.layers.page).all() else np.ones_like(gray)
            return Separation(ink, true_tone - np.float32(error))

        return separate

    perfect, off = score_separators({"truth": known(0), "off": known(0.1)}, [toned], [lines])
    assert perfect.tone_error == 0
    assert perfect.screened_tone_error == 0
    assert perfect.lettering_ssim == pytest.approx(1)
    assert perfect.unchanged == perfect.product_unchanged == 1
    assert perfect.ink_psnr == pytest.approx(100)
    assert off.tone_error == pytest.approx(0.1, rel=1e-4)
    assert off.unchanged == 1
    assert off.product_unchanged == pytest.approx(1 / 40)  # the black line alone


def test_lettering_is_scored_by_hand():
    """Hand-computed: untouched pages are clean, painted balloons are not; boxes elsewhere do not count."""
    page = np.ones((60, 60), np.float32)
    page[20:22, 10:50] = 0
    boxes = [TextBox(15, 5, 30, 55, "balloon"), TextBox(40, 5, 50, 55, "art")]
    scene = composed(page, page, np.ones_like(page), np.zeros(page.shape, bool), boxes)

    def paint(gray):
        return (gray * np.array([1, 0.8, 0.8])).astype(np.uint8)

    untouched, painted = score_lettering(lambda gray: gray, [scene]), score_lettering(paint, [scene])
    assert (untouched.boxes, untouched.clean_boxes, untouched.luma_within) == (1, 1, 1)
    assert untouched.luma_error == 0
    assert painted.clean_boxes == 0
    assert painted.luma_within == pytest.approx(2 * 40 / (15 * 50))
    assert painted.chroma > 5
    assert math.isnan(score_lettering(paint, []).chroma)


# Leaks


def test_flats_are_parted_by_lines_of_two_pixels():
    """Contract of `draw_flats`: no two colours touch but across ink; with gaps some do, and their distance is known."""
    colour, ink, far = draw_flats(np.random.default_rng(0))
    assert np.isinf(far).all()
    assert set(np.unique(ink)) == {0.0, 1.0}
    steps = np.abs(np.diff(colour, axis=1)).max(axis=2) > 0
    assert steps.any()
    assert (np.minimum(ink[:, 1:], ink[:, :-1])[steps] == 0).all()
    _, open_ink, far = draw_flats(np.random.default_rng(0), gaps=True)
    assert (open_ink >= ink).all()
    assert open_ink.sum() > ink.sum()
    assert (far[open_ink != ink] == 0).all()


def test_colour_does_not_leak_beside_closed_lines():
    """Contract: the bar for a quarter of the page's size; less reduced is no worse."""
    half, quarter, eighth = score_leaks(pictures=3)
    assert (half.reduction, quarter.reduction, eighth.reduction) == (2, 4, 8)
    assert quarter.worst_beside_line <= WORST_LEAK
    assert half.worst_beside_line <= WORST_LEAK
    assert quarter.worst_beside_gap < 1


def test_a_dash_stands_where_nothing_is_known():
    """Contract of `colour_table`: targets without bare paper, and pages too small for SSIM, have no such score."""
    nan = float("nan")
    row = colour_table([Scores("x", 1, 20.0, nan, 5.0, 3.0, nan, nan)]).splitlines()[-1]
    assert row == "| x | 1 | 20.00 | – | 5.00 | 3.00 | – | – |"
