"""Colour one page in a process of its own, and print its peak memory and what of it is above the loaded model, in MiB.

    python tests/benchmarks/page_memory.py PAGE HEIGHT WIDTH panels|fast|finish

`finish` leaves the prediction out: what remains is separation, spreading, shading and composition. That nothing was
predicted is checked, not believed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mangacolor import Colorizer
from mangacolor.colorize import steps
from mangacolor.colorize.finish import finish
from mangacolor.image import read_image, resize, to_gray
from mangacolor.image.color import oklab_from_srgb
from mangacolor.page.balloons import find_lettering
from mangacolor.page.ink import Separation
from mangacolor.page.panels.scale import find_gutters

SHORT_SIDE = 448


def status(name):
    # Not getrusage: its peak survives exec, and would be that of the process that started this one.
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0]) / 1024


def colorize_without_prediction(colorizer, page):
    """Colour a page (H, W, 3) in its own tones, at a working size of so short a side.

    Raises:
        RuntimeError: The generator ran.
    """

    def refuse(*_):
        raise RuntimeError("The generator ran, so this measures the prediction as well.")

    guard = colorizer.weights.generator.register_forward_pre_hook(refuse)
    try:
        layers = steps.separate(to_gray(page), colorizer.engine)
        paper = find_lettering(*layers.page).paper | find_gutters(layers.page.ink * layers.page.tone)
        scale = SHORT_SIDE / min(page.shape[:2])
        seen = Separation(*(resize(plane, *(round(side * scale) for side in plane.shape)) for plane in layers.page))
        return finish(layers, oklab_from_srgb(seen.tone[..., None].repeat(3, axis=2)), seen, paper)
    finally:
        guard.remove()


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
