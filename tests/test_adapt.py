"""Learning a series from coloured pages.

Oracles: the contract of each step on pages drawn here; the teacher's own answers; the pages that `colorize` makes with
and without what was learnt.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pictures import draw_art, greyed, save_image
from PIL import Image
from training_runs import interrupt_after

from mangacolor.adapt import run as adapting
from mangacolor.adapt.corrections import example_pages
from mangacolor.adapt.pages import MOST_PAGES, ColouredPage, evenly_chosen, read_pages
from mangacolor.adapt.panels import other_pictures, panel_boxes, panel_pictures
from mangacolor.adapt.run import AdaptOptions, adapt
from mangacolor.cli import run
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.surveys import colorizer_following
from mangacolor.data.batches import stack
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import Stock
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.image import read_image
from mangacolor.models.changes import read_changes, write_changes
from mangacolor.models.nn import Generated
from mangacolor.models.weight_files import read_weight_file
from mangacolor.models.weights import load_weights
from mangacolor.page.ink import separate_by_closing
from mangacolor.series import ADAPTED_NAME, Example, Part, Series, digest_of, open_series
from mangacolor.training import Budget
from mangacolor.training.adapting import series_config
from mangacolor.training.objectives import VALIDATION
from mangacolor.training.schedule import Patience
from mangacolor.training.series import REHEARSED, SeriesObjective

pytestmark = pytest.mark.usefixtures("one_thread")

HAIR = Part("character", "rin", "hair")
RED, BLUE = (200, 40, 40), (40, 60, 200)


def coloured_page(height=240, width=200):
    """Two panels in colour on a white page."""
    page = np.full((height, width, 3), 255, np.uint8)
    half = height // 2
    for number, top in enumerate((8, half + 4)):
        art = draw_art(number, half - 12, width - 16)
        art[:3], art[-3:], art[:, :3], art[:, -3:] = 0, 0, 0, 0
        page[top : top + art.shape[0], 8 : 8 + art.shape[1]] = art
    return page


@pytest.fixture
def pair(tmp_path):
    """A coloured page, and beside it the same in grey."""
    save_image(tmp_path / "1.png", greyed(coloured_page()))
    return save_image(tmp_path / "1_color.png", coloured_page())


@pytest.fixture
def options(tiny_weights, installed_separator, monkeypatch):
    monkeypatch.setattr("mangacolor.adapt.run.OTHERS", 2)  # to draw all sixteen takes longer than to learn a little
    return ColorizeOptions(tiny_weights, device="cpu", precision="fp32", force=True)


# Pages


def test_the_grey_side_beside_a_page_is_found(pair):
    (page,) = read_pages([pair], [])
    assert page.gray is not None
    assert np.abs(page.gray.astype(int) - greyed(coloured_page())).max() <= 1
    assert np.array_equal(page.rgb, coloured_page())


def test_a_page_alone_has_no_grey_side(tmp_path):
    (page,) = read_pages([save_image(tmp_path / "cover.png", coloured_page())], [])
    assert page.gray is None


def test_a_named_grey_side_is_taken(pair, tmp_path):
    other = save_image(tmp_path / "scan.png", 255 - (255 - greyed(coloured_page())) // 2)
    (page,) = read_pages([pair], [other])
    assert page.gray is not None
    assert page.gray.min() > 100


def test_a_page_that_is_not_coloured_is_told(tmp_path):
    page = save_image(tmp_path / "1.png", greyed(coloured_page()))
    with pytest.raises(BadInputError, match=r"1.png is not coloured(.|\n)*--hints"):
        read_pages([page], [])


def test_pages_of_a_folder_that_are_not_coloured_are_passed_over(tmp_path):
    save_image(tmp_path / "book" / "1.png", greyed(coloured_page()))
    save_image(tmp_path / "book" / "2.png", coloured_page())
    (page,) = read_pages([tmp_path / "book"], [])
    assert page.name.endswith("2.png")


def test_twins_of_other_sizes_numbers_and_pictures_are_refused(pair, tmp_path):
    small = save_image(tmp_path / "small.png", greyed(coloured_page())[:100])
    other = save_image(tmp_path / "other.png", greyed(draw_art(7, *coloured_page().shape[:2])))
    with pytest.raises(BadInputError, match=r"small\.png: .*differ in size") as caught:
        read_pages([pair], [small])
    assert not {"pair", "target", "condition"} & set(str(caught.value).replace(str(small), "").split())
    with pytest.raises(BadInputError, match="different pictures"):
        read_pages([pair], [other])
    with pytest.raises(UsageError, match="--gray"):
        read_pages([pair], [small, other])
    save_image(tmp_path / "book" / "1.png", greyed(coloured_page()))
    save_image(tmp_path / "book" / "2.png", greyed(coloured_page()))
    with pytest.raises(BadInputError, match="has 1 page, and"):
        read_pages([pair], [tmp_path / "book"])


def test_pages_are_chosen_evenly(pair):
    pages = [page for page in read_pages([pair], []) for _ in range(100)]
    assert len(evenly_chosen(pages, MOST_PAGES)) == MOST_PAGES
    assert len(evenly_chosen(pages[:3], MOST_PAGES)) == 3


# Panels


def test_pages_are_cut_into_panels_no_larger_than_is_seen():
    page = np.repeat(np.repeat(coloured_page(), 3, axis=0), 3, axis=1)
    boxes = panel_boxes(page, greyed(page))
    panels = panel_pictures(page, greyed(page), separate_by_closing, 120, boxes)
    assert len(panels) == 2
    for panel in panels:
        assert panel.ink_and_tone is not None
        assert min(panel.rgb.shape[:2]) == 120
        assert {plane.shape for plane in panel.ink_and_tone} == {panel.rgb.shape[:2]}


def test_without_a_grey_side_it_is_left_to_be_drawn():
    page = coloured_page()
    panels = panel_pictures(page, None, separate_by_closing, 400, panel_boxes(page, None))
    assert len(panels) == 2
    assert all(panel.ink_and_tone is None for panel in panels)


def small_panels(rows=4, columns=3, side=84, gutter=8):
    """Small panels, each in a colour of its own, and the same page in grey; and the colours (rows * columns, 3)."""
    rng = np.random.default_rng(3)
    colours = rng.permutation(np.stack(np.meshgrid(*[np.uint8([30, 120, 210])] * 3), -1).reshape(-1, 3))
    colours = colours[np.ptp(colours.astype(int), axis=1) > 0][: rows * columns]
    page = np.full((rows * (side + gutter) + gutter, columns * (side + gutter) + gutter, 3), 255, np.uint8)
    for number, colour in enumerate(colours):
        top, left = (gutter + place * (side + gutter) for place in divmod(number, columns))
        page[top : top + side, left : left + side] = 0
        page[top + 3 : top + side - 3, left + 3 : left + side - 3] = colour
    return page, colours


def has_colour(pictures, colour):
    return any((np.abs(picture.rgb.astype(int) - colour).max(axis=2) < 12).sum() > 20 for picture in pictures)


@pytest.mark.parametrize("is_drawn", [True, False])
def test_panels_that_are_held_out_are_seen_nowhere_else(is_drawn):
    """Invariant: small panels are shown with what lies around them, and so the others lie in their pictures."""
    page, colours = small_panels()
    gray = greyed(page) if is_drawn else None
    engine = SimpleNamespace(
        separate=lambda gray: SimpleNamespace(page=separate_by_closing(gray)),
        backend=SimpleNamespace(traits=SimpleNamespace(panel_px=400)),
    )
    training, held_out = adapting._panels([ColouredPage("page", page, gray)], SimpleNamespace(engine=engine))
    assert (len(training), len(held_out)) == (10, 2)
    assert all(has_colour(training, colour) != has_colour(held_out, colour) for colour in colours)
    assert sum(has_colour(held_out, colour) for colour in colours) == 2
    for picture in (*training, *held_out):
        assert min(picture.rgb.shape[:2]) > 200  # with what lies around them
        if is_drawn:
            white = (picture.rgb == 255).all(axis=2)
            assert (picture.ink_and_tone[0][white] > 250).mean() > 0.9


def test_few_panels_are_all_learnt():
    page, _ = small_panels(rows=3)
    engine = SimpleNamespace(backend=SimpleNamespace(traits=SimpleNamespace(panel_px=100)))
    training, held_out = adapting._panels([ColouredPage("page", page, None)], SimpleNamespace(engine=engine))
    assert (len(training), len(held_out)) == (9, 0)


def test_the_score_of_held_out_panels_is_theirs_alone(seeing_weights):
    """Oracle: what would be perfect on the panels scores nothing, whatever it paints in what is rehearsed."""
    config = series_config(load_weights(seeing_weights).generator.config, 0)
    panel = Picture(draw_art(1, 200, 200), None)
    objective = SeriesObjective(config, None, other_pictures(2, 64))
    samples = objective.samples(Stock([panel], np.ones(1)), 64, 0)
    batch = stack([samples[number] for number in range(8)])
    of_series = batch["is_series"][:, 0] > 0.5
    assert of_series.tolist() == [number % REHEARSED != REHEARSED - 1 for number in range(8)]
    asked = []

    def perfect(condition):
        asked.append(len(condition))
        return Generated(batch["colour"][of_series], None, None)

    scores, _ = objective.score(perfect, batch)
    assert asked == [6]
    assert scores[VALIDATION] == pytest.approx(0, abs=1e-6)


# Corrections


def test_two_colours_for_one_part_are_refused(tmp_path):
    picture = np.full((40, 40, 3), 255, np.uint8)
    picture[:, :20], picture[:, 20:] = RED, BLUE
    path = save_image(tmp_path / "cover.png", picture)
    one, other = (Example(HAIR, path, ((x, 20),)) for x in (5, 35))
    colorizer = None  # coloured pictures are taken as they are
    assert len(example_pages(Series(tmp_path, "x", {HAIR: RED}, (one,)), colorizer)) == 1
    with pytest.raises(BadInputError, match=r"Two colours for rin.hair: #283cc8(.|\n)*#c82828"):
        example_pages(Series(tmp_path, "x", {HAIR: RED}, (one, other)), colorizer)
    with pytest.raises(BadInputError, match="Two colours"):
        example_pages(Series(tmp_path, "x", {}, (one, other)), colorizer)


def page_in_two_colours():
    """A page of examples/ whose greys are orange on its upper half and green below; points of hair lie on ink, too."""
    rgb = read_image(Path("examples/pages/page_01_sea.png")).rgb
    half = len(rgb) // 2
    paint = np.concatenate([np.full((half, 1, 3), (255, 120, 50)), np.full((len(rgb) - half, 1, 3), (60, 220, 90))])
    return np.rint(rgb * (paint / 255)).astype(np.uint8)


def test_what_palette_proposes_can_be_learnt(tmp_path):
    """Contract: the series that one command makes is one that the other takes, points on ink included."""
    path, series = save_image(tmp_path / "cover.png", page_in_two_colours()), tmp_path / "rin.series"
    assert run(["palette", str(series), "--from", str(path)]) == ExitCode.DONE
    made = open_series(series)
    ink = [
        point for example in made.examples for point in example.points
        if read_image(path).rgb[point[1] - 2 : point[1] + 3, point[0] - 2 : point[0] + 3].max(axis=2).mean() < 60
    ]  # fmt: skip
    assert ink
    assert len(example_pages(made, None)) == 1


def test_palette_takes_no_other_page_for_the_one_as_it_was_drawn(tmp_path, capsys):
    path, series = save_image(tmp_path / "1_color.png", page_in_two_colours()), tmp_path / "rin.series"
    save_image(tmp_path / "1.png", read_image(Path("examples/pages/page_02_street.png")).rgb)
    assert run(["palette", str(series), "--from", str(path)]) == ExitCode.BAD_INPUT
    assert "1.png: the page as drawn" in capsys.readouterr().err
    assert not series.exists()
    save_image(tmp_path / "1.png", read_image(Path("examples/pages/page_01_sea.png")).rgb)
    assert run(["palette", str(series), "--from", str(path)]) == ExitCode.DONE
    assert open_series(series).examples[0].drawn is not None


def test_points_on_ink_do_not_hide_another_colour(tmp_path):
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, :15], picture[:, 25:] = RED, BLUE
    path = save_image(tmp_path / "cover.png", picture)
    example = Example(HAIR, path, ((11, 20), (16, 20)))  # beside the ink and on it
    assert len(example_pages(Series(tmp_path, "x", {HAIR: RED}, (example,)), None)) == 1
    black = Example(HAIR, path, ((20, 20),))
    assert len(example_pages(Series(tmp_path, "x", {HAIR: (12, 12, 14)}, (black,)), None)) == 1
    with pytest.raises(BadInputError, match="Two colours"):
        example_pages(Series(tmp_path, "x", {HAIR: BLUE}, (example,)), None)


def test_an_example_in_colour_is_learnt_with_what_was_drawn(tmp_path):
    coloured = save_image(tmp_path / "1_color.png", coloured_page())
    drawn = save_image(tmp_path / "1.png", greyed(coloured_page()))
    (page,) = example_pages(Series(tmp_path, "x", {}, (Example(HAIR, coloured, (), drawn),)), None)
    assert page.gray is not None
    assert np.array_equal(page.gray, read_image(drawn).rgb[..., 0])


@pytest.mark.slow
def test_a_grey_example_is_coloured_with_its_colour(tmp_path, options):
    path = save_image(tmp_path / "page.png", greyed(coloured_page()))
    series = Series(tmp_path, "x", {HAIR: RED}, (Example(HAIR, path, ((100, 60),)),))
    (page,) = example_pages(series, Colorizer.from_options(options))
    around = page.rgb[50:70, 90:110].astype(float).mean(axis=(0, 1))
    assert around[0] > around[2] + 40
    assert page.gray is not None
    assert example_pages(Series(tmp_path, "x", {}, series.examples), Colorizer.from_options(options)) == []


# Learning


def test_one_in_some_samples_is_rehearsed(tiny_weights):
    config = series_config(load_weights(tiny_weights).config, 0)
    objective = SeriesObjective(config, lambda _: None, other_pictures(2, 96))
    samples = objective.samples(Stock([Picture(draw_art(0))], np.ones(1)), 32, 0)
    assert [float(samples[k]["is_series"]) for k in range(2 * REHEARSED)] == [1, 1, 1, 0] * 2


def test_what_the_teacher_says_costs_nothing(tiny_weights):
    network = load_weights(tiny_weights).network
    config = series_config(network.config, 0)
    objective = SeriesObjective(config, network, other_pictures(2, 96))
    samples = objective.samples(Stock([Picture(draw_art(0))], np.ones(1)), 32, 0)
    batch = stack([samples[k] for k in range(REHEARSED)])
    network.requires_grad_(False)
    same = objective.play(network, batch).terms
    assert float(same["kept_colours"]) == pytest.approx(0, abs=1e-6)
    assert float(same["kept_paint"]) == 0
    assert float(same["chroma_classes"]) > 0

    def other(condition):
        said = network(condition)
        return Generated(said.colour * 0.9, said.chroma_logits + torch.randn(said.chroma_logits.shape), None)

    changed = objective.play(other, batch).terms
    assert float(changed["kept_colours"]) > 0.01
    assert float(changed["kept_paint"]) > 0.01


def test_patience_ends_when_nothing_is_gained_and_keeps_the_best():
    network, patience = torch.nn.Linear(1, 1), Patience(2)
    for loss, is_over in ((3.0, False), (1.0, False), (2.0, False), (1.5, True)):
        torch.nn.init.constant_(network.weight, loss)
        patience.note(loss, network)
        assert patience.is_over == is_over
    assert float(patience.best(network)["weight"]) == 1.0


def test_no_patience_never_ends():
    network, patience = torch.nn.Linear(1, 1), Patience(0)
    for _ in range(9):
        patience.note(1.0, network)
    assert not patience.is_over
    assert patience.best(network).keys() == network.state_dict().keys()


# All of it


@pytest.fixture
def learnt(pair, tmp_path, options):
    """A series folder that learnt a page a little."""
    adapted = adapt(AdaptOptions(tmp_path / "rin.series", [pair], budget=Budget(images=8), colorize=options))
    assert adapted.path == tmp_path / "rin.series" / ADAPTED_NAME
    return adapted


def test_a_series_folder_gets_what_was_learnt(learnt, tiny_weights):
    folder = learnt.path.parent
    changes = read_changes(learnt.path)
    assert changes.weights == read_weight_file(tiny_weights).digest
    assert changes.facts["pages"] == 1
    assert learnt.size == learnt.path.stat().st_size < 4_000_000
    assert open_series(folder).name == "rin"
    with Image.open(folder / adapting.SHEET_NAME) as sheet:
        assert sheet.width > 1000
    lines = [json.loads(line) for line in (folder / adapting.CURVE_NAME).read_text().splitlines()]
    assert all("images_seen" in line for line in lines)


@pytest.mark.slow
def test_colorize_uses_what_was_learnt(learnt, options, pair, tmp_path):
    page = read_image(tmp_path / "1.png").rgb
    plain = Colorizer.from_options(options)
    after = Colorizer.from_options(ColorizeOptions(**{**vars(options), "series": learnt.path.parent}))
    assert after.settings != plain.settings
    assert not np.array_equal(after.colorize(page), plain.colorize(page))


@pytest.mark.slow
def test_a_colorizer_that_follows_a_series_has_what_was_learnt(learnt, options, tmp_path):
    page = read_image(tmp_path / "1.png").rgb
    plain = Colorizer.from_options(options)
    series = open_series(learnt.path.parent)
    following = colorizer_following(plain, series)
    assert following.weights.digest != plain.weights.digest
    assert not np.array_equal(following.colorize(page), plain.colorize(page))
    digest = digest_of(series)
    learnt.path.unlink()
    assert digest_of(series) != digest
    assert colorizer_following(plain, series).weights.digest == plain.weights.digest


def test_a_stopped_run_changes_nothing(pair, tmp_path, options):
    series = tmp_path / "rin.series"
    series.mkdir()
    write_changes(series / ADAPTED_NAME, {"a": np.ones(1)}, "old", {})
    order = AdaptOptions(series, [pair], budget=Budget(images=400), colorize=options)
    told = []
    adapted = adapt(order, say=told.append, on_step=interrupt_after(8))
    assert told[0] == "1 page in colour, 1 with the grey side known."
    assert adapted.path is None
    assert read_changes(series / ADAPTED_NAME).weights == "old"
    assert [path.name for path in series.iterdir()] == [ADAPTED_NAME]


@pytest.mark.slow
def test_the_command(pair, tmp_path, tiny_weights, seeing_weights, installed_separator, capsys):
    series = tmp_path / "rin.series"
    words = ["adapt", str(pair), "--series", str(series), "--images", "8", "-w", str(tiny_weights), "-q"]
    assert run(words) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == str(series / ADAPTED_NAME)
    page = ["colorize", str(tmp_path / "1.png"), "-q", "--series", str(series), "-o", str(tmp_path / "out.png")]
    assert run([*page, "-w", str(tiny_weights)]) == ExitCode.DONE
    assert run([*page, "-w", str(seeing_weights), "--overwrite"]) == ExitCode.MODEL_FILE
    assert "other weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["adapt"], ExitCode.USAGE, "--series"),
        (["adapt", "--series", "{}/x.series", "--minutes", "0"], ExitCode.USAGE, "above 0"),
        (["adapt", "--series", "{}/x.series"], ExitCode.BAD_INPUT, "nothing to learn from"),
        (["adapt", "{}/1.png", "--series", "{}/x.series"], ExitCode.BAD_INPUT, "not coloured"),
        (["adapt", "{}/2.png", "--series", "{}/x.series"], ExitCode.BAD_INPUT, "does not exist"),
        (["adapt", "--hints", "{}/h.json", "--series", "{}/x.series"], ExitCode.USAGE, "single grey page"),
    ],
)
def test_what_is_wrong_is_told(words, status, told, pair, tmp_path, tiny_weights, installed_separator, capsys):
    assert run([word.format(tmp_path) for word in words] + ["-w", str(tiny_weights), "-q"]) == status
    assert told in capsys.readouterr().err
    assert not (tmp_path / "x.series").exists()
