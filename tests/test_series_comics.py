"""The task `series` of `mangacolor evaluate` on comics, and how it tells its data apart.

Oracles: contracts of the table, and scores of pages that are coloured here without the task.
"""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest
from pictures import draw_art, greyed, save_image

from mangacolor import Colorizer
from mangacolor.cli import run
from mangacolor.data.examples import find_examples
from mangacolor.errors import BadInputError, ExitCode, UsageError
from mangacolor.evaluate import Order, score, series_comics, series_task, series_ways
from mangacolor.evaluate.metrics import ciede2000, colourfulness
from mangacolor.evaluate.series_comics import score_comics
from mangacolor.evaluate.validation_pages import drawn_pages
from mangacolor.image import read_image
from mangacolor.series import Example, Part
from mangacolor.training import Budget

WAYS = ("grey page", "no series", "one page as a series", "one page learnt from 8 crops", "learnt, and as a series")
OTHERS = ("other pictures, no series", "other pictures, one page learnt")
SETS = ("plain grey", "screentone")
HAIR = Part("character", "rin", "hair")


def save_episode(folder, name, count, first=0):
    """Pages in colour, named as those of an episode."""
    for number in range(count):
        save_image(folder / f"{name}_P{number}.png", draw_art(first + number, 120, 100))
    return folder


@pytest.fixture
def comic(tmp_path):
    """An episode of three pages."""
    return save_episode(tmp_path / "comic", "ep1", 3)


class Painter:
    """Colours every page in one colour."""

    def __init__(self, rgb):
        self.rgb = rgb

    def colorize(self, page):
        return np.full_like(page, self.rgb)


@pytest.fixture
def taught(monkeypatch):
    """Learning, a series and both are painters here; what was given to them is kept."""
    given = []

    def learn(colorizer, rgb, gray, budget):
        given.append((rgb, gray, budget))
        return Painter((0, 200, 0))

    monkeypatch.setattr(series_comics, "learn_page", learn)
    monkeypatch.setattr(series_comics, "series_of_coloured", lambda rgb, gray, colorizer: SimpleNamespace(settle=rgb))
    monkeypatch.setattr(
        series_comics, "keeping_colours", lambda colorizer, pages, settle: Painter((colorizer.rgb[1], 0, 200))
    )
    return given


def scored(folder, painter=None, **options):
    return score_comics(find_examples(folder), painter or Painter((200, 0, 0)), Budget(images=8), **options)


def test_every_way_has_a_row_for_each_way_of_drawing(comic, taught):
    """Contract: rows in their order; two of three pages are scored; a single episode has no others."""
    pages = []
    rows = scored(comic, on_page=pages.append)
    assert [(row.drawn_as, row.way) for row in rows] == [(drawn_as, way) for drawn_as in SETS for way in WAYS]
    assert {row.pages for row in rows} == {2}
    assert pages == [4] * 4


@pytest.mark.parametrize("given", [None, 1, 3])
def test_the_page_that_is_given_is_not_scored(comic, taught, given):
    """Contract: what is learnt is the page told, or the most colourful, as it is drawn; all others are scored."""
    shown = []
    vivid = np.argmax([colourfulness(read_image(path).rgb) for path in sorted(comic.iterdir())])
    scored(comic, given=given, on_colored=lambda name, pages: shown.append((name, pages[0], pages[-1])))
    examples = list(find_examples(comic).examples)
    examples.insert(0, examples.pop(vivid if given is None else given - 1))
    for drawn_as, (rgb, gray, budget) in zip(SETS, taught, strict=True):
        first, *rest = drawn_pages(drawn_as, examples, find_examples(comic))
        np.testing.assert_array_equal(rgb, first.target)
        np.testing.assert_array_equal(gray, first.gray)
        assert budget == Budget(images=8)
        own = [(page, target) for name, page, target in shown if name == drawn_as]
        for (page, target), other in zip(own, rest, strict=True):
            np.testing.assert_array_equal(page, other.gray)
            np.testing.assert_array_equal(target, other.target)


