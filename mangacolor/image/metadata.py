"""What a picture file says beside its pixels: which way up, how large on paper, by whom, and how well it was kept."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import ExifTags, Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# What undoes each EXIF orientation, on arrays whose first two axes are rows and columns.
TURNS: dict[int, Callable[[Any], Any]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}

# What EXIF says about the picture as a work. Everything about how the file stores its pixels (in TIFF the same list
# holds both) is the writer's to say; a thumbnail and a maker's notes would show the grey page.
_WORK_TAGS = (
    *(ExifTags.Base.DocumentName, ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model),
    *(ExifTags.Base.PageName, ExifTags.Base.Software, ExifTags.Base.DateTime, ExifTags.Base.Artist),
    *(ExifTags.Base.HostComputer, ExifTags.Base.Copyright, ExifTags.Base.XPTitle, ExifTags.Base.XPComment),
    *(ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject),
)
_PIXEL_TAGS = (
    *(ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ColorSpace),
    *(ExifTags.Base.MakerNote, ExifTags.Base.ExifInteroperabilityOffset, ExifTags.Base.ComponentsConfiguration),
    ExifTags.Base.CompressedBitsPerPixel,
)
_SUBFILE_TYPE = 254
_LONGEST_EXIF = 65_000
"""JPEG has no room for more than 65,533 bytes."""
_CM_PER_INCH = 2.54

# Luma table of ITU-T T.81, annex K.1, in zigzag order: libjpeg scales it by the quality, and nearly everyone uses that.
_LUMA_STEPS = (
    *(16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51),
    *(61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77),
    *(113, 121, 112, 100, 120, 92, 101, 103, 99),
)


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 when there is none or the metadata is broken."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Broken metadata raises nearly anything and must not cost the page.
        return 1
    return value if isinstance(value, int) else 1


def resolution(image: Image.Image) -> tuple[float, float] | None:
    """Return dots per inch that are safe to write back, from the file's own field or, where it has none, from EXIF."""
    if "dpi" in image.info or image.format == "TIFF":
        return _usable(image.info.get("dpi"))
    try:
        exif = image.getexif()
        x, y = exif.get(ExifTags.Base.XResolution), exif.get(ExifTags.Base.YResolution)
        per_inch = _CM_PER_INCH if exif.get(ExifTags.Base.ResolutionUnit, 2) == 3 else 1
        return _usable((float(cast("Any", x)) * per_inch, float(cast("Any", y)) * per_inch))
    except Exception:  # As above; what is not there is None, which no float can be made of.
        return None


def _usable(value: object) -> tuple[float, float] | None:
    try:
        x, y = (float(part) for part in cast("Any", value))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # TIFF has no word for unknown, and says 1.
    return (x, y) if 1 < x < math.inf and 1 < y < math.inf else None


def page_frames(image: Image.Image) -> tuple[int, ...]:
    """Return the numbers of a TIFF's frames that are pages; the others are smaller copies of one."""
    pages = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        if not cast("Any", image).tag_v2.get(_SUBFILE_TYPE, 0) & 1:
            pages.append(number)
    image.seek(0)
    return tuple(pages)


def kept_exif(image: Image.Image) -> bytes:
    """Return the EXIF to write with a picture whose pixels are upright, new, and perhaps of another size."""
    try:
        old, new = image.getexif(), Image.Exif()
        for tag in _WORK_TAGS:
            if tag in old:
                new[tag] = old[tag]
        for group in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            facts = {key: value for key, value in old.get_ifd(group).items() if key not in _PIXEL_TAGS}
            if facts:
                new[group] = facts
        data = new.tobytes() if len(new) else b""
        return data if len(data) <= _LONGEST_EXIF else b""
    except Exception:  # As above.
        return b""


def left_out(image: Image.Image, *, has_exif: bool) -> bool:
    """Say whether a file tells more about a picture than goes over.

    Args:
        image: The open file.
        has_exif: Whether `kept_exif` found something.
    """
    told = {"xmp", "comment", "photoshop", "XML:com.adobe.xmp"} & image.info.keys()
    if image.format == "JPEG2000":  # whose comment is the name of the program that wrote it
        told -= {"comment"}
    is_long = not has_exif and len(image.info.get("exif") or b"") > _LONGEST_EXIF
    try:
        # An animation would be gone through to its end for what is said there.
        words = None if getattr(image, "is_animated", False) else getattr(image, "text", None)
    except Exception:  # As above.
        words = None
    return bool(told or words or is_long)


def exif_with_resolution(exif: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Add a resolution to EXIF, for formats that have no other place for it."""
    if dpi is None:
        return exif
    tags = Image.Exif()
    if exif:
        tags.load(exif)
    tags[ExifTags.Base.XResolution], tags[ExifTags.Base.YResolution] = dpi
    tags[ExifTags.Base.ResolutionUnit] = 2
    return tags.tobytes()


def jpeg_quality(image: Image.Image) -> int | None:
    """Estimate the quality that libjpeg would have to be given for a JPEG's quantisation; None for other files."""
    tables = getattr(image, "quantization", None)
    if image.format not in ("JPEG", "MPO") or not tables:
        return None
    steps = np.asarray(next(iter(tables.values())), dtype=np.int64)
    if steps.size != len(_LUMA_STEPS):
        return None
    # Sorted, because Pillow has given tables in zigzag and in plain order.
    distances = np.abs(_scaled_steps() - np.sort(steps)).sum(axis=1)
    # Coarse tables are alike below a quality; the best that fits loses least.
    return 100 - int(distances[::-1].argmin())


@lru_cache(maxsize=1)
def _scaled_steps() -> NDArray[np.int64]:
    """Return libjpeg's luma table for each quality from 1 to 100 (jcparam.c), each sorted: (100, 64)."""
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables = (np.array(_LUMA_STEPS)[None] * percent[:, None] + 50) // 100
    return cast("NDArray[np.int64]", np.sort(tables.clip(1, 255), axis=1))
