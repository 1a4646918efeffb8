"""A reader's own defaults: the file, the command line over it, and the limits among them.

Oracle: the contract in the README; the file is one that the test writes, never that of whoever runs it.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pictures import save_image
from PIL import Image

from mangacolor.books import Limits
from mangacolor.cli import run
from mangacolor.cli.settings import config_path, read_settings
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.errors import ExitCode, UsageError


@pytest.fixture
def page(tmp_path):
    pixels = np.full((80, 60), 255, np.uint8)
    pixels[20:24] = 0
    pixels[40:, 30:] = 140
    return save_image(tmp_path / "page.png", pixels)


@pytest.fixture
def config(tmp_path):
    return tmp_path / "habits" / "mine.toml"


@pytest.fixture(autouse=True)
def _weights(tiny_weights, installed_separator, monkeypatch):
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", str(tiny_weights))


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_no_test_reads_the_config_of_who_runs_it():
    """Invariant: the file in force is empty and lies in a temporary folder."""
    assert config_path().read_text() == ""
    assert "pytest" in str(config_path())


def test_the_command_line_beats_the_file_beats_the_default(page, config, capsys):
    """Contract, end to end: the file changes the format, the command line changes it back."""
    write(config, 'format = "webp"\nsaturation = 1\nmax-pixels = 100_000\nforce = true\n')
    assert run(["colorize", str(page), "--config", str(config)]) == ExitCode.DONE
    assert capsys.readouterr().out.strip().endswith("page_color.webp")
    assert run(["colorize", str(page), "--config", str(config), "--format", "png"]) == ExitCode.DONE
    assert capsys.readouterr().out.strip().endswith("page_color.png")
    settings = read_settings(config, {"saturation": 1.5, "force": False, "quality": None})
    assert (settings.saturation, settings.force, settings.quality) == (1.5, False, None)
    assert (settings.format, settings.max_pixels) == ("webp", 100_000)


@pytest.mark.parametrize(
    ("text", "words", "is_fast"),
    [("", [], False), ("", ["--fast"], True), ("fast = true", [], True), ("fast = true", ["--no-fast"], False)],
)
def test_the_fast_way_is_asked_for_by_an_option_or_the_file(page, config, text, words, is_fast, monkeypatch):
    """Contract: what the command line, else the file, says is what the colouriser is opened with."""
    got = []

    def refuse(order):
        got.append(order.options.fast)
        raise UsageError("That is all this test wants to know.")

    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", refuse)
    assert run(["colorize", str(page), "--config", str(write(config, text)), *words]) == ExitCode.USAGE
    assert got == [is_fast]


def test_paths_in_the_file_are_seen_from_its_folder(config):
    """Contract: the file means the same from wherever it is read; "~" is the home."""
    write(config, 'weights = "../w.safetensors"\nreference = ["a.png", "~/b.png"]\nseparator = "/s.safetensors"\n')
    settings = read_settings(config, {})
    assert settings.weights.resolve() == config.parent.parent / "w.safetensors"
    assert settings.separator == Path("/s.safetensors")
    assert settings.reference == (config.parent / "a.png", Path.home() / "b.png")


def test_paths_in_a_file_named_from_here_hold_elsewhere(config, monkeypatch):
    """Contract: processes of a farm, in folders of their own, find what the file names."""
    write(config, 'weights = "w.safetensors"\nreference = ["a.png"]\n')
    monkeypatch.chdir(config.parent)
    settings = read_settings(Path(config.name), {})
    assert (settings.weights, settings.reference) == (config.parent / "w.safetensors", (config.parent / "a.png",))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('colour = "red"', "colour"), ('saturation = "1.1"', "saturation"), ("saturation = -1", "saturation"),
        ("saturation = nan", "saturation"), ("quality = 101", "quality"), ("quality = true", "quality"),
        ("size = 1.5", "size"), ('format = "svg"', "format"), ('precision = "int8"', "precision"),
        ("weights = 3", "weights"), ('reference = "cover.png"', "reference"), ("reference = [1]", "reference"),
        ('force = "yes"', "force"), ("fast = 1", "fast"),
        ("max-entries = 0", "max-entries"), ("max_entries = 0", "max_entries"), ('password = "x"', "password"),
        ("[format]\nname = 1", "format"), ("seed = 2020-01-01", "seed"),
    ],
)  # fmt: skip
def test_a_wrong_setting_ends_with_2_and_is_named(page, config, text, key, capsys):
    """Contract: exit 2, with the key and the file."""
    write(config, text)
    assert run(["colorize", str(page), "--config", str(config), "--dry-run"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert f"`{key}`" in told
    assert str(config) in told


@pytest.mark.parametrize("words", [["--quality", "101"], ["--format", "svg"], ["--max-pixels", "0"]])
def test_a_wrong_option_is_named_as_it_was_typed(page, words, capsys):
    """Contract: the command line is not blamed on a file."""
    assert run(["colorize", str(page), *words]) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith(f"mangacolor: {words[0]} ")


@pytest.mark.parametrize("text", [None, "format = webp", "\xff"])
def test_a_named_file_must_be_there_and_toml(page, config, text, monkeypatch, capsys):
    """Contract: exit 3, by name, whether an option or the environment named it."""
    if text is not None:
        write(config, "").write_bytes(text.encode("latin-1"))
    assert run(["colorize", str(page), "--config", str(config), "-n"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert str(config) in told
    assert ("Check --config." in told) == (text is None)
    monkeypatch.setenv("MANGACOLOR_CONFIG", str(config))
    assert run(["colorize", str(page), "-n"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr().err
    assert "--config" not in told
    assert ("Check $MANGACOLOR_CONFIG." in told) == (text is None)


@pytest.mark.parametrize("name", ["weights", "separator"])
def test_weights_that_are_missing_are_sought_where_they_were_named(page, config, name, monkeypatch, capsys):
    """Contract: whatever may have named them is named; an option and the file come to the same."""
    write(config, f'{name} = "none.safetensors"')
    assert run(["colorize", str(page), "--config", str(config)]) == ExitCode.MODEL_FILE
    assert f"Correct `{name}`, the option or the line of the config file." in capsys.readouterr().err
    monkeypatch.setenv(f"MANGACOLOR_{name.upper()}", "none.safetensors")
    assert run(["colorize", str(page)]) == ExitCode.MODEL_FILE
    assert f"Correct $MANGACOLOR_{name.upper()}." in capsys.readouterr().err


def test_the_usual_file_need_not_be_there(page, tmp_path, monkeypatch, capsys):
    """Contract: looked for in the system's place, told by `info`, read when there, not missed when not."""
    monkeypatch.delenv("MANGACOLOR_CONFIG")
    folder = tmp_path / "system"
    monkeypatch.setattr("mangacolor.cli.settings.platformdirs.user_config_path", lambda *_, **__: folder)
    assert run(["colorize", str(page), "-n"]) == ExitCode.DONE
    folder.mkdir()
    write(folder / "config.toml", 'format = "jpg"')
    capsys.readouterr()
    assert run(["colorize", str(page), "-n"]) == ExitCode.DONE
    assert "page_color.jpg" in capsys.readouterr().out
    assert run(["info", "--json"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["config"] == {"file": str(folder / "config.toml"), "exists": True}


def test_help_fits_a_screen_and_tells_the_true_defaults():
    """Contract: at 80 columns at most 40 lines with examples, before the section `More`; every option is there;
    the defaults in it are those of `ColorizeOptions`."""
    done = subprocess.run(
        [sys.executable, "-m", "mangacolor", "colorize", "--help"],
        capture_output=True, text=True, check=True, env={"COLUMNS": "80", **_plain_environment()},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    first, _, more = done.stdout.partition("\nMore:\n")
    assert len(first.splitlines()) <= 40
    offered = set(re.findall(r"--([a-z][a-z-]+)", more))
    assert offered >= {"seed", "size", "mark", "verify", "separator", "max-entries", "max-entry-mb"}
    known = {name.replace("_", "-") for name in vars(ColorizeOptions())}
    assert not known - set(re.findall(r"--([a-z][a-z-]+)", done.stdout)), "options without help"
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("      mangacolor colorize ") for line in lines) >= 3
    told = dict(re.findall(r"--([a-z-]+) \S+ .*\[([^\]]+)\]$", done.stdout, re.MULTILINE))
    assert len(told) >= 8
    for name, default in told.items():
        kept = getattr(ColorizeOptions(), name.replace("-", "_"))
        assert ("its own" if kept is None else str(kept)) == default, name


def _plain_environment():
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "TERMINAL_WIDTH")}


