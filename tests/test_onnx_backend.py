"""Colouring in ONNX Runtime is colouring in torch.

Oracle: the torch backend, at full precision; the weights are the shipped ones, and tiny parts of pages.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.errors import ModelFileError, UsageError
from mangacolor.models.runtimes import check_computes
from mangacolor.models.weight_files import find_weights, read_weight_file

pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")

from mangacolor.models import onnx_backend

PAGE = Path(__file__).parent.parent / "examples" / "pages" / "page_03_room.png"

CLOSE = 5e-4
"""Largest difference of colours and logits; the runtimes add in another order."""


@pytest.fixture(scope="module")
def gray():
    with Image.open(PAGE) as page:
        return np.asarray(page.convert("L").crop((0, 0, 360, 480)))


@pytest.fixture(scope="module")
def backends():
    return {
        runtime: Colorizer.from_options(ColorizeOptions(runtime=runtime, precision="fp32")).engine
        for runtime in ("torch", "onnx")
    }


@pytest.mark.slow
@pytest.mark.parametrize("band_rows", [None, 64])
def test_both_runtimes_guess_the_same(backends, band_rows):
    conditions = np.random.default_rng(0).random((1 if band_rows else 2, 150, 90, 6), np.float32)
    found, wanted = (
        backends[runtime].backend.generate(conditions, band_rows=band_rows) for runtime in ("onnx", "torch")
    )
    for one, other in zip(found, wanted, strict=True):
        for plane, its in zip(one, other, strict=True):
            np.testing.assert_allclose(plane, its, atol=CLOSE, rtol=CLOSE)


@pytest.mark.slow
def test_both_runtimes_describe_the_same(backends):
    gray = np.random.default_rng(1).random((64, 96), np.float32)
    found, wanted = (backends[runtime].backend.describe(gray) for runtime in ("onnx", "torch"))
    np.testing.assert_allclose(found, wanted, atol=CLOSE, rtol=CLOSE)


@pytest.mark.slow
def test_both_runtimes_have_the_same_traits(backends):
    found, wanted = (backends[runtime].backend.traits for runtime in ("onnx", "torch"))
    np.testing.assert_array_equal(found.bins, wanted.bins)
    assert (found.panel_px, found.cell_px, found.labels, found.describes) == (
        wanted.panel_px, wanted.cell_px, wanted.labels, wanted.describes,
    )  # fmt: skip


@pytest.mark.slow
def test_a_page_is_coloured_without_torch(gray, tmp_path):
    """Contract: a page needs neither torch nor SciPy nor OpenCV's contrib modules where ONNX Runtime does the work."""
    Image.fromarray(gray).save(tmp_path / "page.png")
    code = (
        "import sys; sys.modules['torch'] = sys.modules['scipy'] = None\n"
        "import cv2; vars(cv2).pop('ximgproc', None)\n"
        "from mangacolor.cli import run\n"
        f"sys.exit(run(['colorize', {str(tmp_path / 'page.png')!r}, '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=160, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["status"] == "colored"
    wanted = Colorizer.from_options(ColorizeOptions(runtime="torch", precision="fp32")).colorize(gray)
    with Image.open(tmp_path / "page_color.png") as page:
        found = np.asarray(page.convert("RGB"))
    assert (np.abs(found.astype(int) - wanted).max(axis=2) <= 2).mean() >= 0.999


@pytest.mark.parametrize(("total", "share"), [(1, 1), (2, 1), (5, 2)])
def test_networks_take_no_more_cores_than_there_are(total, share):
    """Contract of `models.cores`: two views at once share them, and a page is taken apart by itself."""
    before = torch.get_num_threads()
    torch.set_num_threads(total)
    try:
        generator, separator = onnx_backend.open_generator(None)[0], onnx_backend.open_separator(None)[0]
    finally:
        torch.set_num_threads(before)
    for graph, threads in ((generator._encode, share), (generator._decode, share), (separator._graph, total)):
        assert graph._session.get_session_options().intra_op_num_threads == threads


def test_weights_of_another_network_are_refused(seeing_weights):
    with pytest.raises(ModelFileError, match="default preset"):
        onnx_backend.OnnxBackend(read_weight_file(seeing_weights))


@pytest.mark.slow
def test_what_onnx_runtime_cannot_do_is_refused(backends):
    with pytest.raises(UsageError, match="noise"):
        backends["onnx"].backend.generate(np.zeros((1, 32, 32, 6), np.float32), seed=1)
    with pytest.raises(UsageError, match="noise"):
        Colorizer.from_options(ColorizeOptions(runtime="onnx", seed=1))
    with pytest.raises(UsageError, match="noise"):
        check_computes("onnx", "auto", "auto", seed=1)
    with pytest.raises(UsageError, match="fp32"):
        Colorizer.from_options(ColorizeOptions(runtime="onnx", precision="bf16"))
    with pytest.raises(UsageError, match="CPU"):
        Colorizer.from_options(ColorizeOptions(runtime="onnx", device="cuda"))


def test_graphs_are_those_of_the_shipped_weights():
    """Contract: the graphs in the package run the weights in the package; a new shape needs new graphs."""
    facts = json.loads((onnx_backend.GRAPHS / onnx_backend.FACTS_NAME).read_text(encoding="utf-8"))
    assert set(facts) == {*onnx_backend.GENERATOR_GRAPHS, onnx_backend.SEPARATOR_GRAPH}
    state = read_weight_file(find_weights()).tensors
    for name in onnx_backend.GENERATOR_GRAPHS:
        assert all(one.removeprefix("network.") in {*state, "bins"} for one in facts[name]["numbers"])
