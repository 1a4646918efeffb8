"""Seconds by stage and peak memory for pages of several sizes; run with `make benchmark`, never with the tests.

All of it takes about five minutes on two cores.
"""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangacolor import Colorizer
from mangacolor.colorize import steps
from mangacolor.colorize.predict import predict
from mangacolor.image import read_image, resize, to_gray
from mangacolor.image.color import srgb_from_oklab
from mangacolor.page.ink import compose
from mangacolor.page.spread import shade, shading, spread

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "examples" / "pages" / "page_01_sea.png"
SIZES = {"0.5 MP": (840, 588), "1.6 MP": (1500, 1050), "9 MP": (3586, 2510), "50 MP": (8452, 5916)}
WAYS = ("panels", "fast")
STAGES = (
    "separate", "find", "predict", "decide", "finish", "of which spread", "of which shade", "of which compose",
    "predict, fast",
)  # fmt: skip
CHAPTER_PAGES = 20
LEAST_COLOUR = 20
"""Largest difference between channels, of 255, from which on a page is no grey one."""

BOOK_SIZE, BOOK_WORKING_SIZE = (420, 294), 96
"""Pages of the long books are small, so that 200 of them take a minute and not a quarter of an hour."""

LARGE_PX = 5_000_000
"""Pages above are coloured once: what they take varies little, and all of it has run before."""


@pytest.fixture(scope="module")
def colorizers():
    return {way: Colorizer(fast=way == "fast") for way in WAYS}


def run(script, *words):
    """Run a script beside this file in a fresh process, and return the numbers it prints."""
    command = [sys.executable, str(HERE / script), *map(str, words)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


@pytest.mark.benchmark(group="whole page")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_whole_page(benchmark, colorizers, size, way):
    page = resize(read_image(PAGE).rgb, *size)
    pixels = page.shape[0] * page.shape[1]
    rounds, warmup_rounds = (1, 0) if pixels > LARGE_PX else (5, 1)
    benchmark.extra_info["megapixels"] = pixels / 1e6
    coloured = benchmark.pedantic(colorizers[way].colorize, (page,), rounds=rounds, warmup_rounds=warmup_rounds)
    assert np.ptp(coloured.astype(int), axis=2).max() > LEAST_COLOUR, "the page came back as it was"


@pytest.mark.benchmark(group="stages of 1.6 MP")
@pytest.mark.parametrize("stage", STAGES)
def test_stage(benchmark, colorizers, stage):
    engine, fast = (colorizers[way].engine for way in WAYS)
    gray = to_gray(resize(read_image(PAGE).rgb, *SIZES["1.6 MP"]))
    layers = steps.separate(gray, engine)
    found, found_fast = steps.find(layers, engine), steps.find(layers, fast)
    (predicted,) = predict([found], engine)
    lab = steps.tidy(steps.decide(predicted, found, engine), predicted, found, engine)
    colour = srgb_from_oklab(lab)
    large = spread(colour, layers.page.ink)
    work = {
        "separate": lambda: steps.separate(gray, engine),
        "find": lambda: steps.find(layers, engine),
        "predict": lambda: predict([found], engine),
        "decide": lambda: steps.tidy(steps.decide(predicted, found, engine), predicted, found, engine),
        "finish": lambda: steps.finish(layers, lab, predicted.seen, found.paper),
        "of which spread": lambda: spread(colour, layers.page.ink),
        "of which shade": lambda: shade(large, shading(predicted.seen.tone, layers.page.tone)),
        "of which compose": lambda: compose(large, layers.page.ink),
        "predict, fast": lambda: predict([found_fast], fast),
    }
    benchmark.pedantic(work[stage], rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="peak memory, in the extra info")
@pytest.mark.parametrize("what", [*WAYS, "finish"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_peak_memory(benchmark, size, what):
    """A fresh process that colours one page: its peak resident set, libraries and weights included, and without."""
    peak, above = benchmark.pedantic(run, ("page_memory.py", PAGE, *size, what), rounds=1)
    benchmark.extra_info |= {"peak_mib": peak, "above_model_mib": above}


def chapter(path, pages, size):
    """Write a CBZ of so many copies of the page at a size, as JPEG."""
    image = Image.fromarray(resize(read_image(PAGE).rgb, *size)).convert("L")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(pages):
            archive.writestr(f"{number:04}.jpg", buffer.getvalue())
    return path


@pytest.mark.benchmark(group="a chapter of 20 pages of 1.6 MP")
def test_chapter(benchmark, tmp_path):
    """Reading and writing overlap with the network: the whole over the sum of what the network takes."""
    path = chapter(tmp_path / "chapter.cbz", CHAPTER_PAGES, SIZES["1.6 MP"])
    whole, network, _ = benchmark.pedantic(run, ("chapter_time.py", path, CHAPTER_PAGES), rounds=1)
    benchmark.extra_info |= {"seconds": whole, "network_seconds": network}


@pytest.mark.benchmark(group="peak memory by length of the book, in the extra info")
@pytest.mark.parametrize("pages", [20, 200])
def test_book_memory(benchmark, tmp_path, pages):
    path = chapter(tmp_path / "book.cbz", pages, BOOK_SIZE)
    *_, peak = benchmark.pedantic(run, ("chapter_time.py", path, pages, BOOK_WORKING_SIZE), rounds=1)
    benchmark.extra_info |= {"peak_mib": peak}
