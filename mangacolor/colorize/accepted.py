"""What callers in Python give, as the package has it: pictures to follow, and numbers of numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mangacolor.books import open_source
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.reference_pages import read_references
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import as_decoded
from mangacolor.page.kinds import is_colored
from mangacolor.series import open_series

Pictures = Sequence[Image.Image | NDArray[Any]] | Image.Image | NDArray[Any]
"""What may be given as references: pictures, or a single one."""


def pictures_of(references: Pictures) -> list[NDArray[np.uint8]]:
    """Return the pictures (H, W, 3) that are to be followed; one that is no list counts as a list of it.

    Raises:
        BadInputError: One of them is no picture, or not in colour.
        UsageError: That is no list.
    """
    if isinstance(references, Image.Image) or (isinstance(references, np.ndarray) and _is_one(references)):
        references = [references]
    try:
        given = list(references)
    except TypeError as error:
        raise UsageError(
            f"`references` should be pictures in colour, not {references!r}.",
            advice="Give a list of them, or one; an empty list for none.",
        ) from error
    pictures = [as_decoded(picture).rgb for picture in given]
    for number, rgb in enumerate(pictures, start=1):
        if not is_colored(rgb):
            raise BadInputError(
                f"Reference {number} is not in colour, so there is nothing to follow.",
                advice="Give pictures in colour; a grey one would take the colour from every page.",
            )
    return pictures


def followed_pictures(options: ColorizeOptions, references: Pictures) -> list[NDArray[np.uint8]]:
    """Return the pictures that are to be followed: those that are given, else those that options name.

    Raises:
        BadInputError: One is no picture in colour, or the series that options name is not there.
        UsageError: The options are none.
    """
    if not isinstance(options, ColorizeOptions):
        raise UsageError(
            f"Options are a ColorizeOptions, not a {type(options).__name__}.",
            advice="Write ColorizeOptions(fast=True), or ColorizeOptions(**options) where they are a dict.",
        )
    if options.series is not None:
        open_series(options.series)
    return pictures_of(references) or named_pictures(options)


def named_pictures(options: ColorizeOptions, password: str | None = None) -> list[NDArray[np.uint8]]:
    """Read the pictures that options name as references.

    Args:
        options: Name them.
        password: Of encrypted books.

    Raises:
        BadInputError: One cannot be read, or is not in colour.
    """
    sources = [open_source(path, password=password, limits=options.limits) for path in options.reference]
    return [rgb for source in sources for rgb in read_references(source, max_pixels=options.max_pixels)]


def plain(value: Any) -> Any:
    """Return a number of numpy as one of Python, and everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _is_one(array: NDArray[Any]) -> bool:
    """Whether an array is a picture, (H, W) or (H, W, 1, 3 or 4), and no stack of pictures."""
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