# Limits


def test_a_page_with_too_many_pixels_is_refused_and_may_be_let_through(page, capsys):
    """Contract of --max-pixels: the message names it."""
    assert run(["colorize", str(page), "--max-pixels", "4799"]) == ExitCode.BAD_INPUT
    assert "--max-pixels" in capsys.readouterr().err
    assert run(["colorize", str(page), "--max-pixels", "4800"]) == ExitCode.DONE


@pytest.mark.slow
def test_more_pixels_than_pillow_likes_are_let_through_when_asked_for(page, monkeypatch):
    """Contract of --max-pixels: Pillow's own bound gives way, and only then."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    assert run(["colorize", str(page), "--max-pixels", "1999"]) == ExitCode.BAD_INPUT
    assert Image.MAX_IMAGE_PIXELS == 1_000
    assert run(["colorize", str(page), "--max-pixels", "5000"]) == ExitCode.DONE


def test_a_book_with_too_many_entries_is_refused_and_may_be_let_through(page, tmp_path, capsys):
    """Contract of --max-entries: the message names it."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        for number in range(3):
            archive.write(page, f"{number}.png")
    assert run(["colorize", str(book), "--max-entries", "2", "-n"]) == ExitCode.BAD_INPUT
    assert "--max-entries" in capsys.readouterr().err
    assert run(["colorize", str(book), "--max-entries", "3", "-n"]) == ExitCode.DONE


