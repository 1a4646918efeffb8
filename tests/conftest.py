"""Fixtures that several tests share."""

import pytest
import torch

from mangacolor.config import PRESETS
from mangacolor.nn import build_generator
from mangacolor.weights import save_weights


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory):
    """Weights of an untrained tiny generator: enough to test everything but the colours."""
    torch.manual_seed(0)
    config = PRESETS["tiny"].generator
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, build_generator(config).state_dict(), config, {"images_seen": 0})
    return path
