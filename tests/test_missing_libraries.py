"""What is told where torch, or a library of the server, is not installed.

Oracle: docs/guide.md, "Without torch". A module that is None in `sys.modules` is imported and found by nobody.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mangacolor.cli import run
from mangacolor.cli.missing import SERVING
from mangacolor.errors import ExitCode


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--data", "art", "--minutes", "1"],
        ["adapt", "--series", "x.series", "page.png"],
        ["export", "-o", "onnx"],
    ],
)
def test_a_command_that_needs_torch_says_so(words, tmp_path):
    code = (
        "import sys; sys.modules['torch'] = sys.modules['scipy'] = None\n"
        f"from mangacolor.cli import run; sys.exit(run({words}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(sys.modules["mangacolor"].__file__).parents[1])}
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == ExitCode.USAGE, ended.stderr
    assert "needs torch, which is not installed" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "pip install torch scipy"
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_task_that_needs_scores_of_others_says_so(monkeypatch, tmp_path, capsys):
    for name in [name for name in sys.modules if name.startswith(("mangacolor.evaluate.", "skimage"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setattr("mangacolor.colorize.colorizer.Colorizer", lambda *words, **options: None)
    assert run(["evaluate", "--data", str(tmp_path), "-q"]) == ExitCode.USAGE
    assert capsys.readouterr().err.endswith("pip install scikit-image\n")


@pytest.mark.parametrize("name", SERVING)
def test_serving_needs_all_of_its_libraries(name, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, name, None)
    assert run(["serve", "--port", "0"]) == ExitCode.USAGE
    told = capsys.readouterr().err
    assert name in told
    assert 'pip install "mangacolor[serve]"' in told


def test_a_module_of_nobody_is_still_a_bug(monkeypatch, capsys):
    """Contract: what no install leaves out is told with its lines."""

    def fail(path=None):
        raise ModuleNotFoundError("No module named 'nobody'", name="nobody")

    monkeypatch.setattr("mangacolor.models.weight_files.find_weights", fail)
    assert run(["info"]) == ExitCode.UNEXPECTED
    assert "This is a bug" in capsys.readouterr().err
