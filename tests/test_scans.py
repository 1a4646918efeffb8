"""Pages made worse, and their colourings looked at as those of the page.

Oracles: for each way the contract of its name, measured on a page drawn here; a painter who knows the whole page, whose
colouring must be found in its frame whatever was done to the page.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from mangacolor.cli import run
from mangacolor.errors import ExitCode
from mangacolor.evaluate.look import read_look_set
from mangacolor.evaluate.scans import (
    DESK,
    DIM,
    FADED,
    LID,
    MARGIN_PX,
    READER_GREYS,
    TILT,
    WAYS,
    YELLOWED,
    in_frame,
    scans_table,
    score_scans,
    worsened,
)

HEIGHT, WIDTH = 600, 440


def gray_page():
    """Frames and a wash on white paper."""
    page = np.ones((HEIGHT, WIDTH), np.float32)
    cv2.rectangle(page, (40, 40), (400, 280), 0.0, 4)
    cv2.rectangle(page, (40, 320), (400, 560), 0.0, 4)
    page[60:260, 60:200] = 0.7
    return page


@pytest.mark.parametrize("way", WAYS)
def test_a_page_is_made_worse_the_same_way_each_time(way):
    once = worsened(gray_page(), way)
    assert once.dtype == np.uint8
    assert once.shape[2] == 3
    np.testing.assert_array_equal(once, worsened(gray_page(), way))


@pytest.mark.parametrize("way", WAYS)
def test_what_is_brought_back_lies_where_it_was(way):
    """The worsened page itself, taken for a colouring: its frames are where the page has them."""
    page = gray_page()
    seen = in_frame(worsened(page, way), way, page.shape)[..., 1] / 255
    assert seen.shape == page.shape
    is_line = page == 0
    beside = cv2.dilate(is_line.astype(np.uint8), np.ones((15, 15), np.uint8)) - is_line > 0
    assert seen[is_line].mean() < 0.58 * seen[beside & (page == 1)].mean()


def test_ways_do_what_their_names_say():
    page = gray_page()
    pages = {way: worsened(page, way).astype(np.float32) / 255 for way in WAYS}
    corner = np.s_[5:26, 5:26]  # bare paper
    np.testing.assert_allclose(pages["as it is"][..., 0], page, atol=0.5 / 255 + 1e-6)
    assert pages["scanned"].shape[:2] == (480, 352)
    assert pages["scanned"][corner].mean() == pytest.approx(0.9, abs=0.01)
    assert pages["scanned"][corner].std() > 0.008
    np.testing.assert_allclose(pages["yellowed"][corner].mean(axis=(0, 1)), YELLOWED, atol=0.01)
    assert pages["in shadow"][5:35, -35:].mean() - pages["in shadow"][5:35, :30].mean() > 0.08
    assert pages["on a lid"].shape[:2] == (HEIGHT + 2 * MARGIN_PX, WIDTH + 2 * MARGIN_PX)
    assert pages["on a lid"][:40].mean() == pytest.approx(LID, abs=0.01)
    assert pages["faded"][page == 0].mean() == pytest.approx(FADED, abs=0.03)
    assert pages["faded"][corner].mean() == pytest.approx(1, abs=0.01)
    assert pages["in little light"][corner].mean() == pytest.approx(DIM, abs=0.01)
    photograph = pages["photographed"]
    assert min(np.array(photograph.shape[:2]) - (HEIGHT, WIDTH)) > 0.1 * WIDTH
    assert photograph[:5, :60].mean() == pytest.approx((0.12 + 0.88 * DESK) * 0.9, abs=0.02)
    assert photograph[:5, -60:].mean() < photograph[:5, :60].mean() - 0.08
    double = pages["double page"]
    assert double.shape[:2] == (HEIGHT, 2 * WIDTH)
    assert double[5:26, WIDTH - 10 : WIDTH + 10].mean() < double[corner].mean() - 0.12
    height, width = pages["tilted"].shape[:2]
    slope = np.tan(np.deg2rad(TILT))
    assert (height, width) == pytest.approx((HEIGHT + slope * WIDTH, WIDTH + slope * HEIGHT), abs=2)
    top_of_frame = [int((pages["tilted"][:200, column, 0] < 0.5).argmax()) for column in (100, 350)]
    assert top_of_frame[0] - top_of_frame[1] == pytest.approx(250 * slope, abs=2)
    assert np.abs(double[40:, WIDTH + 60 :, 0] - (0.12 + 0.88 * page[40:, 60:]) * 0.9).mean() < 0.03
    assert np.abs(double[40:, : WIDTH - 60, 0] - (0.12 + 0.88 * page[40:, :59:-1]) * 0.9).mean() < 0.03
    assert pages["on electronic paper"].shape[:2] == (450, 330)
    assert 4 < len(np.unique(pages["on electronic paper"])) <= READER_GREYS
    assert pages["on electronic paper"].mean() == pytest.approx(page.mean(), abs=0.01)
    assert np.abs(np.diff(pages["out of focus"][..., 0])).max() < 0.45
    assert pages["small"].shape[:2] == (360, 264)
    assert pages["tiny"].shape[:2] == (240, 176)
    assert pages["thumbnail"].shape[:2] == (162, 119)
    assert pages["small, enlarged"].shape[:2] == (720, 528)
    assert pages["squeezed"].shape[:2] == (HEIGHT, WIDTH)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pages").mkdir()
    Image.fromarray(np.rint(gray_page() * 255).astype(np.uint8)).save(tmp_path / "pages" / "p.png")
    (tmp_path / "points.tsv").write_text(
        "page\tx\ty\tkind\twhere\np\t130\t160\tsky\t\np\t300\t160\tfoliage\t\np\t300\t450\twhite\tballoon\n"
    )
    return tmp_path


def painter(blue, green):
    """Paint the wash blue and the paper beside it green; what was done to the page is told by the size that it has."""
    painted = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    painted[60:260, 60:200], painted[60:260, 210:390] = blue, green
    tilted = worsened(gray_page(), "tilted").shape

    def colorize(rgb):
        height, width = rgb.shape[:2]
        if (height, width) == (HEIGHT + 2 * MARGIN_PX, WIDTH + 2 * MARGIN_PX):
            return np.pad(painted, ((MARGIN_PX, MARGIN_PX), (MARGIN_PX, MARGIN_PX), (0, 0)), constant_values=255)
        if width > height:
            return np.hstack([painted[:, ::-1], painted])
        if rgb.shape == tilted:
            canvas = Image.new("RGB", (width, height), "white")
            canvas.paste(Image.fromarray(painted), ((width - WIDTH) // 2, (height - HEIGHT) // 2))
            return np.asarray(canvas.rotate(TILT, Image.Resampling.BILINEAR, fillcolor="white"))
        return cv2.resize(painted, (width, height))

    return SimpleNamespace(colorize=colorize)


def test_points_are_found_in_all_ways(folder):
    looks = read_look_set(folder)
    for right, colours in ((1.0, ((120, 180, 240), (90, 170, 90))), (0.0, ((90, 170, 90), (120, 180, 240)))):
        scores = score_scans(looks, painter(*colours))
        assert [row.name for row in scores] == list(WAYS)
        assert {row.shares["sky"] for row in scores} == {right}
        assert {row.shares["foliage"] for row in scores} == {right}
        assert {row.shares["white"] for row in scores} == {1.0}
    table = scans_table(scores).splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in table[2:]] == list(WAYS)


def test_the_command_scores_every_way(folder, tiny_weights, tiny_separator, capsys):
    words = ["evaluate", "--data", str(folder), "--task", "scans", "-q", "--json"]
    assert run([*words, "-w", str(tiny_weights), "--separator", str(tiny_separator)]) == ExitCode.DONE
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(WAYS)
    assert run(["evaluate", "--task", "scans"]) == ExitCode.USAGE
