"""Seconds of fuzzing, so that the scripts under `fuzz/` do not rot. Oracle: no exception but ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "fuzz"
sys.path.insert(0, str(FOLDER))
from targets import TARGETS, seeds  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_pass(target):
    """Contract: each is a file in order, and one cut short is an error of ours."""
    for data in seeds(target):
        TARGETS[target](data)
        TARGETS[target](data[: len(data) // 2])


@pytest.mark.parametrize("target", TARGETS)
def test_a_few_seconds_find_nothing(target, tmp_path):
    """Contract: atheris ends with 0."""
    pytest.importorskip("atheris", reason="pip install atheris")
    command = [sys.executable, str(FOLDER / "run.py"), target, "--seconds", "3"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-3000:]
