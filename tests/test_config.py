"""Configs travel as JSON and TOML without loss, and complain by name.

Oracles: the config itself after the journey; the contract of errors; a literal search for phases; for what earlier
versions wrote, what they meant by it.
"""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.config import (
    PRESETS,
    DiscriminatorConfig,
    GeneratorConfig,
    Phase,
    SeparatorConfig,
    SeparatorTrainConfig,
    TrainConfig,
)
from mangacolor.errors import BadInputError, UsageError
from mangacolor.recipes import from_dict, network_from_dict, read_recipe, recipe_from_dict, to_dict


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name):
    """Invariant: to_dict → JSON → from_dict is the identity, types included."""
    preset = PRESETS[name]
    back = recipe_from_dict(json.loads(json.dumps(to_dict(preset))), name=name)
    assert back == preset
    assert isinstance(back.phases, tuple)
    assert isinstance(back.phases[0], Phase)
    assert isinstance(back.network.channels, tuple)
    assert network_from_dict(json.loads(json.dumps(to_dict(preset.network))), name=name) == preset.network


@pytest.mark.parametrize(
    "kind", [GeneratorConfig, DiscriminatorConfig, TrainConfig, SeparatorConfig, SeparatorTrainConfig]
)
def test_no_values_give_the_defaults(kind):
    """Invariant: an empty recipe is the default config."""
    assert from_dict(kind, {}) == kind()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"sead": 1}, "sead"),
        ({"generator": {"chanels": [1]}}, "generator.chanels"),
        ({"loss": {"r1": 0.0, "r2": 0.0}}, "loss.r2"),
        ({"synthesis": {"hint": 0.5}}, "synthesis.hint"),
        ({"phases": [{"until": 1.0, "crop_px": 64, "batch_size": 4, "crop": 1}]}, "crop"),
    ],
)
def test_unknown_settings_are_named(values, named):
    """Contract of `from_dict`: a setting that no field answers to is an error, at any depth."""
    with pytest.raises(UsageError, match=rf"recipe\.toml: .*{named}\b"):
        from_dict(TrainConfig, values, name="recipe.toml")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"seed": "zero"}, "seed"),
        ({"generator": {"channels": "wide"}}, "generator.channels"),
        ({"generator": {"kind": "transformer"}}, "generator.kind"),
        ({"loss": {"oklab": [1]}}, "loss.oklab"),
        ({"phases": [{"until": 1.0, "crop_px": 64.5, "batch_size": 4}]}, r"phases\.0\.crop_px"),
        ({"generator": 5}, "generator"),
        ({"betas": [0.9]}, r"betas"),
    ],
)
def test_wrong_types_are_named(values, named):
    """Contract of `from_dict`: the message names the setting whose value does not fit."""
    with pytest.raises(UsageError, match=rf"recipe\.toml: setting `{named}"):
        from_dict(TrainConfig, values, name="recipe.toml")


@pytest.mark.parametrize(
    "phases",
    [(), (Phase(0.9, 64, 4),), (Phase(0.7, 64, 4), Phase(0.3, 64, 4), Phase(1.0, 64, 4))],
    ids=["none", "ends early", "out of order"],
)
def test_phases_must_cover_the_run_in_order(phases):
    """Contract: the last phase ends at 1, and phases are sorted; also when they come from a file."""
    with pytest.raises(UsageError, match="phase"):
        TrainConfig(phases=phases)
    with pytest.raises(UsageError, match="phase"):
        from_dict(TrainConfig, {"phases": [dataclasses.asdict(phase) for phase in phases]})


@pytest.mark.parametrize("setting", ["accumulate", "snapshots"])
def test_counts_are_above_nothing(setting):
    with pytest.raises(UsageError, match=setting):
        from_dict(TrainConfig, {setting: 0})


# What earlier versions wrote

OLD_SEPARATOR = {
    "generator": {
        "kind": "separator", "stem_stride": 2, "channels": [8, 12], "blocks": [1], "bottom_blocks": 1,
        "attention_heads": 0, "semantics": False, "chroma_head": False, "dropout": 0.0, "panel_px": 280,
    },
    "discriminator": {"channels": [32, 64, 128, 192], "normalization": "spectral"},
    "loss": {"adversarial": 0.0, "oklab": 0.0, "rarity": "saturation", "r1": 0.0, "separation": 1.0, "reduction": 1},
    "generator_learning_rate": 0.0012,
    "semantics_learning_rate": 0.0001,
    "discriminator_learning_rate": 0.0002,
    "weight_decay": 0.0,
    "face_sources": [],
    "seed": 5,
}  # fmt: skip


