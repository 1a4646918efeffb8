"""Pages of folders that stand beside the page that they were made of.

Oracle: the same folder without them.
"""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from pictures import save_image
from stubs import Painter

from mangacolor.books import made_of_others
from mangacolor.cli import run
from mangacolor.errors import ExitCode

PAGE = np.zeros((20, 20), np.uint8)
COLOURED = np.full((20, 20, 3), (200, 40, 40), np.uint8)


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """Two pages, and the colours that one of them got from a run for it alone."""
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: Painter())
    for name in ("1.png", "2.png"):
        save_image(tmp_path / "ch" / name, PAGE)
    save_image(tmp_path / "ch" / "1_color.png", COLOURED)
    return tmp_path / "ch"


@pytest.mark.parametrize("words", [[], ["-o", "{}/out"], ["-o", "{}/out.cbz"]])
def test_a_page_in_colour_beside_its_origin_is_no_page_and_is_told(chapter, tmp_path, words, capsys):
    assert run(["colorize", str(chapter), *(word.format(tmp_path) for word in words)]) == ExitCode.DONE
    if words and words[-1].endswith(".cbz"):
        with zipfile.ZipFile(tmp_path / "out.cbz") as book:
            made = book.namelist()
    else:
        made = [path.name for path in (tmp_path / ("out" if words else "ch_color")).iterdir()]
    assert sorted(made) == ["1.png", "2.png"]
    told = capsys.readouterr().err
    assert "1_color.png is left out" in told
    assert "2 coloured; 1 skipped" in told


def test_a_dry_run_and_json_tell_it_too(chapter, capsys):
    assert run(["colorize", str(chapter), "-n"]) == ExitCode.DONE
    told = capsys.readouterr()
    assert [line.rpartition("/")[2] for line in told.out.splitlines()] == ["1.png", "2.png"]
    assert "1_color.png is left out" in told.err
    assert run(["colorize", str(chapter), "--json"]) == ExitCode.DONE
    pages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [page["output"] for page in pages if page.get("status") == "skipped"] == [str(chapter / "1_color.png")]


def test_pages_in_colour_alone_are_pages(tmp_path, monkeypatch, capsys):
    """Contract: what was asked for is done where nothing beside it could have become it."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    for name in ("1_color.png", "2_color.png"):
        save_image(tmp_path / "ch" / name, PAGE)
    assert run(["colorize", str(tmp_path / "ch")]) == ExitCode.DONE
    assert painter.painted == 2
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["1.png", "1_color.png"], ["1_color.png"]),
        (["a/1.bmp", "a/1_color.png", "b/1_color.png"], ["a/1_color.png"]),
        (["scan", "scan_color.png"], ["scan_color.png"]),
        (["vol 1.5", "vol 1.5_color.png"], ["vol 1.5_color.png"]),
        (["credits.txt", "credits_color.txt", "credits_color.png"], []),
        (["color.png", "_color.png"], []),
    ],
)
def test_names_of_outputs_beside_their_origin(names, made):
    assert list(made_of_others(names)) == made
