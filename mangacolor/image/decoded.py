"""A picture in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """Upright sRGB pixels of one picture and what must be written back with them.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB, contiguous.
        alpha: (H, W) uint8, 255 is opaque; None when the picture has no transparency.
        dpi: Dots per inch along x and y; None when unknown.
        icc_tagged: Whether the picture carried a usable colour profile (the pixels are sRGB either way).
        exif: What EXIF says about the picture and not about its pixels, as JPEG holds it; may be empty.
        format: Pillow's name of the file format ("PNG", "JPEG", ...); empty for pixels that came from memory.
        mode: Pillow mode before conversion ("L", "P", "CMYK", ...).
        quality: Of the JPEG it came from, 1 to 100; None when it came from elsewhere.
        lossless: Whether it came from a lossless file of a format that may be either.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    dpi: tuple[float, float] | None = None
    icc_tagged: bool = False
    exif: bytes = b""
    format: str = ""
    mode: str = "RGB"
    quality: int | None = None
    lossless: bool = False