def test_separators_described_as_generators_are_read():
    """Hand-written: what counted for the separator is taken over, what did not is passed over."""
    shape = SeparatorConfig(channels=(8, 12), blocks=(1,), bottom_blocks=1)
    assert recipe_from_dict(OLD_SEPARATOR, name="checkpoint") == SeparatorTrainConfig(
        separator=shape, learning_rate=0.0012, seed=5
    )
    assert network_from_dict(OLD_SEPARATOR["generator"], name="weights") == shape
    with pytest.raises(UsageError, match="colour_of_magic"):
        network_from_dict({**OLD_SEPARATOR["generator"], "colour_of_magic": 8}, name="weights")


def test_old_recipe_of_a_separator_lies_over_its_preset(tmp_path):
    """Hand-written: the names of the settings of a generator are those of the separator."""
    path = tmp_path / "recipe.toml"
    path.write_text("generator_learning_rate = 1e-3\nseed = 3\n[generator]\nchannels = [4, 8]\n[loss]\noklab = 0.0\n")
    base = PRESETS["separator"]
    wanted = dataclasses.replace(base.separator, channels=(4, 8))
    assert read_recipe(path, base) == dataclasses.replace(base, separator=wanted, learning_rate=1e-3, seed=3)


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        (TrainConfig, {"rarity": "measured"}),
        (TrainConfig, {"r1": 0.1}),
        (TrainConfig, {"separation": 1.0}),
        (SeparatorTrainConfig, {"adversarial": 0.1}),
        (SeparatorTrainConfig, {"separation": 2.0}),
    ],
)
def test_settings_that_are_gone_are_named_where_they_would_count(kind, loss):
    """Contract: an error with advice; the value that all runs have now is no error."""
    (name,) = loss
    with pytest.raises(UsageError, match=rf"recipe\.toml: setting `loss\.{name}` is gone") as caught:
        from_dict(kind, {"loss": loss}, name="recipe.toml")
    assert caught.value.advice
    now = {"rarity": "saturation", "r1": 0.0, "separation": 0.0} if kind is TrainConfig else {"separation": 1}
    assert from_dict(kind, {"loss": now}) == kind()


@given(st.lists(st.floats(0.01, 0.99), unique=True, max_size=4), st.floats(0, 1))
def test_phase_at_is_the_first_that_ends_later(ends, progress):
    """Oracle: a literal search through the list."""
    phases = tuple(Phase(end, 10 + index, 1) for index, end in enumerate([*sorted(ends), 1.0]))
    expected = phases[-1]
    for phase in reversed(phases):
        if phase.until > progress:
            expected = phase
    assert TrainConfig(phases=phases).phase_at(progress) is expected


def test_recipe_lies_over_the_preset_table_by_table(tmp_path):
    """Hand-written recipe: what it names changes, what it does not name stays the preset's."""
    path = tmp_path / "recipe.toml"
    path.write_text(
        'seed = 7\nsource_weights = { "pages/*" = 8.0 }\n[loss]\nrgb = 1.5\n'
        "[[phases]]\nuntil = 0.5\ncrop_px = 48\nbatch_size = 2\n[[phases]]\nuntil = 1\ncrop_px = 64\nbatch_size = 1\n"
    )
    base = PRESETS["tiny"]
    wanted = dataclasses.replace(
        base,
        seed=7,
        source_weights={"pages/*": 8.0},
        loss=dataclasses.replace(base.loss, rgb=1.5),
        phases=(Phase(0.5, 48, 2), Phase(1.0, 64, 1)),
    )
    assert read_recipe(path, base) == wanted


def test_recipe_errors_name_the_file(tmp_path):
    """Contract of `read_recipe`."""
    path = tmp_path / "recipe.toml"
    with pytest.raises(BadInputError, match=r"recipe\.toml: cannot read"):
        read_recipe(path, TrainConfig())
    for broken in (b"seed = = 1", b"\xff\xfe\x00"):
        path.write_bytes(broken)
        with pytest.raises(BadInputError, match=r"recipe\.toml: not a TOML file"):
            read_recipe(path, TrainConfig())


@pytest.mark.parametrize("text", ["[seed]\nx = 1", "[phases]\nuntil = 1.0", "loss = 3", "[synthesis]\npanel = 1"])
def test_recipe_with_a_setting_of_the_wrong_kind_is_a_usage_error(tmp_path, text):
    """Contract of `read_recipe`: never another exception type, and the file is named."""
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"recipe\.toml"):
        read_recipe(path, TrainConfig())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("accumulat = 2", "Did you mean `accumulate`?"),
        ("[loss]\nkept_color = 1.0", "Did you mean `loss.kept_colours`?"),
        ("zzz = 1", "weights/recipe.toml"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_nearest(text, told, tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_recipe(path, PRESETS["default"])
    assert told in str(caught.value)
