"""Configs from and to what files hold: plain values, and the TOML recipes that people write.

What earlier versions wrote is read as well; see `_of_today`.
"""

from __future__ import annotations

import dataclasses
import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from mangacolor.config import (
    DiscriminatorConfig,
    GeneratorConfig,
    LoopConfig,
    NetworkConfig,
    Phase,
    Recipe,
    SeparatorConfig,
    SeparatorTrainConfig,
    TrainConfig,
)
from mangacolor.config.networks import RETIRED_SETTINGS
from mangacolor.errors import BadInputError, UsageError
from mangacolor.text import text_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Config = TypeVar("Config", GeneratorConfig, SeparatorConfig, DiscriminatorConfig, TrainConfig, SeparatorTrainConfig)

RETIRED_LOSSES: dict[str, tuple[Any, str]] = {
    "rarity": ("saturation", "Colours are weighed by their saturation."),
    "r1": (0, "The discriminator has no such penalty."),
    "separation": (0, "Use `--preset separator`."),
}
"""Losses of earlier versions that no recipe used, each with the value that it has now and what to say of another."""

RETIRED_OF_SEPARATORS: dict[str, tuple[Any, str]] = {
    "adversarial": (0, "The separator learns without a discriminator."),
    "separation": (1, "Change the learning rate instead."),
}
"""The same where the separator was trained by the config of a generator; what else that held was without effect."""


def to_dict(config: NetworkConfig | DiscriminatorConfig | Recipe) -> dict[str, Any]:
    """Turn a config into plain values that JSON and TOML can hold."""
    return dataclasses.asdict(config)


def from_dict(kind: type[Config], values: Mapping[str, Any], *, name: str = "config") -> Config:
    """Build a checked config from plain values.

    Args:
        kind: The dataclass to build.
        values: Its fields; missing ones take their default.
        name: What to call the values in an error, such as the file they came from.

    Raises:
        UsageError: A field is unknown or has a value of the wrong type; the message names it.
    """
    import pydantic  # a tenth of a second that `mangacolor --help` need not pay

    values = _of_today(kind, values, name)
    unknown = sorted(_unknown_keys(kind, values))
    if unknown:
        near = difflib.get_close_matches(unknown[0], _known_keys(kind), n=1)
        raise UsageError(
            f"{name}: unknown setting `{unknown[0]}`.",
            advice=f"Did you mean `{near[0]}`?" if near else "weights/recipe.toml of the source shows what there is.",
        )
    try:
        return pydantic.TypeAdapter(kind).validate_python(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: setting `{where}`: {first['msg']}.") from error


def network_from_dict(values: Mapping[str, Any], *, name: str) -> NetworkConfig:
    """Build the shape of a generator or of the separator, whichever the values are of.

    Raises:
        UsageError: As `from_dict`.
    """
    if values.get("kind") == "separator":
        return from_dict(SeparatorConfig, _shape_of_separator(values), name=name)
    return from_dict(GeneratorConfig, values, name=name)


def recipe_from_dict(values: Mapping[str, Any], *, name: str) -> Recipe:
    """Build the config of a run from all its values, for a generator or for the separator.

    Raises:
        UsageError: As `from_dict`.
    """
    shape = values.get("generator")
    if "separator" in values or (isinstance(shape, Mapping) and shape.get("kind") == "separator"):
        return from_dict(SeparatorTrainConfig, values, name=name)
    return from_dict(TrainConfig, values, name=name)


def _of_today(kind: type[Any], values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the values under the names that they have now.

    Raises:
        UsageError: A setting that is gone has a value that would change what is computed.
    """
    values = dict(values)
    loss = values.get("loss")
    if kind is TrainConfig and isinstance(loss, Mapping):
        values["loss"] = _without(RETIRED_LOSSES, loss, name)
    if kind is SeparatorTrainConfig:
        if isinstance(loss, Mapping):
            _without(RETIRED_OF_SEPARATORS, loss, name)
        if isinstance(shape := values.pop("generator", None), Mapping):
            values["separator"] = _shape_of_separator(shape)
        if "generator_learning_rate" in values:
            values["learning_rate"] = values.pop("generator_learning_rate")
        for gone in (
            "loss", "discriminator", "discriminator_learning_rate", "semantics_learning_rate", "face_sources",
            "people_sources", "learns",
        ):  # fmt: skip
            values.pop(gone, None)
    return values


def _without(retired: Mapping[str, tuple[Any, str]], loss: Mapping[str, Any], name: str) -> dict[str, Any]:
    for key, (value, advice) in retired.items():
        if loss.get(key, value) != value:
            raise UsageError(f"{name}: setting `loss.{key}` is gone.", advice=f"Take it out. {advice}")
    return {key: value for key, value in loss.items() if key not in retired}


def _shape_of_separator(values: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the settings of a separator from what was once the shape of a generator."""
    names = {entry.name for entry in dataclasses.fields(SeparatorConfig)}
    elsewhere = {entry.name for entry in dataclasses.fields(GeneratorConfig)} | RETIRED_SETTINGS
    return {key: value for key, value in values.items() if key in names or key not in elsewhere}


def _unknown_keys(kind: type[Any], values: Mapping[str, Any], prefix: str = "") -> list[str]:
    """List the keys of `values`, at any depth, that no field of the dataclass answers to."""
    defaults = {entry.name: entry for entry in dataclasses.fields(kind)}
    unknown = [prefix + key for key in values if key not in defaults]
    for key, value in values.items():
        factory: Any = defaults[key].default_factory if key in defaults else None
        if isinstance(value, dict) and isinstance(factory, type) and dataclasses.is_dataclass(factory):
            unknown += _unknown_keys(factory, value, f"{prefix}{key}.")
        if issubclass(kind, LoopConfig) and key == "phases" and isinstance(value, (list, tuple)):
            for index, phase in enumerate(value):
                unknown += _unknown_keys(Phase, phase, f"phases.{index}.") if isinstance(phase, dict) else []
    return unknown


def _known_keys(kind: type[Any], prefix: str = "") -> list[str]:
    """List the keys that the fields of a dataclass answer to, at any depth."""
    known: list[str] = []
    for entry in dataclasses.fields(kind):
        known.append(prefix + entry.name)
        factory: Any = entry.default_factory
        if isinstance(factory, type) and dataclasses.is_dataclass(factory):
            known += _known_keys(factory, f"{prefix}{entry.name}.")
    return known


def read_recipe(path: Path, base: Recipe) -> Recipe:
    """Read a TOML recipe and lay it over a preset, table by table.

    Raises:
        BadInputError: The file is missing or is no TOML.
        UsageError: A setting in it is unknown or of the wrong type.
    """
    try:
        values = tomllib.loads(text_of(path.read_bytes()))
    except OSError as error:
        raise BadInputError(f"{path}: cannot read the recipe: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path}: not a TOML file: {error}.") from error
    merged = to_dict(base)
    for key, value in _of_today(type(base), values, str(path)).items():
        table = merged.get(key)
        merged[key] = {**table, **value} if isinstance(value, dict) and isinstance(table, dict) else value
    return recipe_from_dict(merged, name=str(path))
