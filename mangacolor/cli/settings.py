"""From words to options: what the command line says of `mangacolor colorize`, and before it the reader's own file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from mangacolor.colorize.options import ColorizeOptions, checked_option
from mangacolor.errors import BadInputError
from mangacolor.text import text_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CONFIG_VARIABLE = "MANGACOLOR_CONFIG"

_WINDOWS_PATHS = "Write paths of Windows between single quotes: weights = 'C:\\Users\\me\\mine.safetensors'."

_PATHS = {"weights", "separator", "series"}


def config_path() -> Path | None:
    """Say where the reader's file is looked for: where `MANGACOLOR_CONFIG` says, else where the system keeps such.

    None where whoever runs this has no home, as in some containers.
    """
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    try:
        return platformdirs.user_config_path("mangacolor", appauthor=False) / "config.toml"
    except RuntimeError:
        return None


def is_there(path: Path | None) -> bool:
    """Say whether a config file is there for this run; one that may not be looked at is not."""
    try:
        return path is not None and path.exists()
    except OSError:
        return False


def read_settings(config: Path | None, given: dict[str, Any]) -> ColorizeOptions:
    """Lay the command line over the reader's file, and that over the defaults.

    Args:
        config: The file; None looks where `config_path` says and does without if nothing is there.
        given: What the command line says, by the names of `ColorizeOptions`; None is not said.

    Raises:
        BadInputError: The file is no TOML, or one that was named is missing.
        UsageError: A value is out of place; the message names the option, or the key and the file.
    """
    said = {name: value for name, value in given.items() if value is not None}
    _check(said, lambda name: f"--{name.replace('_', '-')}")
    named_by = "--config" if config is not None else f"${CONFIG_VARIABLE}" if os.environ.get(CONFIG_VARIABLE) else ""
    path = config or config_path()
    if path is None or not (named_by or is_there(path)):
        return ColorizeOptions(**said)
    return ColorizeOptions(**{**_read(path, named_by or "its permissions"), **said})


def _read(path: Path, to_check: str) -> dict[str, Any]:
    try:
        text = text_of(path.read_bytes())
        values = tomllib.loads(text)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.", advice=f"Check {to_check}.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is no TOML file: {error}.", advice="Save it as UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        advice = _WINDOWS_PATHS if "\\" in text else 'Lines look like `format = "webp"`.'
        raise BadInputError(f"{path} is no TOML file: {error}.", advice=advice) from error
    typed = {key.replace("-", "_"): key for key in values}
    values = {name: values[key] for name, key in typed.items()}
    _check(values, lambda name: f"{path}: `{typed[name]}`")
    # A file that is read from everywhere cannot mean the folder that the reader, or a process elsewhere, happens to
    # be in.
    folder = path.parent.absolute()
    for key in _PATHS & values.keys():
        values[key] = folder / _path(values[key], f"{path}: `{typed[key]}`")
    if "reference" in values:
        values["reference"] = [folder / _path(one, f"{path}: `reference`") for one in values["reference"]]
    return values


def _path(said: str | Path, where: str) -> Path:
    if any(letter < " " for letter in str(said)):  # "C:\new" has a line break in it
        raise BadInputError(f"{where}: {str(said)!r} is no path.", advice=_WINDOWS_PATHS)
    try:
        return Path(said).expanduser()
    except RuntimeError as error:
        raise BadInputError(f"{where}: there is no home for `~` here.", advice="Write the whole path.") from error


def _check(values: dict[str, Any], call: Callable[[str], str]) -> None:
    """Refuse values that `ColorizeOptions` would not take, by what their place calls them."""
    for name, value in values.items():
        checked_option(name, value, call(name))
