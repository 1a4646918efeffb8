"""What decides how pages are coloured and written, whoever asks for it: a command line, a server, Python."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import pydantic
from pydantic import Field

from mangacolor.books import FormatChoice, Limits
from mangacolor.config import Precision
from mangacolor.errors import UsageError
from mangacolor.image import MAX_PIXELS
from mangacolor.image.layered import LayerFormat
from mangacolor.models.runtimes import Runtime
from mangacolor.series import ADAPTED_NAME

SMALLEST_SIZE = 32
"""Smallest short side of a working size, in pixels: the generator halves it five times."""

_FilePath = Annotated[Path, Field(strict=False)]
_FilePaths = Annotated[tuple[_FilePath, ...], Field(strict=False)]

_FILES = ("weights", "separator", "reference", "series")
"""They count by what is in them, wherever they lie."""

_WITHOUT_EFFECT = (
    "runtime", "device", "precision", "mark", "verify", "max_pixels", "max_entries", "max_entry_mb", "max_expansion",
)  # fmt: skip
"""They change no colour, but for rounding, and no page that is written."""


@dataclass(frozen=True)
class ColorizeOptions:
    """How to colour pages, and how to write them; values are checked, and have the types of the defaults.

    Attributes:
        weights: Weights to use; None for those installed.
        separator: Weights that take screentone off; None for those installed.
        size: Short side of the working size in pixels, at least 32; None follows the panels.
        runtime: What runs the networks: `torch`, `onnx`, or `auto`, which is torch where it is installed.
        device: Where to compute: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        precision: What to compute in: `auto`, `fp32`, `bf16` or `fp16`.
        saturation: Factor on the chroma, 1 as predicted, 0 grey.
        reference: Pictures, books and folders whose colours to follow.
        series: Series folder with the colours of who is in it.
        seed: Of the noise to colour with, of 64 bits; None for none.
        format: File format of the outputs.
        layers: Also write pages in layers, as OpenRaster (`ora`) or Photoshop's format (`psd`); None for no.
        quality: Of formats that lose something, 1 to 100; None for the page's own.
        force: Colour every page, whatever it shows.
        fast: Predict pages whole, without panels, areas and faces.
        white_paper: Leave bare paper behind people white.
        flat: Lay no shadows and gleams on skin and hair that the page has not.
        consistent: Keep one colour for what is alike on the pages of a book or folder; None does so but for pages that
            a cache shares with readers, and for folders that are coloured in parts.
        mark: Say in the ComicInfo of books what coloured them, and leave alone books that say so.
        verify: Open every output again; None does so with books.
        max_pixels: Largest page.
        max_entries: Most entries of a book.
        max_entry_mb: Largest entry of a book once unpacked, in MiB.
        max_expansion: Largest unpacked size of a book, in its own sizes.

    Raises:
        UsageError: A value is out of place; the message names it.
    """

    weights: _FilePath | None = None
    separator: _FilePath | None = None
    size: Annotated[int, Field(ge=SMALLEST_SIZE)] | None = None
    runtime: Runtime = "auto"
    device: str = "auto"
    precision: Precision = "auto"
    saturation: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    reference: _FilePaths = ()
    series: _FilePath | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**64)] | None = None
    format: FormatChoice = "keep"
    layers: LayerFormat | None = None
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    force: bool = False
    fast: bool = False
    white_paper: bool = False
    flat: bool = False
    consistent: bool | None = None
    mark: bool = False
    verify: bool | None = None
    max_pixels: Annotated[int, Field(ge=1)] = MAX_PIXELS
    max_entries: Annotated[int, Field(ge=1)] = Limits.entries
    max_entry_mb: Annotated[int, Field(ge=1)] = Limits.entry_bytes >> 20
    max_expansion: Annotated[int, Field(ge=1)] = Limits.expansion

    if TYPE_CHECKING:  # more is taken than is kept: paths as text, and lists of them

        def __init__(
            self,
            weights: Path | str | None = ...,
            separator: Path | str | None = ...,
            size: int | None = ...,
            runtime: Runtime = ...,
            device: str = ...,
            precision: Precision = ...,
            saturation: float = ...,
            reference: Sequence[Path | str] = ...,
            series: Path | str | None = ...,
            seed: int | None = ...,
            format: FormatChoice = ...,
            layers: LayerFormat | None = ...,
            quality: int | None = ...,
            force: bool = ...,
            fast: bool = ...,
            white_paper: bool = ...,
            flat: bool = ...,
            consistent: bool | None = ...,
            mark: bool = ...,
            verify: bool | None = ...,
            max_pixels: int = ...,
            max_entries: int = ...,
            max_entry_mb: int = ...,
            max_expansion: int = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = checked_option(field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    @property
    def limits(self) -> Limits:
        """What a book may ask of the machine."""
        return Limits(
            entries=self.max_entries, entry_bytes=self.max_entry_mb << 20, expansion=self.max_expansion,
            page_pixels=self.max_pixels,
        )  # fmt: skip

    @property
    def chosen(self) -> dict[str, Any]:
        """The options that are not as they are by themselves."""
        told = {field: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {field.name: value for field, value in told.items() if value != field.default}

    @property
    def changes(self) -> Path | None:
        """What was learnt of the series by `adapt`, to be laid over the weights; None where nothing was."""
        path = self.series / ADAPTED_NAME if self.series is not None else None
        return path if path is not None and path.exists() else None

    def fingerprint(self, *, weights: str = "", separator: str = "", reference: str = "", series: str = "") -> str:
        """Return all that decides what a page becomes, as text: pages of two runs that agree in it fit together.

        Whatever is added to the options is part of it, unless it is known to have no effect.

        Args:
            weights: Digest of the generator's weights in use.
            separator: Digest of the separator's.
            reference: Digest of the pictures that are followed.
            series: Digest of the series that is.
        """
        files = f"weights {weights} separator {separator} reference {reference} series {series}"
        names = [field.name for field in dataclasses.fields(self) if field.name not in (*_FILES, *_WITHOUT_EFFECT)]
        return " ".join([files, *(f"{name} {getattr(self, name)}" for name in names)])


def checked_option(name: str, value: object, called: str = "") -> Any:
    """Return the value of an option of `ColorizeOptions` if it may have it, a path for the name of one.

    Args:
        name: As the class has it.
        value: What it is to be.
        called: What whoever gave the value calls the option, for the message; its name if empty.

    Raises:
        UsageError: It may not, or there is no such option.
    """
    if name not in _adapters():
        near = difflib.get_close_matches(name, _adapters(), n=1)
        names = ", ".join(_adapters()).replace("_", "-")
        meant = f"Did you mean {near[0].replace('_', '-')}? " if near else ""
        raise UsageError(f"{called or name} is no setting.", advice=f"{meant}There are: {names}.")
    if name in _FILES and isinstance(value, str) and not value:  # as a path that is the current folder
        raise UsageError(f"{called or name} names no file.", advice="Give its path, or leave it out.")
    try:
        return _adapters()[name].validate_python(value)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        message = "should be a path" if first["type"] == "path_type" else first["msg"].replace("Input should", "should")
        is_quoted = isinstance(first["input"], str) and first["type"] in ("float_type", "int_type", "bool_type")
        advice = "Write it without quotes." * is_quoted
        raise UsageError(f"{called or name} {message}, not {first['input']!r}.", advice=advice) from error


@cache
def _adapters() -> dict[str, pydantic.TypeAdapter[Any]]:
    hints = get_type_hints(ColorizeOptions, include_extras=True)
    return {name: pydantic.TypeAdapter(hint, config=pydantic.ConfigDict(strict=True)) for name, hint in hints.items()}
