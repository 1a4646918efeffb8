"""Colour one page in a process of its own, and print its peak memory and what of it is above the loaded model, in MiB.

    python tests/benchmarks/page_memory.py PAGE HEIGHT WIDTH panels|fast|finish

`finish` leaves the prediction out: what remains is separation, spreading, shading and composition. That nothing was
predicted is checked, not believed.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from stubs import TonePredictor

from mangacolor import Colorizer
from mangacolor.image import read_image, resize


def status(name):
    # Not getrusage: its peak survives exec, and would be that of the process that started this one.
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0]) / 1024


def colorize_without_prediction(colorizer, page):
    """Colour a page in its own tones.

    Raises:
        RuntimeError: The stand-in was not asked once for them, or the generator ran.
    """
    stand_in = TonePredictor()

    def refuse(*_):
        raise RuntimeError("The generator ran, so this measures the prediction as well.")

    guard = colorizer.weights.generator.register_forward_pre_hook(refuse)
    try:
        done = colorizer.using(predictor=stand_in).colorize(page)
    finally:
        guard.remove()
    if stand_in.asked != 1:
        raise RuntimeError(f"The stand-in was asked {stand_in.asked} times for a prediction, not once.")
    return done


def main(path, height, width, what):
    page = resize(read_image(Path(path)).rgb, int(height), int(width))
    colorizer = Colorizer(fast=what == "fast", force=True)
    colorizer.colorize(page[:64, :64])  # what torch loads on its first call is not the page's
    loaded = status("VmRSS")
    if what == "finish":
        colorize_without_prediction(colorizer, page)
    else:
        colorizer.colorize(page)
    print([status("VmHWM"), status("VmHWM") - loaded])


if __name__ == "__main__":
    main(*sys.argv[1:])
