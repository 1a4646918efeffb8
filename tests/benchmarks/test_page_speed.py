"""Seconds by stage and peak memory for pages of several sizes; run with `make benchmark`, never with the tests."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mangacolor import Colorizer
from mangacolor.image import read_image, resize, to_gray
from mangacolor.inference.colorizer import chosen_short_side, working_size
from mangacolor.ink import LINE_RADIUS_PX, compose, separate, spread
from mangacolor.screentone import flatten_screentone

PAGE = Path(__file__).parents[2] / "examples" / "pages" / "page_01_sea.png"
SIZES = {"0.5 MP": (840, 588), "1.6 MP": (1500, 1050), "9 MP": (3586, 2510)}

MEMORY_SCRIPT = """
import sys
import numpy as np
from mangacolor import Colorizer
from mangacolor.image import resize, read_image
from pathlib import Path
page = read_image(Path(sys.argv[1])).rgb
page = resize(page, int(sys.argv[2]), int(sys.argv[3]))
colorizer = Colorizer()
colorizer.colorize(page)
# Not getrusage: its peak survives exec, and would be that of the process that started this one.
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


@pytest.fixture(params=SIZES.values(), ids=SIZES.keys())
def page(request):
    return resize(read_image(PAGE).rgb, *request.param)


@pytest.mark.benchmark(group="whole page")
def test_whole_page(benchmark, colorizer, page):
    benchmark.pedantic(colorizer.colorize, (page,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="stages of 1.6 MP")
@pytest.mark.parametrize("stage", ["flatten", "separate", "predict", "spread", "compose"])
def test_stage(benchmark, colorizer, stage):
    gray = to_gray(resize(read_image(PAGE).rgb, *SIZES["1.6 MP"]))
    small = resize(gray, *working_size(gray.shape, chosen_short_side(gray.shape)))
    scale = gray.shape[0] / small.shape[0]
    ink, _ = separate(gray, round(LINE_RADIUS_PX * scale))
    colour = np.repeat(small[..., None], 3, axis=2)
    large = np.repeat(gray[..., None], 3, axis=2)
    work = {
        "flatten": lambda: flatten_screentone(gray, scale),
        "separate": lambda: separate(gray, round(LINE_RADIUS_PX * scale)),
        "predict": lambda: colorizer.predict(small),
        "spread": lambda: spread(colour, ink),
        "compose": lambda: compose(large, ink),
    }
    benchmark.pedantic(work[stage], rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="peak memory, in the extra info")
@pytest.mark.parametrize("size", [*SIZES.values(), (9000, 6000)], ids=[*SIZES.keys(), "54 MP"])
def test_peak_memory(benchmark, size, capsys):
    """A fresh process that colours one page: its peak resident set, libraries and weights included."""

    def measure():
        command = [sys.executable, "-c", MEMORY_SCRIPT, str(PAGE), *map(str, size)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    benchmark.extra_info["peak_mib"] = benchmark.pedantic(measure, rounds=1)
    with capsys.disabled():
        sys.stdout.write(f"\n{size[0]} x {size[1]}: peak memory {benchmark.extra_info['peak_mib']:.0f} MiB\n")
