"""Picture formats that need a library of their own."""

from __future__ import annotations

from mangacolor.errors import BadInputError

_JXL_STARTS = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")


def is_jxl(data: bytes) -> bool:
    """Say whether a file begins as JPEG XL does: bare, or in a container."""
    return data.startswith(_JXL_STARTS)


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
            f"{name} is JPEG XL, which needs one more library.", advice="pip install 'mangacolor[jxl]'"
        ) from error
    pylibjxl.register_pillow(override=False)