def test_numbers_are_those_of_the_page_coloured_by_itself(comic, taught):
    """Oracle: CIEDE2000 of the second page in the colour of each painter."""
    rows = scored(comic, given=1, limit=1)
    found = find_examples(comic)
    for drawn_as in SETS:
        _, page = drawn_pages(drawn_as, found.examples[:2], found)
        coloured = [page.gray]
        coloured += [Painter(rgb).colorize(page.gray) for rgb in ((200, 0, 0), (0, 0, 200), (0, 200, 0), (200, 0, 200))]
        own = [row for row in rows if row.drawn_as == drawn_as]
        assert [row.pages for row in own] == [1] * len(WAYS)
        assert [row.ciede2000 for row in own] == pytest.approx([ciede2000(one, page.target) for one in coloured])


def test_change_is_against_no_series_and_the_harm_against_other_pictures(comic, taught):
    """By hand: each group of rows is compared with its own first way."""
    save_image(comic / "cover.png", draw_art(9))
    rows = scored(comic)
    assert [row.way for row in rows] == [*WAYS, *OTHERS] * 2
    table = series_comics.comics_table(rows).splitlines()[2:]
    for line, row in zip(table, rows, strict=True):
        base = OTHERS[0] if row.way in OTHERS else "no series"
        (alone,) = (one.ciede2000 for one in rows if (one.drawn_as, one.way) == (row.drawn_as, base))
        assert f"| {row.drawn_as} | {row.way} | {row.pages} | {row.ciede2000:.2f} |" in line
        assert f"| {100 * (row.ciede2000 - alone) / alone:+.1f}% |" in line


def test_pictures_that_training_left_out_are_taken_alone(comic, taught, monkeypatch):
    """Contract: of a folder with pictures of the validation list, those."""
    save_episode(comic, "ep2", 4, first=10)
    digests = frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in comic.glob("ep2_*"))
    assert {row.pages for row in scored(comic) if row.way == "no series"} == {2 + 3}
    monkeypatch.setattr(series_comics, "listed_digests", lambda: digests)
    assert [row.pages for row in scored(comic)] == [3] * 2 * len(WAYS)


def test_comics_of_a_pack_lie_in_pages(tmp_path, taught):
    """Contract: pictures outside `pages/` are no episode, whatever their names, but show the harm."""
    save_episode(tmp_path / "pages" / "own", "ep1", 2)
    save_episode(tmp_path / "anime", "figure", 3)
    counts = {row.way: row.pages for row in scored(tmp_path)}
    assert counts == dict.fromkeys(WAYS, 1) | dict.fromkeys(OTHERS, 3)


# What cannot be scored


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (("ep1_P1.png", "ep2_P1.png"), "no two pages of one episode"),
        (("notes/x.txt",), "no images"),
        ((), "no such file or folder"),
    ],
)
def test_folders_without_an_episode_are_told(tmp_path, files, told, tiny_weights, capsys):
    """Contract: exit status, and how pages are to be named."""
    for number, name in enumerate(files):
        path = tmp_path / "comic" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".png":
            save_image(path, draw_art(number))
        else:
            path.write_text("nothing")
    words = ["evaluate", "--data", str(tmp_path / "comic"), "--task", "series", "-w", str(tiny_weights), "-q"]
    assert run(words) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert told in said
    assert "EPISODE_PAGE" in said


def test_a_page_that_cannot_be_given_is_told(comic, taught):
    """Contract: a grey page, and one that is not there; by itself another page than the grey one is taken."""
    save_image(comic / "ep1_P0.png", greyed(draw_art(0, 120, 100)))
    with pytest.raises(BadInputError, match=r"ep1_P0.png is not in colour"):
        scored(comic, given=1)
    with pytest.raises(BadInputError, match=r"no page 4 in the episode of ep1_P0.png, which has 3"):
        scored(comic, given=4)
    assert not taught
    assert scored(comic)


@pytest.mark.parametrize(
    ("task", "options", "told"),
    [
        ("colour", {"minutes": 1.0}, "for the task series"),
        ("colour", {"given": 1}, "for the task series"),
        ("series", {"minutes": 1.0, "adapt": 8}, "both"),
    ],
)
def test_learning_is_for_series_and_told_once(comic, task, options, told):
    with pytest.raises(UsageError, match=told):
        score(task, Order(comic, [None], **options))


# Which series


