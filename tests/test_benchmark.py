"""The benchmark measures what it says. Oracle: fault injection: a generator that runs ends it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mangacolor import Colorizer

BENCHMARKS = Path(__file__).parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from page_memory import colorize_without_prediction  # noqa: E402
from table import STAGES  # noqa: E402


@pytest.fixture
def colorizer(tiny_weights, tiny_separator):
    return Colorizer(tiny_weights, separator=tiny_separator, size=64, force=True, fast=True)


def grey_page():
    page = np.full((120, 90, 3), 250, np.uint8)
    page[30:90, 20:70] = 150
    page[:, 40] = 0
    return page


def test_the_prediction_is_left_out(colorizer):
    """Invariant: nothing was predicted, so no pixel has a colour."""
    page = colorize_without_prediction(colorizer, grey_page())
    assert page.shape == (120, 90, 3)
    assert np.ptp(page.astype(int), axis=2).max() <= 1


def test_a_generator_that_runs_all_the_same_ends_it(colorizer):
    """Fault injection: a separator that asks the generator."""

    def separate(gray):
        colorizer.weights.generator(None)

    with pytest.raises(RuntimeError, match="generator ran"):
        colorize_without_prediction(colorizer.using(separate=separate), grey_page())


def test_tables_are_printed_of_what_was_measured(tmp_path):
    """Contract of `table.py`, with invented figures: a row a size and way; parts beside the whole."""

    def entry(name, median=1.0, **extra):
        return {"name": name, "stats": {"median": median}, "extra_info": extra}

    ways = ("panels", "fast", "finish")
    measured = [entry(f"test_whole_page[1.6 MP-{way}]", 2.0) for way in ways[:2]]
    measured += [entry(f"test_peak_memory[1.6 MP-{way}]", peak_mib=900, above_model_mib=100) for way in ways]
    measured += [entry(f"test_stage[{stage}]", 0.5) for stage in (*STAGES, "predict, fast")]
    measured += [entry("test_chapter", seconds=30, network_seconds=25)]
    measured += [entry(f"test_book_memory[{pages}]", peak_mib=700) for pages in (20, 200)]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": measured}))
    command = [sys.executable, str(BENCHMARKS / "table.py"), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "| 1.6 MP | without prediction | – | 900 MiB | 100 MiB |" in told
    assert "| 1.6 MP | --fast | 2.00 |" in told
    assert "125% of the whole page" in told
    assert "30.0 s, 1.20 times" in told


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(BENCHMARKS.glob("*.py")), ids=lambda path: path.stem)
def test_everything_that_a_script_imports_is_there(script):
    """Contract: a benchmark that nobody ran for a while can still be started; nothing is measured here."""
    command = "import runpy, sys; sys.path.insert(0, sys.argv[2]); runpy.run_path(sys.argv[1], run_name='imported')"
    words = [sys.executable, "-c", command, str(script), str(BENCHMARKS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=BENCHMARKS.parent)
    assert done.returncode == 0, done.stderr
