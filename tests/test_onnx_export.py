"""Exported graphs compute what the networks do.

Oracle: torch running the same networks, on pictures of other sizes and numbers than the graphs were recorded with.
"""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from mangacolor.cli import run as run_command
from mangacolor.errors import ExitCode, UsageError
from mangacolor.models.onnx_export import FORMAT, export_weights
from mangacolor.models.weights import load_weights

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
if find_spec("onnxscript") is None:  # looked for, not imported: that takes half a second
    pytest.skip("the extra `onnx` is not installed", allow_module_level=True)

CLOSE = 2e-4
"""Largest difference of colours, features and logits; the runtimes add in another order."""


@pytest.fixture(scope="module")
def seeing(seeing_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    weights = load_weights(seeing_weights)
    return weights, {path.stem: path for path in export_weights(weights, folder)}


def run(path, **inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [torch.from_numpy(np.array(one)) for one in session.run(None, {k: v.numpy() for k, v in inputs.items()})]


@pytest.mark.slow
@pytest.mark.parametrize(("pages", "rows", "columns"), [(1, 1, 1), (3, 2, 7)])
def test_a_generator_in_parts_is_the_whole_one(seeing, pages, rows, columns):
    weights, graphs = seeing
    network = weights.generator
    torch.manual_seed(rows)
    condition = torch.rand(pages, 6, rows * network.multiple, columns * network.multiple)
    with torch.inference_mode():
        wanted = network(condition)
    smallest, *others = run(graphs["encode"], condition=condition)
    (considered,) = run(graphs["consider"], smallest=smallest)
    names = {f"features_{network.config.stem_stride << level}": one for level, one in enumerate(others)}
    found = run(graphs["decode"], considered=considered, **names)
    for one, other in zip(found, wanted, strict=False):
        torch.testing.assert_close(one, other, atol=CLOSE, rtol=CLOSE)


@pytest.mark.slow
@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 224)])
def test_cells_are_described_alike(seeing, height, width):
    weights, graphs = seeing
    gray = torch.rand(1, 1, height, width)
    with torch.inference_mode():
        wanted = weights.generator.likeness(weights.generator.semantics(gray))
    (found,) = run(graphs["describe"], gray=gray)
    torch.testing.assert_close(found, wanted, atol=CLOSE, rtol=CLOSE)


@pytest.mark.slow
def test_a_separator_takes_pages_apart_alike(tiny_separator, tmp_path):
    weights = load_weights(tiny_separator)
    with torch.no_grad():
        weights.separator.paint.bias[8:] = 0  # the tiny one sees no screentone; here it shall doubt everywhere
    (path,) = export_weights(weights, tmp_path)
    page = torch.rand(1, 1, 5 * weights.separator.multiple, 3 * weights.separator.multiple)
    with torch.inference_mode():
        wanted = weights.separator(page)
    ink, tone, share = run(path, page=page)
    assert 0 < float(share.mean()) < 1
    torch.testing.assert_close(ink, wanted.ink.clamp(0, 1), atol=CLOSE, rtol=CLOSE)
    torch.testing.assert_close(tone, wanted.tone.clamp(0, 1), atol=CLOSE, rtol=CLOSE)
    torch.testing.assert_close(share, wanted.share, atol=CLOSE, rtol=CLOSE)


@pytest.mark.slow
def test_graphs_say_what_they_are(seeing):
    """Contract: the metadata name the format, the digest of the weights, and their config."""
    weights, graphs = seeing
    for path in graphs.values():
        facts = onnxruntime.InferenceSession(str(path)).get_modelmeta().custom_metadata_map
        assert facts["format"] == FORMAT
        assert facts["digest"] == weights.digest
        assert json.loads(facts["config"])["stem_stride"] == weights.config.stem_stride
        assert int(facts["multiple"]) == weights.generator.multiple


def test_generators_that_cannot_be_exported_are_refused(tiny_weights, tmp_path):
    with pytest.raises(UsageError, match="semantic features"):
        export_weights(load_weights(tiny_weights), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_leaves_nothing_behind(tiny_weights, tiny_separator, seeing_weights, tmp_path):
    """Contract: refused before the first file, whichever of the two it is."""
    out = tmp_path / "onnx"
    words = ["export", "-o", str(out), "-w"]
    assert run_command([*words, str(tiny_weights), "--separator", str(tiny_separator)]) == ExitCode.USAGE
    assert run_command([*words, str(seeing_weights), "--separator", str(seeing_weights)]) == ExitCode.MODEL_FILE
    assert not out.exists()
