"""Oracle: the command line's written contract (README, DESIGN of exit statuses), one test for each status."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

from mangacolor import __version__
from mangacolor.cli import run
from mangacolor.cli.app import app
from mangacolor.config import PRESETS
from mangacolor.errors import ExitCode
from mangacolor.evaluate import TASKS


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.png"
    pixels = np.full((80, 60), 255, np.uint8)
    pixels[20:24] = 0
    pixels[40:, 30:] = 140
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(autouse=True)
def _weights(tiny_weights, installed_separator, monkeypatch):
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", str(tiny_weights))


def test_done_writes_beside_the_input_and_prints_the_path(page, capsys):
    assert run(["colorize", str(page)]) == ExitCode.DONE
    output = page.with_name("page_color.png")
    assert capsys.readouterr().out.strip() == str(output)
    with Image.open(output) as image:
        assert image.size == (60, 80)
        assert image.mode == "RGB"


def test_finished_outputs_are_skipped_unless_overwrite(page):
    output = page.with_name("page_color.png")
    output.write_bytes(b"finished")
    assert run(["colorize", str(page)]) == ExitCode.DONE
    assert output.read_bytes() == b"finished"
    assert run(["colorize", str(page), "--overwrite"]) == ExitCode.DONE
    assert output.read_bytes().startswith(b"\x89PNG")


def test_dry_run_writes_nothing(page, capsys, monkeypatch):
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", "/nowhere")
    assert run(["colorize", str(page), "--dry-run"]) == ExitCode.DONE
    assert "page_color.png" in capsys.readouterr().out
    assert not page.with_name("page_color.png").exists()


def test_json_has_one_line_a_page_and_a_summary(page, capsys):
    (page.parent / "bad.png").write_bytes(b"")
    assert run(["colorize", str(page.parent), "-o", str(page.parent / "out"), "--json"]) == ExitCode.SOME_PAGES_FAILED
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["status"] for line in lines[:-1]] == ["failed", "colored"]
    assert lines[-1]["summary"]["colored"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["colorize"],
        ["colorize", "{page}", "--format", "gif"],
        ["colorize", "{page}", "--precision", "int8"],
        ["colorize", "{page}", "--device", "abacus"],
        ["colorize", "{page}", "--size", "5"],
        ["colorize", "{page}", "-o", "{page}"],
        ["colorize", "{page}", "--no-such-option"],
        ["colorize", "{page}", "-q", "-v"],
        ["train", "--data", "."],
        ["train", "--data", ".", "--minutes", "1", "--images", "1"],
        ["train", "--data", ".", "--images", "0"],
        ["train", "--data", ".", "--images", "1", "--preset", "huge"],
        ["evaluate", "--data", ".", "--task", "taste"],
        ["paint"],
    ],
)
def test_wrong_usage_ends_with_2(page, arguments, capsys):
    assert run([argument.format(page=page) for argument in arguments]) == ExitCode.USAGE
    assert capsys.readouterr().err


def test_colours_cannot_be_kept_where_nothing_is_decided_by_areas(page, capsys):
    """Contract: asked for in so many words it is wrong usage, as with a series; by itself nothing is said."""
    assert run(["colorize", str(page), "--fast", "--consistent"]) == ExitCode.USAGE
    assert "Leave out --fast or --consistent" in capsys.readouterr().err
    assert not page.with_name("page_color.png").exists()
    capsys.readouterr()
    assert run(["colorize", str(page), "--fast"]) == ExitCode.DONE
    assert capsys.readouterr().err == "Pages: 1 coloured.\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--fast", "--consistent"], ExitCode.USAGE),
        (["--weights", "nope.safetensors"], ExitCode.MODEL_FILE),
        (["--separator", "nope.safetensors"], ExitCode.MODEL_FILE),
        (["--device", "nowhere"], ExitCode.USAGE),
        (["--runtime", "onnx", "--device", "cuda"], ExitCode.USAGE),
    ],
)
def test_a_dry_run_refuses_what_the_run_would(page, words, status, capsys):
    """Oracle: the run."""
    told = []
    for more in ([], ["-n"]):
        assert run(["colorize", str(page), *words, *more]) == status
        told.append(capsys.readouterr())
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{page}"], "To colour it: mangacolor colorize {page}"),
        (["chapter.cbz"], "mangacolor colorize chapter.cbz"),
        (["help"], "mangacolor --help"),
        (["colorise"], "colorise"),
    ],
)
def test_what_is_no_command_is_told(page, words, told, capsys):
    assert run([word.format(page=page) for word in words]) == ExitCode.USAGE
    assert told.format(page=page) in capsys.readouterr().err


def test_a_pattern_in_quotes_is_told(tmp_path, capsys):
    assert run(["colorize", str(tmp_path / "*.png")]) == ExitCode.BAD_INPUT
    assert "leave the quotes out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["missing.png", "text.png", "book.cbz", "empty"])
def test_bad_input_ends_with_3(tmp_path, name, capsys):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "book.cbz").write_bytes(b"PK")
    (tmp_path / "empty").mkdir()
    assert run(["colorize", str(tmp_path / name)]) == ExitCode.BAD_INPUT
    assert name in capsys.readouterr().err


def test_what_cannot_be_written_ends_with_4(page, capsys):
    (page.parent / "wall").write_text("a file where a folder is needed")
    assert run(["colorize", str(page), "-o", str(page.parent / "wall" / "out.png")]) == ExitCode.CANNOT_WRITE
    assert "wall" in capsys.readouterr().err


def test_a_bad_model_file_ends_with_5(page, tmp_path, capsys):
    (tmp_path / "bad.safetensors").write_bytes(b"not weights")
    assert run(["colorize", str(page), "-w", str(tmp_path / "bad.safetensors")]) == ExitCode.MODEL_FILE
    assert run(["info", "-w", str(tmp_path / "none.safetensors")]) == ExitCode.MODEL_FILE
    assert "bad.safetensors" in capsys.readouterr().err


def test_some_failed_pages_end_with_6(page):
    (page.parent / "bad.png").write_bytes(b"GIF89a")
    assert run(["colorize", str(page.parent), "-o", str(page.parent / "out")]) == ExitCode.SOME_PAGES_FAILED
    assert (page.parent / "out" / "page.png").exists()


def test_the_unexpected_ends_with_1(page, monkeypatch, capsys):
    monkeypatch.setattr("mangacolor.colorize.work.open_source", lambda *_, **__: 1 / 0)
    assert run(["colorize", str(page)]) == ExitCode.UNEXPECTED
    assert "bug" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(page, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mangacolor.colorize.work.open_source", interrupt)
    assert run(["colorize", str(page)]) == ExitCode.INTERRUPTED


def test_info_prints_facts(capsys):
    assert run(["info", "--json"]) == ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["weights"]["parameters"] > 1000
    assert told["machine"]["mangacolor"] == __version__
    assert run(["info"]) == ExitCode.DONE
    assert "parameters" in capsys.readouterr().out


def test_train_then_colorize_then_evaluate(tmp_path, page, capsys):
    """A model of one's own, from colour pictures to a score."""
    art = tmp_path / "art"
    art.mkdir()
    generator = np.random.default_rng(0)
    for number in range(3):
        blocks = generator.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(blocks.repeat(24, 0).repeat(24, 1)).save(art / f"{number}.png")
    out = tmp_path / "run"
    trained = ["train", "--data", str(art), "--preset", "tiny", "--images", "8", "--out", str(out), "-q"]
    assert run(trained) == ExitCode.DONE
    weights = out / "mangacolor.safetensors"
    assert capsys.readouterr().out.strip() == str(weights)
    assert run([*trained]) == ExitCode.USAGE  # the folder holds a run, and --resume was not said
    assert run(["colorize", str(page), "-w", str(weights), "-q"]) == ExitCode.DONE
    capsys.readouterr()
    assert run(["evaluate", "--data", str(art), "-w", str(weights), "--json", "-q"]) == ExitCode.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["grey page", "mangacolor.safetensors"]
    assert rows[0]["colourfulness_ratio"] == 0
    assert rows[0]["pages"] == 3