def test_a_book_that_swells_is_refused_and_may_be_let_through(tmp_path, capsys, monkeypatch):
    """Contract of --max-expansion: the message names it. The size that is always harmless is lowered for speed."""
    monkeypatch.setattr("mangacolor.colorize.options.Limits", functools.partial(Limits, harmless_bytes=1_000))
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.bmp", bytes(1_000_000))
    assert run(["colorize", str(book), "-n"]) == ExitCode.BAD_INPUT
    assert "--max-expansion" in capsys.readouterr().err
    assert run(["colorize", str(book), "-n", "--max-expansion", "2000"]) == ExitCode.DONE


def test_a_book_with_a_huge_entry_is_refused_and_may_be_let_through(tmp_path, capsys):
    """Contract of --max-entry-mb: the message names it."""
    book = tmp_path / "a.cbz"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.bmp", bytes((1 << 20) + 1))
    assert run(["colorize", str(book), "--max-entry-mb", "1", "-n"]) == ExitCode.BAD_INPUT
    assert "--max-entry-mb" in capsys.readouterr().err
    assert run(["colorize", str(book), "--max-entry-mb", "2", "-n"]) == ExitCode.DONE


@pytest.mark.slow
@pytest.mark.parametrize("is_jpeg", [False, True])
def test_the_largest_page_is_asked_of_documents_too(page, tmp_path, capsys, is_jpeg):
    """Contract of --max-pixels: pictures in a PDF are refused before they are unpacked, and let through when asked."""
    img2pdf = pytest.importorskip("img2pdf")
    pytest.importorskip("pikepdf")
    picture = io.BytesIO()
    Image.open(page).save(picture, "JPEG" if is_jpeg else "PNG")
    document = tmp_path / "a.pdf"
    document.write_bytes(img2pdf.convert(picture.getvalue()))
    words = ["colorize", str(document), "--overwrite"]
    assert run([*words, "--max-pixels", "4799"]) == ExitCode.BAD_INPUT
    assert "--max-pixels" in capsys.readouterr().err
    assert run([*words, "--max-pixels", "4800"]) == ExitCode.DONE


def test_the_guide_names_every_key():
    """Contract: the list of keys in the guide is that of `ColorizeOptions`."""
    guide = (Path(__file__).parent.parent / "docs" / "guide.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"Its keys: (.*?)\. ", guide, re.DOTALL)
    keys = [key.replace("-", "_") for key in re.findall(r"`([a-z-]+)`", told)]
    assert keys == [field.name for field in dataclasses.fields(ColorizeOptions)]


# Dry runs


@pytest.mark.parametrize(
    "words",
    [["--series", "nowhere.series"], ["--reference", "nowhere.png"], ["--hints", "nowhere.json"],
     ["--size", "1"]],
)  # fmt: skip
def test_a_dry_run_ends_as_the_run_would(page, tmp_path, monkeypatch, capsys, words):
    """Oracle: the run itself, without --dry-run."""
    monkeypatch.chdir(tmp_path)
    status = run(["colorize", str(page), *words])
    told = capsys.readouterr().err
    assert status != ExitCode.DONE
    assert run(["colorize", str(page), "--dry-run", *words]) == status
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", told)