@pytest.mark.parametrize(
    ("data", "options", "called"),
    [
        ("points.tsv", {}, "score_titles"),
        ("figures_pack.npz", {}, "score_ways"),
        ("figures_pack.npz", {"adapt": 8}, "score_learnt"),
        ("figures_pack.npz", {"minutes": 2.0}, "score_learnt"),
        ("ep1_P1.png", {}, "score_comics"),
    ],
)
def test_data_are_told_apart_by_what_lies_in_them(tmp_path, monkeypatch, data, options, called):
    """Contract: points make a look set, a pack a drawn series, anything else comics; comics learn three minutes."""
    calls = []
    for name in ("score_titles", "score_ways", "score_learnt", "score_comics"):

        def note(*words, name=name, **named):
            calls.append((name, words))
            return []

        monkeypatch.setattr(series_task, name, note)
    save_image(tmp_path / "pages" / "other_1.png", draw_art(0))
    save_image(tmp_path / "one.png", draw_art(0)).rename(tmp_path / data)
    score("series", Order(tmp_path, [None], **options))
    ((name, words),) = calls
    assert name == called
    budgets = [word for word in words if isinstance(word, Budget)]
    if called == "score_learnt":
        assert budgets == [Budget(images=options.get("adapt"), minutes=options.get("minutes"))]
    if called == "score_comics":
        assert budgets == [Budget(minutes=3.0)]


def test_pages_are_given_of_comics_alone(tmp_path):
    (tmp_path / "figures_pack.npz").write_bytes(b"")
    for options in ({"given": 1}, {"given": 2, "adapt": 8}):
        with pytest.raises(UsageError, match="told by nobody"):
            score("series", Order(tmp_path, [None], **options))


@pytest.mark.parametrize("options", [{"minutes": 1.0}, {"given": 1}])
def test_of_a_look_set_nothing_is_learnt(tmp_path, options):
    (tmp_path / "points.tsv").write_text("")
    with pytest.raises(UsageError, match="nothing is learnt"):
        score("series", Order(tmp_path, [None], **options))


# A page as a series


def test_a_page_becomes_a_series_with_its_palette_and_an_example(monkeypatch):
    """Contract: colours and points that are proposed, on the page in colour with the page as it was drawn beside it."""
    art = draw_art(0, 120, 100)
    gray = np.repeat(greyed(art)[..., None], 3, axis=2)
    monkeypatch.setattr(
        series_ways,
        "propose",
        lambda rgb, path, detect: ({HAIR: (9, 8, 7)}, [Example(HAIR, path, ((5, 6),))]),
    )

    def follow(colorizer, series):
        (example,) = series.examples
        assert series.colours == {HAIR: (9, 8, 7)}
        assert (example.part, example.points) == (HAIR, ((5, 6),))
        np.testing.assert_array_equal(read_image(example.picture).rgb, art)
        np.testing.assert_array_equal(read_image(example.drawn).rgb, gray)
        return colorizer

    monkeypatch.setattr(series_ways, "following_series", follow)
    assert series_ways.series_of_coloured(art, gray, "who follows") == "who follows"


def test_a_page_without_a_face_is_no_series():
    art = draw_art(0, 120, 100)
    assert series_ways.series_of_coloured(art, np.repeat(greyed(art)[..., None], 3, axis=2), None) is None


# All of it


@pytest.mark.slow
def test_the_command_learns_a_page_and_scores_the_others(
    comic, tmp_path, tiny_weights, tiny_separator, monkeypatch, capsys
):
    """Contract: rows as JSON, a sheet a way of drawing; what was learnt changes pages, and without a face a series
    does not; the row without a series is what `Colorizer` makes of the page."""
    monkeypatch.setattr("mangacolor.adapt.run.OTHERS", 2)
    words = ["evaluate", "--data", str(comic), "--task", "series", "--adapt", "8", "--given", "1", "--limit", "1", "-q"]
    words += [
        "--json",
        "-w",
        str(tiny_weights),
        "--separator",
        str(tiny_separator),
        "--device",
        "cpu",
        "--precision",
        "fp32",
    ]
    assert run([*words, "--sheets", str(tmp_path / "sheets")]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [(row["drawn_as"], row["way"]) for row in rows] == [(drawn_as, way) for drawn_as in SETS for way in WAYS]
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {"plain_grey-1.png", "screentone-1.png"}
    found = find_examples(comic)
    _, page = drawn_pages("plain grey", found.examples[:2], found)
    colorizer = Colorizer(tiny_weights, separator=tiny_separator, device="cpu", precision="fp32", force=True)
    _, alone, series, learnt, both = (row["ciede2000"] for row in rows[: len(WAYS)])
    assert alone == pytest.approx(ciede2000(colorizer.colorize(page.gray), page.target))
    assert series == alone
    assert learnt == both
    assert learnt != alone