def test_help_comes_without_torch():
    script = (
        "import sys\nfrom mangacolor.cli import run\n"
        "for words in (['--help'], ['--version'], ['colorize', '--help'], ['train', '--help'], ['evaluate', '-h']):\n"
        "    assert run(words) == 0, words\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "colorize" in done.stdout
    assert __version__ in done.stdout


def test_options_of_several_commands_are_told_alike():
    """Invariant over the commands, as typer has them; what weights are for differs."""
    for name in ("--device", "--precision", "--runtime", "--weights"):
        told = {
            (option.metavar, option.default, name == "--weights" or option.help)
            for command in get_command(app).commands.values()
            for option in command.params
            if name in option.opts
        }
        assert len(told) == 1, name


def test_short_and_long_help_are_the_same(capsys):
    """Invariant over the commands."""
    for command in get_command(app).commands:
        shown = []
        for word in ("-h", "--help"):
            assert run([command, word]) == ExitCode.DONE
            shown.append(capsys.readouterr().out)
        assert shown[0] == shown[1]


def test_help_names_all_presets():
    command = get_command(app).commands["train"]
    (option,) = (one for one in command.params if one.name == "preset")
    assert option.help == f"{', '.join(PRESETS)}."


def test_help_names_all_tasks_that_make_sheets():
    """Oracle: the registry of tasks."""
    (sheets,) = (one for one in get_command(app).commands["evaluate"].params if one.name == "sheets")
    assert {name for name in TASKS if name in sheets.help} == {name for name, task in TASKS.items() if task.sheets}


def test_the_module_runs_as_the_command():
    command = [sys.executable, "-m", "mangacolor", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"mangacolor {__version__}")


def test_being_told_to_end_is_like_ctrl_c():
    """Contract: SIGTERM, as a service manager or `kill` sends it, ends with what Ctrl-C ends with."""
    waiting = (
        "import os, signal, time; import mangacolor.cli, mangacolor.cli.app\n"
        "def app(*words, **options): os.kill(os.getpid(), signal.SIGTERM); time.sleep(20)\n"
        "mangacolor.cli.app.app = app; mangacolor.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", waiting], capture_output=True, text=True, timeout=60)
    assert done.returncode == ExitCode.INTERRUPTED
    assert "Interrupted." in done.stderr
