"""Changes of weights: learnt by a few layers, kept in a file, laid over the weights they were made for.

Oracles: the network that learnt, which the weights with its changes must agree with; a file read again; the contract of
the errors.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given
from hypothesis import strategies as st

from mangacolor import Colorizer
from mangacolor.errors import CannotWriteError, ModelFileError
from mangacolor.models.changes import laid_over, read_changes, write_changes
from mangacolor.models.weight_files import read_weight_file
from mangacolor.models.weights import load_weights
from mangacolor.series import ADAPTED_NAME
from mangacolor.training.learning_layers import changes_of, let_learn

PARTS = ("bottom", "decoder", "classify")


def condition():
    return torch.rand(1, 6, 32, 32, generator=torch.Generator().manual_seed(1))


def taught(path):
    """A network whose chosen parts were moved at random, and its changes."""
    network = load_weights(path).network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    let_learn(network, PARTS)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return network.eval(), changes_of(network.state_dict(), before)


def test_nothing_is_changed_before_something_is_learnt(tiny_weights):
    plain, network = load_weights(tiny_weights).network, load_weights(tiny_weights).network
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    let_learn(network, PARTS)
    with torch.no_grad():
        assert torch.equal(network.eval()(condition()).colour, plain(condition()).colour)
    assert changes_of(network.state_dict(), before) == {}


def test_weights_with_changes_are_the_network_that_learnt(tiny_weights, tmp_path):
    network, added = taught(tiny_weights)
    path = tmp_path / ADAPTED_NAME
    write_changes(path, added, read_weight_file(tiny_weights).digest, {})
    with torch.no_grad():
        learnt = network(condition()).chroma_logits
        plain = load_weights(tiny_weights).network(condition()).chroma_logits
        changed = load_weights(tiny_weights, path).network(condition()).chroma_logits
    torch.testing.assert_close(changed, learnt, atol=0.02, rtol=0.02)
    assert (plain - learnt).abs().max() > 0.1
    assert {name.split(".")[0] for name in added} == set(PARTS)


@given(facts=st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_file_is_read_again(tmp_path_factory, facts):
    path = tmp_path_factory.mktemp("changes") / ADAPTED_NAME
    added = {"a.weight": np.ones((2, 1), np.float16), "b": np.zeros(2, np.float16)}
    assert write_changes(path, added, "0" * 64, facts) == path.stat().st_size
    changes = read_changes(path)
    assert changes.weights == "0" * 64
    assert changes.facts == facts
    assert {name: array.tolist() for name, array in changes.added.items()} == {
        name: array.tolist() for name, array in added.items()
    }


def test_weights_with_changes_are_others(tiny_weights, tmp_path):
    file = read_weight_file(tiny_weights)
    write_changes(tmp_path / ADAPTED_NAME, taught(tiny_weights)[1], file.digest, {"pages": 1})
    changed = laid_over(file, read_changes(tmp_path / ADAPTED_NAME))
    assert changed.digest != file.digest
    assert changed.facts["adapted"] == {"pages": 1}


def test_what_was_learnt_is_opened_without_another_separator(tiny_weights, tiny_separator, tmp_path, monkeypatch):
    """Contract of `Colorizer.adapted`: all but the generator is that of before."""
    colorizer = Colorizer(tiny_weights, separator=tiny_separator)
    path = tmp_path / ADAPTED_NAME
    write_changes(path, taught(tiny_weights)[1], read_weight_file(tiny_weights).digest, {})
    monkeypatch.setattr("mangacolor.models.torch_backend.find_separator", None)
    other = colorizer.adapted(path)
    assert other.weights.digest != colorizer.weights.digest
    assert other.engine.separate is colorizer.engine.separate


def test_changes_for_other_weights_are_refused(tiny_weights, seeing_weights, tmp_path):
    path = tmp_path / ADAPTED_NAME
    write_changes(path, taught(tiny_weights)[1], read_weight_file(tiny_weights).digest, {})
    with pytest.raises(ModelFileError, match=r"other weights(.|\n)*mangacolor adapt"):
        load_weights(seeing_weights, path)


def test_changes_that_do_not_fit_are_refused(tiny_weights, tmp_path):
    path = tmp_path / ADAPTED_NAME
    write_changes(path, {"nothing.weight": np.ones(2)}, read_weight_file(tiny_weights).digest, {})
    with pytest.raises(ModelFileError, match="does not fit"):
        load_weights(tiny_weights, path)


def test_a_damaged_file_and_a_newer_one_are_refused(tmp_path):
    path = tmp_path / ADAPTED_NAME
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match=r"damaged(.|\n)*Delete"):
        read_changes(path)
    header = json.dumps({"format": 2, "weights": "", "facts": {}})
    safetensors.numpy.save_file({"a": np.ones(1, np.float16)}, path, metadata={"mangacolor": header})
    with pytest.raises(ModelFileError, match="newer"):
        read_changes(path)


def test_what_was_there_stays_where_nothing_can_be_written(tmp_path, monkeypatch):
    path = tmp_path / ADAPTED_NAME
    write_changes(path, {"a": np.ones(1)}, "old", {})
    monkeypatch.setattr("os.replace", _full_disk)
    with pytest.raises(CannotWriteError):
        write_changes(path, {"a": np.ones(1)}, "new", {})
    assert read_changes(path).weights == "old"


def _full_disk(*_):
    raise OSError(28, "No space left on device")
