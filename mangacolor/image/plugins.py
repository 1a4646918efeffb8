"""Picture formats that need a library of their own."""

from __future__ import annotations

from mangacolor.errors import BadInputError
from mangacolor.image.formats import START_BYTES, picture_kind


def is_jxl(data: bytes) -> bool:
    """Say whether a file begins as JPEG XL does: bare, or in a container."""
    return picture_kind(data[:START_BYTES]) == "jxl"


def register_jxl(name: str) -> None:
    """Teach Pillow JPEG XL.

    Args:
        name: What error messages call the picture.

    Raises:
        BadInputError: The library is not installed.
    """
    try:
        import pylibjxl
    except ImportError as error:
        raise BadInputError(
            f"{name} is JPEG XL, which needs one more library.", advice='pip install "mangacolor[jxl]"'
        ) from error
    pylibjxl.register_pillow(override=False)
