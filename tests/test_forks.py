"""Processes that are forked after a colouriser was made: servers that load first, pools of workers.

Oracle: the page of the process that forks; a child that waits for threads which it has not is stopped by its clock.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FORKS_SAFELY = hasattr(os, "fork") and sys.platform != "darwin"
pytestmark = pytest.mark.skipif(not FORKS_SAFELY, reason="no fork, or libraries of the system that do not survive one")

SECONDS = 90
"""For the whole of it; a child has 30."""

FORKS = """
import os, signal, sys
import numpy as np, torch
from mangacolor import Colorizer

def made():
    return Colorizer(sys.argv[1], separator=sys.argv[2], precision="fp32", force=True, seed=3)

page = np.random.default_rng(0).integers(0, 256, (500, 400), dtype=np.uint8)
unused, colorizer = made(), made()
wanted = colorizer.colorize(page).astype(int)
torch.ones(1 << 22).exp()  # by all threads

def near(page):
    return np.abs(page.astype(int) - wanted).max() <= 3  # one thread rounds otherwise

for painter in (lambda: colorizer, lambda: unused, made):
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        os._exit(0 if near(painter().colorize(page)) else 9)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
assert near(colorizer.colorize(page)) and torch.get_num_threads() == 2
"""


def test_forked_processes_colour(tiny_weights, tiny_separator):
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKS, str(tiny_weights), str(tiny_separator)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
