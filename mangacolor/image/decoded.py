"""A picture in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mangacolor.image.layered import LayeredFile

NoteKind = Literal[
    "damaged",
    "frames",
    "format",
    "misnamed",
    "profile",
    "depth",
    "metadata",
    "redrawn",
    "transparent",
    "paper",
    "stale",
]
"""Each but `damaged` has its words in `cli/report.py`."""


@dataclass(frozen=True)
class Note:
    """Something about a page that its output does not keep exactly.

    Attributes:
        kind: `damaged` (a part of the picture is missing in the input), `frames` (further pictures in the file),
            `format` (written in another one than was asked for), `profile`, `depth` (bits a channel), `metadata`,
            `redrawn` (text and shapes of a page are a part of its picture now), `stale` (the input is younger than
            the output that was left alone), `transparent` (lines on no paper, which were laid on white), `misnamed`
            (written in the format that its name says, and not in that it came in), `paper` (a hint lies where nothing
            is drawn, and colours paper that is kept white else).
        text: What a user is told, to follow the page's name.
    """

    kind: NoteKind
    text: str


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of an animation, as `DecodedImage` holds the first.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB, the whole canvas.
        alpha: (H, W) uint8, or None where it is opaque.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Animation:
    """What moves after the first picture.

    Attributes:
        frames: All but the first.
        durations_ms: How long each frame is shown, the first among them.
        plays: How often it is shown; 0 is for ever.
        has_still: Whether the first frame is no part of it, and only shown by what cannot play it.
    """

    frames: tuple[Frame, ...]
    durations_ms: tuple[float, ...]
    plays: int = 0
    has_still: bool = False


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """Upright sRGB pixels of one picture and what must be written back with them.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB, contiguous.
        alpha: (H, W) uint8, 255 is opaque; None when the picture has no transparency, or was lines on nothing; see
            `transparency.on_paper`.
        dpi: Dots per inch along x and y; None when unknown.
        icc_tagged: Whether the picture carried a usable colour profile (the pixels are sRGB either way).
        exif: What EXIF says about the picture and not about its pixels, as JPEG holds it; may be empty.
        format: Pillow's name of the file format ("PNG", "JPEG", ...); empty for pixels that came from memory.
        mode: Pillow mode before conversion ("L", "P", "CMYK", ...).
        quality: Of the JPEG it came from, 1 to 100; None when it came from elsewhere.
        lossless: Whether it came from a lossless file of a format that may be either.
        animation: Further frames; None where there are none.
        is_fixed: Whether it can only be copied as it is: an animation too long to be coloured.
        notes: What is not as it was in the file.
        layers: The same picture in layers, where that was asked for.
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
    animation: Animation | None = None
    is_fixed: bool = False
    notes: tuple[Note, ...] = ()
    layers: LayeredFile | None = None
