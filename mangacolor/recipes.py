"""Configs from and to what files hold: plain values, and the TOML recipes that people write."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any, TypeVar

from mangacolor.config import DiscriminatorConfig, GeneratorConfig, Phase, TrainConfig
from mangacolor.errors import BadInputError, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Config = TypeVar("Config", GeneratorConfig, DiscriminatorConfig, TrainConfig)


def to_dict(config: GeneratorConfig | DiscriminatorConfig | TrainConfig) -> dict[str, Any]:
    """Turn a config into plain values that JSON and TOML can hold."""
    return dataclasses.asdict(config)


def from_dict(kind: type[Config], values: dict[str, Any], *, name: str = "config") -> Config:
    """Build a checked config from plain values.

    Args:
        kind: The dataclass to build.
        values: Its fields; missing ones take their default.
        name: What to call the values in an error, such as the file they came from.

    Raises:
        UsageError: A field is unknown or has a value of the wrong type; the message names it.
    """
    import pydantic  # a tenth of a second that `mangacolor --help` need not pay

    unknown = sorted(_unknown_keys(kind, values))
    if unknown:
        raise UsageError(f"{name}: unknown setting `{unknown[0]}`.", advice="Check its spelling against config.py.")
    try:
        return pydantic.TypeAdapter(kind).validate_python(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name}: setting `{where}`: {first['msg']}.") from error


def _unknown_keys(kind: type[Any], values: dict[str, Any], prefix: str = "") -> list[str]:
    """List the keys of `values`, at any depth, that no field of the dataclass answers to."""
    defaults = {entry.name: entry for entry in dataclasses.fields(kind)}
    unknown = [prefix + key for key in values if key not in defaults]
    for key, value in values.items():
        factory: Any = defaults[key].default_factory if key in defaults else None
        if isinstance(value, dict) and isinstance(factory, type) and dataclasses.is_dataclass(factory):
            unknown += _unknown_keys(factory, value, f"{prefix}{key}.")
        if kind is TrainConfig and key == "phases" and isinstance(value, (list, tuple)):
            for index, phase in enumerate(value):
                unknown += _unknown_keys(Phase, phase, f"phases.{index}.") if isinstance(phase, dict) else []
    return unknown


def read_recipe(path: Path, base: TrainConfig) -> TrainConfig:
    """Read a TOML recipe and lay it over a preset, table by table.

    Raises:
        BadInputError: The file is missing or is no TOML.
        UsageError: A setting in it is unknown or of the wrong type.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: cannot read the recipe: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path}: not a TOML file: {error}.") from error
    merged = to_dict(base)
    for key, value in values.items():
        table = merged.get(key)
        merged[key] = {**table, **value} if isinstance(value, dict) and isinstance(table, dict) else value
    return from_dict(TrainConfig, merged, name=str(path))
