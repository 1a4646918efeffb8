"""Seconds by stage and peak memory for pages of several sizes; run with `make benchmark`, never with the tests."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from mangacolor import Colorizer
from mangacolor.image import read_image, resize, to_gray
from mangacolor.inference.sizes import chosen_short_side, working_size
from mangacolor.ink import Separation, compose, shade, spread

PAGE = Path(__file__).parents[2] / "examples" / "pages" / "page_01_sea.png"
SIZES = {"0.5 MP": (840, 588), "1.6 MP": (1500, 1050), "9 MP": (3586, 2510), "50 MP": (8452, 5916)}
STAGES = ("separate", "choose size", "predict", "spread", "shade", "compose")

MEMORY_SCRIPT = """
import sys
from pathlib import Path
from mangacolor import Colorizer
from mangacolor.image import resize, read_image

def status(name):
    # Not getrusage: its peak survives exec, and would be that of the process that started this one.
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0]) / 1024

page = read_image(Path(sys.argv[1])).rgb
page = resize(page, int(sys.argv[2]), int(sys.argv[3]))
colorizer = Colorizer()
colorizer.colorize(page[:64, :64])  # what torch loads on its first call is not the page's
loaded = status("VmRSS")
if sys.argv[4] == "all":
    colorizer.colorize(page)
else:  # separation, spread and composition without the generator
    colorizer.predict = lambda small, hints=None, band_rows=None: small.tone[..., None].repeat(3, axis=2)
    colorizer.colorize(page)
print([status("VmHWM"), status("VmHWM") - loaded])
"""


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


@pytest.fixture(params=SIZES.values(), ids=SIZES.keys())
def page(request):
    return resize(read_image(PAGE).rgb, *request.param)


@pytest.mark.benchmark(group="whole page")
def test_whole_page(benchmark, colorizer, page):
    rounds = 5 if page.size < 10_000_000 else 2
    benchmark.extra_info["megapixels"] = page.shape[0] * page.shape[1] / 1e6
    benchmark.pedantic(colorizer.colorize, (page,), rounds=rounds, warmup_rounds=1)


@pytest.mark.benchmark(group="stages of 1.6 MP")
@pytest.mark.parametrize("stage", STAGES)
def test_stage(benchmark, colorizer, stage):
    gray = to_gray(resize(read_image(PAGE).rgb, *SIZES["1.6 MP"]))
    separated = colorizer.separate(gray)
    panel_px = colorizer.weights.config.panel_px
    size = working_size(gray.shape, chosen_short_side(separated, panel_px))
    small = Separation(*(resize(plane, *size).clip(0, 1) for plane in separated))
    (colour,) = colorizer.predictor.painter.paint([small])
    large = spread(colour, separated.ink)
    work = {
        "separate": lambda: colorizer.separate(gray),
        "choose size": lambda: chosen_short_side(separated, panel_px),
        "predict": lambda: colorizer.predictor.painter.paint([small]),
        "spread": lambda: spread(colour, separated.ink),
        "shade": lambda: shade(large, small.tone, separated.tone),
        "compose": lambda: compose(large, separated.ink),
    }
    benchmark.pedantic(work[stage], rounds=7, warmup_rounds=2)


@pytest.mark.benchmark(group="peak memory, in the extra info")
@pytest.mark.parametrize("what", ["all", "finish"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_peak_memory(benchmark, size, what):
    """A fresh process that colours one page: its peak resident set, libraries and weights included, and without."""

    def measure():
        command = [sys.executable, "-c", MEMORY_SCRIPT, str(PAGE), *map(str, size), what]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    peak, above = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= {"peak_mib": peak, "above_model_mib": above}


CHAPTER_SCRIPT = """
import sys, time
from pathlib import Path
import mangacolor.inference.run as run
from mangacolor import Colorizer
from mangacolor.pages import open_sinks, open_source

def status(name):
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0]) / 1024

colorizer, spent = Colorizer(size=int(sys.argv[2]) or None), []
plain = colorizer.colorize_page

def timed(page, hints=()):
    started = time.monotonic()
    result = plain(page)
    spent.append(time.monotonic() - started)
    return result

colorizer.colorize_page = timed
sources = [open_source(Path(sys.argv[1]))]
started = time.monotonic()
for _ in run.colorize_pages(colorizer, sources, open_sinks(sources), overwrite=True):
    pass
print([time.monotonic() - started, sum(spent), status("VmHWM")])
"""


def chapter(path, pages, size):
    """Write a CBZ of so many copies of the page at a size, as JPEG."""
    image = Image.fromarray(resize(read_image(PAGE).rgb, *size)).convert("L")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(pages):
            archive.writestr(f"{number:04}.jpg", buffer.getvalue())
    return path


def run_chapter(path, size=0):
    command = [sys.executable, "-c", CHAPTER_SCRIPT, str(path), str(size)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.benchmark(group="a chapter of 20 pages of 1.6 MP")
def test_chapter(benchmark, tmp_path):
    """Reading and writing overlap with the network: the whole over the sum of what the network takes."""
    path = chapter(tmp_path / "chapter.cbz", 20, SIZES["1.6 MP"])
    whole, network, _ = benchmark.pedantic(run_chapter, (path,), rounds=1)
    benchmark.extra_info |= {"seconds": whole, "network_seconds": network}


@pytest.mark.benchmark(group="peak memory by length of the book, in the extra info")
@pytest.mark.parametrize("pages", [20, 500])
def test_book_memory(benchmark, tmp_path, pages):
    """Small pages, so that 500 of them take minutes and not a quarter of an hour."""
    path = chapter(tmp_path / "book.cbz", pages, (420, 294))
    *_, peak = benchmark.pedantic(run_chapter, (path, 96), rounds=1)
    benchmark.extra_info |= {"peak_mib": peak}
