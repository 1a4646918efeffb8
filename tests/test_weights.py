"""Weights files: whole or refused.

Oracles: the state that was saved, byte by byte damage, and the order in which files are found.
"""

from __future__ import annotations

import dataclasses
import json

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.config import PRESETS
from mangacolor.errors import ModelFileError
from mangacolor.models import weight_files
from mangacolor.models.nn import build_network
from mangacolor.models.nn.recall import Likeness
from mangacolor.models.nn.semantics import SemanticFeatures
from mangacolor.models.weight_files import WEIGHTS_NAME, WEIGHTS_VARIABLE, find_weights
from mangacolor.models.weights import FORMAT, load_weights, read_recognition, save_weights

CONFIG = dataclasses.replace(
    PRESETS["tiny"].generator,
    channels=(4, 4, 4), blocks=(0, 0), bottom_blocks=0, attention_heads=0, chroma_head=False,
)  # fmt: skip
FACTS = {"images_seen": 12, "command": "mangacolor train", "nested": {"licence": "CC0 – free"}}


def arrays_of(state):
    return {name: tensor.numpy() for name, tensor in state.items()}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(CONFIG).eval()


@pytest.fixture(scope="module")
def weights_file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "some.safetensors"
    save_weights(path, network.state_dict(), CONFIG, FACTS)
    return path


def test_round_trip(network, weights_file, tmp_path):
    """Invariant: what comes back is the network rounded to half precision, with its config and facts."""
    loaded = load_weights(weights_file)
    assert loaded.config == CONFIG
    assert loaded.facts == FACTS
    assert not loaded.generator.training
    state = network.state_dict()
    assert loaded.generator.state_dict().keys() == state.keys()
    for name, tensor in loaded.generator.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, state[name].half().float()), name
    condition = torch.rand(1, 6, 19, 24)
    torch.testing.assert_close(loaded.generator(condition).colour, network(condition).colour, atol=2e-3, rtol=0)
    digest = save_weights(tmp_path / "again.safetensors", loaded.generator.state_dict(), CONFIG, FACTS)
    assert digest == loaded.digest


def test_batch_norm_counters_survive(tmp_path):
    """Invariant: integer buffers are kept as they are."""
    config = dataclasses.replace(PRESETS["pix2pix"].generator, channels=(2, 2, 2))
    network = build_network(config)
    network(torch.rand(1, 6, 16, 16))
    save_weights(tmp_path / "w.safetensors", network.state_dict(), config, FACTS)
    state = load_weights(tmp_path / "w.safetensors").generator.state_dict()
    counters = [value for name, value in state.items() if name.endswith("num_batches_tracked")]
    assert counters
    assert all(value == 1 and value.dtype == torch.int64 for value in counters)


def test_digest_covers_everything(network, tmp_path):
    """Invariant: another tensor, config or fact is another digest; the order of tensors is not."""
    state = network.state_dict()
    name = next(iter(state))
    changed = {**state, name: state[name] + 1}
    path = tmp_path / "w.safetensors"
    base = save_weights(path, state, CONFIG, FACTS)
    others = {
        save_weights(path, changed, CONFIG, FACTS),
        save_weights(path, state, dataclasses.replace(CONFIG, dropout=0.2), FACTS),
        save_weights(path, state, CONFIG, {**FACTS, "images_seen": 13}),
    }
    assert len(others | {base}) == 4
    assert save_weights(path, dict(reversed(state.items())), CONFIG, FACTS) == base


def damaged_copies(weights_file):
    data = weights_file.read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    # Half of the examples hit the header, where the parsers are.
    return data, st.one_of(st.integers(0, header - 1), st.integers(0, len(data) - 1))


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_refused(weights_file, tmp_path_factory, data):
    """Contract: damage anywhere, header or tensors, is a `ModelFileError` and nothing else."""
    whole, positions = damaged_copies(weights_file)
    position, bit = data.draw(positions), data.draw(st.integers(0, 7))
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    path.write_bytes(whole[:position] + bytes([whole[position] ^ 1 << bit]) + whole[position + 1 :])
    with pytest.raises(ModelFileError, match=r"flipped\.safetensors"):
        load_weights(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_byte_never_changes_the_network(weights_file, tmp_path_factory, data):
    """Contract: any other byte anywhere is refused too, unless, as blanks in the header, it means nothing."""
    whole, positions = damaged_copies(weights_file)
    position = data.draw(positions)
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    path.write_bytes(whole[:position] + bytes([data.draw(st.integers(0, 255))]) + whole[position + 1 :])
    try:
        state = load_weights(path).generator.state_dict()
    except ModelFileError:
        return
    for name, tensor in load_weights(weights_file).generator.state_dict().items():
        assert torch.equal(tensor, state[name])


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated_files_are_refused(weights_file, tmp_path, share):
    """Contract: an interrupted download is damage."""
    whole = weights_file.read_bytes()
    path = tmp_path / "cut.safetensors"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelFileError, match=r"cut\.safetensors"):
        load_weights(path)


def test_other_files_are_refused(tmp_path):
    """Contract: missing, a folder, no safetensors, safetensors of something else."""
    with pytest.raises(ModelFileError, match="no such weights file"):
        load_weights(tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError):
        load_weights(tmp_path)
    (tmp_path / "text.safetensors").write_text("these are no weights")
    with pytest.raises(ModelFileError, match="not a readable weights file"):
        load_weights(tmp_path / "text.safetensors")
    for metadata in (None, {"format": "pt"}):
        safetensors.torch.save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors", metadata)
        with pytest.raises(ModelFileError, match="not weights of mangacolor"):
            load_weights(tmp_path / "other.safetensors")


