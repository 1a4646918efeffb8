"""The one place where Pillow images become pixels."""

from __future__ import annotations

import sys
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from mangacolor.errors import BadInputError, reason_of
from mangacolor.image.decoded import DecodedImage, Note
from mangacolor.image.metadata import TURNS, jpeg_quality, kept_exif, left_out, orientation_of, resolution
from mangacolor.image.profile import to_srgb
from mangacolor.image.transparency import on_paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SCALE_DOWN = "Scale the picture down, cut it into pages, or raise `max_pixels`: --max-pixels of `colorize` and `serve`."

LAID = Note("transparent", "is line art on transparent paper; it was laid on white")


def allow_pixels(most: int) -> None:
    """Let Pillow open pictures of so many pixels.

    Its own bound is half of what it refuses; whoever asks for more pixels than that owns this process.
    """
    if most > 2 * (Image.MAX_IMAGE_PIXELS or most):
        Image.MAX_IMAGE_PIXELS = most


def refuse_large(name: str, width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture of too many pixels.

    Raises:
        BadInputError: It has more than `max_pixels`.
    """
    if width * height > max_pixels:
        size = f"{width} × {height} pixels, the limit is {max_pixels / 1e6:g} million"
        raise BadInputError(f"{name} is too large: {size}.", advice=SCALE_DOWN)


class DamagedError(BadInputError):
    """Of a picture that may hold something all the same."""


class _QuietPillow:
    """Silences Pillow's warnings about odd metadata and large pictures.

    `warnings.catch_warnings` swaps a list that all threads share, so two overlapping decodes could restore each
    other's; only the first to enter swaps it and only the last to leave restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._catcher = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                self._catcher = warnings.catch_warnings()
                self._catcher.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._depth += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._catcher.__exit__(None, None, None)


_quiet_pillow = _QuietPillow()


@contextmanager
def pillow_at_work(name: str, max_pixels: int = sys.maxsize) -> Iterator[None]:
    """Keep Pillow quiet and turn whatever it raises into a `BadInputError`.

    Args:
        name: What error messages call the picture.
        max_pixels: The limit that they name where it is lower than Pillow's own, which is met first.
    """
    try:
        with _quiet_pillow:
            yield
    except (BadInputError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        most = min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))
        size = f"more pixels than the limit, which is {most / 1e6:g} million"
        raise BadInputError(f"{name} is too large: {size}.", advice=SCALE_DOWN) from error
    except UnidentifiedImageError as error:
        advice = "Convert it to PNG, JPEG or WebP."
        raise DamagedError(f"{name} is not a picture that can be read.", advice=advice) from error
    except Exception as error:  # Pillow's plugins raise nearly every kind of exception on damaged files.
        advice = "Copy or download the file again, or re-save it as PNG."
        raise DamagedError(f"{name} is damaged: {reason_of(error)}.", advice=advice) from error


def from_pillow(image: Image.Image, name: str, data: bytes = b"") -> DecodedImage:
    """Convert a Pillow image of any mode; the image itself is left as it is."""
    if image.width == 0 or image.height == 0:
        raise BadInputError(f"{name} has no pixels.", advice="Pass a picture of at least 1 × 1.")
    image.load()
    colours, alpha = separate_alpha(image, name)
    profile = image.info.get("icc_profile")
    upright_srgb, icc_tagged = to_srgb(colours, profile)
    rgb, alpha, is_laid = on_paper(np.asarray(upright_srgb), alpha)
    orientation = turn_of(image)
    dpi = resolution(image)
    exif = kept_exif(image)
    if orientation in TURNS:
        turn = TURNS[orientation]
        rgb, alpha = turn(rgb), None if alpha is None else turn(alpha)
        dpi = (dpi[1], dpi[0]) if dpi and orientation >= 5 else dpi
    return DecodedImage(
        rgb=fresh(rgb),
        alpha=None if alpha is None else fresh(alpha),
        dpi=dpi,
        icc_tagged=icc_tagged,
        exif=exif,
        format=image.format or "",
        mode=image.mode,
        quality=jpeg_quality(image),
        lossless=image.format == "WEBP" and data[12:16] == b"VP8L",
        notes=(
            *_notes(image, data, has_profile=bool(profile), icc_tagged=icc_tagged, has_exif=bool(exif)),
            *(LAID,) * is_laid,
        ),
    )


def fresh(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a contiguous copy."""
    return np.array(pixels, dtype=np.uint8, order="C")


def turn_of(image: Image.Image) -> int:
    """Return the EXIF turn that is still to be done, once the image is loaded.

    The TIFF reader turns the pixels itself and then drops the tag. JPEG XL says the turn twice, and its decoder has
    done it.
    """
    return 1 if image.format == "JXL" else orientation_of(image)


def _notes(image: Image.Image, data: bytes, *, has_profile: bool, icc_tagged: bool, has_exif: bool) -> Iterator[Note]:
    """Yield what of a picture is not kept exactly by 8 bits of sRGB and EXIF."""
    if has_profile and not icc_tagged:
        yield Note("profile", "has a colour profile that cannot be used; it was left out")
    if image.mode in ("CMYK", "LAB", "YCbCr", "HSV"):
        yield Note("profile", f"was {image.mode} and is sRGB now")
    is_wide = image.mode == "F" or image.mode.startswith("I") or (image.format == "PNG" and data[24:25] == b"\x10")
    if is_wide:
        yield Note("depth", "had more than 8 bits a channel and has 8 now")
    if left_out(image, has_exif=has_exif):
        yield Note("metadata", "lost metadata: of XMP, IPTC, comments and EXIF, only EXIF goes over, up to 64 KB")


def separate_alpha(image: Image.Image, name: str) -> tuple[Image.Image, NDArray[np.uint8] | None]:
    """Split an image into one of the modes L, RGB, CMYK, LAB and its alpha."""
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image)
        key = image.info.get("transparency")
        alpha = np.where(values == key, 0, 255).astype(np.uint8) if isinstance(key, int) else None
        return Image.fromarray(_wide_grey_to_uint8(values, image.mode, name)), alpha
    if image.has_transparency_data:
        has_grey = image.mode in ("1", "L", "LA", "La")
        # Premultiplied modes convert only to their own plain twin.
        with_alpha = image.convert("LA" if has_grey else "RGBA")
        return with_alpha.convert("L" if has_grey else "RGB"), np.asarray(with_alpha.getchannel("A"))
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _wide_grey_to_uint8(values: NDArray[Any], mode: str, name: str) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit and floating point greys.

    Modes I and F do not say where white lies, so the smallest usual white that holds every value is taken: 1 (F only),
    255, 65535; a wider range is stretched to the full scale.
    """
    if not np.isfinite(values).all():
        raise BadInputError(f"{name} holds values that are not numbers.", advice="Re-save it as an 8-bit PNG.")
    if mode.startswith("I;16"):
        return to_uint8(values, 65535)
    low, high = float(values.min()), float(values.max())
    whites = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    if low >= 0 and high <= whites[-1]:
        return to_uint8(values, next(white for white in whites if high <= white))
    return to_uint8(values.astype(np.float64) - low, max(high - low, 1e-30))


def to_uint8(values: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Map 0..white to 0..255, rounding to nearest; beyond is clipped."""
    scaled = np.rint(np.asarray(values, dtype=np.float64) * (255.0 / white))
    return cast("NDArray[np.uint8]", np.clip(scaled, 0, 255).astype(np.uint8))
