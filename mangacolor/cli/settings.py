"""What `mangacolor colorize` is told by the command line, and before that by the reader's own file."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import pydantic
from pydantic import Field
from pydantic.dataclasses import dataclass

from mangacolor.books import FormatChoice, Limits
from mangacolor.config import Precision
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import MAX_PIXELS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CONFIG_VARIABLE = "MANGACOLOR_CONFIG"

_PATHS = {"weights", "separator"}
_FilePath = Annotated[Path, Field(strict=False)]


@dataclass(frozen=True, config=pydantic.ConfigDict(strict=True, extra="forbid"))
class Settings:
    """Options of `colorize` that a reader may want to have as a habit, with their defaults.

    Attributes:
        weights: Weights to use; None for those installed.
        separator: Weights that take screentone off; None for those installed.
        size: Short side of the working size in pixels; None follows the panels.
        device: Where to compute.
        precision: What to compute in.
        saturation: Factor on the chroma.
        reference: Pictures, books and folders whose colours to follow.
        seed: Of the noise to colour with; None for none.
        format: File format of the outputs.
        quality: Of formats that lose something; None for the page's own.
        force: Colour every page.
        fast: Predict pages whole, without panels, areas and faces.
        mark: Say in the ComicInfo of books what coloured them, and leave alone books that say so.
        verify: Open every output again; None does so with books.
        max_pixels: Largest page.
        max_entries: Most entries of a book.
        max_entry_mb: Largest entry of a book once unpacked, in MiB.
        max_expansion: Largest unpacked size of a book, in its own sizes.
    """

    weights: _FilePath | None = None
    separator: _FilePath | None = None
    size: int | None = None
    device: str = "auto"
    precision: Precision = "auto"
    saturation: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    reference: list[_FilePath] = Field(default_factory=list)
    seed: int | None = None
    format: FormatChoice = "keep"
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    force: bool = False
    fast: bool = False
    mark: bool = False
    verify: bool | None = None
    max_pixels: Annotated[int, Field(ge=1)] = MAX_PIXELS
    max_entries: Annotated[int, Field(ge=1)] = Limits.entries
    max_entry_mb: Annotated[int, Field(ge=1)] = Limits.entry_bytes >> 20
    max_expansion: Annotated[int, Field(ge=1)] = Limits.expansion

    @property
    def limits(self) -> Limits:
        """What a book may ask of the machine."""
        return Limits(
            entries=self.max_entries, entry_bytes=self.max_entry_mb << 20, expansion=self.max_expansion,
            page_pixels=self.max_pixels,
        )  # fmt: skip


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


def read_settings(config: Path | None, given: dict[str, Any]) -> Settings:
    """Lay the command line over the reader's file, and that over the defaults.

    Args:
        config: The file; None looks where `config_path` says and does without if nothing is there.
        given: What the command line says, by the names of `Settings`; None is not said.

    Raises:
        BadInputError: The file is no TOML, or one that was named is missing.
        UsageError: A value is out of place; the message names the option, or the key and the file.
    """
    said = {name: value for name, value in given.items() if value is not None}
    _check(said, lambda name: f"--{name.replace('_', '-')}")
    is_named = config is not None or bool(os.environ.get(CONFIG_VARIABLE))
    path = config or config_path()
    return Settings(**{**(_read(path) if path is not None and (is_named or is_there(path)) else {}), **said})


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}.", advice="Check --config.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is no TOML file: {error}.", advice='Lines look like `format = "webp"`.') from error
    typed = {key.replace("-", "_"): key for key in values}
    values = {name: values[key] for name, key in typed.items()}
    _check(values, lambda name: f"{path}: `{typed[name]}`")
    # A file that is read from everywhere cannot mean the folder that the reader happens to be in.
    for key in _PATHS & values.keys():
        values[key] = path.parent / Path(values[key]).expanduser()
    if "reference" in values:
        values["reference"] = [path.parent / Path(one).expanduser() for one in values["reference"]]
    return values


def _check(values: dict[str, Any], call: Callable[[str], str]) -> None:
    """Refuse values that `Settings` would not take, by what their place calls them."""
    known = [field.name for field in dataclasses.fields(Settings)]
    unknown = [name for name in values if name not in known]
    if unknown:
        raise UsageError(
            f"{call(unknown[0])} is no setting.", advice=f"There are: {', '.join(known).replace('_', '-')}."
        )
    try:
        Settings(**values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].replace("Input should", "should")
        raise UsageError(f"{call(str(first['loc'][0]))} {message}, not {first['input']!r}.") from error
