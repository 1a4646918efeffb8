"""Fixtures that several tests share.

What needs torch imports it itself: the process that only hands tests out to others reads this file too.
"""

import dataclasses
import functools
import gc

import pytest
import typer.main
from hypothesis import settings
from pictures import fill_with_art

from mangacolor.config import PRESETS
from mangacolor.models.weight_files import SEPARATOR_VARIABLE

# The same examples in every run: what fails on one machine fails on all.
settings.register_profile("suite", derandomize=True)
settings.register_profile("quick", derandomize=True, max_examples=25)  # make quick
settings.load_profile("suite")

# Modules and tests stay to the end: nothing is garbage while they are collected, nor are they looked at ever after.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _no_config_of_the_developer(tmp_path_factory):
    """No test, and no process that one starts, reads the config file of whoever runs it."""
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANGACOLOR_CONFIG", str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def _commands_are_built_once():
    """Typer builds its commands anew at every call; the tests call them hundreds of times in one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="module")
def one_thread():
    """Networks compute with one thread: with tiny ones, several take twice the work and longer."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _save_untrained(path, config, prepare=None):
    """Write the weights of an untrained network, always the same ones."""
    import torch

    from mangacolor.models.nn import build_network
    from mangacolor.models.weights import save_weights

    torch.manual_seed(0)
    network = build_network(config)
    if prepare is not None:
        with torch.no_grad():
            prepare(network)
    save_weights(path, network.state_dict(), config, {"images_seen": 0})
    return path


@pytest.fixture(scope="session")
def art_folder(tmp_path_factory):
    """Twelve colour pictures of three series; tests read it only."""
    return fill_with_art(tmp_path_factory.mktemp("art"))


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory):
    """Weights of an untrained tiny generator: enough to test everything but the colours."""
    return _save_untrained(tmp_path_factory.mktemp("weights") / "tiny.safetensors", PRESETS["tiny"].generator)


@pytest.fixture(scope="session")
def seeing_weights(tmp_path_factory):
    """Weights of an untrained small generator with semantic features, which can follow references."""
    config = dataclasses.replace(
        PRESETS["tiny"].generator, stem_stride=4, channels=(8, 12, 16, 24), blocks=(1, 1, 1), semantics=True
    )
    return _save_untrained(tmp_path_factory.mktemp("weights") / "seeing.safetensors", config)


@pytest.fixture(scope="session")
def tiny_separator(tmp_path_factory):
    """Weights of an untrained tiny separator that sees screentone nowhere, so that ink × tone is the page."""
    config = dataclasses.replace(PRESETS["separator"].separator, channels=(8, 8, 8), blocks=(1, 1), bottom_blocks=1)

    def see_no_tone(network):
        network.paint.weight[8:] = 0
        network.paint.bias[8:] = -30

    return _save_untrained(tmp_path_factory.mktemp("weights") / "separator.safetensors", config, see_no_tone)


@pytest.fixture(scope="session")
def seeing_colorizer(seeing_weights, tiny_separator):
    """A colouriser of small networks that can follow references and colours every page."""
    from mangacolor import Colorizer

    return Colorizer(seeing_weights, separator=tiny_separator, force=True)


@pytest.fixture
def studio(seeing_colorizer, tmp_path):
    """Opens the studio over one folder, with small networks behind it, as often as it is entered."""
    from studio_stubs import studio_over

    def open_studio(painter=seeing_colorizer):
        return studio_over(tmp_path / "studio", painter)

    return open_studio


@pytest.fixture
def installed_separator(tiny_separator, monkeypatch):
    """The tiny separator in place of the installed one, wherever it is looked for."""
    monkeypatch.setenv(SEPARATOR_VARIABLE, str(tiny_separator))
    return tiny_separator


@pytest.fixture(scope="module", params=["InChromium", "InFirefox"], ids=["chromium", "firefox"])
def somebody(request, tmp_path_factory):
    """A person at a browser, of each kind that there is."""
    import studio_browser

    browser = getattr(studio_browser, request.param)
    if browser.missing:
        pytest.skip(browser.missing)
    someone = browser(tmp_path_factory.mktemp("downloads"))
    yield someone
    someone.close()