def test_weights_of_another_version_are_refused_with_advice(network, tmp_path):
    """Contract: an honest digest over a config or tensors that this version cannot use is a model file error too."""
    state = network.state_dict()
    path = tmp_path / "other.safetensors"
    save_weights(path, {**state, "extra": torch.zeros(1)}, CONFIG, FACTS)
    with pytest.raises(ModelFileError, match="do not fit this version"):
        load_weights(path)
    half = {name: tensor.half() for name, tensor in state.items()}
    header = {"format": FORMAT, "config": json.dumps({"kind": "unet", "novelty": 1}), "facts": "{}"}
    path.write_bytes(
        safetensors.torch.save(half, {**header, "digest": weight_files.digest_of(arrays_of(half), header)})
    )
    with pytest.raises(ModelFileError, match="novelty"):
        load_weights(path)


def test_find_weights_prefers_explicit_then_environment_then_installed_then_checkout(tmp_path, monkeypatch):
    """Contract of `find_weights`: the order, by taking away one place after the other."""
    package = tmp_path / "mangacolor"
    monkeypatch.setattr(weight_files, "_PACKAGE", package)
    asked, environment = tmp_path / "asked.safetensors", tmp_path / "environment.safetensors"
    installed, checkout = package / "_weights" / WEIGHTS_NAME, tmp_path / "weights" / WEIGHTS_NAME
    for place in (asked, environment, installed, checkout):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(environment))
    assert find_weights(asked) == asked
    assert find_weights() == environment
    monkeypatch.delenv(WEIGHTS_VARIABLE)
    assert find_weights() == installed
    installed.unlink()
    assert find_weights() == checkout
    checkout.unlink()
    with pytest.raises(ModelFileError, match="No weights are installed"):
        find_weights()


def test_a_place_that_was_asked_for_but_is_empty_is_an_error(tmp_path, monkeypatch):
    """Contract: a wrong path is never silently replaced by the installed weights; the advice names its source."""
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "gone.safetensors"))
    with pytest.raises(ModelFileError, match=rf"gone\.safetensors(.|\n)*{WEIGHTS_VARIABLE}"):
        find_weights()
    with pytest.raises(ModelFileError, match=r"lost\.safetensors(.|\n)*`weights`"):
        find_weights(tmp_path / "lost.safetensors")


def test_recognition_comes_from_our_own_weights(tmp_path):
    """Contract of `read_recognition`: what is inside a generator, to half precision; other files are refused."""
    torch.manual_seed(0)
    semantics, likeness = SemanticFeatures().state_dict(), Likeness().state_dict()
    named = {f"semantics.{name}": value for name, value in semantics.items()} | {"paint.weight": torch.zeros(2)}
    whole = named | {f"likeness.{name}": value for name, value in likeness.items()}
    save_weights(tmp_path / "whole.safetensors", whole, CONFIG, FACTS)
    taken = read_recognition(tmp_path / "whole.safetensors")
    assert taken.semantics.keys() == semantics.keys()
    assert all(torch.equal(taken.semantics[key], semantics[key].half().float()) for key in semantics)
    assert taken.likeness.keys() == likeness.keys()
    for tensors in (named, {"paint.weight": torch.zeros(2)}):
        save_weights(tmp_path / "part.safetensors", tensors, CONFIG, FACTS)
        with pytest.raises(ModelFileError, match="no semantic features"):
            read_recognition(tmp_path / "part.safetensors")
    with pytest.raises(ModelFileError, match="no such weights file"):
        read_recognition(tmp_path / "missing.safetensors")


@pytest.mark.parametrize("content", [b"", b"not a model", "other network"], ids=["empty", "text", "other network"])
def test_files_that_are_not_the_published_network_are_refused(tmp_path, content):
    """Contract: a `.pth` file that cannot be read, or of another network, is named in the error."""
    path = tmp_path / "efficientnet.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save({"features.weight": torch.zeros(2)}, path)
    with pytest.raises(ModelFileError, match=r"efficientnet\.pth: not the published weights"):
        read_recognition(path)
    with pytest.raises(ModelFileError, match=r"gone\.pth: not the published weights"):
        read_recognition(tmp_path / "gone.pth")


def test_retired_settings_in_a_header_do_no_harm(network, tmp_path):
    """Contract: separators and `pix2pix` generators of earlier versions load as before; unknown settings do not."""
    path = tmp_path / "w.safetensors"
    save_weights(path, network.state_dict(), CONFIG, FACTS)
    with safetensors.safe_open(path, framework="pt") as file:
        header = file.metadata()
    for extra, loads in (({"reference_width": 0, "likeness": False}, True), ({"colour_of_magic": 8}, False)):
        changed = {**header, "config": json.dumps(json.loads(header["config"]) | extra)}
        half = {name: tensor.half() for name, tensor in network.state_dict().items()}
        facts = {name: changed[name] for name in ("format", "config", "facts")}
        changed["digest"] = weight_files.digest_of(arrays_of(half), facts)
        path.write_bytes(safetensors.torch.save(half, changed))
        if loads:
            assert load_weights(path).config == CONFIG
        else:
            with pytest.raises(ModelFileError, match="colour_of_magic"):
                load_weights(path)
